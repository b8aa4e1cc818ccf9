//! What a disk holds, and what a power cut leaves of it.
//!
//! What was synced is there. Of what was not, some may be: any sector of it, for itself, and changes of names up to some
//! moment, in their order, as a file system with a journal keeps them.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;

use flux_core::entropy;
use flux_core::testing::SeededEntropy;

/// What the kernel writes at once.
const PAGE: usize = 4_096;
/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// The number of a file or folder.
pub(crate) type Inode = u64;
/// That of the folder that everything is in.
pub(crate) const ROOT: Inode = 1;

type Page = Arc<[u8; PAGE]>;

/// A file or a folder.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Whether other things are in it.
    pub(crate) folder: bool,
    /// Who may do what with it.
    pub(crate) mode: u32,
    /// How long it is, in bytes.
    pub(crate) size: u64,
    pages: BTreeMap<u64, Page>,
}

impl Node {
    fn new(folder: bool, mode: u32) -> Self {
        Self { folder, mode, size: 0, pages: BTreeMap::new() }
    }

    fn page(&self, number: u64) -> Page {
        self.pages.get(&number).cloned().unwrap_or_else(|| Arc::new([0; PAGE]))
    }
}

/// Files and folders, and their names.
#[derive(Debug, Clone)]
struct Tree {
    nodes: BTreeMap<Inode, Node>,
    names: BTreeMap<(Inode, OsString), Inode>,
}

/// A change of names.
#[derive(Debug, Clone)]
enum Change {
    Made { at: (Inode, OsString), inode: Inode, folder: bool, mode: u32 },
    Removed { at: (Inode, OsString) },
    Renamed { from: (Inode, OsString), to: (Inode, OsString) },
    Mode { inode: Inode, mode: u32 },
}

impl Tree {
    fn apply(&mut self, change: &Change) {
        match change {
            Change::Made { at, inode, folder, mode } => {
                self.nodes.insert(*inode, Node::new(*folder, *mode));
                self.names.insert(at.clone(), *inode);
            }
            // What is still open goes on without a name.
            Change::Removed { at } => drop(self.names.remove(at)),
            Change::Renamed { from, to } => {
                if let Some(inode) = self.names.remove(from) {
                    self.names.insert(to.clone(), inode);
                }
            }
            Change::Mode { inode, mode } => {
                if let Some(node) = self.nodes.get_mut(inode) {
                    node.mode = *mode;
                }
            }
        }
    }
}

/// A disk and the cache in front of it.
#[derive(Debug)]
pub(crate) struct Disk {
    /// As programs see it.
    seen: Tree,
    /// What is surely on the disk.
    synced: Tree,
    /// The changes of names that are not.
    changes: Vec<Change>,
    /// The pages that are not.
    dirty: BTreeMap<Inode, BTreeSet<u64>>,
    next: Inode,
}

impl Disk {
    /// With nothing on it.
    pub(crate) fn new() -> Self {
        let nodes = BTreeMap::from([(ROOT, Node::new(true, 0o700))]);
        Self::holding(Tree { nodes, names: BTreeMap::new() }, ROOT + 1)
    }

    fn holding(tree: Tree, next: Inode) -> Self {
        Self { seen: tree.clone(), synced: tree, changes: Vec::new(), dirty: BTreeMap::new(), next }
    }

    /// What is in `folder` under `name`.
    pub(crate) fn find(&self, folder: Inode, name: &OsStr) -> Option<Inode> {
        self.seen.names.get(&(folder, name.to_owned())).copied()
    }

    /// A file or folder that there is or was.
    pub(crate) fn node(&self, inode: Inode) -> Option<&Node> {
        self.seen.nodes.get(&inode)
    }

    /// What is in a folder.
    pub(crate) fn list(&self, folder: Inode) -> Vec<(Inode, OsString, bool)> {
        let all = self.seen.names.range((folder, OsString::new())..(folder + 1, OsString::new()));
        all.map(|((_, name), inode)| (*inode, name.clone(), self.seen.nodes[inode].folder)).collect()
    }

    /// Makes a file or a folder.
    pub(crate) fn make(&mut self, at: Inode, name: &OsStr, folder: bool, mode: u32) -> Inode {
        let inode = self.next;
        self.next += 1;
        self.change(Change::Made { at: (at, name.to_owned()), inode, folder, mode });
        inode
    }

    /// Takes a name away.
    pub(crate) fn remove(&mut self, at: Inode, name: &OsStr) {
        self.change(Change::Removed { at: (at, name.to_owned()) });
    }

    /// Gives another name, to which nothing else belongs after it.
    pub(crate) fn rename(&mut self, from: (Inode, &OsStr), to: (Inode, &OsStr)) {
        self.change(Change::Renamed { from: (from.0, from.1.to_owned()), to: (to.0, to.1.to_owned()) });
    }

    /// Says who may do what.
    pub(crate) fn permit(&mut self, inode: Inode, mode: u32) {
        self.change(Change::Mode { inode, mode });
    }

    fn change(&mut self, change: Change) {
        self.seen.apply(&change);
        self.changes.push(change);
    }

    /// Up to `count` bytes from `from` on.
    pub(crate) fn read(&self, inode: Inode, from: u64, count: usize) -> Vec<u8> {
        let Some(node) = self.node(inode) else { return Vec::new() };
        let left = usize::try_from(node.size.saturating_sub(from)).unwrap_or(usize::MAX);
        let mut bytes = Vec::with_capacity(count.min(left));
        while bytes.len() < count.min(left) {
            let (number, within) = place(from + bytes.len() as u64);
            let most = (count.min(left) - bytes.len()).min(PAGE - within);
            bytes.extend_from_slice(&node.page(number)[within..within + most]);
        }
        bytes
    }

    /// Writes bytes, into the cache.
    pub(crate) fn write(&mut self, inode: Inode, from: u64, mut bytes: &[u8]) {
        let Some(node) = self.seen.nodes.get_mut(&inode) else { return };
        let dirty = self.dirty.entry(inode).or_default();
        let mut at = from;
        while !bytes.is_empty() {
            let (number, within) = place(at);
            let (now, later) = bytes.split_at(bytes.len().min(PAGE - within));
            let mut page = node.page(number);
            Arc::make_mut(&mut page)[within..within + now.len()].copy_from_slice(now);
            node.pages.insert(number, page);
            dirty.insert(number);
            at += now.len() as u64;
            bytes = later;
        }
        node.size = node.size.max(at);
    }

    /// Makes a file longer or shorter.
    pub(crate) fn resize(&mut self, inode: Inode, size: u64) {
        let Some(node) = self.seen.nodes.get_mut(&inode) else { return };
        let dirty = self.dirty.entry(inode).or_default();
        if size < node.size {
            let (last, within) = place(size);
            let cut = node.pages.split_off(&last);
            dirty.extend(cut.keys());
            if within > 0
                && let Some(mut page) = cut.into_iter().next().filter(|(at, _)| *at == last)
            {
                Arc::make_mut(&mut page.1)[within..].fill(0);
                node.pages.insert(last, page.1);
            }
        }
        node.size = size;
    }

    /// Brings a file to the disk, and with it every change of names so far, as a journal does.
    pub(crate) fn sync(&mut self, inode: Inode) {
        self.sync_names();
        let pages = self.dirty.remove(&inode).unwrap_or_default();
        let (Some(seen), Some(synced)) = (self.seen.nodes.get(&inode), self.synced.nodes.get_mut(&inode))
        else {
            return;
        };
        synced.size = seen.size;
        for number in pages {
            match seen.pages.get(&number) {
                Some(page) => drop(synced.pages.insert(number, Arc::clone(page))),
                None => drop(synced.pages.remove(&number)),
            }
        }
    }

    /// Brings all names to the disk.
    pub(crate) fn sync_names(&mut self) {
        for change in self.changes.drain(..) {
            self.synced.apply(&change);
        }
    }

    /// What the disk holds if the power goes now.
    pub(crate) fn after_a_power_cut(&self, seed: u64) -> Self {
        let chance = SeededEntropy::new(seed);
        let mut left = self.synced.clone();
        let changes = below(&chance, self.changes.len() + 1);
        for change in &self.changes[..changes] {
            left.apply(change);
        }
        // Nothing that was not synced, all of it, or something between.
        let percent = [0, 5, 50, 95, 100][below(&chance, 5)];
        let survives = || below(&chance, 100) < percent;
        for (inode, pages) in &self.dirty {
            let Some(node) = left.nodes.get_mut(inode) else { continue };
            let seen = &self.seen.nodes[inode];
            if seen.size < node.size && survives() {
                node.size = seen.size;
                node.pages.retain(|number, _| number * PAGE as u64 <= seen.size);
            }
            for number in pages {
                let mut page = node.page(*number);
                let mut any = false;
                for (to, from) in
                    Arc::make_mut(&mut page).chunks_mut(SECTOR).zip(seen.page(*number).chunks(SECTOR))
                {
                    if survives() {
                        to.copy_from_slice(from);
                        any = true;
                    }
                }
                if any && number * (PAGE as u64) < seen.size {
                    node.size = node.size.max(seen.size.min((number + 1) * PAGE as u64));
                    node.pages.insert(*number, page);
                }
            }
        }
        Self::holding(left, self.next)
    }

    /// Copies all of it into a folder of another disk.
    ///
    /// # Errors
    /// If that does not work.
    pub(crate) fn copy_to(&self, folder: &Path) -> io::Result<()> {
        // Who made something has a lower number than what is in it.
        let mut paths = BTreeMap::from([(ROOT, folder.to_owned())]);
        let mut names: Vec<_> = self.seen.names.iter().collect();
        names.sort_by_key(|(_, inode)| **inode);
        for ((parent, name), inode) in names {
            let (Some(parent), Some(node)) = (paths.get(parent), self.node(*inode)) else { continue };
            let path = parent.join(name);
            if node.folder {
                fs::create_dir(&path)?;
            } else {
                let file = File::create(&path)?;
                file.set_len(node.size)?;
                for (number, page) in &node.pages {
                    let at = number * PAGE as u64;
                    let within = usize::try_from(node.size.saturating_sub(at)).unwrap_or(PAGE).min(PAGE);
                    file.write_all_at(&page[..within], at)?;
                }
            }
            fs::set_permissions(&path, Permissions::from_mode(node.mode & 0o777))?;
            paths.insert(*inode, path);
        }
        Ok(())
    }
}

/// A number below `count`.
fn below(chance: &SeededEntropy, count: usize) -> usize {
    usize::try_from(u64::from_be_bytes(entropy::bytes(chance)) % count as u64).unwrap_or(0)
}

/// In which page a byte is, and where in it.
fn place(at: u64) -> (u64, usize) {
    let page = PAGE as u64;
    (at / page, usize::try_from(at % page).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_synced_survives_every_cut_and_what_was_not_survives_some() {
        let mut disk = Disk::new();
        let file = disk.make(ROOT, OsStr::new("log"), false, 0o600);
        disk.write(file, 0, &[1; 10_000]);
        disk.sync(file);
        disk.write(file, 5_000, &[2; 10_000]);
        let mut lengths = BTreeSet::new();
        for seed in 0..200 {
            let left = disk.after_a_power_cut(seed);
            let file = left.find(ROOT, OsStr::new("log")).expect("its name was synced with it");
            let bytes = left.read(file, 0, 20_000);
            // A sector is as it was or as it became: the first that changed begins at 4,608.
            assert!(bytes[..5_000].iter().all(|byte| *byte == 1), "seed {seed}");
            assert!(bytes[5_000..10_000].iter().all(|byte| [1, 2].contains(byte)), "seed {seed}");
            lengths.insert(bytes.len());
        }
        assert!(lengths.contains(&10_000) && lengths.contains(&15_000), "{lengths:?}");
    }

    #[test]
    fn a_name_that_was_not_synced_may_be_the_old_one() {
        let mut disk = Disk::new();
        let (old, new) = (OsStr::new("old"), OsStr::new("new"));
        let file = disk.make(ROOT, old, false, 0o600);
        disk.write(file, 0, b"text");
        disk.sync(file);
        disk.rename((ROOT, old), (ROOT, new));
        let cut = |disk: &Disk| -> BTreeSet<bool> {
            let cuts = (0..50).map(|seed| disk.after_a_power_cut(seed));
            cuts.map(|left| left.find(ROOT, new).is_some() && left.find(ROOT, old).is_none()).collect()
        };
        assert_eq!(cut(&disk), BTreeSet::from([false, true]));
        disk.sync_names();
        assert_eq!(cut(&disk), BTreeSet::from([true]));
    }

    #[test]
    fn what_was_cut_off_comes_back_as_nothing() {
        let mut disk = Disk::new();
        let file = disk.make(ROOT, OsStr::new("f"), false, 0o600);
        disk.write(file, 0, &[7; 9_000]);
        disk.resize(file, 5_000);
        disk.resize(file, 9_000);
        let bytes = disk.read(file, 0, 10_000);
        assert_eq!((bytes.len(), bytes[4_999], bytes[5_000], bytes[8_999]), (9_000, 7, 0, 0));
        disk.sync(file);
        assert_eq!(disk.after_a_power_cut(1).read(file, 0, 10_000), bytes);
    }
}

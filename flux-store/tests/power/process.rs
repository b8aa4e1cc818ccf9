//! The process that is the disk. It is one of its own: who maps a file of the disk into memory, and is the disk as well,
//! may wait for itself, for ever and in the kernel.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use fuser::Config;
use tempfile::TempDir;

use crate::disk::Disk;
use crate::mount::{Files, lock};

/// Names the folder, for the process.
const FOLDER: &str = "FLUX_POWER_CUT_FOLDER";
/// What its answers begin with: the harness writes to the same place.
const ANSWER: &str = "disk: ";

/// A disk in use. It ends with this value.
pub(crate) struct DiskInUse {
    process: Child,
    // It ends when this is closed.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    folder: TempDir,
}

impl DiskInUse {
    /// An empty one; or, where this machine lets nobody make one, nothing, which is said.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "process::the_disk", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut disk = Self { process, orders, answers, folder };
        let answer = disk.answer();
        if answer == "ready" {
            return Some(disk);
        }
        // Not by a macro, whose output the harness keeps to itself.
        let _ =
            writeln!(io::stderr(), "\n\nSKIPPED: power cuts need FUSE, and may mount nothing: {answer}\n");
        None
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What it would hold if the power went now, in a folder of another disk.
    pub(crate) fn after_a_power_cut(&mut self, seed: u64) -> TempDir {
        let left = tempfile::tempdir().unwrap();
        let orders = self.orders.as_mut().unwrap();
        writeln!(orders, "{seed} {}", left.path().display()).unwrap();
        assert_eq!(self.answer(), "done");
        left
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "the disk has ended");
            // The harness begins a line and does not end it.
            if let Some((_, answer)) = line.trim_end().split_once(ANSWER) {
                return answer.to_owned();
            }
        }
    }
}

impl Drop for DiskInUse {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.process.wait();
        // A store that is not quite closed keeps the process from doing it.
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).stderr(Stdio::null()).status();
    }
}

#[test]
#[ignore = "the process that the others start as their disk"]
fn the_disk() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let owner = std::fs::metadata(&folder).unwrap();
    let disk = Arc::new(Mutex::new(Disk::new()));
    let files = Files { disk: Arc::clone(&disk), uid: owner.uid(), gid: owner.gid() };
    let say = |answer: &str| {
        let mut out = io::stdout().lock();
        writeln!(out, "{ANSWER}{answer}").and_then(|()| out.flush()).unwrap();
    };
    // Until this is dropped.
    let _session = match fuser::spawn_mount(files, &folder, &Config::default()) {
        Ok(session) => session,
        Err(error) => return say(&error.to_string()),
    };
    say("ready");
    for order in io::stdin().lines() {
        let order = order.unwrap();
        let (seed, to) = order.split_once(' ').unwrap();
        let left = lock(&disk).after_a_power_cut(seed.parse().unwrap());
        match left.copy_to(Path::new(to)) {
            Ok(()) => say("done"),
            Err(error) => say(&error.to_string()),
        }
    }
}

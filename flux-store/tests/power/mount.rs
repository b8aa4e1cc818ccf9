//! A [`Disk`] as a folder that any program can use, through the kernel's FUSE.

use std::ffi::OsStr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{
    BsdFileFlags, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo,
    LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty,
    ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};

use crate::disk::{Disk, Inode, Node};

/// How long the kernel may remember attributes and names: nobody changes them but through it.
const REMEMBERED: Duration = Duration::from_mins(1);
/// So that writes that wait for the disk are synced one by one.
const WAITS_FOR_THE_DISK: i32 = 0o4_010_000 | 0o10_000;

/// What the kernel asks.
pub(crate) struct Files {
    /// What is asked for.
    pub(crate) disk: Arc<Mutex<Disk>>,
    /// Whose it all is.
    pub(crate) uid: u32,
    /// And of which group.
    pub(crate) gid: u32,
}

/// The disk, whoever used it before.
pub(crate) fn lock(disk: &Mutex<Disk>) -> MutexGuard<'_, Disk> {
    disk.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Files {
    fn disk(&self) -> MutexGuard<'_, Disk> {
        lock(&self.disk)
    }

    fn attributes(&self, inode: Inode, node: &Node) -> FileAttr {
        let kind = if node.folder { FileType::Directory } else { FileType::RegularFile };
        FileAttr {
            ino: INodeNo(inode),
            size: node.size,
            blocks: node.size.div_ceil(512),
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind,
            perm: u16::try_from(node.mode & 0o7777).unwrap_or(0),
            nlink: 1,
            uid: self.uid,
            gid: self.gid,
            rdev: 0,
            blksize: 4_096,
            flags: 0,
        }
    }

    fn made(&self, parent: INodeNo, name: &OsStr, folder: bool, mode: u32) -> Result<FileAttr, Errno> {
        let mut disk = self.disk();
        if disk.find(parent.0, name).is_some() {
            return Err(Errno::EEXIST);
        }
        let inode = disk.make(parent.0, name, folder, mode);
        disk.node(inode).map(|node| self.attributes(inode, node)).ok_or(Errno::ENOENT)
    }
}

impl Filesystem for Files {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let disk = self.disk();
        let found = disk.find(parent.0, name).and_then(|inode| Some((inode, disk.node(inode)?)));
        match found {
            Some((inode, node)) => reply.entry(&REMEMBERED, &self.attributes(inode, node), Generation(0)),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.disk().node(ino.0) {
            Some(node) => reply.attr(&REMEMBERED, &self.attributes(ino.0, node)),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn setattr(
        &self,
        request: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        _uid: Option<u32>,
        _gid: Option<u32>,
        size: Option<u64>,
        _atime: Option<TimeOrNow>,
        _mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        fh: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut disk = self.disk();
        if let Some(mode) = mode {
            disk.permit(ino.0, mode);
        }
        if let Some(size) = size {
            disk.resize(ino.0, size);
        }
        drop(disk);
        self.getattr(request, ino, fh, reply);
    }

    fn mkdir(&self, _: &Request, parent: INodeNo, name: &OsStr, mode: u32, umask: u32, reply: ReplyEntry) {
        match self.made(parent, name, true, mode & !umask) {
            Ok(attributes) => reply.entry(&REMEMBERED, &attributes, Generation(0)),
            Err(error) => reply.error(error),
        }
    }

    fn create(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _flags: i32,
        reply: ReplyCreate,
    ) {
        match self.made(parent, name, false, mode & !umask) {
            Ok(attributes) => {
                let (handle, flags) = (FileHandle(0), FopenFlags::empty());
                reply.created(&REMEMBERED, &attributes, Generation(0), handle, flags);
            }
            Err(error) => reply.error(error),
        }
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        self.disk().remove(parent.0, name);
        reply.ok();
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let mut disk = self.disk();
        if disk.find(parent.0, name).is_some_and(|inode| !disk.list(inode).is_empty()) {
            return reply.error(Errno::ENOTEMPTY);
        }
        disk.remove(parent.0, name);
        reply.ok();
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        _flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        self.disk().rename((parent.0, name), (newparent.0, newname));
        reply.ok();
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        reply.opened(FileHandle(0), FopenFlags::empty());
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        size: u32,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyData,
    ) {
        reply.data(&self.disk().read(ino.0, offset, size as usize));
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        data: &[u8],
        _write_flags: WriteFlags,
        flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut disk = self.disk();
        disk.write(ino.0, offset, data);
        if flags.0 & WAITS_FOR_THE_DISK != 0 {
            disk.sync(ino.0);
        }
        reply.written(u32::try_from(data.len()).unwrap_or(u32::MAX));
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        // To close a file brings nothing to the disk.
        reply.ok();
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.disk().sync(ino.0);
        reply.ok();
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.disk().sync_names();
        reply.ok();
    }

    fn readdir(&self, _: &Request, ino: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let own = [(ino.0, ".".into(), true), (ino.0, "..".into(), true)];
        let all = own.into_iter().chain(self.disk().list(ino.0));
        for (next, (inode, name, folder)) in (1..).zip(all).skip(usize::try_from(offset).unwrap_or(0)) {
            let kind = if folder { FileType::Directory } else { FileType::RegularFile };
            if reply.add(INodeNo(inode), next, kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        reply.statfs(1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 4_096, 255, 4_096);
    }
}

//! Files that only their owner may read, and that a crash leaves whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;

use crate::error::StoreError;

/// Opens or creates a file for reading and writing.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    private().create(true).open(path)
}

/// Fails if another program has locked the file.
pub(crate) fn lock(file: &File) -> Result<(), StoreError> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => StoreError::new("the file is in use by another program"),
        TryLockError::Error(error) => StoreError::new("the file cannot be locked").caused_by(error),
    })
}

/// Puts new content in the place of the old, at once: after a crash there is one of the two. The new file is locked.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<File> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let fresh = path.with_file_name(name);
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private().create_new(true).open(&fresh)?;
    file.write_all(content)?;
    file.sync_all()?;
    file.try_lock()?;
    fs::rename(&fresh, path)?;
    sync_folder(path)?;
    Ok(file)
}

/// Runs what blocks where it may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(_) => Err(StoreError::new("the program is stopping")),
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the new name last. Only Unix can and must be told.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

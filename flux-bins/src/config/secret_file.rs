//! Files that hold a secret.

use std::fs;
use std::path::Path;

/// The content of a file that holds one secret, without the line end that editors add.
pub(super) fn read(path: &Path) -> Result<String, String> {
    private(path)?;
    let text =
        fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let secret =
        text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if secret.is_empty() {
        return Err(format!("{} is empty", path.display()));
    }
    Ok(secret.to_owned())
}

/// Whether strangers on this machine are kept from reading the file. The group may: that is how a secret is handed to
/// a container.
pub(super) fn private(path: &Path) -> Result<(), String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata =
            fs::metadata(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o007 != 0 {
            let path = path.display();
            return Err(format!(
                "everybody on this machine can read {path} (mode {mode:o}): chmod 600 {path}"
            ));
        }
    }
    Ok(())
}

//! How this program is called from where the person stands.

use std::path::{Path, PathBuf};

/// `flux` if the shell finds it, or else the way to it, so that what is printed can be typed as it is.
pub(crate) fn invocation() -> String {
    let known = || Some((std::env::current_exe().ok()?, std::env::current_dir().ok()?));
    let path = std::env::var_os("PATH").unwrap_or_default();
    known().map_or_else(|| "flux".to_owned(), |(exe, here)| called(&exe, &here, std::env::split_paths(&path)))
}

fn called(exe: &Path, here: &Path, mut path: impl Iterator<Item = PathBuf>) -> String {
    let name = exe.file_name().map_or_else(|| "flux".into(), |name| name.to_string_lossy().into_owned());
    if path.any(|folder| exe.parent() == Some(&folder)) {
        return name;
    }
    exe.strip_prefix(here)
        .map_or_else(|_| exe.display().to_string(), |below| format!("./{}", below.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_typed() {
        let called = |exe: &str, here: &str| {
            called(
                Path::new(exe),
                Path::new(here),
                ["/usr/bin", "/opt/flux/bin"].into_iter().map(PathBuf::from),
            )
        };
        assert_eq!(called("/opt/flux/bin/flux", "/home/ada"), "flux");
        assert_eq!(called("/home/ada/flux/target/release/flux", "/home/ada/flux"), "./target/release/flux");
        assert_eq!(called("/home/ada/flux", "/home/bob"), "/home/ada/flux");
    }
}

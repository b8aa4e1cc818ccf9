//! Every connection is an open file, and systems allow few of them unless asked.

/// Asks for as many open files as `connections` need, and says so if there are fewer.
#[cfg(unix)]
pub(crate) fn allow(connections: u32) {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};

    /// The database, the log, the listener, and what libraries open.
    const OTHERS: u64 = 128;
    let wanted = u64::from(connections) + OTHERS;
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    if soft >= wanted {
        return;
    }
    let most = wanted.min(hard);
    let allowed = match setrlimit(Resource::RLIMIT_NOFILE, most, hard) {
        Ok(()) => most,
        Err(_) => soft,
    };
    if allowed < wanted {
        let room = allowed.saturating_sub(OTHERS);
        tracing::warn!(
            "the system allows {allowed} open files: room for {room} connections, not {connections}"
        );
    }
}

/// Where each connection is a handle, there are enough.
#[cfg(not(unix))]
pub(crate) fn allow(_: u32) {}

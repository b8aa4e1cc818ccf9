//! Where the terminal client keeps what it needs to go on the next time: one folder for each server and name.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flux_client::{Client, ClientError, FileOutbox, FileState, FileTokens};

use crate::failure::Failure;

/// What the program calls itself to the server.
const CLIENT_NAME: &str = concat!("flux-cli/", env!("CARGO_PKG_VERSION"));

/// The folder of one name on one server.
#[derive(Debug, Clone)]
pub(crate) struct Home(PathBuf);

impl Home {
    /// Below `state`, or the user's folder for such things. It is made for its owner alone: who reads it is logged in.
    pub(crate) fn open(state: Option<&Path>, server: &str, name: &str) -> Result<Self, Failure> {
        let state = match state {
            Some(state) => state.to_owned(),
            None => default_state().ok_or_else(|| {
                Failure::new("there is no home folder to keep the session in; name one with --state DIR")
            })?,
        };
        let server = server.split_once("://").map_or(server, |(_, rest)| rest);
        let folder = state.join(file_name(server)).join(file_name(&name.to_lowercase()));
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            builder.mode(0o700);
        }
        let made = builder.create(&folder);
        made.map_err(|error| Failure::new(format!("{} cannot be made: {error}", folder.display())))?;
        Ok(Self(folder))
    }

    /// A client that keeps its session, its place and what is to be sent here. One program at a time has it.
    pub(crate) fn client(&self, server: &str) -> Result<Client, Failure> {
        let outbox = FileOutbox::open(self.0.join("outbox.jsonl")).map_err(|error| {
            let folder = self.0.display();
            Failure::new(format!(
                "{error}: {folder}. If another terminal chats under this name, use that one, or keep this \
                 session elsewhere with --state DIR"
            ))
        })?;
        let mut config = flux_client::Config::default();
        CLIENT_NAME.clone_into(&mut config.client_name);
        let client = Client::builder(server)
            .token_store(Arc::new(FileTokens::new(self.0.join("session.json"))))
            .state_store(Arc::new(FileState::new(self.0.join("state.json"))))
            .outbox(Arc::new(outbox))
            .config(config)
            .build();
        client.map_err(|error| explain(server, &error))
    }
}

/// What a person can do about an error of the client.
pub(crate) fn explain(server: &str, error: &ClientError) -> Failure {
    match error {
        ClientError::Unreachable(cause) if cause.is_permanent() => {
            Failure::new(format!("{server} is no address of a server: {cause}"))
        }
        ClientError::Unreachable(_) | ClientError::Timeout => Failure::new(format!(
            "no server answers at {server}: start one with `flux up`, or name it with --server"
        )),
        error => Failure::new(said(error)),
    }
}

/// An error in a sentence for people.
pub(crate) fn said(error: &ClientError) -> String {
    let text =
        error.user_text(flux_client::Language::English).map_or_else(|| error.to_string(), str::to_owned);
    match (error, error.retry_after()) {
        (ClientError::Refused(_), Some(wait)) => {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            format!("{text} (try again in {seconds} s)")
        }
        _ => text,
    }
}

/// The user's folder for state, by the XDG specification, or what stands for it elsewhere.
fn default_state() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    folder("XDG_STATE_HOME")
        .or_else(|| folder("LOCALAPPDATA"))
        .or_else(|| folder("HOME").map(|home| home.join(".local").join("state")))
        .map(|state| state.join("flux"))
}

/// A name that is one on every file system: what is no plain letter, digit, dot, dash or underscore is written as its
/// bytes, and so is a dot at the start.
fn file_name(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    text.bytes()
        .enumerate()
        .map(
            |(at, b)| {
                if plain(b) && (at > 0 || b != b'.') {
                    char::from(b).to_string()
                } else {
                    format!("%{b:02X}")
                }
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_folder_of_its_own() {
        assert_eq!(file_name("ada-x7"), "ada-x7");
        assert_eq!(file_name("127.0.0.1:8080"), "127.0.0.1%3A8080");
        assert_eq!(file_name("../../etc"), "%2E.%2F..%2Fetc");
        assert_eq!(file_name("örn"), "%C3%B6rn");
    }

    #[cfg(unix)]
    #[test]
    fn a_session_is_its_owners_and_one_programs_at_a_time() {
        use std::os::unix::fs::PermissionsExt as _;
        let state = tempfile::tempdir().unwrap();
        let home = Home::open(Some(state.path()), "http://127.0.0.1:8080", "Ada").unwrap();
        assert_eq!(fs::metadata(&home.0).unwrap().permissions().mode() & 0o077, 0);
        let _client = home.client("http://127.0.0.1:8080").unwrap();
        let other = home.client("http://127.0.0.1:8080").unwrap_err();
        assert!(other.message().unwrap().contains("--state"), "{other:?}");
    }
}

//! How a session behaves.

use std::time::Duration;

use crate::backoff::Backoff;
use crate::net::Encoding;

/// How a session behaves. The defaults suit a chat program.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// Free text about the program that the server may show in its logs.
    pub client_name: String,
    /// How frames are written: binary.
    pub encoding: Encoding,
    /// Every request ends within this: 5 s.
    pub request_timeout: Duration,
    /// Every attempt to connect ends within this: 10 s.
    pub connect_timeout: Duration,
    /// The first ceiling of the random wait before the next attempt; it doubles with each failure: 250 ms.
    pub backoff_base: Duration,
    /// The last ceiling: 30 s.
    pub backoff_cap: Duration,
    /// How many messages to one conversation may be on their way at once: 16.
    pub send_window: usize,
    /// How many messages may wait to be sent; more are refused: 10,000.
    pub outbox_capacity: usize,
    /// How many events may wait for the application; with more the session waits for it: 1,024.
    pub event_capacity: usize,
    /// How long an entry that was overtaken by a later one may take before it is asked for: 50 ms.
    pub gap_grace: Duration,
    /// Where to begin with a conversation that no [`StateStore`](crate::StateStore) knows: at what is not delivered yet.
    pub start: Start,
    /// Whether to tell the server by itself which messages the application has taken: yes.
    pub mark_delivered: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            client_name: crate::CLIENT_NAME.to_owned(),
            encoding: Encoding::default(),
            request_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(10),
            backoff_base: Duration::from_millis(250),
            backoff_cap: Duration::from_secs(30),
            send_window: 16,
            outbox_capacity: 10_000,
            event_capacity: 1_024,
            gap_grace: Duration::from_millis(50),
            start: Start::default(),
            mark_delivered: true,
        }
    }
}

impl Config {
    pub(crate) fn backoff(&self) -> Backoff {
        Backoff { base: self.backoff_base, cap: self.backoff_cap }
    }
}

/// Which messages of a conversation come as events if nothing says where the application stopped. The earlier ones are
/// there to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start {
    /// Those that reached no device of the user yet.
    #[default]
    Undelivered,
    /// All.
    Beginning,
    /// Those that are stored from now on.
    Now,
}

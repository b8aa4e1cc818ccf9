//! Where the chat is.

mod doubts;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::doubts::Doubts;
use crate::api::Api;
use crate::api::dto::{ChatEndpoint, NOTHING};
use crate::error::{ClientError, TransportError};
use crate::token::AccessToken;

/// Finds the address for the next connection.
pub(crate) enum Endpoint {
    /// Always the same.
    Fixed(String),
    /// Asks the gate before each connection, because nodes come and go.
    Ask {
        api: Api,
        /// What the login said: good for the first connection.
        first: Mutex<Option<String>>,
        /// What worked last, for while the gate cannot be asked.
        last: Mutex<Option<String>>,
        /// What did not answer: the gate may not know it for seconds, until the lease of the node is over.
        doubts: Mutex<Doubts>,
    },
}

impl Endpoint {
    pub(crate) fn ask(api: Api, first: Option<String>) -> Self {
        Self::Ask { api, first: Mutex::new(first), last: Mutex::default(), doubts: Mutex::default() }
    }

    /// The address to connect to. `hint` is what the server said when it went away.
    pub(crate) async fn url(
        &self,
        hint: Option<String>,
        token: &AccessToken,
        now: Duration,
    ) -> Result<String, ClientError> {
        let (api, first, last, doubts) = match self {
            Self::Fixed(url) => return Ok(hint.unwrap_or_else(|| url.clone())),
            Self::Ask { api, first, last, doubts } => (api, first, last, doubts),
        };
        let first = locked(first).take();
        let url = if let Some(url) = hint.or(first) {
            url
        } else {
            let path = format!("/v1/chat-endpoint{}", locked(doubts).query(now));
            match api.ask::<ChatEndpoint>("GET", &path, Some(token), NOTHING).await {
                Ok(endpoint) => {
                    locked(doubts).answered(&endpoint.url);
                    endpoint.url
                }
                Err(error) if error.retryable() => {
                    let last = locked(last).clone();
                    last.ok_or(error)?
                }
                Err(error) => return Err(error),
            }
        };
        if api.base_url.starts_with("https://") && !url.starts_with("wss://") {
            return Err(TransportError::new("the server names a chat address without TLS")
                .permanent()
                .into());
        }
        *locked(last) = Some(url.clone());
        Ok(url)
    }

    /// Nothing has come from there yet, or nothing comes any more.
    pub(crate) fn doubt(&self, url: &str, now: Duration) {
        if let Self::Ask { doubts, .. } = self {
            locked(doubts).add(url, now);
        }
    }

    /// Somebody answers there.
    pub(crate) fn trust(&self, url: &str) {
        if let Self::Ask { doubts, .. } = self {
            locked(doubts).remove(url);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

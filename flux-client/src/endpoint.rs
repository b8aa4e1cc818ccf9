//! Where the chat is.

use std::sync::{Mutex, PoisonError};

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
    },
}

impl Endpoint {
    pub(crate) fn ask(api: Api, first: Option<String>) -> Self {
        Self::Ask { api, first: Mutex::new(first), last: Mutex::default() }
    }

    /// The address to connect to. `hint` is what the server said when it went away.
    pub(crate) async fn url(&self, hint: Option<String>, token: &AccessToken) -> Result<String, ClientError> {
        let (api, first, last) = match self {
            Self::Fixed(url) => return Ok(hint.unwrap_or_else(|| url.clone())),
            Self::Ask { api, first, last } => (api, first, last),
        };
        let first = first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let url = match hint.or(first) {
            Some(url) => url,
            None => match api.ask::<ChatEndpoint>("GET", "/v1/chat-endpoint", Some(token), NOTHING).await {
                Ok(endpoint) => endpoint.url,
                Err(error) if error.retryable() => {
                    let last = last.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    last.ok_or(error)?
                }
                Err(error) => return Err(error),
            },
        };
        if api.base_url.starts_with("https://") && !url.starts_with("wss://") {
            return Err(TransportError::new("the server names a chat address without TLS")
                .permanent()
                .into());
        }
        *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(url.clone());
        Ok(url)
    }
}

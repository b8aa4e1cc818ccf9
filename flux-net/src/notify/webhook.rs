//! Posts notices.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use flux_core::notify::{ChannelName, NotTaken, OfflineNotice, OfflineNotifier};
use flux_core::{Clock, time::within};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use thiserror::Error;

use super::dial::Target;
use super::payload::Payload;
use super::{InvalidWebhookConfig, WebhookConfig, WebhookSecret, signature};

/// What the receiver sees as `User-Agent`.
const NAME: &str = concat!("flux-webhook/", env!("CARGO_PKG_VERSION"));

/// Posts each notice to a URL, signed. Only an answer of 200 to 299 means that the receiver has it; after anything else
/// it comes again. No answer switches the webhook off, 410 neither: only the configuration does.
pub struct Webhook {
    channel: ChannelName,
    target: Target,
    secrets: Vec<WebhookSecret>,
    connect_timeout: Duration,
    timeout: Duration,
    clock: Arc<dyn Clock>,
}

/// Why a notice was not taken.
#[derive(Debug, Error)]
enum Failure {
    #[error("no connection to the receiver")]
    Connect(#[source] io::Error),
    #[error("the connection to the receiver broke")]
    Broke(#[source] hyper::Error),
    #[error("the receiver answered {0}")]
    Status(StatusCode),
    #[error("the receiver took too long to {0}")]
    Late(&'static str),
    #[error("the notice cannot be written")]
    Written(#[source] flux_core::Cause),
}

impl Webhook {
    /// Checks the configuration. No connection is made before there is a notice.
    ///
    /// # Errors
    /// [`InvalidWebhookConfig`].
    pub fn new(config: WebhookConfig, clock: Arc<dyn Clock>) -> Result<Self, InvalidWebhookConfig> {
        let target = Target::of(&config)?;
        let channel = ChannelName::new(&config.channel).map_err(|_| InvalidWebhookConfig::Channel)?;
        if !(1..=2).contains(&config.secrets.len()) {
            return Err(InvalidWebhookConfig::Secrets);
        }
        let WebhookConfig { secrets, connect_timeout, timeout, .. } = config;
        if connect_timeout.is_zero() || timeout.is_zero() {
            return Err(InvalidWebhookConfig::Timeout);
        }
        Ok(Self { channel, target, secrets, connect_timeout, timeout, clock })
    }

    fn request(&self, notice: &OfflineNotice) -> Result<Request<Full<Bytes>>, Failure> {
        let written = |error: flux_core::Cause| Failure::Written(error);
        let body = Payload::of(notice).to_json().map_err(|error| written(error.into()))?;
        let id = notice.id.to_string();
        let at = self.clock.now().as_millis().div_euclid(1_000);
        Request::builder()
            .method(Method::POST)
            .uri(self.target.path.as_str())
            .header(HOST, self.target.authority.as_str())
            .header(USER_AGENT, NAME)
            .header(CONTENT_TYPE, "application/json")
            .header(CONNECTION, "close")
            .header("webhook-signature", signature::header(&self.secrets, &id, at, &body))
            .header("webhook-timestamp", at)
            .header("webhook-id", id)
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| written(error.into()))
    }

    /// Posts it; what the receiver asked for if it did not take it.
    async fn post(&self, notice: &OfflineNotice) -> Result<(), (Failure, Option<Duration>)> {
        let plain = |failure| (failure, None);
        let message = self.request(notice).map_err(plain)?;
        let dialed = within(&*self.clock, self.connect_timeout, self.target.dial()).await;
        let stream = match dialed {
            Ok(dialed) => dialed.map_err(|error| plain(Failure::Connect(error)))?,
            Err(_) => return Err(plain(Failure::Late("connect"))),
        };
        let broke = |error| plain(Failure::Broke(error));
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broke)?;
        // The connection is driven here, so that it ends with the call. Of the answer only the head is read.
        let mut connection = std::pin::pin!(connection);
        let mut exchange = std::pin::pin!(sender.send_request(message));
        let response = tokio::select! {
            biased;
            response = &mut exchange => response,
            // It may end before the answer was looked at; what came over it is still there.
            _ = &mut connection => exchange.await,
        };
        let response = response.map_err(broke)?;
        if response.status().is_success() {
            return Ok(());
        }
        let after = response.headers().get(RETRY_AFTER).and_then(seconds);
        Err((Failure::Status(response.status()), after))
    }
}

#[async_trait]
impl OfflineNotifier for Webhook {
    fn channel(&self) -> &ChannelName {
        &self.channel
    }

    async fn notify(&self, notice: &OfflineNotice) -> Result<(), NotTaken> {
        let posted = within(&*self.clock, self.timeout, self.post(notice)).await;
        let (failure, after) = match posted {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(failed)) => failed,
            Err(_) => (Failure::Late("answer"), None),
        };
        Err(NotTaken::Later { after, cause: failure.into() })
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The path is not shown: receivers put tokens into it.
        f.debug_struct("Webhook").field("receiver", &self.target.authority).finish_non_exhaustive()
    }
}

fn seconds(value: &HeaderValue) -> Option<Duration> {
    value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

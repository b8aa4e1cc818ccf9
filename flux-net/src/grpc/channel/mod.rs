//! Calling another service, of which there may be several instances.

mod breaker;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flux_core::ErrorCode;
use flux_core::time::REQUEST_DEADLINE;
use thiserror::Error;
use tokio::time::{Instant, timeout_at};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};
use tracing::debug;

use super::auth::{InvalidTls, ServiceAuth, Signed};
use super::failure::{Failure, Verdict, verdict};
use breaker::Breaker;
pub use breaker::BreakerSettings;

/// The text is no URL of a service: `http` or `https`, a host, a port.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InvalidEndpoint {
    /// It is none.
    #[error("not the URL of a service: {url:?}")]
    Url {
        /// What was given.
        url: String,
    },
    /// There is not even one.
    #[error("no instance of the service is named")]
    Nobody,
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] InvalidTls),
}

/// How another service is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelSettings {
    /// A connection stands after: 1 s.
    pub connect_timeout: Duration,
    /// Every call ends after: 5 s.
    pub deadline: Duration,
    /// Where another instance could be asked instead, one is waited for: 1.5 s.
    pub patience: Duration,
    /// A silent connection is asked for a sign of life after 10 s, and given up if none comes within 5 s.
    pub keepalive: (Duration, Duration),
    /// When an instance is left alone.
    pub breaker: BreakerSettings,
}

impl Default for ChannelSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(1),
            deadline: REQUEST_DEADLINE,
            patience: Duration::from_millis(1_500),
            keepalive: (Duration::from_secs(10), Duration::from_secs(5)),
            breaker: BreakerSettings::default(),
        }
    }
}

impl ChannelSettings {
    /// Where to connect to. Whether by TLS is not the URL's to say.
    pub(super) fn endpoint(&self, url: &str, auth: &ServiceAuth) -> Result<Endpoint, InvalidEndpoint> {
        let invalid = || InvalidEndpoint::Url { url: url.to_owned() };
        let authority = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let authority = authority.map(|rest| rest.trim_end_matches('/')).ok_or_else(invalid)?;
        if authority.is_empty() || authority.contains(['/', '?', '#', '@']) {
            return Err(invalid());
        }
        let scheme = if auth.tls().is_some() { "https" } else { "http" };
        let mut endpoint = Endpoint::from_shared(format!("{scheme}://{authority}")).map_err(|_| invalid())?;
        if let Some(tls) = auth.tls() {
            endpoint = endpoint.tls_config(tls.client()).map_err(InvalidTls::new)?;
        }
        Ok(endpoint
            .connect_timeout(self.connect_timeout)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(self.keepalive.0)
            .keep_alive_timeout(self.keepalive.1)
            .keep_alive_while_idle(true))
    }
}

/// Whether a call may be made again at another instance when it is not known what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Twice is as good as once.
    Safe,
    /// Only if it never arrived.
    Unsafe,
}

/// The way to a service with one or several instances: when one does not answer, another is asked, and remembered.
/// Clones share it.
#[derive(Clone)]
pub struct ServiceChannel(Arc<Inner>);

struct Inner {
    instances: Vec<Instance>,
    /// The one that answered last.
    preferred: AtomicUsize,
    settings: ChannelSettings,
    auth: ServiceAuth,
}

/// One instance. Its address is looked up anew for every connection.
struct Instance {
    endpoint: Endpoint,
    channel: Mutex<Channel>,
    breaker: Breaker,
}

impl ServiceChannel {
    /// To the instances at `urls`. Nothing is connected before the first call.
    ///
    /// # Errors
    /// [`InvalidEndpoint`] if there is none, or one cannot be right.
    pub fn new(
        urls: &[impl AsRef<str>],
        auth: ServiceAuth,
        settings: ChannelSettings,
    ) -> Result<Self, InvalidEndpoint> {
        if urls.is_empty() {
            return Err(InvalidEndpoint::Nobody);
        }
        let instances = urls.iter().map(|url| {
            let endpoint = settings.endpoint(url.as_ref(), &auth)?;
            let channel = Mutex::new(endpoint.connect_lazy());
            Ok(Instance { endpoint, channel, breaker: Breaker::new(settings.breaker) })
        });
        let instances = instances.collect::<Result<_, InvalidEndpoint>>()?;
        Ok(Self(Arc::new(Inner { instances, preferred: AtomicUsize::new(0), settings, auth })))
    }

    /// Makes a call within the deadline: at the instance that answered last, and if it does not, at the next.
    pub(crate) async fn call<Q: Clone, A, F>(
        &self,
        repeat: Repeat,
        question: Q,
        ask: impl Fn(Signed, Request<Q>) -> F,
    ) -> Result<A, Failure>
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let Inner { instances, preferred, settings, auth } = &*self.0;
        let deadline = Instant::now() + settings.deadline;
        let first = preferred.load(Ordering::Relaxed);
        let mut failure = Failure::new(ErrorCode::Unavailable);
        for turn in 0..instances.len() {
            let place = (first + turn) % instances.len();
            let instance = &instances[place];
            let now = Instant::now();
            if now >= deadline || !instance.breaker.lets_through() {
                continue;
            }
            let others = turn + 1 < instances.len();
            let until = if others && repeat == Repeat::Safe {
                deadline.min(now + settings.patience)
            } else {
                deadline
            };
            let mut request = Request::new(question.clone());
            request.set_timeout(until - now);
            let verdict =
                match timeout_at(until, ask(Signed::new(instance.channel(), auth.clone()), request)).await {
                    Ok(Ok(answer)) => {
                        instance.breaker.succeeded();
                        preferred.store(place, Ordering::Relaxed);
                        return Ok(answer.into_inner());
                    }
                    Ok(Err(status)) => {
                        failure = Failure::from_status(&status);
                        verdict(&status)
                    }
                    Err(_) => {
                        failure = Failure::new(ErrorCode::Timeout);
                        Verdict::Broken
                    }
                };
            if verdict == Verdict::Answered {
                instance.breaker.succeeded();
            } else {
                debug!(error = %failure, "an instance of a service did not answer");
                instance.broke();
            }
            let again = match verdict {
                Verdict::Unreached => true,
                Verdict::Broken => repeat == Repeat::Safe,
                // It is well and says no; what it lacks another one may have.
                Verdict::Answered => repeat == Repeat::Safe && is_of_the_instance(failure.code),
            };
            if !again {
                break;
            }
        }
        Err(failure)
    }
}

impl Instance {
    fn channel(&self) -> Channel {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// It did not answer: the next call makes a connection of its own, to where its name points then.
    fn broke(&self) {
        self.breaker.failed();
        *self.channel.lock().unwrap_or_else(PoisonError::into_inner) = self.endpoint.connect_lazy();
    }
}

/// Whether another instance may answer otherwise.
const fn is_of_the_instance(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::Unavailable
            | ErrorCode::Overloaded
            | ErrorCode::Timeout
            | ErrorCode::Draining
            | ErrorCode::Internal
    )
}

impl fmt::Debug for ServiceChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceChannel")
            .field("instances", &self.0.instances.iter().map(|one| one.endpoint.uri()).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

//! Calling another service, of which there may be several instances.

mod breaker;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flux_core::ErrorCode;
use flux_core::time::REQUEST_DEADLINE;
use futures_util::future::join_all;
use thiserror::Error;
use tokio::time::{Instant, timeout_at};
use tonic::transport::Endpoint;
use tonic::{Request, Response, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tracing::debug;

use super::auth::{InvalidTls, ServiceAuth, Signed, meant_for_another};
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
    instances: Vec<Arc<Instance>>,
    /// The one that answered last.
    preferred: AtomicUsize,
    settings: ChannelSettings,
}

impl ServiceChannel {
    /// To the instances at `urls`. Nothing is connected before the first call.
    ///
    /// # Errors
    /// [`InvalidEndpoint`] if there is none, or one cannot be right.
    pub fn new(
        urls: &[impl AsRef<str>],
        auth: &ServiceAuth,
        settings: ChannelSettings,
    ) -> Result<Self, InvalidEndpoint> {
        if urls.is_empty() {
            return Err(InvalidEndpoint::Nobody);
        }
        let instances = urls.iter().map(|url| Instance::new(url.as_ref(), auth, &settings).map(Arc::new));
        let instances = instances.collect::<Result<_, InvalidEndpoint>>()?;
        Ok(Self(Arc::new(Inner { instances, preferred: AtomicUsize::new(0), settings })))
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
        let Inner { instances, preferred, settings } = &*self.0;
        let first = preferred.load(Ordering::Relaxed);
        let order = (0..instances.len()).map(|turn| (first + turn) % instances.len());
        let order: Vec<_> = order.map(|place| (place, &*instances[place])).collect();
        let (place, answer) = call_one_of(&order, settings, repeat, question, ask).await?;
        preferred.store(place, Ordering::Relaxed);
        Ok(answer)
    }
}

impl ServiceChannel {
    /// Whether an instance says of itself that it is well.
    ///
    /// # Errors
    /// None does.
    pub async fn check(&self) -> Result<(), Failure> {
        let question = HealthCheckRequest { service: String::new() };
        let answer = self.call(Repeat::Safe, question, |channel, request| async move {
            HealthClient::new(channel).check(request).await
        });
        let serving = answer.await?.status() == ServingStatus::Serving;
        if serving { Ok(()) } else { Err(Failure::new(ErrorCode::Unavailable)) }
    }

    /// Makes a call at all instances at once. Returns the answers of those that gave one.
    ///
    /// # Errors
    /// None gave any.
    pub(crate) async fn call_all<Q: Clone, A, F>(
        &self,
        question: Q,
        ask: impl Fn(Signed, Request<Q>) -> F + Sync,
    ) -> Result<Vec<A>, Failure>
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let Inner { instances, settings, .. } = &*self.0;
        let calls = instances.iter().map(async |instance| {
            call_one_of(&[((), &**instance)], settings, Repeat::Unsafe, question.clone(), &ask).await
        });
        let mut failure = Failure::new(ErrorCode::Unavailable);
        let mut answers = Vec::with_capacity(instances.len());
        for answered in join_all(calls).await {
            match answered {
                Ok(((), answer)) => answers.push(answer),
                Err(error) => failure = error,
            }
        }
        if answers.is_empty() { Err(failure) } else { Ok(answers) }
    }
}

/// Makes a call within the deadline: at the first of `instances`, and if it does not answer, at the next. Returns who
/// answered, and what.
pub(super) async fn call_one_of<I: Copy, Q: Clone, A, F>(
    instances: &[(I, &Instance)],
    settings: &ChannelSettings,
    repeat: Repeat,
    question: Q,
    ask: impl Fn(Signed, Request<Q>) -> F,
) -> Result<(I, A), Failure>
where
    F: Future<Output = Result<Response<A>, Status>>,
{
    let deadline = Instant::now() + settings.deadline;
    let mut failure = Failure::new(ErrorCode::Unavailable);
    for (turn, (name, instance)) in instances.iter().enumerate() {
        let now = Instant::now();
        if now >= deadline || !instance.breaker.lets_through() {
            continue;
        }
        let impatient = turn + 1 < instances.len() && repeat == Repeat::Safe;
        let until = if impatient { deadline.min(now + settings.patience) } else { deadline };
        let verdict = match timeout_at(until, instance.ask(until, &question, &ask)).await {
            Ok(Ok(answer)) => {
                instance.breaker.succeeded();
                return Ok((*name, answer.into_inner()));
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
            debug!(service.url = %instance.endpoint.uri(), error = %failure, "an instance does not answer");
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

/// One instance. Its address is looked up anew for every connection.
pub(super) struct Instance {
    endpoint: Endpoint,
    channel: Mutex<Signed>,
    breaker: Breaker,
    auth: ServiceAuth,
}

impl Instance {
    /// At `url`. Nothing is connected before the first call.
    pub(super) fn new(
        url: &str,
        auth: &ServiceAuth,
        settings: &ChannelSettings,
    ) -> Result<Self, InvalidEndpoint> {
        let endpoint = settings.endpoint(url, auth)?;
        let channel = Mutex::new(Signed::new(endpoint.connect_lazy(), auth.clone()));
        Ok(Self { endpoint, channel, breaker: Breaker::new(settings.breaker), auth: auth.clone() })
    }

    /// Asks it, and once more if another server is there now than the question was meant for: none has done anything yet.
    async fn ask<Q: Clone, A, F>(
        &self,
        until: Instant,
        question: &Q,
        ask: impl Fn(Signed, Request<Q>) -> F,
    ) -> Result<Response<A>, Status>
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let channel = self.channel.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let request = || {
            let mut request = Request::new(question.clone());
            request.set_timeout(until.saturating_duration_since(Instant::now()));
            request
        };
        match ask(channel.clone(), request()).await {
            Err(status) if meant_for_another(&status) => ask(channel, request()).await,
            answered => answered,
        }
    }

    /// It did not answer: the next call makes a connection of its own, to where its name points then.
    fn broke(&self) {
        self.breaker.failed();
        let anew = Signed::new(self.endpoint.connect_lazy(), self.auth.clone());
        *self.channel.lock().unwrap_or_else(PoisonError::into_inner) = anew;
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
        f.debug_struct("ServiceChannel").field("instances", &self.0.instances).finish_non_exhaustive()
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance").field("uri", self.endpoint.uri()).finish_non_exhaustive()
    }
}

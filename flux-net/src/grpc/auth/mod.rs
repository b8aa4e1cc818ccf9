//! Who calls, and how that is known.
//!
//! Every call carries the role and the name of the service that makes it. What proves them is a secret that all services
//! share, mutual TLS, or both; on one machine, if its operator says so, that the connection comes from the machine
//! itself. [`ServiceAuth`] holds that for both directions. It is checked once, in front of all services of a server, and
//! a table says which role may call what: a method that is not in the table can be called by nobody.

mod check;
#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;
mod incarnation;
mod proof;
mod role;
mod secret;
mod sign;
mod tls;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use flux_core::{Clock, Entropy};
use thiserror::Error;

use super::calls::CallMeters;

pub(super) use check::{Caller, CheckLayer};
pub(super) use incarnation::meant_for_another;
pub(super) use role::label;
pub use role::{InvalidIdentity, Role, ServiceIdentity};
pub use secret::{SharedSecret, WeakSecret};
pub(super) use sign::Signed;
pub use tls::{InvalidTls, ServiceTls};

/// Nothing would prove who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("services need a shared secret or mutual TLS to know each other")]
pub struct NoProof;

/// What a service proves with who it is, and knows others by. Clones share it.
#[derive(Clone)]
pub struct ServiceAuth(Arc<Inner>);

struct Inner {
    identity: ServiceIdentity,
    secrets: Vec<SharedSecret>,
    tls: Option<ServiceTls>,
    loopback: bool,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    /// What is counted of the calls that are made with it.
    called: Arc<CallMeters>,
}

/// Puts a [`ServiceAuth`] together.
#[must_use]
pub struct ServiceAuthBuilder(Inner);

impl ServiceAuth {
    /// Of the service `identity`. Proofs are good for a minute by `clock`.
    pub fn builder(
        identity: ServiceIdentity,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> ServiceAuthBuilder {
        ServiceAuthBuilder(Inner {
            identity,
            secrets: Vec::new(),
            tls: None,
            loopback: false,
            clock,
            entropy,
            called: CallMeters::called(),
        })
    }

    /// Who this service is.
    pub fn identity(&self) -> &ServiceIdentity {
        &self.0.identity
    }

    /// Whether something proves who calls from another machine.
    pub(super) fn reaches_beyond_loopback(&self) -> bool {
        !self.0.secrets.is_empty() || self.0.tls.is_some()
    }

    pub(super) fn entropy(&self) -> &dyn Entropy {
        &*self.0.entropy
    }

    pub(super) fn tls(&self) -> Option<&ServiceTls> {
        self.0.tls.as_ref()
    }
}

impl ServiceAuthBuilder {
    /// Calls are signed with `secret`, and only such calls are taken.
    pub fn secret(mut self, secret: SharedSecret) -> Self {
        self.0.secrets.insert(0, secret);
        self
    }

    /// Calls signed with `secret` are taken too: while it is changed, service by service, both are about.
    pub fn former_secret(mut self, secret: SharedSecret) -> Self {
        self.0.secrets.push(secret);
        self
    }

    /// Connections are encrypted, and only made with those whose certificate the authority of `tls` has signed. A
    /// certificate that names roles, as `urn:flux:role:chat` among its alternative names, is good for those alone.
    pub fn tls(mut self, tls: ServiceTls) -> Self {
        self.0.tls = Some(tls);
        self
    }

    /// Whoever calls from this machine is who they say they are. For a cluster on one machine, whose users trust each
    /// other; a server with nothing better refuses to listen on other addresses.
    pub fn trust_loopback(mut self) -> Self {
        self.0.loopback = true;
        self
    }

    /// What was put together.
    ///
    /// # Errors
    /// [`NoProof`] if nothing would prove who calls.
    pub fn build(self) -> Result<ServiceAuth, NoProof> {
        let auth = ServiceAuth(Arc::new(self.0));
        if auth.reaches_beyond_loopback() || auth.0.loopback { Ok(auth) } else { Err(NoProof) }
    }
}

impl fmt::Debug for ServiceAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAuth")
            .field("identity", &self.0.identity)
            .field("secret", &!self.0.secrets.is_empty())
            .field("tls", &self.0.tls.is_some())
            .field("loopback", &self.0.loopback)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ServiceAuthBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAuthBuilder").field("identity", &self.0.identity).finish_non_exhaustive()
    }
}

/// From this machine.
fn is_local(address: Option<SocketAddr>) -> bool {
    address.is_some_and(|address| address.ip().to_canonical().is_loopback())
}

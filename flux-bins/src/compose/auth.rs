//! How a process proves to others who it is.

use std::fs;
use std::sync::Arc;

use flux_core::{Clock, Entropy, Secret};
use flux_net::grpc::{ServiceAuth, ServiceIdentity, ServiceTls, SharedSecret};
use tracing::warn;

use crate::config::Config;
use crate::failure::Failure;

/// With the secret and the certificates that `config` names; without either it is believed on this machine alone.
pub(crate) fn service_auth(
    config: &Config,
    identity: ServiceIdentity,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> Result<ServiceAuth, Failure> {
    let services = &config.services;
    let mut auth = ServiceAuth::builder(identity, Arc::clone(clock), Arc::clone(entropy));
    if let Some(secret) = &services.secret {
        auth = auth.secret(SharedSecret::new(secret)?);
    }
    if let Some(secret) = &services.former_secret {
        auth = auth.former_secret(SharedSecret::new(secret)?);
    }
    if services.certificate.is_empty() {
        if services.secret.is_none() {
            warn!(
                "services have neither services.secret nor certificates: every program on this machine can pass for one"
            );
            auth = auth.trust_loopback();
        }
    } else {
        let key = Secret::new(pem(&services.key)?);
        auth = auth.tls(ServiceTls::from_pem(&pem(&services.certificate)?, key, &pem(&services.authority)?)?);
    }
    Ok(auth.build()?)
}

/// What a file of certificates or of a key holds.
pub(super) fn pem(path: &str) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::new(format!("{path} cannot be read: {error}")))
}

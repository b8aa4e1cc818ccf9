//! Mutual TLS.

use std::fmt;

use flux_core::Secret;
use thiserror::Error;
use tonic::transport::{Certificate, CertificateDer, ClientTlsConfig, Identity, ServerTlsConfig};

use super::Role;

/// What a certificate is for, as a URI among its alternative names.
const ROLE_PREFIX: &str = "urn:flux:role:";

/// What is wrong with a certificate, its key or the authority.
#[derive(Debug, Error)]
#[error("certificate, key or authority not usable")]
pub struct InvalidTls(#[source] Box<dyn std::error::Error + Send + Sync>);

impl InvalidTls {
    pub(in crate::grpc) fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

/// The certificate of a service, its key, and the authority that signs those of all services. `Debug` shows none of it.
#[derive(Clone)]
pub struct ServiceTls {
    certificate: String,
    key: Secret,
    authority: String,
    server_name: Option<String>,
}

impl ServiceTls {
    /// From PEM texts: the certificate with what leads to the authority, its private key, the authority.
    ///
    /// # Errors
    /// [`InvalidTls`] if they cannot be read or do not go together.
    pub fn from_pem(certificate: &str, key: Secret, authority: &str) -> Result<Self, InvalidTls> {
        let tls = Self {
            certificate: certificate.to_owned(),
            key,
            authority: authority.to_owned(),
            server_name: None,
        };
        tonic::transport::Server::builder().tls_config(tls.server()).map_err(InvalidTls::new)?;
        let endpoint = tonic::transport::Endpoint::from_static("https://service.invalid");
        endpoint.tls_config(tls.client()).map_err(InvalidTls::new)?;
        Ok(tls)
    }

    /// Expects certificates of servers to be for `name`, whatever address they are reached at.
    #[must_use]
    pub fn with_server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    fn identity(&self) -> Identity {
        Identity::from_pem(&self.certificate, self.key.expose())
    }

    pub(in crate::grpc) fn server(&self) -> ServerTlsConfig {
        ServerTlsConfig::new()
            .identity(self.identity())
            .client_ca_root(Certificate::from_pem(&self.authority))
    }

    pub(in crate::grpc) fn client(&self) -> ClientTlsConfig {
        let config = ClientTlsConfig::new()
            .identity(self.identity())
            .ca_certificate(Certificate::from_pem(&self.authority))
            .assume_http2(true);
        match &self.server_name {
            Some(name) => config.domain_name(name),
            None => config,
        }
    }
}

impl fmt::Debug for ServiceTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceTls(..)")
    }
}

/// Whether who has shown these certificates may be a `role`: one that names roles is good for those alone.
pub(super) fn may_be(certificates: &[CertificateDer<'_>], role: Role) -> bool {
    let Some(Ok(certificate)) = certificates.first().map(webpki::EndEntityCert::try_from) else {
        return false;
    };
    let mut named = certificate.valid_uri_names().filter_map(|uri| uri.strip_prefix(ROLE_PREFIX)).peekable();
    named.peek().is_none() || named.any(|name| name == role.as_str())
}

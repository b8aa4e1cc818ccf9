//! TCP and TLS.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::error::TransportError;

/// A byte stream, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Opens connections: plain to `http` and `ws`, with TLS to `https` and `wss`. It is the native
/// [`Transport`](super::Transport) and [`Http`](super::Http).
///
/// TLS is rustls over ring, with the certificate authorities of the web (Mozilla's list) and those that were added. It
/// touches no process-wide setting.
#[derive(Clone)]
pub struct Dialer {
    tls: Arc<ClientConfig>,
}

impl Dialer {
    /// With the certificate authorities of the web.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// To add to the certificate authorities.
    pub fn builder() -> DialerBuilder {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        DialerBuilder { roots }
    }

    /// Connects to where `uri` points.
    pub(super) async fn dial(&self, target: &Target) -> Result<Box<dyn Stream>, TransportError> {
        let unreachable = |error| TransportError::new("cannot connect").caused_by(error);
        let stream = TcpStream::connect((target.host.as_str(), target.port)).await.map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        if !target.tls {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from(target.host.clone())
            .map_err(|error| TransportError::new("not a name for TLS").caused_by(error).permanent())?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        let stream = connector
            .connect(name, stream)
            .await
            .map_err(|error| TransportError::new("no secure connection").caused_by(error))?;
        Ok(Box::new(stream))
    }
}

impl Default for Dialer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dialer")
    }
}

/// Chooses whom a [`Dialer`] trusts.
#[must_use]
pub struct DialerBuilder {
    roots: RootCertStore,
}

impl DialerBuilder {
    /// Trusts these certificate authorities too: one or more certificates in PEM.
    pub fn add_ca_pem(mut self, pem: &[u8]) -> Result<Self, TransportError> {
        let bad = |error| TransportError::new("not a certificate in PEM").caused_by(error).permanent();
        let mut found = false;
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(bad)?;
            self.roots.add(certificate).map_err(|error| {
                TransportError::new("not a certificate that can be trusted").caused_by(error).permanent()
            })?;
            found = true;
        }
        if found { Ok(self) } else { Err(TransportError::new("no certificate in the PEM").permanent()) }
    }

    /// The dialer.
    pub fn build(self) -> Dialer {
        // The provider is named here, so that nothing depends on which one the process has installed.
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS 1.2 and 1.3")
            .with_root_certificates(self.roots)
            .with_no_client_auth();
        Dialer { tls: Arc::new(tls) }
    }
}

/// Where an address points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    /// For the header `Host`.
    pub(super) authority: String,
    /// Path and query.
    pub(super) path: String,
}

impl Target {
    /// Reads an address of one of these two schemes: the plain one and the one with TLS.
    pub(super) fn parse(url: &str, plain: &str, tls: &str) -> Result<Self, TransportError> {
        let bad = || TransportError::new("not an address").permanent();
        let uri: hyper::Uri = url.parse().map_err(|_| bad())?;
        let tls = match uri.scheme_str() {
            Some(scheme) if scheme == tls => true,
            Some(scheme) if scheme == plain => false,
            _ => return Err(bad()),
        };
        let authority = uri.authority().ok_or_else(bad)?;
        if authority.as_str().contains('@') {
            return Err(bad());
        }
        // An IPv6 address stands in brackets in a URL, and without them for the system.
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { tls, host, port, authority: authority.as_str().to_owned(), path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let target = Target::parse("wss://chat.example:8443/v1/chat?x=1", "ws", "wss").unwrap();
        assert_eq!((target.tls, target.host.as_str(), target.port), (true, "chat.example", 8443));
        assert_eq!((target.authority.as_str(), target.path.as_str()), ("chat.example:8443", "/v1/chat?x=1"));
        let target = Target::parse("http://[::1]", "http", "https").unwrap();
        assert_eq!((target.tls, target.host.as_str(), target.port), (false, "::1", 80));
    }

    #[test]
    fn other_schemes_and_credentials_in_addresses_are_refused() {
        for bad in ["ftp://a", "a", "", "http://", "ws://user:word@host/", "http://a b"] {
            assert!(Target::parse(bad, "ws", "wss").unwrap_err().is_permanent(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_not_trusted() {
        assert!(Dialer::builder().add_ca_pem(b"nothing").is_err());
        let wrong = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(Dialer::builder().add_ca_pem(wrong).is_err());
    }
}

//! Where a webhook goes, and the connection to it.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::Uri;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{InvalidWebhookConfig, WebhookConfig};

/// A byte stream, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Where a webhook goes.
pub(super) struct Target {
    host: String,
    port: u16,
    /// With the name that its certificate must have; `None` in the clear.
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    /// For the header `Host`.
    pub(super) authority: String,
    /// Path and query.
    pub(super) path: String,
}

impl Target {
    pub(super) fn of(config: &WebhookConfig) -> Result<Self, InvalidWebhookConfig> {
        let uri: Uri = config.url.parse().map_err(|_| InvalidWebhookConfig::Url)?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(InvalidWebhookConfig::Url),
        };
        let authority = uri.authority().ok_or(InvalidWebhookConfig::Url)?;
        if authority.as_str().contains('@') || config.url.contains('#') || authority.host().is_empty() {
            return Err(InvalidWebhookConfig::Url);
        }
        // An IPv6 address stands in brackets in a URL, and without them for the system.
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if !tls && !config.plain && !is_here(&host) {
            return Err(InvalidWebhookConfig::Plain);
        }
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let roots = roots(config.root_certificates.as_deref())?;
        let tls = if tls {
            let name = ServerName::try_from(host.clone()).map_err(|_| InvalidWebhookConfig::Url)?;
            Some((Arc::new(client_config(roots)), name))
        } else {
            None
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { host, port, tls, authority: authority.as_str().to_owned(), path })
    }

    /// Connects. The name is looked up each time, for addresses change.
    pub(super) async fn dial(&self) -> std::io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        let Some((config, name)) = &self.tls else { return Ok(Box::new(stream)) };
        let connector = TlsConnector::from(Arc::clone(config));
        Ok(Box::new(connector.connect(name.clone(), stream).await?))
    }
}

/// Whether that is this machine.
fn is_here(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The certificate authorities of the web, and those that were added.
fn roots(added: Option<&str>) -> Result<RootCertStore, InvalidWebhookConfig> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(pem) = added {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let added = certificate.ok().and_then(|certificate| roots.add(certificate).ok());
            added.ok_or(InvalidWebhookConfig::Certificates)?;
        }
        if roots.len() == before {
            return Err(InvalidWebhookConfig::Certificates);
        }
    }
    Ok(roots)
}

fn client_config(roots: RootCertStore) -> ClientConfig {
    // The provider is named here, so that nothing depends on which one the process has installed.
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[cfg(test)]
mod tests {
    use flux_core::Secret;

    use super::super::WebhookSecret;
    use super::*;

    fn config(url: &str) -> WebhookConfig {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        WebhookConfig::new(url, WebhookSecret::parse(&secret).unwrap())
    }

    fn refused(config: &WebhookConfig) -> Option<InvalidWebhookConfig> {
        Target::of(config).err()
    }

    #[test]
    fn urls_are_read() {
        let target = Target::of(&config("https://push.example:8443/in?tenant=1")).unwrap();
        assert_eq!((target.host.as_str(), target.port, target.tls.is_some()), ("push.example", 8443, true));
        assert_eq!((target.authority.as_str(), target.path.as_str()), ("push.example:8443", "/in?tenant=1"));
        let target = Target::of(&config("http://[::1]")).unwrap();
        assert_eq!((target.host.as_str(), target.port, target.tls.is_some()), ("::1", 80, false));
    }

    #[test]
    fn other_schemes_credentials_and_fragments_are_refused() {
        for bad in
            ["", "push.example", "ftp://a", "https://", "https://a:b@c/", "https://a b", "https://a/#b"]
        {
            assert_eq!(refused(&config(bad)), Some(InvalidWebhookConfig::Url), "{bad}");
        }
    }

    #[test]
    fn in_the_clear_only_this_machine_is_told_unless_it_is_allowed() {
        for here in ["http://localhost:1", "http://127.0.0.2/", "http://[::1]/"] {
            assert_eq!(refused(&config(here)), None, "{here}");
        }
        for there in ["http://push.example/", "http://192.0.2.1/", "http://localhost.example/"] {
            assert_eq!(refused(&config(there)), Some(InvalidWebhookConfig::Plain), "{there}");
            assert_eq!(refused(&WebhookConfig { plain: true, ..config(there) }), None);
        }
    }

    #[test]
    fn what_is_no_certificate_is_not_trusted() {
        for bad in ["", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            let config =
                WebhookConfig { root_certificates: Some(bad.to_owned()), ..config("https://push.example") };
            assert_eq!(refused(&config), Some(InvalidWebhookConfig::Certificates), "{bad}");
        }
    }
}

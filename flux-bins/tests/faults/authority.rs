//! Who signs the certificates of services.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, SanType,
};

/// An authority of its own.
#[derive(Clone)]
pub(crate) struct Authority(std::sync::Arc<CertifiedIssuer<'static, KeyPair>>);

/// A certificate and its key, in PEM.
pub(crate) struct Papers {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    /// A new one, which nobody else trusts.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap().into())
    }

    /// Its own certificate, in PEM.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// For a service on this machine that is this and nothing else.
    pub(crate) fn papers(&self, role: &str) -> Papers {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let role = format!("urn:flux:role:{role}").try_into().unwrap();
        params.subject_alt_names.push(SanType::URI(role));
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &*self.0).unwrap();
        Papers { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// The settings of a service that has such papers, which are written to `folder`.
    pub(crate) fn settings(&self, folder: &Path, name: &str, role: &str) -> [String; 3] {
        let Papers { certificate, key } = self.papers(role);
        [("certificate", certificate), ("key", key), ("authority", self.pem())].map(|(what, pem)| {
            let file = folder.join(format!("{name}-{what}.pem"));
            // A key that others can read is refused.
            let mut options = std::fs::OpenOptions::new();
            let opened = options.write(true).create_new(true).mode(0o600).open(&file);
            opened.unwrap().write_all(pem.as_bytes()).unwrap();
            format!("services.{what}={}", file.display())
        })
    }
}

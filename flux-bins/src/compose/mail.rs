//! Where mail goes.

use std::sync::Arc;
use std::time::Duration;

use flux_core::mail::Mailer;
use flux_core::{Clock, Entropy};
use flux_net::mail::{
    MailLanguage, OutboxConfig, OutboxMailer, SmtpConfig, SmtpMailer, SmtpSecurity, Templates,
};

use crate::config::{self, Config, MailMode};
use crate::failure::Failure;

/// How long queued mail may take to go when the process ends.
const CLOSE: Duration = Duration::from_secs(5);

/// The way out for mail, and what is to be let go when the process ends.
pub(crate) enum MailOut {
    /// Through a server.
    Smtp(Arc<SmtpMailer>),
    /// Into a folder.
    Outbox(Arc<OutboxMailer>),
}

impl MailOut {
    /// As `config` says.
    pub(crate) fn open(
        config: &Config,
        clock: &Arc<dyn Clock>,
        entropy: &Arc<dyn Entropy>,
    ) -> Result<Self, Failure> {
        Ok(match config.mail.mode {
            MailMode::Smtp => {
                let mailer = SmtpMailer::start(smtp(config)?, Arc::clone(clock), Arc::clone(entropy))?;
                Self::Smtp(Arc::new(mailer))
            }
            MailMode::Outbox => {
                Self::Outbox(Arc::new(OutboxMailer::open(outbox(config), Arc::clone(clock))?))
            }
        })
    }

    /// The port.
    pub(crate) fn mailer(&self) -> Arc<dyn Mailer> {
        match self {
            Self::Smtp(smtp) => Arc::clone(smtp) as _,
            Self::Outbox(outbox) => Arc::clone(outbox) as _,
        }
    }

    /// Lets queued mail go.
    pub(crate) async fn close(&self) {
        let Self::Smtp(smtp) = self else { return };
        let unsent = smtp.shutdown(CLOSE).await;
        if unsent > 0 {
            tracing::warn!(unsent, "mails that could not be sent are lost");
        }
    }
}

fn templates(config: &Config) -> Templates {
    Templates {
        product: config.mail.product.clone(),
        language: match config.mail.language {
            config::MailLanguage::Both => MailLanguage::Both,
            config::MailLanguage::English => MailLanguage::English,
            config::MailLanguage::Chinese => MailLanguage::Chinese,
        },
        ..Templates::default()
    }
}

fn outbox(config: &Config) -> OutboxConfig {
    let mut outbox = OutboxConfig::new(crate::mail::folder(&config.data_dir));
    outbox.templates = templates(config);
    outbox
}

/// The server that mail is sent through, and how.
pub(crate) fn smtp(config: &Config) -> Result<SmtpConfig, Failure> {
    let from = &config.smtp;
    let mut smtp = SmtpConfig::new(&from.host, &from.from);
    smtp.port = (from.port != 0).then_some(from.port);
    smtp.security = match from.security {
        config::SmtpSecurity::Tls => SmtpSecurity::Tls,
        config::SmtpSecurity::Starttls => SmtpSecurity::StartTls,
        config::SmtpSecurity::None => SmtpSecurity::None,
    };
    smtp.credentials = from.password.clone().map(|password| (from.user.clone(), password));
    smtp.hello_name = (!from.helo.is_empty()).then(|| from.helo.clone());
    if !from.root_certificates.is_empty() {
        smtp.root_certificates = Some(std::fs::read_to_string(&from.root_certificates)?);
    }
    smtp.templates = templates(config);
    Ok(smtp)
}

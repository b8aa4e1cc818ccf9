//! Sending codes and taking them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tracing::{debug, warn};

use super::{
    CodeKey, CodeMac, CodePolicy, CodeRequested, CodeSecret, CodeStore, IssueCode, Purpose, RedeemCode,
    Redemption, VerificationError, Verifier,
};
use crate::account::{AccountState, AccountStore, Email};
use crate::entropy::{Entropy, below, bytes};
use crate::error::StoreError;
use crate::guard::{ClientAddr, LimitKey, Quota, RateLimiter, Take, take};
use crate::mail::{Mail, MailContent, Mailer};
use crate::secret::Secret;
use crate::time::{Clock, REQUEST_DEADLINE, within};

/// How often codes are sent and tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLimits {
    /// Codes to one e-mail address: 5 an hour.
    pub per_email: Quota,
    /// Codes asked for from one address: 60 an hour.
    pub requests_per_client: Quota,
    /// Tries from one address, right ones too: 100 an hour.
    pub tries_per_client: Quota,
    /// Tries in all, right ones too, so that many addresses together guess no more: 10,000 an hour.
    pub tries_in_all: Quota,
}

impl Default for CodeLimits {
    fn default() -> Self {
        let hour = Duration::from_hours(1);
        Self {
            per_email: Quota::new(5, hour),
            requests_per_client: Quota::new(60, hour),
            tries_per_client: Quota::new(100, hour),
            tries_in_all: Quota::new(10_000, hour),
        }
    }
}

/// The rules that verification goes by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeRules {
    /// Of one code.
    pub policy: CodePolicy,
    /// Of many.
    pub limits: CodeLimits,
}

/// What [`Verification`] stands on.
#[derive(Clone)]
pub struct VerificationPorts {
    /// Keeps codes.
    pub codes: Arc<dyn CodeStore>,
    /// Knows which addresses have an account.
    pub accounts: Arc<dyn AccountStore>,
    /// Counts requests and tries.
    pub limiter: Arc<dyn RateLimiter>,
    /// Sends codes.
    pub mailer: Arc<dyn Mailer>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
}

/// Verification of e-mail addresses.
pub struct Verification {
    ports: VerificationPorts,
    secret: CodeSecret,
    rules: CodeRules,
}

/// What goes to an address.
enum Letter {
    Code,
    AlreadyRegistered,
    Nothing,
}

impl Verification {
    /// Over its ports.
    pub fn new(ports: VerificationPorts, secret: CodeSecret, rules: CodeRules) -> Self {
        Self { ports, secret, rules }
    }

    async fn issue(
        &self,
        purpose: Purpose,
        email: &Email,
        client: &ClientAddr,
    ) -> Result<CodeRequested, VerificationError> {
        let limits = &self.rules.limits;
        let address = LimitKey::new("code.client", client.to_string());
        take(&*self.ports.limiter, &address, limits.requests_per_client).await??;
        let key = CodeKey::new(purpose, email);
        if let Some(next_in) = self.pause(&key).await? {
            return Ok(CodeRequested { next_in });
        }
        let letter = self.letter(purpose, email).await?;
        let code = Secret::new(format!("{:06}", below(&*self.ports.entropy, 1_000_000)));
        let mac = match letter {
            Letter::Code => self.secret.mac(&key, code.expose()),
            // Something is kept in any case, so that the next request finds the same pause; nothing that anybody could
            // type gives this.
            Letter::AlreadyRegistered | Letter::Nothing => CodeMac::new(bytes(&*self.ports.entropy)),
        };
        let policy = &self.rules.policy;
        if let IssueCode::TooSoon { retry_after } = self.ports.codes.issue(&key, mac, policy).await? {
            return Ok(CodeRequested { next_in: retry_after });
        }
        let content = match letter {
            Letter::Code => MailContent::Code { code, purpose },
            Letter::AlreadyRegistered => MailContent::AlreadyRegistered,
            Letter::Nothing => return Ok(CodeRequested { next_in: policy.pause }),
        };
        match self.ports.mailer.send(Mail { to: email.clone(), content }).await {
            Ok(()) => debug!(purpose = purpose.as_str(), "code issued"),
            // Only where there is an account is there a mail at all, so that its failure would tell.
            Err(error) if purpose == Purpose::ResetPassword => warn!(%error, "code not mailed"),
            Err(error) => return Err(error.into()),
        }
        Ok(CodeRequested { next_in: policy.pause })
    }

    /// How long until another mail may go to the address, if not now. The short pause is asked first: requests that it
    /// stops use up nothing of the hour's allowance, so that nobody uses up another's by asking in a loop.
    async fn pause(&self, key: &CodeKey) -> Result<Option<Duration>, StoreError> {
        let email = key.email.as_str();
        let short = LimitKey::personal("code.pause", &format!("{} {email}", key.purpose.as_str()));
        let long = LimitKey::personal("code.email", email);
        let quotas = [(short, Quota::new(1, self.rules.policy.pause)), (long, self.rules.limits.per_email)];
        for (key, quota) in quotas {
            if let Take::Limited { retry_after } = self.ports.limiter.take(&key, quota).await? {
                return Ok(Some(retry_after));
            }
        }
        Ok(None)
    }

    async fn letter(&self, purpose: Purpose, email: &Email) -> Result<Letter, StoreError> {
        let account = self.ports.accounts.account_by_email(email).await?;
        Ok(match (purpose, account) {
            (Purpose::Register | Purpose::ChangeEmail, Some(_)) => Letter::AlreadyRegistered,
            (Purpose::Register | Purpose::ChangeEmail, None) => Letter::Code,
            (Purpose::ResetPassword, Some(account)) if account.state == AccountState::Active => Letter::Code,
            (Purpose::ResetPassword, _) => Letter::Nothing,
        })
    }

    async fn try_redeem(
        &self,
        purpose: Purpose,
        email: &Email,
        code: &Secret,
        client: &ClientAddr,
    ) -> Result<Redemption, VerificationError> {
        let limits = &self.rules.limits;
        let address = LimitKey::new("code.tries", client.to_string());
        take(&*self.ports.limiter, &address, limits.tries_per_client).await??;
        take(&*self.ports.limiter, &LimitKey::new("code.tries", "all"), limits.tries_in_all).await??;
        let code = code.expose().trim();
        // What cannot be a code costs no try: nobody learns anything from it.
        if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(VerificationError::InvalidCode);
        }
        let key = CodeKey::new(purpose, email);
        let mac = self.secret.mac(&key, code);
        match self.ports.codes.redeem(&key, mac).await? {
            RedeemCode::Redeemed(code) => Ok(Redemption { key, code }),
            RedeemCode::Refused => Err(VerificationError::InvalidCode),
        }
    }
}

#[async_trait]
impl Verifier for Verification {
    async fn request(
        &self,
        purpose: Purpose,
        email: &Email,
        client: &ClientAddr,
    ) -> Result<CodeRequested, VerificationError> {
        within(&*self.ports.clock, REQUEST_DEADLINE, self.issue(purpose, email, client)).await?
    }

    async fn redeem(
        &self,
        purpose: Purpose,
        email: &Email,
        code: &Secret,
        client: &ClientAddr,
    ) -> Result<Redemption, VerificationError> {
        within(&*self.ports.clock, REQUEST_DEADLINE, self.try_redeem(purpose, email, code, client)).await?
    }

    async fn restore(&self, redemption: Redemption) {
        let Redemption { key, code } = redemption;
        let restored = self.ports.codes.restore(&key, code);
        match within(&*self.ports.clock, REQUEST_DEADLINE, restored).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(%error, "code not restored"),
            Err(error) => warn!(%error, "code not restored"),
        }
    }
}

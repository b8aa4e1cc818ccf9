//! The port that issues and takes verification codes, wherever that is done.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{CodeKey, CodeStore, Purpose, RedeemedCode, VerificationError};
use crate::account::Email;
use crate::guard::ClientAddr;
use crate::secret::Secret;

/// The answer to whoever asks for a code. It does not tell whether the address has an account, nor whether this request
/// or one shortly before it caused the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeRequested {
    /// How long until asking again can cause another mail.
    pub next_in: Duration,
}

/// A code that was taken and is used up. If what it was for comes to nothing through no fault of the code,
/// [`Verifier::restore`] makes it good again.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct Redemption {
    /// What the code is kept under.
    pub key: CodeKey,
    /// What is needed to restore it.
    pub code: RedeemedCode,
}

/// Issues codes and takes them. [`Verification`](super::Verification) does it in this process; a service may do it for
/// many.
///
/// # Contract
/// - What an answer tells, and when, does not depend on whether an address has an account.
/// - Every call ends within [`REQUEST_DEADLINE`](crate::time::REQUEST_DEADLINE).
#[async_trait]
pub trait Verifier: Send + Sync + 'static {
    /// Mails a code for `purpose` to `email`, or what is to be mailed in its place.
    async fn request(
        &self,
        purpose: Purpose,
        email: &Email,
        client: &ClientAddr,
    ) -> Result<CodeRequested, VerificationError>;

    /// Takes a code: of two who present the right one at once, one is let through. Whatever is wrong with a code, the
    /// answer is the same.
    async fn redeem(
        &self,
        purpose: Purpose,
        email: &Email,
        code: &Secret,
        client: &ClientAddr,
    ) -> Result<Redemption, VerificationError>;

    /// Makes a code good again whose use came to nothing, for the time and tries that it had left. If that fails, its
    /// owner has to ask for another.
    async fn restore(&self, redemption: Redemption);
}

/// Who issues and takes the codes of a process.
#[derive(Clone)]
pub enum Codes {
    /// The process itself, which keeps them here.
    Here(Arc<dyn CodeStore>),
    /// A service elsewhere.
    Elsewhere(Arc<dyn Verifier>),
}

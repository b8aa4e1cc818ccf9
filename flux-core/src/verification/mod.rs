//! Verification: six digits by e-mail that prove an address.

mod error;
mod model;
mod secret;
mod service;
mod store;
mod verifier;

pub use error::VerificationError;
pub use model::{CodeKey, CodeMac, CodePolicy, Purpose};
pub use secret::CodeSecret;
pub use service::{CodeLimits, CodeRules, Verification, VerificationPorts};
pub use store::{CodeStore, IssueCode, RedeemCode, RedeemedCode};
pub use verifier::{CodeRequested, Codes, Redemption, Verifier};

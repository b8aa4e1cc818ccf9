//! Verification: six digits by e-mail that prove an address.

mod model;
mod store;

pub use model::{CodeKey, CodeMac, CodePolicy, Purpose};
pub use store::{CodeStore, IssueCode, RedeemCode, RedeemedCode};

//! The rules of Flux: accounts, friendships, messages, presence and routing.
//!
//! No I/O happens here: the outside world is reached through each subject's port trait, which `flux-store` and
//! `flux-net` implement. Time and chance are ports as well, so that a test runs both by hand. Start with [`Flux`],
//! which puts the services together, or with [`Friends`](friend::Friends), one use case from end to end.

pub mod account;
pub mod cache;
pub mod entropy;
#[doc(hidden)]
pub mod faults;
pub mod feed;
pub mod friend;
pub mod guard;
pub mod job;
pub mod mail;
pub mod message;
pub mod notify;
pub mod observe;
pub mod presence;
pub mod routing;
pub mod session;
pub mod time;
pub mod verification;

mod durable;
mod error;
mod error_code;
mod flux;
mod id;
mod secret;
mod text;

#[cfg(feature = "testing")]
pub mod testing;

pub use durable::DurableStore;
pub use entropy::Entropy;
pub use error::{ActError, Cause, Fenced, StoreError};
pub use error_code::ErrorCode;
pub use flux::{Flux, Ports, Role, Settings};
pub use id::{
    ConversationId, Epoch, Generation, InvalidId, JobId, LogId, MessageId, NodeId, Pair, RequestId, Seq,
    SessionId, UserId,
};
pub use secret::{Secret, TokenHash};
pub use time::{Clock, Timestamp};

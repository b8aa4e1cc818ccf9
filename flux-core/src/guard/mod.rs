//! What keeps one caller from using up what belongs to all: rate limits, back-off after failures, locks.

mod client;
mod fallback;
mod limiter;
mod lock;
mod rate;

pub use client::ClientAddr;
pub use fallback::FallbackLimiter;
pub use limiter::{Backoff, LimitKey, Quota, RateLimiter, Take};
pub use lock::{FencingToken, LockLease, LockStore};
pub use rate::{RateLimited, limited};
pub(crate) use rate::{ready, take};

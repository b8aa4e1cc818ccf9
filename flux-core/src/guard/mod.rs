//! What keeps one caller from using up what belongs to all: rate limits, back-off after failures, locks.

mod limiter;
mod lock;

pub use limiter::{Backoff, LimitKey, Quota, RateLimiter, Take};
pub use lock::{FencingToken, LockLease, LockStore};

//! Time as the core sees it, and the port that it comes through.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// A moment: milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Later by `by`.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(millis(by)))
    }

    /// Earlier by `by`.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(millis(by)))
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// Where time comes from. Leases and deadlines go by [`monotonic`](Self::monotonic), what people read by
/// [`now`](Self::now).
///
/// # Contract
/// - `monotonic` never goes back, whatever happens to the wall clock.
/// - `sleep(d)` ends once `monotonic` has advanced by at least `d`; dropping it costs nothing.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The wall clock.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment of this process.
    fn monotonic(&self) -> Duration;

    /// Returns after `span`.
    async fn sleep(&self, span: Duration);
}

/// The longest that one request waits for everything it needs: 5 s.
pub const REQUEST_DEADLINE: Duration = Duration::from_secs(5);

/// `deadline` was reached before an answer came: whether the thing happened is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no answer within the deadline")]
pub struct DeadlineExceeded;

/// Waits for `future`, but not longer than `span`.
pub async fn within<F: Future>(
    clock: &dyn Clock,
    span: Duration,
    future: F,
) -> Result<F::Output, DeadlineExceeded> {
    tokio::select! {
        biased;
        done = future => Ok(done),
        () = clock.sleep(span) => Err(DeadlineExceeded),
    }
}

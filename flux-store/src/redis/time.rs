//! Whose clock scripts go by, and the unit of their spans.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use flux_core::Clock;

/// How much longer than it means anything a key is kept, in milliseconds: a minute, so that what is over is decided by
/// the scripts and never by when Redis clears it away.
pub(super) const SLACK_MS: u64 = 60_000;

/// Around 70 years: longer than anything lasts, and exact in Lua's numbers when added to the time.
const LONGEST_MICROS: u64 = 1 << 51;

/// Where the time comes from.
#[derive(Clone)]
pub(super) enum Time {
    /// The server's clock.
    Server,
    /// A clock that a test moves.
    Given(Arc<dyn Clock>),
}

impl Time {
    /// What scripts are told: nothing, or the time in microseconds.
    pub(super) fn argument(&self) -> String {
        match self {
            Self::Server => String::new(),
            Self::Given(clock) => micros(clock.monotonic()).to_string(),
        }
    }

    /// Time of this process since some fixed moment.
    pub(super) fn elapsed(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        match self {
            Self::Server => START.elapsed(),
            Self::Given(clock) => clock.monotonic(),
        }
    }
}

/// A span for a script.
pub(super) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX).min(LONGEST_MICROS)
}

/// How long Redis keeps what means something for `span`.
pub(super) fn keep_ms(span: Duration) -> u64 {
    micros(span).div_ceil(1_000) + SLACK_MS
}

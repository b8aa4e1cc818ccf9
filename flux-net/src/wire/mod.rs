//! The words of the core in the messages of `flux.v1`, for whoever they are sent to.

mod feed;
mod message;
mod people;

use std::time::Duration;

use flux_core::Timestamp;

pub(crate) use feed::change;
pub(crate) use message::{cursor, message, sent};
pub(crate) use people::{end_reason, presence, profile, request, session};

/// In whole milliseconds, rounded up: whoever waits as long has waited long enough.
pub(crate) fn whole_ms(span: Duration) -> u32 {
    u32::try_from(span.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

/// A moment that may not be known: 0 then.
pub(crate) fn optional_ms(at: Option<Timestamp>) -> i64 {
    at.map_or(0, Timestamp::as_millis)
}

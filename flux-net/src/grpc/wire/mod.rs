//! From the words of the core to those of the wire, and back. What is written here is read here: each pair stands
//! together.

mod error;
mod event;
mod feed;
#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;
mod message;
mod node;
mod notice;
mod people;
mod presence;
mod verify;

#[cfg(test)]
mod tests;

use std::str::FromStr;

use flux_core::{InvalidId, Seq, Timestamp};
use thiserror::Error;

use super::failure::Failure;
pub(super) use crate::wire::{presence, sent};

pub(super) use message::{actor, read_actor, read_send, read_sent, send};
pub(super) use node::{node, read_node, read_report};
pub(super) use notice::{envelope, read_disconnect, read_envelope};
pub(super) use presence::read_presence;
pub(super) use verify::{
    mail, purpose, read_client, read_email, read_mail, read_purpose, read_redemption, redemption,
};

/// A field that cannot be read, or is not known to this release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not readable: {0}")]
pub(super) struct Unreadable(pub(super) &'static str);

impl From<Unreadable> for Failure {
    fn from(Unreadable(field): Unreadable) -> Self {
        Self::malformed(field)
    }
}

pub(super) fn read_id<T>(text: &str, field: &'static str) -> Result<T, Unreadable>
where
    T: FromStr<Err = InvalidId>,
{
    text.parse().map_err(|_| Unreadable(field))
}

pub(super) fn read_ids<T>(texts: &[String], field: &'static str) -> Result<Vec<T>, Unreadable>
where
    T: FromStr<Err = InvalidId>,
{
    texts.iter().map(|text| read_id(text, field)).collect()
}

fn read_seq(raw: u64, field: &'static str) -> Result<Seq, Unreadable> {
    Seq::new(raw).ok_or(Unreadable(field))
}

/// A message within another one, which has to be there.
pub(super) fn needed<T>(held: Option<T>, field: &'static str) -> Result<T, Unreadable> {
    held.ok_or(Unreadable(field))
}

/// The number of an enum. That of no variant, and the unspecified one, cannot be read.
pub(super) fn read_variant<E: TryFrom<i32>, T>(
    raw: i32,
    field: &'static str,
    read: impl FnOnce(E) -> Option<T>,
) -> Result<T, Unreadable> {
    E::try_from(raw).ok().and_then(read).ok_or(Unreadable(field))
}

fn read_moment(ms: i64) -> Option<Timestamp> {
    (ms != 0).then(|| Timestamp::from_millis(ms))
}

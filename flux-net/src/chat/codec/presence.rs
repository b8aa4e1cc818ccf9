//! Presence.

use flux_core::presence::OwnPresence;
use flux_proto::v1;

use super::field::{Invalid, variant};

pub(super) fn own(raw: i32) -> Result<OwnPresence, Invalid> {
    variant(raw, "presence", |own: v1::OwnPresence| match own {
        v1::OwnPresence::Online => Some(OwnPresence::Online),
        v1::OwnPresence::Away => Some(OwnPresence::Away),
        v1::OwnPresence::Invisible => Some(OwnPresence::Invisible),
        v1::OwnPresence::Unspecified => None,
    })
}

//! Where a page starts.

use std::str::FromStr;

use flux_core::friend::PageToken;
use flux_core::message::{Stamp, SyncCursor, SyncPlace};
use flux_core::{ConversationId, Epoch, ErrorCode};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::problem::Problem;

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// `next_page` of the page before; without it the first page.
    page: Option<String>,
    /// How many items at most: 50 without it, 100 at most.
    limit: Option<i64>,
}

const DEFAULT_LIMIT: i64 = 50;
const MOST: i64 = 100;

/// What was asked for, brought into 1 to 100.
pub(super) fn limit(asked: Option<i64>) -> usize {
    usize::try_from(asked.unwrap_or(DEFAULT_LIMIT).clamp(1, MOST)).unwrap_or(1)
}

impl PageQuery {
    pub(super) fn limit(&self) -> usize {
        limit(self.limit)
    }

    /// The page as it was asked for.
    #[cfg(feature = "fuzzing")]
    pub(super) fn text(&self) -> Option<&str> {
        self.page.as_deref()
    }

    /// The token of a list of relations.
    pub(super) fn token(&self) -> Result<Option<PageToken>, Problem> {
        self.page.as_deref().map(PageToken::from_str).transpose().map_err(|_| invalid())
    }

    /// The place in the list of conversations.
    pub(super) fn place(&self) -> Result<Option<SyncPlace>, Problem> {
        self.page.as_deref().map(|page| read_place(page).ok_or_else(invalid)).transpose()
    }
}

pub(super) fn invalid() -> Problem {
    Problem::new(ErrorCode::InvalidPage).with_field("page")
}

/// A place in the list of conversations: the life of the store, where the list ends, and after what the page starts. It
/// says nothing that did not stand on the page before, and is only ever used on the caller's own list, so that a forged
/// one finds nothing of anybody else's.
pub(super) fn write_place(place: &SyncPlace) -> String {
    let (stamp, conversation) = place.below;
    format!(
        "{}{:016x}{:016x}{}",
        place.cursor.epoch.as_uuid().as_simple(),
        place.cursor.until.0,
        stamp.0,
        conversation.as_uuid().as_simple()
    )
}

fn read_place(text: &str) -> Option<SyncPlace> {
    // Exactly what `write_place` writes: no sign, no upper case, no separators.
    if text.len() != 96 || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return None;
    }
    let number = |at: usize| u64::from_str_radix(&text[at..at + 16], 16).ok().map(Stamp);
    let epoch = Epoch::try_from(uuid::Uuid::try_parse(&text[..32]).ok()?).ok()?;
    let conversation = ConversationId::try_from(uuid::Uuid::try_parse(&text[64..]).ok()?).ok()?;
    Some(SyncPlace {
        since: None,
        cursor: SyncCursor { epoch, until: number(32)? },
        below: (number(48)?, conversation),
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    proptest::proptest! {
        #[test]
        fn a66_a_place_is_read_as_it_was_written(epoch in 1_u128.., until: u64, stamp: u64, id in 1_u128..) {
            let place = SyncPlace {
                since: None,
                cursor: SyncCursor {
                    epoch: Uuid::from_u128(epoch).try_into().unwrap(),
                    until: Stamp(until),
                },
                below: (Stamp(stamp), Uuid::from_u128(id).try_into().unwrap()),
            };
            proptest::prop_assert_eq!(read_place(&write_place(&place)), Some(place));
        }

        #[test]
        fn a66_only_what_was_written_is_a_place(text in "\\PC{0,100}|[0-9a-fA-F+-]{94,98}") {
            if let Some(place) = read_place(&text) {
                proptest::prop_assert_eq!(write_place(&place), text);
            }
        }
    }

    #[test]
    fn a66_limits_are_brought_into_what_is_given() {
        for (asked, given) in [(None, 50), (Some(0), 1), (Some(-1), 1), (Some(7), 7), (Some(i64::MAX), 100)] {
            assert_eq!(limit(asked), given);
        }
    }
}

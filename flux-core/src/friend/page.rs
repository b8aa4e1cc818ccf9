//! Pages of lists.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use uuid::Uuid;

use super::{Block, Friend, FriendRequest};
use crate::time::Timestamp;

/// The most items of a page: 100.
pub const MAX_PAGE: usize = 100;

/// Where the next page of a list starts. Opaque to clients. It says no more than what stood last on their page, and is
/// only ever used on the asking user's own lists, so that a forged one finds nothing of anybody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageToken {
    at: Timestamp,
    id: Uuid,
}

/// A text that this server did not give out as a page token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a page of this list")]
pub struct InvalidPage;

impl PageToken {
    /// What a store goes on from.
    pub(super) const fn place(self) -> (Timestamp, Uuid) {
        (self.at, self.id)
    }
}

impl fmt::Display for PageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{}", self.at.as_millis().cast_unsigned(), self.id.as_simple())
    }
}

impl FromStr for PageToken {
    type Err = InvalidPage;

    fn from_str(text: &str) -> Result<Self, InvalidPage> {
        // Exactly what `Display` writes: no sign, no upper case, no separators.
        if text.len() != 48 || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(InvalidPage);
        }
        let (at, id) = text.split_at(16);
        let at = u64::from_str_radix(at, 16).map_err(|_| InvalidPage)?;
        let id = Uuid::try_parse(id).map_err(|_| InvalidPage)?;
        Ok(Self { at: Timestamp::from_millis(at.cast_signed()), id })
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// In the order of the list.
    pub items: Vec<T>,
    /// Where the next page starts; `None` if this is the last.
    pub next: Option<PageToken>,
}

/// What stands in a list, by time and id.
pub(super) trait Placed {
    fn place(&self) -> (Timestamp, Uuid);
}

impl Placed for Friend {
    fn place(&self) -> (Timestamp, Uuid) {
        (self.since, self.profile.user.as_uuid())
    }
}

impl Placed for FriendRequest {
    fn place(&self) -> (Timestamp, Uuid) {
        (self.created, self.request.as_uuid())
    }
}

impl Placed for Block {
    fn place(&self) -> (Timestamp, Uuid) {
        (self.since, self.profile.user.as_uuid())
    }
}

/// The page of `items` that were read with one more than `limit`, which tells whether there is a next one.
pub(super) fn page_of<T: Placed>(mut items: Vec<T>, limit: usize) -> Page<T> {
    let more = items.len() > limit;
    items.truncate(limit);
    let last = items.last().filter(|_| more).map(Placed::place);
    Page { next: last.map(|(at, id)| PageToken { at, id }), items }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a66_a_token_is_read_as_it_was_written(ms in any::<i64>(), id in any::<u128>()) {
            let token = PageToken { at: Timestamp::from_millis(ms), id: Uuid::from_u128(id) };
            prop_assert_eq!(token.to_string().parse(), Ok(token));
        }

        #[test]
        fn a66_a_text_is_a_token_only_if_it_was_written_as_one(text in "\\PC{0,60}|[0-9a-fA-F+-]{44,52}") {
            if let Ok(token) = text.parse::<PageToken>() {
                prop_assert_eq!(token.to_string(), text);
            }
        }
    }

    #[test]
    fn a66_forged_tokens_are_no_pages() {
        let good = PageToken { at: Timestamp::from_millis(7), id: Uuid::from_u128(9) }.to_string();
        for bad in ["", "0", "-1", &good[1..], &format!("{good}0"), &good.replace('9', "G"), &"é".repeat(24)]
        {
            assert_eq!(bad.parse::<PageToken>(), Err(InvalidPage), "{bad}");
        }
    }
}

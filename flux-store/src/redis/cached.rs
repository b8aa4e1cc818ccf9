//! How what was read of users is written into the cache.
//!
//! A version comes first. What another version wrote is passed over, and left where it is: during an upgrade two versions
//! forget each other's values, and read the store until those have ended.

use flux_core::account::{AccountState, Bio, Card, DisplayName, Profile, Username, Visibility};
use flux_core::cache::{CacheKey, CacheValue, FriendSet};
use flux_core::{Timestamp, UserId};

const VERSION: u8 = 1;

/// A value, without whom it is of: that stands in its key.
pub(super) fn encode(value: &CacheValue) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    match value {
        CacheValue::Card(Card { profile, state }) => {
            bytes.push(match state {
                AccountState::Active => b'a',
                AccountState::Disabled => b'd',
                _ => b'x',
            });
            let username = profile.username.as_ref().map_or("", Username::as_str);
            for text in [username, profile.display_name.as_str(), profile.bio.as_str()] {
                // None of them is longer than this by far; one that is reads as no value.
                bytes.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
                bytes.extend(text.as_bytes());
            }
        }
        CacheValue::Visibility(Visibility { visible, last_seen, .. }) => {
            bytes.push(u8::from(*visible));
            bytes.extend(last_seen.iter().flat_map(|seen| seen.as_millis().to_be_bytes()));
        }
        CacheValue::Friends(FriendSet { friends, .. }) => match friends {
            Some(friends) => {
                bytes.push(b'f');
                bytes.extend(friends.iter().flat_map(|friend| *friend.as_bytes()));
            }
            None => bytes.push(b'm'),
        },
        _ => {}
    }
    bytes
}

/// What stands under `key`; `None` for what this version does not write.
pub(super) fn decode(key: CacheKey, bytes: &[u8]) -> Option<CacheValue> {
    let (&VERSION, bytes) = bytes.split_first()? else { return None };
    let (kind, mut rest) = bytes.split_first()?;
    match key {
        CacheKey::Card(user) => {
            let state = match kind {
                b'a' => AccountState::Active,
                b'd' => AccountState::Disabled,
                b'x' => AccountState::Deleted,
                _ => return None,
            };
            let [username, display_name, bio] = [text(&mut rest)?, text(&mut rest)?, text(&mut rest)?];
            let profile = Profile {
                user,
                username: (!username.is_empty()).then(|| Username::from_store(username)),
                display_name: DisplayName::from_store(display_name),
                bio: Bio::from_store(bio),
            };
            rest.is_empty().then_some(CacheValue::Card(Card { profile, state }))
        }
        CacheKey::Visibility(user) => {
            let visible = match kind {
                0 => false,
                1 => true,
                _ => return None,
            };
            let last_seen = match rest {
                [] => None,
                millis => Some(Timestamp::from_millis(i64::from_be_bytes(millis.try_into().ok()?))),
            };
            Some(CacheValue::Visibility(Visibility { user, visible, last_seen }))
        }
        CacheKey::Friends(user) => {
            let friends = match (kind, rest) {
                (b'm', []) => None,
                (b'f', ids) => Some(friends(ids)?),
                _ => return None,
            };
            Some(CacheValue::Friends(FriendSet { user, friends }))
        }
        _ => None,
    }
}

/// A text with its length before it.
fn text(rest: &mut &[u8]) -> Option<String> {
    let (length, after) = rest.split_first_chunk::<2>()?;
    let (text, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    *rest = after;
    String::from_utf8(text.to_vec()).ok()
}

/// Ids of 16 bytes, ascending.
fn friends(bytes: &[u8]) -> Option<Vec<UserId>> {
    let (ids, []) = bytes.as_chunks::<16>() else { return None };
    let friends = ids.iter().map(|id| UserId::from_slice(id).ok()).collect::<Option<Vec<_>>>()?;
    friends.is_sorted().then_some(friends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: u8) -> UserId {
        UserId::from_slice(&[n; 16]).unwrap()
    }

    fn card(state: AccountState) -> CacheValue {
        let profile = Profile {
            user: user(1),
            username: Some(Username::from_store("ada".to_owned())),
            display_name: DisplayName::from_store("Ada \u{1F389}".to_owned()),
            bio: Bio::from_store("é".repeat(256)),
        };
        CacheValue::Card(Card { profile, state })
    }

    fn values() -> Vec<CacheValue> {
        let tombstone = Card { profile: Profile::tombstone(user(1)), state: AccountState::Deleted };
        let seen =
            |visible, last_seen| CacheValue::Visibility(Visibility { user: user(1), visible, last_seen });
        let friends = |friends| CacheValue::Friends(FriendSet { user: user(1), friends });
        vec![
            card(AccountState::Active),
            card(AccountState::Disabled),
            CacheValue::Card(tombstone),
            seen(true, None),
            seen(false, Some(Timestamp::from_millis(-1))),
            friends(None),
            friends(Some(Vec::new())),
            friends(Some(vec![user(2), user(3)])),
        ]
    }

    #[test]
    fn a_value_is_read_as_it_was_written() {
        for value in values() {
            assert_eq!(decode(value.key(), &encode(&value)), Some(value));
        }
    }

    #[test]
    fn what_is_no_value_of_this_version_is_none() {
        for value in values() {
            let (key, mut bytes) = (value.key(), encode(&value));
            for length in 0..bytes.len() {
                // Times and friends may be left out at the end: then it is another value, but one.
                assert_ne!(decode(key, &bytes[..length]), Some(value.clone()), "{length} bytes of {value:?}");
            }
            bytes[0] += 1;
            assert_eq!(decode(key, &bytes), None);
        }
        let unsorted = [&[VERSION, b'f'][..], &[3; 16], &[2; 16]].concat();
        assert_eq!(decode(CacheKey::Friends(user(1)), &unsorted), None);
        let cut = encode(&card(AccountState::Active));
        assert_eq!(decode(CacheKey::Card(user(1)), &cut[..cut.len() - 1]), None);
        let longer = [&cut[..], b"!"].concat();
        assert_eq!(decode(CacheKey::Card(user(1)), &longer), None);
    }
}

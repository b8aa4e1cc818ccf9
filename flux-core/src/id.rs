//! The names of things: users, sessions, nodes, conversations, messages.
//!
//! Each is a type of its own, so that one is never taken for another. The nil UUID means "nobody" on the wire and
//! never becomes an id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::entropy::Entropy;
use crate::time::Timestamp;

/// A text or UUID that names nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct InvalidId;

/// A fresh UUID of version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, 74 bits of chance.
fn uuid_v7(at: Timestamp, entropy: &dyn Entropy) -> Uuid {
    let mut random = [0_u8; 10];
    entropy.fill(&mut random);
    let ms = u64::try_from(at.as_millis()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(ms, &random).into_uuid()
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            /// Takes what [`FromStr`] takes, and no other spelling of a UUID.
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl $name {
            /// A new one, ordered by the time of its making.
            #[must_use]
            pub fn generate(at: Timestamp, entropy: &dyn Entropy) -> Self {
                Self(uuid_v7(at, entropy))
            }

            /// The UUID inside.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }

            /// The 16 bytes of the UUID.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// Reads the 16 bytes that [`as_bytes`](Self::as_bytes) gives.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, InvalidId> {
                Uuid::from_slice(bytes).map_err(|_| InvalidId)?.try_into()
            }
        }

        impl TryFrom<Uuid> for $name {
            type Error = InvalidId;
            fn try_from(raw: Uuid) -> Result<Self, InvalidId> {
                if raw.is_nil() { Err(InvalidId) } else { Ok(Self(raw)) }
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            /// Takes the hyphenated form only, in either case.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if text.len() != 36 {
                    return Err(InvalidId);
                }
                Uuid::try_parse(text).map_err(|_| InvalidId)?.try_into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.as_hyphenated())
            }
        }
    };
}

uuid_id! {
    /// Names an account for ever; a deleted one keeps it as a tombstone.
    UserId
}
uuid_id! {
    /// Names one login of one user on one device. It outlives connections.
    SessionId
}
uuid_id! {
    /// Names one life of one chat process: new at every start.
    NodeId
}
uuid_id! {
    /// Names a conversation. That of two people is derived from them: see [`ConversationId::direct`].
    ConversationId
}
uuid_id! {
    /// Chosen by the sender, unique per sender and conversation; makes a repeated send harmless.
    MessageId
}
uuid_id! {
    /// Names one request of friendship.
    RequestId
}
uuid_id! {
    /// Names one durable job.
    JobId
}
uuid_id! {
    /// Names one life of the durable store. Within it, (epoch, log, seq) names an entry for ever.
    Epoch
}

impl ConversationId {
    /// The direct conversation of two people: the same id whoever computes it, in whichever order, so that
    /// creating it is idempotent and needs no look-up.
    ///
    /// A UUID of version 8 (RFC 9562, section 5.8) from the first 122 bits of SHA-256 over a label and both ids in
    /// ascending order.
    #[must_use]
    pub fn direct(pair: Pair) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"flux.v1 direct conversation");
        hash.update(pair.low().as_bytes());
        hash.update(pair.high().as_bytes());
        let digest = hash.finalize();
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// Two different users, in ascending order of id: what a friendship is kept under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pair {
    low: UserId,
    high: UserId,
}

impl Pair {
    /// `None` if both are the same user.
    pub fn new(one: UserId, other: UserId) -> Option<Self> {
        match one.cmp(&other) {
            std::cmp::Ordering::Less => Some(Self { low: one, high: other }),
            std::cmp::Ordering::Greater => Some(Self { low: other, high: one }),
            std::cmp::Ordering::Equal => None,
        }
    }

    /// The one with the smaller id.
    pub const fn low(&self) -> UserId {
        self.low
    }

    /// The one with the greater id.
    pub const fn high(&self) -> UserId {
        self.high
    }

    /// Both, ascending.
    pub const fn both(&self) -> [UserId; 2] {
        [self.low, self.high]
    }

    /// Whether `user` is one of the two.
    pub fn contains(&self, user: UserId) -> bool {
        self.low == user || self.high == user
    }

    /// The one who is not `user`; `None` if `user` is neither.
    pub fn other(&self, user: UserId) -> Option<UserId> {
        if user == self.low {
            Some(self.high)
        } else if user == self.high {
            Some(self.low)
        } else {
            None
        }
    }
}

/// The place of an entry in its log: 1, 2, 3 … without holes. 0 means "nothing yet".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seq(u64);

impl Seq {
    /// Before the first entry.
    pub const ZERO: Self = Self(0);

    /// The greatest that every store and every JSON reader can hold: 2^53 - 1.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// `None` above [`Seq::MAX`].
    pub const fn new(raw: u64) -> Option<Self> {
        if raw <= Self::MAX.0 { Some(Self(raw)) } else { None }
    }

    /// As a number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The one after this.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// For stores whose integers are signed; never negative.
    pub const fn as_i64(self) -> i64 {
        self.0.cast_signed()
    }

    /// Reads what [`as_i64`](Self::as_i64) wrote; `None` if it is no seq.
    pub fn from_i64(raw: i64) -> Option<Self> {
        u64::try_from(raw).ok().and_then(Self::new)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The fencing number of a session: raised by every claim of a connection, so that only the newest claim may write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Generation(u64);

impl Generation {
    /// Of a session that no connection has claimed yet.
    pub const ZERO: Self = Self(0);

    /// From a number that a store kept.
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// As a number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// That of the next claim.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names one log: an ordered, durable, dense list of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogId {
    /// The messages of a conversation.
    Conversation(ConversationId),
    /// What one user alone is told: requests, friendships, profiles of friends, sessions.
    Feed(UserId),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: u128) -> UserId {
        UserId::try_from(Uuid::from_u128(n)).unwrap()
    }

    #[test]
    fn the_direct_conversation_does_not_depend_on_who_asks() {
        let ab = Pair::new(user(1), user(2)).unwrap();
        let ba = Pair::new(user(2), user(1)).unwrap();
        assert_eq!(ConversationId::direct(ab), ConversationId::direct(ba));
        let ac = Pair::new(user(1), user(3)).unwrap();
        assert_ne!(ConversationId::direct(ab), ConversationId::direct(ac));
        assert_eq!(ConversationId::direct(ab).as_uuid().get_version_num(), 8);
    }

    #[test]
    fn nobody_is_no_pair_with_themselves() {
        assert_eq!(Pair::new(user(1), user(1)), None);
    }

    #[test]
    fn an_id_in_json_has_one_spelling() {
        let json = r#"["0188f0f0-c0de-7aaa-8bbb-ccccddddeeee"]"#;
        let read: Result<Vec<UserId>, _> = serde_json::from_str(json);
        assert_eq!(serde_json::to_string(&read.unwrap()).unwrap(), json);
        for bad in [
            r#""0188f0f0c0de7aaa8bbbccccddddeeee""#,
            r#""{0188f0f0-c0de-7aaa-8bbb-ccccddddeeee}""#,
            r#""urn:uuid:0188f0f0-c0de-7aaa-8bbb-ccccddddeeee""#,
            r#""00000000-0000-0000-0000-000000000000""#,
            "1",
        ] {
            assert!(serde_json::from_str::<UserId>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_nil_uuid_and_loose_spellings_are_no_ids() {
        for bad in [
            "",
            "00000000-0000-0000-0000-000000000000",
            "0188f0f0c0de7aaa8bbbccccddddeeee",
            "{0188f0f0-c0de-7aaa-8bbb-ccccddddeeee}",
            "urn:uuid:0188f0f0-c0de-7aaa-8bbb-ccccddddeeee",
            "0188f0f0-c0de-7aaa-8bbb-ccccddddeeeg",
        ] {
            assert_eq!(UserId::from_str(bad), Err(InvalidId), "{bad}");
        }
        assert!(UserId::from_str("0188f0f0-c0de-7aaa-8bbb-ccccddddeeee").is_ok());
    }
}

//! The names of things. Each is a type of its own, so that one is never taken for another.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::error::ClientError;
use crate::runtime::{Entropy, Runtime};

/// A text that names nothing: not a hyphenated UUID, or the nil one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct InvalidId;

impl From<InvalidId> for ClientError {
    fn from(_: InvalidId) -> Self {
        Self::Protocol("an id that is none")
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// The 16 bytes of the UUID.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl From<[u8; 16]> for $name {
            fn from(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if text.len() != 36 {
                    return Err(InvalidId);
                }
                match Uuid::try_parse(text) {
                    Ok(raw) if !raw.is_nil() => Ok(Self(raw)),
                    _ => Err(InvalidId),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }
    };
}

uuid_id! {
    /// Names an account for ever.
    UserId
}
uuid_id! {
    /// Names one login on one device.
    SessionId
}
uuid_id! {
    /// Names a conversation.
    ConversationId
}
uuid_id! {
    /// Names a message: chosen by the sender before the first try, the same in every repeat.
    MessageId
}
uuid_id! {
    /// Names one request of friendship.
    FriendRequestId
}

impl MessageId {
    /// A new one: a UUID of version 7 (RFC 9562, section 5.7), ordered by the time of its making.
    pub(crate) fn generate(runtime: &dyn Runtime, entropy: &dyn Entropy) -> Self {
        let mut random = [0_u8; 10];
        entropy.fill(&mut random);
        Self(Builder::from_unix_timestamp_millis(runtime.wall_ms(), &random).into_uuid())
    }
}

impl ConversationId {
    /// The direct conversation of two people, in whichever order they are named; it needs no look-up.
    ///
    /// A UUID of version 8 from the first 122 bits of SHA-256 over a label and both ids in ascending order, as the
    /// protocol has it.
    #[must_use]
    pub fn direct(one: UserId, other: UserId) -> Self {
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        let mut hash = Sha256::new();
        hash.update(b"flux.v1 direct conversation");
        hash.update(low.as_bytes());
        hash.update(high.as_bytes());
        let digest = hash.finalize();
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// Names one life of the server's durable store: (epoch, conversation, seq) names a message for ever.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Epoch(Arc<str>);

impl Epoch {
    /// As the server gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Epoch {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<Epoch> for String {
    fn from(epoch: Epoch) -> Self {
        epoch.as_str().to_owned()
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_hyphenated_and_not_nil() {
        for bad in ["", "00000000-0000-0000-0000-000000000000", "0188f0f0c0de7aaa8bbbccccddddeeee"] {
            assert_eq!(UserId::from_str(bad), Err(InvalidId), "{bad}");
        }
        let text = "0188f0f0-c0de-7aaa-8bbb-ccccddddeeee";
        assert_eq!(UserId::from_str(text).unwrap().to_string(), text);
    }

    // The vector of the protocol's description: servers derive the same.
    #[test]
    fn the_direct_conversation_is_the_one_that_servers_derive() {
        let one: UserId = "0188f0f0-c0de-7aaa-8bbb-ccccddddeee1".parse().unwrap();
        let other: UserId = "0188f0f0-c0de-7aaa-8bbb-ccccddddeee2".parse().unwrap();
        let derived = ConversationId::direct(one, other);
        assert_eq!(derived, ConversationId::direct(other, one));
        assert_eq!(derived.to_string(), "6d31c8d3-98c5-8e13-a1f5-fc9cf15ec243");
    }
}

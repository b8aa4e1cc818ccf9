//! The first request of a connection.

use std::collections::BTreeMap;

use flux_core::{ConversationId, Epoch, Secret, Seq};
use flux_proto::v1::{self, log_ref::Log};

use super::field::{Invalid, id, seq};

/// The most heads that a client may say it knows.
pub(super) const MAX_HEADS: usize = 1_000;

/// The longest name of a client program, in bytes.
pub(super) const MAX_CLIENT: usize = 128;

/// Who comes, and what they know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hello {
    pub(crate) token: Secret,
    /// What the client calls itself; for the log.
    pub(crate) client: String,
    /// Where its last sync ended, as text; empty if it has none.
    pub(crate) cursor: String,
    pub(crate) heads: Option<KnownHeads>,
}

/// The heads that a client knows, in one life of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownHeads {
    pub(crate) epoch: Epoch,
    pub(crate) conversations: BTreeMap<ConversationId, Seq>,
    pub(crate) feed: Option<Seq>,
}

impl TryFrom<v1::Hello> for Hello {
    type Error = Invalid;

    fn try_from(hello: v1::Hello) -> Result<Self, Invalid> {
        let v1::Hello { access_token, client, sync_cursor, known_heads, epoch } = hello;
        if client.len() > MAX_CLIENT || client.chars().any(char::is_control) {
            return Err(Invalid::argument("client"));
        }
        let heads = if known_heads.is_empty() { None } else { Some(heads(&known_heads, &epoch)?) };
        Ok(Self { token: Secret::new(access_token), client, cursor: sync_cursor, heads })
    }
}

fn heads(known: &[v1::KnownHead], epoch: &str) -> Result<KnownHeads, Invalid> {
    if known.len() > MAX_HEADS {
        return Err(Invalid::argument("known_heads"));
    }
    let mut heads = KnownHeads { epoch: id(epoch, "epoch")?, conversations: BTreeMap::new(), feed: None };
    for known in known {
        let head = seq(known.head_seq, "known_heads.head_seq")?;
        let log = known.log.as_ref().and_then(|log| log.log.as_ref());
        match log.ok_or(Invalid::argument("known_heads.log"))? {
            Log::ConversationId(text) => {
                heads.conversations.insert(id(text, "known_heads.log.conversation_id")?, head);
            }
            Log::Feed(v1::OwnFeed {}) => heads.feed = Some(head),
        }
    }
    Ok(heads)
}

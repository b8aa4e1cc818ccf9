//! What a batch is decided on, read under the locks of its sessions and conversations.
//!
//! Sessions first, then conversations, each ascending by id: the order that every transaction keeps to. What is read
//! after that is read as it is now (the isolation level is READ COMMITTED), and nobody else can change it: messages and
//! cursors are written under the lock of their conversation alone.

use std::collections::BTreeMap;

use flux_core::message::{ConversationFacts, ConversationKind, Cursor, Facts, Needs};
use flux_core::{ConversationId, Pair, Seq, StoreError, Timestamp};

use crate::mysql::rows::Columns;
use crate::mysql::statement::many_statements;
use crate::mysql::transaction::Tx;
use crate::sql::{corrupt, cursor, direct, session_facts, stored};

many_statements! {
    SESSIONS = "SELECT session_id, user_id, generation, ended_ms IS NOT NULL FROM sessions FORCE INDEX (PRIMARY) \
                WHERE session_id IN (", "?", ") ORDER BY session_id FOR UPDATE";
    CONVERSATIONS = "SELECT conversation_id, low_id, high_id, policy, head_seq, last_message_ms \
                     FROM conversations FORCE INDEX (PRIMARY) WHERE conversation_id IN (", "?",
                    ") ORDER BY conversation_id FOR UPDATE";
    CURSORS = "SELECT conversation_id, user_id, delivered_seq, read_seq FROM members FORCE INDEX (PRIMARY) \
               WHERE conversation_id IN (", "?", ")";
    STORED = "SELECT conversation_id, sender_id, message_id, seq, at_ms, text FROM messages FORCE INDEX (messages_by_id) \
              WHERE (conversation_id, message_id, sender_id) IN (", "(?,?,?)", ")";
}

/// A conversation's row as it stood, for whoever writes it anew.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stood {
    pub(super) pair: Pair,
    pub(super) policy: u8,
    pub(super) head: Seq,
    pub(super) last_message: Option<i64>,
}

/// The rows of a batch's conversations as they stood.
pub(super) type Standing = BTreeMap<ConversationId, Stood>;

/// Reads what a batch needs: as many statements as there are kinds of facts, for every 256 of a kind.
pub(super) async fn read(tx: &mut Tx, needs: &Needs) -> Result<(Facts, Standing), StoreError> {
    let mut facts = Facts::default();
    let sessions: Vec<_> = needs.sessions.iter().collect();
    for row in tx.all_of(SESSIONS.over(&sessions, |statement, id| statement.id(*id))).await? {
        let mut columns = Columns::of(&row);
        let session = columns.id("sessions.session_id")?;
        facts.sessions.insert(session, session_facts(&mut columns)?);
    }
    let standing = conversations(tx, needs, &mut facts.conversations).await?;
    cursors(tx, needs, &mut facts.conversations).await?;
    let wanted: Vec<_> = needs.messages.iter().collect();
    let look = STORED.over(&wanted, |statement, (conversation, sender, message)| {
        statement.id(conversation).id(message).id(sender)
    });
    for row in tx.all_of(look).await? {
        let (key, facts_of) = stored(&row)?;
        facts.stored.insert(key, facts_of);
    }
    Ok((facts, standing))
}

async fn conversations(
    tx: &mut Tx,
    needs: &Needs,
    found: &mut BTreeMap<ConversationId, ConversationFacts>,
) -> Result<Standing, StoreError> {
    let mut standing = Standing::new();
    let wanted: Vec<_> = needs.conversations.iter().collect();
    for row in tx.all_of(CONVERSATIONS.over(&wanted, |statement, id| statement.id(*id))).await? {
        let mut columns = Columns::of(&row);
        let conversation: ConversationId = columns.id("conversations.conversation_id")?;
        let (pair, policy) = direct(&mut columns)?;
        let head = columns.seq("conversations.head_seq")?;
        let last_message = columns.time_or_null("conversations.last_message_ms")?;
        let facts = ConversationFacts {
            kind: ConversationKind::Direct(pair, policy),
            head,
            // The pair is the members; where they have got is read only where a cursor is to move.
            cursors: pair.both().map(|user| Cursor { user, delivered: Seq::ZERO, read: Seq::ZERO }).into(),
        };
        found.insert(conversation, facts);
        let (policy, last_message) = (policy.to_bits(), last_message.map(Timestamp::as_millis));
        standing.insert(conversation, Stood { pair, policy, head, last_message });
    }
    Ok(standing)
}

async fn cursors(
    tx: &mut Tx,
    needs: &Needs,
    found: &mut BTreeMap<ConversationId, ConversationFacts>,
) -> Result<(), StoreError> {
    let wanted: Vec<_> = needs.cursors.iter().collect();
    for row in tx.all_of(CURSORS.over(&wanted, |statement, id| statement.id(*id))).await? {
        let mut columns = Columns::of(&row);
        let conversation: ConversationId = columns.id("members.conversation_id")?;
        let stands = cursor(&mut columns)?;
        let facts = found.get_mut(&conversation).ok_or(corrupt("members.conversation_id"))?;
        let place = facts.cursors.iter_mut().find(|cursor| cursor.user == stands.user);
        *place.ok_or(corrupt("members.user_id"))? = stands;
    }
    Ok(())
}

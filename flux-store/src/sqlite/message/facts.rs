//! What a batch is decided on. The one writer holds every lock there is, so it stays true until the commit.

use std::collections::BTreeMap;

use flux_core::message::{ConversationFacts, ConversationKind, Cursor, Facts, Needs};
use flux_core::{ConversationId, Seq, StoreError};

use crate::sql::{self, cursor, direct, session_facts};
use crate::sqlite::rows::{Columns, Id, corrupt};
use crate::sqlite::statement::many_statements;
use crate::sqlite::writer::Tx;

many_statements! {
    SESSIONS = "WITH wanted(id) AS (VALUES ", "(?)",
               ") SELECT s.session_id, s.user_id, s.generation, s.ended_ms IS NOT NULL \
                  FROM wanted CROSS JOIN sessions AS s ON s.session_id = wanted.id";
    CONVERSATIONS = "WITH wanted(id) AS (VALUES ", "(?)",
                    ") SELECT c.conversation_id, c.low_id, c.high_id, c.policy, c.head_seq \
                       FROM wanted CROSS JOIN conversations AS c ON c.conversation_id = wanted.id";
    CURSORS = "WITH wanted(id) AS (VALUES ", "(?)",
              ") SELECT m.conversation_id, m.user_id, m.delivered_seq, m.read_seq \
                 FROM wanted CROSS JOIN members AS m ON m.conversation_id = wanted.id";
    STORED = "WITH wanted(conversation, sender, message) AS (VALUES ", "(?,?,?)",
             ") SELECT m.conversation_id, m.sender_id, m.message_id, m.seq, m.at_ms, m.text \
                FROM wanted CROSS JOIN messages AS m \
                  ON m.conversation_id = wanted.conversation AND m.sender_id = wanted.sender \
                 AND m.message_id = wanted.message";
}

/// Reads what a batch needs: as many statements as there are kinds of facts, however long the batch.
pub(super) async fn read(tx: &mut Tx, needs: &Needs) -> Result<Facts, StoreError> {
    let mut facts = Facts::default();
    let sessions: Vec<_> = needs.sessions.iter().collect();
    for row in SESSIONS.fetch(tx, &sessions, |values, id| values.add(id.blob())).await? {
        let mut columns = Columns::of(&row);
        let session = columns.id("sessions.session_id")?;
        facts.sessions.insert(session, session_facts(&mut columns)?);
    }
    facts.conversations = conversations(tx, needs).await?;
    let wanted: Vec<_> = needs.messages.iter().collect();
    let stored = STORED.fetch(tx, &wanted, |values, (conversation, sender, message)| {
        values.add(conversation.blob());
        values.add(sender.blob());
        values.add(message.blob());
    });
    for row in stored.await? {
        let (key, stored) = sql::stored(&row)?;
        facts.stored.insert(key, stored);
    }
    Ok(facts)
}

async fn conversations(
    tx: &mut Tx,
    needs: &Needs,
) -> Result<BTreeMap<ConversationId, ConversationFacts>, StoreError> {
    let mut found = BTreeMap::new();
    let wanted: Vec<_> = needs.conversations.iter().collect();
    for row in CONVERSATIONS.fetch(tx, &wanted, |values, id| values.add(id.blob())).await? {
        let mut columns = Columns::of(&row);
        let conversation: ConversationId = columns.id("conversations.conversation_id")?;
        let (pair, policy) = direct(&mut columns)?;
        let facts = ConversationFacts {
            kind: ConversationKind::Direct(pair, policy),
            head: columns.seq("conversations.head_seq")?,
            // The pair is the members; where they have got is read only where a cursor is to move.
            cursors: pair.both().map(|user| Cursor { user, delivered: Seq::ZERO, read: Seq::ZERO }).into(),
        };
        found.insert(conversation, facts);
    }
    let wanted: Vec<_> = needs.cursors.iter().collect();
    for row in CURSORS.fetch(tx, &wanted, |values, id| values.add(id.blob())).await? {
        let mut columns = Columns::of(&row);
        let conversation: ConversationId = columns.id("members.conversation_id")?;
        let stands = cursor(&mut columns)?;
        let facts = found.get_mut(&conversation).ok_or(corrupt("members.conversation_id"))?;
        let place = facts.cursors.iter_mut().find(|cursor| cursor.user == stands.user);
        *place.ok_or(corrupt("members.user_id"))? = stands;
    }
    Ok(found)
}

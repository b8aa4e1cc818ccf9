//! The group commit: facts in, the core's plan, rows out.
//!
//! A batch of up to 256 messages, of whatever conversations, is seven round trips: begin; lock the sessions; lock the
//! conversations; look for the messages; insert them; write the conversations; commit. Cursors make it two more, claims
//! one. What is longer takes as many statements of a kind as it has times 256 rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use flux_core::message::{Message, Needs, Plan, Write, Written, plan};
use flux_core::{SessionId, StoreError};

use super::facts::{self, Standing};
use crate::mysql::statement::{MOST, Statement, many_statements};
use crate::mysql::transaction::Tx;
use crate::sql::corrupt;

many_statements! {
    /// A row that is repeated is the row that is there. Anything else that is there is an error: a column that is never
    /// NULL would be.
    INSERT = "INSERT INTO messages (conversation_id, seq, sender_id, message_id, text, at_ms) VALUES ",
             "(?,?,?,?,?,?)",
             " ON DUPLICATE KEY UPDATE seq = IF(messages.conversation_id = VALUES(conversation_id) \
                 AND messages.seq = VALUES(seq) AND messages.message_id = VALUES(message_id), messages.seq, NULL)";
    /// The rows are there and locked: this is an update of many rows at once.
    TOUCH = "INSERT INTO conversations (conversation_id, low_id, high_id, policy, head_seq, last_message_ms, changed) \
             VALUES ", "(?,?,?,?,?,?,?)",
            " ON DUPLICATE KEY UPDATE head_seq = VALUES(head_seq), last_message_ms = VALUES(last_message_ms), \
              changed = GREATEST(changed + 1, VALUES(changed))";
    /// A cursor that moves bears the stamp of its transaction.
    MOVE = "INSERT INTO members (conversation_id, user_id, delivered_seq, read_seq, moved) VALUES ", "(?,?,?,?,?)",
           " ON DUPLICATE KEY UPDATE delivered_seq = VALUES(delivered_seq), read_seq = VALUES(read_seq), \
             moved = GREATEST(moved + 1, VALUES(moved))";
    CLAIM = "UPDATE sessions FORCE INDEX (PRIMARY) SET generation = ?, last_used_ms = ? WHERE session_id IN (",
            "?", ")";
}

/// The longest text that one statement carries, so that it stays far below what servers take.
const TEXT: usize = 1024 * 1024;

pub(super) async fn commit(tx: &mut Tx, batch: Arc<[Write]>) -> Result<Vec<Written>, StoreError> {
    let (facts, standing) = facts::read(tx, &Needs::of(&batch)).await?;
    let plan = plan(&batch, facts, tx.now());
    write(tx, &plan, &standing).await?;
    Ok(plan.outcomes)
}

async fn write(tx: &mut Tx, plan: &Plan, standing: &Standing) -> Result<(), StoreError> {
    for messages in by_length(&plan.messages) {
        tx.run_all(INSERT.over(messages, insert)).await?;
    }
    let mut stamps = BTreeMap::new();
    let mut touch = Vec::with_capacity(plan.touched.len());
    for id in &plan.touched {
        let stood = standing.get(id).ok_or(corrupt("conversations.conversation_id"))?;
        let stamp = tx.stamp_conversation(*id);
        stamps.insert(*id, stamp);
        touch.push((id, stood, plan.heads.get(id), stamp));
    }
    let touch = TOUCH.over(&touch, |statement, (id, stood, head, stamp)| {
        let (seq, at) = match head {
            Some((seq, at)) => (*seq, Some(at.as_millis())),
            None => (stood.head, stood.last_message),
        };
        let (low, high) = (stood.pair.low(), stood.pair.high());
        let row = statement.id(*id).id(&low).id(&high).int(i64::from(stood.policy));
        row.int(seq.as_i64()).int_or_null(at).int(*stamp)
    });
    tx.run_all(touch).await?;
    let cursors: Vec<_> = plan.cursors.iter().collect();
    let moves = MOVE.over(&cursors, |statement, ((conversation, user), cursor)| {
        // A conversation whose cursor moves is touched, so it has a stamp.
        let stamp = stamps.get(conversation).copied().unwrap_or(0);
        let row = statement.id(conversation).id(user);
        row.int(cursor.delivered.as_i64()).int(cursor.read.as_i64()).int(stamp)
    });
    tx.run_all(moves).await?;
    claim(tx, plan).await
}

fn insert(statement: Statement, message: &Message) -> Statement {
    statement
        .id(&message.conversation)
        .int(message.seq.as_i64())
        .id(&message.sender)
        .id(&message.message)
        .text(message.text.as_str())
        .int(message.at.as_millis())
}

/// Runs of messages that one statement can carry, even if its last one is repeated.
fn by_length(messages: &[Message]) -> Vec<&[Message]> {
    let (mut runs, mut rest) = (Vec::new(), messages);
    while !rest.is_empty() {
        let (mut length, mut count) = (0, 0);
        for message in rest.iter().take(MOST) {
            length += message.text.as_str().len();
            if count > 0 && length > TEXT {
                break;
            }
            count += 1;
        }
        let (run, later) = rest.split_at(count);
        runs.push(run);
        rest = later;
    }
    runs
}

/// Sessions that get the same generation take one statement.
async fn claim(tx: &mut Tx, plan: &Plan) -> Result<(), StoreError> {
    let mut together: BTreeMap<i64, Vec<SessionId>> = BTreeMap::new();
    for (session, generation) in &plan.generations {
        together.entry(crate::sql::int(generation.get())).or_default().push(*session);
    }
    let now = tx.now().as_millis();
    for (generation, sessions) in together {
        let claim = CLAIM.after(&sessions, |it| it.int(generation).int(now), Statement::id);
        tx.run_all(claim).await?;
    }
    Ok(())
}

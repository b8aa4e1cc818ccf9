//! The group commit: facts in, the core's plan, rows out.

use flux_core::StoreError;
use flux_core::message::{Needs, Plan, Write, Written, plan};

use super::facts;
use crate::sqlite::rows::{Id, int};
use crate::sqlite::statement::many_statements;
use crate::sqlite::writer::Tx;

// OR FAIL: should a statement break off half-way, what it has done stays until the transaction is rolled back, which it
// then is. Being able to undo one statement alone, SQLite copies every page that a long one touches.
many_statements! {
    INSERT = "INSERT OR FAIL INTO messages (conversation_id, seq, sender_id, message_id, text, at_ms) \
              SELECT * FROM (VALUES ", "(?,?,?,?,?,?)", ") WHERE column1 IS NOT NULL";
    /// A head and a time that are NULL stay as they are.
    TOUCH = "WITH new(id, head, at_ms, changed) AS (VALUES ", "(?,?,?,?)",
            ") UPDATE OR FAIL conversations SET head_seq = COALESCE(new.head, head_seq), \
                 last_message_ms = COALESCE(new.at_ms, last_message_ms), changed = new.changed \
               FROM new WHERE conversations.conversation_id = new.id";
    MOVE = "WITH new(conversation, user, delivered, read, moved) AS (VALUES ", "(?,?,?,?,?)",
           ") UPDATE OR FAIL members SET delivered_seq = new.delivered, read_seq = new.read, moved = new.moved \
              FROM new WHERE members.user_id = new.user AND members.conversation_id = new.conversation";
    CLAIM = "WITH new(id, generation, now_ms) AS (VALUES ", "(?,?,?)",
            ") UPDATE OR FAIL sessions SET generation = new.generation, last_used_ms = new.now_ms \
               FROM new WHERE sessions.session_id = new.id";
}

pub(super) async fn commit(tx: &mut Tx, batch: Vec<Write>) -> Result<Vec<Written>, StoreError> {
    let facts = facts::read(tx, &Needs::of(&batch)).await?;
    let plan = plan(&batch, facts, tx.now());
    write(tx, &plan).await?;
    Ok(plan.outcomes)
}

async fn write(tx: &mut Tx, plan: &Plan) -> Result<(), StoreError> {
    let insert = INSERT.run(tx, &plan.messages, |values, message| {
        values.add(message.conversation.blob());
        values.add(message.seq.as_i64());
        values.add(message.sender.blob());
        values.add(message.message.blob());
        values.add(message.text.as_str());
        values.add(message.at.as_millis());
    });
    insert.await?;
    let touched: Vec<_> = plan.touched.iter().map(|id| (id, plan.heads.get(id), tx.next_stamp())).collect();
    let touch = TOUCH.run(tx, &touched, |values, (id, head, stamp)| {
        values.add(id.blob());
        values.add(head.map(|(seq, _)| seq.as_i64()));
        values.add(head.map(|(_, at)| at.as_millis()));
        values.add(*stamp);
    });
    touch.await?;
    // A conversation whose cursor moves is touched, so it has a stamp; both are in the order of ids.
    let stamp =
        |id| touched.binary_search_by_key(&id, |(touched, ..)| *touched).map_or(0, |at| touched[at].2);
    let cursors: Vec<_> = plan.cursors.iter().map(|(key, cursor)| (key, cursor, stamp(&key.0))).collect();
    let moves = MOVE.run(tx, &cursors, |values, ((conversation, user), cursor, stamp)| {
        values.add(conversation.blob());
        values.add(user.blob());
        values.add(cursor.delivered.as_i64());
        values.add(cursor.read.as_i64());
        values.add(*stamp);
    });
    moves.await?;
    let claims: Vec<_> = plan.generations.iter().collect();
    let now = tx.now().as_millis();
    let claim = CLAIM.run(tx, &claims, |values, (session, generation)| {
        values.add(session.blob());
        values.add(int(generation.get()));
        values.add(now);
    });
    claim.await
}

//! What was committed later than readers count on, or perhaps was: it is stamped again.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flux_core::{ConversationId, SessionId, StoreError, UserId};
use tokio::time::sleep;

use super::statement::{Statement, many_statements};
use super::store::Inner;
use super::transaction::Tx;

many_statements! {
    CONVERSATIONS = "UPDATE conversations FORCE INDEX (PRIMARY) SET changed = GREATEST(changed + 1, ?) WHERE conversation_id IN (", "?", ")";
    CURSORS = "UPDATE members FORCE INDEX (PRIMARY) SET moved = GREATEST(moved + 1, ?) WHERE conversation_id IN (", "?", ")";
    FEEDS = "UPDATE feed_heads FORCE INDEX (PRIMARY) SET changed = GREATEST(changed + 1, ?) WHERE user_id IN (", "?", ")";
    /// Who reads revocations by time reads a session again whose end came late.
    SESSIONS = "UPDATE sessions FORCE INDEX (PRIMARY) SET ended_ms = GREATEST(ended_ms, ?) WHERE ended_ms IS NOT NULL AND session_id IN (",
               "?", ")";
}

/// From one attempt to the next.
const PAUSE: Duration = Duration::from_secs(1);
/// How much is remembered at most. What does not fit is found by whoever compares heads, not by who asks what changed.
const MOST: usize = 65_536;

/// What a transaction has stamped, and which sessions it has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Touched {
    pub(super) conversations: BTreeSet<ConversationId>,
    pub(super) feeds: BTreeSet<UserId>,
    pub(super) sessions: BTreeSet<SessionId>,
}

impl Touched {
    fn len(&self) -> usize {
        self.conversations.len() + self.feeds.len() + self.sessions.len()
    }

    fn append(&mut self, mut other: Self) {
        self.conversations.append(&mut other.conversations);
        self.feeds.append(&mut other.feeds);
        self.sessions.append(&mut other.sessions);
    }
}

/// What waits to be stamped again.
#[derive(Debug, Default)]
pub(super) struct Late {
    waiting: Mutex<Touched>,
    working: AtomicBool,
}

impl Late {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Touched> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stamps all that `touched` names again, as soon as that can be done. Nobody waits for it.
pub(super) fn stamp_again(inner: &Arc<Inner>, touched: Touched) {
    {
        let mut waiting = inner.late.waiting();
        if waiting.len() + touched.len() > MOST {
            tracing::warn!(
                logs = touched.len(),
                "too much was committed late: some of it is not stamped again"
            );
            return;
        }
        waiting.append(touched);
        if waiting.len() == 0 {
            return;
        }
    }
    if !inner.late.working.swap(true, Ordering::AcqRel) {
        let inner = Arc::clone(inner);
        tokio::spawn(async move { work(&inner).await });
    }
}

async fn work(inner: &Arc<Inner>) {
    loop {
        let touched = std::mem::take(&mut *inner.late.waiting());
        if touched.len() == 0 {
            inner.late.working.store(false, Ordering::Release);
            // Something may have come between the look and the store.
            if inner.late.waiting().len() == 0 || inner.late.working.swap(true, Ordering::AcqRel) {
                return;
            }
            continue;
        }
        let now = touched.clone();
        let done = inner.write(move |tx| {
            let touched = now.clone();
            Box::pin(async move { stamp(tx, touched).await })
        });
        let done: Result<(), StoreError> = done.await;
        if let Err(error) = done {
            if inner.pool.is_closed() || inner.not_over().is_err() {
                return;
            }
            tracing::warn!(%error, logs = touched.len(), "what was committed late cannot be stamped again yet");
            inner.late.waiting().append(touched);
            sleep(PAUSE).await;
        }
    }
}

async fn stamp(tx: &mut Tx, touched: Touched) -> Result<(), StoreError> {
    let now = tx.now().as_millis();
    let sessions: Vec<_> = touched.sessions.into_iter().collect();
    for statement in SESSIONS.after(&sessions, |it| it.int(now), Statement::id) {
        tx.run(statement).await?;
    }
    tx.ended(sessions);
    let conversations: Vec<_> = touched.conversations.into_iter().collect();
    let feeds: Vec<_> = touched.feeds.into_iter().collect();
    let stamp = tx.stamp_conversations(&conversations);
    for text in [&CONVERSATIONS, &CURSORS] {
        for statement in text.after(&conversations, |it| it.int(stamp), Statement::id) {
            tx.run(statement).await?;
        }
    }
    let stamp = tx.stamp_feeds(&feeds);
    for statement in FEEDS.after(&feeds, |it| it.int(stamp), Statement::id) {
        tx.run(statement).await?;
    }
    Ok(())
}

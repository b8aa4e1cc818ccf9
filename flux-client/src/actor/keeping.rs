//! The stores of this device: the outbox's journal and the saved state. Both work beside the actor, one write at a time.

use std::task::{Context, Poll};

use super::timers::{Timer, TimerKey};
use super::{Actor, Input};
use crate::error::StoreError;
use crate::id::MessageId;
use crate::outbox::OutboxChange;
use crate::runtime::BoxFuture;

/// What is being stored, and what is to be.
#[derive(Default)]
pub(super) struct Keeping {
    /// Not larger than the outbox: every message is put once and removed once.
    backlog: Vec<OutboxChange>,
    writing: Option<BoxFuture<Result<(), StoreError>>>,
    /// The messages that are being put.
    putting: Vec<MessageId>,
    /// Whether the state is newer than what is saved of it.
    pub(super) changed: bool,
    pub(super) save_at: Option<TimerKey>,
    saving: Option<BoxFuture<Result<(), StoreError>>>,
}

impl Keeping {
    pub(super) fn journal(&mut self, change: OutboxChange) {
        self.backlog.push(change);
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        if let Some(result) = poll(&mut self.writing, cx) {
            return Poll::Ready(Input::Journaled(result));
        }
        if let Some(result) = poll(&mut self.saving, cx) {
            return Poll::Ready(Input::Saved(result));
        }
        Poll::Pending
    }
}

fn poll<T>(work: &mut Option<BoxFuture<T>>, cx: &mut Context<'_>) -> Option<T> {
    let Poll::Ready(result) = work.as_mut()?.as_mut().poll(cx) else { return None };
    *work = None;
    Some(result)
}

impl Actor {
    pub(super) fn pump_stores(&mut self) {
        self.write();
        if self.parts.state.is_none() || !self.keeping.changed || self.keeping.save_at.is_some() {
            return;
        }
        if self.keeping.saving.is_none() {
            self.keeping.save_at = Some(self.timers.set(self.now + Self::SAVE_DELAY, Timer::Save));
            self.save();
        }
    }

    fn write(&mut self) {
        if self.keeping.writing.is_some() || self.keeping.backlog.is_empty() {
            return;
        }
        let changes = std::mem::take(&mut self.keeping.backlog);
        let puts = changes.iter().filter_map(|change| match change {
            OutboxChange::Put(send) => Some(send.message),
            OutboxChange::Remove(_) => None,
        });
        self.keeping.putting = puts.collect();
        let store = std::sync::Arc::clone(&self.parts.outbox);
        self.keeping.writing = Some(Box::pin(async move { store.apply(changes).await }));
    }

    fn save(&mut self) {
        let Some(store) = self.parts.state.clone() else { return };
        if let Some(state) = self.snapshot() {
            self.keeping.changed = false;
            self.keeping.saving = Some(Box::pin(async move { store.save(state).await }));
        }
    }

    pub(super) fn on_journaled(&mut self, result: &Result<(), StoreError>) {
        let messages = std::mem::take(&mut self.keeping.putting);
        if let Err(error) = result {
            // A message that could not be removed is sent again at the next start, which does no harm.
            tracing::warn!(%error, "the outbox could not be written");
        }
        self.on_stored(&messages, result);
    }

    pub(super) fn on_saved(&mut self, result: Result<(), StoreError>) {
        if let Err(error) = result {
            tracing::warn!(%error, "the session's state could not be saved");
            self.keeping.changed = true;
        }
    }

    /// Writes what is left to write.
    pub(super) async fn finish_stores(&mut self) {
        // What is being written, and then what waited for it.
        for _ in 0..2 {
            if let Some(writing) = self.keeping.writing.take() {
                let result = writing.await;
                self.on_journaled(&result);
            }
            self.write();
        }
        if let Some(saving) = self.keeping.saving.take() {
            let result = saving.await;
            self.on_saved(result);
        }
        if self.keeping.changed {
            self.save();
            if let Some(saving) = self.keeping.saving.take()
                && let Err(error) = saving.await
            {
                tracing::warn!(%error, "the session's state could not be saved");
            }
        }
    }
}

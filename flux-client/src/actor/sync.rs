//! What changed while there was no connection.

use std::cmp::Reverse;
use std::time::Duration;

use flux_proto::v1::{self, client_frame, log_ref, reply};

use super::Actor;
use super::calls::{Outcome, Purpose};
use super::logs::LogKey;
use super::pulls::Ready;
use super::timers::{Timer, TimerKey};
use crate::error::ClientError;
use crate::event::{DisconnectReason, Event};
use crate::id::Epoch;
use crate::model::Conversation;
use crate::state::{Position, SavedState};

/// How many heads hello carries beside the cursor: those of the logs that grew since.
const MAX_HEADS: usize = 200;
/// How many requests that leaves to others.
const SPARE: usize = 2;

/// Where the sync stands.
#[derive(Default)]
pub(super) struct Syncing {
    /// The life of the store that everything known belongs to.
    pub(super) epoch: Option<Epoch>,
    /// Where the last whole sync ended.
    pub(super) cursor: String,
    stage: Stage,
    pub(super) retry: Option<TimerKey>,
    failures: u32,
    /// Logs with a gap.
    pub(super) ready: Ready,
}

#[derive(Default, PartialEq, Eq)]
enum Stage {
    /// Not begun on this connection.
    #[default]
    Idle,
    /// This page is next; empty for the first one.
    Next(String),
    /// A page was asked for: this one.
    Asked(String),
    /// Every page was taken in.
    Complete,
}

impl Syncing {
    /// Whether every conversation is known.
    pub(super) fn complete(&self) -> bool {
        self.stage == Stage::Complete
    }
}

impl Actor {
    /// What the next connection says of what is known.
    pub(super) fn hello(&mut self) -> v1::Hello {
        let mut hello = v1::Hello { client: self.parts.config.client_name.clone(), ..Default::default() };
        for log in self.logs.all.values_mut() {
            log.head_at_hello = log.sequence.head();
        }
        let Some(epoch) = self.sync.epoch.as_ref().filter(|_| !self.link.start_over) else { return hello };
        epoch.as_str().clone_into(&mut hello.epoch);
        hello.sync_cursor.clone_from(&self.sync.cursor);
        if hello.sync_cursor.is_empty() {
            return hello;
        }
        let mut moved: Vec<_> = self.logs.all.iter().filter(|(_, log)| log.moved && log.started).collect();
        moved.sort_by_key(|(key, log)| (**key != LogKey::Feed, Reverse(log.activity)));
        let heads = moved.into_iter().take(MAX_HEADS).map(|(key, log)| v1::KnownHead {
            log: Some(v1::LogRef {
                log: Some(match key {
                    LogKey::Feed => log_ref::Log::Feed(v1::OwnFeed {}),
                    LogKey::Conversation(id) => log_ref::Log::ConversationId(id.to_string()),
                }),
            }),
            head_seq: log.sequence.head(),
        });
        hello.known_heads = heads.collect();
        hello
    }

    pub(super) fn on_welcome(&mut self, welcome: v1::Welcome) {
        let epoch = Epoch::from(welcome.epoch);
        match &self.sync.epoch {
            Some(known) if *known != epoch => self.begin_life(epoch),
            Some(_) => {}
            None => self.sync.epoch = Some(epoch),
        }
        self.sync.failures = 0;
        match welcome.sync {
            Some(page) => self.take_page(page),
            None => self.sync.stage = Stage::Next(String::new()),
        }
    }

    /// The server's store began a new life: what was known belongs to the old one.
    fn begin_life(&mut self, epoch: Epoch) {
        tracing::info!(%epoch, "the server's store began a new life");
        self.forget_pulls();
        self.logs.clear();
        self.marks.forget();
        self.receipts.forget();
        self.sync.cursor.clear();
        self.sync.stage = Stage::Idle;
        self.sync.epoch = Some(epoch.clone());
        self.queue.begin_life();
        self.telling.store_reset(Event::StoreReset { epoch });
        self.keeping.changed = true;
    }

    pub(super) fn pump_sync(&mut self) {
        if self.sync.retry.is_some() || !self.can_open(SPARE) {
            return;
        }
        let Stage::Next(page) = &self.sync.stage else { return };
        let page = page.clone();
        // A page says by itself where the sync began.
        let sync_cursor = if page.is_empty() { self.sync.cursor.clone() } else { String::new() };
        let request = client_frame::Request::Sync(v1::Sync { sync_cursor, page: page.clone() });
        self.sync.stage = Stage::Asked(page);
        if let Err(unsent) = self.open(request, Purpose::Sync) {
            self.on_sync_page(Err(unsent.error));
        }
    }

    pub(super) fn on_sync_page(&mut self, outcome: Outcome) {
        let Stage::Asked(page) = std::mem::take(&mut self.sync.stage) else { return };
        let error = match outcome {
            Ok(reply::Result::SyncPage(next)) => {
                self.sync.failures = 0;
                return self.take_page(next);
            }
            Ok(_) => ClientError::Protocol("something else than a sync page"),
            Err(error) => error,
        };
        if error.code() == Some(flux_proto::ErrorCode::InvalidPage) {
            // The page or the cursor is too old: everything, then.
            if page.is_empty() {
                self.sync.cursor.clear();
            }
            self.sync.stage = Stage::Next(String::new());
        } else {
            self.sync.stage = Stage::Next(page);
        }
        let backoff = self.parts.config.backoff();
        let delay = backoff.delay(&*self.parts.entropy, self.sync.failures, error.retry_after());
        self.sync.failures = self.sync.failures.saturating_add(1);
        self.sync.retry = Some(self.timers.set(self.now + delay, Timer::Sync));
    }

    fn take_page(&mut self, page: v1::SyncPage) {
        let conversations: Result<Vec<_>, _> =
            page.conversations.into_iter().map(Conversation::try_from).collect();
        let conversations = match conversations {
            Ok(conversations) => conversations,
            Err(error) => return self.cut(DisconnectReason::Failed(error)),
        };
        for conversation in &conversations {
            self.learn(conversation);
        }
        self.learn_feed(page.feed_head_seq, page.feed_floor_seq);
        if !page.next_page.is_empty() {
            self.sync.stage = Stage::Next(page.next_page);
            return;
        }
        self.sync.stage = Stage::Complete;
        self.sync.cursor = page.sync_cursor;
        for log in self.logs.all.values_mut() {
            log.moved = false;
        }
        self.start_rest();
        self.keeping.changed = true;
    }

    /// The connection is gone, and with it its sync.
    pub(super) fn stop_sync(&mut self) {
        self.timers.cancel(self.sync.retry.take());
        self.sync.stage = Stage::Idle;
    }

    /// Goes on where an earlier run of the program stopped.
    pub(super) fn restore(&mut self, state: SavedState) {
        self.sync.epoch = Some(state.epoch);
        self.sync.cursor = state.sync_cursor;
        let feed = state.feed.map(|position| (LogKey::Feed, position));
        let conversations = state.conversations.into_iter().map(|(id, at)| (LogKey::Conversation(id), at));
        for (key, position) in conversations.chain(feed) {
            let log = self.logs.get(key);
            log.start(position.taken_seq);
            log.sequence.see(position.head_seq);
            self.see_to_gap(key, true);
        }
    }

    /// What the next run of the program has to know; `None` before the first whole sync.
    pub(super) fn snapshot(&self) -> Option<SavedState> {
        let epoch = self.sync.epoch.clone().filter(|_| !self.sync.cursor.is_empty())?;
        let mut state = SavedState::new(self.me, epoch, self.sync.cursor.clone());
        for (key, log) in self.logs.all.iter().filter(|(_, log)| log.started) {
            let position = Position { taken_seq: log.taken, head_seq: log.sequence.head() };
            match key {
                LogKey::Feed => state.feed = Some(position),
                LogKey::Conversation(id) => drop(state.conversations.insert(*id, position)),
            }
        }
        Some(state)
    }

    /// How long a state may be newer than what is saved of it.
    pub(super) const SAVE_DELAY: Duration = Duration::from_secs(1);
}

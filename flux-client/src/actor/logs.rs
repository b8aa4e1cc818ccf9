//! The logs: every conversation and the feed, each released to the application in order, once and without holes.

use std::collections::{BTreeMap, BTreeSet};

use super::Actor;
use super::pulls::Pull;
use crate::config::Start;
use crate::event::Event;
use crate::id::ConversationId;
use crate::model::{Cursor, FeedEntry, Message};
use crate::sequence::Sequence;

/// How many entries of one log may wait for an earlier one.
const MAX_AHEAD: usize = 128;
/// How many of all logs together.
const MAX_AHEAD_TOTAL: usize = 4_096;

/// Names a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LogKey {
    /// One's own feed.
    Feed,
    /// The messages of a conversation.
    Conversation(ConversationId),
}

impl LogKey {
    pub(super) const fn conversation(self) -> Option<ConversationId> {
        match self {
            Self::Feed => None,
            Self::Conversation(conversation) => Some(conversation),
        }
    }
}

/// One entry of a log.
#[derive(Debug)]
pub(super) enum Entry {
    Message(Message),
    Feed(FeedEntry),
}

impl Entry {
    pub(super) const fn seq(&self) -> u64 {
        match self {
            Self::Message(message) => message.seq,
            Self::Feed(entry) => entry.seq,
        }
    }

    const fn stored_ms(&self) -> i64 {
        match self {
            Self::Message(message) => message.stored_ms,
            Self::Feed(entry) => entry.stored_ms,
        }
    }

    fn into_event(self) -> Event {
        match self {
            Self::Message(message) => Event::Message(message),
            Self::Feed(entry) => Event::Feed(entry),
        }
    }
}

/// What is known of one log.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) sequence: Sequence<Entry>,
    /// Whether it is known where to begin. Before, entries are only collected.
    pub(super) started: bool,
    /// All up to here was taken by the application.
    pub(super) taken: u64,
    /// What was known when this connection began: the server cannot know less.
    pub(super) head_at_hello: u64,
    /// Whether it has grown since the last sync.
    pub(super) moved: bool,
    /// When something last happened; the newest goes first.
    pub(super) activity: i64,
    pub(super) cursors: Vec<Cursor>,
    pub(super) pull: Pull,
}

impl Log {
    fn new() -> Self {
        Self {
            sequence: Sequence::new(0),
            started: false,
            taken: 0,
            head_at_hello: 0,
            moved: false,
            activity: 0,
            cursors: Vec::new(),
            pull: Pull::default(),
        }
    }

    /// Begins after `seq`.
    pub(super) fn start(&mut self, seq: u64) {
        self.sequence.jump(seq);
        self.sequence.see(seq);
        self.taken = seq;
        self.started = true;
    }
}

/// All logs.
#[derive(Default)]
pub(super) struct Logs {
    pub(super) all: BTreeMap<LogKey, Log>,
    /// Those with entries that found the application's queue full.
    blocked: BTreeSet<LogKey>,
    /// Entries that wait, in all logs together.
    ahead: usize,
}

impl Logs {
    /// The log, which begins to be one if it was not known.
    pub(super) fn get(&mut self, key: LogKey) -> &mut Log {
        self.all.entry(key).or_insert_with(Log::new)
    }

    /// Does something to a log and keeps count of what it holds.
    pub(super) fn counted<T>(&mut self, key: LogKey, work: impl FnOnce(&mut Log, usize) -> T) -> T {
        let others = self.ahead;
        let log = self.all.entry(key).or_insert_with(Log::new);
        let before = log.sequence.kept();
        let room = MAX_AHEAD.min(before + MAX_AHEAD_TOTAL.saturating_sub(others));
        let result = work(log, room);
        self.ahead = others - before + log.sequence.kept();
        result
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Forgets one log.
    pub(super) fn remove(&mut self, key: LogKey) -> Option<Log> {
        self.blocked.remove(&key);
        let log = self.all.remove(&key)?;
        self.ahead -= log.sequence.kept();
        Some(log)
    }
}

impl Actor {
    /// Takes in an entry that came by itself.
    pub(super) fn take_entry(&mut self, key: LogKey, entry: Entry) {
        self.insert(key, entry);
        self.advance(key, false);
    }

    /// Puts an entry where it belongs.
    pub(super) fn insert(&mut self, key: LogKey, entry: Entry) {
        let complete = self.sync.complete();
        let start = self.parts.config.start;
        self.logs.counted(key, |log, room| {
            log.moved |= entry.seq() > log.sequence.head();
            log.activity = log.activity.max(entry.stored_ms());
            if complete && !log.started {
                log.start(first_position(start, entry.seq()));
            }
            log.sequence.insert(entry.seq(), entry, room);
        });
    }

    /// Notes that a log has entries up to `head`.
    pub(super) fn see_head(&mut self, key: LogKey, head: u64) {
        let complete = self.sync.complete();
        let start = self.parts.config.start;
        self.logs.counted(key, |log, _| {
            if complete && !log.started {
                log.start(first_position(start, head));
            }
            log.moved |= head > log.sequence.head();
            log.sequence.see(head);
        });
        self.advance(key, true);
    }

    /// Releases what can be released, and sees to what lacks: at once, or after giving it time to come by itself.
    pub(super) fn advance(&mut self, key: LogKey, at_once: bool) {
        self.release(key);
        self.see_to_gap(key, at_once);
    }

    pub(super) fn release(&mut self, key: LogKey) {
        // What happened to the log is told before what it holds.
        self.pump_events();
        let queue = &self.queue;
        let blocked = self.logs.counted(key, |log, _| {
            while log.started && log.sequence.has_next() {
                if !queue.has_room() {
                    return true;
                }
                if let Some(entry) = log.sequence.next() {
                    queue.push(entry.into_event());
                }
            }
            false
        });
        if blocked {
            self.logs.blocked.insert(key);
        } else {
            self.logs.blocked.remove(&key);
        }
    }

    /// There is room in the application's queue again.
    pub(super) fn release_blocked(&mut self) {
        for key in std::mem::take(&mut self.logs.blocked) {
            self.advance(key, true);
        }
    }

    /// The application took events.
    pub(super) fn on_taken(&mut self) {
        let taken = self.queue.taken();
        self.note_taken(taken);
        self.pump_events();
        self.release_blocked();
    }

    pub(super) fn note_taken(&mut self, taken: crate::event::Taken) {
        for (conversation, (last, foreign)) in taken.messages {
            if let Some(log) = self.logs.all.get_mut(&LogKey::Conversation(conversation)) {
                log.taken = log.taken.max(last);
                self.keeping.changed = true;
            }
            if self.parts.config.mark_delivered && foreign > 0 {
                self.want_delivered(conversation, foreign);
            }
        }
        if taken.feed > 0
            && let Some(log) = self.logs.all.get_mut(&LogKey::Feed)
        {
            log.taken = log.taken.max(taken.feed);
            self.keeping.changed = true;
        }
    }
}

/// Where to begin with a log that came into being while one was connected.
pub(super) fn first_position(start: Start, first: u64) -> u64 {
    match start {
        Start::Now => first.saturating_sub(1),
        Start::Undelivered | Start::Beginning => 0,
    }
}

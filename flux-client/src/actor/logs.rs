//! The logs: every conversation and the feed, each released to the application in order, once and without holes.

use std::collections::{BTreeMap, BTreeSet};

use super::Actor;
use super::pulls::Pull;
use crate::config::Start;
use crate::error::ClientError;
use crate::event::{Alarm, Event};
use crate::id::ConversationId;
use crate::model::{Conversation, Cursor, FeedEntry, Message, Receipt};
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
    fn counted<T>(&mut self, key: LogKey, work: impl FnOnce(&mut Log, usize) -> T) -> T {
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
    fn remove(&mut self, key: LogKey) -> Option<Log> {
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

    /// A conversation as a sync page describes it.
    pub(super) fn learn(&mut self, conversation: &Conversation) {
        let key = LogKey::Conversation(conversation.conversation);
        let me = self.me;
        let position = match self.parts.config.start {
            Start::Beginning => 0,
            Start::Now => conversation.head_seq,
            Start::Undelivered => conversation.cursor_of(me).map_or(0, |cursor| cursor.delivered_seq),
        };
        let log = self.logs.get(key);
        log.activity = log.activity.max(conversation.last_message_ms.unwrap_or(0));
        if !log.started {
            self.logs.counted(key, |log, _| log.start(position.min(conversation.head_seq)));
            // What is known from the beginning is no news.
            self.logs.get(key).cursors.clone_from(&conversation.cursors);
            self.advance_receipts(conversation.conversation);
        }
        self.compare_head(key, conversation.head_seq);
        for cursor in &conversation.cursors {
            self.take_cursor(conversation.conversation, *cursor);
        }
        self.see_head(key, conversation.head_seq);
    }

    /// The feed as a sync page describes it.
    pub(super) fn learn_feed(&mut self, head: u64, floor: u64) {
        if !self.logs.get(LogKey::Feed).started {
            // What happened before is in the lists.
            self.logs.counted(LogKey::Feed, |log, _| log.start(head));
        }
        self.compare_head(LogKey::Feed, head);
        self.raise_floor(head, floor);
        self.see_head(LogKey::Feed, head);
    }

    /// Entries of the feed up to `floor` are gone.
    pub(super) fn raise_floor(&mut self, head: u64, floor: u64) {
        if self.logs.get(LogKey::Feed).sequence.released() < floor {
            self.logs.counted(LogKey::Feed, |log, _| log.start(head.max(floor)));
            self.telling.feed_reset();
        }
    }

    /// Raises an alarm if the server knows less than it knew when this connection began.
    pub(super) fn compare_head(&mut self, key: LogKey, head: u64) {
        let known = self.logs.get(key).head_at_hello;
        if head < known {
            self.fall_back(key, known, head);
        }
    }

    /// The server lost entries of a log. New ones will get the same numbers again, so the log goes on from there.
    pub(super) fn fall_back(&mut self, key: LogKey, known_seq: u64, server_seq: u64) {
        self.logs.counted(key, |log, _| {
            log.sequence.fall_back(server_seq);
            log.taken = server_seq;
            log.head_at_hello = server_seq;
        });
        self.alarm(Alarm::HeadWentBack { conversation: key.conversation(), known_seq, server_seq });
    }

    pub(super) fn alarm(&mut self, alarm: Alarm) {
        tracing::error!(?alarm, "the server lost data that this client has seen");
        self.telling.alarm(alarm);
    }

    /// Leaves out the entries before `first`, which the server does not have.
    pub(super) fn skip_hole(&mut self, key: LogKey, first: u64) {
        let after_seq = self.logs.counted(key, |log, _| {
            let released = log.sequence.released();
            log.sequence.jump(first - 1);
            released
        });
        self.alarm(Alarm::Hole { conversation: key.conversation(), after_seq, before_seq: first });
    }

    /// A cursor is where it is said to be, or further.
    pub(super) fn take_cursor(&mut self, conversation: ConversationId, cursor: Cursor) {
        let log = self.logs.get(LogKey::Conversation(conversation));
        if log.cursors.iter().all(|known| known.user != cursor.user) {
            log.cursors.push(Cursor { user: cursor.user, delivered_seq: 0, read_seq: 0 });
        }
        let Some(known) = log.cursors.iter_mut().find(|known| known.user == cursor.user) else { return };
        let before = *known;
        known.read_seq = known.read_seq.max(cursor.read_seq);
        known.delivered_seq = known.delivered_seq.max(cursor.delivered_seq).max(known.read_seq);
        if *known == before {
            return;
        }
        let receipt = Receipt { conversation, cursor: *known };
        self.telling.receipt(&self.queue, receipt);
        self.advance_receipts(conversation);
    }

    /// The own cursor of a conversation.
    pub(super) fn own_cursor(&self, conversation: ConversationId) -> Option<&Cursor> {
        let log = self.logs.all.get(&LogKey::Conversation(conversation))?;
        log.cursors.iter().find(|cursor| cursor.user == self.me)
    }

    /// Every conversation is known by now: what is still without a beginning began after the sync did.
    pub(super) fn start_rest(&mut self) {
        let start = self.parts.config.start;
        let rest: Vec<_> =
            self.logs.all.iter().filter(|(_, log)| !log.started).map(|(key, _)| *key).collect();
        for key in rest {
            self.logs.counted(key, |log, _| {
                let first = log.sequence.first_kept().unwrap_or(log.sequence.head());
                log.start(first_position(start, first));
            });
            self.advance(key, true);
        }
    }

    /// One is no member any more, or the conversation is gone.
    pub(super) fn forget_log(&mut self, key: LogKey, error: &ClientError) {
        tracing::debug!(?key, %error, "a log is gone");
        if let Some(log) = self.logs.remove(key) {
            self.timers.cancel(log.pull.timer());
        }
    }
}

/// Where to begin with a log that came into being while one was connected.
fn first_position(start: Start, first: u64) -> u64 {
    match start {
        Start::Now => first.saturating_sub(1),
        Start::Undelivered | Start::Beginning => 0,
    }
}

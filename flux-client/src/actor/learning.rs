//! What the server says about logs: heads, floors and cursors, and whether that can be.

use flux_proto::v1::reply;

use super::Actor;
use super::logs::{LogKey, first_position};
use crate::config::Start;
use crate::error::ClientError;
use crate::event::Alarm;
use crate::id::ConversationId;
use crate::model::{Conversation, Cursor, Receipt};

impl Actor {
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

    /// The heads in what the application asked for. The server counts them as told, and does not tell them again: an
    /// entry whose push was lost is known of by them alone.
    pub(super) fn learn_heads(&mut self, result: &reply::Result) {
        let conversation = |id: &str| id.parse().ok().map(LogKey::Conversation);
        let heads: Vec<(Option<LogKey>, u64)> = match result {
            reply::Result::History(history) => {
                vec![(conversation(&history.conversation_id), history.head_seq)]
            }
            reply::Result::SyncPage(page) => {
                let heads = page.conversations.iter();
                let heads = heads.map(|known| (conversation(&known.conversation_id), known.head_seq));
                heads.chain([(Some(LogKey::Feed), page.feed_head_seq)]).collect()
            }
            _ => return,
        };
        for (key, head) in heads {
            if let Some(key) = key {
                self.see_head(key, head);
            }
        }
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

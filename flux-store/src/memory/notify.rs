//! Who is to be told of what, in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::message::Stamp;
use flux_core::notify::{
    ChannelName, NoticeClaim, NoticeMark, NoticeNext, NoticeStore, OWN_MESSAGES_LOOKED_AT,
    WaitingConversation, Wrote,
};
use flux_core::{ConversationId, Seq, StoreError, Timestamp, UserId};

use super::MemoryStore;
use super::state::State;

/// What is kept of every channel.
#[derive(Default)]
pub(super) struct Notices {
    channels: BTreeMap<ChannelName, Channel>,
}

#[derive(Default)]
struct Channel {
    place: Option<Stamp>,
    users: BTreeMap<UserId, Row>,
    /// Who is due, by when.
    due: BTreeSet<(Timestamp, UserId)>,
}

/// A user.
#[derive(Default)]
struct Row {
    due: Option<Timestamp>,
    /// Since when what waits is due.
    since: Timestamp,
    tries: u32,
    turn: u64,
    quiet_until: Timestamp,
    marks: BTreeMap<ConversationId, Marks>,
}

/// A user in a conversation.
#[derive(Clone, Copy, Default)]
struct Marks {
    noted: Seq,
    told: Seq,
}

impl Marks {
    fn waits(self) -> bool {
        self.noted > self.told
    }
}

impl Channel {
    fn marks(&self, user: UserId, conversation: ConversationId) -> Marks {
        self.users.get(&user).and_then(|row| row.marks.get(&conversation)).copied().unwrap_or_default()
    }

    /// Notes that somebody lacks messages; returns whether they became due.
    fn note(&mut self, user: UserId, (conversation, upto): NoticeMark, due: Timestamp) -> bool {
        let row = self.users.entry(user).or_default();
        row.marks.entry(conversation).or_default().noted = upto;
        if row.due.is_some() {
            return false;
        }
        let due = due.max(row.quiet_until);
        (row.since, row.tries) = (due, 0);
        self.set_due(user, Some(due));
        true
    }

    fn set_due(&mut self, user: UserId, due: Option<Timestamp>) {
        let Some(row) = self.users.get_mut(&user) else { return };
        if let Some(before) = std::mem::replace(&mut row.due, due) {
            self.due.remove(&(before, user));
        }
        self.due.extend(due.map(|due| (due, user)));
    }
}

impl State {
    /// The members who lack messages up to there and are to be told.
    fn lacking(&self, channel: &ChannelName, (conversation, upto): NoticeMark) -> Vec<UserId> {
        let marks = |user| {
            let channel = self.notices.channels.get(channel);
            channel.map(|channel| channel.marks(user, conversation)).unwrap_or_default()
        };
        let cursors = self.conversations.cursors(conversation).iter();
        let lacking = cursors.filter(|cursor| {
            let marks = marks(cursor.user);
            let after = cursor.delivered.max(marks.told);
            let length = upto.get().saturating_sub(after.get());
            let others = || self.conversations.stretch(conversation, after, upto);
            marks.noted < upto
                && after < upto
                && (length > OWN_MESSAGES_LOOKED_AT || others().iter().any(|it| it.sender != cursor.user))
        });
        lacking.map(|cursor| cursor.user).collect()
    }

    fn waiting_in(
        &self,
        user: UserId,
        conversation: ConversationId,
        told: Seq,
    ) -> Option<WaitingConversation> {
        let cursor = self.conversations.cursors(conversation).iter().find(|cursor| cursor.user == user)?;
        let after = cursor.delivered.max(told);
        let mut wrote: BTreeMap<UserId, Wrote> = BTreeMap::new();
        let looked_at = WaitingConversation::looked_at(after);
        for message in self.conversations.stretch(conversation, after, looked_at) {
            if message.sender != user {
                let (user, at) = (message.sender, message.at);
                let first = Wrote { user, count: 0, oldest: at, newest: at };
                let wrote = wrote.entry(user).or_insert(first);
                wrote.count += 1;
                wrote.newest = at;
            }
        }
        let head = self.conversations.head(conversation);
        Some(WaitingConversation::new(conversation, after, head, wrote.into_values().collect()))
    }
}

#[async_trait]
impl NoticeStore for MemoryStore {
    async fn notice_place(&self, channel: &ChannelName) -> Result<Stamp, StoreError> {
        let (mut state, _) = self.begin();
        let horizon = state.changes.horizon();
        let channel = state.notices.channels.entry(channel.clone()).or_default();
        Ok(*channel.place.get_or_insert(horizon))
    }

    async fn move_notice_place(&self, channel: &ChannelName, place: Stamp) -> Result<(), StoreError> {
        let (mut state, _) = self.begin();
        let channel = state.notices.channels.entry(channel.clone()).or_default();
        channel.place = channel.place.max(Some(place));
        Ok(())
    }

    async fn note_waiting(
        &self,
        channel: &ChannelName,
        marks: &[NoticeMark],
        wait: Duration,
    ) -> Result<usize, StoreError> {
        let (mut state, now) = self.begin();
        let mut became_due = 0;
        for mark in marks {
            let lacking = state.lacking(channel, *mark);
            let channel = state.notices.channels.entry(channel.clone()).or_default();
            for user in lacking {
                became_due += usize::from(channel.note(user, *mark, now.plus(wait)));
            }
        }
        Ok(became_due)
    }

    async fn take_due(
        &self,
        channel: &ChannelName,
        limit: usize,
        hold: Duration,
    ) -> Result<Vec<NoticeClaim>, StoreError> {
        let (mut state, now) = self.begin();
        let Some(channel) = state.notices.channels.get_mut(channel) else { return Ok(Vec::new()) };
        let due = channel.due.iter().take_while(|(due, _)| *due <= now);
        let due: Vec<_> = due.take(limit).map(|(_, user)| *user).collect();
        let mut claims = Vec::with_capacity(due.len());
        for user in due {
            channel.set_due(user, Some(now.plus(hold)));
            let Some(row) = channel.users.get_mut(&user) else { continue };
            row.turn += 1;
            row.tries = row.tries.saturating_add(1);
            let due_for = now.since(row.since);
            claims.push(NoticeClaim { user, turn: row.turn, tries: row.tries, due_for });
        }
        Ok(claims)
    }

    async fn waiting(
        &self,
        channel: &ChannelName,
        user: UserId,
        limit: usize,
    ) -> Result<Vec<WaitingConversation>, StoreError> {
        let state = self.read();
        let row = state.notices.channels.get(channel).and_then(|channel| channel.users.get(&user));
        let waits = row.into_iter().flat_map(|row| &row.marks).filter(|(_, marks)| marks.waits());
        let waiting = waits.filter_map(|(id, marks)| state.waiting_in(user, *id, marks.told));
        Ok(waiting.take(limit).collect())
    }

    async fn settle_notice(
        &self,
        channel: &ChannelName,
        claim: &NoticeClaim,
        told: &[NoticeMark],
        next: NoticeNext,
    ) -> Result<bool, StoreError> {
        let (mut state, now) = self.begin();
        let Some(channel) = state.notices.channels.get_mut(channel) else { return Ok(false) };
        let row = channel.users.get_mut(&claim.user);
        let Some(row) = row.filter(|row| row.turn == claim.turn && row.due.is_some()) else {
            return Ok(false);
        };
        // It is settled once.
        row.turn += 1;
        for (conversation, upto) in told {
            let marks = row.marks.entry(*conversation).or_default();
            marks.told = marks.told.max(*upto);
        }
        let due = match next {
            NoticeNext::Done { quiet } => {
                row.quiet_until = now.plus(quiet);
                (row.since, row.tries) = (row.quiet_until, 0);
                row.marks.values().any(|marks| marks.waits()).then_some(row.quiet_until)
            }
            NoticeNext::Retry { after } => Some(now.plus(after)),
            NoticeNext::Forget => None,
        };
        channel.set_due(claim.user, due);
        if next == NoticeNext::Forget {
            channel.users.remove(&claim.user);
        }
        Ok(true)
    }
}

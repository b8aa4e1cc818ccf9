//! Messages, cursors and conversations in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use flux_core::message::{
    ChangePlace, ChangedConversations, ChangedLog, Conversation, ConversationFacts, ConversationKind, Cursor,
    DirectPolicy, Facts, History, HistoryFrom, MAX_BATCH, Message, MessageStore, Needs, Plan, Stamp,
    StoredFacts, Write, Written, plan,
};
use flux_core::{ConversationId, Epoch, LogId, MessageId, Pair, Seq, StoreError, Timestamp, UserId};

use super::MemoryStore;
use super::state::State;

/// Conversations, and whose they are.
#[derive(Default)]
pub(super) struct Conversations {
    rows: BTreeMap<ConversationId, Row>,
    /// Those of every member, by their newest change.
    of: BTreeMap<UserId, BTreeSet<ChangePlace>>,
}

struct Row {
    kind: ConversationKind,
    /// Ascending by user.
    cursors: Vec<Cursor>,
    /// When each last moved; whose never did is not here.
    moved: BTreeMap<UserId, Stamp>,
    /// The message with seq n stands at n - 1.
    messages: Vec<Message>,
    seqs: BTreeMap<(UserId, MessageId), Seq>,
}

impl Row {
    fn direct(pair: Pair, policy: DirectPolicy) -> Self {
        Self {
            kind: ConversationKind::Direct(pair, policy),
            cursors: pair.both().map(|user| Cursor { user, delivered: Seq::ZERO, read: Seq::ZERO }).to_vec(),
            moved: BTreeMap::new(),
            messages: Vec::new(),
            seqs: BTreeMap::new(),
        }
    }

    fn head(&self) -> Seq {
        self.messages.last().map(|message| message.seq).unwrap_or_default()
    }

    fn members(&self) -> impl Iterator<Item = UserId> {
        self.cursors.iter().map(|cursor| cursor.user)
    }

    fn has(&self, user: UserId) -> bool {
        self.members().any(|member| member == user)
    }

    fn message(&self, sender: UserId, message: MessageId) -> Option<&Message> {
        let seq = self.seqs.get(&(sender, message))?;
        self.messages.get(index(*seq)?)
    }

    /// How many messages have a seq of at most `seq`.
    fn up_to(&self, seq: Seq) -> usize {
        usize::try_from(seq.get()).unwrap_or(usize::MAX).min(self.messages.len())
    }
}

/// Where the message with `seq` stands.
fn index(seq: Seq) -> Option<usize> {
    usize::try_from(seq.get()).ok()?.checked_sub(1)
}

impl Conversations {
    fn facts(&self, needs: &Needs) -> (BTreeMap<ConversationId, ConversationFacts>, StoredMessages) {
        let conversations = needs
            .conversations
            .iter()
            .filter_map(|id| Some((*id, self.rows.get(id)?)))
            .map(|(id, row)| {
                (
                    id,
                    ConversationFacts {
                        kind: row.kind.clone(),
                        head: row.head(),
                        cursors: row.cursors.clone(),
                    },
                )
            })
            .collect();
        let stored = needs
            .messages
            .iter()
            .filter_map(|key| {
                let Message { seq, at, text, .. } = self.rows.get(&key.0)?.message(key.1, key.2)?;
                Some((*key, StoredFacts { seq: *seq, at: *at, text: text.clone() }))
            })
            .collect();
        (conversations, stored)
    }

    fn member_row(&self, user: UserId, conversation: ConversationId) -> Option<&Row> {
        self.rows.get(&conversation).filter(|row| row.has(user))
    }

    /// Where the members of a conversation have got, ascending by user; empty if there is none.
    pub(super) fn cursors(&self, conversation: ConversationId) -> &[Cursor] {
        self.rows.get(&conversation).map_or(&[], |row| &row.cursors)
    }

    /// The newest seq of a conversation.
    pub(super) fn head(&self, conversation: ConversationId) -> Seq {
        self.rows.get(&conversation).map(Row::head).unwrap_or_default()
    }

    /// The messages after `after` and up to `to`.
    pub(super) fn stretch(&self, conversation: ConversationId, after: Seq, to: Seq) -> &[Message] {
        let row = self.rows.get(&conversation);
        row.and_then(|row| row.messages.get(row.up_to(after)..row.up_to(to))).unwrap_or_default()
    }

    /// A conversation of `user` that is not closed for good.
    pub(super) fn any_open(&self, user: UserId) -> Option<Pair> {
        // A closed one has just changed, so the open ones stand first.
        self.of.get(&user)?.iter().find_map(|(_, conversation)| match self.rows.get(conversation)?.kind {
            ConversationKind::Direct(pair, policy) if !policy.closed => Some(pair),
            _ => None,
        })
    }
}

type StoredMessages = BTreeMap<flux_core::message::MessageKey, StoredFacts>;

impl State {
    /// Stamps a conversation, for sync and for its members.
    fn touch_conversation(&mut self, conversation: ConversationId) {
        let log = LogId::Conversation(conversation);
        let before = self.changes.stamp(log);
        let after = self.changes.touch(log);
        let Some(row) = self.conversations.rows.get(&conversation) else { return };
        for member in row.members() {
            let list = self.conversations.of.entry(member).or_default();
            list.remove(&(before, conversation));
            list.insert((after, conversation));
        }
    }

    /// Writes who may write to a direct conversation, if there is one.
    pub(super) fn set_direct_policy(&mut self, pair: Pair, policy: DirectPolicy) {
        let conversation = ConversationId::direct(pair);
        let Some(row) = self.conversations.rows.get_mut(&conversation) else { return };
        let before = std::mem::replace(&mut row.kind, ConversationKind::Direct(pair, policy));
        if before.writable_by(pair.low()) != row.kind.writable_by(pair.low()) {
            self.touch_conversation(conversation);
        }
    }

    /// The same, making the row if there is none.
    pub(super) fn open_direct(&mut self, pair: Pair, policy: DirectPolicy) {
        let conversation = ConversationId::direct(pair);
        if self.conversations.rows.contains_key(&conversation) {
            return self.set_direct_policy(pair, policy);
        }
        self.conversations.rows.insert(conversation, Row::direct(pair, policy));
        self.touch_conversation(conversation);
    }

    fn facts(&self, batch: &[Write]) -> Facts {
        let needs = Needs::of(batch);
        let (conversations, stored) = self.conversations.facts(&needs);
        let sessions =
            needs.sessions.iter().filter_map(|id| Some((*id, self.sessions.facts(*id)?))).collect();
        Facts { conversations, sessions, stored }
    }

    fn apply(&mut self, plan: Plan, now: Timestamp) -> Vec<Written> {
        for message in plan.messages {
            if let Some(row) = self.conversations.rows.get_mut(&message.conversation) {
                row.seqs.insert((message.sender, message.message), message.seq);
                row.messages.push(message);
            }
        }
        for (session, generation) in plan.generations {
            self.sessions.claimed(session, generation, now);
        }
        for conversation in plan.touched {
            self.touch_conversation(conversation);
        }
        for ((conversation, user), cursor) in plan.cursors {
            let stamp = self.changes.stamp(LogId::Conversation(conversation));
            if let Some(row) = self.conversations.rows.get_mut(&conversation)
                && let Some(place) = row.cursors.iter_mut().find(|cursor| cursor.user == user)
            {
                *place = cursor;
                row.moved.insert(user, stamp);
            }
        }
        plan.outcomes
    }

    fn seen_by(&self, user: UserId, id: ConversationId) -> Option<Conversation> {
        let row = self.conversations.member_row(user, id)?;
        Some(Conversation {
            conversation: id,
            head: row.head(),
            last_message: row.messages.last().map(|message| message.at),
            cursors: row.cursors.clone(),
            writable: row.kind.writable_by(user),
            changed: self.changes.stamp(LogId::Conversation(id)),
        })
    }

    fn changed_log(&self, changed: Stamp, log: LogId) -> Option<ChangedLog> {
        Some(match log {
            LogId::Conversation(id) => {
                let row = self.conversations.rows.get(&id)?;
                let moved = |cursor: &Cursor| row.moved.get(&cursor.user).copied().unwrap_or_default();
                let cursors = row.cursors.iter().map(|cursor| (*cursor, moved(cursor))).collect();
                ChangedLog { log, head: row.head(), readers: row.members().collect(), changed, cursors }
            }
            LogId::Feed(user) => {
                let head = self.feeds.head(user);
                ChangedLog { log, head, readers: Arc::new([user]), changed, cursors: Vec::new() }
            }
        })
    }
}

#[async_trait]
impl MessageStore for MemoryStore {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    async fn commit(&self, batch: &[Write]) -> Result<Vec<Written>, StoreError> {
        if batch.len() > MAX_BATCH {
            return Err(StoreError::unavailable("batch too large"));
        }
        let (mut state, now) = self.begin();
        let facts = state.facts(batch);
        Ok(state.apply(plan(batch, facts, now), now))
    }

    async fn history(
        &self,
        user: UserId,
        conversation: ConversationId,
        from: HistoryFrom,
        limit: usize,
    ) -> Result<Option<History>, StoreError> {
        let state = self.read();
        let Some(row) = state.conversations.member_row(user, conversation) else {
            return Ok(None);
        };
        let stretch = match from {
            HistoryFrom::Before(below) => {
                let end = below.map_or(row.messages.len(), |below| {
                    row.up_to(Seq::new(below.get().saturating_sub(1)).unwrap_or_default())
                });
                end.saturating_sub(limit)..end
            }
            HistoryFrom::After(above) => {
                let start = row.up_to(above);
                start..start.saturating_add(limit).min(row.messages.len())
            }
        };
        Ok(Some(History { messages: row.messages[stretch].to_vec(), head: row.head() }))
    }

    async fn conversation(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        Ok(self.read().seen_by(user, conversation))
    }

    async fn changed_conversations(
        &self,
        user: UserId,
        since: Option<Stamp>,
        below: Option<ChangePlace>,
        limit: usize,
    ) -> Result<ChangedConversations, StoreError> {
        let state = self.read();
        let mut changed = state
            .conversations
            .of
            .get(&user)
            .into_iter()
            .flatten()
            .rev()
            .skip_while(|place| below.is_some_and(|below| **place >= below))
            .take_while(|(stamp, _)| since.is_none_or(|since| *stamp > since));
        let conversations =
            changed.by_ref().take(limit).filter_map(|(_, id)| state.seen_by(user, *id)).collect();
        Ok(ChangedConversations { conversations, more: changed.next().is_some() })
    }

    async fn horizon(&self) -> Result<Stamp, StoreError> {
        Ok(self.read().changes.horizon())
    }

    async fn changed_logs(&self, since: Stamp, limit: usize) -> Result<Vec<ChangedLog>, StoreError> {
        let state = self.read();
        let changed = state.changes.after(since).take(limit);
        Ok(changed.filter_map(|(stamp, log)| state.changed_log(stamp, log)).collect())
    }
}

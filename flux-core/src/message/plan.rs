//! What a group commit decides, as a pure function that stores call inside their transaction: facts in, rows out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{
    Append, ConversationKind, Cursor, CursorMove, Message, MessageText, SendRefusal, Write, WriteRefusal,
    Written,
};
use crate::error::Fenced;
use crate::id::{ConversationId, Generation, MessageId, Seq, SessionId, UserId};
use crate::time::Timestamp;

/// How many writes a batch may hold at most: 4,096.
pub const MAX_BATCH: usize = 4_096;

/// Names a message before it has a seq.
pub type MessageKey = (ConversationId, UserId, MessageId);

/// A conversation's row and members, read under its lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationFacts {
    /// What it is and who may write.
    pub kind: ConversationKind,
    /// Its newest seq.
    pub head: Seq,
    /// Every member's cursor. For batches without a cursor move of a member, the positions may be left at zero.
    pub cursors: Vec<Cursor>,
}

/// What decides whether a session may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionFacts {
    /// Whose it is.
    pub user: UserId,
    /// The newest claim.
    pub generation: Generation,
    /// Whether it has ended.
    pub ended: bool,
}

/// A message that stands already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFacts {
    /// Its place.
    pub seq: Seq,
    /// When it was stored.
    pub at: Timestamp,
    /// Its text, to tell a repeat from a conflict.
    pub text: MessageText,
}

/// All that a batch is decided on, read in its transaction under the locks of its conversations.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Those of the batch's conversations that exist.
    pub conversations: BTreeMap<ConversationId, ConversationFacts>,
    /// Those of the batch's sessions that exist.
    pub sessions: BTreeMap<SessionId, SessionFacts>,
    /// Those of the batch's messages that are stored.
    pub stored: BTreeMap<MessageKey, StoredFacts>,
}

/// What a batch needs to know: what a store reads into [`Facts`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// To lock, ascending, and read.
    pub conversations: BTreeSet<ConversationId>,
    /// Of these conversations the cursors are needed too.
    pub cursors: BTreeSet<ConversationId>,
    /// To read.
    pub sessions: BTreeSet<SessionId>,
    /// To look up.
    pub messages: BTreeSet<MessageKey>,
}

impl Needs {
    /// Of a batch.
    #[must_use]
    pub fn of(batch: &[Write]) -> Self {
        let mut needs = Self::default();
        for write in batch {
            match write {
                Write::Append(append) => {
                    needs.conversations.insert(append.conversation);
                    needs.sessions.insert(append.actor.session);
                    needs.messages.insert((append.conversation, append.actor.user, append.message));
                }
                Write::MoveCursor(mv) => {
                    needs.conversations.insert(mv.conversation);
                    needs.cursors.insert(mv.conversation);
                    needs.sessions.insert(mv.actor.session);
                }
                Write::Claim { session, .. } => {
                    needs.sessions.insert(*session);
                }
            }
        }
        needs
    }
}

/// What to write, and what to answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Messages to insert, in the order of their seqs within each conversation.
    pub messages: Vec<Message>,
    /// New heads, with the time of the newest message.
    pub heads: BTreeMap<ConversationId, (Seq, Timestamp)>,
    /// Cursors as they are to stand.
    pub cursors: BTreeMap<(ConversationId, UserId), Cursor>,
    /// Generations as they are to stand; `last_used` of the session becomes now.
    pub generations: BTreeMap<SessionId, Generation>,
    /// Conversations to stamp: those with a new head or a moved cursor.
    pub touched: BTreeSet<ConversationId>,
    /// One outcome per write.
    pub outcomes: Vec<Written>,
}

/// Decides a batch, write by write in its order, each seeing what the ones before it did.
#[must_use]
pub fn plan(batch: &[Write], facts: Facts, now: Timestamp) -> Plan {
    let mut planner = Planner { facts, members: BTreeMap::new(), now, plan: Plan::default() };
    for write in batch {
        let outcome = match write {
            Write::Append(append) => planner.append(append),
            Write::MoveCursor(mv) => planner.move_cursor(mv),
            Write::Claim { user, session } => planner.claim(*user, *session),
        };
        planner.plan.outcomes.push(outcome.unwrap_or_else(Written::Refused));
    }
    planner.plan
}

struct Planner {
    facts: Facts,
    members: BTreeMap<ConversationId, Arc<[UserId]>>,
    now: Timestamp,
    plan: Plan,
}

impl Planner {
    fn append(&mut self, append: &Append) -> Result<Written, WriteRefusal> {
        self.fence(append.actor)?;
        let sender = append.actor.user;
        let members = self.members_with(append.conversation, sender)?;
        let key = (append.conversation, sender, append.message);
        // A repeat gets its first answer even where writing has ended meanwhile: it was stored.
        if let Some(stored) = self.facts.stored.get(&key) {
            if stored.text != append.text {
                return Err(SendRefusal::Conflict.into());
            }
            return Ok(Written::Appended { seq: stored.seq, at: stored.at, repeated: true, members });
        }
        let conversation =
            self.facts.conversations.get_mut(&append.conversation).ok_or(SendRefusal::NoSuchConversation)?;
        if !conversation.kind.writable_by(sender) {
            return Err(SendRefusal::NotPermitted.into());
        }
        let seq = conversation.head.next();
        conversation.head = seq;
        let at = self.now;
        self.facts.stored.insert(key, StoredFacts { seq, at, text: append.text.clone() });
        self.plan.heads.insert(append.conversation, (seq, at));
        self.plan.touched.insert(append.conversation);
        self.plan.messages.push(Message {
            conversation: append.conversation,
            seq,
            sender,
            message: append.message,
            text: append.text.clone(),
            at,
        });
        Ok(Written::Appended { seq, at, repeated: false, members })
    }

    fn move_cursor(&mut self, mv: &CursorMove) -> Result<Written, WriteRefusal> {
        self.fence(mv.actor)?;
        let members = self.members_with(mv.conversation, mv.actor.user)?;
        let conversation =
            self.facts.conversations.get_mut(&mv.conversation).ok_or(SendRefusal::NoSuchConversation)?;
        let delivered = mv.delivered.max(mv.read);
        if delivered > conversation.head {
            return Err(WriteRefusal::BeyondHead);
        }
        let cursor = conversation
            .cursors
            .iter_mut()
            .find(|cursor| cursor.user == mv.actor.user)
            .ok_or(SendRefusal::NoSuchConversation)?;
        let before = *cursor;
        cursor.delivered = before.delivered.max(delivered);
        cursor.read = before.read.max(mv.read);
        let changed = *cursor != before;
        if changed {
            self.plan.cursors.insert((mv.conversation, mv.actor.user), *cursor);
            self.plan.touched.insert(mv.conversation);
        }
        Ok(Written::CursorMoved { cursor: *cursor, changed, members })
    }

    fn claim(&mut self, user: UserId, session: SessionId) -> Result<Written, WriteRefusal> {
        let facts = self.facts.sessions.get_mut(&session).ok_or(Fenced::SessionEnded)?;
        if facts.ended || facts.user != user {
            return Err(Fenced::SessionEnded.into());
        }
        facts.generation = facts.generation.next();
        self.plan.generations.insert(session, facts.generation);
        Ok(Written::Claimed(facts.generation))
    }

    /// Whether the actor's session may write.
    fn fence(&self, actor: crate::session::Actor) -> Result<(), Fenced> {
        fence(self.facts.sessions.get(&actor.session), actor)
    }

    fn members_with(
        &mut self,
        conversation: ConversationId,
        user: UserId,
    ) -> Result<Arc<[UserId]>, SendRefusal> {
        let facts = self.facts.conversations.get(&conversation).ok_or(SendRefusal::NoSuchConversation)?;
        if !facts.cursors.iter().any(|cursor| cursor.user == user) {
            return Err(SendRefusal::NoSuchConversation);
        }
        let members = self
            .members
            .entry(conversation)
            .or_insert_with(|| facts.cursors.iter().map(|cursor| cursor.user).collect());
        Ok(Arc::clone(members))
    }
}

/// Whether `actor` may write, by its session's row (`None`: there is no such session). Every store calls it inside
/// every transaction that writes for an actor.
pub fn fence(row: Option<&SessionFacts>, actor: crate::session::Actor) -> Result<(), Fenced> {
    let row = row.ok_or(Fenced::SessionEnded)?;
    if row.ended || row.user != actor.user {
        return Err(Fenced::SessionEnded);
    }
    match actor.generation {
        Some(generation) if generation != row.generation => Err(Fenced::Superseded),
        _ => Ok(()),
    }
}

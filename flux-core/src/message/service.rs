//! Sending, reading and marking messages.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;

use super::commit::{Queued, mismatch};
use super::{
    Append, ChangePlace, Conversation, Cursor, CursorMove, Destination, GroupCommit, History, HistoryFrom,
    MessageError, MessageStore, MessageText, SendLane, SendRefusal, Sent, Stamp, SyncCursor, Write, Written,
};
use crate::error::StoreError;
use crate::feed::{FeedRange, FeedStore};
use crate::id::{ConversationId, Epoch, LogId, MessageId, Pair, Seq, UserId};
use crate::observe::trace;
use crate::routing::{Delivery, Event, EventSink};
use crate::session::Actor;
use crate::time::{Clock, REQUEST_DEADLINE, within};

/// The greatest page of messages, entries or conversations: 100.
pub const MAX_PAGE: usize = 100;

/// Asked before every append, where an embedder decides who may write by other means than the conversation's own row.
/// What it answers may be a moment old when the message commits.
#[async_trait]
pub trait SendPolicy: Send + Sync + 'static {
    /// Whether `actor` may write to `conversation` now. It can only forbid more than the conversation's row does.
    async fn may_send(&self, actor: &Actor, conversation: ConversationId) -> Result<bool, StoreError>;
}

/// Takes messages of calls that are no connection's, such as those of the HTTP gate. [`Messages`] appends them itself; a
/// process without group commit hands them to one that has it, so that there is one way to append.
///
/// # Contract
/// - An answer follows the commit. After an error that may be repeated the message may or may not be stored: repeating
///   it with the same id stores it once.
#[async_trait]
pub trait MessageSender: Send + Sync + 'static {
    /// Sends a message and waits for its acknowledgement.
    async fn send(
        &self,
        actor: Actor,
        to: Destination,
        message: MessageId,
        text: MessageText,
    ) -> Result<Sent, MessageError>;
}

#[async_trait]
impl MessageSender for Messages {
    async fn send(
        &self,
        actor: Actor,
        to: Destination,
        message: MessageId,
        text: MessageText,
    ) -> Result<Sent, MessageError> {
        Self::send(self, actor, to, message, text).await
    }
}

/// The logs of a user that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncPage {
    /// Newest change first.
    pub conversations: Vec<Conversation>,
    /// The newest seq of the user's feed.
    pub feed_head: Seq,
    /// Feed entries up to here are gone.
    pub feed_floor: Seq,
    /// Where the next page goes on; `None` on the last one.
    pub next: Option<SyncPlace>,
    /// Where the next sync may start, once every page was taken in.
    pub cursor: SyncCursor,
}

/// Where the next page of a sync goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncPlace {
    /// The cursor that the sync started from.
    pub since: Option<SyncCursor>,
    /// The cursor that it will end with.
    pub cursor: SyncCursor,
    /// The last conversation that was told.
    pub below: ChangePlace,
}

/// Messages: the service of the subject.
#[derive(Clone)]
pub struct Messages {
    store: Arc<dyn MessageStore>,
    feeds: Arc<dyn FeedStore>,
    commit: GroupCommit,
    events: Arc<dyn EventSink>,
    policy: Option<Arc<dyn SendPolicy>>,
    clock: Arc<dyn Clock>,
}

impl Messages {
    /// Over its ports.
    pub fn new(
        store: Arc<dyn MessageStore>,
        feeds: Arc<dyn FeedStore>,
        commit: GroupCommit,
        events: Arc<dyn EventSink>,
        policy: Option<Arc<dyn SendPolicy>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, feeds, commit, events, policy, clock }
    }

    /// Which life of the store this is.
    pub fn epoch(&self) -> Epoch {
        self.store.epoch()
    }

    /// Takes a message in the order of the calls, and returns what to wait for: the acknowledgement that follows its
    /// commit. With a lane, a send that fails and may be stored when it is sent again holds the later ones to its
    /// conversation.
    ///
    /// # Errors
    /// Those that are known before the queue: a policy's no, an overload, oneself as the addressee.
    pub async fn submit(
        &self,
        actor: Actor,
        lane: Option<&Arc<SendLane>>,
        to: Destination,
        message: MessageId,
        text: MessageText,
    ) -> Result<SendTicket, MessageError> {
        let (conversation, by_user) = match to {
            Destination::Conversation(conversation) => (conversation, false),
            Destination::User(user) => {
                let pair = Pair::new(actor.user, user).ok_or(SendRefusal::NotPermitted)?;
                (ConversationId::direct(pair), true)
            }
        };
        if let Some(policy) = &self.policy {
            let asked =
                within(&*self.clock, REQUEST_DEADLINE, policy.may_send(&actor, conversation)).await??;
            if !asked {
                return Err(SendRefusal::NotPermitted.into());
            }
        }
        let write = Write::Append(Append { actor, conversation, message, text });
        let queued = match lane {
            Some(lane) => self.commit.submit_in_order(write, lane)?,
            None => self.commit.submit(write)?,
        };
        let (epoch, clock) = (self.store.epoch(), Arc::clone(&self.clock));
        Ok(SendTicket(Box::pin(async move {
            let outcome = within(&*clock, REQUEST_DEADLINE, queued.outcome()).await??;
            acknowledge(&outcome, epoch, conversation, by_user)
        })))
    }

    /// Sends a message and waits for its acknowledgement.
    pub async fn send(
        &self,
        actor: Actor,
        to: Destination,
        message: MessageId,
        text: MessageText,
    ) -> Result<Sent, MessageError> {
        self.submit(actor, None, to, message, text).await?.await
    }

    /// Moves the actor's cursor: at least `delivered` and at least `read`. An older position changes nothing.
    pub async fn move_cursor(
        &self,
        actor: Actor,
        conversation: ConversationId,
        delivered: Seq,
        read: Seq,
    ) -> Result<Cursor, MessageError> {
        self.submit_cursor(actor, conversation, delivered, read)?.await
    }

    /// Like [`move_cursor`](Self::move_cursor), queued at once.
    pub fn submit_cursor(
        &self,
        actor: Actor,
        conversation: ConversationId,
        delivered: Seq,
        read: Seq,
    ) -> Result<CursorTicket, MessageError> {
        let write = Write::MoveCursor(CursorMove { actor, conversation, delivered, read });
        let queued = self.commit.submit(write)?;
        let clock = Arc::clone(&self.clock);
        Ok(CursorTicket(Box::pin(async move { moved(&*clock, queued).await })))
    }

    /// A stretch of a conversation, at most [`MAX_PAGE`] messages.
    pub async fn history(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        from: HistoryFrom,
        limit: usize,
    ) -> Result<History, MessageError> {
        let read = self.store.history(actor.user, conversation, from, limit.clamp(1, MAX_PAGE));
        let history = within(&*self.clock, REQUEST_DEADLINE, read).await??;
        history.ok_or_else(|| SendRefusal::NoSuchConversation.into())
    }

    /// One conversation as the actor sees it.
    pub async fn conversation(
        &self,
        actor: &Actor,
        conversation: ConversationId,
    ) -> Result<Conversation, MessageError> {
        let read = self.store.conversation(actor.user, conversation);
        let found = within(&*self.clock, REQUEST_DEADLINE, read).await??;
        found.ok_or_else(|| SendRefusal::NoSuchConversation.into())
    }

    /// Tells the other members that the actor is writing, or has stopped. Where the actor may not write it is refused;
    /// nothing is kept, and who is not there misses nothing.
    pub async fn set_typing(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        typing: bool,
    ) -> Result<(), MessageError> {
        let found = self.conversation(actor, conversation).await?;
        if !found.writable {
            return Err(SendRefusal::NotPermitted.into());
        }
        let others = found.cursors.iter().map(|cursor| cursor.user).filter(|user| *user != actor.user);
        let event = Event::Typing { conversation, user: actor.user, typing };
        let trace = trace::current();
        self.events.deliver(Delivery { users: others.collect(), except: None, event, trace });
        Ok(())
    }

    /// A stretch of the actor's feed, at most [`MAX_PAGE`] entries.
    pub async fn feed(&self, actor: &Actor, after: Seq, limit: usize) -> Result<FeedRange, MessageError> {
        let read = self.feeds.feed(actor.user, after, limit.clamp(1, MAX_PAGE));
        Ok(within(&*self.clock, REQUEST_DEADLINE, read).await??)
    }

    /// The first page of what changed for the actor since `since`; of everything with `None`, or if `since` is of
    /// another life of the store.
    pub async fn sync(
        &self,
        actor: &Actor,
        since: Option<SyncCursor>,
        limit: usize,
    ) -> Result<SyncPage, MessageError> {
        let since = since.filter(|cursor| cursor.epoch == self.store.epoch());
        // Before the first page is read: what changes meanwhile gets a greater stamp and is told again next time.
        let until = within(&*self.clock, REQUEST_DEADLINE, self.store.horizon()).await??;
        let cursor = SyncCursor { epoch: self.store.epoch(), until };
        self.sync_page(actor.user, since, cursor, None, limit).await
    }

    /// The next page of a sync.
    pub async fn sync_next(
        &self,
        actor: &Actor,
        place: SyncPlace,
        limit: usize,
    ) -> Result<SyncPage, MessageError> {
        if place.cursor.epoch != self.store.epoch() {
            return Err(MessageError::InvalidCursor);
        }
        self.sync_page(actor.user, place.since, place.cursor, Some(place.below), limit).await
    }

    async fn sync_page(
        &self,
        user: UserId,
        since: Option<SyncCursor>,
        cursor: SyncCursor,
        below: Option<ChangePlace>,
        limit: usize,
    ) -> Result<SyncPage, MessageError> {
        let read = async {
            let stamp: Option<Stamp> = since.map(|cursor| cursor.until);
            let changed =
                self.store.changed_conversations(user, stamp, below, limit.clamp(1, MAX_PAGE)).await?;
            let feed = self.feeds.feed(user, Seq::MAX, 1).await?;
            Ok::<_, StoreError>((changed, feed))
        };
        let (changed, feed) = within(&*self.clock, REQUEST_DEADLINE, read).await??;
        let last = changed.conversations.last().map(|last| (last.changed, last.conversation));
        let next = last.filter(|_| changed.more).map(|below| SyncPlace { since, cursor, below });
        Ok(SyncPage {
            conversations: changed.conversations,
            feed_head: feed.head,
            feed_floor: feed.floor,
            next,
            cursor,
        })
    }

    /// Which of the conversations that a client knows are not as it knows them. A head above the store's in the same epoch cannot be: it is returned too, for the client to see.
    pub async fn compare_heads(
        &self,
        actor: &Actor,
        known: &BTreeMap<LogId, Seq>,
    ) -> Result<Vec<Conversation>, MessageError> {
        let read = async {
            let mut differing = Vec::new();
            for (log, head) in known {
                if let LogId::Conversation(id) = log
                    && let Some(found) = self.store.conversation(actor.user, *id).await?
                    && found.head != *head
                {
                    differing.push(found);
                }
            }
            Ok::<_, StoreError>(differing)
        };
        Ok(within(&*self.clock, REQUEST_DEADLINE, read).await??)
    }
}

/// A send on its way: resolves to its acknowledgement. Dropping it does not take the message back.
#[must_use]
pub struct SendTicket(Pin<Box<dyn Future<Output = Result<Sent, MessageError>> + Send>>);

impl Future for SendTicket {
    type Output = Result<Sent, MessageError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

/// A move of a cursor on its way.
#[must_use]
pub struct CursorTicket(Pin<Box<dyn Future<Output = Result<Cursor, MessageError>> + Send>>);

impl Future for CursorTicket {
    type Output = Result<Cursor, MessageError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

async fn moved(clock: &dyn Clock, queued: Queued) -> Result<Cursor, MessageError> {
    match within(clock, REQUEST_DEADLINE, queued.outcome()).await?? {
        Written::CursorMoved { cursor, .. } => Ok(cursor),
        Written::Refused(refusal) => Err(refusal.into()),
        Written::Appended { .. } | Written::Claimed(_) => Err(mismatch()),
    }
}

fn acknowledge(
    outcome: &Written,
    epoch: Epoch,
    conversation: ConversationId,
    by_user: bool,
) -> Result<Sent, MessageError> {
    match outcome {
        &Written::Appended { seq, at, repeated, .. } => Ok(Sent { epoch, conversation, seq, at, repeated }),
        // Who has never been a friend has no conversation with the sender; the answer is that of any stranger.
        Written::Refused(refusal) if by_user && *refusal == SendRefusal::NoSuchConversation.into() => {
            Err(SendRefusal::NotPermitted.into())
        }
        Written::Refused(refusal) => Err((*refusal).into()),
        Written::CursorMoved { .. } | Written::Claimed(_) => Err(mismatch()),
    }
}

//! The connections of this node.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::meters::HubMeters;
use super::outbox::{CloseReason, Outbox, Push, Pushed};
use super::{Delivery, Event};
use crate::faults::{self, Instant};
use crate::id::{ConversationId, Generation, LogId, Seq, SessionId, UserId};
use crate::message::Cursor;
use crate::session::SessionEndReason;

/// One connection of this node.
#[derive(Debug, Clone)]
pub struct LocalConnection {
    /// Whose.
    pub user: UserId,
    /// Of which session.
    pub session: SessionId,
    /// Under which claim.
    pub generation: Generation,
    /// What waits to be written to it.
    pub outbox: Arc<Outbox>,
    /// Whether its user is away from it.
    pub away: bool,
}

/// Who is connected to this node, and the way to them.
#[derive(Debug, Default)]
pub struct Hub {
    users: RwLock<BTreeMap<UserId, Vec<LocalConnection>>>,
    meters: HubMeters,
    muted: AtomicBool,
    #[cfg(feature = "testing")]
    lossy: AtomicBool,
}

impl Hub {
    /// Without connections.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a connection and cuts off older ones of its session. `false` if a newer one stands here already.
    pub fn attach(&self, connection: LocalConnection) -> bool {
        let mut users = self.write();
        let own = users.entry(connection.user).or_default();
        if own.iter().any(|c| c.session == connection.session && c.generation > connection.generation) {
            return false;
        }
        let before = own.len();
        own.retain(|older| {
            let gives_way = older.session == connection.session;
            if gives_way {
                self.meters.cut_off(CloseReason::Superseded);
                older.outbox.close(CloseReason::Superseded);
            }
            !gives_way
        });
        connection.outbox.mute(self.muted.load(Ordering::Relaxed));
        own.push(connection);
        self.meters.connected(before, own.len());
        true
    }

    /// Removes a connection, if it still stands under this generation. Returns whether its user has no other here.
    pub fn detach(&self, user: UserId, session: SessionId, generation: Generation) -> bool {
        let mut users = self.write();
        let Some(own) = users.get_mut(&user) else { return true };
        let before = own.len();
        own.retain(|c| c.session != session || c.generation != generation);
        self.meters.connected(before, own.len());
        let gone = own.is_empty();
        if gone {
            users.remove(&user);
        }
        gone
    }

    /// Notes whether its user is away from a connection.
    pub fn set_away(&self, user: UserId, session: SessionId, away: bool) {
        for connection in self.write().get_mut(&user).into_iter().flatten().filter(|c| c.session == session) {
            connection.away = away;
        }
    }

    /// Whether `user` has a connection here.
    pub fn is_connected(&self, user: UserId) -> bool {
        self.read().contains_key(&user)
    }

    /// How many connections there are.
    pub fn len(&self) -> usize {
        self.read().values().map(Vec::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.read().is_empty()
    }

    /// All connections, by user.
    pub fn connections(&self) -> Vec<LocalConnection> {
        self.read().values().flatten().cloned().collect()
    }

    /// Pushes an event to the connections of its users. Never waits: who has no room is cut off.
    pub fn deliver(&self, delivery: &Delivery) {
        #[cfg(feature = "testing")]
        if self.lossy.load(Ordering::Relaxed) {
            return;
        }
        let message = matches!(delivery.event, Event::Message(_));
        if message {
            faults::pass(Instant::BeforePush);
        }
        let users = self.read();
        // Encoded once, and not at all where nobody is.
        let mut push = None;
        for user in delivery.users.iter() {
            let Some(connections) = users.get(user) else { continue };
            let log = delivery.event.log(*user);
            for connection in connections {
                if Some(connection.session) == delivery.except {
                    // It was answered with the place, or caused it: it knows.
                    if let Some((log, seq)) = log {
                        connection.outbox.told(log, seq);
                    }
                    if let Event::Receipt { conversation, cursor } = delivery.event {
                        connection.outbox.told_cursor(conversation, cursor);
                    }
                    continue;
                }
                let push = push.get_or_insert_with(|| Push::traced(delivery.event.clone(), delivery.trace));
                self.count(push.event(), connection.outbox.push(push, log));
            }
        }
        if message {
            faults::pass(Instant::AfterPush);
        }
    }

    /// Sees to it that the connections of `user` learn of a log's head, unless they were sent it.
    pub fn note_head(&self, user: UserId, log: LogId, head: Seq) -> usize {
        let users = self.read();
        let connections = users.get(&user).map_or(&[][..], Vec::as_slice);
        let noted = connections.iter().map(|c| c.outbox.note_head(log, head));
        noted.filter(|pushed| self.noted("log_changed", *pushed)).count()
    }

    /// Sees to it that the connections of `user` learn where a cursor stands, unless they were sent it.
    pub fn note_cursor(&self, user: UserId, conversation: ConversationId, cursor: Cursor) -> usize {
        let users = self.read();
        let connections = users.get(&user).map_or(&[][..], Vec::as_slice);
        let noted = connections.iter().map(|c| c.outbox.note_cursor(conversation, cursor));
        noted.filter(|pushed| self.noted("receipt", *pushed)).count()
    }

    /// Lets every connection forget what it was told before the last turn.
    pub fn turn(&self) {
        for connection in self.read().values().flatten() {
            connection.outbox.turn();
        }
    }

    /// Holds back everything with content on all connections, or lets it go.
    pub fn mute(&self, muted: bool) {
        if self.muted.swap(muted, Ordering::Relaxed) == muted {
            return;
        }
        self.meters.muted(muted);
        for connection in self.read().values().flatten() {
            connection.outbox.mute(muted);
        }
    }

    /// Cuts off a session that has ended; returns whether it was connected here.
    pub fn end_session(&self, user: UserId, session: SessionId, reason: SessionEndReason) -> bool {
        self.close_where(user, CloseReason::SessionEnded(reason), |c| c.session == session)
    }

    /// Cuts off connections of `session` that are older than `generation`.
    pub fn supersede(&self, user: UserId, session: SessionId, generation: Generation) -> bool {
        self.close_where(user, CloseReason::Superseded, |c| c.session == session && c.generation < generation)
    }

    /// Tells one connection something of its own.
    pub fn tell(&self, user: UserId, session: SessionId, event: Event) {
        let push = Push::new(event);
        let users = self.read();
        for connection in users.get(&user).into_iter().flatten().filter(|c| c.session == session) {
            self.count(push.event(), connection.outbox.push(&push, None));
        }
    }

    /// From now on deliveries vanish without a trace, as if every push were lost.
    #[cfg(feature = "testing")]
    pub fn lose_everything(&self) {
        self.lossy.store(true, Ordering::Relaxed);
    }

    fn close_where(
        &self,
        user: UserId,
        reason: CloseReason,
        which: impl Fn(&LocalConnection) -> bool,
    ) -> bool {
        let users = self.read();
        let mut found = false;
        for connection in users.get(&user).into_iter().flatten().filter(|c| which(c)) {
            self.meters.cut_off(reason);
            connection.outbox.close(reason);
            found = true;
        }
        found
    }

    /// Counts what came of a push.
    fn count(&self, event: &Event, pushed: Pushed) {
        match pushed {
            Pushed::Queued if event.has_content() && self.muted.load(Ordering::Relaxed) => {
                self.meters.dropped("muted");
            }
            Pushed::Queued => self.meters.pushed(event.kind()),
            Pushed::Dropped if event.is_transient() => self.meters.dropped("transient"),
            Pushed::Dropped => self.meters.dropped("closing"),
            Pushed::Overflow => self.meters.overflowed(),
        }
    }

    /// Counts what came of a reminder, and says whether the connection had to be reminded. One that knew already is the
    /// rule, and not counted.
    fn noted(&self, kind: &'static str, pushed: Pushed) -> bool {
        match pushed {
            Pushed::Queued => self.meters.pushed(kind),
            Pushed::Dropped => {}
            Pushed::Overflow => self.meters.overflowed(),
        }
        pushed == Pushed::Queued
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<UserId, Vec<LocalConnection>>> {
        self.users.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<UserId, Vec<LocalConnection>>> {
        self.users.write().unwrap_or_else(PoisonError::into_inner)
    }
}

//! From a commit to whoever is to know of it: the hub of this node at once, other nodes in batches.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::mpsc;
use tracing::warn;

use super::meters::RouterMeters;
use super::places::Places;
use super::remote::Remote;
use super::{Delivery, Envelope, Event, EventSink, Hub, Notice, PeerTransport, SessionDirectory};
use crate::account::Ended;
use crate::feed::{FeedChange, FeedEntry};
use crate::id::{NodeId, SessionId, UserId};
use crate::message::{Message, Write, Written};
use crate::observe::trace;
use crate::session::{Announcer, EndedSession};
use crate::time::Clock;

/// The ports and parts that routing stands on.
pub struct RouterParts {
    /// This node.
    pub node: NodeId,
    /// Its connections.
    pub hub: Arc<Hub>,
    /// Where everybody is.
    pub directory: Arc<dyn SessionDirectory>,
    /// The way to other nodes.
    pub peers: Arc<dyn PeerTransport>,
    /// Deadlines.
    pub clock: Arc<dyn Clock>,
}

/// Routes events. It never waits for anybody: what goes to other nodes is queued, and where the queue is full the loss
/// is made good by repair, which reads the logs.
pub struct Router {
    node: NodeId,
    hub: Arc<Hub>,
    remote: mpsc::Sender<Notice>,
    peers: Arc<Mutex<BTreeSet<NodeId>>>,
    places: Arc<Places>,
    friendships: Mutex<Vec<Weak<dyn RelationObserver>>>,
    meters: RouterMeters,
}

/// Hears when two users may no longer see each other.
pub trait RelationObserver: Send + Sync + 'static {
    /// The two are no longer friends, or one blocks the other.
    fn parted(&self, one: UserId, other: UserId);
}

impl Router {
    /// Starts the worker that talks to other nodes, with room for `queue` notices.
    pub fn start(parts: RouterParts, queue: usize) -> Arc<Self> {
        let (remote, notices) = mpsc::channel(queue.max(1));
        let peers = Arc::new(Mutex::new(BTreeSet::new()));
        let places = Arc::new(Places::default());
        let router = Arc::new(Self {
            node: parts.node,
            hub: Arc::clone(&parts.hub),
            remote,
            peers: Arc::clone(&peers),
            places: Arc::clone(&places),
            friendships: Mutex::default(),
            meters: RouterMeters::new(),
        });
        tokio::spawn(Remote::new(parts, peers, places).run(notices));
        router
    }

    /// This node.
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// The connections of this node.
    pub const fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Which other nodes live, as the registry says.
    pub fn set_peers(&self, mut live: BTreeSet<NodeId>) {
        live.remove(&self.node);
        self.meters.peers(live.len());
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if *peers != live {
            *peers = live;
            self.places.forget_all();
        }
    }

    /// Adds somebody who hears when two users part, for as long as they live.
    pub fn observe_relations(&self, observer: Weak<dyn RelationObserver>) {
        self.friendships.lock().unwrap_or_else(PoisonError::into_inner).push(observer);
    }

    /// Takes what another node sends.
    pub fn receive(&self, envelope: Envelope) -> Vec<UserId> {
        self.meters.received(envelope.notices.len());
        let mut presence = Vec::new();
        for notice in envelope.notices {
            match notice {
                Notice::Deliver(delivery) => self.hub.deliver(&delivery),
                Notice::Disconnect { user, session, reason } => {
                    self.hub.end_session(user, session, reason);
                }
                Notice::Supersede { user, session, generation } => {
                    // Every claim is told so: who claimed is there now.
                    self.places.forget(user);
                    self.hub.supersede(user, session, generation);
                }
                Notice::PresenceChanged(user) => presence.push(user),
                Notice::Parted(one, other) => self.part(one, other),
            }
        }
        presence
    }

    /// A connection of `user` was made here: what was known of where they are is no longer all.
    pub(super) fn moved(&self, user: UserId) {
        self.places.forget(user);
    }

    /// Tells other nodes something that concerns all of them.
    pub fn tell_peers(&self, notice: Notice) {
        if self.has_peers() {
            self.enqueue(notice);
        }
    }

    fn has_peers(&self) -> bool {
        !self.peers.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn enqueue(&self, notice: Notice) {
        if self.remote.try_send(notice).is_err() {
            self.meters.queue_full();
            warn!("queue to other nodes is full; repair will tell them");
        }
    }

    fn feed_entry(&self, user: UserId, entry: &FeedEntry, except: Option<SessionId>) {
        match &entry.change {
            FeedChange::FriendRemoved(other) => self.announce_parting(user, *other),
            FeedChange::Blocked { profile, .. } => self.announce_parting(user, profile.user),
            _ => {}
        }
        let event = Event::Feed(entry.clone());
        self.deliver(Delivery { users: Arc::new([user]), except, event, trace: trace::current() });
    }

    fn announce_parting(&self, one: UserId, other: UserId) {
        self.part(one, other);
        self.tell_peers(Notice::Parted(one, other));
    }

    fn part(&self, one: UserId, other: UserId) {
        let observers = self.friendships.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for observer in observers.iter().filter_map(Weak::upgrade) {
            observer.parted(one, other);
        }
    }
}

impl EventSink for Router {
    fn deliver(&self, delivery: Delivery) {
        self.hub.deliver(&delivery);
        if self.has_peers() {
            self.enqueue(Notice::Deliver(Arc::new(delivery)));
        }
    }
}

impl Announcer for Router {
    fn ended(&self, ended: &Ended) {
        self.entries(&ended.entries);
        for &EndedSession { user, session, reason } in &ended.sessions {
            self.hub.end_session(user, session, reason);
            self.tell_peers(Notice::Disconnect { user, session, reason });
        }
    }

    fn found_ended(&self, sessions: &[EndedSession]) {
        for &EndedSession { user, session, reason } in sessions {
            self.hub.end_session(user, session, reason);
        }
    }

    fn entries(&self, entries: &[(UserId, FeedEntry)]) {
        for (user, entry) in entries {
            self.feed_entry(*user, entry, None);
        }
    }
}

impl crate::message::CommitObserver for Router {
    fn committed(&self, write: &Write, outcome: &Written) {
        match (write, outcome) {
            (Write::Append(append), Written::Appended { seq, at, repeated: false, members }) => {
                let message = Message {
                    conversation: append.conversation,
                    seq: *seq,
                    sender: append.actor.user,
                    message: append.message,
                    text: append.text.clone(),
                    at: *at,
                };
                self.deliver(Delivery {
                    users: Arc::clone(members),
                    // A connection is answered; a call over HTTP is no connection, and the user's may all be told.
                    except: append.actor.generation.map(|_| append.actor.session),
                    event: Event::Message(message),
                    trace: trace::current(),
                });
            }
            (Write::MoveCursor(mv), Written::CursorMoved { cursor, changed: true, members }) => {
                self.deliver(Delivery {
                    users: Arc::clone(members),
                    except: mv.actor.generation.map(|_| mv.actor.session),
                    event: Event::Receipt { conversation: mv.conversation, cursor: *cursor },
                    trace: trace::current(),
                });
            }
            _ => {}
        }
    }
}

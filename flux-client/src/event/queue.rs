//! The bounded queue between the session's actor and the application.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::Event;
use crate::id::{ConversationId, UserId};

/// Holds events until the application takes them. When it is full the actor waits for the application where it must
/// (messages, feed entries), and leaves out what may be left out.
pub(crate) struct EventQueue {
    state: Mutex<State>,
}

struct State {
    /// Each with the life of the server's store that it belongs to.
    events: VecDeque<(u64, Event)>,
    life: u64,
    capacity: usize,
    own: UserId,
    /// Of the one stream that may take from here.
    reader: u64,
    waker: Option<Waker>,
    taken: Taken,
    /// Whether the application took something that the actor wants to know of.
    progress: bool,
    actor: Option<Waker>,
    /// Whether the actor has more than fits.
    wanting: bool,
    closed: bool,
}

/// How far the application has taken messages and feed entries since it was last asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// For each conversation: the last seq, and the last seq of a message from somebody else (0 for none).
    pub(crate) messages: BTreeMap<ConversationId, (u64, u64)>,
    /// The last seq of the feed; 0 for none.
    pub(crate) feed: u64,
}

impl EventQueue {
    pub(crate) fn new(capacity: usize, own: UserId) -> Self {
        let state = State {
            events: VecDeque::new(),
            life: 0,
            capacity: capacity.max(1),
            own,
            reader: 0,
            waker: None,
            taken: Taken::default(),
            progress: false,
            actor: None,
            wanting: false,
            closed: false,
        };
        Self { state: Mutex::new(state) }
    }

    /// Whether another event fits. If not, there is [progress](Self::poll_progress) once it does.
    pub(crate) fn has_room(&self) -> bool {
        let mut state = self.state();
        let room = state.events.len() < state.capacity;
        state.wanting |= !room;
        room
    }

    /// Appends an event. There is one who does, and who asks for [room](Self::has_room) before.
    pub(crate) fn push(&self, event: Event) {
        self.state().append(event);
    }

    /// Ready when the application took something that the actor wants to know of.
    pub(crate) fn poll_progress(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if std::mem::take(&mut state.progress) {
            return Poll::Ready(());
        }
        state.actor = Some(cx.waker().clone());
        Poll::Pending
    }

    /// What was taken since the last call.
    pub(crate) fn taken(&self) -> Taken {
        std::mem::take(&mut self.state().taken)
    }

    /// What is queued by now belongs to an earlier life of the server's store: its numbers mean nothing any more.
    pub(crate) fn begin_life(&self) {
        let mut state = self.state();
        state.life += 1;
        state.taken = Taken::default();
    }

    /// Appends the last events, though the queue be full, and ends the stream after them.
    pub(crate) fn close(&self, last: impl IntoIterator<Item = Event>) {
        let mut state = self.state();
        for event in last {
            state.append(event);
        }
        state.closed = true;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    /// Makes a new reader the only one.
    pub(super) fn attach(&self) -> u64 {
        let mut state = self.state();
        state.reader += 1;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
        state.reader
    }

    pub(super) fn poll(&self, reader: u64, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let mut state = self.state();
        if state.reader != reader {
            return Poll::Ready(None);
        }
        let Some((life, event)) = state.events.pop_front() else {
            if state.closed {
                return Poll::Ready(None);
            }
            state.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        let wanted = std::mem::take(&mut state.wanting);
        let noted = life == state.life && state.note(&event);
        if wanted || noted {
            state.progress = true;
            if let Some(waker) = state.actor.take() {
                waker.wake();
            }
        }
        Poll::Ready(Some(event))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn append(&mut self, event: Event) {
        self.events.push_back((self.life, event));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Records what the application takes; whether the actor wants to know.
    fn note(&mut self, event: &Event) -> bool {
        match event {
            Event::Message(message) => {
                let (last, foreign) = self.taken.messages.entry(message.conversation).or_default();
                *last = message.seq;
                if message.sender != self.own {
                    *foreign = message.seq;
                }
                true
            }
            Event::Feed(entry) => {
                self.taken.feed = entry.seq;
                true
            }
            _ => false,
        }
    }
}

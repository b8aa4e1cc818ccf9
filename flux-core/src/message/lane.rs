//! The order of one connection's sends.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::id::{ConversationId, MessageId};

/// Keeps one connection's pipelined sends to a conversation in order: once one of them fails in a way that may be
/// repeated, the later ones are refused until the failed one is resent or given up. Else they would overtake it.
#[derive(Debug, Default)]
pub struct SendLane(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    next: u64,
    held: BTreeMap<ConversationId, Hold>,
}

/// The earliest failed send to a conversation.
#[derive(Debug, Clone, Copy)]
struct Hold {
    message: MessageId,
    place: Place,
}

/// The place of a send among those of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u64);

/// Conversations that may be held at once; beyond it every new send is refused, so that a peer that never resends
/// cannot fill memory.
const MAX_HELD: usize = 256;

impl SendLane {
    /// A lane in which nothing failed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets go of a send that failed and is not to be resent. Returns whether the conversation was held by it.
    pub fn give_up(&self, conversation: ConversationId, message: MessageId) -> bool {
        let mut state = self.state();
        let held = state.held.get(&conversation).is_some_and(|hold| hold.message == message);
        if held {
            state.held.remove(&conversation);
        }
        held
    }

    /// Notes that a send was refused before it was queued, in a way that may be repeated: later ones to its
    /// conversation wait for it as for one that failed.
    pub fn refuse(&self, conversation: ConversationId, message: MessageId) {
        let place = self.enter();
        let full = {
            let state = self.state();
            state.held.len() >= MAX_HELD && !state.held.contains_key(&conversation)
        };
        // Where no more conversations can be held, nothing new is taken anyway.
        if !full {
            self.hold(conversation, message, place);
        }
    }

    /// The next place.
    pub(super) fn enter(&self) -> Place {
        let mut state = self.state();
        state.next += 1;
        Place(state.next)
    }

    /// Whether a send may go on now. The send that holds the conversation takes its hold along: if it fails again it
    /// [holds](Self::hold) again.
    pub(super) fn admit(&self, conversation: ConversationId, message: MessageId, place: Place) -> bool {
        let mut state = self.state();
        match state.held.get(&conversation) {
            None => state.held.len() < MAX_HELD,
            // It was sent before the one that failed.
            Some(hold) if place < hold.place => true,
            Some(hold) if hold.message == message => {
                state.held.remove(&conversation);
                true
            }
            Some(_) => false,
        }
    }

    /// Notes that a send failed in a way that may be repeated. The earliest one of a conversation holds it.
    pub(super) fn hold(&self, conversation: ConversationId, message: MessageId, place: Place) {
        let mut state = self.state();
        let hold = state.held.entry(conversation).or_insert(Hold { message, place });
        if place < hold.place {
            *hold = Hold { message, place };
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn conversation() -> ConversationId {
        ConversationId::try_from(Uuid::from_u128(7)).unwrap()
    }

    fn message(n: u128) -> MessageId {
        MessageId::try_from(Uuid::from_u128(n)).unwrap()
    }

    #[test]
    fn later_sends_wait_for_the_failed_one() {
        let lane = SendLane::new();
        let (first, second) = (lane.enter(), lane.enter());
        lane.hold(conversation(), message(1), first);
        assert!(!lane.admit(conversation(), message(2), second));
        let again = lane.enter();
        assert!(lane.admit(conversation(), message(1), again));
        assert!(lane.admit(conversation(), message(2), lane.enter()));
    }

    #[test]
    fn a_send_that_was_refused_before_the_queue_holds_as_well() {
        let lane = SendLane::new();
        let first = lane.enter();
        lane.refuse(conversation(), message(2));
        assert!(lane.admit(conversation(), message(1), first));
        assert!(!lane.admit(conversation(), message(3), lane.enter()));
        assert!(lane.admit(conversation(), message(2), lane.enter()));
        assert!(lane.admit(conversation(), message(3), lane.enter()));
    }

    #[test]
    fn the_earliest_failure_holds_and_earlier_sends_pass() {
        let lane = SendLane::new();
        let (first, second, third) = (lane.enter(), lane.enter(), lane.enter());
        lane.hold(conversation(), message(3), third);
        assert!(lane.admit(conversation(), message(1), first));
        lane.hold(conversation(), message(2), second);
        assert!(!lane.admit(conversation(), message(3), lane.enter()));
        assert!(lane.admit(conversation(), message(2), lane.enter()));
    }

    #[test]
    fn a_send_that_is_given_up_holds_nothing() {
        let lane = SendLane::new();
        lane.hold(conversation(), message(1), lane.enter());
        assert!(!lane.give_up(conversation(), message(2)));
        assert!(lane.give_up(conversation(), message(1)));
        assert!(lane.admit(conversation(), message(2), lane.enter()));
    }
}

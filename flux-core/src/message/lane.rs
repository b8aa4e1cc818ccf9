//! The order of one connection's sends.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::id::{ConversationId, MessageId};

/// Keeps one connection's pipelined sends to a conversation in order: once one of them fails in a way that may end
/// otherwise when it is sent again, the later ones are refused until the failed one is resent or given up. Else they
/// would overtake it. That goes for a refusal, too, unless it is one for ever: its answer may be lost, and who was
/// refused as a stranger may be a friend when the send comes again.
#[derive(Debug, Default)]
pub struct SendLane(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    next: u64,
    /// The newest place that is decided on, as all before it are.
    decided: u64,
    conversations: BTreeMap<ConversationId, Held>,
}

/// What keeps sends to one conversation back.
#[derive(Debug, Default)]
struct Held {
    /// The earliest failed send.
    failed: Option<(Place, MessageId)>,
    /// Sends that came after a failed one and before it was given up. Those that are undecided yet share the fate of
    /// those that were refused, or they would overtake them.
    given_up: Option<Range<Place>>,
}

impl Held {
    /// Whether no send that is still to be decided is kept back.
    fn is_over(&self, decided: u64) -> bool {
        self.failed.is_none() && self.given_up.as_ref().is_none_or(|places| places.end.0 <= decided + 1)
    }
}

/// The place of a send among those of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u64);

/// Conversations that may be held at once; beyond it every new send is refused, so that a peer that never resends
/// cannot fill memory.
const MAX_HELD: usize = 256;

impl State {
    /// Whether this conversation is held, or may be.
    fn has_room(&mut self, conversation: ConversationId) -> bool {
        if self.conversations.len() >= MAX_HELD {
            self.tidy();
        }
        self.conversations.len() < MAX_HELD || self.conversations.contains_key(&conversation)
    }

    fn enter(&mut self) -> Place {
        self.next += 1;
        Place(self.next)
    }

    fn hold(&mut self, conversation: ConversationId, message: MessageId, place: Place) {
        let held = self.conversations.entry(conversation).or_default();
        if held.failed.is_none_or(|(earliest, _)| place < earliest) {
            held.failed = Some((place, message));
        }
    }

    /// Forgets what keeps nothing back any more.
    fn tidy(&mut self) {
        let decided = self.decided;
        self.conversations.retain(|_, held| !held.is_over(decided));
    }
}

impl SendLane {
    /// A lane in which nothing failed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets go of a send that failed and is not to be resent. Returns whether the conversation was held by it.
    pub fn give_up(&self, conversation: ConversationId, message: MessageId) -> bool {
        let mut state = self.state();
        let next = Place(state.next + 1);
        let Some(held) = state.conversations.get_mut(&conversation) else { return false };
        let Some((place, _)) = held.failed.take_if(|(_, failed)| *failed == message) else { return false };
        let from = held.given_up.as_ref().map_or(place, |places| places.start.min(place));
        held.given_up = Some(from..next);
        state.tidy();
        true
    }

    /// Notes that a send was refused before it was queued, in a way that may end otherwise when it is sent again: later
    /// ones to its conversation wait for it as for one that failed.
    pub fn refuse(&self, conversation: ConversationId, message: MessageId) {
        let mut state = self.state();
        let place = state.enter();
        if state.decided + 1 == place.0 {
            state.decided = place.0;
        }
        // Where no more conversations can be held, nothing new is taken anyway.
        if state.has_room(conversation) {
            state.hold(conversation, message, place);
        }
    }

    /// The next place.
    pub(super) fn enter(&self) -> Place {
        self.state().enter()
    }

    /// Whether a send may go on now; asked in the order of places. The send that holds the conversation takes its hold
    /// along: if it fails again it [holds](Self::hold) again.
    pub(super) fn admit(&self, conversation: ConversationId, message: MessageId, place: Place) -> bool {
        let mut state = self.state();
        // Before this place counts as decided: what keeps it back must not be forgotten yet.
        let room = state.has_room(conversation);
        state.decided = place.0;
        if !room {
            return false;
        }
        let Some(held) = state.conversations.get_mut(&conversation) else { return true };
        match (held.failed, &held.given_up) {
            // It was sent before the one that failed.
            (Some((failed, _)), given_up) if place < failed => {
                given_up.as_ref().is_none_or(|places| !places.contains(&place))
            }
            (Some((_, failed)), _) if failed != message => false,
            (None, Some(places)) if places.contains(&place) => false,
            (None, Some(places)) if place < places.start => true,
            _ => {
                state.conversations.remove(&conversation);
                true
            }
        }
    }

    /// Notes that a send failed in a way that may end otherwise when it is sent again. The earliest one of a
    /// conversation holds it.
    pub(super) fn hold(&self, conversation: ConversationId, message: MessageId, place: Place) {
        self.state().hold(conversation, message, place);
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

    #[test]
    fn what_came_before_the_giving_up_does_not_overtake_what_was_refused() {
        let lane = SendLane::new();
        let (first, second, third) = (lane.enter(), lane.enter(), lane.enter());
        lane.hold(conversation(), message(1), first);
        assert!(!lane.admit(conversation(), message(2), second));
        assert!(lane.give_up(conversation(), message(1)));
        // It was sent before, and is decided only now.
        assert!(!lane.admit(conversation(), message(3), third));
        assert!(lane.admit(conversation(), message(2), lane.enter()));
        assert!(lane.admit(conversation(), message(3), lane.enter()));
    }

    #[test]
    fn what_came_before_the_giving_up_is_kept_back_although_a_later_one_failed() {
        let lane = SendLane::new();
        let (first, second, third) = (lane.enter(), lane.enter(), lane.enter());
        lane.hold(conversation(), message(1), first);
        assert!(!lane.admit(conversation(), message(2), second));
        assert!(lane.give_up(conversation(), message(1)));
        lane.refuse(conversation(), message(4));
        assert!(!lane.admit(conversation(), message(3), third));
        assert!(lane.give_up(conversation(), message(4)));
        assert!(lane.admit(conversation(), message(2), lane.enter()));
    }

    #[test]
    fn who_gives_up_what_failed_in_many_conversations_may_go_on() {
        let lane = SendLane::new();
        let of = |n: usize| ConversationId::try_from(Uuid::from_u128(n as u128 + 1)).unwrap();
        for n in 0..3 * MAX_HELD {
            lane.refuse(of(n), message(1));
            assert!(lane.give_up(of(n), message(1)), "the {n}th was not held");
            assert!(lane.state().conversations.is_empty(), "nothing waits, so nothing is kept back");
        }
        assert!(lane.admit(of(0), message(2), lane.enter()));
    }

    #[test]
    fn what_was_given_up_keeps_back_what_waits_however_many_conversations_are_held() {
        let lane = SendLane::new();
        let of = |n: usize| ConversationId::try_from(Uuid::from_u128(n as u128 + 1)).unwrap();
        for n in 1..MAX_HELD {
            lane.refuse(of(n), message(1));
        }
        lane.refuse(of(0), message(1));
        let (second, third) = (lane.enter(), lane.enter());
        assert!(!lane.admit(of(0), message(2), second));
        assert!(lane.give_up(of(0), message(1)));
        assert!(!lane.admit(of(0), message(3), third));
        assert!(lane.admit(of(0), message(2), lane.enter()));
    }

    #[test]
    fn with_too_many_conversations_held_nothing_new_is_taken() {
        let lane = SendLane::new();
        let of = |n: usize| ConversationId::try_from(Uuid::from_u128(n as u128 + 1)).unwrap();
        for n in 0..=MAX_HELD {
            lane.refuse(of(n), message(1));
        }
        assert!(!lane.admit(of(MAX_HELD), message(1), lane.enter()));
        assert!(lane.admit(of(0), message(1), lane.enter()));
        assert!(lane.admit(of(MAX_HELD), message(1), lane.enter()));
    }
}

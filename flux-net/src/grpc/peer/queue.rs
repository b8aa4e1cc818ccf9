//! What waits for one peer, and what the peer has not acknowledged.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use flux_core::routing::PeerError;
use flux_proto::v1;
use tokio::sync::{Notify, oneshot};

use super::PeerSettings;

/// How a sender learns what became of its envelope.
pub(super) type Outcome = oneshot::Receiver<Result<(), PeerError>>;

/// Bounded, in the order of the calls of [`offer`](Self::offer).
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// There is something to take.
    wake: Notify,
    settings: PeerSettings,
}

#[derive(Debug)]
struct State {
    /// Whether anything is taken: there is a link, or there is about to be one.
    open: bool,
    /// Whether there is a link.
    connected: bool,
    /// Not written yet.
    waiting: VecDeque<Item>,
    /// Written, with the numbers up to the one before `next_seq`.
    unacknowledged: VecDeque<Item>,
    /// The number of the next that is written.
    next_seq: u64,
    /// Of all items.
    bytes: usize,
}

#[derive(Debug)]
struct Item {
    envelope: Bytes,
    done: oneshot::Sender<Result<(), PeerError>>,
}

impl Queue {
    pub(super) fn new(settings: PeerSettings) -> Self {
        let state = State {
            open: true,
            connected: false,
            waiting: VecDeque::new(),
            unacknowledged: VecDeque::new(),
            next_seq: 1,
            bytes: 0,
        };
        Self { state: Mutex::new(state), wake: Notify::new(), settings }
    }

    /// Takes its place in the queue, or says at once that there is none.
    pub(super) fn offer(&self, envelope: Bytes) -> Result<Outcome, PeerError> {
        let mut state = self.state();
        if !state.open {
            return Err(PeerError::Unreachable);
        }
        let bytes = state.bytes + envelope.len();
        if state.len() >= self.settings.window_envelopes || bytes > self.settings.window_bytes {
            return Err(PeerError::Full);
        }
        let (done, outcome) = oneshot::channel();
        state.bytes = bytes;
        state.waiting.push_back(Item { envelope, done });
        drop(state);
        self.wake.notify_one();
        Ok(outcome)
    }

    /// Returns once there may be something to take.
    pub(super) async fn filled(&self) {
        let waits = !self.state().waiting.is_empty();
        if !waits {
            self.wake.notified().await;
        }
    }

    /// The next batch, numbered. What nobody waits for any more is left out.
    pub(super) fn take(&self) -> Option<v1::LinkBatch> {
        let mut state = self.state();
        let (first_seq, mut envelopes, mut bytes) = (state.next_seq, Vec::new(), 0);
        while let Some(item) = state.waiting.pop_front() {
            let size = item.envelope.len();
            if item.done.is_closed() {
                state.bytes -= size;
                continue;
            }
            if !envelopes.is_empty() && bytes + size > self.settings.batch_bytes {
                state.waiting.push_front(item);
                break;
            }
            bytes += size;
            envelopes.push(item.envelope.clone());
            state.next_seq += 1;
            state.unacknowledged.push_back(item);
        }
        (!envelopes.is_empty()).then_some(v1::LinkBatch { first_seq, envelopes })
    }

    /// Whether anything was written that is not acknowledged.
    pub(super) fn awaits_acknowledgement(&self) -> bool {
        !self.state().unacknowledged.is_empty()
    }

    /// The peer took everything up to `taken`; `false` if that much was never written.
    pub(super) fn acknowledge(&self, taken: u64) -> bool {
        let mut state = self.state();
        if taken >= state.next_seq {
            return false;
        }
        state.acknowledge(taken);
        true
    }

    /// A link stands again. What was written and not acknowledged is written again if the peer knows that it has not
    /// taken it, and given up if it does not know. `false` if the peer knows of more than was ever written.
    pub(super) fn resume(&self, welcome: v1::LinkWelcome) -> bool {
        let mut state = self.state();
        (state.open, state.connected) = (true, true);
        if welcome.known {
            // A node that was forgotten here and found again starts where the peer stands.
            if state.unacknowledged.is_empty() {
                state.next_seq = welcome.taken_seq + 1;
            }
            if welcome.taken_seq >= state.next_seq {
                return false;
            }
            state.acknowledge(welcome.taken_seq);
            state.next_seq = welcome.taken_seq + 1;
            while let Some(item) = state.unacknowledged.pop_back() {
                state.waiting.push_front(item);
            }
        } else {
            let lost = std::mem::take(&mut state.unacknowledged);
            state.finish(lost, &Err(PeerError::Unreachable));
            state.next_seq = 1;
        }
        true
    }

    /// The link broke. Another one is near: whoever waits goes on waiting.
    pub(super) fn disconnected(&self) {
        self.state().connected = false;
    }

    /// There is no link and none is near: nobody waits.
    pub(super) fn close(&self) {
        let mut state = self.state();
        (state.open, state.connected) = (false, false);
        for items in [std::mem::take(&mut state.unacknowledged), std::mem::take(&mut state.waiting)] {
            state.finish(items, &Err(PeerError::Unreachable));
        }
    }

    /// Whether there is a link, and how much waits.
    pub(super) fn standing(&self) -> (bool, usize) {
        let state = self.state();
        (state.connected, state.len())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn len(&self) -> usize {
        self.waiting.len() + self.unacknowledged.len()
    }

    /// `taken` is below `next_seq`.
    fn acknowledge(&mut self, taken: u64) {
        let left = usize::try_from(self.next_seq - 1 - taken).unwrap_or(usize::MAX);
        let done = self.unacknowledged.len().saturating_sub(left);
        let done = self.unacknowledged.drain(..done).collect();
        self.finish(done, &Ok(()));
    }

    fn finish(&mut self, items: VecDeque<Item>, outcome: &Result<(), PeerError>) {
        for Item { envelope, done } in items {
            self.bytes -= envelope.len();
            // Who does not wait any more has given up on it.
            let _ = done.send(outcome.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> Queue {
        Queue::new(PeerSettings {
            window_envelopes: 4,
            window_bytes: 40,
            batch_bytes: 20,
            ..PeerSettings::default()
        })
    }

    fn envelope(n: u8) -> Bytes {
        Bytes::from(vec![n; 8])
    }

    fn offered(queue: &Queue, range: std::ops::Range<u8>) -> Vec<Outcome> {
        range.map(|n| queue.offer(envelope(n)).unwrap()).collect()
    }

    /// The first number of the next batch and what is in it.
    fn taken(queue: &Queue) -> Option<(u64, Vec<u8>)> {
        let batch = queue.take()?;
        Some((batch.first_seq, batch.envelopes.iter().map(|envelope| envelope[0]).collect()))
    }

    fn welcome(known: bool, taken_seq: u64) -> v1::LinkWelcome {
        v1::LinkWelcome { known, taken_seq }
    }

    #[test]
    fn batches_are_numbered_bounded_and_acknowledged_up_to_a_number() {
        let queue = queue();
        let mut outcomes = offered(&queue, 0..3);
        assert_eq!(taken(&queue), Some((1, vec![0, 1])));
        assert_eq!(taken(&queue), Some((3, vec![2])));
        assert_eq!(taken(&queue), None);
        assert!(queue.acknowledge(2));
        assert_eq!(outcomes[0].try_recv(), Ok(Ok(())));
        assert_eq!(outcomes[1].try_recv(), Ok(Ok(())));
        assert!(outcomes[2].try_recv().is_err(), "not yet");
        assert!(!queue.acknowledge(4), "never written");
        assert!(queue.acknowledge(1), "known already");
        assert!(queue.acknowledge(3));
        assert_eq!(outcomes[2].try_recv(), Ok(Ok(())));
    }

    #[test]
    fn the_window_counts_what_waits_and_what_is_not_acknowledged() {
        let queue = queue();
        let _outcomes = offered(&queue, 0..3);
        queue.take();
        let _last = queue.offer(envelope(3)).unwrap();
        assert_eq!(queue.offer(envelope(4)).unwrap_err(), PeerError::Full);
        queue.acknowledge(1);
        assert_eq!(queue.offer(Bytes::from(vec![0; 17])).unwrap_err(), PeerError::Full, "too many bytes");
        assert!(queue.offer(Bytes::from(vec![0; 16])).is_ok());
    }

    #[test]
    fn what_nobody_waits_for_is_not_written_and_makes_room() {
        let queue = queue();
        let mut outcomes = offered(&queue, 0..4);
        drop(outcomes.remove(1));
        assert_eq!(taken(&queue), Some((1, vec![0, 2])));
        assert!(queue.offer(envelope(4)).is_ok());
    }

    #[test]
    fn a_link_that_is_resumed_writes_again_what_was_not_taken_in_order() {
        let queue = queue();
        let mut outcomes = offered(&queue, 0..4);
        assert_eq!(taken(&queue), Some((1, vec![0, 1])));
        assert!(queue.resume(welcome(true, 1)));
        assert_eq!(outcomes[0].try_recv(), Ok(Ok(())));
        assert_eq!(taken(&queue), Some((2, vec![1, 2])));
        assert_eq!(taken(&queue), Some((4, vec![3])));
        assert!(!queue.resume(welcome(true, 9)), "more than there ever was");
    }

    #[test]
    fn a_peer_that_remembers_nothing_is_not_sent_anything_twice() {
        let queue = queue();
        let mut outcomes = offered(&queue, 0..3);
        assert_eq!(taken(&queue), Some((1, vec![0, 1])));
        assert!(queue.resume(welcome(false, 0)));
        assert_eq!(outcomes[0].try_recv(), Ok(Err(PeerError::Unreachable)));
        assert_eq!(outcomes[1].try_recv(), Ok(Err(PeerError::Unreachable)));
        assert_eq!(taken(&queue), Some((1, vec![2])));
    }

    #[test]
    fn a_new_queue_goes_on_where_the_peer_stands() {
        let queue = queue();
        let _outcomes = offered(&queue, 0..1);
        assert!(queue.resume(welcome(true, 41)));
        assert_eq!(taken(&queue), Some((42, vec![0])));
    }

    #[test]
    fn a_closed_queue_fails_everybody_at_once() {
        let queue = queue();
        let mut outcomes = offered(&queue, 0..3);
        queue.take();
        queue.close();
        for outcome in &mut outcomes {
            assert_eq!(outcome.try_recv(), Ok(Err(PeerError::Unreachable)));
        }
        assert_eq!(queue.offer(envelope(9)).unwrap_err(), PeerError::Unreachable);
        assert_eq!(queue.standing(), (false, 0));
        assert!(queue.resume(welcome(true, 2)));
        let _outcome = queue.offer(envelope(9)).unwrap();
        assert_eq!(taken(&queue), Some((3, vec![9])));
    }
}

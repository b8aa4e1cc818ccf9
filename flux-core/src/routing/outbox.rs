//! What waits to be written to one connection: bounded, transient events giving way first.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use metrics::Histogram;
use tokio::sync::Notify;

use super::Event;
use crate::id::{ConversationId, LogId, Seq, UserId};
use crate::message::Cursor;
use crate::observe::{TraceContext, metric};
use crate::session::SessionEndReason;

/// How many wire formats an event may be encoded in.
pub const WIRE_FORMATS: usize = 2;

/// An event on its way to many connections: encoded once for each wire format, by whoever comes first.
#[derive(Debug)]
pub struct Push {
    event: Event,
    trace: Option<TraceContext>,
    wire: [OnceLock<Bytes>; WIRE_FORMATS],
}

impl Push {
    /// Of an event.
    #[must_use]
    pub fn new(event: Event) -> Arc<Self> {
        Self::traced(event, None)
    }

    /// Of an event and the trace of what caused it.
    #[must_use]
    pub fn traced(event: Event, trace: Option<TraceContext>) -> Arc<Self> {
        Arc::new(Self { event, trace, wire: Default::default() })
    }

    /// The trace of what caused it.
    pub const fn trace(&self) -> Option<TraceContext> {
        self.trace
    }

    /// What it is.
    pub const fn event(&self) -> &Event {
        &self.event
    }

    /// Its bytes in wire format number `format`, made by `encode` if nobody has yet.
    ///
    /// # Panics
    /// If `format` is not below [`WIRE_FORMATS`]: adapters number theirs at compile time.
    pub fn encoded(&self, format: usize, encode: impl FnOnce(&Event) -> Bytes) -> Bytes {
        self.wire[format].get_or_init(|| encode(&self.event)).clone()
    }
}

/// Why the server ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// It reads too slowly for what is pushed to it: it may come back and sync.
    SlowReader,
    /// A newer connection took the session over.
    Superseded,
    /// The session has ended.
    SessionEnded(SessionEndReason),
    /// The node stops.
    Draining,
}

/// How much an outbox takes.
#[derive(Debug, Clone)]
pub struct OutboxLimits {
    /// Events that may wait; one more cuts the connection off: 1,024.
    pub events: usize,
    /// From this many on, transient events are dropped: 512.
    pub transient: usize,
    /// Logs that may wait to be told of as changed; one more cuts the connection off: 4,096.
    pub logs: usize,
}

impl Default for OutboxLimits {
    fn default() -> Self {
        Self { events: 1_024, transient: 512, logs: 4_096 }
    }
}

/// What came of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It waits to be written.
    Queued,
    /// It was transient and there is no room, or the connection is closing.
    Dropped,
    /// There is no room: the connection is cut off.
    Overflow,
}

/// What the writer of a connection gets to do next.
#[derive(Debug)]
pub enum Work {
    /// Write these, in this order.
    Events(Vec<Arc<Push>>),
    /// Close. Nothing comes after.
    Close(CloseReason),
}

/// The events of one connection, between whoever pushes and the one task that writes.
#[derive(Debug)]
pub struct Outbox {
    state: Mutex<State>,
    wake: Notify,
    limits: OutboxLimits,
    depth: Histogram,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Arc<Push>>,
    /// Logs to be told of as changed, with their newest heads: never more than one line a log.
    changed: BTreeMap<LogId, Seq>,
    /// The newest seq this connection was sent of each log, since one or two turns of [`Outbox::turn`].
    told: BTreeMap<LogId, Seq>,
    told_before: BTreeMap<LogId, Seq>,
    /// The same of cursors.
    cursors: BTreeMap<(ConversationId, UserId), Cursor>,
    cursors_before: BTreeMap<(ConversationId, UserId), Cursor>,
    closing: Option<CloseReason>,
    closed: bool,
    /// While set, nothing with content is written: heads are kept instead.
    muted: bool,
}

impl Outbox {
    /// An empty one.
    #[must_use]
    pub fn new(limits: OutboxLimits) -> Arc<Self> {
        let depth = metric::OUTBOX.histogram();
        Arc::new(Self { state: Mutex::default(), wake: Notify::new(), limits, depth })
    }

    /// Queues an event; `log` names the log entry that it stands for, if it stands for one.
    pub fn push(&self, push: &Arc<Push>, log: Option<(LogId, Seq)>) -> Pushed {
        let pushed = {
            let mut state = self.state();
            if state.closing.is_some() {
                return Pushed::Dropped;
            }
            if push.event.is_transient() && state.queue.len() >= self.limits.transient {
                return Pushed::Dropped;
            }
            if let Some((log, head)) = log.filter(|_| state.muted && push.event.has_content()) {
                return self.note(&mut state, log, head);
            }
            if state.queue.len() >= self.limits.events {
                state.closing = Some(CloseReason::SlowReader);
                Pushed::Overflow
            } else {
                if let Some((log, seq)) = log {
                    state.tell(log, seq);
                }
                if let Event::Receipt { conversation, cursor } = &push.event {
                    state.cursors.insert((*conversation, cursor.user), *cursor);
                }
                state.queue.push_back(Arc::clone(push));
                Pushed::Queued
            }
        };
        self.wake.notify_one();
        pushed
    }

    /// Sees to it that the connection learns of `log` having got as far as `head`, unless it was sent that.
    pub fn note_head(&self, log: LogId, head: Seq) -> Pushed {
        let mut state = self.state();
        if state.closing.is_some() || state.was_told(log, head) {
            return Pushed::Dropped;
        }
        let pushed = self.note(&mut state, log, head);
        drop(state);
        self.wake.notify_one();
        pushed
    }

    /// Sees to it that the connection learns where a cursor stands, unless it was sent that.
    pub fn note_cursor(&self, conversation: ConversationId, cursor: Cursor) -> Pushed {
        let key = (conversation, cursor.user);
        let stands = |known: Option<&Cursor>| {
            known.is_some_and(|known| known.delivered >= cursor.delivered && known.read >= cursor.read)
        };
        let known = {
            let state = self.state();
            stands(state.cursors.get(&key)) || stands(state.cursors_before.get(&key))
        };
        if known {
            Pushed::Dropped
        } else {
            self.push(&Push::new(Event::Receipt { conversation, cursor }), None)
        }
    }

    /// Records that the connection knows where a cursor stands, because it was answered so.
    pub fn told_cursor(&self, conversation: ConversationId, cursor: Cursor) {
        self.state().cursors.insert((conversation, cursor.user), cursor);
    }

    /// Records that the connection knows of `log` as far as `seq`, because it was answered so.
    pub fn told(&self, log: LogId, seq: Seq) {
        self.state().tell(log, seq);
    }

    /// Forgets what the connection was told before the last turn. Whoever notes heads calls it after each round, so
    /// that the memory of a connection holds two rounds and no more.
    pub fn turn(&self) {
        let mut state = self.state();
        state.told_before = std::mem::take(&mut state.told);
        state.cursors_before = std::mem::take(&mut state.cursors);
    }

    /// Holds back everything with content, or lets it go again.
    pub fn mute(&self, muted: bool) {
        let mut state = self.state();
        if state.muted == muted {
            return;
        }
        state.muted = muted;
        drop(state);
        self.wake.notify_one();
    }

    /// Ends the connection; the first reason stays. After the end of a session what waits is not written.
    pub fn close(&self, reason: CloseReason) {
        let mut state = self.state();
        if state.closing.is_none() {
            state.closing = Some(reason);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Whether the connection is closing.
    pub fn is_closing(&self) -> bool {
        self.state().closing.is_some()
    }

    /// Waits for something to do: at most `limit` events.
    pub async fn next(&self, limit: usize) -> Work {
        loop {
            if let Some(work) = self.take(limit) {
                return work;
            }
            self.wake.notified().await;
        }
    }

    fn take(&self, limit: usize) -> Option<Work> {
        let mut state = self.state();
        if state.closed {
            return None;
        }
        if let Some(reason) = state.closing {
            // A drained connection gets what waits; whoever may not read any more, or does not, gets nothing.
            if reason != CloseReason::Draining || state.queue.is_empty() {
                state.closed = true;
                state.queue.clear();
                return Some(Work::Close(reason));
            }
        }
        let mut events = Vec::new();
        let waiting = state.queue.len() + if state.muted { 0 } else { state.changed.len() };
        if state.muted {
            let kept: VecDeque<_> = std::mem::take(&mut state.queue);
            for push in kept {
                if push.event.has_content() {
                    state.queue.push_back(push);
                } else if events.len() < limit {
                    events.push(push);
                } else {
                    state.queue.push_back(push);
                }
            }
        } else {
            let count = state.queue.len().min(limit);
            events.extend(state.queue.drain(..count));
            while events.len() < limit {
                let Some((log, head)) = state.changed.pop_first() else { break };
                state.tell(log, head);
                events.push(Push::new(Event::LogChanged { log, head }));
            }
        }
        drop(state);
        if events.is_empty() {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "an outbox is shorter than 2^52")]
        self.depth.record(waiting as f64);
        Some(Work::Events(events))
    }

    fn note(&self, state: &mut State, log: LogId, head: Seq) -> Pushed {
        if !state.changed.contains_key(&log) && state.changed.len() >= self.limits.logs {
            state.closing = Some(CloseReason::SlowReader);
            return Pushed::Overflow;
        }
        let known = state.changed.entry(log).or_insert(head);
        *known = head.max(*known);
        Pushed::Queued
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn tell(&mut self, log: LogId, seq: Seq) {
        let known = self.told.entry(log).or_insert(seq);
        *known = seq.max(*known);
    }

    fn was_told(&self, log: LogId, head: Seq) -> bool {
        let known = |told: &BTreeMap<LogId, Seq>| told.get(&log).is_some_and(|seq| *seq >= head);
        known(&self.told) || known(&self.told_before)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::{ConversationId, UserId};

    fn log() -> LogId {
        LogId::Conversation(ConversationId::try_from(Uuid::from_u128(1)).unwrap())
    }

    fn typing() -> Arc<Push> {
        Push::new(Event::Typing {
            conversation: ConversationId::try_from(Uuid::from_u128(1)).unwrap(),
            user: UserId::try_from(Uuid::from_u128(2)).unwrap(),
            typing: true,
        })
    }

    fn changed(head: u64) -> Arc<Push> {
        Push::new(Event::LogChanged { log: log(), head: Seq::new(head).unwrap() })
    }

    fn small() -> Arc<Outbox> {
        Outbox::new(OutboxLimits { events: 3, transient: 2, logs: 2 })
    }

    #[test]
    fn transient_events_give_way_before_the_outbox_is_full() {
        let outbox = small();
        assert_eq!(outbox.push(&typing(), None), Pushed::Queued);
        assert_eq!(outbox.push(&typing(), None), Pushed::Queued);
        assert_eq!(outbox.push(&typing(), None), Pushed::Dropped);
        assert_eq!(outbox.push(&changed(1), None), Pushed::Queued);
    }

    #[tokio::test]
    async fn f22_a_full_outbox_cuts_the_slow_reader_off() {
        let outbox = small();
        for head in 1..=3 {
            assert_eq!(outbox.push(&changed(head), None), Pushed::Queued);
        }
        assert_eq!(outbox.push(&changed(4), None), Pushed::Overflow);
        assert!(matches!(outbox.next(10).await, Work::Close(CloseReason::SlowReader)));
    }

    #[tokio::test]
    async fn a_head_is_told_once_and_only_if_it_was_not_sent() {
        let outbox = small();
        outbox.push(&changed(5), Some((log(), Seq::new(5).unwrap())));
        assert_eq!(outbox.note_head(log(), Seq::new(5).unwrap()), Pushed::Dropped);
        assert_eq!(outbox.note_head(log(), Seq::new(6).unwrap()), Pushed::Queued);
        assert_eq!(outbox.note_head(log(), Seq::new(7).unwrap()), Pushed::Queued);
        let Work::Events(events) = outbox.next(10).await else { panic!("closed") };
        let heads: Vec<_> = events.iter().map(|push| push.event().clone()).collect();
        assert_eq!(heads, [changed(5).event().clone(), changed(7).event().clone()]);
        assert_eq!(outbox.note_head(log(), Seq::new(7).unwrap()), Pushed::Dropped);
    }

    #[tokio::test]
    async fn what_was_told_two_turns_ago_is_told_again() {
        let outbox = small();
        outbox.told(log(), Seq::new(5).unwrap());
        outbox.turn();
        assert_eq!(outbox.note_head(log(), Seq::new(5).unwrap()), Pushed::Dropped);
        outbox.turn();
        assert_eq!(outbox.note_head(log(), Seq::new(5).unwrap()), Pushed::Queued);
    }

    #[test]
    fn an_event_is_encoded_once_for_each_format() {
        let push = typing();
        let first = push.encoded(0, |_| Bytes::from_static(b"once"));
        let again = push.encoded(0, |_| unreachable!("encoded already"));
        assert_eq!(first.as_ptr(), again.as_ptr());
    }
}

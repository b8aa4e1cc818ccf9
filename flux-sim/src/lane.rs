//! One direction of a connection: what is sent arrives later, in order, or not at all.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::time::{Instant, Sleep, sleep_until};

use crate::gate::Gate;
use crate::network::{Cuttable, Network, Place};

/// How much may be on its way before the sender has to wait.
const ROOM: usize = 16 * 1_024;

/// The other end is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken;

/// What is read from a lane.
#[derive(Debug)]
pub(crate) enum Next<T> {
    Item(T),
    /// The sender has ended it.
    Ended,
    /// It was cut.
    Cut,
}

struct State<T> {
    queue: VecDeque<(Instant, T, usize)>,
    bytes: usize,
    last: Instant,
    ended: Option<Instant>,
    cut: Option<Instant>,
    vanished: bool,
    reader_gone: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

pub(crate) struct Lane<T> {
    pub(crate) number: u64,
    from: Place,
    to: Place,
    network: Arc<Network>,
    state: Mutex<State<T>>,
}

impl<T> Lane<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State<T>)) {
        let mut state = self.state();
        change(&mut state);
        let wakers = [state.reader.take(), state.writer.take()];
        drop(state);
        wakers.into_iter().flatten().for_each(Waker::wake);
    }

    fn cut_at(&self, at: Instant) {
        self.change(|state| {
            state.cut.get_or_insert(at);
            state.vanished = false;
        });
    }
}

/// The end that writes. Dropping it ends the lane.
pub(crate) struct Sender<T>(Arc<Lane<T>>);

/// The end that reads. After it was dropped the other one cannot write.
pub(crate) struct Receiver<T> {
    lane: Arc<Lane<T>>,
    timer: Option<Pin<Box<Sleep>>>,
    gate: Arc<Gate>,
}

/// Both lanes of a connection.
struct Pair<A, B> {
    there: Arc<Lane<A>>,
    back: Arc<Lane<B>>,
}

impl<A: Send + 'static, B: Send + 'static> Cuttable for Pair<A, B> {
    fn ends(&self) -> (Place, Place) {
        (self.there.from, self.there.to)
    }

    fn cut(&self) {
        let now = Instant::now();
        let network = &self.there.network;
        network.trace.step("cut", &[self.there.number], &[]);
        self.there.cut_at(now + network.delay());
        self.back.cut_at(now + network.delay());
    }

    fn vanish(&self) {
        self.there.network.trace.step("vanish", &[self.there.number], &[]);
        self.there.change(|state| state.vanished = true);
        self.back.change(|state| state.vanished = true);
    }

    fn has_vanished(&self) -> bool {
        self.there.state().vanished || self.back.state().vanished
    }
}

/// What one end holds.
pub(crate) struct End<O, I> {
    pub(crate) number: u64,
    pub(crate) sender: Sender<O>,
    pub(crate) receiver: Receiver<I>,
    /// Keeps the connection known to the network for as long as an end is there.
    pub(crate) standing: Arc<dyn Cuttable>,
}

/// A connection from one place, whose process is behind a gate, to another.
pub(crate) fn connect<A: Send + 'static, B: Send + 'static>(
    network: &Arc<Network>,
    (from, from_gate): (Place, &Arc<Gate>),
    (to, to_gate): (Place, &Arc<Gate>),
) -> (End<A, B>, End<B, A>) {
    let number = network.next_number();
    let there = lane(network, number, from, to);
    let back = lane(network, number, to, from);
    let pair: Arc<dyn Cuttable> = Arc::new(Pair { there: Arc::clone(&there), back: Arc::clone(&back) });
    network.add(Arc::downgrade(&pair));
    let near = End {
        number,
        sender: Sender(Arc::clone(&there)),
        receiver: Receiver { lane: Arc::clone(&back), timer: None, gate: Arc::clone(from_gate) },
        standing: Arc::clone(&pair),
    };
    let far = End {
        number,
        sender: Sender(back),
        receiver: Receiver { lane: there, timer: None, gate: Arc::clone(to_gate) },
        standing: pair,
    };
    (near, far)
}

fn lane<T>(network: &Arc<Network>, number: u64, from: Place, to: Place) -> Arc<Lane<T>> {
    let state = State {
        queue: VecDeque::new(),
        bytes: 0,
        last: Instant::now(),
        ended: None,
        cut: None,
        vanished: false,
        reader_gone: false,
        reader: None,
        writer: None,
    };
    Arc::new(Lane { number, from, to, network: Arc::clone(network), state: Mutex::new(state) })
}

impl<T> Sender<T> {
    /// Whether there is room for more; an error once the writer knows that it is of no use.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let mut state = self.0.state();
        if state.reader_gone || state.cut.is_some_and(|at| at <= Instant::now()) {
            return Poll::Ready(Err(Broken));
        }
        if state.bytes < ROOM {
            return Poll::Ready(Ok(()));
        }
        state.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Waits for room.
    pub(crate) async fn room(&self) -> Result<(), Broken> {
        poll_fn(|cx| self.poll_room(cx)).await
    }

    /// Sends; it takes its time.
    pub(crate) fn send(&self, item: T, size: usize) -> Result<(), Broken> {
        let due = Instant::now() + self.0.network.delay();
        let mut state = self.0.state();
        if state.reader_gone || state.ended.is_some() || state.cut.is_some() {
            return if state.vanished { Ok(()) } else { Err(Broken) };
        }
        state.last = due.max(state.last);
        let due = state.last;
        state.bytes += size;
        state.queue.push_back((due, item, size));
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
        Ok(())
    }

    /// There is nothing more to come.
    pub(crate) fn end(&self) {
        let due = Instant::now() + self.0.network.delay();
        self.0.change(|state| {
            if state.ended.is_none() {
                state.last = due.max(state.last);
                state.ended = Some(state.last);
            }
        });
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.end();
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.lane.change(|state| {
            state.reader_gone = true;
            state.queue.clear();
        });
    }
}

impl<T> Receiver<T> {
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next<T>> {
        loop {
            if self.gate.poll_open(cx).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            let mut state = self.lane.state();
            state.reader = Some(cx.waker().clone());
            if state.cut.is_some_and(|at| at <= now) {
                return Poll::Ready(Next::Cut);
            }
            if state.vanished || self.lane.network.is_blocked(self.lane.from, self.lane.to, cx.waker()) {
                return Poll::Pending;
            }
            let front = state.queue.front().map(|(due, ..)| *due);
            let due = front.or(state.ended).into_iter().chain(state.cut).min();
            let Some(due) = due else { return Poll::Pending };
            if due <= now {
                let Some((_, item, size)) = state.queue.pop_front() else { return Poll::Ready(Next::Ended) };
                state.bytes -= size;
                let writer = state.writer.take();
                drop(state);
                if let Some(writer) = writer {
                    writer.wake();
                }
                return Poll::Ready(Next::Item(item));
            }
            drop(state);
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
            timer.as_mut().reset(due);
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    pub(crate) async fn next(&mut self) -> Next<T> {
        poll_fn(|cx| self.poll_next(cx)).await
    }
}

//! Whether a process runs, stands still, or is no more.

use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// What everything that comes to a process from outside goes through: time, what the network brings, answers of stores.
/// While the gate is shut nothing comes, so the process does nothing, exactly as if it had been stopped: whatever it
/// could do without the outside it has done, for that takes no simulated time.
#[derive(Debug, Default)]
pub(crate) struct Gate(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    life: Life,
    waiting: Vec<Waker>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Life {
    #[default]
    Runs,
    StandsStill,
    Over,
}

impl Gate {
    pub(crate) fn poll_open(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.life == Life::Runs {
            return Poll::Ready(());
        }
        state.waiting.push(cx.waker().clone());
        Poll::Pending
    }

    /// Returns once the process runs; never if it is over.
    pub(crate) async fn open(&self) {
        poll_fn(|cx| self.poll_open(cx)).await;
    }

    /// Returns once the process is over.
    pub(crate) async fn over(&self) {
        poll_fn(|cx| {
            let mut state = self.state();
            if state.life == Life::Over {
                return Poll::Ready(());
            }
            state.waiting.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    pub(crate) fn stand_still(&self) {
        self.change(Life::StandsStill);
    }

    pub(crate) fn go_on(&self) {
        self.change(Life::Runs);
    }

    /// Nothing brings it back: what comes after it is another process.
    pub(crate) fn end(&self) {
        self.change(Life::Over);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.state().life == Life::Over
    }

    pub(crate) fn stands_still(&self) -> bool {
        self.state().life == Life::StandsStill
    }

    fn change(&self, to: Life) {
        let mut state = self.state();
        if state.life == Life::Over {
            return;
        }
        state.life = to;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        for waker in waiting {
            waker.wake();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

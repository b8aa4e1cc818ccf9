//! Taking turns at one name's password.
//!
//! The limiter knows of a failure only after the password was verified, which takes long on purpose. Without turns, a
//! thousand guesses at once would all be let in before the first of them has failed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::guard::RateLimited;

/// How many attempts at one name are under way at once: two, so that somebody whose two devices log in together waits
/// for neither.
const AT_ONCE: usize = 2;

/// How many may wait for their turn at one name.
const WAITING: usize = 64;

/// The turns of this process, by the key of the name.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<BTreeMap<String, Lane>>);

#[derive(Debug)]
struct Lane {
    semaphore: Arc<Semaphore>,
    users: usize,
}

impl Turns {
    /// Waits for a turn; refuses where too many wait already.
    pub(crate) async fn wait(&self, key: &str) -> Result<Turn<'_>, RateLimited> {
        let mut turn = self.queue(key)?;
        turn.permit = Arc::clone(&turn.semaphore).acquire_owned().await.ok();
        Ok(turn)
    }

    /// Takes a place in the lane of `key`; the place is given back even if the wait is given up.
    fn queue(&self, key: &str) -> Result<Turn<'_>, RateLimited> {
        let mut lanes = self.lanes();
        let lane = lanes
            .entry(key.to_owned())
            .or_insert_with(|| Lane { semaphore: Arc::new(Semaphore::new(AT_ONCE)), users: 0 });
        if lane.users >= AT_ONCE + WAITING {
            return Err(RateLimited { retry_after: Duration::from_secs(1) });
        }
        lane.users += 1;
        Ok(Turn { turns: self, key: key.to_owned(), semaphore: Arc::clone(&lane.semaphore), permit: None })
    }

    fn lanes(&self) -> MutexGuard<'_, BTreeMap<String, Lane>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn, until dropped.
#[must_use]
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    key: String,
    semaphore: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.permit.take();
        let mut lanes = self.turns.lanes();
        if let Some(lane) = lanes.get_mut(&self.key) {
            lane.users -= 1;
            if lane.users == 0 {
                lanes.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_third_attempt_waits_until_one_of_two_is_over() {
        let turns = Turns::default();
        let mut first = Box::pin(turns.wait("a"));
        let mut second = Box::pin(turns.wait("a"));
        let mut third = Box::pin(turns.wait("a"));
        let Poll::Ready(Ok(held)) = poll(first.as_mut()) else { panic!("the first goes at once") };
        let Poll::Ready(Ok(_second)) = poll(second.as_mut()) else { panic!("so does the second") };
        assert!(poll(third.as_mut()).is_pending());
        let mut other = Box::pin(turns.wait("b"));
        assert!(poll(other.as_mut()).is_ready(), "another name has turns of its own");
        drop(held);
        assert!(poll(third.as_mut()).is_ready());
    }

    #[test]
    fn who_gives_up_waiting_leaves_nothing_behind_and_the_lane_is_bounded() {
        let turns = Turns::default();
        let mut waiting: Vec<_> = (0..AT_ONCE + WAITING).map(|_| Box::pin(turns.wait("a"))).collect();
        let mut held = Vec::new();
        for wait in &mut waiting {
            if let Poll::Ready(turn) = poll(wait.as_mut()) {
                held.push(turn);
            }
        }
        assert_eq!(held.len(), AT_ONCE);
        assert!(matches!(poll(Box::pin(turns.wait("a")).as_mut()), Poll::Ready(Err(_))));
        drop(waiting);
        drop(held);
        assert!(turns.lanes().is_empty());
    }
}

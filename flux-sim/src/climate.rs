//! How the stores fare: how long they take, and whether they answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flux_core::StoreError;

use crate::chance::Chance;
use crate::gate::Gate;
use crate::network::{Network, Place};

/// Longer than this no adapter waits for its store: what became of the call is not known then.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a store does to calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mood {
    /// How long a call takes at the store.
    pub(crate) takes: (Duration, Duration),
    /// It refuses every call.
    pub(crate) down: bool,
    /// Of a thousand calls so many fail before they have done anything.
    pub(crate) fails: u64,
    /// Of a thousand calls so many do what they are to do, and fail.
    pub(crate) forgets_to_say: u64,
}

impl Mood {
    pub(crate) const fn well(least: u64, most: u64) -> Self {
        let takes = (Duration::from_micros(least), Duration::from_micros(most));
        Self { takes, down: false, fails: 0, forgets_to_say: 0 }
    }
}

/// One store, shared by all.
pub(crate) struct Climate {
    pub(crate) place: Place,
    mood: Mutex<Mood>,
    /// Whether it stands still.
    still: Gate,
}

impl Climate {
    pub(crate) fn new(place: Place, mood: Mood) -> Self {
        Self { place, mood: Mutex::new(mood), still: Gate::default() }
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood() = mood;
    }

    pub(crate) fn stand_still(&self, still: bool) {
        if still { self.still.stand_still() } else { self.still.go_on() }
    }

    fn mood(&self) -> MutexGuard<'_, Mood> {
        self.mood.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way of one process to one store.
#[derive(Clone)]
pub(crate) struct Way {
    pub(crate) from: Place,
    pub(crate) climate: Arc<Climate>,
    pub(crate) network: Arc<Network>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) chance: Arc<Chance>,
}

impl Way {
    /// Has `call` done at the store, and brings back what it answers. Whatever happens to the process meanwhile, what
    /// the store has begun it does; a caller who does not wait any more takes back what has not reached it.
    pub(crate) async fn call<T, E: From<StoreError>>(
        &self,
        name: &'static str,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let number = self.from.number();
        self.gate.open().await;
        let answered = tokio::time::timeout(PATIENCE, self.there_and_back(name, number, call)).await;
        self.gate.open().await;
        self.network.trace.step(name, &[number, u64::from(matches!(answered, Ok(Ok(_))))], &[]);
        answered.unwrap_or_else(|_| Err(StoreError::unavailable("no answer in time").into()))
    }

    async fn there_and_back<T, E: From<StoreError>>(
        &self,
        name: &'static str,
        number: u64,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let place = self.climate.place;
        self.network.reach(self.from, place).await;
        let mood = *self.climate.mood();
        let refused = || Err(StoreError::unavailable("told to fail").into());
        let (before, after) = (self.chance.permille(mood.fails), self.chance.permille(mood.forgets_to_say));
        let though_dead = self.chance.permille(500);
        if mood.down || before {
            return refused();
        }
        tokio::time::sleep(self.chance.span(mood.takes.0, mood.takes.1)).await;
        self.climate.still.open().await;
        if self.gate.is_over() && !though_dead {
            std::future::pending::<()>().await;
        }
        let done = call.await;
        self.network.trace.step("done", &[number, u64::from(done.is_ok()), name.len() as u64], &[]);
        self.network.reach(place, self.from).await;
        if after { refused() } else { done }
    }
}

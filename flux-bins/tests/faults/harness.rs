//! Waiting for things with a deadline.

use std::time::Duration;

use flux_bins::chaos::world;

/// How long anything may take that nothing is promised about; far more than it does.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// What is promised to be over by then, on a machine that does several such things at once: what is asked is that it
/// happens by itself, and about then.
pub(crate) const REPAIRED: Duration = Duration::from_secs(10);

/// Every request ends within this. Its deadline is 5 s; the rest is for this machine.
pub(crate) const ANSWERED: Duration = Duration::from_millis(6_500);

/// Waits for `future`, or fails the test.
pub(crate) async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    within(PATIENCE, what, future).await
}

/// The same, with another patience.
pub(crate) async fn within<F: Future>(patience: Duration, what: &str, future: F) -> F::Output {
    world::within(patience, what, future).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Asks again and again until there is an answer.
pub(crate) async fn until<T>(patience: Duration, what: &str, ask: impl AsyncFnMut() -> Option<T>) -> T {
    world::until(patience, what, ask).await.unwrap_or_else(|error| panic!("{error}"))
}

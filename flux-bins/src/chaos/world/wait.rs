//! Waiting with a deadline.

use std::time::Duration;

use super::WorldError;

/// From one look to the next at what cannot be waited for.
const LOOK: Duration = Duration::from_millis(25);

/// Waits for `future`, but no longer than that.
pub async fn within<F: Future>(patience: Duration, what: &str, future: F) -> Result<F::Output, WorldError> {
    let done = tokio::time::timeout(patience, future).await;
    done.map_err(|_| WorldError::TooLate { what: what.to_owned(), patience, last: None })
}

/// Asks again and again until there is an answer.
pub async fn until<T>(
    patience: Duration,
    what: &str,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> Result<T, WorldError> {
    within(patience, what, async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::time::sleep(LOOK).await;
        }
    })
    .await
}

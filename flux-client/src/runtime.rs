//! Time, tasks and chance, as parts that may be replaced: by those of a browser or a phone, or by a simulation.

use std::pin::Pin;
use std::time::Duration;

use crate::error::ClientError;

/// A future without a name.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// Clock, timers and tasks.
///
/// # Contract
/// - [`now`](Self::now) never goes back, and [`sleep_until`](Self::sleep_until) goes by it.
/// - What is [spawned](Self::spawn) runs to its end whether or not anybody waits for it.
pub trait Runtime: Send + Sync + 'static {
    /// Time since some fixed moment.
    fn now(&self) -> Duration;
    /// Milliseconds since the Unix epoch, for new message ids. It may be wrong and it may jump.
    fn wall_ms(&self) -> u64;
    /// Ends once [`now`](Self::now) has reached `at`.
    fn sleep_until(&self, at: Duration) -> BoxFuture<()>;
    /// Runs a task beside the caller.
    fn spawn(&self, task: BoxFuture<()>);
}

/// Where chance comes from: message ids and the jitter of delays. Not for keys.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `buffer` with bytes that nobody can guess.
    fn fill(&self, buffer: &mut [u8]);
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        // Without an entropy source no unique message id can be made, and a repeated one loses a message.
        getrandom::fill(buffer).expect("the operating system gives randomness");
    }
}

/// A number from 0 to `most`, each as likely as another but for a bias below 2^-32.
pub(crate) fn random_up_to(entropy: &dyn Entropy, most: u64) -> u64 {
    let mut bytes = [0_u8; 8];
    entropy.fill(&mut bytes);
    match most.checked_add(1) {
        Some(range) => u64::from_be_bytes(bytes) % range,
        None => u64::from_be_bytes(bytes),
    }
}

/// Waits for `work`, but no longer than `limit`.
pub(crate) async fn within<T>(
    runtime: &dyn Runtime,
    limit: Duration,
    work: impl Future<Output = T>,
) -> Result<T, ClientError> {
    let deadline = runtime.sleep_until(runtime.now() + limit);
    tokio::select! {
        biased;
        value = work => Ok(value),
        () = deadline => Err(ClientError::Timeout),
    }
}

#[cfg(feature = "native")]
pub use native::TokioRuntime;

#[cfg(feature = "native")]
mod native {
    use std::time::{Duration, SystemTime};

    use tokio::time::Instant;

    use super::{BoxFuture, Runtime};

    /// Tokio's clock, timers and tasks. Must be used within a tokio runtime that has its time driver enabled.
    #[derive(Debug, Clone, Copy)]
    pub struct TokioRuntime {
        origin: Instant,
    }

    impl Default for TokioRuntime {
        fn default() -> Self {
            Self { origin: Instant::now() }
        }
    }

    impl Runtime for TokioRuntime {
        fn now(&self) -> Duration {
            self.origin.elapsed()
        }

        fn wall_ms(&self) -> u64 {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since.as_millis()).unwrap_or(0)
        }

        fn sleep_until(&self, at: Duration) -> BoxFuture<()> {
            Box::pin(tokio::time::sleep_until(self.origin + at))
        }

        fn spawn(&self, task: BoxFuture<()>) {
            tokio::spawn(task);
        }
    }
}

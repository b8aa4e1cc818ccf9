//! From serving to the end.

use std::time::Duration;

use flux_core::Flux;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::Signals;
use crate::failure::Failure;

/// The listeners and loops of a process. Each runs until it is told to stop.
pub(crate) struct Parts {
    stop: CancellationToken,
    running: JoinSet<&'static str>,
}

impl Parts {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { stop: CancellationToken::new(), running: JoinSet::new() }
    }

    /// Cancelled when all parts are to stop.
    pub(crate) fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Runs a part that ends once [`stop`](Self::stop) is cancelled, and not by itself.
    pub(crate) fn run(&mut self, name: &'static str, part: impl Future + Send + 'static) {
        self.running.spawn(async move {
            part.await;
            name
        });
    }

    /// Runs something that goes on for ever, and is dropped at the end.
    pub(crate) fn keep(&mut self, name: &'static str, part: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop();
        self.run(name, async move {
            stop.run_until_cancelled(part).await;
        });
    }

    /// Waits for one that ends by itself, and says which.
    async fn ended(&mut self) -> &'static str {
        match self.running.join_next().await {
            Some(Ok(name)) => name,
            // A panic has been logged.
            Some(Err(_)) => "a part",
            None => std::future::pending().await,
        }
    }

    /// Stops all of them.
    pub(crate) async fn finish(mut self) {
        self.stop.cancel();
        while self.running.join_next().await.is_some() {}
    }
}

/// How long after the drain window everything has to be over: connections that do not answer, requests that are open and
/// the store's last write have their own deadlines within this.
pub(crate) const GIVE_UP: Duration = Duration::from_secs(30);

/// Lives until a signal comes, then does `end`; what hangs for longer than `limit` then is left behind. Another signal
/// ends it at once, and so does a part that ends by itself. What `doom` says ends it like a signal, and is why it failed.
pub(crate) async fn live<E: Future<Output = ()>>(
    signals: &mut Signals,
    mut parts: Parts,
    doom: impl Future<Output = Failure>,
    limit: Duration,
    end: impl FnOnce(Parts) -> E,
) -> Result<(), Failure> {
    let outcome = tokio::select! {
        signal = signals.next() => {
            info!(signal, "stopping");
            Ok(())
        }
        failure = doom => {
            info!(reason = failure.message(), "stopping");
            Err(failure)
        }
        name = parts.ended() => {
            return Err(Failure::new(format!("{name} ended by itself; the log says why")));
        }
    };
    tokio::select! {
        biased;
        ended = in_time(limit, end(parts)) => {
            ended?;
            info!("stopped");
            outcome
        }
        signal = signals.next() => {
            Err(Failure::new(format!("{signal} came twice: stopped at once; what was acknowledged is kept")))
        }
    }
}

/// Why a process that stands on a database which others change has to end, once it has.
pub(crate) async fn other_epoch(flux: &Flux) -> Failure {
    flux.other_epoch().await;
    Failure::new(
        "the database has begun another epoch since this process started: everybody has to start over, and so has this \
         process. Start it again, if nothing does so by itself",
    )
}

/// Waits for the end, but not for ever.
async fn in_time(limit: Duration, end: impl Future<Output = ()>) -> Result<(), Failure> {
    tokio::time::timeout(limit, end).await.map_err(|_| {
        Failure::new("stopping took too long; stopped at once, and what was acknowledged is kept")
    })
}

/// In what time `connections` leave: a hundred in a second, so that where they go is not overrun, and no longer than
/// the configuration says. A handful is gone at once.
pub(crate) fn drain_window(most: Duration, connections: usize) -> Duration {
    let millis = u64::try_from(connections).unwrap_or(u64::MAX).saturating_mul(10);
    most.min(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_end_that_hangs_is_given_up() {
        let began = tokio::time::Instant::now();
        let limit = Duration::from_secs(50);
        assert!(in_time(limit, std::future::pending()).await.is_err());
        assert_eq!(began.elapsed(), limit);
        assert!(in_time(limit, async {}).await.is_ok());
    }

    #[tokio::test]
    async fn parts_stop_when_they_are_told_to_and_are_named_when_they_end_by_themselves() {
        let mut parts = Parts::new();
        let stop = parts.stop();
        parts.run("the listener", async move { stop.cancelled().await });
        parts.keep("a loop", std::future::pending());
        parts.run("a broken part", async {});
        assert_eq!(parts.ended().await, "a broken part");
        parts.finish().await;
    }

    #[test]
    fn a_few_leave_at_once_and_many_over_the_whole_window() {
        let most = Duration::from_secs(20);
        assert_eq!(drain_window(most, 0), Duration::ZERO);
        assert_eq!(drain_window(most, 2), Duration::from_millis(20));
        assert_eq!(drain_window(most, 10_000), most);
    }
}

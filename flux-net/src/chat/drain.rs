//! Going without losing anybody: who leaves when, and where to.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use flux_core::routing::Event;
use tokio_util::sync::CancellationToken;

/// The plan by which a node empties itself.
#[derive(Debug)]
pub(super) struct Drain {
    /// When it began, by the monotonic clock.
    pub(super) began: Duration,
    /// In what time everybody leaves.
    pub(super) window: Duration,
    /// Other nodes that take connections.
    pub(super) elsewhere: Vec<String>,
}

impl Drain {
    /// How long connection number `id` stays after the beginning. Multiples of the golden ratio fall evenly into any
    /// window, however many there are and whichever are left.
    pub(super) fn stay(&self, id: u64) -> Duration {
        const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
        let millis = (u128::from(id.wrapping_mul(GOLDEN)) * self.window.as_millis()) >> 64;
        Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    /// What connection number `id` is told at `now`.
    pub(super) fn event(&self, id: u64, now: Duration) -> Event {
        let count = u64::try_from(self.elsewhere.len()).unwrap_or(u64::MAX);
        let place = id.checked_rem(count).and_then(|place| usize::try_from(place).ok());
        Event::Draining {
            retry_in: (self.began + self.stay(id)).saturating_sub(now),
            url: place.and_then(|place| self.elsewhere.get(place).cloned()),
        }
    }
}

/// Whether there is such a plan, and how a connection hears of it. All hear of it in the order in which they began to
/// wait, in every run: a `watch` would wake them by chance.
#[derive(Debug, Default)]
pub(super) struct Draining {
    plan: OnceLock<Arc<Drain>>,
    begun: CancellationToken,
}

impl Draining {
    /// Begins, unless it has begun. Returns whether it has only now.
    pub(super) fn begin(&self, plan: Drain) -> bool {
        let first = self.plan.set(Arc::new(plan)).is_ok();
        self.begun.cancel();
        first
    }

    pub(super) fn has_begun(&self) -> bool {
        self.plan.get().is_some()
    }
}

/// How a connection hears of it.
#[derive(Debug, Clone)]
pub(super) struct DrainWatch(pub(super) Arc<Draining>);

impl DrainWatch {
    /// Waits until the node drains.
    pub(super) async fn begun(&self) -> Arc<Drain> {
        self.0.begun.cancelled().await;
        match self.0.plan.get() {
            Some(plan) => Arc::clone(plan),
            // It begins with a plan.
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(elsewhere: &[&str]) -> Drain {
        Drain {
            began: Duration::from_secs(100),
            window: Duration::from_secs(20),
            elsewhere: elsewhere.iter().map(|url| (*url).to_owned()).collect(),
        }
    }

    #[test]
    fn connections_leave_evenly_over_the_window() {
        let plan = plan(&[]);
        let mut seconds = [0; 20];
        for id in 1..=2_000 {
            let stay = plan.stay(id);
            assert!(stay < plan.window);
            seconds[usize::try_from(stay.as_secs()).unwrap()] += 1;
        }
        assert!(seconds.iter().all(|count| (95..=105).contains(count)), "{seconds:?}");
    }

    #[test]
    fn connections_are_told_when_and_where_to_come_back() {
        let now = Duration::from_secs(100);
        assert_eq!(plan(&[]).event(3, now), Event::Draining { retry_in: plan(&[]).stay(3), url: None });
        let two = plan(&["wss://a", "wss://b"]);
        let urls: Vec<_> = (0..4)
            .map(|id| match two.event(id, now) {
                Event::Draining { url, .. } => url,
                _ => None,
            })
            .collect();
        assert_eq!(urls, ["wss://a", "wss://b", "wss://a", "wss://b"].map(|url| Some(url.to_owned())));
    }
}

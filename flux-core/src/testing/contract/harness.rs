//! What stands around a store while a case runs.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::DurableStore;
use crate::cache::CacheStore;
use crate::entropy::Entropy;
use crate::guard::{LockStore, RateLimiter};
use crate::routing::{NodeRegistry, SessionDirectory};
use crate::testing::{ManualClock, SeededEntropy};
use crate::time::Timestamp;
use crate::verification::CodeStore;

/// Around a store of all durable ports.
pub type DurableHarness = Harness<dyn DurableStore>;
/// Around a store of verification codes.
pub type CodeHarness = Harness<dyn CodeStore>;
/// Around a rate limiter.
pub type LimiterHarness = Harness<dyn RateLimiter>;
/// Around a store of locks.
pub type LockHarness = Harness<dyn LockStore>;
/// Around a cache of users.
pub type CacheHarness = Harness<dyn CacheStore>;
/// Around a session directory and the node registry that its entries lapse by.
pub type RoutingHarness = Harness<dyn RoutingPorts>;

/// The two ports of one backend that routing stands on.
pub trait RoutingPorts: SessionDirectory + NodeRegistry {}

impl<T: SessionDirectory + NodeRegistry> RoutingPorts for T {}

/// Moves the clock that a store goes by.
#[async_trait]
pub trait PassTime: Send + Sync + 'static {
    /// Lets the store believe that `span` has passed.
    async fn pass(&self, span: Duration);
}

#[async_trait]
impl PassTime for ManualClock {
    async fn pass(&self, span: Duration) {
        self.advance(span);
    }
}

/// An empty store of its own for one case, the way to move its clock, and what must live as long as it.
#[must_use]
pub struct Harness<S: ?Sized> {
    pub(super) store: Arc<S>,
    time: Option<Arc<dyn PassTime>>,
    ids: Arc<SeededEntropy>,
    kept: Option<Box<dyn Any + Send>>,
}

impl<S: ?Sized> Harness<S> {
    /// Around `store`, whose clock cannot be moved.
    pub fn new(store: Arc<S>) -> Self {
        Self { store, time: None, ids: Arc::new(SeededEntropy::new(0x666c_7578)), kept: None }
    }

    /// With a way to move the store's clock.
    pub fn with_time(self, time: impl PassTime) -> Self {
        Self { time: Some(Arc::new(time)), ..self }
    }

    /// Keeps `guard` until the case is over: a temporary folder, a private server.
    pub fn keeping(self, guard: impl Any + Send) -> Self {
        Self { kept: Some(Box::new(guard)), ..self }
    }

    /// Lets `span` pass for the store.
    pub(super) async fn pass(&self, span: Duration) {
        let time = self.time.as_ref().expect("this case moves the store's clock: list it as `real_time`");
        time.pass(span).await;
    }

    /// An id that no other call gives.
    pub(super) fn id<T>(&self, make: impl FnOnce(Timestamp, &dyn Entropy) -> T) -> T {
        make(Timestamp::from_millis(1_700_000_000_000), &*self.ids)
    }
}

impl<S: ?Sized> fmt::Debug for Harness<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Harness")
            .field("time", &self.time.is_some())
            .field("kept", &self.kept.is_some())
            .finish_non_exhaustive()
    }
}

/// Longer than any case takes where nothing hangs.
const DEADLINE: Duration = Duration::from_mins(2);

/// Runs one case on a runtime with several threads, so that what happens at once does.
#[doc(hidden)]
pub fn run<S: ?Sized, Fresh: Future<Output = Harness<S>>, Case: Future<Output = ()>>(
    fresh: impl FnOnce() -> Fresh,
    case: impl FnOnce(Harness<S>) -> Case,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime for the case");
    runtime.block_on(async {
        tokio::time::timeout(DEADLINE, async { case(fresh().await).await })
            .await
            .expect("the case ends within its deadline");
    });
}

/// Runs all of `tasks` at once, each on a task of its own, and gives what they gave, in order.
pub(super) async fn at_once<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = tasks.into_iter().collect();
    let barrier = Arc::new(tokio::sync::Barrier::new(tasks.len()));
    let running: Vec<_> = tasks
        .into_iter()
        .map(|task| {
            let barrier = Arc::clone(&barrier);
            tokio::spawn(async move {
                barrier.wait().await;
                task.await
            })
        })
        .collect();
    let mut results = Vec::with_capacity(running.len());
    for task in running {
        results.push(task.await.expect("the task ran to its end"));
    }
    results
}

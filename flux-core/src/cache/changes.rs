//! Forgetting what was written.

use std::collections::BTreeSet;
use std::time::Duration;

use super::shared::Shared;
use super::{CacheKey, UserCache};
use crate::error::{ActError, StoreError};
use crate::feed::{FeedChange, FeedEntry};
use crate::id::UserId;

/// By then a write is committed or never will be, whose caller was not told which: longer than a transaction, its
/// repetitions included, lasts.
const LATE: Duration = Duration::from_secs(10);

impl UserCache {
    /// Carries out a write and forgets what it `changed`, before anybody hears what came of it. Where that is not known
    /// (an answer that was lost, a caller that went away), what is `doubtful` is forgotten, now and once it is certain
    /// that nothing comes any more.
    pub(crate) async fn changing<T, E: Unwritten>(
        &self,
        doubtful: &[CacheKey],
        write: impl Future<Output = Result<T, E>>,
        changed: impl FnOnce(&T) -> Vec<CacheKey>,
    ) -> Result<T, E> {
        let Some(shared) = &self.0 else { return write.await };
        let mut unknown = Unknown { shared, keys: doubtful };
        let outcome = write.await;
        match &outcome {
            Ok(written) => {
                unknown.keys = &[];
                shared.forget(&changed(written)).await;
            }
            Err(error) if error.unwritten() => unknown.keys = &[],
            Err(_) => {}
        }
        outcome
    }
}

/// Of whom the friends are others than before these entries.
pub(crate) fn relations_in(entries: &[(UserId, FeedEntry)]) -> Vec<CacheKey> {
    let mut users = BTreeSet::new();
    for (user, entry) in entries {
        let other = match &entry.change {
            FeedChange::FriendAdded { profile, .. } | FeedChange::Blocked { profile, .. } => profile.user,
            FeedChange::FriendRemoved(other) | FeedChange::Unblocked(other) => *other,
            _ => continue,
        };
        users.extend([*user, other]);
    }
    users.into_iter().map(CacheKey::Friends).collect()
}

/// An error that may say for certain that nothing was written.
pub(crate) trait Unwritten {
    /// Whether it does.
    fn unwritten(&self) -> bool;
}

impl Unwritten for StoreError {
    fn unwritten(&self) -> bool {
        false
    }
}

impl Unwritten for ActError {
    fn unwritten(&self) -> bool {
        matches!(self, Self::Fenced(_))
    }
}

/// A write of which it is not known what it did; doubts `keys` when it is dropped.
struct Unknown<'c> {
    shared: &'c Shared,
    keys: &'c [CacheKey],
}

impl Drop for Unknown<'_> {
    fn drop(&mut self) {
        if !self.keys.is_empty() {
            let now = self.shared.now();
            self.shared.doubt(self.keys, now, Some(now.saturating_add(LATE)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;

    use super::*;
    use crate::cache::{CachePorts, CacheSettings, CacheStore, CacheValue, LeaseToken, Looked};
    use crate::error::Fenced;
    use crate::testing::{ManualClock, SeededEntropy};

    /// Writes down what it is told to forget.
    #[derive(Default)]
    struct Told(Mutex<Vec<CacheKey>>);

    #[async_trait]
    impl CacheStore for Told {
        async fn look(
            &self,
            keys: &[CacheKey],
            _: LeaseToken,
            _: Duration,
        ) -> Result<Vec<Looked>, StoreError> {
            Ok(vec![Looked::Taken; keys.len()])
        }

        async fn fill(
            &self,
            values: &[CacheValue],
            _: LeaseToken,
            _: Duration,
        ) -> Result<Vec<bool>, StoreError> {
            Ok(vec![false; values.len()])
        }

        async fn forget(&self, keys: &[CacheKey]) -> Result<(), StoreError> {
            self.0.lock().unwrap().extend(keys);
            Ok(())
        }
    }

    struct Scene {
        clock: ManualClock,
        told: Arc<Told>,
        cache: Arc<UserCache>,
    }

    impl Scene {
        fn new() -> Self {
            let (clock, told) = (ManualClock::default(), Arc::new(Told::default()));
            let ports = CachePorts {
                cache: Arc::clone(&told) as _,
                clock: Arc::new(clock.clone()),
                entropy: Arc::new(SeededEntropy::new(1)),
            };
            let cache = Arc::new(UserCache::new(ports, CacheSettings::default()));
            tokio::spawn(Arc::clone(&cache).run());
            Self { clock, told, cache }
        }

        /// What was forgotten since this was last asked, once `span` has passed and nothing more happens.
        async fn told_after(&self, span: Duration) -> Vec<CacheKey> {
            for pass in [Duration::ZERO, span] {
                self.clock.advance(pass);
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
            }
            std::mem::take(&mut self.told.0.lock().unwrap())
        }
    }

    fn key(n: u8) -> CacheKey {
        CacheKey::Card(UserId::from_slice(&[n; 16]).unwrap())
    }

    fn lost() -> ActError {
        StoreError::unavailable("the answer is lost").into()
    }

    #[tokio::test]
    async fn what_was_written_is_forgotten_before_anybody_hears_of_it() {
        let scene = Scene::new();
        let written = async { Ok::<_, ActError>(2) };
        let done = scene.cache.changing(&[key(1)], written, |n| vec![key(*n)]).await;
        assert_eq!(done.unwrap(), 2);
        assert_eq!(std::mem::take(&mut *scene.told.0.lock().unwrap()), [key(2)]);
        assert_eq!(scene.told_after(LATE * 2).await, []);
    }

    #[tokio::test]
    async fn where_nothing_was_written_nothing_is_forgotten() {
        let scene = Scene::new();
        let fenced = async { Err::<(), ActError>(Fenced::SessionEnded.into()) };
        scene.cache.changing(&[key(1)], fenced, |()| vec![key(1)]).await.unwrap_err();
        assert_eq!(scene.told_after(LATE * 2).await, []);
    }

    #[tokio::test]
    async fn what_may_have_been_written_is_forgotten_now_and_when_nothing_comes_any_more() {
        let scene = Scene::new();
        let unknown = async { Err::<(), ActError>(lost()) };
        scene.cache.changing(&[key(1)], unknown, |()| Vec::new()).await.unwrap_err();
        assert_eq!(scene.told_after(LATE.saturating_sub(Duration::from_millis(1))).await, [key(1)]);
        assert_eq!(scene.told_after(Duration::from_millis(1)).await, [key(1)]);
        assert_eq!(scene.told_after(LATE * 2).await, []);
    }

    #[tokio::test]
    async fn who_does_not_wait_for_a_write_leaves_it_in_doubt() {
        let scene = Scene::new();
        let never = std::future::pending::<Result<(), ActError>>();
        let keys = [key(1)];
        let mut change = Box::pin(scene.cache.changing(&keys, never, |()| Vec::new()));
        tokio::select! {
            biased;
            _ = &mut change => panic!("it never ends"),
            () = tokio::task::yield_now() => {}
        }
        drop(change);
        assert_eq!(scene.told_after(Duration::ZERO).await, [key(1)]);
        assert_eq!(scene.told_after(LATE).await, [key(1)]);
    }
}

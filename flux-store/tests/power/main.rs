//! The power goes, at any instant: what was acknowledged is on the disk that is left.
//!
//! A disk of our own, in memory, that programs use through the kernel (FUSE), and of which it is known what was synced.
//! Stores run on it and never stop; what a power cut would leave is copied to another place and opened there.
#![cfg(all(
    target_os = "linux",
    feature = "sqlite",
    feature = "mysql",
    feature = "servers",
    feature = "system"
))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use flux_core::DurableStore;
use flux_core::message::Written;
use flux_store::system::SystemEntropy;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

mod disk;
#[path = "../friends/mod.rs"]
mod friends;
mod mariadb;
mod mount;
mod process;
mod sqlite;

use friends::Friends;

/// Longer than anything takes that does not hang.
const PATIENCE: Duration = Duration::from_mins(1);
/// How many send at once.
const WRITERS: usize = 4;

/// Messages that are sent one after another by several, and which of them were acknowledged.
struct Load {
    acknowledged: watch::Receiver<Vec<(u64, String)>>,
    stop: Arc<AtomicBool>,
    writers: JoinSet<()>,
}

impl Load {
    fn start(store: &Arc<dyn DurableStore>, friends: Friends) -> Self {
        let (tell, acknowledged) = watch::channel(Vec::new());
        let (tell, stop) = (Arc::new(tell), Arc::new(AtomicBool::new(false)));
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let (store, tell, stop) = (Arc::clone(store), Arc::clone(&tell), Arc::clone(&stop));
            writers.spawn(async move {
                for number in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let text = format!("{writer} {number}");
                    let written = store.commit(&[friends.message(&SystemEntropy, &text)]).await.unwrap();
                    let Written::Appended { seq, .. } = &written[0] else { panic!("{:?}", written[0]) };
                    tell.send_modify(|all| all.push((seq.get(), text)));
                }
            });
        }
        Self { acknowledged, stop, writers }
    }

    /// Waits for so many more, and says which there are.
    async fn after(&mut self, more: usize) -> Vec<(u64, String)> {
        let wanted = self.acknowledged.borrow().len() + more;
        let enough = self.acknowledged.wait_for(|all| all.len() >= wanted);
        timeout(PATIENCE, enough).await.expect("messages are acknowledged").unwrap().clone()
    }

    async fn stop(mut self) {
        self.stop.store(true, Ordering::SeqCst);
        while let Some(ended) = timeout(PATIENCE, self.writers.join_next()).await.expect("all end") {
            ended.unwrap();
        }
    }
}

/// How many of `acknowledged` are not where they were.
async fn missing(friends: &Friends, store: &dyn DurableStore, acknowledged: &[(u64, String)]) -> usize {
    let texts = friends.texts(store).await;
    let at = |seq: u64| texts.get(usize::try_from(seq).unwrap() - 1);
    acknowledged.iter().filter(|(seq, text)| at(*seq) != Some(text)).count()
}

//! What bounds a transaction, and what becomes of one that came late: on a real server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use flux_core::account::{AccountStore, CreateAccount, DisplayName, NewAccount, Username};
use flux_core::message::{LONGEST_TRANSACTION, MessageStore, Stamp};
use flux_core::session::{
    Device, DeviceClass, DeviceName, NewSession, SessionEndReason, SessionPolicy, SessionStore,
};
use flux_core::{ConversationId, LogId, Pair, SessionId, StoreError, TokenHash, UserId, entropy};
use sqlx::{Executor, Row};
use tokio::time::{Instant, timeout};

use super::late::{self, Touched};
use super::statement::sql;
use super::support::{NOW, PATIENCE, bare, config, database, open, until_transactions};
use super::transaction::Tx;
use super::{MySqlStore, friend::write};
use crate::system::SystemEntropy;

const RENAME: &str = "UPDATE accounts SET display_name = ? WHERE user_id = ?";
const NAME: &str = "SELECT display_name FROM accounts WHERE user_id = ?";
async fn user(store: &MySqlStore, name: &str) -> UserId {
    let user = UserId::generate(NOW, &SystemEntropy);
    let new = NewAccount {
        user,
        username: Username::new(name).unwrap(),
        display_name: DisplayName::new(name).unwrap(),
        email: None,
        password_hash: None,
    };
    assert!(matches!(store.create_account(new).await.unwrap(), CreateAccount::Created(_)));
    user
}

async fn rename(tx: &mut Tx, user: UserId, name: &str) -> Result<(), StoreError> {
    tx.run(sql(RENAME).text(name).id(&user)).await
}

async fn name(store: &MySqlStore, user: UserId) -> String {
    store.account(user).await.unwrap().unwrap().profile.display_name.as_str().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_whose_client_stands_still_is_ended_by_the_server_and_its_late_writes_are_refused() {
    let url = database().await;
    let store = open(config(&url)).await.unwrap();
    let alice = user(&store, "alice").await;
    let version = bare(&url).await.fetch_one("SELECT VERSION()").await.unwrap();
    if !version.try_get_unchecked::<String, _>(0).unwrap().contains("MariaDB") {
        // MySQL has no such limit: there, peers end the connections of a node that stands still.
        return;
    }
    let (tries, late) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(None)));
    let (tried, refused) = (tries.clone(), late.clone());
    let work = store.inner.write(move |tx| {
        let (tries, late, url) = (tried.clone(), refused.clone(), url.clone());
        Box::pin(async move {
            if tries.fetch_add(1, Ordering::SeqCst) > 0 {
                return rename(tx, alice, "again").await;
            }
            let mut look = bare(&url).await;
            rename(tx, alice, "paused").await?;
            // As long as a node stands still: here until the server has had enough.
            until_transactions(&mut look, 0, 0).await;
            let written = rename(tx, alice, "woken").await;
            *late.lock().unwrap() = Some(written.is_err());
            written
        })
    });
    work.await.unwrap();
    assert_eq!(*late.lock().unwrap(), Some(true), "the late write was refused");
    assert_eq!(tries.load(Ordering::SeqCst), 2);
    assert_eq!(name(&store, alice).await, "again");
}

#[tokio::test]
async fn a_transaction_that_takes_too_long_is_rolled_back_and_run_again() {
    let store = open(config(&database().await)).await.unwrap();
    let alice = user(&store, "alice").await;
    let tries = Arc::new(AtomicUsize::new(0));
    let tried = tries.clone();
    let work = store.inner.write(move |tx| {
        let tries = tried.clone();
        Box::pin(async move {
            if tries.fetch_add(1, Ordering::SeqCst) > 0 {
                return Ok::<_, StoreError>(());
            }
            rename(tx, alice, "too long").await?;
            let began = Instant::now();
            // Busy all the time, so that nobody but the store itself ends it.
            while began.elapsed() <= LONGEST_TRANSACTION {
                tx.one(sql(NAME).id(&alice)).await?;
            }
            Ok(())
        })
    });
    work.await.unwrap();
    assert_eq!(tries.load(Ordering::SeqCst), 2);
    assert_eq!(name(&store, alice).await, "alice");
}

/// When a conversation and a feed changed, and the greatest stamp of a cursor.
async fn stamps(store: &MySqlStore, conversation: ConversationId, user: UserId) -> [Stamp; 3] {
    let logs = store.changed_logs(Stamp::default(), 100).await.unwrap();
    let log = |wanted| logs.iter().find(|it| it.log == wanted).unwrap();
    let (conversation, feed) = (log(LogId::Conversation(conversation)), log(LogId::Feed(user)));
    let moved = conversation.cursors.iter().map(|(_, moved)| *moved).max().unwrap();
    [conversation.changed, feed.changed, moved]
}

#[tokio::test]
async fn what_was_committed_late_is_stamped_again() {
    let store = open(config(&database().await)).await.unwrap();
    let (alice, bob) = (user(&store, "alice").await, user(&store, "bob").await);
    let pair = Pair::new(alice, bob).unwrap();
    let conversation = ConversationId::direct(pair);
    let open = store.inner.write(move |tx| {
        let policy = flux_core::message::DirectPolicy { friends: true, ..Default::default() };
        let writes = vec![flux_core::friend::RelationWrite::OpenDirect(pair, policy)];
        Box::pin(write::apply(tx, writes))
    });
    open.await.unwrap();
    let session = SessionId::generate(NOW, &SystemEntropy);
    let device = Device { name: DeviceName::empty(), class: DeviceClass::Other };
    let refresh = TokenHash::new(entropy::bytes(&SystemEntropy));
    let new = NewSession { session, user: alice, device, refresh };
    store.open_session(new, SessionPolicy::default(), None).await.unwrap();
    store.end_session(alice, session, SessionEndReason::Logout).await.unwrap();
    let before = stamps(&store, conversation, alice).await;
    let ended = store.session(session).await.unwrap().unwrap().ended.unwrap();

    let touched =
        Touched { conversations: [conversation].into(), feeds: [alice].into(), sessions: [session].into() };
    late::stamp_again(&store.inner, touched);
    let stamped = async {
        loop {
            let after = stamps(&store, conversation, alice).await;
            if after.iter().zip(&before).all(|(after, before)| after > before) {
                return after;
            }
        }
    };
    let after = timeout(PATIENCE, stamped).await.expect("all of it is stamped again");
    assert!(after.iter().all(|stamp| *stamp > before[0].max(before[1])), "behind all that was there");
    let again = store.session(session).await.unwrap().unwrap().ended.unwrap();
    assert!(again.0 >= ended.0 && again.1 == ended.1, "{ended:?} {again:?}");
}

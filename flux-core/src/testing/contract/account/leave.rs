//! What is left of a deleted account.

use crate::account::{AccountState, CreateAccount, Ended, NewAccount, Profile, USERNAME_RESERVED, Username};
use crate::error::{ActError, Fenced};
use crate::id::Seq;
use crate::secret::Secret;
use crate::session::SessionEndReason;
use crate::testing::contract::DurableHarness;
use crate::testing::contract::world::{MINUTE, Person};
use crate::time::Timestamp;

/// Somebody else who wants what `gone` had.
async fn successor(h: &DurableHarness, username: &Username, gone: &Person) -> CreateAccount {
    let (username, email) = (username.clone(), Some(gone.email.clone()));
    h.store.create_account(NewAccount { username, email, ..h.new_account("unused") }).await.unwrap()
}

pub async fn a_deleted_account_leaves_its_id_and_nothing_else(h: DurableHarness) {
    let (alice, bob, _) = h.two_friends().await;
    h.store.touch_last_seen(&[(alice.user, Timestamp::from_millis(5_000))]).await.unwrap();
    h.store.set_invisible(&alice.actor(), true).await.unwrap();
    let second = h.log_in(alice.user).await.session;
    let ended = h.store.delete_account(&alice.actor()).await.unwrap();
    let mut sessions: Vec<_> = ended.sessions.iter().map(|it| it.session).collect();
    sessions.sort();
    let mut expected = [alice.session, second];
    expected.sort();
    assert_eq!(sessions, expected);
    assert!(ended.sessions.iter().all(|it| it.reason == SessionEndReason::AccountDeleted));
    assert!(ended.entries.is_empty(), "nobody is left to be told");

    let account = h.store.account(alice.user).await.unwrap().unwrap();
    assert_eq!(account.profile, Profile::tombstone(alice.user));
    assert_eq!((account.email, account.password_hash), (None, None));
    assert_eq!((account.state, account.last_seen), (AccountState::Deleted, None));
    assert_eq!(h.store.account_by_username(&alice.username).await.unwrap(), None);
    assert_eq!(h.store.account_by_email(&alice.email).await.unwrap(), None);
    assert!(h.store.sessions(alice.user).await.unwrap().is_empty());
    let feed = h.store.feed(alice.user, Seq::ZERO, 100).await.unwrap();
    assert_eq!((feed.entries, feed.floor), (Vec::new(), feed.head), "what it was told names others");
    assert_eq!(h.store.jobs(10).await.unwrap().len(), 1);
    assert!(h.store.account(bob.user).await.unwrap().unwrap().email.is_some());
}

pub async fn an_account_is_deleted_once(h: DurableHarness) {
    let (alice, _) = h.two().await;
    h.store.delete_account(&alice.actor()).await.unwrap();
    let again = h.store.delete_account(&alice.actor()).await;
    assert!(matches!(again, Err(ActError::Fenced(Fenced::SessionEnded))));
    assert_eq!(h.store.jobs(10).await.unwrap().len(), 1);
    let hash = Secret::new("$argon2id$v=19$second");
    assert_eq!(h.store.set_password(alice.user, &hash, None).await.unwrap(), Ended::default());
    h.store.touch_last_seen(&[(alice.user, Timestamp::from_millis(5_000))]).await.unwrap();
    let account = h.store.account(alice.user).await.unwrap().unwrap();
    assert_eq!((account.password_hash, account.last_seen), (None, None), "nothing comes back to it");
}

pub async fn the_address_of_a_deleted_account_is_free_at_once(h: DurableHarness) {
    let (alice, _) = h.two().await;
    h.store.delete_account(&alice.actor()).await.unwrap();
    let taken = successor(&h, &alice.username, &alice).await;
    assert_eq!(taken, CreateAccount::UsernameTaken);
    let other = Username::new("successor").unwrap();
    assert!(matches!(successor(&h, &other, &alice).await, CreateAccount::Created(_)));
}

pub async fn the_name_of_a_deleted_account_stays_reserved_for_90_days(h: DurableHarness) {
    let paypal = h.person("paypa1").await;
    let look_alike = Username::new("paypal").unwrap();
    h.store.delete_account(&paypal.actor()).await.unwrap();
    h.pass(USERNAME_RESERVED.saturating_sub(MINUTE)).await;
    for name in [&paypal.username, &look_alike] {
        assert_eq!(successor(&h, name, &paypal).await, CreateAccount::UsernameTaken);
    }
    h.pass(2 * MINUTE).await;
    assert!(matches!(successor(&h, &look_alike, &paypal).await, CreateAccount::Created(_)));
    let late = NewAccount { username: paypal.username.clone(), ..h.new_account("unused") };
    assert_eq!(h.store.create_account(late).await.unwrap(), CreateAccount::UsernameTaken);
}

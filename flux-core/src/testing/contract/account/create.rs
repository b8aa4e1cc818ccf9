//! Making accounts, and what is unique about them.

use crate::account::{AccountState, Bio, CreateAccount, Email, NewAccount, Username};
use crate::testing::contract::DurableHarness;
use crate::testing::contract::harness::at_once;
use crate::testing::contract::world::{MINUTE, nth_name, password};

fn same_look(one: &str, other: &str) -> (Username, Username) {
    let (one, other) = (Username::new(one).unwrap(), Username::new(other).unwrap());
    assert_eq!(one.skeleton(), other.skeleton(), "these look alike");
    assert_ne!(one.key(), other.key());
    (one, other)
}

pub async fn a_new_account_is_found_by_id_name_and_address(h: DurableHarness) {
    let new = h.new_account("alice");
    let account = h.create(new.clone()).await;
    assert_eq!(account.profile.user, new.user);
    assert_eq!(account.profile.username, Some(new.username.clone()));
    assert_eq!(account.profile.display_name, new.display_name);
    assert_eq!(account.profile.bio, Bio::empty());
    assert_eq!(account.email, new.email);
    assert_eq!(account.password_hash, Some(password()));
    assert_eq!((account.state, account.invisible), (AccountState::Active, false));
    assert_eq!(account.last_seen, None);
    let email = new.email.unwrap();
    assert_eq!(h.store.account(new.user).await.unwrap(), Some(account.clone()));
    assert_eq!(h.store.account_by_username(&new.username).await.unwrap(), Some(account.clone()));
    assert_eq!(h.store.account_by_email(&email).await.unwrap(), Some(account));
}

pub async fn an_account_may_have_neither_address_nor_password(h: DurableHarness) {
    for name in ["alice", "bob"] {
        let new = NewAccount { email: None, password_hash: None, ..h.new_account(name) };
        let account = h.create(new.clone()).await;
        assert_eq!((account.email, account.password_hash), (None, None));
        let kept = h.store.account(new.user).await.unwrap().unwrap();
        assert_eq!((kept.email, kept.password_hash), (None, None));
    }
}

pub async fn usernames_that_look_alike_are_the_same_name(h: DurableHarness) {
    let (name, look_alike) = same_look("paypal", "paypa1");
    h.create(NewAccount { username: name.clone(), ..h.new_account("alice") }).await;
    for username in [name, look_alike.clone()] {
        let new = NewAccount { username, ..h.new_account("bob") };
        let (user, email) = (new.user, new.email.clone().unwrap());
        assert_eq!(h.store.create_account(new).await.unwrap(), CreateAccount::UsernameTaken);
        assert_eq!(h.store.account(user).await.unwrap(), None);
        assert_eq!(h.store.account_by_email(&email).await.unwrap(), None);
    }
    assert_eq!(h.store.account_by_username(&look_alike).await.unwrap(), None, "found by its own name only");
}

pub async fn addresses_that_differ_in_case_are_the_same_address(h: DurableHarness) {
    h.create(h.new_account("alice")).await;
    for address in ["alice@example.org", "Alice@Example.ORG"] {
        let new = NewAccount { email: Some(Email::new(address).unwrap()), ..h.new_account("bob") };
        let username = new.username.clone();
        assert_eq!(h.store.create_account(new).await.unwrap(), CreateAccount::EmailTaken);
        assert_eq!(h.store.account_by_username(&username).await.unwrap(), None);
    }
    let found = h.store.account_by_email(&Email::new("ALICE@example.org").unwrap()).await.unwrap();
    assert_eq!(found.unwrap().email.unwrap().as_str(), "alice@example.org", "kept as it was given");
    h.create(h.new_account("bob")).await;
    h.create(NewAccount {
        email: Some(Email::new("alice+x@example.org").unwrap()),
        ..h.new_account("carol")
    })
    .await;
}

pub async fn of_those_who_want_one_name_at_once_one_gets_it(h: DurableHarness) {
    let (name, look_alike) = same_look("paypal", "paypa1");
    let creations = (0..16).map(|n| {
        let username = if n % 2 == 0 { name.clone() } else { look_alike.clone() };
        let (store, new) = (h.store.clone(), NewAccount { username, ..h.new_account(&nth_name(n)) });
        async move { store.create_account(new).await.unwrap() }
    });
    let outcomes = at_once(creations).await;
    let created = outcomes.iter().filter(|it| matches!(it, CreateAccount::Created(_))).count();
    let taken = outcomes.iter().filter(|it| **it == CreateAccount::UsernameTaken).count();
    assert_eq!((created, taken), (1, 15));
}

pub async fn of_those_who_want_one_address_at_once_one_gets_it(h: DurableHarness) {
    let creations = (0..16).map(|n| {
        let address = if n % 2 == 0 { "Wanted@example.org" } else { "wanted@example.org" };
        let email = Some(Email::new(address).unwrap());
        let (store, new) = (h.store.clone(), NewAccount { email, ..h.new_account(&nth_name(n)) });
        async move { (new.username.clone(), store.create_account(new).await.unwrap()) }
    });
    let mut created = 0;
    for (username, outcome) in at_once(creations).await {
        let found = h.store.account_by_username(&username).await.unwrap();
        match outcome {
            CreateAccount::Created(account) => {
                created += 1;
                assert_eq!(found, Some(*account));
            }
            other => assert_eq!((other, found), (CreateAccount::EmailTaken, None)),
        }
    }
    assert_eq!(created, 1);
}

pub async fn an_account_is_as_old_as_the_stores_clock_says(h: DurableHarness) {
    let older = h.create(h.new_account("alice")).await.created;
    h.pass(MINUTE).await;
    let newer = h.create(h.new_account("bob")).await.created;
    assert_eq!(newer.since(older), MINUTE);
}

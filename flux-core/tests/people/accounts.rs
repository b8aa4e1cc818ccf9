//! Accounts: who gets one, and what others see of it.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use flux_core::account::{
    AccountError, AccountState, AccountStore, Bio, DisplayName, NewUser, Profile, ProfileChange,
    ProvisionError, RegisterError, Username,
};
use flux_core::feed::FeedChange;
use flux_core::session::Actor;
use flux_core::testing::SeededEntropy;
use flux_core::verification::Purpose;
use flux_core::{Clock, ErrorCode, Fenced, Secret, UserId};

use crate::support::{ClientNumber, HERE, PASSWORD, World, all, another, email, registration};

fn new_user(name: &str) -> NewUser {
    NewUser { username: Username::new(name).unwrap(), display_name: None, email: None }
}

fn names(found: &[Profile]) -> Vec<&str> {
    found.iter().filter_map(|profile| profile.username.as_ref()).map(Username::as_str).collect()
}

#[tokio::test]
async fn whoever_has_the_code_gets_an_account() {
    let world = World::new();
    let code = world.code(Purpose::Register, &email("ann")).await;
    let account = world.try_register("ann", code.clone()).await.unwrap();
    assert_eq!(account.profile.display_name.as_str(), "ann");
    assert_eq!((account.state, account.email), (AccountState::Active, Some(email("ann"))));
    world.login("ann").await;
    let again = world.try_register("bob", code).await.unwrap_err();
    assert_eq!(again.code(), ErrorCode::InvalidCode);
}

#[tokio::test]
async fn a_display_name_is_taken_as_it_was_chosen() {
    let world = World::new();
    let code = world.code(Purpose::Register, &email("ann")).await;
    let display_name = DisplayName::new("Ann Lee").unwrap();
    let with_name = flux_core::account::Registration {
        display_name: Some(display_name.clone()),
        ..registration("ann", &email("ann"), code)
    };
    let account = world.accounts.register(with_name, &HERE.addr()).await.unwrap();
    assert_eq!(account.profile.display_name, display_name);
}

#[tokio::test]
async fn a_taken_username_costs_no_code() {
    let world = World::new();
    world.register("modern").await;
    let code = world.code(Purpose::Register, &email("ann")).await;
    for look_alike in ["modern", "modem", "m0dem", "m_o-dern"] {
        let registration = registration(look_alike, &email("ann"), code.clone());
        let error = world.accounts.register(registration, &HERE.addr()).await.unwrap_err();
        assert_eq!(
            (error.code(), error.field()),
            (ErrorCode::UsernameTaken, Some("username")),
            "{look_alike}"
        );
    }
    world.try_register("ann", code).await.unwrap();
}

#[tokio::test]
async fn a28_a_weak_password_costs_no_code_and_no_hashing() {
    let world = World::new();
    let address = email("annabelle");
    let code = world.code(Purpose::Register, &address).await;
    for weak in ["", "short", "password1", "annabelle", "annabelle@example.com", "Annabelle1"] {
        let registration = flux_core::account::Registration {
            password: Secret::new(weak),
            ..registration("annabelle", &address, code.clone())
        };
        let error = world.accounts.register(registration, &HERE.addr()).await.unwrap_err();
        assert_eq!((error.code(), error.field()), (ErrorCode::WeakPassword, Some("password")), "{weak}");
    }
    assert_eq!(world.hasher.hashed.load(Ordering::SeqCst), 0);
    world.try_register("annabelle", code).await.unwrap();
}

#[tokio::test]
async fn without_the_code_nothing_is_hashed() {
    let world = World::new();
    let code = world.code(Purpose::Register, &email("ann")).await;
    let error = world.try_register("ann", another(&code)).await.unwrap_err();
    assert_eq!((error.code(), error.field()), (ErrorCode::InvalidCode, Some("code")));
    assert_eq!(world.hasher.hashed.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_hasher_that_is_busy_costs_no_code() {
    let world = World::new();
    let code = world.code(Purpose::Register, &email("ann")).await;
    world.hasher.busy.store(true, Ordering::SeqCst);
    let error = world.try_register("ann", code.clone()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Overloaded);
    world.hasher.busy.store(false, Ordering::SeqCst);
    world.try_register("ann", code).await.unwrap();
}

#[tokio::test]
async fn a29_a34_of_many_registrations_with_one_code_one_succeeds() {
    let world = World::new();
    let address = email("ann");
    let code = world.code(Purpose::Register, &address).await;
    let outcomes = all((0..50_u32).map(|n| {
        let name = format!("user{n}");
        let address = if n % 2 == 0 { address.clone() } else { email("ANN") };
        let registration = registration(&name, &address, code.clone());
        let accounts = &world.accounts;
        async move { accounts.register(registration, &ClientNumber(n).addr()).await }
    }))
    .await;
    let (made, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for outcome in refused {
        assert_eq!(outcome.unwrap_err().code(), ErrorCode::InvalidCode);
    }
}

#[tokio::test]
async fn a29_an_address_that_got_an_account_meanwhile_is_answered_like_a_wrong_code() {
    let world = World::new();
    let code = world.code(Purpose::Register, &email("ann")).await;
    world.accounts.provision(NewUser { email: Some(email("ann")), ..new_user("other") }).await.unwrap();
    let error = world.try_register("ann", code).await.unwrap_err();
    assert_eq!((error.code(), error.field()), (ErrorCode::InvalidCode, Some("code")));
}

#[tokio::test]
async fn a30_of_two_who_want_one_name_one_gets_it_and_the_other_keeps_the_code() {
    let world = World::new();
    let (ann, bob) = (email("ann"), email("bob"));
    let codes = [world.code(Purpose::Register, &ann).await, world.code(Purpose::Register, &bob).await];
    let client = HERE.addr();
    let outcomes = all([("scope", &ann, 0), ("ѕсоре", &bob, 1)].map(|(name, address, n)| {
        let registration = registration(name, address, codes[n].clone());
        world.accounts.register(registration, &client)
    }))
    .await;
    let [first, second] = outcomes.as_slice() else { panic!("two outcomes") };
    assert!(first.is_ok() != second.is_ok());
    let loser = usize::from(first.is_ok());
    assert!(matches!(outcomes[loser], Err(RegisterError::UsernameTaken)));
    let address = [&ann, &bob][loser];
    let registration = registration("other", address, codes[loser].clone());
    world.accounts.register(registration, &HERE.addr()).await.unwrap();
}

#[tokio::test]
async fn a_program_provisions_users_it_knows() {
    let world = World::new();
    let ann =
        world.accounts.provision(NewUser { email: Some(email("ann")), ..new_user("ann") }).await.unwrap();
    assert_eq!(ann.password_hash, None);
    let taken = world.accounts.provision(new_user("a_nn")).await.unwrap_err();
    assert!(matches!(taken, ProvisionError::UsernameTaken));
    assert_eq!(taken.field(), Some("username"));
    let taken = world.accounts.provision(NewUser { email: Some(email("ANN")), ..new_user("bob") }).await;
    assert!(matches!(taken, Err(ProvisionError::EmailTaken)));
}

#[tokio::test]
async fn a50_a_profile_is_all_that_others_see() {
    let world = World::new();
    let ann = world.register("ann").await;
    let gone = world.guest("gone").await;
    world.accounts.delete(&gone, None).await.unwrap();
    let nobody = UserId::generate(world.clock.now(), &SeededEntropy::new(8));

    assert_eq!(world.accounts.profile(ann).await.unwrap().username.unwrap().as_str(), "ann");
    assert_eq!(world.accounts.profile(gone.user).await.unwrap(), Profile::tombstone(gone.user));
    world.accounts.set_disabled(ann, true).await.unwrap();
    for user in [ann, nobody] {
        let error = world.accounts.profile(user).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::NotFound);
    }
    let all = world.accounts.profiles(&[gone.user, nobody, ann]).await.unwrap();
    assert_eq!(all.iter().map(|profile| profile.user).collect::<Vec<_>>(), [gone.user, ann]);
}

#[tokio::test]
async fn many_profiles_are_read_in_pages() {
    let world = World::new();
    let mut users = Vec::new();
    for n in 0..3 {
        users.push(world.accounts.provision(new_user(&format!("user{n}"))).await.unwrap().profile.user);
    }
    let asked: Vec<_> = users.iter().copied().cycle().take(1_200).collect();
    let found = world.accounts.profiles(&asked).await.unwrap();
    assert_eq!(found.iter().map(|profile| profile.user).collect::<Vec<_>>(), asked);
}

#[tokio::test]
async fn ones_own_account_is_seen_as_long_as_one_may_act() {
    let world = World::new();
    let ann = world.actor("ann").await;
    assert_eq!(world.accounts.me(&ann).await.unwrap().email, Some(email("ann")));
    world.accounts.set_disabled(ann.user, true).await.unwrap();
    let error = world.accounts.me(&ann).await.unwrap_err();
    assert!(matches!(error, AccountError::Fenced(Fenced::SessionEnded)));
}

#[tokio::test]
async fn a56_search_finds_by_the_start_of_a_name_a_whole_address_or_an_id() {
    let world = World::new();
    let ann = world.actor("ann").await;
    for name in ["anna", "annabelle", "bob_1", "bob%1", "bobx1"] {
        if Username::new(name).is_ok() {
            world.accounts.provision(new_user(name)).await.unwrap();
        }
    }
    let off =
        world.accounts.provision(NewUser { email: Some(email("off")), ..new_user("annoff") }).await.unwrap();
    world.accounts.set_disabled(off.profile.user, true).await.unwrap();
    let gone = world.guest("annagone").await;
    world.accounts.delete(&gone, None).await.unwrap();

    let by_id = ann.user.to_string();
    let off_id = off.profile.user.to_string();
    for (query, found) in [
        ("ann", vec!["ann", "anna", "annabelle"]),
        (" ANNA ", vec!["anna", "annabelle"]),
        ("ann@example.com", vec!["ann"]),
        ("ANN@Example.com", vec!["ann"]),
        ("ann@example", vec![]),
        ("nn@example.com", vec![]),
        ("@example.com", vec![]),
        ("off@example.com", vec![]),
        (&by_id, vec!["ann"]),
        (&by_id[..35], vec![]),
        (&off_id, vec![]),
        ("bob_", vec!["bob_1"]),
        ("bob%", vec![]),
        ("%%", vec![]),
        ("__", vec![]),
        ("' OR 1=1 --", vec![]),
        ("\\\\", vec![]),
        ("nobody", vec![]),
    ] {
        let result = world.accounts.search(&ann, query, 10, &HERE.addr()).await.unwrap();
        assert_eq!(names(&result), found, "{query:?}");
    }
    world.clock.advance(Duration::from_mins(1));
    for query in ["", "a", " a ", "é"] {
        let error = world.accounts.search(&ann, query, 10, &HERE.addr()).await.unwrap_err();
        assert_eq!((error.code(), error.field()), (ErrorCode::InvalidArgument, Some("query")), "{query:?}");
    }
}

#[tokio::test]
async fn a66_a_search_is_as_long_as_it_may_be() {
    let world = World::new();
    let ann = world.guest("ann").await;
    for n in 0..105 {
        world.accounts.provision(new_user(&format!("user{n}"))).await.unwrap();
    }
    for (limit, found) in [(0, 1), (1, 1), (7, 7), (100, 100), (usize::MAX, 100)] {
        let result = world.accounts.search(&ann, "user", limit, &HERE.addr()).await.unwrap();
        assert_eq!(result.len(), found);
    }
}

#[tokio::test]
async fn a56_searches_are_limited_by_user_and_by_address() {
    let world = World::new();
    let ann = world.guest("ann").await;
    let count = async |actor: Actor, client: ClientNumber| {
        let mut allowed = 0;
        loop {
            match world.accounts.search(&actor, "someone", 10, &client.addr()).await {
                Ok(_) => allowed += 1,
                Err(error) => {
                    assert_eq!(error.code(), ErrorCode::RateLimited);
                    assert!(error.retry_after().is_some());
                    return allowed;
                }
            }
        }
    };
    assert_eq!(count(ann, HERE).await, 30);
    let mut together = 0;
    for n in 0..6 {
        let other = world.guest(&format!("other{n}")).await;
        together += count(other, HERE).await;
    }
    assert_eq!(together, 120 - 30);
}

#[tokio::test]
async fn a_changed_profile_is_told_and_an_unchanged_one_is_not() {
    let world = World::new();
    let ann = world.guest("ann").await;
    world.told.take_entries();
    let change = ProfileChange {
        display_name: Some(DisplayName::new("Ann Lee").unwrap()),
        bio: Some(Bio::new("hello").unwrap()),
    };
    let profile = world.accounts.change_profile(&ann, &change).await.unwrap();
    assert_eq!((profile.display_name.as_str(), profile.bio.as_str()), ("Ann Lee", "hello"));
    let entries = world.told.take_entries();
    assert!(matches!(
        entries.as_slice(),
        [(user, entry)] if *user == ann.user && entry.change == FeedChange::ProfileChanged(profile.clone())
    ));
    assert_eq!(world.accounts.change_profile(&ann, &change).await.unwrap(), profile);
    assert_eq!(world.accounts.change_profile(&ann, &ProfileChange::default()).await.unwrap(), profile);
    assert_eq!(world.told.readers(), BTreeSet::new());
    world.sessions.logout(&ann).await.unwrap();
    let error = world.accounts.change_profile(&ann, &ProfileChange::default()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::SessionEnded);
}

#[tokio::test]
async fn an_account_is_switched_off_and_on() {
    let world = World::new();
    let ann = world.actor("ann").await;
    world.told.take_ended();
    world.accounts.set_disabled(ann.user, true).await.unwrap();
    assert_eq!(world.told.take_ended().len(), 1);
    assert!(!world.open(&ann).await);
    assert!(world.try_login("ann", PASSWORD).await.is_err());
    world.accounts.set_disabled(ann.user, false).await.unwrap();
    world.login("ann").await;
    let nobody = UserId::generate(world.clock.now(), &SeededEntropy::new(8));
    assert_eq!(world.accounts.set_disabled(nobody, true).await.unwrap_err().code(), ErrorCode::NotFound);
    assert_eq!(world.store.account(ann.user).await.unwrap().unwrap().state, AccountState::Active);
}

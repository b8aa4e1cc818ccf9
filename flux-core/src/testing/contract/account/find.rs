//! Finding accounts and profiles.

use crate::account::{AccountState, Card, Email, NewAccount, Profile, Username, UsernamePrefix, Visibility};
use crate::id::UserId;
use crate::testing::contract::DurableHarness;
use crate::testing::contract::world::nth_name;
use crate::time::Timestamp;

async fn search(h: &DurableHarness, prefix: &str, limit: usize) -> Vec<String> {
    let found = h.store.search_usernames(&UsernamePrefix::new(prefix).unwrap(), limit).await.unwrap();
    found.into_iter().map(|profile| profile.username.unwrap().as_str().to_owned()).collect()
}

pub async fn who_is_not_there_is_not_found(h: DurableHarness) {
    h.person("alice").await;
    assert_eq!(h.store.account(h.id(UserId::generate)).await.unwrap(), None);
    assert_eq!(h.store.account_by_username(&Username::new("nobody_here").unwrap()).await.unwrap(), None);
    assert_eq!(h.store.account_by_email(&Email::new("no@example.org").unwrap()).await.unwrap(), None);
    assert_eq!(search(&h, "zz", 10).await, [""; 0]);
}

pub async fn cards_come_in_the_order_asked_for(h: DurableHarness) {
    let mut users = Vec::new();
    for n in 0..6 {
        users.push(h.create(h.new_account(&nth_name(n))).await.profile.user);
    }
    users.sort();
    users.swap(0, 4);
    users.swap(1, 3);
    let mut asked = users.clone();
    asked.insert(2, h.id(UserId::generate));
    let cards = h.store.cards(&asked).await.unwrap();
    assert_eq!(cards.iter().map(|it| it.profile.user).collect::<Vec<_>>(), users);
    assert_eq!(h.store.cards(&[]).await.unwrap(), []);
}

pub async fn visibilities_tell_who_is_seen_and_when(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let carol = h.person("carol").await;
    h.store.set_invisible(&alice.actor(), true).await.unwrap();
    let seen_at = Timestamp::from_millis(5_000);
    h.store.touch_last_seen(&[(bob.user, seen_at)]).await.unwrap();
    h.store.delete_account(&carol.actor()).await.unwrap();
    let nobody = h.id(UserId::generate);
    let mut found = h.store.visibilities(&[alice.user, nobody, bob.user, carol.user]).await.unwrap();
    found.sort_by_key(|found| [alice.user, bob.user, carol.user].iter().position(|user| *user == found.user));
    let of = |user, visible, last_seen| Visibility { user, visible, last_seen };
    let expected =
        [of(alice.user, false, None), of(bob.user, true, Some(seen_at)), of(carol.user, false, None)];
    assert_eq!(found, expected);
    h.store.set_disabled(bob.user, true).await.unwrap();
    assert!(!h.store.visibilities(&[bob.user]).await.unwrap()[0].visible);
    assert_eq!(h.store.visibilities(&[]).await.unwrap(), []);
}

pub async fn the_profile_of_a_deleted_account_is_a_tombstone(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    h.store.delete_account(&alice.actor()).await.unwrap();
    let cards = h.store.cards(&[bob.user, alice.user]).await.unwrap();
    assert_eq!(cards[1], Card { profile: Profile::tombstone(alice.user), state: AccountState::Deleted });
    assert_eq!(cards[0].profile.username, Some(bob.username));
}

pub async fn a_card_says_whether_the_account_is_in_use(h: DurableHarness) {
    let alice = h.person("alice").await;
    for (disabled, state) in [(true, AccountState::Disabled), (false, AccountState::Active)] {
        h.store.set_disabled(alice.user, disabled).await.unwrap();
        let cards = h.store.cards(&[alice.user]).await.unwrap();
        let account = h.store.account(alice.user).await.unwrap().unwrap();
        assert_eq!(cards, [Card { profile: account.profile, state }]);
    }
}

pub async fn usernames_are_searched_by_how_they_start(h: DurableHarness) {
    for name in ["anna", "annabel", "annette", "bob", "joanna", "an_xel"] {
        h.create(h.new_account(name)).await;
    }
    assert_eq!(search(&h, "ann", 10).await, ["anna", "annabel", "annette"]);
    assert_eq!(search(&h, "ANNA", 10).await, ["anna", "annabel"]);
    assert_eq!(search(&h, "ann", 2).await, ["anna", "annabel"]);
    assert_eq!(search(&h, "annabels", 10).await, [""; 0]);
    assert_eq!(search(&h, "an_", 10).await, ["an_xel"], "no character stands for another");
    assert_eq!(search(&h, "an%", 10).await, [""; 0]);
}

pub async fn names_of_other_scripts_are_searched_alike(h: DurableHarness) {
    for (name, address) in [("анна", "a"), ("антон", "b"), ("борис", "c"), ("日本語だ", "d")]
    {
        let email = Some(Email::new(&format!("{address}@example.org")).unwrap());
        let username = Username::new(name).unwrap();
        h.create(NewAccount { username, email, ..h.new_account("unused") }).await;
    }
    assert_eq!(search(&h, "ан", 10).await, ["анна", "антон"]);
    assert_eq!(search(&h, "日本", 10).await, ["日本語だ"]);
}

pub async fn a_search_finds_active_accounts_only(h: DurableHarness) {
    let disabled = h.person("annabel").await;
    let gone = h.person("annette").await;
    h.person("anna").await;
    h.store.set_disabled(disabled.user, true).await.unwrap();
    h.store.delete_account(&gone.actor()).await.unwrap();
    assert_eq!(search(&h, "ann", 10).await, ["anna"]);
    assert_eq!(search(&h, "ann", 1).await, ["anna"]);
    h.store.set_disabled(disabled.user, false).await.unwrap();
    assert_eq!(search(&h, "ann", 10).await, ["anna", "annabel"]);
}

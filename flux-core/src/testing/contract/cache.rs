//! Cases of [`CacheStore`](crate::cache::CacheStore).

use std::time::Duration;

use super::CacheHarness;
use super::harness::at_once;
use crate::account::{AccountState, Bio, Card, DisplayName, Profile, Username, Visibility};
use crate::cache::{CacheKey, CacheValue, FriendSet, LeaseToken, Looked};
use crate::id::UserId;
use crate::time::Timestamp;

const LEASE: Duration = Duration::from_secs(2);
const TTL: Duration = Duration::from_mins(1);
const MOMENT: Duration = Duration::from_millis(1);

fn token(h: &CacheHarness) -> LeaseToken {
    h.id(|_, chance| LeaseToken::generate(chance))
}

fn card(user: UserId, name: &str) -> CacheValue {
    let profile = Profile {
        user,
        username: Some(Username::from_store(name.to_owned())),
        display_name: DisplayName::from_store(format!("{name} \u{1F389} \"'\\")),
        bio: Bio::from_store(String::new()),
    };
    CacheValue::Card(Card { profile, state: AccountState::Active })
}

fn visible(user: UserId) -> CacheValue {
    CacheValue::Visibility(Visibility { user, visible: true, last_seen: None })
}

async fn look(h: &CacheHarness, key: CacheKey, token: LeaseToken) -> Looked {
    let mut looked = h.store.look(&[key], token, LEASE).await.unwrap();
    assert_eq!(looked.len(), 1);
    looked.remove(0)
}

async fn fill(h: &CacheHarness, value: &CacheValue, token: LeaseToken) -> bool {
    let filled = h.store.fill(std::slice::from_ref(value), token, TTL).await.unwrap();
    assert_eq!(filled.len(), 1);
    filled[0]
}

/// Lets `value` stand in its place.
async fn keep(h: &CacheHarness, value: &CacheValue) {
    let token = token(h);
    assert_eq!(look(h, value.key(), token).await, Looked::Leased);
    assert!(fill(h, value, token).await);
}

pub async fn who_misses_may_fill_and_the_others_find_it(h: CacheHarness) {
    let value = card(h.id(UserId::generate), "ada");
    let reader = token(&h);
    assert_eq!(look(&h, value.key(), reader).await, Looked::Leased);
    assert!(fill(&h, &value, reader).await);
    assert_eq!(look(&h, value.key(), token(&h)).await, Looked::Found(value.clone()));
    assert_eq!(look(&h, value.key(), reader).await, Looked::Found(value));
}

pub async fn while_one_reads_the_others_may_not_fill(h: CacheHarness) {
    let value = visible(h.id(UserId::generate));
    let [first, second] = [token(&h), token(&h)];
    assert_eq!(look(&h, value.key(), first).await, Looked::Leased);
    assert_eq!(look(&h, value.key(), second).await, Looked::Taken);
    assert_eq!(look(&h, value.key(), first).await, Looked::Leased, "asked again, it has it still");
    assert!(!fill(&h, &value, second).await);
    assert!(fill(&h, &value, first).await);
}

pub async fn without_a_lease_nothing_is_filled(h: CacheHarness) {
    let [value, other] = [card(h.id(UserId::generate), "ada"), card(h.id(UserId::generate), "bob")];
    let reader = token(&h);
    assert!(!fill(&h, &value, reader).await, "nobody looked");
    assert_eq!(look(&h, value.key(), reader).await, Looked::Leased);
    assert!(!fill(&h, &other, reader).await, "another place");
    assert!(!fill(&h, &visible(value.key().user()), reader).await, "another kind");
    assert!(fill(&h, &value, reader).await);
    let newer = card(value.key().user(), "adele");
    fill(&h, &newer, token(&h)).await;
    assert_eq!(look(&h, value.key(), token(&h)).await, Looked::Found(value), "a value is not replaced");
}

pub async fn a_fill_of_what_was_read_before_a_change_is_refused(h: CacheHarness) {
    let value = card(h.id(UserId::generate), "ada");
    let [early, late] = [token(&h), token(&h)];
    assert_eq!(look(&h, value.key(), early).await, Looked::Leased);
    h.store.forget(&[value.key()]).await.unwrap();
    assert!(!fill(&h, &value, early).await);
    let newer = card(value.key().user(), "adele");
    assert_eq!(look(&h, value.key(), late).await, Looked::Leased);
    assert!(!fill(&h, &value, early).await, "the lease is somebody else's");
    assert!(fill(&h, &newer, late).await);
    assert_eq!(look(&h, value.key(), token(&h)).await, Looked::Found(newer));
}

pub async fn what_was_forgotten_is_not_found(h: CacheHarness) {
    let user = h.id(UserId::generate);
    let [kept, gone] = [visible(user), card(user, "ada")];
    keep(&h, &kept).await;
    keep(&h, &gone).await;
    h.store.forget(&[gone.key(), CacheKey::Friends(user)]).await.unwrap();
    h.store.forget(&[]).await.unwrap();
    assert_eq!(look(&h, gone.key(), token(&h)).await, Looked::Leased);
    assert_eq!(look(&h, kept.key(), token(&h)).await, Looked::Found(kept));
}

pub async fn every_value_comes_back_as_it_was(h: CacheHarness) {
    let user = || h.id(UserId::generate);
    let mut friends: Vec<UserId> = (0..5_000).map(|_| user()).collect();
    friends.sort();
    let tombstone = Card { profile: Profile::tombstone(user()), state: AccountState::Deleted };
    let CacheValue::Card(mut disabled) = card(user(), "eve") else { panic!("no card") };
    disabled.state = AccountState::Disabled;
    disabled.profile.bio = Bio::from_store("\u{0}\n 0 ~ é".repeat(30));
    let last_seen = Some(Timestamp::from_millis(1_700_000_000_123));
    let values = [
        card(user(), "ada"),
        CacheValue::Card(tombstone),
        CacheValue::Card(disabled),
        visible(user()),
        CacheValue::Visibility(Visibility { user: user(), visible: false, last_seen }),
        CacheValue::Friends(FriendSet { user: user(), friends: Some(Vec::new()) }),
        CacheValue::Friends(FriendSet { user: user(), friends: Some(friends) }),
        CacheValue::Friends(FriendSet { user: user(), friends: None }),
    ];
    for value in &values {
        keep(&h, value).await;
    }
    for value in values {
        assert_eq!(look(&h, value.key(), token(&h)).await, Looked::Found(value));
    }
}

pub async fn many_are_looked_for_filled_and_forgotten_at_once_each_for_itself(h: CacheHarness) {
    let values: Vec<_> = (0..1_201).map(|n| card(h.id(UserId::generate), &format!("user{n}"))).collect();
    let keys: Vec<_> = values.iter().map(CacheValue::key).collect();
    let [reader, other] = [token(&h), token(&h)];
    // Every third is somebody else's.
    let taken: Vec<_> = keys.iter().copied().step_by(3).collect();
    h.store.look(&taken, other, LEASE).await.unwrap();
    let looked = h.store.look(&keys, reader, LEASE).await.unwrap();
    let filled = h.store.fill(&values, reader, TTL).await.unwrap();
    assert_eq!((looked.len(), filled.len()), (keys.len(), keys.len()));
    for (n, (looked, filled)) in looked.iter().zip(filled).enumerate() {
        let mine = n % 3 != 0;
        assert_eq!((looked, filled), (if mine { &Looked::Leased } else { &Looked::Taken }, mine), "{n}");
    }
    h.store.forget(&keys[..600]).await.unwrap();
    let looked = h.store.look(&keys, token(&h), LEASE).await.unwrap();
    for (n, (looked, value)) in looked.into_iter().zip(values).enumerate() {
        let expected = match n {
            0..600 => Looked::Leased,
            _ if n % 3 == 0 => Looked::Taken,
            _ => Looked::Found(value),
        };
        assert_eq!(looked, expected, "{n}");
    }
    assert_eq!(h.store.look(&[], reader, LEASE).await.unwrap(), []);
    assert_eq!(h.store.fill(&[], reader, TTL).await.unwrap(), [false; 0]);
}

pub async fn of_many_who_miss_at_once_one_may_fill(h: CacheHarness) {
    let key = CacheKey::Friends(h.id(UserId::generate));
    let readers = (0..16).map(|_| {
        let (store, token) = (h.store.clone(), token(&h));
        async move { store.look(&[key], token, LEASE).await.unwrap().remove(0) }
    });
    let looked = at_once(readers).await;
    assert_eq!(looked.iter().filter(|looked| **looked == Looked::Leased).count(), 1);
    assert!(looked.iter().all(|looked| matches!(looked, Looked::Leased | Looked::Taken)));
}

pub async fn whichever_comes_first_nothing_old_is_left_after_a_change(h: CacheHarness) {
    for n in 0..50 {
        let value = card(h.id(UserId::generate), &format!("user{n}"));
        let reader = token(&h);
        assert_eq!(look(&h, value.key(), reader).await, Looked::Leased);
        let (store, old) = (h.store.clone(), value.clone());
        let filling = async move { store.fill(&[old], reader, TTL).await.map(drop) };
        let (store, key) = (h.store.clone(), value.key());
        let forgetting = async move { store.forget(&[key]).await };
        let both: Vec<std::pin::Pin<Box<dyn Future<Output = _> + Send>>> =
            vec![Box::pin(filling), Box::pin(forgetting)];
        for done in at_once(both).await {
            done.unwrap();
        }
        assert_eq!(look(&h, value.key(), token(&h)).await, Looked::Leased, "round {n}");
    }
}

pub async fn a_value_ends_by_itself(h: CacheHarness) {
    let value = card(h.id(UserId::generate), "ada");
    keep(&h, &value).await;
    h.pass(TTL.saturating_sub(MOMENT)).await;
    assert_eq!(look(&h, value.key(), token(&h)).await, Looked::Found(value.clone()));
    h.pass(MOMENT).await;
    assert_eq!(look(&h, value.key(), token(&h)).await, Looked::Leased);
}

pub async fn a_lease_ends_by_itself_and_who_overslept_does_not_fill(h: CacheHarness) {
    let value = card(h.id(UserId::generate), "ada");
    let [slept, next] = [token(&h), token(&h)];
    assert_eq!(look(&h, value.key(), slept).await, Looked::Leased);
    h.pass(LEASE.saturating_sub(MOMENT)).await;
    assert_eq!(look(&h, value.key(), next).await, Looked::Taken);
    h.pass(MOMENT).await;
    assert!(!fill(&h, &value, slept).await, "over is over, even if nobody came");
    assert_eq!(look(&h, value.key(), next).await, Looked::Leased);
    assert!(!fill(&h, &value, slept).await);
    assert!(fill(&h, &value, next).await);
}

pub async fn a_lease_that_is_asked_for_again_lasts_no_longer(h: CacheHarness) {
    let key = CacheKey::Card(h.id(UserId::generate));
    let [holder, next] = [token(&h), token(&h)];
    assert_eq!(look(&h, key, holder).await, Looked::Leased);
    h.pass(LEASE / 2).await;
    assert_eq!(look(&h, key, holder).await, Looked::Leased);
    h.pass(LEASE / 2).await;
    assert_eq!(look(&h, key, next).await, Looked::Leased);
}

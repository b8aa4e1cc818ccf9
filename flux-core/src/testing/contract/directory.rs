//! Cases of [`SessionDirectory`](crate::routing::SessionDirectory).

use std::time::Duration;

use super::RoutingHarness;
use super::harness::at_once;
use super::registry::{LEASE, node};
use crate::id::{Generation, NodeId, SessionId, UserId};
use crate::routing::Located;

impl RoutingHarness {
    /// A node that has announced itself.
    async fn live_node(&self) -> NodeId {
        let info = node(self);
        self.store.announce(&info, LEASE).await.unwrap();
        info.node
    }

    fn entry(&self, node: NodeId) -> Located {
        Located {
            user: self.id(UserId::generate),
            session: self.id(SessionId::generate),
            generation: Generation::new(1),
            node,
            away: false,
        }
    }

    async fn located(&self, user: UserId) -> Vec<Located> {
        let mut lists = self.store.locate(&[user]).await.unwrap();
        assert_eq!(lists.len(), 1);
        lists.remove(0)
    }
}

pub async fn who_has_claimed_is_found_where_they_are(h: RoutingHarness) {
    let (a, b) = (h.live_node().await, h.live_node().await);
    let phone = h.entry(a);
    let laptop = Located { session: h.id(SessionId::generate), node: b, away: true, ..phone };
    let other = h.entry(a);
    let offline = h.id(UserId::generate);
    for entry in [phone, laptop, other] {
        assert!(h.store.claim(entry).await.unwrap());
    }
    let lists = h.store.locate(&[offline, other.user, phone.user]).await.unwrap();
    assert_eq!(lists.len(), 3, "one list for each, in the order asked for");
    assert_eq!(lists[0], []);
    assert_eq!(lists[1], [other]);
    let mut sessions = lists[2].clone();
    sessions.sort_by_key(|it| it.away);
    assert_eq!(sessions, [phone, laptop]);
    assert_eq!(h.store.locate(&[]).await.unwrap(), Vec::<Vec<Located>>::new());
}

pub async fn a_newer_claim_takes_the_session_over(h: RoutingHarness) {
    let (a, b) = (h.live_node().await, h.live_node().await);
    let first = h.entry(a);
    let second = Located { generation: Generation::new(2), node: b, ..first };
    assert!(h.store.claim(first).await.unwrap());
    assert!(h.store.claim(second).await.unwrap());
    assert_eq!(h.located(first.user).await, [second]);
    assert!(!h.store.claim(first).await.unwrap(), "a late claim changes nothing");
    assert_eq!(h.located(first.user).await, [second]);
}

pub async fn a_claim_with_the_same_generation_updates_the_entry(h: RoutingHarness) {
    let here = h.entry(h.live_node().await);
    let away = Located { away: true, ..here };
    for entry in [here, away, here] {
        assert!(h.store.claim(entry).await.unwrap());
        assert_eq!(h.located(here.user).await, [entry]);
    }
}

pub async fn a_late_release_keeps_the_newer_claim(h: RoutingHarness) {
    let (a, b) = (h.live_node().await, h.live_node().await);
    let first = h.entry(a);
    let second = Located { generation: Generation::new(2), node: b, ..first };
    h.store.claim(first).await.unwrap();
    h.store.claim(second).await.unwrap();
    assert!(!h.store.release(first.user, first.session, first.generation).await.unwrap());
    assert_eq!(h.located(first.user).await, [second]);
    assert!(h.store.release(first.user, first.session, second.generation).await.unwrap());
    assert_eq!(h.located(first.user).await, []);
    assert!(!h.store.release(first.user, first.session, second.generation).await.unwrap());
}

pub async fn a_session_is_released_under_its_user_alone(h: RoutingHarness) {
    let entry = h.entry(h.live_node().await);
    h.store.claim(entry).await.unwrap();
    let other = h.id(UserId::generate);
    assert!(!h.store.release(other, entry.session, entry.generation).await.unwrap());
    assert_eq!(h.located(entry.user).await, [entry]);
}

pub async fn of_claims_made_at_once_the_newest_stands(h: RoutingHarness) {
    let first = h.entry(h.live_node().await);
    let claims = (1..=16).map(|n| {
        let (store, entry) = (h.store.clone(), Located { generation: Generation::new(n), ..first });
        async move { store.claim(entry).await.unwrap() }
    });
    assert!(at_once(claims).await.into_iter().any(|taken| taken));
    assert_eq!(h.located(first.user).await[0].generation, Generation::new(16));
}

pub async fn entries_of_a_node_that_withdrew_are_not_found(h: RoutingHarness) {
    let (a, b) = (h.live_node().await, h.live_node().await);
    let (gone, stays) = (h.entry(a), h.entry(b));
    h.store.claim(gone).await.unwrap();
    h.store.claim(stays).await.unwrap();
    h.store.withdraw(a).await.unwrap();
    assert_eq!(h.located(gone.user).await, []);
    assert_eq!(h.located(stays.user).await, [stays]);
}

pub async fn entries_lapse_with_the_lease_of_their_node(h: RoutingHarness) {
    let (a, b) = (h.live_node().await, h.live_node().await);
    let (lapses, stays) = (h.entry(a), h.entry(b));
    // This one went over to the other node before the lease ran out.
    let first = h.entry(a);
    let moved = Located { generation: Generation::new(2), node: b, ..first };
    for entry in [lapses, stays, first, moved] {
        h.store.claim(entry).await.unwrap();
    }
    h.pass(LEASE / 2).await;
    assert!(h.store.renew(b, LEASE).await.unwrap());
    assert_eq!(h.located(lapses.user).await, [lapses]);
    h.pass(LEASE / 2).await;
    assert_eq!(h.located(lapses.user).await, []);
    assert_eq!(h.located(stays.user).await, [stays]);
    assert_eq!(h.located(first.user).await, [moved]);
}

pub async fn a_session_of_a_lapsed_node_is_free_for_any_claim(h: RoutingHarness) {
    let (a, b) = (h.live_node().await, h.live_node().await);
    let old = Located { generation: Generation::new(7), ..h.entry(a) };
    h.store.claim(old).await.unwrap();
    h.store.withdraw(a).await.unwrap();
    let new = Located { generation: Generation::new(3), node: b, ..old };
    assert!(h.store.claim(new).await.unwrap());
    assert_eq!(h.located(old.user).await, [new]);
}

pub async fn a_node_that_comes_back_claims_its_sessions_anew(h: RoutingHarness) {
    let info = node(&h);
    h.store.announce(&info, LEASE).await.unwrap();
    let entry = h.entry(info.node);
    h.store.claim(entry).await.unwrap();
    h.pass(LEASE + Duration::from_secs(1)).await;
    h.store.announce(&info, LEASE).await.unwrap();
    assert_eq!(h.located(entry.user).await, [], "a lease that ran out is gone with all under it");
    assert!(h.store.claim(entry).await.unwrap());
    assert_eq!(h.located(entry.user).await, [entry]);
}

pub async fn entries_of_a_node_without_a_lease_are_not_found(h: RoutingHarness) {
    let unannounced = h.id(NodeId::generate);
    let entry = h.entry(unannounced);
    h.store.claim(entry).await.unwrap();
    assert_eq!(h.located(entry.user).await, []);
}

//! Cases of [`FeedStore`](crate::feed::FeedStore).

use crate::account::{Bio, ProfileChange};
use crate::feed::{FeedChange, FeedRange};
use crate::friend::{RelationChange, Remark};
use crate::id::{Seq, UserId};
use crate::session::SessionEndReason;
use crate::testing::contract::DurableHarness;
use crate::testing::contract::harness::at_once;
use crate::testing::contract::world::{MANY, Person, SECOND, nth_name, seq};

async fn range(h: &DurableHarness, who: &Person, after: u64, limit: usize) -> FeedRange {
    h.store.feed(who.user, seq(after), limit).await.unwrap()
}

fn seqs(range: &FeedRange) -> Vec<u64> {
    range.entries.iter().map(|entry| entry.seq.get()).collect()
}

/// Logs `who` in until their feed has `entries`.
async fn fill(h: &DurableHarness, who: &Person, entries: usize) {
    for _ in h.feed(who).await.len()..entries {
        h.log_in(who.user).await;
    }
}

pub async fn a_feed_is_read_in_order_from_any_place(h: DurableHarness) {
    let alice = h.person("alice").await;
    fill(&h, &alice, 7).await;
    let all = range(&h, &alice, 0, 100).await;
    assert_eq!(seqs(&all), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!((all.head, all.floor), (seq(7), Seq::ZERO));
    assert_eq!(seqs(&range(&h, &alice, 0, 3).await), [1, 2, 3]);
    assert_eq!(seqs(&range(&h, &alice, 3, 3).await), [4, 5, 6]);
    assert_eq!(seqs(&range(&h, &alice, 6, 3).await), [7]);
    for beyond in [7, 8, Seq::MAX.get()] {
        let end = range(&h, &alice, beyond, 3).await;
        assert_eq!((end.entries, end.head), (Vec::new(), seq(7)));
    }
    let nobody = h.store.feed(h.id(UserId::generate), Seq::ZERO, 10).await.unwrap();
    assert_eq!(nobody, FeedRange { entries: Vec::new(), head: Seq::ZERO, floor: Seq::ZERO });
}

pub async fn every_kind_of_change_comes_back_as_it_was_told(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let mut told = Vec::new();
    let mut note = |entries: Vec<(UserId, crate::feed::FeedEntry)>| {
        told.extend(entries.into_iter().filter(|(user, _)| *user == alice.user).map(|(_, entry)| entry));
    };
    let asked = h.change(&bob, h.ask(&alice)).await;
    note(asked.entries);
    let request = h.received(&alice).await[0].request;
    for change in [
        RelationChange::Accept(request),
        RelationChange::Remark(bob.user, Remark::new("Bobby \u{1F595} 'quoted'").unwrap()),
        RelationChange::Block(bob.user),
        RelationChange::Unblock(bob.user),
        RelationChange::Remove(bob.user),
    ] {
        note(h.change(&alice, change).await.entries);
    }
    let change = ProfileChange { display_name: None, bio: Some(Bio::new("Она считает.").unwrap()) };
    let (_, entry) = h.store.change_profile(&alice.actor(), &change).await.unwrap();
    note(vec![(alice.user, entry.unwrap())]);
    let new = h.new_session(alice.user, crate::session::DeviceClass::Desktop);
    let opened = h.store.open_session(new.clone(), MANY, None).await.unwrap();
    let crate::session::OpenSession::Opened { ended, .. } = opened else { panic!("refused") };
    note(ended.entries);
    let ended = h.store.end_session(alice.user, new.session, SessionEndReason::Revoked).await.unwrap();
    note(ended.entries);

    let mut feed = h.feed(&alice).await;
    assert!(matches!(feed.remove(0).change, FeedChange::SessionOpened(_)), "the first login");
    assert_eq!(feed, told);
    assert_eq!(told.len(), 10);
}

pub async fn entries_bear_the_time_of_the_stores_clock(h: DurableHarness) {
    let alice = h.person("alice").await;
    h.pass(SECOND).await;
    fill(&h, &alice, 2).await;
    let entries = h.feed(&alice).await;
    assert_eq!(entries[1].at.since(entries[0].at), SECOND);
}

pub async fn a_feed_written_by_many_at_once_is_dense(h: DurableHarness) {
    let alice = h.person("alice").await;
    let mut others = Vec::new();
    for n in 0..8 {
        others.push(h.person(&nth_name(n)).await);
    }
    let before = h.feed(&alice).await.len();
    let mut told: Vec<_> = Vec::new();
    let askers = others.iter().map(|other| {
        let (store, actor) = (h.store.clone(), other.actor());
        let changes: Vec<_> = (0..4).map(|_| h.ask(&alice)).collect();
        let session = h.new_session(alice.user, crate::session::DeviceClass::Web);
        async move {
            let limits = crate::friend::FriendLimits::default();
            let mut entries = Vec::new();
            for change in changes {
                let asked = store.change_relation(&actor, &change, &limits).await.unwrap().unwrap();
                let crate::friend::RelationAnswer::Requested(request) = asked.answer else {
                    panic!("not requested")
                };
                entries.extend(asked.entries);
                let cancel = RelationChange::Cancel(request.request);
                let done = store.change_relation(&actor, &cancel, &limits).await.unwrap().unwrap();
                entries.extend(done.entries);
            }
            let opened = store.open_session(session, MANY, None).await.unwrap();
            let crate::session::OpenSession::Opened { ended, .. } = opened else { panic!("refused") };
            entries.extend(ended.entries);
            entries
        }
    });
    for entries in at_once(askers).await {
        told.extend(entries.into_iter().filter(|(user, _)| *user == alice.user).map(|(_, entry)| entry));
    }
    told.sort_by_key(|entry| entry.seq);
    let feed = h.feed(&alice).await.split_off(before);
    assert_eq!(feed.len(), 8 * (4 * 2 + 1));
    assert_eq!(feed, told, "what was answered is what stands");
}

pub async fn a_long_feed_is_cut_from_its_old_end(h: DurableHarness) {
    let (alice, bob) = (h.person("alice").await, h.person("bob").await);
    fill(&h, &alice, 7).await;
    fill(&h, &bob, 3).await;
    assert_eq!(h.store.cut_feeds(3, 10).await.unwrap(), 1);
    let cut = range(&h, &alice, 0, 100).await;
    assert_eq!((seqs(&cut), cut.floor, cut.head), (vec![5, 6, 7], seq(4), seq(7)));
    assert_eq!(seqs(&range(&h, &alice, 2, 2).await), [5, 6]);
    assert_eq!(seqs(&range(&h, &alice, 5, 2).await), [6, 7]);
    let short = range(&h, &bob, 0, 100).await;
    assert_eq!((short.entries.len(), short.floor), (3, Seq::ZERO));
    assert_eq!(h.store.cut_feeds(3, 10).await.unwrap(), 0);

    h.log_in(alice.user).await;
    let grown = range(&h, &alice, 0, 100).await;
    assert_eq!((seqs(&grown), grown.floor), (vec![5, 6, 7, 8], seq(4)));
    assert_eq!(h.store.cut_feeds(3, 10).await.unwrap(), 1);
    assert_eq!(seqs(&range(&h, &alice, 0, 100).await), [6, 7, 8]);
}

pub async fn no_more_feeds_are_cut_at_once_than_were_asked_for(h: DurableHarness) {
    let mut people = Vec::new();
    for n in 0..5 {
        let person = h.person(&nth_name(n)).await;
        fill(&h, &person, 4).await;
        people.push(person);
    }
    for cut in [2, 2, 1, 0] {
        assert_eq!(h.store.cut_feeds(2, 2).await.unwrap(), cut);
    }
    for person in &people {
        assert_eq!(seqs(&range(&h, person, 0, 100).await), [3, 4]);
    }
}

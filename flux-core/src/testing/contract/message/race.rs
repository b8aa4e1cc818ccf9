//! What holds when several write at once.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

use crate::friend::{FriendLimits, RelationChange};
use crate::message::{Append, Write, Written};
use crate::session::SessionEndReason;
use crate::testing::contract::DurableHarness;
use crate::testing::contract::harness::at_once;
use crate::testing::contract::world::{appended, seq};

type Task<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub async fn the_same_ids_in_two_interleaved_batches_are_stored_once(h: DurableHarness) {
    let (alice, _, conversation) = h.two_friends().await;
    let carol = h.person("carol").await;
    let other = h.befriend(&alice, &carol).await;
    let tablet = h.log_in(alice.user).await.session;
    let mut ids = BTreeSet::new();
    for _ in 0..20 {
        // Two connections of one user resend the same queue, in opposite orders and over the same conversations.
        let forth: Vec<_> = (0..20)
            .map(|n| {
                let to = if n % 2 == 0 { conversation } else { other };
                h.message(&alice, to, &n.to_string())
            })
            .collect();
        let back: Vec<_> =
            forth.iter().rev().map(|it| Append { actor: alice.on(tablet), ..it.clone() }).collect();
        let batches = [forth.clone(), back].map(|batch| {
            let store = h.store.clone();
            let batch: Vec<_> = batch.into_iter().map(Write::Append).collect();
            async move { store.commit(&batch).await.unwrap() }
        });
        let mut written = at_once(batches).await;
        let back: Vec<_> = written.pop().unwrap().into_iter().rev().collect();
        let forth_written = written.pop().unwrap();
        for (one, two) in forth_written.iter().zip(&back) {
            let stored_by = [one, two].map(|it| match it {
                Written::Appended { repeated, .. } => !repeated,
                other => panic!("not appended: {other:?}"),
            });
            assert_eq!(appended(one), appended(two));
            assert!(stored_by[0] != stored_by[1], "exactly one of them stored it");
        }
        ids.extend(forth.iter().map(|append| append.message));
    }
    let mut stored = h.log(&alice, conversation).await;
    stored.extend(h.log(&alice, other).await);
    assert_eq!(stored.len(), ids.len());
    assert_eq!(stored.iter().map(|message| message.message).collect::<BTreeSet<_>>(), ids);
}

pub async fn one_message_sent_by_many_at_once_is_stored_once(h: DurableHarness) {
    let (alice, _, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "before").await;
    let sent = Write::Append(h.message(&alice, conversation, "once"));
    let sends = (0..64).map(|_| {
        let (store, write) = (h.store.clone(), sent.clone());
        async move { store.commit(&[write]).await.unwrap() }
    });
    let outcomes = at_once(sends).await;
    assert!(outcomes.iter().all(|written| appended(&written[0]) == seq(2)));
    let first = |written: &&Vec<Written>| matches!(written[0], Written::Appended { repeated: false, .. });
    assert_eq!(outcomes.iter().filter(first).count(), 1);
    assert_eq!(h.texts(&alice, conversation).await, ["before", "once"]);
}

pub async fn many_writers_leave_one_dense_log_in_which_each_ones_order_stands(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let carol = h.person("carol").await;
    let other = h.befriend(&alice, &carol).await;
    // Each task writes to both conversations, some in one order and some in the other.
    let writers = (0..8).map(|writer| {
        let who = if writer % 2 == 0 { &alice } else { &bob };
        let batches: Vec<Vec<Write>> = (0..15)
            .map(|n| {
                let body = format!("{writer} {n}");
                let mut places = vec![Write::Append(h.message(who, conversation, &body))];
                if who.user == alice.user {
                    places.push(Write::Append(h.message(who, other, &body)));
                    places.rotate_left(writer / 2 % 2);
                }
                places
            })
            .collect();
        let store = h.store.clone();
        async move {
            for batch in batches {
                for written in store.commit(&batch).await.unwrap() {
                    appended(&written);
                }
            }
        }
    });
    at_once(writers).await;
    for (place, expected) in [(conversation, 8 * 15), (other, 4 * 15)] {
        let texts = h.texts(&alice, place).await;
        assert_eq!(texts.len(), expected);
        let mut next: BTreeMap<&str, usize> = BTreeMap::new();
        for body in &texts {
            let (writer, n) = body.split_once(' ').unwrap();
            let expected = next.entry(writer).or_default();
            assert_eq!(n, expected.to_string(), "the order of writer {writer}");
            *expected += 1;
        }
    }
}

pub async fn once_a_session_has_ended_nothing_of_it_is_stored(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let mut stored = 0;
    for _ in 0..25 {
        let session = h.log_in(alice.user).await.session;
        let append = Append { actor: alice.on(session), ..h.message(&alice, conversation, "racing") };
        let write = Write::Append(append.clone());
        let (sender, ender, user) = (h.store.clone(), h.store.clone(), alice.user);
        let tasks: [Task<Option<Vec<Written>>>; 2] = [
            Box::pin(async move { Some(sender.commit(&[write]).await.unwrap()) }),
            Box::pin(async move {
                let ended = ender.end_session(user, session, SessionEndReason::Logout).await.unwrap();
                assert_eq!(ended.sessions.len(), 1);
                None
            }),
        ];
        let written = at_once(tasks).await.remove(0).unwrap();
        stored += usize::from(matches!(written[0], Written::Appended { .. }));
        assert!(matches!(h.append(append).await, Written::Refused(_)));
        assert_eq!(h.log(&bob, conversation).await.len(), stored, "stored is what was acknowledged");
    }
}

pub async fn once_a_block_stands_nothing_is_stored(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let mut stored = 0;
    for _ in 0..25 {
        let write = Write::Append(h.message(&alice, conversation, "racing"));
        let (sender, blocker) = (h.store.clone(), h.store.clone());
        let (actor, block) = (bob.actor(), RelationChange::Block(alice.user));
        let tasks: [Task<Option<Vec<Written>>>; 2] = [
            Box::pin(async move { Some(sender.commit(&[write]).await.unwrap()) }),
            Box::pin(async move {
                let limits = FriendLimits::default();
                blocker.change_relation(&actor, &block, &limits).await.unwrap().unwrap();
                None
            }),
        ];
        let written = at_once(tasks).await.remove(0).unwrap();
        stored += usize::from(matches!(written[0], Written::Appended { .. }));
        let late = h.append(h.message(&alice, conversation, "late")).await;
        assert!(matches!(late, Written::Refused(_)));
        assert_eq!(h.log(&bob, conversation).await.len(), stored, "stored is what was acknowledged");
        h.change(&bob, RelationChange::Unblock(alice.user)).await;
    }
}

pub async fn batches_over_the_same_conversations_do_not_wait_for_each_other_for_ever(h: DurableHarness) {
    let alice = h.person("alice").await;
    let mut conversations = Vec::new();
    for name in ["bob", "carol", "dave", "erin"] {
        let friend = h.person(name).await;
        conversations.push(h.befriend(&alice, &friend).await);
    }
    let tasks = (0..8).map(|turn| {
        let mut order = conversations.clone();
        order.rotate_left(turn % 4);
        if turn >= 4 {
            order.reverse();
        }
        let batches: Vec<Vec<_>> = (0..10)
            .map(|_| order.iter().map(|to| Write::Append(h.message(&alice, *to, "hi"))).collect())
            .collect();
        let store = h.store.clone();
        async move {
            for batch in batches {
                store.commit(&batch).await.unwrap();
            }
        }
    });
    at_once(tasks).await;
    for conversation in conversations {
        assert_eq!(h.log(&alice, conversation).await.len(), 80);
    }
}

//! How far members have got.

use crate::friend::RelationChange;
use crate::id::Seq;
use crate::message::{Cursor, CursorMove, Write, WriteRefusal, Written};
use crate::testing::contract::DurableHarness;
use crate::testing::contract::harness::at_once;
use crate::testing::contract::world::{refused, seq};

pub async fn cursors_only_grow(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    for body in ["1", "2", "3", "4", "5"] {
        h.send(&alice, conversation, body).await;
    }
    for (delivered, read, stands) in [(3, 1, (3, 1)), (2, 0, (3, 1)), (1, 2, (3, 2)), (5, 2, (5, 2))] {
        let Written::CursorMoved { cursor, .. } = h.try_cursor(&bob, conversation, delivered, read).await
        else {
            panic!("not moved")
        };
        assert_eq!(cursor, Cursor { user: bob.user, delivered: seq(stands.0), read: seq(stands.1) });
        assert_eq!(h.cursor(&bob, conversation).await, stands);
    }
    assert_eq!(h.cursor(&alice, conversation).await, (0, 0), "a cursor is its owner's alone");
}

pub async fn what_is_read_is_delivered(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "1").await;
    h.send(&alice, conversation, "2").await;
    h.try_cursor(&bob, conversation, 0, 2).await;
    assert_eq!(h.cursor(&bob, conversation).await, (2, 2));
}

pub async fn a_cursor_beyond_the_head_is_refused_and_stays(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "1").await;
    for (delivered, read) in [(2, 0), (0, 2), (2, 1), (Seq::MAX.get(), 0)] {
        let moved = h.try_cursor(&bob, conversation, delivered, read).await;
        assert_eq!(refused(&moved), WriteRefusal::BeyondHead, "{delivered}, {read}");
    }
    assert_eq!(h.cursor(&bob, conversation).await, (0, 0));
}

pub async fn a_cursor_may_follow_a_message_of_its_own_batch(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let reach = |n| {
        Write::MoveCursor(CursorMove { actor: bob.actor(), conversation, delivered: seq(n), read: seq(n) })
    };
    let send = |body| Write::Append(h.message(&alice, conversation, body));
    let batch = [reach(1), send("1"), reach(1), send("2"), reach(2)];
    let written = h.store.commit(&batch).await.unwrap();
    assert_eq!(refused(&written[0]), WriteRefusal::BeyondHead);
    assert!(matches!(written[2], Written::CursorMoved { changed: true, .. }));
    assert!(matches!(written[4], Written::CursorMoved { changed: true, .. }));
    assert_eq!(h.cursor(&bob, conversation).await, (2, 2));
}

pub async fn a_cursor_that_did_not_move_says_so(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "1").await;
    for (changed, delivered, read) in
        [(true, 1, 0), (false, 1, 0), (true, 0, 1), (false, 1, 1), (false, 0, 0)]
    {
        let moved = h.try_cursor(&bob, conversation, delivered, read).await;
        let Written::CursorMoved { changed: told, members, .. } = moved else { panic!("not moved") };
        assert_eq!(told, changed, "{delivered}, {read}");
        assert_eq!(members[..], alice.pair(&bob).both());
    }
}

pub async fn cursors_move_where_writing_has_ended(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "farewell").await;
    h.change(&alice, RelationChange::Block(bob.user)).await;
    h.change(&alice, RelationChange::Remove(bob.user)).await;
    h.try_cursor(&bob, conversation, 1, 1).await;
    assert_eq!(h.cursor(&bob, conversation).await, (1, 1));
}

pub async fn cursors_moved_at_once_end_at_the_furthest(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let batch: Vec<_> =
        (0..20).map(|n| Write::Append(h.message(&alice, conversation, &n.to_string()))).collect();
    h.store.commit(&batch).await.unwrap();
    let moves = (1..=20_u64).map(|n| {
        let (store, actor) = (h.store.clone(), bob.actor());
        let write = CursorMove { actor, conversation, delivered: seq(n), read: seq(21 - n) };
        async move { store.commit(&[Write::MoveCursor(write)]).await.unwrap() }
    });
    at_once(moves).await;
    assert_eq!(h.cursor(&bob, conversation).await, (20, 20));
}

//! Cases of [`NoticeStore`](crate::notify::NoticeStore).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::id::{ConversationId, LogId, MessageId, Seq, UserId};
use crate::message::{Append, Stamp, Write};
use crate::notify::{
    ChannelName, NOTICE_LOOK, NoticeClaim, NoticeNext, OWN_MESSAGES_LOOKED_AT, WaitingConversation,
};
use crate::testing::contract::DurableHarness;
use crate::testing::contract::harness::at_once;
use crate::testing::contract::world::{MINUTE, MS, Person, SECOND, nth_name, seq, text};

const DONE: NoticeNext = NoticeNext::Done { quiet: Duration::ZERO };
/// Longer than any case takes.
const HOLD: Duration = Duration::from_hours(24);

fn channel() -> ChannelName {
    ChannelName::new("webhook").unwrap()
}

/// Who wrote how many, and the stretch that it is of.
type Found = (u64, u64, Vec<(UserId, u64)>);

fn found(waiting: &WaitingConversation) -> Found {
    let wrote = waiting.wrote.iter().map(|wrote| (wrote.user, wrote.count)).collect();
    (waiting.after.get(), waiting.to.get(), wrote)
}

impl DurableHarness {
    async fn note(&self, conversation: ConversationId, upto: u64) -> usize {
        self.note_after(conversation, upto, Duration::ZERO).await
    }

    async fn note_after(&self, conversation: ConversationId, upto: u64, wait: Duration) -> usize {
        self.store.note_waiting(&channel(), &[(conversation, seq(upto))], wait).await.unwrap()
    }

    async fn take(&self) -> Vec<NoticeClaim> {
        self.store.take_due(&channel(), 100, HOLD).await.unwrap()
    }

    /// The one who is due.
    async fn take_one(&self) -> NoticeClaim {
        let claims = self.take().await;
        assert_eq!(claims.len(), 1, "{claims:?}");
        claims[0]
    }

    async fn waits(&self, user: UserId) -> Vec<WaitingConversation> {
        self.store.waiting(&channel(), user, 100).await.unwrap()
    }

    async fn settle(&self, claim: &NoticeClaim, told: &[(ConversationId, Seq)], next: NoticeNext) -> bool {
        self.store.settle_notice(&channel(), claim, told, next).await.unwrap()
    }
}

pub async fn a_channel_begins_with_what_changes_from_now_on(h: DurableHarness) {
    let (alice, _, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "before").await;
    let place = h.store.notice_place(&channel()).await.unwrap();
    let logs = h.store.changed_logs(place, 100).await.unwrap();
    assert!(logs.iter().all(|log| log.changed > place));
    h.send(&alice, conversation, "after").await;
    let logs = h.store.changed_logs(place, 100).await.unwrap();
    assert!(logs.iter().any(|log| log.log == LogId::Conversation(conversation)));
    assert_eq!(h.store.notice_place(&channel()).await.unwrap(), place, "it stays until it is moved");
}

pub async fn the_place_of_a_channel_never_moves_back(h: DurableHarness) {
    let (first, other) = (channel(), ChannelName::new("other").unwrap());
    let (alice, _, conversation) = h.two_friends().await;
    let begin = h.store.notice_place(&first).await.unwrap();
    let elsewhere = h.store.notice_place(&other).await.unwrap();
    h.send(&alice, conversation, "1").await;
    let changed = h.store.changed_logs(begin, 100).await.unwrap().last().unwrap().changed;
    h.store.move_notice_place(&first, changed).await.unwrap();
    h.store.move_notice_place(&first, Stamp(changed.0 - 1)).await.unwrap();
    assert_eq!(h.store.notice_place(&first).await.unwrap(), changed);
    assert_eq!(h.store.notice_place(&other).await.unwrap(), elsewhere, "channels go on their own");
}

pub async fn who_lacks_messages_is_due_and_finds_what_waits(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    for body in ["1", "2", "3"] {
        h.send(&alice, conversation, body).await;
    }
    h.try_cursor(&bob, conversation, 1, 0).await;
    assert_eq!(h.note(conversation, 3).await, 1);
    assert_eq!(h.note(conversation, 3).await, 0, "noted already");
    let claim = h.take_one().await;
    assert_eq!((claim.user, claim.tries), (bob.user, 1));
    let waiting = h.waits(bob.user).await;
    assert_eq!(waiting.iter().map(|it| it.conversation).collect::<Vec<_>>(), [conversation]);
    assert_eq!(found(&waiting[0]), (1, 3, vec![(alice.user, 2)]));
    let log = h.log(&bob, conversation).await;
    assert_eq!((waiting[0].oldest(), waiting[0].newest()), (Some(log[1].at), Some(log[2].at)));
    assert!(h.settle(&claim, &[(conversation, seq(3))], DONE).await);
    assert_eq!(h.take().await, []);
    assert_eq!(h.waits(bob.user).await, []);
}

pub async fn who_has_it_all_or_wrote_it_all_is_not_noted(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "1").await;
    h.send(&alice, conversation, "2").await;
    h.try_cursor(&bob, conversation, 2, 0).await;
    assert_eq!(h.note(conversation, 2).await, 0);
    assert_eq!(h.take().await, []);
    // Bob answers, and then it is Alice who lacks a message.
    h.send(&bob, conversation, "3").await;
    assert_eq!(h.note(conversation, 3).await, 1);
    assert_eq!(h.take_one().await.user, alice.user);
    assert_eq!(found(&h.waits(alice.user).await[0]), (0, 3, vec![(bob.user, 1)]));
}

pub async fn a_conversation_that_is_not_there_is_noted_for_nobody(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    assert_eq!(h.note(alice.conversation(&bob), 1).await, 0);
    assert_eq!(h.take().await, []);
    assert_eq!(h.waits(alice.user).await, []);
}

pub async fn a_long_stretch_of_own_messages_is_looked_at_when_it_is_due(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let own = OWN_MESSAGES_LOOKED_AT + 1;
    for n in 0..own {
        h.send(&alice, conversation, &n.to_string()).await;
    }
    h.try_cursor(&bob, conversation, own, own).await;
    assert_eq!(h.note(conversation, own).await, 1);
    let claim = h.take_one().await;
    let waiting = h.waits(alice.user).await;
    assert_eq!(waiting.iter().map(found).collect::<Vec<_>>(), [(0, own, vec![])]);
    assert!(h.settle(&claim, &[(conversation, seq(own))], DONE).await);
    assert_eq!(h.waits(alice.user).await, []);
    h.send(&alice, conversation, "one more").await;
    h.try_cursor(&bob, conversation, own + 1, own).await;
    assert_eq!(h.note(conversation, own + 1).await, 0, "looked at from there on");
}

pub async fn what_was_told_is_not_told_again_and_what_is_new_is(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "1").await;
    h.note(conversation, 1).await;
    let claim = h.take_one().await;
    assert!(h.settle(&claim, &[(conversation, seq(1))], DONE).await);
    assert_eq!(h.note(conversation, 1).await, 0);
    assert_eq!(h.take().await, []);
    h.send(&alice, conversation, "2").await;
    assert_eq!(h.note(conversation, 2).await, 1);
    let claim = h.take_one().await;
    assert_eq!((claim.user, claim.tries), (bob.user, 1), "tries are counted anew");
    assert_eq!(found(&h.waits(bob.user).await[0]), (1, 2, vec![(alice.user, 1)]));
}

pub async fn what_was_delivered_meanwhile_is_told_no_more(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    for body in ["1", "2", "3"] {
        h.send(&alice, conversation, body).await;
    }
    h.note(conversation, 3).await;
    h.try_cursor(&bob, conversation, 2, 0).await;
    assert_eq!(found(&h.waits(bob.user).await[0]), (2, 3, vec![(alice.user, 1)]));
    h.try_cursor(&bob, conversation, 3, 0).await;
    let waiting = h.waits(bob.user).await;
    assert_eq!(waiting.iter().map(found).collect::<Vec<_>>(), [(3, 3, vec![])]);
    let claim = h.take_one().await;
    assert!(h.settle(&claim, &[(conversation, seq(3))], DONE).await);
    assert_eq!(h.waits(bob.user).await, []);
    assert_eq!(h.take().await, []);
}

pub async fn what_is_noted_while_it_is_being_told_is_due_again(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "1").await;
    h.note(conversation, 1).await;
    let claim = h.take_one().await;
    h.send(&alice, conversation, "2").await;
    assert_eq!(h.note(conversation, 2).await, 0, "due already");
    assert!(h.settle(&claim, &[(conversation, seq(1))], DONE).await);
    let claim = h.take_one().await;
    assert_eq!((claim.user, claim.tries), (bob.user, 1));
    assert_eq!(found(&h.waits(bob.user).await[0]), (1, 2, vec![(alice.user, 1)]));
}

pub async fn a_notice_is_taken_by_one_and_settled_once(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "1").await;
    h.note(conversation, 1).await;
    let takes = (0..8).map(|_| {
        let store = Arc::clone(&h.store);
        async move { store.take_due(&channel(), 10, HOLD).await.unwrap() }
    });
    let taken: Vec<_> = at_once(takes).await.into_iter().flatten().collect();
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert_eq!(taken[0].user, bob.user);
    let settles = (0..8).map(|_| {
        let (store, claim) = (Arc::clone(&h.store), taken[0]);
        async move { store.settle_notice(&channel(), &claim, &[(conversation, seq(1))], DONE).await.unwrap() }
    });
    let settled = at_once(settles).await;
    assert_eq!(settled.iter().filter(|done| **done).count(), 1);
}

pub async fn who_notes_at_once_loses_nothing(h: DurableHarness) {
    let alice = h.person("alice").await;
    let mut marks = Vec::new();
    let mut users = BTreeSet::new();
    for n in 0..6 {
        let friend = h.person(&nth_name(n)).await;
        let conversation = h.befriend(&friend, &alice).await;
        h.send(&alice, conversation, "to you").await;
        marks.push((conversation, seq(1)));
        users.insert(friend.user);
    }
    let notes = (0..4_usize).map(|turn| {
        let (store, mut marks) = (Arc::clone(&h.store), marks.clone());
        marks.rotate_left(turn);
        async move { store.note_waiting(&channel(), &marks, Duration::ZERO).await.unwrap() }
    });
    assert_eq!(at_once(notes).await.into_iter().sum::<usize>(), users.len(), "each became due once");
    let due: BTreeSet<_> = h.take().await.into_iter().map(|claim| claim.user).collect();
    assert_eq!(due, users);
}

pub async fn no_more_are_taken_than_asked_for(h: DurableHarness) {
    let alice = h.person("alice").await;
    for n in 0..3 {
        let friend = h.person(&nth_name(n)).await;
        let conversation = h.befriend(&friend, &alice).await;
        h.send(&alice, conversation, "to you").await;
        h.note(conversation, 1).await;
    }
    let mut taken = BTreeSet::new();
    for expected in [2, 1, 0] {
        let claims = h.store.take_due(&channel(), 2, HOLD).await.unwrap();
        assert_eq!(claims.len(), expected);
        taken.extend(claims.into_iter().map(|claim| claim.user));
    }
    assert_eq!(taken.len(), 3);
}

/// Alice, to whom five people write once each.
async fn five_write(h: &DurableHarness) -> (Person, Vec<ConversationId>) {
    let alice = h.person("alice").await;
    let mut conversations = Vec::new();
    for n in 0..5 {
        let friend = h.person(&nth_name(n)).await;
        let conversation = h.befriend(&friend, &alice).await;
        h.send(&friend, conversation, "to you").await;
        conversations.push(conversation);
    }
    conversations.sort();
    (alice, conversations)
}

pub async fn what_waits_comes_by_conversation_and_what_is_left_over_is_due_again(h: DurableHarness) {
    let (alice, conversations) = five_write(&h).await;
    let marks: Vec<_> = conversations.iter().map(|id| (*id, seq(1))).collect();
    assert_eq!(h.store.note_waiting(&channel(), &marks, Duration::ZERO).await.unwrap(), 1);
    let mut told = Vec::new();
    for expected in [2, 2, 1] {
        let claim = h.take_one().await;
        let page = h.store.waiting(&channel(), alice.user, 2).await.unwrap();
        assert_eq!(page.len(), expected);
        let marks: Vec<_> = page.iter().map(|it| (it.conversation, it.to)).collect();
        told.extend(page.iter().map(|it| it.conversation));
        assert!(h.settle(&claim, &marks, DONE).await);
    }
    assert_eq!(told, conversations);
    assert_eq!(h.take().await, []);
}

pub async fn channels_do_not_know_of_each_other(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "1").await;
    let other = ChannelName::new("digest").unwrap();
    h.note(conversation, 1).await;
    let told = [(conversation, seq(1))];
    assert_eq!(h.store.note_waiting(&other, &told, Duration::ZERO).await.unwrap(), 1);
    let claim = h.take_one().await;
    assert!(h.settle(&claim, &told, DONE).await);
    assert_eq!(h.waits(bob.user).await, []);
    let claims = h.store.take_due(&other, 10, HOLD).await.unwrap();
    assert_eq!(claims.iter().map(|claim| claim.user).collect::<Vec<_>>(), [bob.user]);
    assert_eq!(h.store.waiting(&other, bob.user, 10).await.unwrap().len(), 1);
}

pub async fn of_who_is_forgotten_nothing_is_left(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "1").await;
    h.note(conversation, 1).await;
    let claim = h.take_one().await;
    assert!(h.settle(&claim, &[], NoticeNext::Forget).await);
    assert_eq!(h.take().await, []);
    assert_eq!(h.waits(bob.user).await, []);
    assert!(!h.settle(&claim, &[], DONE).await);
}

pub async fn of_very_many_messages_the_first_are_counted_and_all_are_told(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let many = NOTICE_LOOK + 5;
    let append = |n: u64| {
        let message = h.id(MessageId::generate);
        Write::Append(Append { actor: alice.actor(), conversation, message, text: text(&n.to_string()) })
    };
    let batch: Vec<_> = (0..many).map(append).collect();
    h.store.commit(&batch).await.unwrap();
    h.note(conversation, many).await;
    let claims = h.take().await;
    assert!(claims.iter().any(|claim| claim.user == bob.user));
    assert_eq!(found(&h.waits(bob.user).await[0]), (0, many, vec![(alice.user, NOTICE_LOOK)]));
    // Of those that Alice wrote herself not all were looked at, so more may wait.
    let claim = claims.iter().find(|claim| claim.user == alice.user).unwrap();
    let waiting = h.waits(alice.user).await;
    assert_eq!(waiting.iter().map(found).collect::<Vec<_>>(), [(0, NOTICE_LOOK, vec![])]);
    assert!(h.settle(claim, &[(conversation, seq(NOTICE_LOOK))], DONE).await);
    assert_eq!(h.take_one().await.user, alice.user);
    let waiting = h.waits(alice.user).await;
    assert_eq!(waiting.iter().map(found).collect::<Vec<_>>(), [(NOTICE_LOOK, many, vec![])]);
}

pub async fn a_notice_is_due_after_its_wait_longest_due_first(h: DurableHarness) {
    let (alice, conversations) = five_write(&h).await;
    let bob = h.person("bob").await;
    let ours = h.befriend(&bob, &alice).await;
    h.send(&alice, ours, "to bob").await;
    h.note_after(ours, 1, 10 * SECOND).await;
    h.pass(SECOND).await;
    h.note_after(conversations[0], 1, 10 * SECOND).await;
    // Somebody who is due already is not due later for that, nor sooner.
    h.pass(SECOND).await;
    h.note_after(conversations[1], 1, MS).await;
    assert_eq!(h.take().await, []);
    h.pass(7_999 * MS).await;
    assert_eq!(h.take().await, []);
    h.pass(MS).await;
    assert_eq!(h.take_one().await.user, bob.user);
    h.pass(MINUTE).await;
    let claim = h.take_one().await;
    assert_eq!((claim.user, claim.due_for), (alice.user, 59 * SECOND));
}

pub async fn a_taken_notice_is_due_again_when_its_hold_is_over(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "1").await;
    h.note(conversation, 1).await;
    let take = async || h.store.take_due(&channel(), 10, MINUTE).await.unwrap();
    let first = take().await;
    h.pass(59_999 * MS).await;
    assert_eq!(take().await, []);
    h.pass(MS).await;
    let second = take().await;
    let tried: Vec<_> = second.iter().map(|claim| (claim.user, claim.tries, claim.due_for)).collect();
    assert_eq!(tried, [(bob.user, 2, MINUTE)]);
    assert!(!h.settle(&first[0], &[(conversation, seq(1))], DONE).await, "it was taken over");
    assert_eq!(h.waits(bob.user).await.len(), 1);
    assert!(h.settle(&second[0], &[(conversation, seq(1))], DONE).await);
}

pub async fn a_notice_that_is_put_off_comes_again_with_its_tries(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "1").await;
    h.note(conversation, 1).await;
    let claim = h.take_one().await;
    assert!(h.settle(&claim, &[], NoticeNext::Retry { after: MINUTE }).await);
    h.send(&alice, conversation, "2").await;
    h.note(conversation, 2).await;
    h.pass(59_999 * MS).await;
    assert_eq!(h.take().await, [], "what is new does not bring it forward");
    h.pass(MS).await;
    let claim = h.take_one().await;
    assert_eq!((claim.user, claim.tries, claim.due_for), (bob.user, 2, MINUTE));
    assert_eq!(found(&h.waits(bob.user).await[0]), (0, 2, vec![(alice.user, 2)]));
}

pub async fn who_was_told_is_left_in_peace(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "1").await;
    h.note(conversation, 1).await;
    let claim = h.take_one().await;
    let quiet = NoticeNext::Done { quiet: MINUTE };
    // One is noted before that is settled, and one after.
    h.send(&alice, conversation, "2").await;
    h.note(conversation, 2).await;
    assert!(h.settle(&claim, &[(conversation, seq(1))], quiet).await);
    h.pass(59_999 * MS).await;
    h.send(&alice, conversation, "3").await;
    h.note(conversation, 3).await;
    assert_eq!(h.take().await, []);
    h.pass(MS).await;
    let claim = h.take_one().await;
    assert_eq!((claim.user, claim.due_for), (bob.user, Duration::ZERO));
    assert_eq!(found(&h.waits(bob.user).await[0]), (1, 3, vec![(alice.user, 2)]));
    assert!(h.settle(&claim, &[(conversation, seq(3))], quiet).await);
    h.send(&alice, conversation, "4").await;
    assert_eq!(h.note(conversation, 4).await, 1);
    assert_eq!(h.take().await, []);
    h.pass(MINUTE).await;
    assert_eq!(h.take_one().await.user, bob.user);
}

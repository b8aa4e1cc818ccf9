//! Reading what was written.

use crate::friend::RelationChange;
use crate::id::{ConversationId, Seq};
use crate::message::{History, HistoryFrom, Write};
use crate::testing::contract::DurableHarness;
use crate::testing::contract::world::{Person, seq};

/// Seven messages, read by one page at a time.
async fn seven(h: &DurableHarness) -> (Person, ConversationId) {
    let (alice, bob, conversation) = h.two_friends().await;
    let batch: Vec<_> =
        (1..=7).map(|n| Write::Append(h.message(&alice, conversation, &n.to_string()))).collect();
    h.store.commit(&batch).await.unwrap();
    (bob, conversation)
}

async fn page(
    h: &DurableHarness,
    who: &Person,
    conversation: ConversationId,
    from: HistoryFrom,
    limit: usize,
) -> Vec<u64> {
    let History { messages, head } =
        h.store.history(who.user, conversation, from, limit).await.unwrap().unwrap();
    assert_eq!(head, seq(7));
    messages.iter().map(|message| message.seq.get()).collect()
}

pub async fn history_pages_back_from_the_newest_to_the_first(h: DurableHarness) {
    let (bob, conversation) = seven(&h).await;
    let below = |n| HistoryFrom::Before(n);
    assert_eq!(page(&h, &bob, conversation, below(None), 3).await, [5, 6, 7]);
    assert_eq!(page(&h, &bob, conversation, below(Some(seq(5))), 3).await, [2, 3, 4]);
    assert_eq!(page(&h, &bob, conversation, below(Some(seq(2))), 3).await, [1]);
    assert_eq!(page(&h, &bob, conversation, below(Some(seq(1))), 3).await, [0; 0]);
    assert_eq!(page(&h, &bob, conversation, below(Some(Seq::ZERO)), 3).await, [0; 0]);
    assert_eq!(page(&h, &bob, conversation, below(Some(Seq::MAX)), 2).await, [6, 7]);
}

pub async fn history_pages_on_from_a_seq_to_the_newest(h: DurableHarness) {
    let (bob, conversation) = seven(&h).await;
    let above = |n| HistoryFrom::After(seq(n));
    assert_eq!(page(&h, &bob, conversation, above(0), 3).await, [1, 2, 3]);
    assert_eq!(page(&h, &bob, conversation, above(3), 3).await, [4, 5, 6]);
    assert_eq!(page(&h, &bob, conversation, above(6), 3).await, [7]);
    assert_eq!(page(&h, &bob, conversation, above(7), 3).await, [0; 0]);
    assert_eq!(page(&h, &bob, conversation, HistoryFrom::After(Seq::MAX), 3).await, [0; 0]);
    assert_eq!(page(&h, &bob, conversation, above(0), 1).await, [1]);
}

pub async fn only_members_read_and_the_answer_to_others_is_that_of_nothing(h: DurableHarness) {
    let (_, conversation) = seven(&h).await;
    let stranger = h.person("mallory").await;
    let absent = h.id(ConversationId::generate);
    for place in [conversation, absent] {
        let history = h.store.history(stranger.user, place, HistoryFrom::Before(None), 10).await.unwrap();
        assert_eq!(history, None);
        assert_eq!(h.store.conversation(stranger.user, place).await.unwrap(), None);
    }
    let list = h.store.changed_conversations(stranger.user, None, None, 10).await.unwrap();
    assert!(list.conversations.is_empty());
}

pub async fn who_is_no_friend_any_more_still_reads_what_was_said(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "farewell").await;
    h.change(&alice, RelationChange::Block(bob.user)).await;
    h.change(&alice, RelationChange::Remove(bob.user)).await;
    for reader in [&alice, &bob] {
        assert_eq!(h.texts(reader, conversation).await, ["farewell"]);
    }
}

pub async fn a_conversation_shows_its_head_its_cursors_and_whether_one_may_write(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let empty = h.store.conversation(alice.user, conversation).await.unwrap().unwrap();
    assert_eq!((empty.head, empty.last_message, empty.writable), (Seq::ZERO, None, true));
    h.send(&alice, conversation, "1").await;
    h.send(&bob, conversation, "2").await;
    h.try_cursor(&bob, conversation, 2, 1).await;
    for reader in [&alice, &bob] {
        let seen = h.store.conversation(reader.user, conversation).await.unwrap().unwrap();
        assert_eq!((seen.conversation, seen.head), (conversation, seq(2)));
        let users: Vec<_> = seen.cursors.iter().map(|cursor| cursor.user).collect();
        assert_eq!(users, alice.pair(&bob).both());
        let of_bob = seen.cursors.iter().find(|cursor| cursor.user == bob.user).unwrap();
        assert_eq!((of_bob.delivered, of_bob.read), (seq(2), seq(1)));
        assert_eq!(seen.last_message, h.log(reader, conversation).await.last().map(|last| last.at));
    }
}

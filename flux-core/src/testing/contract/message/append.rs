//! What an append stores, repeats and refuses.

use crate::friend::RelationChange;
use crate::id::{ConversationId, MessageId, Pair, UserId};
use crate::message::{Append, MAX_BATCH, MessageText, SendRefusal, Write, WriteRefusal, Written};
use crate::testing::contract::DurableHarness;
use crate::testing::contract::world::{SECOND, appended, refused, seq, text};

pub async fn an_acknowledged_message_is_in_the_history_as_it_was_sent(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let sent = h.message(&alice, conversation, "hello");
    let Written::Appended { seq: place, at, repeated, members } = h.append(sent.clone()).await else {
        panic!("not appended")
    };
    assert_eq!((place, repeated), (seq(1), false));
    assert_eq!(members[..], alice.pair(&bob).both());
    for reader in [&alice, &bob] {
        let [message] = &h.log(reader, conversation).await[..] else { panic!("not one message") };
        assert_eq!(message.conversation, conversation);
        assert_eq!((message.seq, message.at), (place, at));
        assert_eq!((message.sender, message.message), (alice.user, sent.message));
        assert_eq!(message.text, sent.text);
    }
}

pub async fn any_text_comes_back_byte_for_byte(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let long = "x".repeat(MessageText::LIMIT_BYTES);
    let wide = "界".repeat(MessageText::LIMIT_BYTES / 3);
    let texts = [
        "' OR 1=1; --\"\\",
        "%_*?[a-z]",
        "<script>alert(1)</script>",
        "trailing space ",
        "\ttabs\nand\r\nlines",
        "e\u{301} is not é",
        "👩‍👩‍👧 \u{202E}right to left\u{202C}",
        "\u{1F595}\u{FE0F}",
        &long,
        &wide,
    ];
    for body in texts {
        h.send(&alice, conversation, body).await;
    }
    assert_eq!(h.texts(&bob, conversation).await, texts);
}

pub async fn seqs_are_dense_and_in_the_order_of_the_batch(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let carol = h.person("carol").await;
    let other = h.befriend(&alice, &carol).await;
    let batch: Vec<_> = [
        (&alice, conversation, "1"),
        (&bob, conversation, "2"),
        (&carol, other, "1"),
        (&alice, conversation, "3"),
        (&alice, other, "2"),
    ]
    .map(|(who, to, body)| Write::Append(h.message(who, to, body)))
    .to_vec();
    let written = h.store.commit(&batch).await.unwrap();
    let seqs: Vec<_> = written.iter().map(|it| appended(it).get()).collect();
    assert_eq!(seqs, [1, 2, 1, 3, 2]);
    assert_eq!(h.send(&bob, conversation, "4").await, seq(4));
    assert_eq!(h.texts(&alice, conversation).await, ["1", "2", "3", "4"]);
    assert_eq!(h.texts(&alice, other).await, ["1", "2"]);
}

pub async fn an_empty_batch_is_nothing(h: DurableHarness) {
    assert_eq!(h.store.commit(&[]).await.unwrap(), []);
}

pub async fn a_batch_of_the_greatest_size_is_one_commit(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let batch: Vec<_> =
        (0..MAX_BATCH).map(|n| Write::Append(h.message(&alice, conversation, &n.to_string()))).collect();
    let written = h.store.commit(&batch).await.unwrap();
    assert_eq!(written.len(), MAX_BATCH);
    let texts = h.texts(&bob, conversation).await;
    assert_eq!(texts, (0..MAX_BATCH).map(|n| n.to_string()).collect::<Vec<_>>());
}

pub async fn a_repeated_message_id_gets_its_first_seq_and_time(h: DurableHarness) {
    let (alice, _, conversation) = h.two_friends().await;
    let sent = h.message(&alice, conversation, "once");
    let Written::Appended { seq: first, at: stored, .. } = h.append(sent.clone()).await else {
        panic!("not appended")
    };
    h.send(&alice, conversation, "between").await;
    for _ in 0..2 {
        let Written::Appended { seq, at, repeated, members } = h.append(sent.clone()).await else {
            panic!("not appended")
        };
        assert_eq!((seq, at, repeated, members.len()), (first, stored, true, 2));
    }
    assert_eq!(h.texts(&alice, conversation).await, ["once", "between"]);
}

pub async fn a_repeat_in_one_batch_is_stored_once(h: DurableHarness) {
    let (alice, _, conversation) = h.two_friends().await;
    let sent = Write::Append(h.message(&alice, conversation, "once"));
    let next = Write::Append(h.message(&alice, conversation, "next"));
    let written = h.store.commit(&[sent.clone(), sent.clone(), next, sent]).await.unwrap();
    let outcome = |it: &Written| match it {
        Written::Appended { seq, repeated, .. } => (seq.get(), *repeated),
        other => panic!("not appended: {other:?}"),
    };
    let outcomes: Vec<_> = written.iter().map(outcome).collect();
    assert_eq!(outcomes, [(1, false), (1, true), (2, false), (1, true)]);
    assert_eq!(h.texts(&alice, conversation).await, ["once", "next"]);
}

pub async fn a_repeat_is_answered_where_writing_has_ended_meanwhile(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let sent = h.message(&alice, conversation, "before");
    let first = appended(&h.append(sent.clone()).await);
    h.change(&bob, RelationChange::Remove(alice.user)).await;
    assert_eq!(appended(&h.append(sent).await), first);
    let new = h.append(h.message(&alice, conversation, "after")).await;
    assert_eq!(refused(&new), WriteRefusal::Send(SendRefusal::NotPermitted));
    assert_eq!(h.texts(&bob, conversation).await, ["before"]);
}

pub async fn a_message_id_used_for_another_text_is_a_conflict(h: DurableHarness) {
    let (alice, _, conversation) = h.two_friends().await;
    let sent = h.message(&alice, conversation, "first");
    let other = Append { text: text("other"), ..sent.clone() };
    h.append(sent.clone()).await;
    assert_eq!(refused(&h.append(other.clone()).await), WriteRefusal::Send(SendRefusal::Conflict));

    let fresh = h.message(&alice, conversation, "second");
    let clash = Append { text: text("Second"), ..fresh.clone() };
    let written = h.store.commit(&[Write::Append(fresh), Write::Append(clash)]).await.unwrap();
    assert_eq!(appended(&written[0]), seq(2));
    assert_eq!(refused(&written[1]), WriteRefusal::Send(SendRefusal::Conflict));
    assert_eq!(h.texts(&alice, conversation).await, ["first", "second"]);
}

pub async fn message_ids_are_told_apart_by_sender_and_by_conversation(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let carol = h.person("carol").await;
    let other = h.befriend(&alice, &carol).await;
    let message = h.id(MessageId::generate);
    for (who, to, body) in
        [(&alice, conversation, "of alice"), (&bob, conversation, "of bob"), (&alice, other, "elsewhere")]
    {
        let append = Append { actor: who.actor(), conversation: to, message, text: text(body) };
        assert!(matches!(h.append(append).await, Written::Appended { repeated: false, .. }));
    }
    assert_eq!(h.texts(&alice, conversation).await, ["of alice", "of bob"]);
    assert_eq!(h.texts(&alice, other).await, ["elsewhere"]);
}

pub async fn a_refused_message_leaves_no_hole_and_the_rest_of_the_batch_is_stored(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let carol = h.person("carol").await;
    let closed = h.befriend(&alice, &carol).await;
    h.change(&carol, RelationChange::Remove(alice.user)).await;
    let batch = [
        h.message(&alice, conversation, "one"),
        h.message(&carol, conversation, "no member"),
        h.message(&alice, closed, "no friend"),
        h.message(&bob, conversation, "two"),
    ];
    let written = h.store.commit(&batch.clone().map(Write::Append)).await.unwrap();
    assert_eq!(appended(&written[0]), seq(1));
    assert_eq!(refused(&written[1]), WriteRefusal::Send(SendRefusal::NoSuchConversation));
    assert_eq!(refused(&written[2]), WriteRefusal::Send(SendRefusal::NotPermitted));
    assert_eq!(appended(&written[3]), seq(2));
    assert_eq!(h.texts(&alice, conversation).await, ["one", "two"]);
    assert_eq!(h.texts(&alice, closed).await, [""; 0]);

    // What was refused was not remembered: the same id is free once writing is possible.
    h.befriend(&alice, &carol).await;
    let again = h.append(batch[2].clone()).await;
    assert!(matches!(again, Written::Appended { repeated: false, .. }));
}

pub async fn a_stranger_and_nobodys_conversation_get_the_same_answer(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "private").await;
    let stranger = h.person("mallory").await;
    let absent = h.id(ConversationId::generate);
    // That of two who have nothing to do with each other does not exist either.
    let unknown = ConversationId::direct(Pair::new(stranger.user, h.id(UserId::generate)).unwrap());
    for place in [conversation, absent, unknown] {
        let written = h.append(h.message(&stranger, place, "let me in")).await;
        assert_eq!(refused(&written), WriteRefusal::Send(SendRefusal::NoSuchConversation));
        let moved = h.try_cursor(&stranger, place, 1, 1).await;
        assert_eq!(refused(&moved), WriteRefusal::Send(SendRefusal::NoSuchConversation));
    }
    assert_eq!(h.texts(&bob, conversation).await, ["private"]);
}

pub async fn writing_needs_friendship_and_no_block_in_either_direction(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let everyone = [&alice, &bob];
    let steps = [
        (&alice, RelationChange::Block(bob.user), false),
        (&bob, RelationChange::Block(alice.user), false),
        (&alice, RelationChange::Unblock(bob.user), false),
        (&bob, RelationChange::Unblock(alice.user), true),
        (&bob, RelationChange::Remove(alice.user), false),
    ];
    for (who, change, open) in steps {
        h.change(who, change.clone()).await;
        for writer in everyone {
            let written = h.append(h.message(writer, conversation, "may I?")).await;
            if open {
                appended(&written);
            } else {
                assert_eq!(
                    refused(&written),
                    WriteRefusal::Send(SendRefusal::NotPermitted),
                    "after {change:?}"
                );
            }
            assert_eq!(h.writable(writer, conversation).await, open, "after {change:?}");
        }
    }
    assert_eq!(h.log(&alice, conversation).await.len(), 2);
}

pub async fn times_are_those_of_the_stores_clock(h: DurableHarness) {
    let (alice, _, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "now").await;
    h.pass(90 * SECOND).await;
    h.send(&alice, conversation, "later").await;
    let log = h.log(&alice, conversation).await;
    assert_eq!(log[1].at.since(log[0].at), 90 * SECOND);
    let seen = h.store.conversation(alice.user, conversation).await.unwrap().unwrap();
    assert_eq!(seen.last_message, Some(log[1].at));
}

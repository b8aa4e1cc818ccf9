//! One sender's pipelined sends keep their order, whatever fails.

use flux_core::guard::Quota;
use flux_core::message::HistoryFrom;
use flux_core::{ConversationId, MessageId, Seq, Settings};
use flux_net::chat::{ChatConfig, ChatRates, Format};
use flux_proto::v1::{self, client_frame::Request, reply::Result as Answer};
use std::time::Duration;

use crate::support::client::message_to;
use crate::support::{Person, World, until};

async fn texts(world: &World, person: &Person, conversation: ConversationId) -> Vec<String> {
    let history =
        world.flux.messages.history(&person.actor, conversation, HistoryFrom::After(Seq::ZERO), 100);
    let messages = history.await.unwrap().messages;
    messages.iter().map(|message| message.text.as_str().to_owned()).collect()
}

fn code(answer: Answer) -> String {
    match answer {
        Answer::Error(error) => error.code,
        other => panic!("not refused: {other:?}"),
    }
}

fn give_up(conversation: ConversationId, message: MessageId) -> Request {
    let (conversation_id, message_id) = (conversation.to_string(), message.to_string());
    Request::GiveUp(v1::GiveUp { conversation_id, message_id })
}

#[tokio::test]
async fn invariant_3_after_a_failed_commit_later_sends_wait_for_the_failed_one() {
    for format in Format::ALL {
        let world = World::new().await;
        let (alice, bob, conversation) = world.friends().await;
        let carol = world.person("carol").await;
        let elsewhere = world.befriend(&alice, &carol).await;
        let mut client = world.connect_as(&alice, format).await;
        let ids: Vec<_> = (0..3).map(|_| world.message_id()).collect();
        let say = |n: usize| message_to(conversation, ids[n], &n.to_string());
        // The first fails in its batch; the second and third came after it, before its failure was known.
        world.store.hold_commits();
        let first = client.submit(say(0)).await;
        until("the first commit waits", || world.store.held_commits() == 1).await;
        let second = client.submit(say(1)).await;
        let third = client.submit(say(2)).await;
        assert!(client.is_alive().await, "both were read");
        world.store.fail_next_commit();
        world.store.let_all_through();
        let error = match client.answer(first).await {
            Answer::Error(error) => error,
            other => panic!("not failed: {other:?}"),
        };
        assert_eq!((error.code.as_str(), error.retry()), ("unavailable", v1::Retry::Later));
        assert_eq!(code(client.answer(second).await), "send_held");
        assert_eq!(code(client.answer(third).await), "send_held");
        // Other conversations are not concerned.
        client.send(elsewhere, world.message_id(), "x").await;
        assert_eq!(client.refused(say(2)).await, "send_held");
        // Resent in their order they go through.
        for n in 0..3 {
            assert!(matches!(client.ask(say(n)).await, Answer::Sent(_)));
        }
        assert_eq!(texts(&world, &bob, conversation).await, ["0", "1", "2"]);
    }
}

#[tokio::test]
async fn invariant_3_a_send_that_is_given_up_holds_nothing() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut client = world.connect(&alice).await;
    let (lost, next) = (world.message_id(), world.message_id());
    world.store.fail_next_commit();
    assert_eq!(client.refused(message_to(conversation, lost, "lost")).await, "unavailable");
    assert_eq!(client.refused(message_to(conversation, next, "next")).await, "send_held");
    // Giving up another one does not help.
    client.done(give_up(conversation, next)).await;
    assert_eq!(client.refused(message_to(conversation, next, "next")).await, "send_held");
    client.done(give_up(conversation, lost)).await;
    client.send(conversation, next, "next").await;
    assert_eq!(texts(&world, &bob, conversation).await, ["next"]);
}

#[tokio::test]
async fn invariant_3_what_was_refused_is_not_overtaken_by_what_is_sent_when_it_is_allowed_again() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut client = world.connect(&alice).await;
    let ids: Vec<_> = (0..2).map(|_| world.message_id()).collect();
    let say = |n: usize| message_to(conversation, ids[n], &n.to_string());
    world.flux.friends.block(&bob.actor, alice.actor.user).await.unwrap();
    assert_eq!(client.refused(say(0)).await, "not_permitted");
    world.flux.friends.unblock(&bob.actor, alice.actor.user).await.unwrap();
    // Whether the refusal arrived the server cannot know: if it did not, the first comes again.
    assert_eq!(client.refused(say(1)).await, "send_held");
    for n in 0..2 {
        assert!(matches!(client.ask(say(n)).await, Answer::Sent(_)));
    }
    assert_eq!(texts(&world, &bob, conversation).await, ["0", "1"]);
}

#[tokio::test]
async fn invariant_3_what_can_never_be_stored_holds_nothing() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut client = world.connect(&alice).await;
    let id = world.message_id();
    client.send(conversation, id, "one").await;
    assert_eq!(client.refused(message_to(conversation, id, "another")).await, "message_conflict");
    assert_eq!(client.refused(message_to(conversation, world.message_id(), "")).await, "message_empty");
    client.send(conversation, world.message_id(), "two").await;
    assert_eq!(texts(&world, &bob, conversation).await, ["one", "two"]);
}

#[tokio::test]
async fn invariant_3_a_send_that_came_too_fast_is_not_overtaken_either() {
    let rates = ChatRates { sends: Quota::new(2, Duration::from_secs(2)), ..ChatRates::default() };
    let world = World::with(ChatConfig { rates, ..ChatConfig::default() }, Settings::default()).await;
    let (alice, bob, conversation) = world.friends().await;
    let mut client = world.connect(&alice).await;
    let ids: Vec<_> = (0..4).map(|_| world.message_id()).collect();
    let say = |n: usize| message_to(conversation, ids[n], &n.to_string());
    client.ask(say(0)).await;
    client.ask(say(1)).await;
    let error = client.error(say(2)).await;
    assert_eq!((error.code.as_str(), error.retry()), ("rate_limited", v1::Retry::Later));
    assert_eq!(error.retry_after_ms, 1_000);
    world.pass(Duration::from_secs(3)).await;
    assert_eq!(client.refused(say(3)).await, "send_held");
    assert!(matches!(client.ask(say(2)).await, Answer::Sent(_)));
    world.pass(Duration::from_secs(1)).await;
    assert!(matches!(client.ask(say(3)).await, Answer::Sent(_)));
    assert_eq!(texts(&world, &bob, conversation).await, ["0", "1", "2", "3"]);
}

#[tokio::test]
async fn more_open_requests_than_may_be_are_refused() {
    let config = ChatConfig { open_requests: 4, ..ChatConfig::default() };
    let world = World::with(config, Settings::default()).await;
    let (alice, bob, conversation) = world.friends().await;
    let mut client = world.connect(&alice).await;
    world.store.hold_commits();
    let mut open = Vec::new();
    for n in 0..4 {
        open.push(client.submit(message_to(conversation, world.message_id(), &n.to_string())).await);
    }
    let late = message_to(conversation, world.message_id(), "late");
    assert_eq!(client.refused(late.clone()).await, "too_many_open_requests");
    // What needs no waiting is answered all the same.
    world.store.let_all_through();
    for id in open {
        assert!(matches!(client.answer(id).await, Answer::Sent(_)));
    }
    // The one that was refused comes next, and no other.
    let other = message_to(conversation, world.message_id(), "other");
    assert_eq!(client.refused(other).await, "send_held");
    assert!(matches!(client.ask(late).await, Answer::Sent(_)));
    assert_eq!(texts(&world, &bob, conversation).await, ["0", "1", "2", "3", "late"]);
}

#[tokio::test]
async fn invariant_13_a_request_ends_within_its_deadline_whatever_is_down() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut client = world.connect(&alice).await;
    let id = world.message_id();
    world.store.hold_commits();
    let send = client.submit(message_to(conversation, id, "x")).await;
    let read = v1::MarkRead { conversation_id: conversation.to_string(), seq: 0 };
    let mark = client.submit(Request::MarkRead(read)).await;
    until("the commit waits", || world.store.held_commits() == 1).await;
    assert!(client.is_alive().await);
    world.pass(Duration::from_secs(6)).await;
    for request in [send, mark] {
        let Answer::Error(error) = client.answer(request).await else { panic!("answered") };
        assert!(["timeout", "unavailable"].contains(&error.code.as_str()), "{error:?}");
        assert_eq!(error.retry(), v1::Retry::Later);
    }
    world.store.let_all_through();
    client.send(conversation, id, "x").await;
    assert_eq!(texts(&world, &bob, conversation).await, ["x"]);
}

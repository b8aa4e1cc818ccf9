//! What belongs to somebody else, texts that are not taken, and bugs.

use flux_core::Generation;
use flux_net::chat::Format;
use flux_proto::CloseCode;
use flux_proto::v1::{self, client_frame::Request, reply::Result as Answer, send::To};

use crate::support::client::message_to;
use crate::support::{Person, World};

#[tokio::test]
async fn a49_another_pairs_conversation_is_not_there() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    world.connect(&alice).await.send(conversation, world.message_id(), "secret").await;
    let mallory = world.person("mallory").await;
    for format in Format::ALL {
        let mut client = world.connect_as(&mallory, format).await;
        let unknown = world.message_id().to_string();
        for conversation_id in [conversation.to_string(), unknown] {
            for request in [
                Request::ReadHistory(v1::ReadHistory {
                    conversation_id: conversation_id.clone(),
                    ..v1::ReadHistory::default()
                }),
                Request::MarkRead(v1::MarkRead { conversation_id: conversation_id.clone(), seq: 1 }),
                Request::MarkDelivered(v1::MarkDelivered {
                    conversation_id: conversation_id.clone(),
                    seq: 1,
                }),
                Request::SetTyping(v1::SetTyping { conversation_id: conversation_id.clone(), typing: true }),
                message_to(&conversation_id, world.message_id(), "x"),
            ] {
                let error = client.error(request.clone()).await;
                // The same answer, word for word, for what is not there and what is none of their business.
                assert_eq!((error.code.as_str(), error.field.as_str()), ("not_found", ""), "{request:?}");
            }
        }
        let heads = vec![v1::KnownHead {
            log: Some(v1::LogRef { log: Some(v1::log_ref::Log::ConversationId(conversation.to_string())) }),
            head_seq: 99,
        }];
        let hello = v1::Hello {
            access_token: world.token(&mallory),
            known_heads: heads,
            epoch: world.flux.messages.epoch().to_string(),
            ..v1::Hello::default()
        };
        let mut again = world.stranger(format).await;
        let Answer::Welcome(welcome) = again.hello(hello).await else { panic!("not welcome") };
        assert_eq!(welcome.sync.unwrap().conversations, []);
    }
    let read = world.flux.messages.conversation(&bob.actor, conversation).await.unwrap();
    assert_eq!((read.head.get(), read.cursors.len()), (1, 2));
}

#[tokio::test]
async fn another_users_requests_and_sessions_are_not_there() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bobby").await);
    let request =
        world.flux.friends.request(&alice.actor, bob.actor.user, flux_core::friend::Greeting::empty());
    let flux_core::friend::Asked::Requested(request) = request.await.unwrap() else { panic!("not pending") };
    let mallory = world.person("mallory").await;
    let mut client = world.connect(&mallory).await;
    for answer in [v1::FriendAnswer::Accept, v1::FriendAnswer::Reject, v1::FriendAnswer::Cancel] {
        let answer = v1::AnswerFriend { request_id: request.request.to_string(), answer: answer.into() };
        assert_eq!(client.refused(Request::AnswerFriend(answer)).await, "not_found");
    }
    let logout = v1::Logout { session_id: alice.actor.session.to_string() };
    assert_eq!(client.refused(Request::Logout(logout)).await, "not_found");
    assert!(world.connect(&alice).await.is_alive().await);
}

#[tokio::test]
async fn a57_who_may_not_write_is_refused_and_nothing_is_stored() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let stranger = world.person("carol").await;
    let mut client = world.connect(&alice).await;
    // One message, tried again and again: another one would wait for it.
    let id = world.message_id();
    let to = |user: String| {
        let message_id = id.to_string();
        Request::Send(v1::Send { to: Some(To::UserId(user)), message_id, text: "x".to_owned() })
    };
    // A stranger, oneself, and nobody at all look the same.
    let nobody = world.message_id().to_string();
    for user in [stranger.id(), alice.id(), nobody] {
        assert_eq!(client.refused(to(user)).await, "not_permitted");
    }
    // Blocked a moment ago, in either direction; removed a moment ago.
    let friends = &world.flux.friends;
    for (blocker, blocked) in [(&bob, &alice), (&alice, &bob)] {
        friends.block(&blocker.actor, blocked.actor.user).await.unwrap();
        assert_eq!(client.refused(to(bob.id())).await, "not_permitted");
        assert_eq!(client.refused(message_to(conversation, id, "x")).await, "not_permitted");
        let typing = v1::SetTyping { conversation_id: conversation.to_string(), typing: true };
        assert_eq!(client.refused(Request::SetTyping(typing)).await, "not_permitted");
        friends.unblock(&blocker.actor, blocked.actor.user).await.unwrap();
    }
    client.send(conversation, id, "x").await;
    friends.remove(&bob.actor, alice.actor.user).await.unwrap();
    assert_eq!(client.refused(message_to(conversation, world.message_id(), "y")).await, "not_permitted");
    let stored = world.flux.messages.conversation(&bob.actor, conversation).await.unwrap();
    assert_eq!(stored.head.get(), 1);
}

#[tokio::test]
async fn a58_texts_are_bounded_and_stored_as_they_were_sent() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut client = world.connect(&alice).await;
    let mut friend = world.connect_as(&bob, Format::Proto).await;
    for (text, code) in [
        (String::new(), "message_empty"),
        (" \t\n\u{a0}\u{200B}".to_owned(), "message_empty"),
        ("x".repeat(4_097), "message_too_long"),
        ("é".repeat(2_049), "message_too_long"),
        ("a\0b".to_owned(), "text_not_allowed"),
        ("a\u{1b}[31m".to_owned(), "text_not_allowed"),
        ("a\u{7f}".to_owned(), "text_not_allowed"),
        ("a\u{FFFF}".to_owned(), "text_not_allowed"),
    ] {
        let error = client.error(message_to(conversation, world.message_id(), &text)).await;
        assert_eq!((error.code.as_str(), error.field.as_str()), (code, "text"), "{text:?}");
    }
    for text in [
        "x".repeat(4_096),
        "é".repeat(2_048),
        format!("e{}", "\u{301}".repeat(2_000)),
        "\u{202E}txt.exe".to_owned(),
        "\u{E0041}tag".to_owned(),
        "Z\u{300}\u{301}\u{302}a\u{33F}lgo".to_owned(),
        "' OR 1=1; -- \\ %_ {{7*7}} ${x} <img src=x onerror=alert(1)>".to_owned(),
        "  spaces stay  ".to_owned(),
        "e\u{301} is not é".to_owned(),
    ] {
        client.send(conversation, world.message_id(), &text).await;
        let v1::event::Event::Message(message) = friend.event().await else { panic!("no message") };
        assert_eq!(message.text, text);
    }
}

#[tokio::test]
async fn a63_a_message_id_stores_one_message_however_often_and_wherever_it_is_sent() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let second = world.login(alice.actor.user).await;
    let mut clients = [world.connect(&alice).await, world.connect_as(&second, Format::Proto).await];
    let id = world.message_id();
    let mut open = [Vec::new(), Vec::new()];
    for _ in 0..60 {
        for (client, open) in clients.iter_mut().zip(&mut open) {
            open.push(client.submit(message_to(conversation, id, "once")).await);
        }
    }
    let mut first = 0;
    for (client, open) in clients.iter_mut().zip(open) {
        for request in open {
            let Answer::Sent(sent) = client.answer(request).await else { panic!("not sent") };
            assert_eq!(sent.seq, 1);
            first += u32::from(!sent.repeated);
        }
        let other = message_to(conversation, id, "twice");
        assert_eq!(client.refused(other).await, "message_conflict");
    }
    assert_eq!(first, 1);
    for (bad, code) in [
        (String::new(), "malformed"),
        ("x".repeat(1_024), "malformed"),
        ("0".repeat(36), "malformed"),
        ("00000000-0000-0000-0000-000000000000".to_owned(), "malformed"),
        ("0188f0f0-c0de-4aaa-8bbb-ccccddddeeee".to_owned(), "invalid_argument"),
    ] {
        let error = clients[0].error(message_to(conversation, &bad, "x")).await;
        assert_eq!((error.code.as_str(), error.field.as_str()), (code, "message_id"));
    }
    // The id is the sender's own: another one's is another message.
    let sent = world.connect(&bob).await.send(conversation, id, "mine").await;
    assert_eq!((sent.seq, sent.repeated), (2, false));
}

#[tokio::test]
async fn a83_a_bug_in_a_handler_ends_its_own_connection_with_1011_and_no_other() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut client = world.connect(&alice).await;
    let mut other = world.connect(&bob).await;
    world.store.panic_on_history();
    let read = v1::ReadHistory { conversation_id: conversation.to_string(), ..v1::ReadHistory::default() };
    assert_eq!(client.refused(Request::ReadHistory(read)).await, "internal");
    client.closed_with(CloseCode::InternalError).await;
    assert!(other.is_alive().await);
    other.send(conversation, world.message_id(), "still here").await;
    crate::support::until("it is forgotten", || world.flux.connections.count() == 1).await;
    // And who was cut off comes back.
    let mut again = world.stranger(Format::Json).await;
    assert_eq!(again.welcomed(world.token(&alice)).await.generation, generation(&world, &alice).await.get());
}

async fn generation(world: &World, person: &Person) -> Generation {
    let record = world.flux.ports.durable.session(person.actor.session).await.unwrap();
    record.unwrap().generation
}

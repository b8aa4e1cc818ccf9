//! What no log of the chat may hold. A program of its own, because what is logged is captured for the whole process.
#![cfg(feature = "chat")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world fails")]
#![expect(dead_code, reason = "this test uses its part of the world")]

#[path = "chat/support/mod.rs"]
mod support;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use flux_net::chat::Format;
use flux_proto::v1::{self, client_frame::Request};
use tokio_tungstenite::tungstenite::Message;
use tracing_subscriber::fmt::MakeWriter;

use support::World;
use support::client::message_to;
use support::raw::{GOOD, Raw};

/// All that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a14_a76_neither_tokens_nor_what_people_write_are_logged() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let token = world.token(&alice);
    let signature = token.rsplit_once('.').unwrap().1.to_owned();
    for format in Format::ALL {
        let mut client = world.stranger(format).await;
        client.welcomed(token.clone()).await;
        client.send(conversation, world.message_id(), "canary-text").await;
        world.store.fail_next_commit();
        client.ask(message_to(conversation, world.message_id(), "canary-failed")).await;
        client.ask(message_to(conversation, world.message_id(), "canary-\0")).await;
        let search = v1::SearchUsers { query: "canary-query".to_owned(), limit: 1 };
        client.ask(Request::SearchUsers(search)).await;
        let greeting = v1::RequestFriend { user_id: bob.id(), greeting: "canary-greeting".to_owned() };
        client.ask(Request::RequestFriend(greeting)).await;
        let remark = v1::SetRemark { user_id: bob.id(), remark: "canary-remark".to_owned() };
        client.ask(Request::SetRemark(remark)).await;
        client.ask(Request::Ping(v1::Ping { payload: "canary-ping".to_owned() })).await;
        world.store.panic_on_history();
        let read =
            v1::ReadHistory { conversation_id: conversation.to_string(), ..v1::ReadHistory::default() };
        client.ask(Request::ReadHistory(read)).await;
        client.closed().await;
    }
    let mut stranger = world.stranger(Format::Json).await;
    stranger.say_raw(Message::text(r#"{"requestId":1,"hello":{"accessToken":"canary-token"}}"#)).await;
    stranger.closed().await;
    let mut raw = Raw::connect(world.address).await;
    raw.request("GET /v1/chat?access_token=canary-query-token HTTP/1.1", &GOOD).await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("conn.id") && log.contains(&alice.id()), "the log was captured:\n{log}");
    assert!(log.contains("request ended by a panic"), "{log}");
    for canary in ["canary", &token, &signature] {
        let line = log.lines().find(|line| line.contains(canary));
        assert_eq!(line, None, "{canary}");
    }
}

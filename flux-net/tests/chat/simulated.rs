//! Connections without a network: over a pipe in memory, as a simulation has them, and dropped at any moment.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use flux_net::chat::{ChatSocket, Format, Refused};
use flux_proto::v1::{self, client_frame::Request, reply::Result as Answer, server_frame::Frame};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::support::{Person, World, settle, until};

struct Piped {
    socket: WebSocketStream<DuplexStream>,
    serving: JoinHandle<()>,
}

async fn pipe(world: &World) -> Result<Piped, Refused> {
    let admitted = world.chat.admit(IpAddr::V4(Ipv4Addr::LOCALHOST).into(), Format::Json)?;
    let (near, far) = tokio::io::duplex(1_024);
    let serving = tokio::spawn(async move { admitted.serve(ChatSocket::new(far, 64 * 1_024).await).await });
    Ok(Piped { socket: WebSocketStream::from_raw_socket(near, Role::Client, None).await, serving })
}

impl Piped {
    async fn say_hello(&mut self, world: &World, person: &Person) {
        let hello = v1::Hello { access_token: world.token(person), ..v1::Hello::default() };
        let frame = v1::ClientFrame { request_id: 1, request: Some(Request::Hello(hello)) };
        self.socket.send(Message::text(serde_json::to_string(&frame).unwrap())).await.unwrap();
    }

    async fn welcome(&mut self) {
        let Some(Ok(Message::Text(text))) = self.socket.next().await else { panic!("no answer") };
        let frame: v1::ServerFrame = serde_json::from_str(&text).unwrap();
        let Some(Frame::Reply(reply)) = frame.frame else { panic!("no reply") };
        assert!(matches!(reply.result, Some(Answer::Welcome(_))));
    }
}

#[tokio::test]
async fn a_connection_needs_no_network() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut piped = pipe(&world).await.unwrap();
    piped.say_hello(&world, &alice).await;
    piped.welcome().await;
    assert_eq!(world.flux.connections.count(), 1);
    drop(piped.socket);
    piped.serving.await.unwrap();
    until("it is forgotten", || world.flux.connections.count() == 0).await;
}

#[tokio::test]
async fn a_connection_whose_task_is_aborted_is_forgotten() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut piped = pipe(&world).await.unwrap();
    piped.say_hello(&world, &alice).await;
    piped.welcome().await;
    piped.serving.abort();
    until("it is forgotten", || world.flux.connections.count() == 0 && world.chat.status().connections == 0)
        .await;
}

#[tokio::test]
async fn a_connection_that_is_aborted_while_it_claims_its_session_leaves_nothing_behind() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut piped = pipe(&world).await.unwrap();
    world.store.hold_commits();
    piped.say_hello(&world, &alice).await;
    until("the claim waits", || world.store.held_commits() == 1).await;
    piped.serving.abort();
    settle().await;
    world.store.let_all_through();
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(world.flux.connections.count(), 0);
    let record = world.flux.ports.durable.session(alice.actor.session).await.unwrap().unwrap();
    assert_eq!(record.generation.get(), 1, "it was claimed");
}

#[tokio::test]
async fn a_draining_chat_admits_nobody() {
    let world = World::new().await;
    world.chat.drain(Duration::ZERO).await;
    let refused = pipe(&world).await.err().unwrap();
    assert_eq!(refused.code(), flux_core::ErrorCode::Draining);
}

#[tokio::test]
async fn what_still_comes_after_the_end_is_taken_so_that_the_close_frame_arrives() {
    let world = World::new().await;
    let admitted = world.chat.admit(IpAddr::V4(Ipv4Addr::LOCALHOST).into(), Format::Json).unwrap();
    let (mut near, far) = tokio::io::duplex(1_024);
    let serving = tokio::spawn(async move { admitted.serve(ChatSocket::new(far, 64 * 1_024).await).await });
    // A message that is too long, by somebody who writes all of it before they read.
    let message = crate::support::raw::frame(0x81, &vec![b'x'; 100_000]);
    tokio::time::timeout(crate::support::PATIENCE, near.write_all(&message))
        .await
        .expect("it is taken")
        .unwrap();
    let mut said = [0; 4];
    near.read_exact(&mut said).await.unwrap();
    assert_eq!((said[0], u16::from_be_bytes([said[2], said[3]])), (0x88, 1_009));
    drop(near);
    serving.await.unwrap();
}

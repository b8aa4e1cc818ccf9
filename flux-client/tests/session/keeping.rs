//! What survives the program.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use flux_client::{
    ClientError, MemoryOutbox, OutboxChange, OutboxStore, QueuedSend, SavedState, StateStore, StoreError,
    UserId,
};
use flux_proto::v1;

use crate::support::*;

#[derive(Default)]
struct MemoryState(Mutex<Option<SavedState>>);

#[async_trait]
impl StateStore for MemoryState {
    async fn load(&self) -> Result<Option<SavedState>, StoreError> {
        Ok(self.0.lock().unwrap().clone())
    }

    async fn save(&self, state: SavedState) -> Result<(), StoreError> {
        *self.0.lock().unwrap() = Some(state);
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_goes_with_the_next_start_under_the_same_id() {
    let (net, mut dialed) = Net::new();
    let outbox = Arc::new(MemoryOutbox::new());
    let session = net.session_of(net.client().outbox(outbox.clone())).await;
    let mut server = dialed.welcomed().await;
    let first = session.send(peer(), "first").await.unwrap();
    let second = session.send(peer(), "second").await.unwrap();
    let (id, _) = server.send().await;
    server.sent(id, 1);
    first.sent().await.unwrap();
    session.close().await;
    assert!(matches!(second.sent().await, Err(ClientError::Closed)));

    let session = net.session_of(net.client().outbox(outbox.clone())).await;
    let left = session.unsent().await.unwrap();
    assert_eq!(left.iter().map(flux_client::Ticket::message).collect::<Vec<_>>(), [second.message()]);
    let mut server = dialed.welcomed().await;
    let (id, send) = server.send().await;
    assert_eq!((send.text.as_str(), send.message_id), ("second", second.message().to_string()));
    server.sent(id, 2);
    assert_eq!(left[0].sent().await.unwrap().seq, 2);
    session.close().await;
    assert_eq!(outbox.load(me()).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn another_users_outbox_is_left_alone() {
    let (net, mut dialed) = Net::new();
    let outbox = Arc::new(MemoryOutbox::new());
    let foreign =
        QueuedSend { sender: peer(), to: me().into(), message: [8; 16].into(), text: "not mine".into() };
    outbox.apply(vec![OutboxChange::Put(foreign)]).await.unwrap();
    let _session = net.session_of(net.client().outbox(outbox)).await;
    let mut server = dialed.welcomed().await;
    server.silence(SECOND).await;
}

struct Full;

#[async_trait]
impl OutboxStore for Full {
    async fn load(&self, _: UserId) -> Result<Vec<QueuedSend>, StoreError> {
        Ok(Vec::new())
    }

    async fn apply(&self, _: Vec<OutboxChange>) -> Result<(), StoreError> {
        Err(StoreError::new("the disk is full"))
    }
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_stored_is_not_sent() {
    let (net, mut dialed) = Net::new();
    let session = net.session_of(net.client().outbox(Arc::new(Full))).await;
    let mut server = dialed.welcomed().await;
    assert!(matches!(session.send(peer(), "lost").await, Err(ClientError::Store(_))));
    server.silence(SECOND).await;
    session.flushed().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_saved_state_goes_on_where_the_application_stopped_taking() {
    let (net, mut dialed) = Net::new();
    let state = Arc::new(MemoryState::default());
    let build = || net.client().config(unmarked()).state_store(state.clone());
    let session = net.session_of(build()).await;
    let mut events = session.events();
    let server = dialed.welcomed().await;
    for seq in 1..=4 {
        server.push_message(seq);
    }
    assert_eq!(seqs(&mut events, 2).await, [1, 2]);
    // Two more are in the stream; nobody takes them.
    session.close().await;

    let session = net.session_of(build()).await;
    let mut events = session.events();
    let mut server = dialed.next().await;
    let hello = server.hello().await;
    assert_eq!((hello.sync_cursor.as_str(), hello.epoch.as_str()), ("c1", "e1"));
    // The server has nothing new to tell: what lacks is known from before.
    server.welcome("e1", page(&[], "c2"));
    let (id, _, after) = server.history().await;
    assert_eq!(after, 2);
    server.reply_history(id, 3..=4, 4);
    assert_eq!(seqs(&mut events, 2).await, [3, 4]);
    session.close().await;
    let saved = state.load().await.unwrap().unwrap();
    assert_eq!(saved.conversations[&conversation()].taken_seq, 4);
}

#[tokio::test(start_paused = true)]
async fn the_state_of_another_users_session_is_left_alone() {
    let (net, mut dialed) = Net::new();
    let state = Arc::new(MemoryState::default());
    let build = || net.client().config(unmarked()).state_store(state.clone());
    let session = net.session_of(build()).await;
    let _server = dialed.welcomed().await;
    session.online().await.unwrap();
    session.close().await;
    // The same name at the same address, but of another server.
    state.0.lock().unwrap().as_mut().unwrap().user = peer();

    let session = net.session_of(build()).await;
    let mut events = session.events();
    let mut server = dialed.next().await;
    let hello = server.hello().await;
    assert_eq!((hello.sync_cursor.as_str(), hello.epoch.as_str()), ("", ""));
    server.welcome("e2", page(&[], "c9"));
    session.online().await.unwrap();
    server.push_message(1);
    assert_eq!(seqs(&mut events, 1).await, [1], "and nothing is said of a store that began anew");
    session.close().await;
    assert_eq!(state.load().await.unwrap().unwrap().user, me());
}

#[tokio::test(start_paused = true)]
async fn a_sync_that_did_not_end_leaves_no_cursor_behind() {
    let (net, mut dialed) = Net::new();
    let state = Arc::new(MemoryState::default());
    let session = net.session_of(net.client().state_store(state.clone())).await;
    let mut server = dialed.next().await;
    server.hello().await;
    let mut first = page(&[], "too early");
    first.next_page = "page 2".into();
    server.welcome("e1", first);
    server.request().await;
    session.close().await;
    assert_eq!(state.load().await.unwrap(), None);
    let session = net.session_of(net.client().state_store(state)).await;
    let mut server = dialed.next().await;
    assert_eq!(server.hello().await.sync_cursor, "");
    server.welcome("e1", v1::SyncPage { sync_cursor: "c1".into(), ..Default::default() });
    session.online().await.unwrap();
}

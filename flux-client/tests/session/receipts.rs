//! Cursors: those of others, and one's own.

use std::time::Duration;

use flux_client::{Config, ErrorCode, Event};
use flux_proto::v1::{self, client_frame::Request, reply};

use crate::support::*;

fn moved(delivered_seq: u64, read_seq: u64) -> reply::Result {
    reply::Result::CursorMoved(v1::CursorMoved {
        conversation_id: conversation().to_string(),
        cursor: Some(v1::Cursor { user_id: me().to_string(), delivered_seq, read_seq }),
    })
}

#[tokio::test(start_paused = true)]
async fn what_the_application_took_is_marked_one_request_at_a_time() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    for seq in 1..=5 {
        server.push_message(seq);
    }
    // Nobody took it: nothing is delivered.
    server.silence(SECOND).await;
    assert_eq!(seqs(&mut events, 1).await, [1]);
    let (id, seq) = server.delivered().await;
    assert_eq!(seq, 1);
    assert_eq!(seqs(&mut events, 4).await, [2, 3, 4, 5]);
    server.silence(SECOND).await;
    server.reply(id, moved(1, 0));
    let (id, seq) = server.delivered().await;
    assert_eq!(seq, 5);
    server.reply(id, moved(5, 0));
    server.silence(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn ones_own_messages_are_not_marked() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    session.send(peer(), "mine").await.unwrap();
    let (id, _) = server.send().await;
    server.sent(id, 1);
    assert_eq!(seqs(&mut events, 1).await, [1]);
    server.silence(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn reading_marks_as_delivered_too_and_is_repeated_until_it_stands() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut server = dialed.welcomed().await;
    session.online().await.unwrap();
    let reading = tokio::spawn({
        let session = session.clone();
        async move { session.mark_read(conversation(), 3).await }
    });
    let (id, request) = server.request().await;
    let mark = v1::MarkRead { conversation_id: conversation().to_string(), seq: 3 };
    assert_eq!(request, Request::MarkRead(mark.clone()));
    server.refuse(id, "unavailable");
    assert_eq!(server.request().await.1, Request::MarkRead(mark.clone()));
    server.close(1011);
    let mut server = dialed.welcomed().await;
    let (id, request) = server.request().await;
    assert_eq!(request, Request::MarkRead(mark));
    server.reply(id, moved(3, 3));
    reading.await.unwrap().unwrap();
    // It stands: nobody is asked again.
    session.mark_read(conversation(), 2).await.unwrap();
    server.silence(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_mark_that_cannot_be_is_refused_and_forgotten() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut server = dialed.welcomed().await;
    session.online().await.unwrap();
    let reading = tokio::spawn({
        let session = session.clone();
        async move { session.mark_read(conversation(), 9).await }
    });
    let (id, _) = server.request().await;
    server.refuse(id, "cursor_beyond_head");
    assert_eq!(reading.await.unwrap().unwrap_err().code(), Some(ErrorCode::CursorBeyondHead));
    server.silence(Duration::from_mins(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_receipt_is_told_once_and_never_goes_back() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let server = dialed.welcomed().await;
    for (delivered, read) in [(2, 1), (2, 1), (1, 0), (4, 4), (3, 2)] {
        server.push(receipt(delivered, read));
    }
    for expected in [(2, 1), (4, 4)] {
        match next(&mut events).await {
            Event::Receipt(receipt) => {
                assert_eq!((receipt.cursor.delivered_seq, receipt.cursor.read_seq), expected);
            }
            event => panic!("{event:?}"),
        }
    }
    nothing(&mut events, SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_receipt_comes_with_the_next_sync() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut server = dialed.welcomed().await;
    let ticket = session.send(peer(), "hello").await.unwrap();
    let (id, _) = server.send().await;
    server.sent(id, 1);
    ticket.sent().await.unwrap();
    server.close(1011);
    let mut server = dialed.next().await;
    server.hello().await;
    server.welcome("e1", page(&[known(conversation(), 1, 0, (1, 1))], "c2"));
    ticket.read().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_receipt_that_overtakes_the_acknowledgement_still_counts() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut server = dialed.welcomed().await;
    let ticket = session.send(peer(), "hello").await.unwrap();
    let (id, _) = server.send().await;
    server.push(receipt(1, 1));
    server.sent(id, 1);
    ticket.read().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn tickets_of_an_old_life_of_the_store_end_as_they_stand() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut server = dialed.welcomed().await;
    let ticket = session.send(peer(), "hello").await.unwrap();
    let (id, _) = server.send().await;
    server.sent(id, 1);
    ticket.sent().await.unwrap();
    server.close(1011);
    let mut server = dialed.next().await;
    server.hello().await;
    server.welcome("e2", page(&[known(conversation(), 1, 0, (1, 1))], "d1"));
    let mut statuses = ticket.status();
    let mut count = 0;
    while statuses.next().await.is_some() {
        count += 1;
    }
    assert_eq!((count, ticket.current().is_final()), (2, false));
}

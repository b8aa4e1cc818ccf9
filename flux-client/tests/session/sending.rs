//! Messages on their way out.

use std::time::Duration;

use flux_client::{Cancelled, ClientError, Config, ErrorCode, Event, Ticket, TicketStatus};
use flux_proto::v1::{self, client_frame::Request, event};
use tokio::time::timeout;

use crate::support::*;

/// Every step of a ticket, to its end.
async fn steps(ticket: &Ticket) -> Vec<TicketStatus> {
    let mut statuses = ticket.status();
    let mut steps = Vec::new();
    while let Some(step) = statuses.next().await {
        steps.push(step);
    }
    steps
}

#[tokio::test(start_paused = true)]
async fn a_ticket_goes_queued_sent_delivered_read() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let ticket = session.send(peer(), "hello").await.unwrap();
    assert!(matches!(ticket.current(), TicketStatus::Queued));
    let mut server = dialed.welcomed().await;
    let (id, send) = server.send().await;
    assert_eq!(send.to, Some(v1::send::To::UserId(peer().to_string())));
    assert_eq!((send.text.as_str(), send.message_id), ("hello", ticket.message().to_string()));
    server.sent(id, 1);
    let sent = ticket.sent().await.unwrap();
    assert_eq!((sent.seq, sent.conversation, sent.epoch.as_str()), (1, conversation(), "e1"));
    server.push(receipt(1, 0));
    ticket.delivered().await.unwrap();
    server.push(receipt(1, 1));
    let steps = steps(&ticket).await;
    assert!(matches!(
        steps[..],
        [TicketStatus::Queued, TicketStatus::Sent(_), TicketStatus::Delivered(_), TicketStatus::Read(_)]
    ));
}

#[tokio::test(start_paused = true)]
async fn ones_own_message_takes_its_place_among_the_others() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    session.send(peer(), "mine").await.unwrap();
    let (id, _) = server.send().await;
    // The acknowledgement overtakes the push of an earlier message.
    server.sent(id, 2);
    server.push_message(1);
    server.push_message(3);
    let mut texts = Vec::new();
    for _ in 0..3 {
        match next(&mut events).await {
            Event::Message(message) => texts.push((message.seq, message.text, message.sender)),
            event => panic!("{event:?}"),
        }
    }
    let text = |seq, text: &str, sender| (seq, text.to_owned(), sender);
    assert_eq!(texts, [text(1, "text 1", peer()), text(2, "mine", me()), text(3, "text 3", peer())]);
}

#[tokio::test(start_paused = true)]
async fn a_window_of_sends_is_on_its_way_at_once_and_no_more() {
    let (net, mut dialed) = Net::new();
    let mut config = Config::default();
    config.send_window = 3;
    let session = net.session(config).await;
    let mut server = dialed.welcomed().await;
    let mut tickets = Vec::new();
    for n in 0..5 {
        tickets.push(session.send(conversation(), format!("{n}")).await.unwrap());
    }
    let mut open = Vec::new();
    for n in 0..3 {
        let (id, send) = server.send().await;
        assert_eq!(send.text, n.to_string());
        open.push(id);
    }
    server.silence(SECOND).await;
    server.sent(open[0], 1);
    let (id, send) = server.send().await;
    assert_eq!(send.text, "3");
    server.silence(SECOND).await;
    for (id, seq) in [(open[1], 2), (open[2], 3), (id, 4)] {
        server.sent(id, seq);
    }
    let (id, send) = server.send().await;
    assert_eq!(send.text, "4");
    server.sent(id, 5);
    session.flushed().await.unwrap();
    assert_eq!(tickets[4].sent().await.unwrap().seq, 5);
}

#[tokio::test(start_paused = true)]
async fn a_lost_acknowledgement_makes_the_same_message_go_again() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    let ticket = session.send(peer(), "once").await.unwrap();
    let (_, first) = server.send().await;
    server.close(1011);
    let mut server = dialed.welcomed().await;
    let (id, again) = server.send().await;
    assert_eq!(first, again);
    server.sent(id, 1);
    assert_eq!(ticket.sent().await.unwrap().seq, 1);
    server.silence(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_shows_up_in_the_conversation_is_acknowledged_by_that() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    let ticket = session.send(peer(), "once").await.unwrap();
    let (_, send) = server.send().await;
    let stored = v1::Message { sender_id: me().to_string(), message_id: send.message_id, ..message(1) };
    server.push(event::Event::Message(stored));
    assert_eq!(ticket.sent().await.unwrap().seq, 1);
    assert_eq!(seqs(&mut events, 1).await, [1]);
    server.close(1011);
    let mut server = dialed.welcomed().await;
    server.silence(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_send_without_an_answer_goes_again_after_the_deadline() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    let ticket = session.send(peer(), "slow").await.unwrap();
    let (late, first) = server.send().await;
    let (id, again) = server.send().await;
    assert_eq!(first, again);
    // The late answer is to nobody; the second one counts.
    server.sent(late, 1);
    server.sent(id, 1);
    assert_eq!(ticket.sent().await.unwrap().seq, 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_reported_and_passed_over() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    let bad = session.send(peer(), "bad").await.unwrap();
    let good = session.send(peer(), "good").await.unwrap();
    let (bad_id, _) = server.send().await;
    let (good_id, _) = server.send().await;
    server.refuse(bad_id, "not_permitted");
    server.sent(good_id, 1);
    // Whether it holds the lane is for the server to know.
    let (id, request) = server.request().await;
    assert!(matches!(request, Request::GiveUp(gone) if gone.message_id == bad.message().to_string()));
    server.reply(id, v1::reply::Result::Done(v1::Done {}));
    assert_eq!(bad.sent().await.unwrap_err().code(), Some(ErrorCode::NotPermitted));
    assert!(matches!(steps(&bad).await[..], [TicketStatus::Queued, TicketStatus::Failed(_)]));
    good.sent().await.unwrap();
    assert_eq!(bad.cancel().await.unwrap(), Cancelled::TooLate);
    server.silence(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_text_longer_than_the_server_takes_never_leaves() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    session.online().await.unwrap();
    let long = session.send(peer(), "x".repeat(4_097)).await.unwrap();
    assert_eq!(long.sent().await.unwrap_err().code(), Some(ErrorCode::MessageTooLong));
    let longer = session.send(peer(), "x".repeat(70_000)).await.unwrap_err();
    assert_eq!(longer.code(), Some(ErrorCode::MessageTooLong));
    server.silence(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_full_outbox_refuses_and_takes_again_when_there_is_room() {
    let (net, mut dialed) = Net::new();
    let mut config = Config::default();
    config.outbox_capacity = 2;
    let session = net.session(config).await;
    let first = session.send(peer(), "1").await.unwrap();
    session.send(peer(), "2").await.unwrap();
    let full = session.send(peer(), "3").await.unwrap_err();
    assert!(matches!(full, ClientError::Full(_)) && full.retryable());
    assert_eq!(first.cancel().await.unwrap(), Cancelled::Yes { maybe_sent: false });
    session.send(peer(), "3").await.unwrap();
    let mut server = dialed.welcomed().await;
    assert_eq!(server.send().await.1.text, "2");
    assert_eq!(server.send().await.1.text, "3");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_future_loses_nothing_that_was_taken() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    // Polled once: the command is with the actor, the answer is not awaited.
    assert!(timeout(Duration::ZERO, session.send(peer(), "dropped")).await.is_err());
    let mut server = dialed.welcomed().await;
    let (id, sent) = server.send().await;
    assert_eq!(sent.text, "dropped");
    server.sent(id, 1);
    session.flushed().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn many_conversations_take_turns() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    for text in ["a1", "a2", "a3"] {
        session.send(other(1), text).await.unwrap();
    }
    session.send(other(2), "b1").await.unwrap();
    let mut server = dialed.welcomed().await;
    let mut texts = Vec::new();
    for _ in 0..4 {
        texts.push(server.send().await.1.text);
    }
    assert_eq!(texts, ["a1", "b1", "a2", "a3"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_longer_than_a_frame_is_not_sent_and_leaves_the_connection_alone() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    session.online().await.unwrap();
    let error = session.set_remark(peer(), "x".repeat(70_000)).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::InvalidArgument));
    let asked = tokio::spawn({
        let session = session.clone();
        async move { session.set_remark(peer(), "short").await }
    });
    let (id, request) = server.request().await;
    assert!(matches!(request, Request::SetRemark(_)));
    server.reply(id, v1::reply::Result::Done(v1::Done {}));
    asked.await.unwrap().unwrap();
}

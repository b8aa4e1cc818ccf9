//! A message that fails for now holds its conversation.

use std::time::Duration;

use flux_client::{Cancelled, Config, Session, Ticket, TicketStatus};
use flux_proto::v1::{self, client_frame::Request, event, reply};

use crate::support::*;

/// Three messages on their way.
async fn three(session: &Session, server: &mut Peer) -> (Vec<Ticket>, Vec<u32>) {
    let mut tickets = Vec::new();
    for text in ["1", "2", "3"] {
        tickets.push(session.send(peer(), text).await.unwrap());
    }
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(server.send().await.0);
    }
    (tickets, ids)
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_everything_goes_again_in_order_with_the_same_ids() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    let (tickets, ids) = three(&session, &mut server).await;
    server.refuse_for(ids[0], "unavailable", 2_000);
    server.refuse(ids[1], "send_held");
    server.refuse(ids[2], "send_held");
    let mut status = tickets[0].status();
    assert!(matches!(status.next().await, Some(TicketStatus::Queued)));
    match status.next().await {
        Some(TicketStatus::Held { retry_in: Some(wait), error }) => {
            assert!(wait >= Duration::from_secs(2) && wait <= Duration::from_secs(4), "{wait:?}");
            assert!(error.retryable());
        }
        status => panic!("{status:?}"),
    }
    assert!(matches!(tickets[1].current(), TicketStatus::Queued));
    server.silence(Duration::from_millis(1_900)).await;
    for (seq, ticket) in (1..).zip(&tickets) {
        let (id, send) = server.send().await;
        assert_eq!(send.message_id, ticket.message().to_string());
        server.sent(id, seq);
    }
    for (seq, ticket) in (1..).zip(&tickets) {
        assert_eq!(ticket.sent().await.unwrap().seq, seq);
    }
    assert!(matches!(status.next().await, Some(TicketStatus::Queued | TicketStatus::Sent(_))));
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_again_before_everything_that_flew_has_landed() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    let (tickets, ids) = three(&session, &mut server).await;
    server.refuse(ids[0], "overloaded");
    // The backoff is over within 250 ms; two answers are still out.
    server.silence(SECOND).await;
    server.refuse(ids[2], "send_held");
    server.silence(SECOND).await;
    server.refuse(ids[1], "send_held");
    for (seq, ticket) in (1..).zip(&tickets) {
        let (id, send) = server.send().await;
        assert_eq!(send.message_id, ticket.message().to_string());
        server.sent(id, seq);
    }
    session.flushed().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_held_that_comes_first_waits_for_the_failure() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    let (tickets, ids) = three(&session, &mut server).await;
    server.refuse(ids[1], "send_held");
    server.refuse(ids[2], "send_held");
    server.silence(SECOND).await;
    server.refuse(ids[0], "timeout");
    for ticket in &tickets {
        assert_eq!(server.send().await.1.message_id, ticket.message().to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn another_conversation_is_not_held() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    session.send(peer(), "held").await.unwrap();
    let (id, _) = server.send().await;
    server.refuse_for(id, "unavailable", 20_000);
    session.send(other(1), "free").await.unwrap();
    assert_eq!(server.send().await.1.text, "free");
}

#[tokio::test(start_paused = true)]
async fn a_retry_need_not_wait() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    let ticket = session.send(peer(), "again").await.unwrap();
    let (id, _) = server.send().await;
    server.refuse_for(id, "unavailable", 3_600_000);
    server.silence(SECOND).await;
    session.retry(ticket.conversation()).await.unwrap();
    let (id, _) = server.send().await;
    server.sent(id, 1);
    ticket.sent().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_message_is_given_up_before_the_next_one_goes() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    let (tickets, ids) = three(&session, &mut server).await;
    server.refuse_for(ids[0], "unavailable", 3_600_000);
    server.refuse(ids[1], "send_held");
    server.refuse(ids[2], "send_held");
    server.silence(SECOND).await;
    // `unavailable` does not say whether it was stored.
    assert_eq!(tickets[0].cancel().await.unwrap(), Cancelled::Yes { maybe_sent: true });
    let (id, request) = server.request().await;
    let give_up = v1::GiveUp {
        conversation_id: conversation().to_string(),
        message_id: tickets[0].message().to_string(),
    };
    assert_eq!(request, Request::GiveUp(give_up));
    server.silence(SECOND).await;
    server.reply(id, reply::Result::Done(v1::Done {}));
    assert_eq!(server.send().await.1.text, "2");
    assert_eq!(server.send().await.1.text, "3");
}

#[tokio::test(start_paused = true)]
async fn what_fails_for_good_when_it_goes_again_is_given_up_too() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    let (tickets, ids) = three(&session, &mut server).await;
    server.refuse(ids[0], "overloaded");
    server.refuse(ids[1], "send_held");
    server.refuse(ids[2], "send_held");
    let (first, _) = server.send().await;
    let (second, _) = server.send().await;
    let (third, _) = server.send().await;
    server.refuse(first, "not_permitted");
    server.refuse(second, "send_held");
    server.refuse(third, "send_held");
    tickets[0].sent().await.unwrap_err();
    let (id, request) = server.request().await;
    assert!(matches!(request, Request::GiveUp(_)));
    server.reply(id, reply::Result::Done(v1::Done {}));
    assert_eq!(server.send().await.1.text, "2");
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_good_is_given_up_and_the_others_go_at_once_and_one_at_a_time() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    let (tickets, ids) = three(&session, &mut server).await;
    let before = tokio::time::Instant::now();
    server.refuse(ids[0], "not_permitted");
    let (id, request) = server.request().await;
    assert!(matches!(request, Request::GiveUp(gone) if gone.message_id == tickets[0].message().to_string()));
    server.reply(id, reply::Result::Done(v1::Done {}));
    assert!(matches!(tickets[0].current(), TicketStatus::Failed(_)));
    server.refuse(ids[1], "send_held");
    server.silence(SECOND).await;
    server.refuse(ids[2], "send_held");
    let (second, send) = server.send().await;
    assert_eq!(send.text, "2");
    assert!(before.elapsed() <= SECOND, "it waited for no backoff: {:?}", before.elapsed());
    server.silence(SECOND).await;
    server.refuse(second, "not_permitted");
    let (id, request) = server.request().await;
    assert!(matches!(request, Request::GiveUp(gone) if gone.message_id == tickets[1].message().to_string()));
    server.reply(id, reply::Result::Done(v1::Done {}));
    let (third, send) = server.send().await;
    assert_eq!(send.text, "3");
    server.sent(third, 1);
    tickets[2].sent().await.unwrap();
    // Now they are taken again, and fly together.
    three(&session, &mut server).await;
}

/// The entry of a message of one's own, as another node or a repair tells of it.
fn own_entry(seq: u64, ticket: &Ticket, text: &str) -> event::Event {
    let entry = v1::Message {
        sender_id: me().to_string(),
        message_id: ticket.message().to_string(),
        text: text.to_owned(),
        ..message(seq)
    };
    event::Event::Message(entry)
}

#[tokio::test(start_paused = true)]
async fn what_failed_and_is_seen_to_be_stored_all_the_same_is_given_up() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut server = dialed.welcomed().await;
    let (tickets, ids) = three(&session, &mut server).await;
    server.refuse_for(ids[0], "unavailable", 60_000);
    server.refuse(ids[1], "send_held");
    server.refuse(ids[2], "send_held");
    server.silence(SECOND).await;
    server.push(own_entry(1, &tickets[0], "1"));
    assert_eq!(tickets[0].sent().await.unwrap().seq, 1);
    // The server waits for it to be sent again: without this word it would refuse all that comes after, for ever.
    let (id, request) = server.request().await;
    assert!(matches!(request, Request::GiveUp(gone) if gone.message_id == tickets[0].message().to_string()));
    server.reply(id, reply::Result::Done(v1::Done {}));
    assert_eq!(server.send().await.1.text, "2");
}

#[tokio::test(start_paused = true)]
async fn what_is_seen_to_be_stored_before_its_failure_is_told_is_given_up() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut server = dialed.welcomed().await;
    let (tickets, ids) = three(&session, &mut server).await;
    server.push(own_entry(1, &tickets[0], "1"));
    assert_eq!(tickets[0].sent().await.unwrap().seq, 1);
    server.refuse(ids[0], "unavailable");
    server.refuse(ids[1], "send_held");
    server.refuse(ids[2], "send_held");
    let (id, request) = server.request().await;
    assert!(matches!(request, Request::GiveUp(gone) if gone.message_id == tickets[0].message().to_string()));
    server.reply(id, reply::Result::Done(v1::Done {}));
    assert_eq!(server.send().await.1.text, "2");
}

#[tokio::test(start_paused = true)]
async fn a_message_on_its_way_is_cancelled_only_if_the_answer_allows_it() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    let sent = session.send(peer(), "sent").await.unwrap();
    let failed = session.send(other(1), "failed").await.unwrap();
    let (sent_id, _) = server.send().await;
    let (failed_id, _) = server.send().await;
    let cancel = |ticket: &Ticket| {
        tokio::spawn({
            let ticket = ticket.clone();
            async move { ticket.cancel().await.unwrap() }
        })
    };
    let (one, two) = (cancel(&sent), cancel(&failed));
    server.silence(SECOND).await;
    server.sent(sent_id, 1);
    server.refuse(failed_id, "overloaded");
    assert_eq!(one.await.unwrap(), Cancelled::TooLate);
    assert_eq!(two.await.unwrap(), Cancelled::Yes { maybe_sent: false });
    assert!(matches!(failed.current(), TicketStatus::Cancelled { maybe_sent: false }));
    assert!(matches!(server.request().await.1, Request::GiveUp(_)));
}

#[tokio::test(start_paused = true)]
async fn a_new_connection_does_not_wait_for_the_backoff_of_the_old_one() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    let mut status = session.send(peer(), "again").await.unwrap().status();
    // Fail until the backoff has grown long.
    for _ in 0..12 {
        let (id, _) = server.send().await;
        server.refuse(id, "overloaded");
    }
    while !matches!(status.next().await, Some(TicketStatus::Held { .. })) {}
    server.close(1011);
    let before = tokio::time::Instant::now();
    let mut server = dialed.welcomed().await;
    server.send().await;
    assert!(before.elapsed() < SECOND, "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_is_too_fast_rests_everywhere_and_then_goes_carefully() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    let mut status = session.send(peer(), "limited").await.unwrap().status();
    let (id, _) = server.send().await;
    server.refuse_for(id, "rate_limited", 100);
    while !matches!(status.next().await, Some(TicketStatus::Held { .. })) {}
    for n in 1..=6 {
        session.send(other(n), "waits").await.unwrap();
    }
    server.silence(Duration::from_millis(900)).await;
    for _ in 0..4 {
        server.send().await;
    }
    server.silence(SECOND).await;
}

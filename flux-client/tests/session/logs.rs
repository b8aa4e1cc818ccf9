//! Messages reach the application once, in order, without holes.

use std::time::Duration;

use flux_client::{Alarm, ClientError, Config, Event, FeedChange, Start};
use flux_proto::v1::{self, client_frame::Request, event, reply};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn pushes_out_of_order_and_doubled_come_out_in_order_and_once() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut events = session.events();
    let server = dialed.welcomed().await;
    for seq in [2, 1, 1, 4, 2, 3] {
        server.push_message(seq);
    }
    assert_eq!(seqs(&mut events, 4).await, [1, 2, 3, 4]);
    nothing(&mut events, SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_gap_is_asked_for_and_nothing_overtakes_it() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    server.push_message(1);
    server.push_message(4);
    assert_eq!(seqs(&mut events, 1).await, [1]);
    let (id, of, after) = server.history().await;
    assert_eq!((of, after), (conversation(), 1));
    nothing(&mut events, SECOND).await;
    server.reply_history(id, 2..=5, 5);
    assert_eq!(seqs(&mut events, 4).await, [2, 3, 4, 5]);
    server.silence(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_was_only_overtaken_is_not_asked_for() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    server.push_message(2);
    server.silence(Duration::from_millis(40)).await;
    server.push_message(1);
    assert_eq!(seqs(&mut events, 2).await, [1, 2]);
    server.silence(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_changed_head_makes_the_client_pull_until_it_has_all() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    let log = v1::log_ref::Log::ConversationId(conversation().to_string());
    let log = Some(v1::LogRef { log: Some(log) });
    server.push(event::Event::LogChanged(v1::LogChanged { log, head_seq: 3 }));
    let (id, _, after) = server.history().await;
    assert_eq!(after, 0);
    server.reply_history(id, 1..=2, 3);
    let (id, _, after) = server.history().await;
    assert_eq!(after, 2);
    server.reply_history(id, 3..=3, 3);
    assert_eq!(seqs(&mut events, 3).await, [1, 2, 3]);
    server.silence(SECOND).await;
}

/// The server counts the head of any answer as told: a push that was lost is not made good by another word of it.
#[tokio::test(start_paused = true)]
async fn the_head_of_a_page_that_the_application_reads_makes_the_client_pull() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    server.push_message(1);
    assert_eq!(seqs(&mut events, 1).await, [1]);
    let reading = tokio::spawn(async move { session.history_before(conversation(), None, 1).await });
    let (id, _) = server.request().await;
    server.reply_history(id, 2..=2, 2);
    let (id, _, after) = server.history().await;
    assert_eq!(after, 1);
    server.reply_history(id, 2..=2, 2);
    assert_eq!(seqs(&mut events, 1).await, [2]);
    assert_eq!(reading.await.unwrap().unwrap().head_seq, 2);
}

#[tokio::test(start_paused = true)]
async fn the_head_of_a_page_that_came_too_late_makes_the_client_pull() {
    let (net, mut dialed) = Net::new();
    let mut config = unmarked();
    config.request_timeout = SECOND;
    let session = net.session(config).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    server.push_message(1);
    assert_eq!(seqs(&mut events, 1).await, [1]);
    let reading = tokio::spawn(async move { session.history_before(conversation(), None, 1).await });
    let (late, _) = server.request().await;
    assert!(matches!(reading.await.unwrap(), Err(ClientError::Timeout)));
    server.reply_history(late, 2..=2, 2);
    let (id, _, after) = server.history().await;
    assert_eq!(after, 1);
    server.reply_history(id, 2..=2, 2);
    assert_eq!(seqs(&mut events, 1).await, [2]);
}

#[tokio::test(start_paused = true)]
async fn a_sync_begins_at_what_is_not_delivered_and_pulls_the_newest_conversations_first() {
    let (net, mut dialed) = Net::new();
    let config = unmarked();
    let _session = net.session(config).await;
    let mut server = dialed.next().await;
    server.hello().await;
    let conversations: Vec<_> = (1..=6).map(|n| known(other(n), u64::from(n) * 10, 7, (0, 0))).collect();
    let (first, second) = conversations.split_at(3);
    let mut first = page(first, "too early");
    first.next_page = "page 2".into();
    server.welcome("e1", first);
    let mut asked = Vec::new();
    let mut paged = false;
    while asked.len() < 6 {
        match server.request().await {
            (id, Request::Sync(sync)) => {
                assert_eq!((sync.page.as_str(), sync.sync_cursor.as_str()), ("page 2", ""));
                paged = true;
                server.reply(id, reply::Result::SyncPage(page(second, "c1")));
            }
            (id, Request::ReadHistory(read)) => {
                assert_eq!(read.from, Some(v1::read_history::From::AfterSeq(7)));
                let conversation = read.conversation_id.parse().unwrap();
                let head = conversations
                    .iter()
                    .find(|c| c.conversation_id == read.conversation_id)
                    .unwrap()
                    .head_seq;
                let messages = (8..=head).map(|seq| message_in(conversation, seq)).collect();
                let conversation_id = read.conversation_id;
                server.reply(
                    id,
                    reply::Result::History(v1::History { conversation_id, messages, head_seq: head }),
                );
                asked.push(head);
            }
            (_, request) => panic!("{request:?}"),
        }
    }
    assert!(paged);
    // The first page is pulled while the second is asked for; within each the newest come first.
    assert_eq!(asked, [30, 20, 10, 60, 50, 40]);
}

#[tokio::test(start_paused = true)]
async fn where_to_begin_can_be_chosen() {
    for (start, after) in [(Start::Beginning, Some(0)), (Start::Undelivered, Some(2)), (Start::Now, None)] {
        let (net, mut dialed) = Net::new();
        let mut config = Config::default();
        config.start = start;
        let _session = net.session(config).await;
        let mut server = dialed.next().await;
        server.hello().await;
        server.welcome("e1", page(&[known(conversation(), 5, 2, (0, 0))], "c1"));
        match after {
            Some(expected) => assert_eq!(server.history().await.2, expected, "{start:?}"),
            None => server.silence(SECOND).await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_hello_says_what_is_known_and_only_what_is_new_is_pulled() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let server = dialed.welcomed().await;
    server.push_message(1);
    server.push_message(2);
    assert_eq!(seqs(&mut events, 2).await, [1, 2]);
    server.close(1011);
    let mut server = dialed.next().await;
    let hello = server.hello().await;
    assert_eq!((hello.sync_cursor.as_str(), hello.epoch.as_str()), ("c1", "e1"));
    assert_eq!(hello.known_heads.len(), 1);
    assert_eq!(hello.known_heads[0].head_seq, 2);
    server.welcome("e1", page(&[known(conversation(), 4, 0, (0, 0))], "c2"));
    let (id, _, after) = server.history().await;
    assert_eq!(after, 2);
    server.reply_history(id, 3..=4, 4);
    assert_eq!(seqs(&mut events, 2).await, [3, 4]);
    server.close(1011);
    let mut server = dialed.next().await;
    let hello = server.hello().await;
    assert_eq!(hello.sync_cursor, "c2");
}

#[tokio::test(start_paused = true)]
async fn a_new_life_of_the_store_is_told_and_everything_starts_over() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let server = dialed.welcomed().await;
    server.push_message(1);
    assert_eq!(seqs(&mut events, 1).await, [1]);
    server.close(1011);
    let mut server = dialed.next().await;
    server.hello().await;
    server.welcome("e2", page(&[known(conversation(), 1, 0, (0, 0))], "d1"));
    match next(&mut events).await {
        Event::StoreReset { epoch } => assert_eq!(epoch.as_str(), "e2"),
        event => panic!("{event:?}"),
    }
    let (id, _, after) = server.history().await;
    assert_eq!(after, 0);
    server.reply_history(id, [1], 1);
    assert_eq!(seqs(&mut events, 1).await, [1]);
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_of_the_old_life_marks_nothing_in_the_new_one() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let server = dialed.welcomed().await;
    for seq in 1..=3 {
        server.push_message(seq);
    }
    server.close(1011);
    let mut server = dialed.next().await;
    server.hello().await;
    server.welcome("e2", page(&[known(conversation(), 2, 1, (0, 0))], "d1"));
    let (id, _, after) = server.history().await;
    assert_eq!(after, 1);
    let mut events = session.events();
    assert_eq!(seqs(&mut events, 3).await, [1, 2, 3]);
    assert!(matches!(next(&mut events).await, Event::StoreReset { .. }));
    server.silence(SECOND).await;
    server.reply_history(id, [2], 2);
    assert_eq!(seqs(&mut events, 1).await, [2]);
    assert_eq!(server.delivered().await.1, 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_knows_less_raises_an_alarm_and_the_conversation_goes_on_from_there() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let server = dialed.welcomed().await;
    for seq in 1..=3 {
        server.push_message(seq);
    }
    assert_eq!(seqs(&mut events, 3).await, [1, 2, 3]);
    server.close(1011);
    let mut server = dialed.next().await;
    server.hello().await;
    server.welcome("e1", page(&[known(conversation(), 2, 0, (0, 0))], "c2"));
    match next(&mut events).await {
        Event::Alarm(Alarm::HeadWentBack { conversation: Some(of), known_seq: 3, server_seq: 2 }) => {
            assert_eq!(of, conversation());
        }
        event => panic!("{event:?}"),
    }
    // The number is given again, to another message.
    server.push_message(3);
    assert_eq!(seqs(&mut events, 1).await, [3]);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_was_overtaken_by_a_push_is_no_alarm() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let mut server = dialed.next().await;
    server.hello().await;
    let mut first = page(&[], "c1");
    first.next_page = "page 2".into();
    server.welcome("e1", first);
    let (id, _) = server.request().await;
    server.push_message(1);
    server.push_message(2);
    server.reply(id, reply::Result::SyncPage(page(&[known(conversation(), 1, 0, (0, 0))], "c1")));
    assert_eq!(seqs(&mut events, 2).await, [1, 2]);
    nothing(&mut events, SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_it_knows_less_is_told_nothing_the_next_time() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let server = dialed.welcomed().await;
    server.push_message(1);
    assert_eq!(seqs(&mut events, 1).await, [1]);
    server.close(1011);
    let mut server = dialed.next().await;
    server.hello().await;
    server.refuse(1, "epoch_ahead");
    assert!(matches!(next(&mut events).await, Event::Alarm(Alarm::ServerBehind)));
    let mut server = dialed.next().await;
    let hello = server.hello().await;
    assert_eq!((hello.sync_cursor.as_str(), hello.known_heads.len()), ("", 0));
}

#[tokio::test(start_paused = true)]
async fn a_hole_on_the_server_is_told_and_passed_over() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    server.push_message(3);
    let (id, ..) = server.history().await;
    server.reply_history(id, [3], 3);
    assert!(matches!(
        next(&mut events).await,
        Event::Alarm(Alarm::Hole { conversation: Some(_), after_seq: 0, before_seq: 3 })
    ));
    assert_eq!(seqs(&mut events, 1).await, [3]);
}

#[tokio::test(start_paused = true)]
async fn history_that_cannot_be_read_is_asked_for_again() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    server.push_message(2);
    let (id, ..) = server.history().await;
    server.refuse_for(id, "unavailable", 2_000);
    server.silence(SECOND).await;
    let (id, ..) = server.history().await;
    // No answer at all is a failure too.
    let (again, _, after) = server.history().await;
    assert_ne!(id, again);
    server.reply_history(again, [1], 2);
    assert_eq!((after, seqs(&mut events, 2).await), (0, vec![1, 2]));
}

#[tokio::test(start_paused = true)]
async fn a_pull_that_the_connection_took_with_it_is_asked_for_on_the_next_one() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    server.push_message(2);
    server.history().await;
    server.close(1011);
    let mut server = dialed.welcomed().await;
    let (id, _, after) = server.history().await;
    server.reply_history(id, [1], 2);
    assert_eq!((after, seqs(&mut events, 2).await), (0, vec![1, 2]));
}

fn friend_removed(seq: u64) -> v1::FeedEntry {
    let removed = v1::UserRef { user_id: peer().to_string() };
    v1::FeedEntry { seq, stored_ms: 0, change: Some(v1::feed_entry::Change::FriendRemoved(removed)) }
}

async fn feed_seq(events: &mut flux_client::EventStream) -> u64 {
    match next(events).await {
        Event::Feed(entry) => {
            assert_eq!(entry.change, FeedChange::FriendRemoved(peer()));
            entry.seq
        }
        event => panic!("{event:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_feed_is_a_log_like_any_other_and_begins_at_its_head() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut events = session.events();
    let mut server = dialed.next().await;
    server.hello().await;
    server.welcome("e1", v1::SyncPage { feed_head_seq: 7, sync_cursor: "c1".into(), ..Default::default() });
    server.push(event::Event::FeedEntry(friend_removed(10)));
    let (id, request) = server.request().await;
    assert_eq!(request, Request::ReadFeed(v1::ReadFeed { after_seq: 7, limit: 100 }));
    let entries = (8..=10).map(friend_removed).collect();
    server.reply(id, reply::Result::Feed(v1::Feed { entries, head_seq: 10, floor_seq: 0 }));
    for seq in 8..=10 {
        assert_eq!(feed_seq(&mut events).await, seq);
    }
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_was_cut_says_to_read_the_lists_again() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut events = session.events();
    let mut server = dialed.next().await;
    server.hello().await;
    server.welcome("e1", v1::SyncPage { feed_head_seq: 7, sync_cursor: "c1".into(), ..Default::default() });
    server.close(1011);
    let mut server = dialed.next().await;
    server.hello().await;
    let cut = v1::SyncPage {
        feed_head_seq: 40,
        feed_floor_seq: 30,
        sync_cursor: "c2".into(),
        ..Default::default()
    };
    server.welcome("e1", cut);
    assert!(matches!(next(&mut events).await, Event::FeedReset));
    server.push(event::Event::FeedEntry(friend_removed(41)));
    assert_eq!(feed_seq(&mut events).await, 41);
    server.silence(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_is_gone_is_let_go() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    server.push_message(2);
    let (id, ..) = server.history().await;
    server.refuse(id, "not_found");
    server.silence(Duration::from_mins(1)).await;
    nothing(&mut events, SECOND).await;
}

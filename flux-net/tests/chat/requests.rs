//! Every kind of request, in both subprotocols.

use std::time::Duration;

use flux_net::chat::Format;
use flux_proto::CloseCode;
use flux_proto::v1::{
    self, client_frame::Request, event::Event, feed_entry::Change, friend_requested::Outcome,
    read_history::From, reply::Result as Answer, send::To,
};

use crate::support::client::{Client, message_to};
use crate::support::{Person, World};

macro_rules! in_both_subprotocols {
    ($($name:ident)*) => {
        mod proto {
            $(#[tokio::test]
            async fn $name() {
                super::$name(flux_net::chat::Format::Proto).await;
            })*
        }
        mod json {
            $(#[tokio::test]
            async fn $name() {
                super::$name(flux_net::chat::Format::Json).await;
            })*
        }
    };
}

in_both_subprotocols! {
    hello_is_welcome
    a_ping_comes_back
    a_message_is_sent_pushed_and_read
    a_message_finds_a_friend_by_user
    cursors_move_and_the_others_are_told
    sync_tells_what_changed_since
    a_feed_is_read
    typing_is_shown_to_the_other
    presence_is_set_watched_and_unwatched
    users_are_searched_and_looked_up
    friends_are_asked_answered_and_listed
    requests_are_rejected_and_cancelled
    remarks_blocks_and_removal
    sessions_are_listed_and_ended
    logging_out_ends_the_connection
}

async fn hello_is_welcome(format: Format) {
    let world = World::new().await;
    let (alice, _, conversation) = world.friends().await;
    let mut client = world.stranger(format).await;
    let welcome = client.welcomed(world.token(&alice)).await;
    assert_eq!(welcome.user_id, alice.id());
    assert_eq!(welcome.session_id, alice.actor.session.to_string());
    assert_eq!(welcome.generation, 1);
    assert_eq!(welcome.node_id, world.flux.router.node().to_string());
    assert_eq!(welcome.epoch, world.flux.messages.epoch().to_string());
    assert_eq!(welcome.heartbeat_interval_ms, 20_000);
    let limits = welcome.limits.unwrap();
    assert_eq!((limits.message_bytes, limits.frame_bytes, limits.page_size), (4_096, 65_536, 100));
    assert_eq!((limits.watched_users, limits.open_requests), (500, 64));
    let sync = welcome.sync.unwrap();
    assert_eq!(sync.conversations[0].conversation_id, conversation.to_string());
    assert!(sync.conversations[0].writable);
    assert!(sync.feed_head_seq > 0);
    assert_eq!(sync.next_page, "");
}

async fn a_ping_comes_back(format: Format) {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut client = world.connect_as(&alice, format).await;
    let payload = "x".repeat(64);
    let Answer::Pong(pong) = client.ask(Request::Ping(v1::Ping { payload: payload.clone() })).await else {
        panic!("no pong")
    };
    assert_eq!(pong.payload, payload);
    assert_eq!(pong.server_ms, flux_core::Clock::now(&world.clock).as_millis());
    let error = client.error(Request::Ping(v1::Ping { payload: "x".repeat(65) })).await;
    assert_eq!((error.code.as_str(), error.field.as_str()), ("invalid_argument", "payload"));
}

async fn history(client: &mut Client, read: v1::ReadHistory) -> v1::History {
    match client.ask(Request::ReadHistory(read)).await {
        Answer::History(history) => history,
        other => panic!("no history: {other:?}"),
    }
}

async fn a_message_is_sent_pushed_and_read(format: Format) {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut from = world.connect_as(&alice, format).await;
    let mut to = world.connect_as(&bob, format).await;
    let text = "<b>héllo</b>\n\"日本\" \u{202E}👩‍👩‍👧 \\u0041";
    let id = world.message_id();
    let sent = from.send(conversation, id, text).await;
    assert_eq!(sent.epoch, world.flux.messages.epoch().to_string());
    assert_eq!((sent.conversation_id.as_str(), sent.seq), (conversation.to_string().as_str(), 1));
    assert!(!sent.repeated);
    let expected = v1::Message {
        conversation_id: conversation.to_string(),
        seq: 1,
        sender_id: alice.id(),
        message_id: id.to_string(),
        text: text.to_owned(),
        stored_ms: sent.stored_ms,
    };
    assert_eq!(to.event().await, Event::Message(expected.clone()));
    let repeated = from.send(conversation, id, text).await;
    assert_eq!(repeated, v1::Sent { repeated: true, ..sent });
    for n in 2..=5 {
        from.send(conversation, world.message_id(), &format!("{n}")).await;
    }
    let read = |from, limit| v1::ReadHistory { conversation_id: conversation.to_string(), from, limit };
    let all = history(&mut to, read(None, 0)).await;
    assert_eq!(all.messages[0], expected);
    assert_eq!(seqs(&all), [1, 2, 3, 4, 5]);
    assert_eq!(all.head_seq, 5);
    assert_eq!(seqs(&history(&mut to, read(Some(From::BeforeSeq(0)), 2)).await), [4, 5]);
    assert_eq!(seqs(&history(&mut to, read(Some(From::BeforeSeq(4)), 2)).await), [2, 3]);
    assert_eq!(seqs(&history(&mut to, read(Some(From::AfterSeq(1)), 2)).await), [2, 3]);
    assert_eq!(seqs(&history(&mut to, read(Some(From::AfterSeq(5)), 2)).await), [0; 0]);
    assert_eq!(seqs(&history(&mut to, read(None, u32::MAX)).await).len(), 5);
    // Nothing holds the conversation; to say so is no error.
    let give_up =
        v1::GiveUp { conversation_id: conversation.to_string(), message_id: world.message_id().to_string() };
    from.done(Request::GiveUp(give_up)).await;
}

fn seqs(history: &v1::History) -> Vec<u64> {
    history.messages.iter().map(|message| message.seq).collect()
}

async fn a_message_finds_a_friend_by_user(format: Format) {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut from = world.connect_as(&alice, format).await;
    let to = |user: &Person| {
        let message_id = world.message_id().to_string();
        Request::Send(v1::Send { to: Some(To::UserId(user.id())), message_id, text: "hi".to_owned() })
    };
    let Answer::Sent(sent) = from.ask(to(&bob)).await else { panic!("not sent") };
    assert_eq!(sent.conversation_id, conversation.to_string());
    assert_eq!(from.refused(to(&alice)).await, "not_permitted");
}

async fn cursors_move_and_the_others_are_told(format: Format) {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut from = world.connect_as(&alice, format).await;
    let mut to = world.connect_as(&bob, format).await;
    for _ in 0..2 {
        from.send(conversation, world.message_id(), "x").await;
    }
    let conversation_id = conversation.to_string();
    let cursor = |delivered_seq, read_seq| v1::Cursor { user_id: bob.id(), delivered_seq, read_seq };
    let moved = |cursor| v1::CursorMoved { conversation_id: conversation_id.clone(), cursor: Some(cursor) };
    let delivered = |seq| v1::MarkDelivered { conversation_id: conversation_id.clone(), seq };
    let read = |seq| v1::MarkRead { conversation_id: conversation_id.clone(), seq };
    let answer = to.ask(Request::MarkDelivered(delivered(2))).await;
    assert_eq!(answer, Answer::CursorMoved(moved(cursor(2, 0))));
    let receipt = |cursor| {
        Event::Receipt(v1::Receipt { conversation_id: conversation_id.clone(), cursor: Some(cursor) })
    };
    assert_eq!(from.event().await, receipt(cursor(2, 0)));
    assert_eq!(to.ask(Request::MarkRead(read(1))).await, Answer::CursorMoved(moved(cursor(2, 1))));
    assert_eq!(from.event().await, receipt(cursor(2, 1)));
    // Late and repeated ones change nothing and tell nobody.
    assert_eq!(to.ask(Request::MarkDelivered(delivered(1))).await, Answer::CursorMoved(moved(cursor(2, 1))));
    assert_eq!(to.ask(Request::MarkRead(read(1))).await, Answer::CursorMoved(moved(cursor(2, 1))));
    assert_eq!(to.refused(Request::MarkRead(read(3))).await, "cursor_beyond_head");
    assert_eq!(to.refused(Request::MarkRead(read(u64::MAX))).await, "invalid_argument");
    assert_eq!(from.events_so_far().await, []);
}

async fn synced(client: &mut Client, sync_cursor: &str, page: &str) -> v1::SyncPage {
    let sync = v1::Sync { sync_cursor: sync_cursor.to_owned(), page: page.to_owned() };
    match client.ask(Request::Sync(sync)).await {
        Answer::SyncPage(page) => page,
        other => panic!("no sync page: {other:?}"),
    }
}

async fn sync_tells_what_changed_since(format: Format) {
    let world = World::new().await;
    let (alice, bob, first) = world.friends().await;
    let carol = world.person("carol").await;
    let second = world.befriend(&alice, &carol).await;
    let mut client = world.connect_as(&alice, format).await;
    let all = synced(&mut client, "", "").await;
    let ids = |page: &v1::SyncPage| -> Vec<String> {
        page.conversations.iter().map(|found| found.conversation_id.clone()).collect()
    };
    assert_eq!(ids(&all), [second.to_string(), first.to_string()]);
    assert_eq!(ids(&synced(&mut client, &all.sync_cursor, "").await), [""; 0]);
    let mut friend = world.connect_as(&bob, format).await;
    let sent = friend.send(first, world.message_id(), "x").await;
    let changed = synced(&mut client, &all.sync_cursor, "").await;
    assert_eq!(ids(&changed), [first.to_string()]);
    let found = &changed.conversations[0];
    assert_eq!((found.head_seq, found.last_message_ms), (1, sent.stored_ms));
    assert_eq!(found.cursors.len(), 2);
}

async fn a_feed_is_read(format: Format) {
    let world = World::new().await;
    let (alice, bob, _) = world.friends().await;
    let mut client = world.connect_as(&alice, format).await;
    let read = |after_seq, limit| Request::ReadFeed(v1::ReadFeed { after_seq, limit });
    let Answer::Feed(feed) = client.ask(read(0, 0)).await else { panic!("no feed") };
    assert_eq!(feed.head_seq, u64::try_from(feed.entries.len()).unwrap());
    assert_eq!(feed.floor_seq, 0);
    assert!(matches!(feed.entries[0].change, Some(Change::SessionOpened(_))));
    let added = feed.entries.iter().find_map(|entry| match &entry.change {
        Some(Change::FriendAdded(friend)) => friend.profile.clone(),
        _ => None,
    });
    assert_eq!(added.unwrap().user_id, bob.id());
    let Answer::Feed(part) = client.ask(read(1, 1)).await else { panic!("no feed") };
    assert_eq!(part.entries, feed.entries[1..2]);
    // What happens now is pushed.
    world.flux.friends.block(&alice.actor, bob.actor.user).await.unwrap();
    let Event::FeedEntry(entry) = client.event().await else { panic!("no entry") };
    assert_eq!(entry.seq, feed.head_seq + 1);
    assert!(
        matches!(entry.change, Some(Change::Blocked(block)) if block.profile.as_ref().unwrap().user_id == bob.id())
    );
}

async fn typing_is_shown_to_the_other(format: Format) {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut from = world.connect_as(&alice, format).await;
    let mut to = world.connect_as(&bob, format).await;
    for typing in [true, false] {
        let set = v1::SetTyping { conversation_id: conversation.to_string(), typing };
        from.done(Request::SetTyping(set)).await;
        let shown = v1::Typing { conversation_id: conversation.to_string(), user_id: alice.id(), typing };
        assert_eq!(to.event().await, Event::Typing(shown));
    }
    assert_eq!(from.events_so_far().await, []);
}

async fn watch(client: &mut Client, user: &Person) -> v1::PresenceState {
    match client.ask(Request::WatchPresence(v1::WatchPresence { user_ids: vec![user.id()] })).await {
        Answer::PresenceList(list) => list.presences[0].state(),
        other => panic!("no presence: {other:?}"),
    }
}

async fn presence_is_set_watched_and_unwatched(format: Format) {
    let world = World::new().await;
    let (alice, bob, _) = world.friends().await;
    let mut watcher = world.connect_as(&bob, format).await;
    assert_eq!(watch(&mut watcher, &alice).await, v1::PresenceState::Offline);
    let mut client = world.connect_as(&alice, format).await;
    world.pass(Duration::from_secs(2)).await;
    let state = |event| match event {
        Event::Presence(presence) => Some(presence.state()),
        _ => None,
    };
    assert_eq!(watcher.event_of(state).await, v1::PresenceState::Online);
    for (own, seen) in [
        (v1::OwnPresence::Away, v1::PresenceState::Away),
        (v1::OwnPresence::Invisible, v1::PresenceState::Offline),
        (v1::OwnPresence::Online, v1::PresenceState::Online),
    ] {
        client.done(Request::SetPresence(v1::SetPresence { presence: own.into() })).await;
        world.pass(Duration::from_secs(2)).await;
        assert_eq!(watcher.event_of(state).await, seen);
    }
    assert_eq!(client.refused(Request::SetPresence(v1::SetPresence::default())).await, "invalid_argument");
    watcher.done(Request::UnwatchPresence(v1::UnwatchPresence { user_ids: vec![alice.id()] })).await;
    let away = v1::SetPresence { presence: v1::OwnPresence::Away.into() };
    client.done(Request::SetPresence(away)).await;
    world.pass(Duration::from_secs(2)).await;
    assert_eq!(watcher.events_so_far().await, []);
}

async fn profiles(client: &mut Client, request: Request) -> Vec<String> {
    match client.ask(request).await {
        Answer::ProfileList(list) => list.profiles.into_iter().map(|profile| profile.username).collect(),
        other => panic!("no profiles: {other:?}"),
    }
}

async fn users_are_searched_and_looked_up(format: Format) {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let bob = world.person("bobby").await;
    world.person("bobina").await;
    let mut client = world.connect_as(&alice, format).await;
    let search =
        |query: &str, limit| Request::SearchUsers(v1::SearchUsers { query: query.to_owned(), limit });
    assert_eq!(profiles(&mut client, search("bob", 0)).await, ["bobby", "bobina"]);
    assert_eq!(profiles(&mut client, search("bob", 1)).await, ["bobby"]);
    assert_eq!(profiles(&mut client, search(&bob.id(), 0)).await, ["bobby"]);
    assert_eq!(profiles(&mut client, search("nobody", 0)).await, [""; 0]);
    let error = client.error(search("b", 0)).await;
    assert_eq!((error.code.as_str(), error.field.as_str()), ("invalid_argument", "query"));
    assert_eq!(client.error(search(&"b".repeat(321), 0)).await.field, "query");
    let unknown = world.message_id().to_string();
    let get = |user_ids| Request::GetProfiles(v1::GetProfiles { user_ids });
    assert_eq!(profiles(&mut client, get(vec![bob.id(), unknown, alice.id()])).await, ["bobby", "alice"]);
    assert_eq!(client.refused(get(vec![bob.id(); 101])).await, "invalid_argument");
}

async fn ask_friend(client: &mut Client, to: &Person, greeting: &str) -> v1::FriendRequested {
    let request = v1::RequestFriend { user_id: to.id(), greeting: greeting.to_owned() };
    match client.ask(Request::RequestFriend(request)).await {
        Answer::FriendRequested(requested) => requested,
        other => panic!("not asked: {other:?}"),
    }
}

fn answer(request_id: &str, answer: v1::FriendAnswer) -> Request {
    Request::AnswerFriend(v1::AnswerFriend { request_id: request_id.to_owned(), answer: answer.into() })
}

async fn requests(client: &mut Client, sent: bool) -> Vec<v1::FriendRequest> {
    let list = v1::ListFriendRequests { sent, page: String::new() };
    match client.ask(Request::ListFriendRequests(list)).await {
        Answer::FriendRequestList(list) => list.requests,
        other => panic!("no requests: {other:?}"),
    }
}

async fn friends(client: &mut Client) -> Vec<v1::Friend> {
    match client.ask(Request::ListFriends(v1::ListFriends::default())).await {
        Answer::FriendList(list) => list.friends,
        other => panic!("no friends: {other:?}"),
    }
}

async fn friends_are_asked_answered_and_listed(format: Format) {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bobby").await);
    let mut asker = world.connect_as(&alice, format).await;
    let mut asked = world.connect_as(&bob, format).await;
    let Some(Outcome::Pending(request)) = ask_friend(&mut asker, &bob, "it's me").await.outcome else {
        panic!("not pending")
    };
    assert_eq!(request.greeting, "it's me");
    assert_eq!(request.state(), v1::FriendRequestState::Pending);
    assert_eq!(request.from.as_ref().unwrap().username, "alice");
    assert_eq!(request.to.as_ref().unwrap().username, "bobby");
    let Event::FeedEntry(entry) = asked.event().await else { panic!("not told") };
    assert_eq!(entry.change, Some(Change::FriendRequest(request.clone())));
    assert_eq!(requests(&mut asker, true).await, std::slice::from_ref(&request));
    assert_eq!(requests(&mut asker, false).await, []);
    assert_eq!(requests(&mut asked, false).await, std::slice::from_ref(&request));
    asked.done(answer(&request.request_id, v1::FriendAnswer::Accept)).await;
    let listed = friends(&mut asker).await;
    assert_eq!(listed[0].profile.as_ref().unwrap().user_id, bob.id());
    asker.send(&listed[0].conversation_id, world.message_id(), "hello").await;
    let again = asked.refused(answer(&request.request_id, v1::FriendAnswer::Accept)).await;
    assert_eq!(again, "request_not_pending");
    let unspecified = asked.refused(answer(&request.request_id, v1::FriendAnswer::Unspecified)).await;
    assert_eq!(unspecified, "invalid_argument");
    let page = |page: &str| Request::ListFriends(v1::ListFriends { page: page.to_owned() });
    for forged in ["x", "0", &"0".repeat(49)] {
        let error = asker.error(page(forged)).await;
        assert_eq!((error.code.as_str(), error.field.as_str()), ("invalid_page", "page"));
    }
}

async fn requests_are_rejected_and_cancelled(format: Format) {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bobby").await);
    let mut asker = world.connect_as(&alice, format).await;
    let mut asked = world.connect_as(&bob, format).await;
    for how in [v1::FriendAnswer::Reject, v1::FriendAnswer::Cancel] {
        let Some(Outcome::Pending(request)) = ask_friend(&mut asker, &bob, "").await.outcome else {
            panic!("not pending")
        };
        let (may, may_not) = match how {
            v1::FriendAnswer::Reject => (&mut asked, &mut asker),
            _ => (&mut asker, &mut asked),
        };
        assert_eq!(may_not.refused(answer(&request.request_id, how)).await, "not_found");
        may.done(answer(&request.request_id, how)).await;
        assert_eq!(requests(&mut asked, false).await, []);
    }
    assert_eq!(friends(&mut asker).await, []);
    // Two requests that cross are a friendship.
    ask_friend(&mut asker, &bob, "").await;
    let crossed = ask_friend(&mut asked, &alice, "").await.outcome;
    assert!(
        matches!(crossed, Some(Outcome::Friend(friend)) if friend.profile.as_ref().unwrap().user_id == alice.id())
    );
    let again = v1::RequestFriend { user_id: bob.id(), greeting: String::new() };
    assert_eq!(asker.refused(Request::RequestFriend(again)).await, "already_friends");
    let oneself = v1::RequestFriend { user_id: alice.id(), greeting: String::new() };
    assert_eq!(asker.refused(Request::RequestFriend(oneself)).await, "cannot_befriend");
    let control = v1::RequestFriend { user_id: bob.id(), greeting: "a\0".to_owned() };
    let error = asker.error(Request::RequestFriend(control)).await;
    assert_eq!((error.code.as_str(), error.field.as_str()), ("text_not_allowed", "greeting"));
}

async fn remarks_blocks_and_removal(format: Format) {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut client = world.connect_as(&alice, format).await;
    let mut other = world.connect_as(&bob, format).await;
    let remark =
        |text: &str| Request::SetRemark(v1::SetRemark { user_id: bob.id(), remark: text.to_owned() });
    client.done(remark("the tall one")).await;
    assert_eq!(friends(&mut client).await[0].remark, "the tall one");
    assert_eq!(friends(&mut other).await[0].remark, "");
    assert_eq!(client.refused(remark(&"x".repeat(65))).await, "invalid_argument");
    client.done(Request::BlockUser(v1::BlockUser { user_id: bob.id() })).await;
    let Answer::BlockList(list) = client.ask(Request::ListBlocks(v1::ListBlocks::default())).await else {
        panic!("no blocks")
    };
    assert_eq!(list.blocks[0].profile.as_ref().unwrap().user_id, bob.id());
    let hi = world.message_id();
    assert_eq!(other.refused(message_to(conversation, hi, "hi")).await, "not_permitted");
    client.done(Request::UnblockUser(v1::UnblockUser { user_id: bob.id() })).await;
    other.send(conversation, hi, "hi").await;
    client.done(Request::RemoveFriend(v1::RemoveFriend { user_id: bob.id() })).await;
    assert_eq!(friends(&mut client).await, []);
    assert_eq!(friends(&mut other).await, []);
    let removed = other
        .event_of(|event| match event {
            Event::FeedEntry(v1::FeedEntry { change: Some(Change::FriendRemoved(user)), .. }) => Some(user),
            _ => None,
        })
        .await;
    assert_eq!(removed.user_id, alice.id());
}

async fn sessions_are_listed_and_ended(format: Format) {
    let world = World::new().await;
    let phone = world.person("alice").await;
    let laptop = world.login(phone.actor.user).await;
    let mut client = world.connect_as(&phone, format).await;
    let mut other = world.connect_as(&laptop, format).await;
    let Answer::SessionList(list) = client.ask(Request::ListSessions(v1::ListSessions {})).await else {
        panic!("no sessions")
    };
    let current: Vec<_> = list.sessions.iter().filter(|session| session.current).collect();
    assert_eq!(list.sessions.len(), 2);
    assert_eq!(current.len(), 1);
    assert_eq!(current[0].session_id, phone.actor.session.to_string());
    assert_eq!(current[0].device_class(), v1::DeviceClass::Desktop);
    let logout = v1::Logout { session_id: laptop.actor.session.to_string() };
    client.done(Request::Logout(logout.clone())).await;
    other.closed_with(CloseCode::Unauthenticated).await;
    let ended = v1::SessionEnded { reason: v1::SessionEndReason::Revoked.into() };
    assert_eq!(other.left().last(), Some(&Event::SessionEnded(ended)));
    assert_eq!(client.refused(Request::Logout(logout)).await, "not_found");
    assert!(client.is_alive().await);
}

async fn logging_out_ends_the_connection(format: Format) {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut client = world.connect_as(&alice, format).await;
    client.done(Request::Logout(v1::Logout::default())).await;
    client.closed_with(CloseCode::Unauthenticated).await;
    let ended = v1::SessionEnded { reason: v1::SessionEndReason::Logout.into() };
    assert_eq!(client.left().last(), Some(&Event::SessionEnded(ended)));
    let mut again = world.stranger(format).await;
    let hello = v1::Hello { access_token: world.token(&alice), ..v1::Hello::default() };
    assert_eq!(again.refused(Request::Hello(hello)).await, "session_ended");
    again.closed_with(CloseCode::Unauthenticated).await;
}

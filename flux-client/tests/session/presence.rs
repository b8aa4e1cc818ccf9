//! Who is there, and how one wants to be seen.

use flux_client::{Event, OwnPresence, PresenceState, UserId};
use flux_proto::v1::{self, client_frame::Request, event, reply};

use crate::support::*;

fn is(user: UserId, state: v1::PresenceState) -> v1::Presence {
    v1::Presence { user_id: user.to_string(), state: state.into(), last_seen_ms: 0 }
}

fn list(presences: Vec<v1::Presence>) -> reply::Result {
    reply::Result::PresenceList(v1::PresenceList { presences })
}

fn user(n: u8) -> UserId {
    [n; 16].into()
}

#[tokio::test(start_paused = true)]
async fn watching_goes_on_over_a_new_connection_and_tells_what_changed() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    let watching = tokio::spawn({
        let session = session.clone();
        async move { session.watch(&[user(3), user(4)]).await.unwrap() }
    });
    let (id, request) = server.request().await;
    assert!(matches!(request, Request::WatchPresence(_)));
    let online = v1::PresenceState::Online;
    server.reply(id, list(vec![is(user(3), online), is(user(4), online)]));
    assert_eq!(watching.await.unwrap()[1].state, PresenceState::Online);
    server.push(event::Event::Presence(is(user(3), v1::PresenceState::Away)));
    // Somebody who is not watched is no news.
    server.push(event::Event::Presence(is(user(9), v1::PresenceState::Away)));
    match next(&mut events).await {
        Event::Presence(presence) => {
            assert_eq!((presence.user, presence.state), (user(3), PresenceState::Away));
        }
        event => panic!("{event:?}"),
    }
    server.close(1011);
    let mut server = dialed.welcomed().await;
    let (id, request) = server.request().await;
    let user_ids = vec![user(3).to_string(), user(4).to_string()];
    assert_eq!(request, Request::WatchPresence(v1::WatchPresence { user_ids }));
    server
        .reply(id, list(vec![is(user(3), v1::PresenceState::Away), is(user(4), v1::PresenceState::Offline)]));
    match next(&mut events).await {
        Event::Presence(presence) => {
            assert_eq!((presence.user, presence.state), (user(4), PresenceState::Offline));
        }
        event => panic!("{event:?}"),
    }
    nothing(&mut events, SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn one_who_may_not_be_watched_any_more_does_not_blind_for_the_others() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut server = dialed.welcomed().await;
    let users: Vec<_> = (3..7).map(user).collect();
    let watching = tokio::spawn({
        let (session, users) = (session.clone(), users.clone());
        async move { session.watch(&users).await.unwrap() }
    });
    let (id, _) = server.request().await;
    server.reply(id, list(users.iter().map(|user| is(*user, v1::PresenceState::Online)).collect()));
    watching.await.unwrap();
    server.close(1011);
    let mut server = dialed.welcomed().await;
    let (mut watched, mut found) = (Vec::new(), false);
    while watched.len() < 3 || !found {
        let (id, Request::WatchPresence(watch)) = server.request().await else { panic!("something else") };
        if watch.user_ids.contains(&user(5).to_string()) {
            found = watch.user_ids.len() == 1;
            server.refuse(id, "not_permitted");
        } else {
            watched.extend(watch.user_ids);
            server.reply(id, list(Vec::new()));
        }
    }
    watched.sort();
    assert_eq!(watched, [3, 4, 6].map(|n| user(n).to_string()));
    server.silence(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn who_is_not_watched_any_more_is_not_watched_again() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut server = dialed.welcomed().await;
    for watch in [true, false] {
        let call = tokio::spawn({
            let session = session.clone();
            async move {
                if watch {
                    session.watch(&[user(3)]).await.map(drop)
                } else {
                    session.unwatch(&[user(3)]).await
                }
            }
        });
        let (id, _) = server.request().await;
        server.reply(id, if watch { list(Vec::new()) } else { reply::Result::Done(v1::Done {}) });
        call.await.unwrap().unwrap();
    }
    server.close(1011);
    let mut server = dialed.welcomed().await;
    server.silence(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn how_one_wants_to_be_seen_is_said_on_every_connection() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut server = dialed.welcomed().await;
    let set = Request::SetPresence(v1::SetPresence { presence: v1::OwnPresence::Away.into() });
    let call = tokio::spawn({
        let session = session.clone();
        async move { session.set_presence(OwnPresence::Away).await }
    });
    let (id, request) = server.request().await;
    assert_eq!(request, set);
    server.reply(id, reply::Result::Done(v1::Done {}));
    call.await.unwrap().unwrap();
    server.close(1011);
    let mut server = dialed.welcomed().await;
    assert_eq!(server.request().await.1, set);
}

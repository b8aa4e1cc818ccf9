//! What goes to many feeds, over a whole Flux in memory: a profile change and a deletion reach every friend once.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;
use std::time::Duration;

use flux_core::account::{Bio, DisplayName, NewUser, ProfileChange, Username};
use flux_core::feed::FeedChange;
use flux_core::friend::Greeting;
use flux_core::message::{Destination, HistoryFrom, MessageText};
use flux_core::routing::{Connected, Event, Outbox, Work};
use flux_core::session::{Device, DeviceClass, DeviceName};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{ErrorCode, Flux, MessageId, Seq, Settings, Timestamp};
use flux_store::memory;

async fn connected(flux: &Flux, name: &str) -> Connected {
    let new = NewUser { username: Username::new(name).unwrap(), display_name: None, email: None };
    let user = flux.accounts.provision(new).await.unwrap().profile.user;
    let device = Device { name: DeviceName::empty(), class: DeviceClass::Other };
    let session = flux.sessions.open(user, &device).await.unwrap().session.session;
    flux.connections.connect(user, session).await.unwrap()
}

async fn befriend(flux: &Flux, one: &Connected, other: &Connected) {
    flux.friends.request(&one.actor, other.actor.user, Greeting::empty()).await.unwrap();
    flux.friends.request(&other.actor, one.actor.user, Greeting::empty()).await.unwrap();
}

async fn pass(clock: &ManualClock, span: Duration) {
    let mut passed = Duration::ZERO;
    while passed < span {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        clock.advance(Duration::from_millis(100));
        passed += Duration::from_millis(100);
    }
}

/// The feed changes that wait in an outbox now.
async fn told(outbox: &Outbox) -> Vec<FeedChange> {
    let events = tokio::select! {
        biased;
        work = outbox.next(1_000) => match work {
            Work::Events(events) => events,
            Work::Close(reason) => panic!("closed: {reason:?}"),
        },
        () = async {} => Vec::new(),
    };
    let change = |event: &Event| match event {
        Event::Feed(entry) => Some(entry.change.clone()),
        _ => None,
    };
    events.iter().filter_map(|push| change(push.event())).collect()
}

fn flux() -> (Flux, ManualClock) {
    let clock = ManualClock::new(Timestamp::from_millis(1_700_000_000_000));
    let ports = memory::ports(Arc::new(clock.clone()), Arc::new(SeededEntropy::new(9)));
    (Flux::start(ports, Settings::default()), clock)
}

#[tokio::test]
async fn a_profile_change_reaches_every_friend_once_and_no_stranger() {
    let (flux, clock) = flux();
    let ada = connected(&flux, "ada").await;
    let eve = connected(&flux, "eve").await;
    let mut friends = Vec::new();
    for n in 0..20 {
        let friend = connected(&flux, &format!("friend{n}")).await;
        befriend(&flux, &ada, &friend).await;
        told(&friend.outbox).await;
        friends.push(friend);
    }
    let name = DisplayName::new("Ada Lovelace").unwrap();
    let change = ProfileChange { display_name: Some(name.clone()), bio: Some(Bio::new("numbers").unwrap()) };
    flux.accounts.change_profile(&ada.actor, &change).await.unwrap();
    pass(&clock, Duration::from_secs(3)).await;
    for friend in &friends {
        let told = told(&friend.outbox).await;
        assert!(
            matches!(&told[..], [FeedChange::ProfileChanged(profile)] if profile.display_name == name),
            "{told:?}"
        );
    }
    let strange = told(&eve.outbox).await;
    assert!(!strange.iter().any(|change| matches!(change, FeedChange::ProfileChanged(_))), "{strange:?}");
}

#[tokio::test]
async fn a_deleted_account_leaves_its_conversations_readable_and_closed() {
    let (flux, clock) = flux();
    let (ada, bob) = (connected(&flux, "ada").await, connected(&flux, "bob").await);
    befriend(&flux, &ada, &bob).await;
    let send = |from: &Connected, to: &Connected, text: &str| {
        let id = MessageId::generate(flux.ports.clock.now(), &*flux.ports.entropy);
        let (flux, actor, to) = (flux.clone(), from.actor, to.actor.user);
        let text = MessageText::new(text).unwrap();
        async move { flux.messages.send(actor, Destination::User(to), id, text).await }
    };
    let sent = send(&ada, &bob, "farewell").await.unwrap();
    told(&bob.outbox).await;

    flux.accounts.delete(&ada.actor, None).await.unwrap();
    assert!(ada.outbox.is_closing());
    pass(&clock, Duration::from_secs(3)).await;
    let told = told(&bob.outbox).await;
    assert!(
        told.iter().any(|c| matches!(c, FeedChange::FriendRemoved(user) if *user == ada.actor.user)),
        "{told:?}"
    );
    assert_eq!(send(&bob, &ada, "wait").await.unwrap_err().code(), ErrorCode::NotPermitted);
    let history = flux
        .messages
        .history(&bob.actor, sent.conversation, HistoryFrom::After(Seq::ZERO), 10)
        .await
        .unwrap();
    assert_eq!(history.messages.len(), 1);
    assert!(flux.accounts.profile(ada.actor.user).await.unwrap().deleted());
}

//! Everything ends at once, and is started again (F3).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use flux_client::{EventStream, PresenceState, Session};
use flux_store::servers::{Durability, MariaDb, MariaDbConfig};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::{PATIENCE, REPAIRED, soon, until, within};
use crate::people::{Person, friends, message, session};
use crate::world::{Plan, had};

/// Whether to go on talking, and how much was said.
#[derive(Default)]
struct Talk {
    stop: AtomicBool,
    said: AtomicUsize,
}

/// Says one thing after the other until it is told to stop; all of it, and where it is stored.
async fn talk(from: Session, to: Session, name: &str, talk: Arc<Talk>) -> Vec<(u64, String)> {
    let mut said = Vec::new();
    while !talk.stop.load(Ordering::Relaxed) {
        let text = format!("{name} {}", said.len());
        let ticket = from.send(to.user(), text.clone()).await.unwrap();
        let seq = soon("an acknowledgement", ticket.sent()).await.unwrap().seq;
        said.push((seq, text));
        talk.said.fetch_add(1, Ordering::Relaxed);
    }
    said
}

/// Hears what somebody else says, up to what they say last.
async fn hear(session: Session, mut events: EventStream, last: &str) -> Vec<(u64, String)> {
    let mut heard = Vec::new();
    loop {
        let came = message(&session, &mut events).await;
        if came.text == last {
            return heard;
        }
        heard.push((came.seq, came.text));
    }
}

#[tokio::test]
async fn f3_everything_killed_at_once_and_started_again_loses_doubles_and_reorders_nothing() {
    const LAST: &str = "that is all";
    let folder = tempfile::tempdir().unwrap();
    // Its end is to cost nothing that was committed; a power cut may.
    let config = MariaDbConfig::new(folder.path())
        .with_durability(Durability::Throwaway)
        .with_setting("--innodb-flush-log-at-trx-commit=2");
    let mut server = had(MariaDb::start(config).await);
    let url = server.url().expose().to_owned();
    // Redis comes back with the leases and the whereabouts of before.
    let mut world = Plan::chats(2).with_redis_that_keeps().on(url).start().await;
    let (.., conversation) = friends(&world).await;
    let carol = Person::enter(&world, "carol").await;
    carol.befriend(&Person::log_in(&world, "bob").await).await;
    let carols = carol.connect(&world, 0).await;
    let (ada, bob) = (session(&world, "ada").await, session(&world, "bob").await);

    let talks = Arc::new(Talk::default());
    let talking = [(&ada, &bob, "ada"), (&bob, &ada, "bob")]
        .map(|(from, to, name)| tokio::spawn(talk(from.clone(), to.clone(), name, Arc::clone(&talks))));
    let hearing = [&ada, &bob].map(|who| tokio::spawn(hear(who.clone(), who.events(), LAST)));
    // In the middle of it.
    let said = || talks.said.load(Ordering::Relaxed);
    until(PATIENCE, "some talk", async || (said() > 20).then_some(())).await;
    kill(Pid::from_raw(server.pid().try_into().unwrap()), Signal::SIGKILL).unwrap();
    world.kill().await.unwrap();
    server.kill().await.unwrap();
    drop(carols);

    // In no order: each waits for what it needs.
    world.launch().unwrap();
    let (database, redis) = tokio::join!(server.start_again(), world.redis.start_again());
    database.unwrap();
    redis.unwrap();
    world.serves().await.unwrap();
    world.whole(PATIENCE).await.unwrap();
    // Nobody does anything about it: clients come back by themselves, and go on with what they were saying.
    for who in [&ada, &bob] {
        soon("a connection", who.online()).await.unwrap();
    }
    let carol = carol.id.parse().unwrap();
    let state = async |user| bob.watch(&[user]).await.unwrap()[0].state;
    for (user, expected) in [(ada.user(), PresenceState::Online), (carol, PresenceState::Offline)] {
        let what = format!("{user} being {expected:?}");
        within(
            REPAIRED,
            &what,
            until(PATIENCE, &what, async || (state(user).await == expected).then_some(())),
        )
        .await;
    }
    let before = said();
    until(PATIENCE, "more talk", async || (said() > before + 20).then_some(())).await;
    talks.stop.store(true, Ordering::Relaxed);
    let mut said = Vec::new();
    for talking in talking {
        said.push(talking.await.unwrap());
    }
    for (from, to) in [(&ada, &bob), (&bob, &ada)] {
        let last = from.send(to.user(), LAST).await.unwrap();
        soon("an acknowledgement", last.sent()).await.unwrap();
    }
    // Each has heard the other once and in order, by the numbers that were acknowledged.
    for (hearing, said) in hearing.into_iter().zip(said.iter().rev()) {
        assert_eq!(&soon("the end of hearing", hearing).await.unwrap(), said);
        assert!(said.is_sorted() && said.len() > 10, "{said:?}");
    }
    // And that is what is stored, without holes.
    let mut stored = said.concat();
    stored.sort_unstable();
    let history = Person::log_in(&world, "ada").await.history(&conversation).await;
    assert_eq!(history[..stored.len()], stored);
    assert_eq!(history.len(), stored.len() + 2);
    assert!((1..).zip(&history).all(|(dense, (seq, _))| dense == *seq), "{history:?}");
}

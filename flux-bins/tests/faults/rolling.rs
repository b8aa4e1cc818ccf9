//! Processes are asked to end, one after the other (F35).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use flux_client::Session;
use nix::sys::signal::Signal;

use crate::harness::{PATIENCE, REPAIRED, soon, until, within};
use crate::people::{Person, friends, message, session};
use crate::world::Plan;
use flux_bins::chaos::world::Cluster;

/// Says one thing after the other until it is told to stop; how many.
async fn talk(from: &Session, to: &Session, stop: &AtomicBool) -> u64 {
    let mut count = 0;
    while !stop.load(Ordering::Relaxed) {
        count += 1;
        let ticket = from.send(to.user(), count.to_string()).await.unwrap();
        let sent = soon("an acknowledgement", ticket.sent()).await.unwrap();
        assert_eq!(sent.seq, count);
    }
    count
}

#[tokio::test]
async fn f35_a_rolling_restart_of_everything_loses_doubles_and_reorders_nothing() {
    let mut world = Plan::chats(2).start().await;
    let (.., conversation) = friends(&world).await;
    let (ada, bob) = (session(&world, "ada").await, session(&world, "bob").await);
    let mut bobs = bob.events();
    let stop = Arc::new(AtomicBool::new(false));
    let heard = {
        let (bob, stop) = (bob.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut last = 0;
            while !stop.load(Ordering::Relaxed) {
                let came = message(&bob, &mut bobs).await;
                assert_eq!((came.seq, came.text.parse()), (last + 1, Ok(last + 1)));
                last = came.seq;
            }
            (bobs, last)
        })
    };
    let saying = {
        let (ada, bob, stop) = (ada.clone(), bob.clone(), Arc::clone(&stop));
        tokio::spawn(async move { talk(&ada, &bob, &stop).await })
    };
    let services: &mut Cluster = &mut world;
    for program in [&mut services.verify, &mut services.status, &mut services.gate] {
        program.stop().await.unwrap();
        program.start().await.unwrap();
    }
    for chat in 0..world.chats.len() {
        world.chats[chat].stop().await.unwrap();
        world.chats[chat].start().await.unwrap();
        // The next one goes when this one takes people again.
        world.whole(PATIENCE).await.unwrap();
        within(REPAIRED, "both being connected", async {
            ada.online().await.unwrap();
            bob.online().await.unwrap();
        })
        .await;
    }
    stop.store(true, Ordering::Relaxed);
    let count = saying.await.unwrap();
    let (mut bobs, last) = heard.await.unwrap();
    for number in last + 1..=count {
        assert_eq!(message(&bob, &mut bobs).await.seq, number);
    }
    assert!(count > 20, "{count}");
    let expected: Vec<_> = (1..=count).map(|seq| (seq, seq.to_string())).collect();
    assert_eq!(Person::log_in(&world, "ada").await.history(&conversation).await, expected);
}

#[tokio::test]
async fn f35_a_second_request_to_end_is_followed_at_once() {
    let mut world = Plan::chats(1).start().await;
    let ada = Person::enter(&world, "ada").await;
    // Connected, and deaf to being told to leave.
    let _deaf = ada.connect(&world, 0).await;
    let chat = &mut world.chats[0];
    chat.signal(Signal::SIGTERM).unwrap();
    until(REPAIRED, "draining", async || chat.log().contains("\"draining\"").then_some(())).await;
    chat.signal(Signal::SIGTERM).unwrap();
    let status = within(Duration::from_secs(2), "the end", chat.ended()).await.unwrap();
    assert!(!status.success() && chat.log().contains("came twice"), "{status}");
    let services: &mut Cluster = &mut world;
    for program in [&mut services.verify, &mut services.status, &mut services.gate] {
        program.signal(Signal::SIGINT).unwrap();
        assert!(within(REPAIRED, "the end", program.ended()).await.unwrap().success(), "{}", program.log());
    }
}

//! A send and its acknowledgement, cut at every byte: what was sent is there once, in order, and acknowledged.

use std::sync::Arc;
use std::time::Duration;

use flux_bins::chaos::world::proxy::{End, Flow, Sources};
use flux_bins::chaos::world::{Proxy, Wire, until};
use flux_client::Client;
use flux_history::What;

use crate::account::Account;
use crate::people::Person;
use crate::raw::Raw;
use crate::tape::Tape;
use crate::world::{PATIENCE, World, soon};

/// More than a send of a short text is long on the wire, and more than its acknowledgement.
const BYTES: u64 = 112;
/// The least that both together are long.
const BOTH: u64 = 170;

/// How a connection ends, and how long it stands still before.
const ENDS: [(&str, Duration, End); 3] = [
    ("close", Duration::ZERO, End::Close),
    ("reset", Duration::ZERO, End::Reset),
    ("stall", Duration::from_millis(25), End::Close),
];

/// Every place to cut at, in both directions.
fn cuts(wait: Duration, end: End) -> impl Iterator<Item = Wire> {
    let after = move |after| Flow::Truncated { after, wait, end };
    (0..=BYTES)
        .map(move |k| Wire::to_server(after(k)))
        .chain((0..=BYTES).map(move |k| Wire::to_client(after(k))))
}

async fn proxy(world: &World) -> Proxy {
    Proxy::seeded(world.chat(0), 1, Sources::many()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_typed_client_that_is_cut_off_at_every_byte_sends_everything_once_and_in_order() {
    tokio::join!(typed(ENDS[0]), typed(ENDS[1]), typed(ENDS[2]));
}

async fn typed((name, wait, end): (&str, Duration, End)) {
    let world = World::up("").await;
    let tape = Arc::new(Tape::new(&format!("sweep-typed-{name}")));
    world.register("ada").await;
    world.register("bob").await;
    let proxy = proxy(&world).await;
    let client = Client::builder(world.url()).chat_url(format!("ws://{}/v1/chat", proxy.address));
    let ada = Person::log_in_by(&tape, client, "ada", "desk").await;
    let bob = Person::log_in(&tape, &world.url(), "bob", "desk").await;
    let talk = ada.befriend(&bob).await;
    let truncated = proxy.truncated();
    let mut sent = 0;
    for cut in cuts(wait, end) {
        soon("a connection", ada.session.online()).await.unwrap();
        let (connections, before) = (proxy.accepted(), *truncated.borrow());
        proxy.set_present(cut);
        sent += 1;
        let ticket = ada.send(talk, format!("word {sent:04}")).await;
        soon("an acknowledgement", ada.answered(&ticket)).await;
        proxy.set(Wire::OPEN);
        if *truncated.borrow() != before {
            // The connection that was cut is not to be mistaken for one that stands.
            until(PATIENCE, "another connection", async || (proxy.accepted() > connections).then_some(()))
                .await
                .unwrap();
        }
    }
    let cut = *truncated.borrow();
    assert!(cut >= BOTH, "only {cut} cuts");
    for person in [&ada, &bob] {
        person.has(talk, sent).await;
    }
    tape.note(What::Quiet);
    assert_eq!((ada.read(talk).await, bob.read(talk).await), (sent, sent), "everything once");
    let report = tape.report();
    assert!(report.is_clean(), "{name}: {:#?}; {}", report.violations, tape.path.display());
    assert_eq!((report.counts.acknowledged, report.counts.failed), (sent, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_by_hand_after_a_cut_at_every_byte_is_there_once_and_in_order() {
    tokio::join!(by_hand(ENDS[0]), by_hand(ENDS[1]), by_hand(ENDS[2]));
}

async fn by_hand((name, wait, end): (&str, Duration, End)) {
    let world = World::up("").await;
    let tape = Arc::new(Tape::new(&format!("sweep-raw-{name}")));
    world.register("ada").await;
    world.register("bob").await;
    let ada = Account::log_in(&world, &tape, "ada", "desk").await;
    let bob = Account::log_in(&world, &tape, "bob", "desk").await;
    let talk = ada.befriend(&bob, &tape).await;
    let proxy = proxy(&world).await;
    let authority = proxy.address.to_string();
    let mut bobs = Raw::hello(&tape, world.chat(0), &bob.session, &bob.token).await.unwrap();
    let connect = async |last| {
        let mut raw = Raw::hello(&tape, &authority, &ada.session, &ada.token).await.unwrap();
        raw.last.insert(talk.clone(), last);
        raw
    };
    let mut adas = connect(0).await;
    let mut number = 0;
    for cut in cuts(wait, end) {
        proxy.set_present(cut);
        number += 1;
        let (id, text) = (format!("0190b6a0-0000-7000-8000-{number:012}"), format!("word {number:04}"));
        let mut tries = 0;
        while !matches!(adas.send(&talk, &id, &text).await, Ok(true)) {
            tries += 1;
            assert!(tries < 3, "try {tries} of {number} over a connection that nobody cuts");
            adas = connect(number - 1).await;
        }
        proxy.set(Wire::OPEN);
        if bobs.last.get(&talk).copied().unwrap_or(0) < number {
            assert!(bobs.listen(PATIENCE, |raw| raw.last.get(&talk) == Some(&number)).await);
        }
        if tries == 0 {
            // Cut right behind the acknowledgement, or not at all: the next one begins with a connection that stands.
            adas = connect(number).await;
        }
    }
    let cut = *proxy.truncated().borrow();
    assert!(cut >= BOTH, "only {cut} cuts");
    tape.note(What::Quiet);
    bobs.read(&talk).await;
    let report = tape.report();
    assert!(report.is_clean(), "{name}: {:#?}; {}", report.violations, tape.path.display());
    assert_eq!(bobs.last[&talk], number, "everything once");
    assert_eq!((report.counts.acknowledged, report.counts.failed), (number, 0));
}

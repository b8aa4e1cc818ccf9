//! Processes that break their promises on purpose: a checker sees it from outside, and sees nothing where they do not.

use std::sync::Arc;
use std::time::Duration;

use flux_history::{Kind, Report, What};
use flux_proto::v1::{self, client_frame::Request, reply};
use futures_util::future::join_all;

use crate::account::Account;
use crate::raw::Raw;
use crate::tape::Tape;
use crate::world::{PATIENCE, Shape, World};

/// How long is waited for what a broken promise may keep from coming: longer than anybody was promised.
const PROMISED: Duration = Duration::from_secs(11);

fn id(number: u64) -> String {
    format!("0190b6a0-0000-7000-8000-{number:012}")
}

/// Ada, on two devices, writes to bob; carol, whose friend bob is, goes.
async fn walk(name: &str, faults: &str) -> Report {
    let world = World::up(faults).await;
    let tape = Arc::new(Tape::new(&format!("planted-{name}")));
    for user in ["ada", "bob", "carol"] {
        world.register(user).await;
    }
    let desk = Account::log_in(&world, &tape, "ada", "desk").await;
    let phone = Account::log_in(&world, &tape, "ada", "phone").await;
    let bob = Account::log_in(&world, &tape, "bob", "desk").await;
    let carol = Account::log_in(&world, &tape, "carol", "desk").await;
    let talk = desk.befriend(&bob, &tape).await;
    bob.befriend(&carol, &tape).await;
    let connect = async |account: &Account| {
        Raw::hello(&tape, world.chat(0), &account.session, &account.token).await.unwrap()
    };
    let (mut adas, mut phones) = (connect(&desk).await, connect(&phone).await);
    let (mut bobs, mut carols) = (connect(&bob).await, connect(&carol).await);
    tape.note(What::Watch { session: bob.session.clone().into(), user: carol.user.clone().into() });
    let watch = v1::WatchPresence { user_ids: vec![carol.user.clone()] };
    let seen = bobs.ask(Request::WatchPresence(watch)).await.unwrap();
    let reply::Result::PresenceList(seen) = seen else { panic!("{seen:?}") };
    seen.presences.iter().for_each(|presence| bobs.presence(presence));

    // One after the other, without waiting.
    let mut posted = Vec::new();
    for number in 1..=6 {
        posted.push(adas.post_send(&talk, &id(number), &format!("word {number}")).await.unwrap());
    }
    for send in posted {
        assert!(adas.sent(send).await.unwrap());
    }
    // What is there twice is there twice for everybody.
    assert!(adas.send(&talk, &id(2), "word 2").await.unwrap());
    let all = |raw: &Raw| raw.last.get(&talk).is_some_and(|last| *last >= 6);
    tokio::join!(bobs.listen(PROMISED, all), phones.listen(PROMISED, all));
    for seq in [3, 6] {
        let mark = v1::MarkDelivered { conversation_id: talk.clone(), seq };
        bobs.ask(Request::MarkDelivered(mark)).await.unwrap();
    }
    adas.listen(PROMISED, |raw| raw.receipts >= 2).await;

    desk.call("DELETE", &format!("/v1/sessions/{}", phone.session_id), None).await;
    tape.note(What::Revoked { session: phone.session.clone().into() });
    let _ = phones.send(&talk, &id(7), "from beyond").await;

    carols.listen(Duration::from_millis(500), |raw| raw.last.contains_key(&talk)).await;
    carols.close().await;
    tape.note(What::Left { user: carol.user.clone().into() });
    bobs.listen(PROMISED, |raw| raw.presence.get(&carol.user) == Some(&false)).await;
    tape.note(What::Quiet);
    bobs.read(&talk).await;
    tape.report()
}

fn assert_found(report: &Report, kind: Kind) {
    let found: Vec<Kind> = report.violations.iter().map(|violation| violation.kind).collect();
    assert!(found.contains(&kind), "{kind:?} is not among {found:?}");
    assert!(report.violations.iter().all(|violation| !violation.witness.is_empty()));
}

/// What is switched on, and what is found then.
const PLANTED: [(&str, Kind); 14] = [
    ("lost@6", Kind::Lost),
    ("late@6", Kind::Late),
    ("not-durable@6", Kind::NotDurable),
    ("doubled", Kind::Doubled),
    ("torn@4", Kind::Torn),
    ("reordered", Kind::Reordered),
    ("skipped@1", Kind::Skipped),
    ("phantom@3", Kind::Phantom),
    ("wrong-sender", Kind::WrongSender),
    ("altered@5", Kind::Altered),
    ("not-member@2", Kind::NotMember),
    ("after-revocation", Kind::AfterRevocation),
    ("cursor-back@2", Kind::CursorBack),
    ("presence-late", Kind::PresenceLate),
];

#[tokio::test]
async fn each_promise_that_is_broken_on_purpose_is_found_from_outside() {
    // All at once: most of it is waiting.
    let walks = PLANTED.map(|(faults, kind)| {
        let name = faults.split('@').next().unwrap_or(faults);
        let walk = Box::pin(walk(name, faults));
        async move { assert_found(&walk.await, kind) }
    });
    join_all(walks).await;
}

#[tokio::test]
async fn nothing_is_found_where_nothing_is_switched_on() {
    let report = walk("nothing", "").await;
    assert!(report.is_clean(), "{:#?}", report.violations);
    assert_eq!((report.counts.acknowledged, report.counts.revocations, report.counts.readings), (7, 1, 1));
}

#[tokio::test]
async fn an_acknowledgement_that_comes_before_the_commit_is_found_by_a_kill() {
    for (faults, durable) in [("", true), ("hasty-ack", false)] {
        let mut world = World::up(faults).await;
        let tape = Arc::new(Tape::new(&format!("planted-hasty-{durable}")));
        world.register("ada").await;
        world.register("bob").await;
        let ada = Account::log_in(&world, &tape, "ada", "desk").await;
        let bob = Account::log_in(&world, &tape, "bob", "desk").await;
        let talk = ada.befriend(&bob, &tape).await;
        let mut adas = Raw::hello(&tape, world.chat(0), &ada.session, &ada.token).await.unwrap();
        assert!(adas.send(&talk, &id(1), "kept?").await.unwrap());
        let Shape::Up(up) = &mut world.shape else { unreachable!() };
        up.up.kill().await.unwrap();
        up.up.start().await.unwrap();
        up.whole(PATIENCE).await.unwrap();
        let mut bobs = Raw::hello(&tape, world.chat(0), &bob.session, &bob.token).await.unwrap();
        bobs.read(&talk).await;
        let report = tape.report();
        if durable {
            assert!(report.is_clean(), "{:#?}", report.violations);
        } else {
            assert_found(&report, Kind::NotDurable);
        }
    }
}

#[tokio::test]
async fn two_connections_that_own_one_session_are_found() {
    for (faults, clean) in [("", true), ("two-owners", false)] {
        let Some(world) = World::cluster(2, faults).await else { return };
        let tape = Arc::new(Tape::new(&format!("planted-owners-{clean}")));
        world.register("ada").await;
        world.register("bob").await;
        let ada = Account::log_in(&world, &tape, "ada", "desk").await;
        let bob = Account::log_in(&world, &tape, "bob", "desk").await;
        let talk = ada.befriend(&bob, &tape).await;
        let mut older = Raw::hello(&tape, world.chat(0), &ada.session, &ada.token).await.unwrap();
        assert!(older.send(&talk, &id(1), "from here").await.unwrap());
        let mut newer = Raw::hello(&tape, world.chat(1), &ada.session, &ada.token).await.unwrap();
        assert!(newer.send(&talk, &id(2), "from there").await.unwrap());
        let _ = older.send(&talk, &id(3), "and from here").await;
        let report = tape.report();
        if clean {
            assert!(report.is_clean(), "{:#?}", report.violations);
        } else {
            assert_found(&report, Kind::TwoOwners);
        }
    }
}

//! Who may write: the session's user over the newest connection, as long as the session is open.

use crate::error::Fenced;
use crate::id::{Generation, SessionId};
use crate::message::{Append, CursorMove, Write, WriteRefusal, Written};
use crate::session::{Actor, SessionEndReason};
use crate::testing::contract::DurableHarness;
use crate::testing::contract::harness::at_once;
use crate::testing::contract::world::{Person, SECOND, appended, refused, seq};

/// Asserts that `actor` can neither send nor move a cursor, and that nothing changes.
async fn assert_fenced(h: &DurableHarness, alice: &Person, bob: &Person, actor: Actor, why: Fenced) {
    let conversation = alice.conversation(bob);
    let before = h.log(bob, conversation).await;
    let cursor = h.cursor(alice, conversation).await;
    let append = Append { actor, ..h.message(alice, conversation, "never") };
    let head = before.last().map(|message| message.seq).unwrap_or_default();
    let mv = CursorMove { actor, conversation, delivered: head, read: head };
    let good = h.message(bob, conversation, "of somebody else");
    let written =
        h.store.commit(&[Write::Append(append), Write::MoveCursor(mv), Write::Append(good)]).await.unwrap();
    assert_eq!(refused(&written[0]), WriteRefusal::Fenced(why));
    assert_eq!(refused(&written[1]), WriteRefusal::Fenced(why));
    assert_eq!(appended(&written[2]), head.next(), "the others of the batch are not concerned");
    assert_eq!(h.log(bob, conversation).await.len(), before.len() + 1);
    assert_eq!(h.cursor(alice, conversation).await, cursor);
}

pub async fn an_ended_session_writes_nothing(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let generation = h.claim(&alice).await;
    h.send(&alice, conversation, "before").await;
    h.store.end_session(alice.user, alice.session, SessionEndReason::Revoked).await.unwrap();
    assert_fenced(&h, &alice, &bob, alice.actor(), Fenced::SessionEnded).await;
    assert_fenced(&h, &alice, &bob, alice.at(generation), Fenced::SessionEnded).await;
}

pub async fn a_session_that_never_was_writes_nothing(h: DurableHarness) {
    let (alice, bob, _) = h.two_friends().await;
    let nowhere = alice.on(h.id(SessionId::generate));
    assert_fenced(&h, &alice, &bob, nowhere, Fenced::SessionEnded).await;
}

pub async fn nobody_writes_with_the_session_of_another(h: DurableHarness) {
    let (alice, bob, _) = h.two_friends().await;
    let mallory = h.person("mallory").await;
    assert_fenced(&h, &alice, &bob, alice.on(mallory.session), Fenced::SessionEnded).await;
    assert_fenced(&h, &alice, &bob, alice.on(bob.session), Fenced::SessionEnded).await;
}

pub async fn only_the_newest_connection_of_a_session_writes(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let older = h.claim(&alice).await;
    let over = |generation| Append { actor: alice.at(generation), ..h.message(&alice, conversation, "hi") };
    appended(&h.append(over(older)).await);
    let newer = h.claim(&alice).await;
    assert!(newer > older);
    assert_fenced(&h, &alice, &bob, alice.at(older), Fenced::Superseded).await;
    assert_fenced(&h, &alice, &bob, alice.at(newer.next()), Fenced::Superseded).await;
    appended(&h.append(over(newer)).await);
    // HTTP has no connection, and takes none over.
    appended(&h.append(h.message(&alice, conversation, "by HTTP")).await);
    appended(&h.append(over(newer)).await);
}

pub async fn a_claim_fences_what_follows_it_in_its_own_batch(h: DurableHarness) {
    let (alice, _, conversation) = h.two_friends().await;
    let older = h.claim(&alice).await;
    let over = |generation, body| {
        Write::Append(Append { actor: alice.at(generation), ..h.message(&alice, conversation, body) })
    };
    let claim = Write::Claim { user: alice.user, session: alice.session };
    let batch = [over(older, "before"), claim, over(older, "late"), over(older.next(), "after")];
    let written = h.store.commit(&batch).await.unwrap();
    assert_eq!(appended(&written[0]), seq(1));
    assert_eq!(written[1], Written::Claimed(older.next()));
    assert_eq!(refused(&written[2]), WriteRefusal::Fenced(Fenced::Superseded));
    assert_eq!(appended(&written[3]), seq(2));
    assert_eq!(h.texts(&alice, conversation).await, ["before", "after"]);
}

pub async fn a_claim_needs_an_open_session_of_its_user(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let ended = h.log_in(alice.user).await.session;
    h.store.end_session(alice.user, ended, SessionEndReason::Logout).await.unwrap();
    let nowhere = h.id(SessionId::generate);
    for (user, session) in [(alice.user, ended), (alice.user, nowhere), (bob.user, alice.session)] {
        let written = h.write(Write::Claim { user, session }).await;
        assert_eq!(refused(&written), WriteRefusal::Fenced(Fenced::SessionEnded));
    }
    let record = h.store.session(alice.session).await.unwrap().unwrap();
    assert_eq!(record.generation, Generation::ZERO);
}

pub async fn claims_made_at_once_each_get_a_generation_of_their_own(h: DurableHarness) {
    let (alice, _) = h.two().await;
    let claims = (0..16).map(|_| {
        let (store, claim) = (h.store.clone(), Write::Claim { user: alice.user, session: alice.session });
        async move { store.commit(&[claim]).await.unwrap() }
    });
    let mut generations: Vec<_> = at_once(claims)
        .await
        .into_iter()
        .map(|written| match written[..] {
            [Written::Claimed(generation)] => generation.get(),
            ref other => panic!("not claimed: {other:?}"),
        })
        .collect();
    generations.sort_unstable();
    assert_eq!(generations, (1..=16).collect::<Vec<_>>());
    let record = h.store.session(alice.session).await.unwrap().unwrap();
    assert_eq!(record.generation, Generation::new(16));
}

pub async fn a_claim_uses_the_session(h: DurableHarness) {
    let (alice, _) = h.two().await;
    h.pass(10 * SECOND).await;
    h.claim(&alice).await;
    let session = h.store.session(alice.session).await.unwrap().unwrap().session;
    assert_eq!(session.last_used.since(session.created), 10 * SECOND);
}

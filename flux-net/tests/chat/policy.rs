//! An embedder's policy is asked before each send, and costs no order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::message::{HistoryFrom, SendPolicy};
use flux_core::session::Actor;
use flux_core::{ConversationId, Seq, Settings, StoreError};
use flux_net::chat::ChatConfig;
use flux_proto::v1::reply::Result as Answer;
use tokio::sync::Semaphore;

use crate::support::client::message_to;
use crate::support::{World, settle, until};

/// Answers as slowly as it is let: every second question is a no, and the fifth an error.
struct Slow {
    asked: AtomicU32,
    answers: Semaphore,
}

#[async_trait]
impl SendPolicy for Slow {
    async fn may_send(&self, _: &Actor, _: ConversationId) -> Result<bool, StoreError> {
        let place = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        self.answers.acquire().await.map_err(StoreError::unavailable)?.forget();
        if place == 5 { Err(StoreError::unavailable("no answer")) } else { Ok(place % 2 == 1) }
    }
}

#[tokio::test]
async fn sends_stay_in_order_behind_a_slow_policy() {
    let policy = Arc::new(Slow { asked: AtomicU32::new(0), answers: Semaphore::new(0) });
    let asked = Arc::clone(&policy);
    let world =
        World::with_policy(ChatConfig::default(), Settings::default(), Some(policy as Arc<dyn SendPolicy>))
            .await;
    let (alice, bob, conversation) = world.friends().await;
    let mut client = world.connect(&alice).await;
    let mut open = Vec::new();
    for n in 1..=7 {
        open.push(client.submit(message_to(conversation, world.message_id(), &n.to_string())).await);
    }
    until("the policy is asked", || asked.asked.load(Ordering::SeqCst) == 1).await;
    settle().await;
    assert_eq!(asked.asked.load(Ordering::SeqCst), 1, "one after the other");
    assert!(client.is_alive().await, "other requests do not wait");
    asked.answers.add_permits(7);
    let mut codes = Vec::new();
    for id in open {
        codes.push(match client.answer(id).await {
            Answer::Sent(_) => "sent".to_owned(),
            Answer::Error(error) => error.code,
            other => panic!("unexpected: {other:?}"),
        });
    }
    // The second may be sent again and taken then, so those that the policy would let through wait for it.
    assert_eq!(
        codes,
        ["sent", "not_permitted", "send_held", "not_permitted", "unavailable", "not_permitted", "send_held"]
    );
    let history = world.flux.messages.history(&bob.actor, conversation, HistoryFrom::After(Seq::ZERO), 10);
    let texts: Vec<_> =
        history.await.unwrap().messages.iter().map(|message| message.text.as_str().to_owned()).collect();
    assert_eq!(texts, ["1"]);
}

#[tokio::test]
async fn a_policy_that_does_not_answer_ends_with_the_deadline() {
    let policy = Arc::new(Slow { asked: AtomicU32::new(0), answers: Semaphore::new(0) });
    let world =
        World::with_policy(ChatConfig::default(), Settings::default(), Some(policy as Arc<dyn SendPolicy>))
            .await;
    let (alice, _, conversation) = world.friends().await;
    let mut client = world.connect(&alice).await;
    let first = client.submit(message_to(conversation, world.message_id(), "1")).await;
    settle().await;
    world.pass(Duration::from_secs(6)).await;
    let Answer::Error(error) = client.answer(first).await else { panic!("answered") };
    assert_eq!(error.code, "timeout");
}

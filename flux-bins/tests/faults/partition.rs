//! Chat nodes that cannot reach each other (F16).

use serde_json::json;

use crate::harness::REPAIRED;
use crate::people::friends;
use crate::socket::Socket;
use crate::world::Plan;
use flux_bins::chaos::world::Wire;

fn id(number: u32) -> String {
    format!("0190b6a0-0000-7000-8000-{number:012}")
}

/// One writes, the other reads it, and the other way round.
async fn talk(one: &mut Socket, other: &mut Socket, conversation: &str, number: &mut u32) {
    let mut ends = [one, other];
    for _ in 0..2 {
        *number += 1;
        let text = number.to_string();
        let [from, to] = &mut ends;
        let sent = from.send(conversation, &id(*number), &text).await;
        assert_eq!(sent["sent"]["seq"], json!(text), "{sent}");
        let came = to.message_within(REPAIRED).await;
        assert_eq!((&came["text"], &came["seq"]), (&json!(text), &json!(text)));
        ends.reverse();
    }
}

#[tokio::test]
async fn f16_nodes_that_are_cut_off_from_each_other_deliver_by_repair_and_heal() {
    Box::pin(parted(Wire::CUT, Wire::CUT)).await;
}

#[tokio::test]
async fn f16_nodes_that_hear_nothing_from_each_other_deliver_by_repair_and_heal() {
    Box::pin(parted(Wire::STALLED, Wire::STALLED)).await;
}

#[tokio::test]
async fn f16_nodes_of_which_one_does_not_reach_the_other_deliver_by_repair_and_heal() {
    Box::pin(parted(Wire::OPEN, Wire::STALLED)).await;
}

/// What becomes of the ways to one node and to the other.
async fn parted(left: Wire, right: Wire) {
    let world = Plan::chats(2).with_peers_by_proxy().start().await;
    let (ada, bob, conversation) = friends(&world).await;
    let (mut adas, mut bobs) = (ada.connect(&world, 0).await, bob.connect(&world, 1).await);
    let mut number = 0;
    talk(&mut adas, &mut bobs, &conversation, &mut number).await;
    let [to_ada, to_bob] = world.peer_proxies.as_slice() else { panic!("two nodes") };
    to_ada.set(left);
    to_bob.set(right);
    // Again after what was under way at the cut.
    for _ in 0..2 {
        talk(&mut adas, &mut bobs, &conversation, &mut number).await;
    }
    to_ada.set(Wire::OPEN);
    to_bob.set(Wire::OPEN);
    talk(&mut adas, &mut bobs, &conversation, &mut number).await;
    // Nothing came twice.
    let (adas, bobs) = (adas.rest(), bobs.rest());
    let messages = adas.iter().chain(bobs).filter(|frame| !frame["event"]["message"].is_null());
    let mut seqs: Vec<_> = messages.map(|frame| frame["event"]["message"]["seq"].to_string()).collect();
    let all = seqs.len();
    seqs.dedup();
    assert_eq!(seqs.len(), all, "{seqs:?}");
    let expected: Vec<_> = (1..=u64::from(number)).map(|seq| (seq, seq.to_string())).collect();
    assert_eq!(ada.history(&conversation).await, expected);
}

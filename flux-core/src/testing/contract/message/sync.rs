//! What changed since a reader last looked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::durable::DurableStore;
use crate::friend::RelationChange;
use crate::id::{ConversationId, LogId, Seq, UserId};
use crate::message::{ChangedConversations, Conversation, Stamp, Write};
use crate::testing::contract::DurableHarness;
use crate::testing::contract::world::{Person, nth_name, seq};

/// All pages of what changed for `user` after `since`, `limit` conversations at a time.
async fn changed(
    store: &Arc<dyn DurableStore>,
    user: UserId,
    since: Option<Stamp>,
    limit: usize,
) -> Vec<Conversation> {
    let mut all: Vec<Conversation> = Vec::new();
    loop {
        let below = all.last().map(|last| (last.changed, last.conversation));
        let ChangedConversations { conversations, more } =
            store.changed_conversations(user, since, below, limit).await.unwrap();
        assert!(conversations.len() <= limit);
        let place = |it: &Conversation| (it.changed, it.conversation);
        if let (Some(last), Some(first)) = (all.last(), conversations.first()) {
            assert!(place(first) < place(last), "pages go on");
        }
        assert!(!(more && conversations.is_empty()), "there is more, but nothing comes");
        all.extend(conversations);
        if !more {
            return all;
        }
    }
}

fn ids(conversations: &[Conversation]) -> Vec<ConversationId> {
    conversations.iter().map(|it| it.conversation).collect()
}

/// Somebody with five conversations, in the order of their making.
async fn five(h: &DurableHarness) -> (Person, Vec<(Person, ConversationId)>) {
    let alice = h.person("alice").await;
    let mut others = Vec::new();
    for n in 0..5 {
        let friend = h.person(&nth_name(n)).await;
        let conversation = h.befriend(&friend, &alice).await;
        others.push((friend, conversation));
    }
    (alice, others)
}

pub async fn changed_conversations_come_newest_change_first_in_pages(h: DurableHarness) {
    let (alice, others) = five(&h).await;
    h.send(&alice, others[1].1, "newest but one").await;
    h.send(&others[3].0, others[3].1, "newest").await;
    let expected: Vec<_> = [3, 1, 4, 2, 0].map(|n: usize| others[n].1).to_vec();
    for limit in [1, 2, 5, 100] {
        let all = changed(&h.store, alice.user, None, limit).await;
        assert_eq!(ids(&all), expected, "{limit} at a time");
        assert!(all.iter().all(|it| it.cursors.len() == 2 && it.writable));
    }
    let page = h.store.changed_conversations(alice.user, None, None, 5).await.unwrap();
    assert!(!page.more, "there is nothing beyond the last one");
}

pub async fn what_changed_after_a_stamp_comes_again_and_nothing_else(h: DurableHarness) {
    let (alice, others) = five(&h).await;
    let newest = h.newest().await;
    assert_eq!(ids(&changed(&h.store, alice.user, Some(newest), 10).await), []);

    h.send(&others[2].0, others[2].1, "a message").await;
    h.change(&others[0].0, RelationChange::Block(alice.user)).await;
    h.try_cursor(&alice, others[2].1, 1, 0).await;
    h.try_cursor(&others[2].0, others[2].1, 1, 1).await;
    let news = changed(&h.store, alice.user, Some(newest), 10).await;
    assert_eq!(ids(&news), [others[2].1, others[0].1], "heads, cursors and policies count");
    assert_eq!(news[0].head, seq(1));
    assert!(!news[1].writable);

    let later = h.newest().await;
    assert!(later > newest);
    assert_eq!(ids(&changed(&h.store, alice.user, Some(later), 10).await), []);
}

pub async fn what_changes_after_a_horizon_comes_after_it(h: DurableHarness) {
    let (alice, others) = five(&h).await;
    for (friend, conversation) in &others {
        let horizon = h.store.horizon().await.unwrap();
        assert!(horizon <= h.newest().await, "what is promised to be visible is");
        h.send(friend, *conversation, "news").await;
        let news = changed(&h.store, alice.user, Some(horizon), 10).await;
        assert_eq!(ids(&news).first(), Some(conversation), "it may repeat, but not omit");
        assert!(h.store.horizon().await.unwrap() >= horizon, "a horizon does not sink");
    }
}

pub async fn what_changes_nothing_is_no_change(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let sent = h.message(&alice, conversation, "once");
    h.append(sent.clone()).await;
    h.try_cursor(&bob, conversation, 1, 1).await;
    let newest = h.newest().await;
    h.append(sent).await;
    h.try_cursor(&bob, conversation, 1, 1).await;
    h.try_cursor(&bob, conversation, 9, 9).await;
    let stranger = h.person("mallory").await;
    h.append(h.message(&stranger, conversation, "no member")).await;
    assert_eq!(ids(&changed(&h.store, bob.user, Some(newest), 10).await), []);
}

pub async fn changed_logs_tell_heads_and_readers_oldest_change_first(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let since = h.newest().await;
    h.send(&alice, conversation, "1").await;
    h.change(&alice, RelationChange::Remark(bob.user, crate::friend::Remark::new("Bobby").unwrap())).await;
    h.send(&bob, conversation, "2").await;
    let logs = h.store.changed_logs(since, 100).await.unwrap();
    let feed = h.store.feed(alice.user, Seq::ZERO, 100).await.unwrap();
    let told: Vec<_> = logs.iter().map(|it| (it.log, it.head)).collect();
    assert_eq!(
        told,
        [(LogId::Feed(alice.user), feed.head), (LogId::Conversation(conversation), seq(2))],
        "each log once, at its newest"
    );
    assert_eq!(logs[0].readers[..], [alice.user]);
    assert_eq!(logs[1].readers[..], alice.pair(&bob).both());
    assert!(logs[0].changed < logs[1].changed);
    let last = logs[1].changed;
    assert_eq!(h.store.changed_logs(last, 100).await.unwrap(), []);

    h.try_cursor(&bob, conversation, 1, 0).await;
    let logs = h.store.changed_logs(last, 100).await.unwrap();
    assert_eq!(logs.iter().map(|it| it.log).collect::<Vec<_>>(), [LogId::Conversation(conversation)]);
}

pub async fn a_changed_conversation_tells_which_cursors_moved_and_when(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "1").await;
    h.try_cursor(&bob, conversation, 1, 0).await;
    let between = h.newest().await;
    h.try_cursor(&alice, conversation, 1, 1).await;
    h.send(&alice, conversation, "2").await;
    let logs = h.store.changed_logs(between, 100).await.unwrap();
    assert_eq!(logs.len(), 1);
    let cursors: BTreeMap<_, _> = logs[0]
        .cursors
        .iter()
        .map(|(it, moved)| (it.user, (it.delivered, it.read, *moved > between)))
        .collect();
    let expected = [(alice.user, (seq(1), seq(1), true)), (bob.user, (seq(1), Seq::ZERO, false))];
    assert_eq!(cursors, BTreeMap::from(expected));
    let users: Vec<_> = logs[0].cursors.iter().map(|(it, _)| it.user).collect();
    assert_eq!(users, logs[0].readers.to_vec());
}

pub async fn pages_of_changed_logs_omit_none(h: DurableHarness) {
    let (alice, others) = five(&h).await;
    let since = Stamp::default();
    let whole = h.store.changed_logs(since, 1_000).await.unwrap();
    let mut paged = Vec::new();
    let mut place = since;
    loop {
        let page = h.store.changed_logs(place, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(last.changed > place, "pages go on");
        place = last.changed;
        paged.extend(page);
    }
    assert_eq!(paged, whole);
    let logs: Vec<_> = whole.iter().map(|it| it.log).collect();
    for (friend, conversation) in &others {
        assert!(logs.contains(&LogId::Conversation(*conversation)));
        assert!(logs.contains(&LogId::Feed(friend.user)));
    }
    assert!(logs.contains(&LogId::Feed(alice.user)));
    assert_eq!(logs.len(), 11);
}

pub async fn who_reads_from_horizon_to_horizon_misses_nothing(h: DurableHarness) {
    let (alice, others) = five(&h).await;
    let done = Arc::new(AtomicBool::new(false));

    // Each round takes the horizon first and then reads what changed since the one before.
    let reader = {
        let (store, done, user) = (h.store.clone(), done.clone(), alice.user);
        tokio::spawn(async move {
            let (mut mine, mut everyones) = (BTreeMap::new(), BTreeMap::new());
            let mut since = None;
            loop {
                let last_round = done.load(Ordering::SeqCst);
                let horizon = store.horizon().await.unwrap();
                for it in changed(&store, user, since, 2).await {
                    mine.insert(it.conversation, it.head);
                }
                for it in store.changed_logs(since.unwrap_or_default(), 1_000).await.unwrap() {
                    everyones.insert(it.log, it.head);
                }
                since = Some(horizon);
                if last_round {
                    return (mine, everyones);
                }
            }
        })
    };
    let writers: Vec<_> = others
        .iter()
        .map(|(friend, conversation)| {
            let batches: Vec<_> =
                (0..30).map(|n| Write::Append(h.message(friend, *conversation, &n.to_string()))).collect();
            let store = h.store.clone();
            tokio::spawn(async move {
                for write in batches {
                    store.commit(&[write]).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    let (mine, everyones) = reader.await.unwrap();
    for (_, conversation) in &others {
        assert_eq!(mine.get(conversation), Some(&seq(30)));
        assert_eq!(everyones.get(&LogId::Conversation(*conversation)), Some(&seq(30)));
    }
}

pub async fn the_epoch_stays_as_long_as_the_store_lives(h: DurableHarness) {
    let before = h.store.epoch();
    let (alice, _, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "hello").await;
    assert_eq!(h.store.epoch(), before);
}

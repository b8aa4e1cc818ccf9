//! People who are away are told, at least once, whatever happens to whom when: the runner over memory stores.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::account::AccountStore;
use flux_core::guard::{LockLease, LockStore};
use flux_core::message::{Append, CursorMove, MessageStore, MessageText, Write, Written};
use flux_core::notify::{
    ChannelName, NotTaken, NoticeChannel, NoticePorts, NoticeRunner, NoticeSettings, NoticeStore,
    OfflineNotice, OfflineNotifier,
};
use flux_core::session::Actor;
use flux_core::{Clock, ConversationId, Seq, StoreError, UserId};
use flux_store::memory::MemoryLocks;
use support::World;
use support::mortal::{Life, Mortal};
use tokio::task::JoinHandle;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// What a receiver does with the next notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Takes,
    Fails,
    FailsForever,
    Hangs,
    /// It asks to be left alone for so many seconds.
    Busy(u64),
}

/// A receiver that remembers what it was told, and when.
struct Receiver {
    name: ChannelName,
    mood: Mutex<Mood>,
    tried: Mutex<Vec<(Duration, OfflineNotice)>>,
    told: Mutex<Vec<OfflineNotice>>,
    clock: Arc<dyn Clock>,
    life: Life,
}

impl Receiver {
    fn told(&self) -> Vec<OfflineNotice> {
        self.told.lock().unwrap().clone()
    }

    fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// When it was tried, in seconds since the first time.
    fn tried_at(&self) -> Vec<u64> {
        let tried = self.tried.lock().unwrap();
        let first = tried.first().map(|(at, _)| *at).unwrap_or_default();
        tried.iter().map(|(at, _)| at.saturating_sub(first).as_secs()).collect()
    }
}

#[async_trait]
impl OfflineNotifier for Receiver {
    fn channel(&self) -> &ChannelName {
        &self.name
    }

    async fn notify(&self, notice: &OfflineNotice) -> Result<(), NotTaken> {
        self.life.step().await;
        self.tried.lock().unwrap().push((self.clock.monotonic(), notice.clone()));
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Takes => self.told.lock().unwrap().push(notice.clone()),
            Mood::Fails => return Err(NotTaken::later("out of order")),
            Mood::FailsForever => return Err(NotTaken::Never("no such mailbox".into())),
            Mood::Hangs => std::future::pending().await,
            Mood::Busy(seconds) => {
                let after = Some(Duration::from_secs(seconds));
                return Err(NotTaken::Later { after, cause: "busy".into() });
            }
        }
        self.life.step().await;
        Ok(())
    }
}

/// Two friends, a channel that both know nothing of, and the locks of all processes.
struct Scene {
    world: World,
    locks: Arc<dyn LockStore>,
    ada: Actor,
    bob: Actor,
    conversation: ConversationId,
    receiver: Arc<Receiver>,
}

/// A process that serves the channel until it is dropped.
struct Process {
    runner: Arc<NoticeRunner>,
    task: JoinHandle<()>,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Scene {
    async fn new() -> Self {
        let world = World::new();
        let clock: Arc<dyn Clock> = Arc::new(world.clock.clone());
        let (ada, bob) = (world.actor("ada").await, world.actor("bob").await);
        let conversation = world.befriend(ada, bob).await;
        let receiver = Self::receiver(&world, Life::immortal());
        // The channel is not new.
        world.store.notice_place(&receiver.name).await.unwrap();
        Self { locks: Arc::new(MemoryLocks::new(clock)), world, ada, bob, conversation, receiver }
    }

    fn receiver(world: &World, life: Life) -> Arc<Receiver> {
        Arc::new(Receiver {
            name: ChannelName::new("test").unwrap(),
            mood: Mutex::new(Mood::Takes),
            tried: Mutex::default(),
            told: Mutex::default(),
            clock: Arc::new(world.clock.clone()),
            life,
        })
    }

    fn ports(&self) -> NoticePorts {
        NoticePorts {
            logs: self.world.store.clone(),
            notices: self.world.store.clone(),
            accounts: self.world.store.clone(),
            locks: Arc::clone(&self.locks),
            clock: Arc::new(self.world.clock.clone()),
            entropy: self.world.entropy.clone(),
        }
    }

    fn start(&self) -> Process {
        self.start_with(NoticeSettings::default())
    }

    fn start_with(&self, settings: NoticeSettings) -> Process {
        start(self.ports(), self.receiver.clone(), settings)
    }

    async fn send(&self, from: Actor, conversation: ConversationId) -> Seq {
        let text = MessageText::new("nobody is told this").unwrap();
        let message = self.world.message();
        let append = Append { actor: from, conversation, message, text };
        match self.world.store.commit(&[Write::Append(append)]).await.unwrap()[..] {
            [Written::Appended { seq, .. }] => seq,
            ref other => panic!("not appended: {other:?}"),
        }
    }

    /// Ada writes to Bob.
    async fn write(&self) -> Seq {
        self.send(self.ada, self.conversation).await
    }

    async fn deliver(&self, to: Actor, conversation: ConversationId, seq: Seq) {
        let mv = CursorMove { actor: to, conversation, delivered: seq, read: Seq::ZERO };
        self.world.store.commit(&[Write::MoveCursor(mv)]).await.unwrap();
    }

    async fn pass(&self, span: Duration) {
        let step = (span / 400).max(Duration::from_millis(100));
        let mut passed = Duration::ZERO;
        settle().await;
        while passed < span {
            self.world.clock.advance(step);
            passed += step;
            settle().await;
        }
    }

    /// Lets time pass until the receiver was told `count` notices, at most `limit`; how long it took.
    async fn told_within(&self, count: usize, limit: Duration) -> Duration {
        let step = Duration::from_millis(100);
        let mut passed = Duration::ZERO;
        while self.receiver.told().len() < count {
            assert!(passed < limit, "not told within {limit:?}: {:?}", self.receiver.told());
            self.pass(step).await;
            passed += step;
        }
        passed
    }
}

fn start(ports: NoticePorts, notifier: Arc<dyn OfflineNotifier>, settings: NoticeSettings) -> Process {
    let runner = Arc::new(NoticeRunner::new(ports, NoticeChannel { notifier, settings }));
    let running = Arc::clone(&runner);
    Process { runner, task: tokio::spawn(async move { running.run().await }) }
}

async fn settle() {
    for _ in 0..60 {
        tokio::task::yield_now().await;
    }
}

/// To whom, of which conversation, after which seq and up to which.
fn stretch(notice: &OfflineNotice) -> Vec<(UserId, ConversationId, u64, u64, u64)> {
    let told = notice.conversations.iter();
    told.map(|it| (notice.user, it.conversation, it.after.get(), it.to.get(), it.count())).collect()
}

#[tokio::test]
async fn who_lacks_a_message_for_too_long_is_told_once_and_without_its_text() {
    let scene = Scene::new().await;
    let process = scene.start();
    scene.write().await;
    scene.write().await;
    scene.pass(SECOND * 4).await;
    assert_eq!(scene.receiver.told(), [], "a device may still come for it");
    scene.told_within(1, SECOND * 3).await;
    scene.pass(HOUR).await;
    let told = scene.receiver.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(stretch(&told[0]), [(scene.bob.user, scene.conversation, 0, 2, 2)]);
    assert_eq!(told[0].conversations[0].wrote[0].user, scene.ada.user);
    assert!(!format!("{told:?}").contains("nobody is told this"));
    let counts = process.runner.counts();
    assert_eq!((counts.noted, counts.told, counts.failed), (1, 1, 0));
}

#[tokio::test]
async fn who_takes_the_message_in_time_is_told_nothing_and_nothing_is_noted() {
    let scene = Scene::new().await;
    let process = scene.start();
    let seq = scene.write().await;
    scene.pass(SECOND * 2).await;
    scene.deliver(scene.bob, scene.conversation, seq).await;
    scene.pass(MINUTE).await;
    assert_eq!(scene.receiver.told(), []);
    assert_eq!(process.runner.counts().noted, 0);
}

#[tokio::test]
async fn who_comes_before_it_is_told_is_told_nothing() {
    let scene = Scene::new().await;
    let gather = NoticeSettings { gather: MINUTE, ..NoticeSettings::default() };
    let process = scene.start_with(gather);
    let seq = scene.write().await;
    scene.pass(SECOND * 30).await;
    assert_eq!(process.runner.counts().noted, 1);
    scene.deliver(scene.bob, scene.conversation, seq).await;
    scene.pass(MINUTE).await;
    assert_eq!(scene.receiver.told(), []);
    assert_eq!(process.runner.counts().needless, 1);
}

#[tokio::test]
async fn a_conversation_that_never_rests_keeps_nobody_from_being_told() {
    let scene = Scene::new().await;
    let _process = scene.start();
    for _ in 0..16 {
        scene.write().await;
        scene.pass(SECOND / 2).await;
    }
    let told = scene.receiver.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(stretch(&told[0])[0].2, 0, "from the first on");
}

#[tokio::test]
async fn who_keeps_up_is_told_nothing_although_something_is_always_on_its_way() {
    let scene = Scene::new().await;
    let _process = scene.start();
    let mut last = Seq::ZERO;
    for _ in 0..60 {
        let seq = scene.write().await;
        scene.deliver(scene.bob, scene.conversation, last).await;
        last = seq;
        scene.pass(SECOND / 2).await;
    }
    assert_eq!(scene.receiver.told(), []);
}

#[tokio::test]
async fn what_was_told_is_not_told_again_by_the_next_process_and_what_follows_is() {
    let scene = Scene::new().await;
    let process = scene.start();
    scene.write().await;
    scene.told_within(1, SECOND * 10).await;
    drop(process);
    scene.write().await;
    let _next = scene.start();
    scene.told_within(2, MINUTE).await;
    scene.pass(HOUR).await;
    let told = scene.receiver.told();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(stretch(&told[1]), [(scene.bob.user, scene.conversation, 1, 2, 1)]);
    assert_ne!(told[0].id, told[1].id);
}

#[tokio::test]
async fn what_was_written_while_no_process_ran_is_told_when_one_does() {
    let scene = Scene::new().await;
    scene.write().await;
    scene.pass(HOUR).await;
    let _process = scene.start();
    scene.told_within(1, SECOND * 10).await;
}

#[tokio::test]
async fn a_channel_that_is_new_does_not_tell_of_what_was_before_it() {
    let scene = Scene::new().await;
    scene.write().await;
    let new = Receiver { name: ChannelName::new("new").unwrap(), ..quiet(&scene) };
    let new = Arc::new(new);
    let _process = start(scene.ports(), new.clone(), NoticeSettings::default());
    scene.pass(MINUTE).await;
    assert_eq!(new.told(), []);
    scene.write().await;
    scene.pass(MINUTE).await;
    assert_eq!(new.told().len(), 1);
}

fn quiet(scene: &Scene) -> Receiver {
    Arc::into_inner(Scene::receiver(&scene.world, Life::immortal())).unwrap()
}

#[tokio::test]
async fn a_receiver_that_fails_is_tried_again_at_growing_intervals_with_the_same_id() {
    let scene = Scene::new().await;
    let process = scene.start();
    scene.receiver.set(Mood::Fails);
    scene.write().await;
    scene.pass(MINUTE * 3).await;
    assert_eq!(scene.receiver.told(), []);
    let at = scene.receiver.tried_at();
    assert!(at.len() >= 4, "{at:?}");
    let waits: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (n, wait) in waits.iter().enumerate() {
        let most = 5 << n;
        assert!((most / 2..=most + 2).contains(wait), "wait {n} of {waits:?}");
    }
    scene.receiver.set(Mood::Takes);
    scene.told_within(1, MINUTE * 10).await;
    let ids: BTreeSet<_> = scene.receiver.tried.lock().unwrap().iter().map(|(_, notice)| notice.id).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(process.runner.counts().told, 1);
    scene.pass(HOUR * 5).await;
    assert_eq!(scene.receiver.told().len(), 1);
}

#[tokio::test]
async fn a_receiver_that_hangs_costs_its_deadline_and_is_tried_again() {
    let scene = Scene::new().await;
    let _process = scene.start();
    scene.receiver.set(Mood::Hangs);
    scene.write().await;
    scene.pass(SECOND * 10).await;
    scene.receiver.set(Mood::Takes);
    let took = scene.told_within(1, MINUTE).await;
    assert!(took > SECOND * 10, "its time was up first: {took:?}");
}

#[tokio::test]
async fn a_receiver_that_says_when_is_not_tried_before() {
    let scene = Scene::new().await;
    let _process = scene.start();
    scene.receiver.set(Mood::Busy(120));
    scene.write().await;
    scene.pass(SECOND * 10).await;
    scene.receiver.set(Mood::Takes);
    scene.pass(MINUTE).await;
    assert_eq!(scene.receiver.told(), []);
    scene.told_within(1, MINUTE * 2).await;
}

#[tokio::test]
async fn a_notice_is_given_up_after_its_tries_and_what_follows_is_told() {
    let scene = Scene::new().await;
    let process = scene.start_with(NoticeSettings { tries: 3, ..NoticeSettings::default() });
    scene.receiver.set(Mood::Fails);
    scene.write().await;
    scene.pass(HOUR).await;
    assert_eq!(scene.receiver.tried_at().len(), 3);
    let counts = process.runner.counts();
    assert_eq!((counts.failed, counts.given_up), (3, 1));
    scene.receiver.set(Mood::Takes);
    scene.pass(HOUR).await;
    assert_eq!(scene.receiver.told(), []);
    scene.write().await;
    scene.told_within(1, MINUTE * 2).await;
    assert_eq!(stretch(&scene.receiver.told()[0]), [(scene.bob.user, scene.conversation, 1, 2, 1)]);
}

#[tokio::test]
async fn a_notice_is_given_up_when_it_is_too_old_or_refused_for_good() {
    let scene = Scene::new().await;
    let give_up = NoticeSettings { give_up: MINUTE, ..NoticeSettings::default() };
    let process = scene.start_with(give_up);
    scene.receiver.set(Mood::Fails);
    scene.write().await;
    scene.pass(HOUR).await;
    assert_eq!(process.runner.counts().given_up, 1);
    let tries = scene.receiver.tried_at().len();
    assert!((4..8).contains(&tries), "{tries}");
    scene.receiver.set(Mood::FailsForever);
    scene.write().await;
    scene.pass(HOUR).await;
    assert_eq!(process.runner.counts().given_up, 2);
    assert_eq!(scene.receiver.tried_at().len(), tries + 1);
}

#[tokio::test]
async fn who_is_gone_or_switched_off_is_told_nothing() {
    let scene = Scene::new().await;
    let eve = scene.world.actor("eve").await;
    let with_eve = scene.world.befriend(scene.ada, eve).await;
    let gather = NoticeSettings { gather: MINUTE, ..NoticeSettings::default() };
    let process = scene.start_with(gather);
    scene.write().await;
    scene.send(scene.ada, with_eve).await;
    scene.pass(SECOND * 30).await;
    assert_eq!(process.runner.counts().noted, 2);
    scene.world.store.delete_account(&scene.bob).await.unwrap();
    scene.world.store.set_disabled(eve.user, true).await.unwrap();
    scene.pass(HOUR).await;
    assert_eq!(scene.receiver.told(), []);
    assert_eq!(process.runner.counts().needless, 2);
}

/// A lock store that is down.
struct NoLocks;

#[async_trait]
impl LockStore for NoLocks {
    async fn acquire(&self, _: &str, _: Duration) -> Result<Option<LockLease>, StoreError> {
        Err(StoreError::unavailable("down"))
    }

    async fn renew(&self, _: &LockLease, _: Duration) -> Result<bool, StoreError> {
        Err(StoreError::unavailable("down"))
    }

    async fn release(&self, _: &LockLease) -> Result<(), StoreError> {
        Err(StoreError::unavailable("down"))
    }
}

/// Writes to several people who are away; each is told of their own, once, though two processes serve the channel.
async fn two_processes_tell_each_once(scene: &Scene) {
    let mut expected = BTreeSet::new();
    let mut conversations = Vec::new();
    for name in ["eve", "joe", "kim", "lea", "max", "ned"] {
        let friend = scene.world.actor(name).await;
        conversations.push(scene.world.befriend(scene.ada, friend).await);
        expected.insert(friend.user);
    }
    let processes = [scene.start(), scene.start()];
    for conversation in conversations {
        scene.send(scene.ada, conversation).await;
    }
    scene.pass(MINUTE * 5).await;
    let told = scene.receiver.told();
    let users: BTreeSet<_> = told.iter().map(|notice| notice.user).collect();
    assert_eq!(users, expected);
    assert_eq!(told.len(), expected.len(), "each once");
    let counted: u64 = processes.iter().map(|process| process.runner.counts().told).sum();
    assert_eq!(counted, 6);
}

#[tokio::test]
async fn two_processes_at_once_tell_each_notice_once() {
    two_processes_tell_each_once(&Scene::new().await).await;
}

#[tokio::test]
async fn f06_with_the_locks_down_both_scan_and_each_notice_is_told_once() {
    let scene = Scene::new().await;
    two_processes_tell_each_once(&Scene { locks: Arc::new(NoLocks), ..scene }).await;
}

#[tokio::test]
async fn f01_when_the_process_that_scans_is_killed_another_goes_on() {
    let scene = Scene::new().await;
    let first = scene.start();
    scene.pass(SECOND * 2).await;
    let second = scene.start();
    scene.write().await;
    scene.pass(SECOND * 3).await;
    drop(first);
    // The lock's lease runs out, and the second waits for devices anew.
    scene.told_within(1, SECOND * 22).await;
    assert_eq!(second.runner.counts().noted, 1);
}

#[tokio::test]
async fn more_conversations_than_may_be_watched_wait_their_turn() {
    let scene = Scene::new().await;
    let mut conversations = Vec::new();
    for name in ["eve", "joe", "kim", "lea"] {
        let friend = scene.world.actor(name).await;
        conversations.push(scene.world.befriend(scene.ada, friend).await);
    }
    for conversation in conversations {
        scene.send(scene.ada, conversation).await;
    }
    let narrow = NoticeSettings { watched: 1, page: 1, concurrency: 1, ..NoticeSettings::default() };
    let _process = scene.start_with(narrow);
    scene.told_within(4, MINUTE).await;
}

#[tokio::test]
async fn more_conversations_than_a_notice_tells_of_follow_with_the_next() {
    let scene = Scene::new().await;
    let mut expected = BTreeSet::new();
    for name in ["eve", "joe", "kim"] {
        let friend = scene.world.actor(name).await;
        let conversation = scene.world.befriend(scene.bob, friend).await;
        scene.send(friend, conversation).await;
        expected.insert(conversation);
    }
    let _process = scene.start_with(NoticeSettings { conversations: 2, ..NoticeSettings::default() });
    scene.told_within(2, MINUTE).await;
    let told = scene.receiver.told();
    assert_eq!(
        told.iter().map(|notice| (notice.conversations.len(), notice.more)).collect::<Vec<_>>(),
        [(2, true), (1, false)]
    );
    let conversations: BTreeSet<_> =
        told.iter().flat_map(|notice| &notice.conversations).map(|it| it.conversation).collect();
    assert_eq!(conversations, expected);
}

/// One run of the crash test: a process dies before its `steps`th step, another goes on. Returns what was told and
/// whether the first died.
async fn run_with_crash(steps: usize) -> (Vec<OfflineNotice>, bool) {
    let scene = Scene::new().await;
    let life = Life::of(steps);
    let receiver = Scene::receiver(&scene.world, life.clone());
    let store = Arc::new(Mortal { inner: scene.world.store.clone(), life: life.clone() });
    let ports = NoticePorts { logs: store.clone(), notices: store, ..scene.ports() };
    let first = start(ports, receiver.clone(), NoticeSettings::default());
    scene.write().await;
    scene.pass(SECOND * 3).await;
    scene.write().await;
    scene.pass(SECOND * 12).await;
    drop(first);
    let _second = scene.start();
    scene.pass(MINUTE * 3).await;
    let told = receiver.told().into_iter().chain(scene.receiver.told()).collect();
    (told, life.is_over())
}

#[tokio::test]
async fn f01_a_process_that_dies_at_any_step_loses_no_notice() {
    let mut repeated = 0;
    for steps in 0.. {
        let (told, died) = run_with_crash(steps).await;
        let mut ids = BTreeMap::new();
        let mut reached = 0;
        for notice in &told {
            for (_, _, after, to, count) in stretch(notice) {
                assert!(after <= reached, "steps {steps}: a hole before {after}: {told:?}");
                assert_eq!(count, to - after);
                reached = reached.max(to);
            }
            *ids.entry(notice.id).or_insert(0) += 1;
        }
        assert_eq!(reached, 2, "steps {steps}: {told:?}");
        assert!(ids.values().all(|count| *count <= 2), "steps {steps}: {told:?}");
        repeated += ids.values().filter(|count| **count == 2).count();
        if !died {
            assert!(steps > 20, "only {steps} steps");
            assert!(ids.values().all(|count| *count == 1), "without a crash everything is told once");
            // Where the receiver's answer is lost, the notice comes again under the same id.
            assert!(repeated > 0);
            return;
        }
    }
}

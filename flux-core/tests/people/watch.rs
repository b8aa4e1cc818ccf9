//! The watch of revocations: invariant 10 as far as one process can keep it.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::account::Ended;
use flux_core::session::{
    Actor, Announcer, EndedSession, NewSession, OpenSession, RevocationWatch, Revocations, RotateRefresh,
    Session, SessionEndReason, SessionPolicy, SessionRecord, SessionStore, WatchSettings,
};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{Clock, Secret, SessionId, StoreError, Timestamp, TokenHash, UserId};

use crate::support::{Recorder, World};

/// A table of revocations that another process commits to.
struct Table {
    clock: ManualClock,
    state: Mutex<TableState>,
}

#[derive(Default)]
struct TableState {
    rows: Vec<(Timestamp, EndedSession)>,
    down: bool,
    hangs: bool,
    /// It has begun another epoch.
    over: bool,
    asked: Vec<Option<Timestamp>>,
}

impl Table {
    fn state(&self) -> MutexGuard<'_, TableState> {
        self.state.lock().unwrap()
    }

    fn ended(&self, at: Timestamp, n: u64) -> EndedSession {
        let entropy = SeededEntropy::new(n);
        let session = SessionId::generate(at, &entropy);
        let user = UserId::generate(at, &entropy);
        let ended = EndedSession { user, session, reason: SessionEndReason::Revoked };
        self.state().rows.push((at, ended));
        ended
    }

    fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    fn asked(&self) -> Vec<Option<Timestamp>> {
        std::mem::take(&mut self.state().asked)
    }
}

/// Only the revocations are there.
#[async_trait]
impl SessionStore for Table {
    async fn revocations(&self, since: Option<Timestamp>) -> Result<Revocations, StoreError> {
        if self.state().hangs {
            std::future::pending::<()>().await;
        }
        let mut state = self.state();
        state.asked.push(since);
        if state.over {
            return Err(StoreError::OtherEpoch);
        }
        if state.down {
            return Err(nothing());
        }
        let seen = |(at, _): &&(Timestamp, EndedSession)| since.is_some_and(|since| *at >= since);
        Ok(Revocations {
            ended: state.rows.iter().filter(seen).copied().collect(),
            read_at: self.clock.now(),
        })
    }
    async fn open_session(
        &self,
        _: NewSession,
        _: SessionPolicy,
        _: Option<&Secret>,
    ) -> Result<OpenSession, StoreError> {
        Err(nothing())
    }
    async fn session(&self, _: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        Err(nothing())
    }
    async fn sessions(&self, _: UserId) -> Result<Vec<Session>, StoreError> {
        Err(nothing())
    }
    async fn rotate_refresh(
        &self,
        _: TokenHash,
        _: TokenHash,
        _: Duration,
    ) -> Result<RotateRefresh, StoreError> {
        Err(nothing())
    }
    async fn end_session(&self, _: UserId, _: SessionId, _: SessionEndReason) -> Result<Ended, StoreError> {
        Err(nothing())
    }
    async fn end_sessions(
        &self,
        _: UserId,
        _: Option<SessionId>,
        _: SessionEndReason,
    ) -> Result<Ended, StoreError> {
        Err(nothing())
    }
    async fn expire_sessions(&self, _: Duration, _: usize) -> Result<Ended, StoreError> {
        Err(nothing())
    }
}

fn nothing() -> StoreError {
    StoreError::unavailable("down")
}

struct Watched {
    clock: ManualClock,
    table: Arc<Table>,
    told: Arc<Recorder>,
    watch: Arc<RevocationWatch>,
}

fn watched(settings: WatchSettings) -> Watched {
    let clock = ManualClock::new(Timestamp::from_millis(1_700_000_000_000));
    let table = Arc::new(Table { clock: clock.clone(), state: Mutex::default() });
    let told = Arc::new(Recorder::default());
    let time = Arc::new(clock.clone());
    let watch = Arc::new(RevocationWatch::new(table.clone(), time, told.clone(), settings));
    Watched { clock, table, told, watch }
}

#[tokio::test]
async fn invariant_10_what_another_process_ended_is_found_by_the_next_read_and_told_once() {
    let Watched { clock, table, told, watch } = watched(WatchSettings::default());
    watch.poll_once().await.unwrap();
    for n in 0..20 {
        clock.advance(Duration::from_millis(400));
        let ended = table.ended(clock.now(), n);
        assert!(!watch.is_ended(ended.session));
        watch.poll_once().await.unwrap();
        assert!(watch.is_ended(ended.session));
        assert_eq!(told.take_found(), [ended]);
    }
    assert_eq!(told.take_ended(), []);
}

#[tokio::test]
async fn invariant_10_a_commit_that_comes_late_is_not_missed() {
    let Watched { clock, table, told, watch } = watched(WatchSettings::default());
    watch.poll_once().await.unwrap();
    let began = clock.now();
    for _ in 0..4 {
        clock.advance(Duration::from_millis(400));
        watch.poll_once().await.unwrap();
    }
    clock.advance(Duration::from_millis(400));
    // The longest transaction there may be carries the time of its beginning.
    let ended = table.ended(began, 1);
    assert_eq!(clock.now().since(began), Duration::from_secs(2));
    watch.poll_once().await.unwrap();
    assert_eq!(told.take_found(), [ended]);
}

#[tokio::test]
async fn a_new_process_learns_of_every_session_whose_token_may_still_be_good() {
    let Watched { clock, table, watch, .. } = watched(WatchSettings::default());
    let start = clock.now();
    let old = table.ended(start.minus(Duration::from_mins(20)), 1);
    let recent = table.ended(start.minus(Duration::from_mins(10)), 2);
    assert!(!watch.is_fresh() && !watch.is_complete());
    watch.poll_once().await.unwrap();
    assert!(watch.is_fresh() && watch.is_complete());
    assert!(watch.is_ended(recent.session));
    assert!(!watch.is_ended(old.session));
}

#[tokio::test]
async fn invariant_10_knowledge_is_fresh_for_five_seconds_after_a_read_and_is_made_good_after_an_outage() {
    let Watched { clock, table, told, watch } = watched(WatchSettings::default());
    watch.poll_once().await.unwrap();
    table.set_down(true);
    clock.advance(Duration::from_secs(5));
    assert!(watch.poll_once().await.is_err());
    assert!(watch.is_fresh());
    clock.advance(Duration::from_millis(1));
    assert!(!watch.is_fresh());

    let during = table.ended(clock.now(), 1);
    clock.advance(Duration::from_mins(30));
    table.set_down(false);
    watch.poll_once().await.unwrap();
    assert!(watch.is_fresh());
    assert_eq!(told.take_found(), [during], "the first read after it reaches back to the last one before it");
}

#[tokio::test]
async fn invariant_10_freshness_goes_by_the_monotonic_clock() {
    let Watched { clock, watch, .. } = watched(WatchSettings::default());
    watch.poll_once().await.unwrap();
    clock.set_wall(Timestamp::from_millis(0));
    assert!(watch.is_fresh());
    clock.set_wall(Timestamp::from_millis(i64::MAX / 2));
    assert!(watch.is_fresh());
}

#[tokio::test]
async fn invariant_10_a_read_that_hangs_does_not_count_and_does_not_last() {
    let Watched { clock, table, watch, .. } = watched(WatchSettings::default());
    table.state().hangs = true;
    let poll = watch.poll_once();
    let pass = async {
        while clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        clock.advance(Duration::from_secs(2));
    };
    let (outcome, ()) = tokio::join!(poll, pass);
    assert!(outcome.is_err() && !watch.is_fresh());
}

#[tokio::test]
async fn it_reads_again_and_again_by_itself() {
    let Watched { clock, table, told, watch } = watched(WatchSettings::default());
    let task = tokio::spawn({
        let watch = watch.clone();
        async move { watch.run().await }
    });
    let turn = async || {
        while clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
    };
    for n in 0..5 {
        turn().await;
        let ended = table.ended(clock.now(), n);
        table.set_down(n % 2 == 1);
        clock.advance(Duration::from_millis(400));
        tokio::task::yield_now().await;
        turn().await;
        assert_eq!(watch.is_ended(ended.session), n % 2 == 0, "{n}");
        table.set_down(false);
    }
    task.abort();
    assert!(told.take_found().len() >= 4);
}

#[tokio::test]
async fn what_this_process_ended_is_known_at_once_and_passed_on_with_its_entries() {
    let world = World::new();
    let ann = world.actor("ann").await;
    world.watch.poll_once().await.unwrap();
    world.told.take_entries();
    world.sessions.logout(&ann).await.unwrap();
    assert!(world.watch.is_ended(ann.session));
    assert_eq!(world.told.take_ended().len(), 1);
    assert_eq!(world.told.take_entries().len(), 1);
    world.watch.poll_once().await.unwrap();
    assert_eq!(world.told.take_found(), [], "what was told is not found again");
}

#[tokio::test]
async fn ended_sessions_are_forgotten_when_no_token_can_name_them() {
    let Watched { clock, table, told, watch } = watched(WatchSettings::default());
    watch.poll_once().await.unwrap();
    let ended = table.ended(clock.now(), 1);
    watch.poll_once().await.unwrap();
    told.take_found();
    clock.advance(WatchSettings::default().remember);
    watch.poll_once().await.unwrap();
    assert!(watch.is_ended(ended.session));
    clock.advance(Duration::from_secs(10));
    watch.poll_once().await.unwrap();
    assert!(!watch.is_ended(ended.session));
    assert_eq!(told.take_found(), []);
}

#[tokio::test]
async fn invariant_11_what_is_remembered_is_bounded_and_what_had_to_be_forgotten_is_asked_for() {
    let settings = WatchSettings { capacity: 10, ..WatchSettings::default() };
    let remember = settings.remember;
    let Watched { clock, table, watch, .. } = watched(settings);
    watch.poll_once().await.unwrap();
    let mut ended = Vec::new();
    for n in 0..11 {
        clock.advance(Duration::from_secs(1));
        ended.push(table.ended(clock.now(), n));
        watch.poll_once().await.unwrap();
    }
    assert_eq!(ended.iter().filter(|ended| watch.is_ended(ended.session)).count(), 10);
    assert!(watch.is_fresh(), "connections were told");
    assert!(!watch.is_complete(), "but who asks is looked up");
    clock.advance(Duration::from_secs(5));
    watch.poll_once().await.unwrap();
    clock.advance(remember);
    watch.poll_once().await.unwrap();
    assert!(watch.is_complete());
}

#[tokio::test]
async fn each_read_overlaps_the_last_by_more_than_the_longest_transaction() {
    let Watched { clock, table, watch, .. } = watched(WatchSettings::default());
    watch.poll_once().await.unwrap();
    let first = clock.now();
    table.asked();
    clock.advance(Duration::from_millis(400));
    watch.poll_once().await.unwrap();
    let asked = table.asked();
    let [Some(since)] = asked.as_slice() else { panic!("one read: {asked:?}") };
    assert!(first.since(*since) > flux_core::message::LONGEST_TRANSACTION);
}

#[tokio::test]
async fn a_session_is_told_of_wherever_it_was_heard_from_first() {
    let Watched { clock, table, told, watch } = watched(WatchSettings::default());
    watch.poll_once().await.unwrap();
    let ended = table.ended(clock.now(), 1);
    watch.mark(&[ended]);
    watch.poll_once().await.unwrap();
    assert_eq!(told.take_found(), [], "who marks it tells of it");
    let other = Ended { sessions: vec![ended], entries: Vec::new() };
    watch.ended(&other);
    assert_eq!(told.take_ended(), [ended]);
    let actor = Actor { user: ended.user, session: ended.session, generation: None };
    assert!(watch.is_ended(actor.session));
}

/// Lets everything happen that does not wait for time.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_store_in_another_epoch_is_not_read_again_and_nothing_known_of_the_one_before_is_fresh() {
    let Watched { clock, table, watch, .. } = watched(WatchSettings::default());
    let reading = tokio::spawn({
        let watch = Arc::clone(&watch);
        async move { watch.run().await }
    });
    let noticed = tokio::spawn({
        let watch = Arc::clone(&watch);
        async move { watch.other_epoch().await }
    });
    settle().await;
    // A store that is down is another thing: it comes back.
    table.set_down(true);
    clock.advance(Duration::from_millis(400));
    settle().await;
    assert!(watch.is_fresh() && !watch.is_over() && !noticed.is_finished() && !reading.is_finished());

    table.state().over = true;
    clock.advance(Duration::from_millis(400));
    reading.await.unwrap();
    noticed.await.unwrap();
    assert!(!watch.is_fresh() && !watch.is_complete() && watch.is_over());
    watch.other_epoch().await;
}

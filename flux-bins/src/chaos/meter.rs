//! How long sessions are away, and calls take, by what was being done to the servers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use flux_client::UserId;

/// Times, by fault.
#[derive(Default)]
pub(super) struct Meter {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    fault: &'static str,
    /// Sessions that have had a connection.
    known: BTreeSet<String>,
    away: BTreeMap<String, (Instant, &'static str)>,
    back: BTreeMap<&'static str, Vec<Duration>>,
    calls: BTreeMap<&'static str, Duration>,
    /// Who is away, since when, by what was being done then.
    left: BTreeMap<UserId, (Instant, &'static str)>,
    /// How long it took until a friend was told of it.
    told: BTreeMap<&'static str, Vec<Duration>>,
}

/// What was measured under one fault.
#[derive(Debug, Default, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Figures {
    /// Sessions that lost their connection, and had one again.
    pub(super) sessions: usize,
    /// Half of them were back within so many milliseconds…
    pub(super) p50_ms: u64,
    /// … 95 of a hundred …
    pub(super) p95_ms: u64,
    /// … and all.
    pub(super) max_ms: u64,
    /// Of a hundred sessions, so many were back within 2 s.
    pub(super) within_2_s: usize,
    /// The longest call.
    pub(super) longest_call_ms: u64,
    /// How often somebody was told that a friend had gone, and how long that took at most.
    pub(super) told_gone: usize,
    pub(super) told_gone_max_ms: u64,
}

impl Meter {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is being done from now on.
    pub(super) fn fault(&self, name: &'static str) {
        self.lock().fault = name;
    }

    /// A session has lost its connection.
    pub(super) fn lost(&self, session: &str) {
        let mut inner = self.lock();
        let now = (Instant::now(), inner.fault);
        if !inner.known.contains(session) {
            // It has not been there yet.
            return;
        }
        inner.away.entry(session.to_owned()).or_insert(now);
    }

    /// It has one.
    pub(super) fn back(&self, session: &str) {
        let mut inner = self.lock();
        inner.known.insert(session.to_owned());
        if let Some((since, fault)) = inner.away.remove(session) {
            inner.back.entry(fault).or_default().push(since.elapsed());
        }
    }

    /// It wants none any more.
    pub(super) fn gone(&self, session: &str) {
        self.lock().away.remove(session);
    }

    /// A user is away.
    pub(super) fn left(&self, user: UserId) {
        let mut inner = self.lock();
        let now = (Instant::now(), inner.fault);
        inner.left.insert(user, now);
    }

    /// They are not any more.
    pub(super) fn came(&self, user: UserId) {
        self.lock().left.remove(&user);
    }

    /// A friend was told whether they are there.
    pub(super) fn seen(&self, user: UserId, online: bool) {
        let mut inner = self.lock();
        if let Some((since, fault)) = inner.left.get(&user).copied()
            && !online
        {
            inner.told.entry(fault).or_default().push(since.elapsed());
        }
    }

    /// A call has ended.
    pub(super) fn call(&self, took: Duration) {
        let mut inner = self.lock();
        let fault = inner.fault;
        let longest = inner.calls.entry(fault).or_default();
        *longest = took.max(*longest);
    }

    /// All of it.
    pub(super) fn figures(&self) -> BTreeMap<&'static str, Figures> {
        let inner = self.lock();
        let mut figures: BTreeMap<&'static str, Figures> = BTreeMap::new();
        for (fault, times) in &inner.back {
            let mut times = times.clone();
            times.sort_unstable();
            let at = |percent: usize| millis(times[(times.len() * percent).div_ceil(100).max(1) - 1]);
            let quick = times.iter().filter(|time| **time <= Duration::from_secs(2)).count();
            let entry = figures.entry(fault).or_default();
            entry.sessions = times.len();
            (entry.p50_ms, entry.p95_ms, entry.max_ms) = (at(50), at(95), at(100));
            entry.within_2_s = quick * 100 / times.len();
        }
        for (fault, times) in &inner.told {
            let entry = figures.entry(fault).or_default();
            entry.told_gone = times.len();
            entry.told_gone_max_ms = times.iter().max().copied().map_or(0, millis);
        }
        for (fault, longest) in &inner.calls {
            figures.entry(fault).or_default().longest_call_ms = millis(*longest);
        }
        figures
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_by_the_fault_that_took_the_connection() {
        let meter = Meter::default();
        meter.fault("kill");
        // Its first connection is not one that it had lost.
        meter.lost("a");
        meter.back("a");
        meter.back("b");
        meter.lost("a");
        meter.lost("b");
        meter.call(Duration::from_millis(7));
        meter.fault("calm");
        meter.back("a");
        meter.back("never lost");
        meter.gone("b");
        meter.back("b");
        let figures = meter.figures();
        assert_eq!((figures["kill"].sessions, figures["kill"].within_2_s), (1, 100));
        assert_eq!(figures["kill"].longest_call_ms, 7);
        assert!(!figures.contains_key("calm"));
    }

    #[test]
    fn who_is_told_of_somebody_that_is_away_counts_until_they_come() {
        let meter = Meter::default();
        let (gone, here) = (UserId::from([1; 16]), UserId::from([2; 16]));
        meter.fault("kill");
        meter.seen(gone, false);
        meter.left(gone);
        meter.fault("calm");
        meter.seen(gone, true);
        meter.seen(gone, false);
        meter.seen(here, false);
        meter.came(gone);
        meter.seen(gone, false);
        let figures = meter.figures();
        assert_eq!((figures["kill"].told_gone, figures.len()), (1, 1));
    }

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let meter = Meter::default();
        let times = (1..=100).map(Duration::from_millis).collect();
        meter.lock().back.insert("kill", times);
        let figures = meter.figures();
        let kill = &figures["kill"];
        assert_eq!((kill.p50_ms, kill.p95_ms, kill.max_ms), (50, 95, 100));
    }
}

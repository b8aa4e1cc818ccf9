//! What is switched on, and when it strikes.

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use thiserror::Error;

/// Makes an enum with the name of each of its values in the variable.
macro_rules! named {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $value:ident = $text:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($(#[$doc])* $value,)* }

        impl $name {
            fn named(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$value),)* _ => None }
            }
        }
    };
}

named!(
    /// An instant at which something can be done to the process.
    Point {
        /// The rows are locked, COMMIT is not asked for.
        BeforeCommit = "before-commit",
        /// COMMIT was answered.
        AfterCommit = "after-commit",
        /// A send is answered next.
        BeforeAck = "before-ack",
        /// A message goes to the connections of this process next.
        BeforePush = "before-push",
        /// It waits to be written to them.
        AfterPush = "after-push",
        /// A message goes to another process next.
        BeforePeerPush = "before-peer-push",
        /// The other process took it, or did not.
        AfterPeerPush = "after-peer-push",
    }
);

named!(
    /// A promise that is broken; named after what a checker finds then.
    Planted {
        /// A message reaches nobody, and repair does not see it.
        Lost = "lost",
        /// It is seen by repair alone, and seconds after that should have been.
        Late = "late",
        /// A message is acknowledged and never stored.
        NotDurable = "not-durable",
        /// A message is acknowledged, and stored a moment later.
        HastyAck = "hasty-ack",
        /// A message that is sent again is stored again.
        Doubled = "doubled",
        /// A message is said to be where the one before it is.
        Torn = "torn",
        /// The messages of a batch are stored backwards.
        Reordered = "reordered",
        /// Readers of the log are not given a message in the middle of a page.
        Skipped = "skipped",
        /// A message is followed by one that nobody sent.
        Phantom = "phantom",
        /// Readers of the log are told that everything is from themselves.
        WrongSender = "wrong-sender",
        /// Another text is stored.
        Altered = "altered",
        /// A message goes to everybody who is connected here, members or not.
        NotMember = "not-member",
        /// A session that is ended goes on.
        AfterRevocation = "after-revocation",
        /// Connections that have lost their session go on.
        TwoOwners = "two-owners",
        /// A cursor is told to be where it was.
        CursorBack = "cursor-back",
        /// Who goes is believed to be there.
        PresenceLate = "presence-late",
    }
);

/// What is done to the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Die,
    Stop,
}

/// Which of the times it happens.
#[derive(Debug, Clone, Copy, PartialEq)]
enum When {
    Always,
    /// From 1.
    Nth(u64),
    /// Of a million.
    Chance(u64),
}

#[derive(Debug)]
struct Rule<T> {
    what: T,
    when: When,
    /// How often it could have struck.
    seen: AtomicU64,
    seed: u64,
}

impl<T> Rule<T> {
    /// Whether it strikes this time.
    fn strikes(&self) -> bool {
        let nth = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        match self.when {
            When::Always => true,
            When::Nth(wanted) => nth == wanted,
            When::Chance(of_a_million) => drawn(self.seed.wrapping_add(nth)) % 1_000_000 < of_a_million,
        }
    }
}

/// The number that a seed stands for (SplitMix64), the same in every run.
fn drawn(seed: u64) -> u64 {
    let mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// Everything that is switched on.
#[derive(Debug, Default)]
pub(super) struct Plan {
    points: Vec<Rule<(Point, Action)>>,
    planted: Vec<Rule<Planted>>,
}

impl Plan {
    /// The process is at `point`: does to it what is to be done there.
    pub(super) fn pass(&self, point: Point) {
        for rule in self.points.iter().filter(|rule| rule.what.0 == point) {
            if rule.strikes() {
                let signal = match rule.what.1 {
                    Action::Die => Signal::SIGKILL,
                    Action::Stop => Signal::SIGSTOP,
                };
                // One's own process is there and lets itself be signalled.
                let _ = kill(Pid::this(), signal);
            }
        }
    }

    /// Whether `fault` is switched on at all.
    pub(super) fn has(&self, fault: Planted) -> bool {
        self.planted.iter().any(|rule| rule.what == fault)
    }

    /// Whether `fault` strikes now, where it could.
    pub(super) fn strikes(&self, fault: Planted) -> bool {
        self.planted.iter().filter(|rule| rule.what == fault).any(Rule::strikes)
    }
}

/// What the variable says wrong.
#[derive(Debug, Error)]
#[error("{0:?} is no fault")]
pub(super) struct NoFault(String);

impl FromStr for Plan {
    type Err = NoFault;

    fn from_str(text: &str) -> Result<Self, NoFault> {
        let mut plan = Self::default();
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        let (seeds, faults): (Vec<&str>, Vec<&str>) = items.partition(|item| item.starts_with("seed="));
        let mut seed = 0;
        for item in seeds {
            seed = item["seed=".len()..].parse().map_err(|_| NoFault(item.to_owned()))?;
        }
        for item in faults {
            let no_fault = || NoFault(item.to_owned());
            let (what, when) = when(item).ok_or_else(no_fault)?;
            let seen = AtomicU64::new(0);
            if let Some((point, action)) = what.split_once('=') {
                let action = match action {
                    "die" => Action::Die,
                    "stop" => Action::Stop,
                    _ => return Err(no_fault()),
                };
                let what = (Point::named(point).ok_or_else(no_fault)?, action);
                plan.points.push(Rule { what, when, seen, seed });
            } else {
                let what = Planted::named(what).ok_or_else(no_fault)?;
                plan.planted.push(Rule { what, when, seen, seed });
            }
        }
        Ok(plan)
    }
}

fn when(item: &str) -> Option<(&str, When)> {
    if let Some((what, nth)) = item.split_once('@') {
        let nth = nth.parse().ok().filter(|nth| *nth > 0)?;
        return Some((what, When::Nth(nth)));
    }
    let Some((what, percent)) = item.split_once('%') else { return Some((item, When::Always)) };
    let percent = percent.parse().ok().filter(|percent| (0.0..=100.0).contains(percent))?;
    let of_a_million = std::time::Duration::from_secs_f64(percent).as_micros() / 100;
    Some((what, When::Chance(u64::try_from(of_a_million).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(text: &str, fault: Planted, times: usize) -> Vec<usize> {
        let plan: Plan = text.parse().unwrap();
        (1..=times).filter(|_| plan.strikes(fault)).collect()
    }

    #[test]
    fn a_fault_strikes_at_its_time_alone() {
        assert_eq!(struck("lost@3", Planted::Lost, 9), [3]);
        assert_eq!(struck("lost", Planted::Lost, 3), [1, 2, 3]);
        assert_eq!(struck("lost@1", Planted::Late, 3), [] as [usize; 0]);
    }

    #[test]
    fn the_same_seed_strikes_at_the_same_times() {
        let first = struck("seed=4,torn%10", Planted::Torn, 10_000);
        assert!((800..1_200).contains(&first.len()), "{}", first.len());
        assert_eq!(first, struck("torn%10,seed=4", Planted::Torn, 10_000));
        assert_ne!(first, struck("seed=5,torn%10", Planted::Torn, 10_000));
        assert_eq!(struck("torn%0", Planted::Torn, 1_000), [] as [usize; 0]);
        assert_eq!(struck("torn%100", Planted::Torn, 10).len(), 10);
    }

    #[test]
    fn what_is_no_fault_is_refused() {
        for text in
            ["los", "lost@", "lost@0", "lost%101", "before-ack", "before-ack=eat", "ack=die", "seed=x"]
        {
            assert!(text.parse::<Plan>().is_err(), "{text}");
        }
        let plan: Plan = "seed=1, before-ack=stop%0.5, after-commit=die@137,".parse().unwrap();
        assert_eq!(plan.points[0].when, When::Chance(5_000));
        assert_eq!(plan.points[1].what, (Point::AfterCommit, Action::Die));
    }
}

//! Seeds of the simulation: many that hold, some twice, those that once failed, and faults that have to be found.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use flux_sim::{Options, Outcome, Plant, run, run_with};

/// How many seeds are run: a thousand where the code is optimised, a part of them where it is not.
const SEEDS: u64 = if cfg!(debug_assertions) { 60 } else { 1_000 };

/// Seeds that once failed, with what each of them found.
const FOUND: [(u64, &str); 5] = [
    (
        6,
        "a read of the registry and a drain woke those who waited in an order of chance: the same seed did other things",
    ),
    (
        62,
        "the client did not look at the head of a page that its application read, and the server told it no more",
    ),
    (
        165,
        "a message that failed and was stored all the same was not given up: the server refused all that came after",
    ),
    (
        475,
        "a refusal that never arrived let later sends pass: the refused message was sent again, was allowed now, and came last",
    ),
    (801, "the head in an answer that came too late was not looked at, and the server told it no more"),
];

/// Runs seeds on all cores, and collects what `keep` makes of those that matter.
fn all<T: Send>(seeds: impl Iterator<Item = u64>, keep: impl Fn(u64) -> Option<T> + Sync) -> Vec<T> {
    let seeds: Vec<u64> = seeds.collect();
    let (next, kept) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Ok(place) = usize::try_from(next.fetch_add(1, Ordering::Relaxed))
                    && let Some(seed) = seeds.get(place)
                {
                    if let Some(value) = keep(*seed) {
                        kept.lock().unwrap().push(value);
                    }
                }
            });
        }
    });
    kept.into_inner().unwrap()
}

fn failure(outcome: Outcome) -> Option<String> {
    if outcome.holds() {
        return None;
    }
    let Outcome { seed, report, broken, .. } = outcome;
    Some(format!(
        "seed {seed}: {:?} {broken:?}; see it with: cargo run -p flux-sim -- --seed {seed} --trace",
        report.violations
    ))
}

#[test]
fn many_seeds_hold_what_is_promised() {
    let failures = all(0..SEEDS, |seed| failure(run(seed)));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_same_seed_does_the_same_to_the_last_frame() {
    let differ = all(1_000..1_020, |seed| {
        let (once, again) = (run(seed), run(seed));
        assert!(once.steps > 1_000, "seed {seed} did next to nothing");
        ((once.trace_hash, once.steps) != (again.trace_hash, again.steps)).then_some(seed)
    });
    assert!(differ.is_empty(), "these seeds differ from themselves: {differ:?}");
}

#[test]
fn other_seeds_do_other_things() {
    assert_ne!(run(1).trace_hash, run(2).trace_hash);
}

#[test]
fn seeds_that_once_failed_hold_and_repeat() {
    for (seed, found) in FOUND {
        let (once, again) = (run(seed), run(seed));
        assert_eq!(once.trace_hash, again.trace_hash, "seed {seed}: {found}");
        assert_eq!(failure(once), None, "seed {seed}: {found}");
    }
}

/// How many seeds it takes until a planted fault is found.
fn found_after(plant: Plant) -> Option<u64> {
    let options = Options { plant: Some(plant), ..Options::default() };
    (0..20).find(|seed| !run_with(*seed, options).holds())
}

#[test]
fn a_store_that_acknowledges_what_it_has_not_stored_is_found() {
    assert!(found_after(Plant::ForgetfulStore).is_some());
}

#[test]
fn a_store_that_writes_another_text_is_found() {
    assert!(found_after(Plant::GarblingStore).is_some());
}

#[test]
fn nodes_that_neither_reach_each_other_nor_repair_are_found() {
    assert!(found_after(Plant::NoRepair).is_some());
}

//! Runs seeds of the simulation, on all cores.

use std::ops::Range;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Parser;
use flux_sim::{Options, Outcome, run, run_with};

/// Runs Flux on simulated time, a world for each seed, and says which seeds find what must never happen.
#[derive(Parser)]
struct Arguments {
    /// Seeds to run: from the first to before the second.
    #[arg(long, value_parser = range, default_value = "0..1000")]
    seeds: Range<u64>,
    /// One seed only.
    #[arg(long)]
    seed: Option<u64>,
    /// Prints every step of that one.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// How many seeds to run at once; as many as there are cores if not given.
    #[arg(long)]
    threads: Option<usize>,
}

fn range(text: &str) -> Result<Range<u64>, String> {
    let (first, end) = text.split_once("..").ok_or("two numbers with .. between")?;
    let number = |text: &str| text.parse::<u64>().map_err(|error| error.to_string());
    Ok(number(first)?..number(end)?)
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(seed) = arguments.seed {
        let outcome = run_with(seed, Options { trace: arguments.trace, ..Options::default() });
        outcome.lines.iter().for_each(|line| println!("{line}"));
        println!("{}", told(&outcome));
        return if outcome.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let Range { start, end } = arguments.seeds;
    let threads = arguments.threads.or_else(|| Some(std::thread::available_parallelism().ok()?.get()));
    let (next, failed) = (AtomicU64::new(start), Mutex::new(Vec::new()));
    let (acknowledged, steps) = (AtomicU64::new(0), AtomicU64::new(0));
    let began = Instant::now();
    let shown = Mutex::new(began);
    std::thread::scope(|scope| {
        for _ in 0..threads.unwrap_or(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    let outcome = run(seed);
                    acknowledged.fetch_add(outcome.report.counts.acknowledged, Ordering::Relaxed);
                    steps.fetch_add(outcome.steps, Ordering::Relaxed);
                    if !outcome.holds() {
                        println!("{}", told(&outcome));
                        failed.lock().unwrap_or_else(PoisonError::into_inner).push(seed);
                    }
                    let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
                    if shown.elapsed() > Duration::from_secs(10) {
                        *shown = Instant::now();
                        let done = seed - start;
                        println!("{done} seeds, {:.1} each second", per_second(done, began));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.sort_unstable();
    println!(
        "{} seeds in {:.1} s ({:.1} each second), {} messages acknowledged, {} steps; {} failed {failed:?}",
        end.saturating_sub(start),
        began.elapsed().as_secs_f64(),
        per_second(end.saturating_sub(start), began),
        acknowledged.into_inner(),
        steps.into_inner(),
        failed.len(),
    );
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::cast_precision_loss, reason = "nobody runs 2^52 seeds")]
fn per_second(seeds: u64, since: Instant) -> f64 {
    seeds as f64 / since.elapsed().as_secs_f64()
}

fn told(outcome: &Outcome) -> String {
    use std::fmt::Write as _;
    let Outcome { seed, trace_hash, report, broken, .. } = outcome;
    let mut text =
        format!("seed {seed}: trace {trace_hash:016x}, {} steps, {:?}", outcome.steps, report.counts);
    if !outcome.holds() {
        let _ = write!(text, "\n  FAILED; see it with: flux-sim --seed {seed} --trace");
    }
    for violation in report.violations.iter().take(5) {
        let _ = write!(
            text,
            "\n  {:?}: {} {}, events {:?}",
            violation.kind, violation.kind, violation.about, violation.witness
        );
    }
    for promise in broken {
        let _ = write!(text, "\n  {promise}");
    }
    text
}

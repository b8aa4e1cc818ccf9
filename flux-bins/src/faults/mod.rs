//! Faults that tests switch on in real processes, with the variable `FLUX_FAULTS`: a process that ends or stands still
//! at a chosen instant, and one that breaks what it promises, so that a checker can show that it sees it.
//!
//! It exists with the feature `faults` alone, which no release has. The variable holds a list, such as
//! `seed=7,after-commit=die@137,before-ack=stop%0.5,lost@3`:
//!
//! - `POINT=die` and `POINT=stop` end the process by SIGKILL, or let it stand still by SIGSTOP until somebody else wakes
//!   it. The points are `before-commit`, `after-commit`, `before-ack`, `before-push`, `after-push`, `before-peer-push` and
//!   `after-peer-push`.
//! - The names of [planted](Planted) faults are those of the checker's findings.
//! - Each can end in `@N`, the N-th time alone, or `%P`, each time with a chance of P in a hundred, drawn from the seed;
//!   else it is every time.
//!
//! Why not the crate `fail`: it neither ends nor stops a process, and has no seed, and all that is left of it then is a
//! registry of closures.

mod directory;
mod peers;
mod plan;
mod pretend;
mod store;

use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use flux_core::Ports;
use flux_core::faults::Instant;

use self::directory::FaultyDirectory;
use self::peers::FaultyPeers;
use self::plan::{Plan, Planted, Point};
use self::store::FaultyStore;
use crate::failure::Failure;

/// What switches faults on.
pub(crate) const VARIABLE: &str = "FLUX_FAULTS";

static PLAN: OnceLock<Arc<Plan>> = OnceLock::new();

/// Reads the variable and, if it is set, says so where nobody can miss it.
///
/// # Errors
/// If it says what there is not.
pub(crate) fn switch_on() -> Result<(), Failure> {
    let Some(text) = std::env::var_os(VARIABLE) else { return Ok(()) };
    let text = text.to_string_lossy();
    let plan = text.parse::<Plan>().map_err(|error| Failure::new(format!("{VARIABLE}: {error}")))?;
    // If standard error is gone, a test has ended.
    let _ = writeln!(
        std::io::stderr().lock(),
        "flux: FAULTS ARE SWITCHED ON ({VARIABLE}={text}). THIS PROCESS BREAKS ITS PROMISES. IT IS FOR TESTS ALONE."
    );
    let plan = PLAN.get_or_init(|| Arc::new(plan));
    let points = Arc::clone(plan);
    flux_core::faults::listen(move |instant| {
        if let Some(point) = point(instant) {
            points.pass(point);
        }
    });
    Ok(())
}

fn point(instant: Instant) -> Option<Point> {
    match instant {
        Instant::BeforeCommit => Some(Point::BeforeCommit),
        Instant::AfterCommit => Some(Point::AfterCommit),
        Instant::BeforeAck => Some(Point::BeforeAck),
        Instant::BeforePush => Some(Point::BeforePush),
        Instant::AfterPush => Some(Point::AfterPush),
        _ => None,
    }
}

/// The same ports, which do wrong what they are told to; if nothing is switched on, they are as they were.
pub(crate) fn plant(ports: Ports) -> Ports {
    let Some(plan) = PLAN.get() else { return ports };
    Ports {
        durable: Arc::new(FaultyStore::new(ports.durable, Arc::clone(plan))),
        directory: Arc::new(FaultyDirectory::new(ports.directory, Arc::clone(plan))),
        peers: Arc::new(FaultyPeers::new(ports.peers, Arc::clone(plan))),
        ..ports
    }
}

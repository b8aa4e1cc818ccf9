//! What happened, as one number: two runs that differ anywhere differ in it.

use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

const PRIME: u64 = 0x0000_0100_0000_01B3;
const BASIS: u64 = 0xCBF2_9CE4_8422_2325;

/// Takes in every frame, call of a store, event and fault, in the order in which they happen, with its time.
#[derive(Debug)]
pub(crate) struct Trace {
    origin: Instant,
    state: Mutex<State>,
    /// Whether each step is kept as a line.
    keeps: bool,
}

#[derive(Debug)]
struct State {
    hash: u64,
    steps: u64,
    lines: Vec<String>,
}

impl Trace {
    pub(crate) fn new(origin: Instant, keeps: bool) -> Self {
        Self { origin, state: Mutex::new(State { hash: BASIS, steps: 0, lines: Vec::new() }), keeps }
    }

    /// A step: what it is, of which part (numbers that say so), and the bytes that it is about.
    pub(crate) fn step(&self, what: &str, of: &[u64], bytes: &[u8]) {
        let at = self.micros();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hash = state.hash;
        let mut take = |word: u64| hash = (hash ^ word).wrapping_mul(PRIME).rotate_left(23);
        take(at);
        what.bytes().for_each(|byte| take(u64::from(byte)));
        of.iter().copied().for_each(&mut take);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            take(u64::from_le_bytes(*word));
        }
        for byte in rest {
            take(u64::from(*byte));
        }
        state.hash = hash;
        state.steps += 1;
        if self.keeps {
            let line = format!("{} {what} {of:?} {} bytes", seconds(at), bytes.len());
            state.lines.push(line);
        }
    }

    /// A remark for whoever reads the trace.
    pub(crate) fn note(&self, what: impl FnOnce() -> String) {
        if self.keeps {
            let line = format!("{} {}", seconds(self.micros()), what());
            self.state.lock().unwrap_or_else(PoisonError::into_inner).lines.push(line);
        }
    }

    /// A remark about a value.
    pub(crate) fn value(&self, what: &str, value: &impl Debug) {
        self.note(|| format!("{what} {value:?}"));
    }

    /// Microseconds since the beginning.
    pub(crate) fn micros(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// The number, how many steps went into it, and the lines if they were kept.
    pub(crate) fn finish(&self) -> (u64, u64, Vec<String>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.hash, state.steps, std::mem::take(&mut state.lines))
    }
}

/// Microseconds as lines begin with them.
fn seconds(micros: u64) -> String {
    format!("{:>5}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

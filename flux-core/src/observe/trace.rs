//! What belongs together, across tasks and nodes: W3C Trace Context, without anything that exports it.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use thiserror::Error;

use crate::entropy::{self, Entropy};

/// Names a trace: 16 bytes, not all zero, written in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(u128);

/// Names a span of a trace: 8 bytes, not all zero, written in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(u64);

impl TraceId {
    /// As a number, its first byte the most significant one.
    pub const fn get(self) -> u128 {
        self.0
    }
}

impl SpanId {
    /// As a number, its first byte the most significant one.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Where a piece of work stands in a trace. Its text is a `traceparent` of W3C Trace Context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace.
    pub trace: TraceId,
    /// The span that the work is, and that what comes of it has as its parent.
    pub span: SpanId,
    /// Whether the trace is one of those that are recorded.
    pub sampled: bool,
}

/// What is no `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a traceparent")]
pub struct InvalidTraceContext;

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

impl FromStr for TraceContext {
    type Err = InvalidTraceContext;

    fn from_str(text: &str) -> Result<Self, InvalidTraceContext> {
        let mut parts = text.split('-');
        let mut part = |length| parts.next().and_then(|part| hex(part, length)).ok_or(InvalidTraceContext);
        let (version, trace, span, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        // A later version may have more parts; this one has not.
        if version == 0xff || (version == 0 && parts.next().is_some()) || trace == 0 || span == 0 {
            return Err(InvalidTraceContext);
        }
        let span = u64::try_from(span).map_err(|_| InvalidTraceContext)?;
        Ok(Self { trace: TraceId(trace), span: SpanId(span), sampled: flags & 1 == 1 })
    }
}

/// Lower-case hexadecimal of exactly this length.
fn hex(text: &str, length: usize) -> Option<u128> {
    let digits = text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if digits { u128::from_str_radix(text, 16).ok() } else { None }
}

tokio::task_local! {
    static CURRENT: TraceContext;
}

/// Where the work that asks stands; `None` outside of any [`scope`].
pub fn current() -> Option<TraceContext> {
    CURRENT.try_with(|context| *context).ok()
}

/// Does `work` at this place of a trace. Tasks that it spawns are outside again.
pub async fn scope<T>(context: TraceContext, work: impl Future<Output = T>) -> T {
    CURRENT.scope(context, work).await
}

/// Does `work`, which does not wait, at this place of a trace, or where the caller stands.
pub fn in_scope<T>(context: Option<TraceContext>, work: impl FnOnce() -> T) -> T {
    match context {
        Some(context) => CURRENT.sync_scope(context, work),
        None => work(),
    }
}

/// Which traces are recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TraceSettings {
    /// This fraction of them, from 0 (the default) to 1. What is recorded is logged from level `info` on, and exported
    /// where the program exports traces. The others have ids too, which stand in the log from level `debug` on.
    pub sample: f64,
}

/// Begins traces and spans. A new id takes a few additions and multiplications: nothing is asked of the system.
#[derive(Debug)]
pub struct Tracer {
    seeds: [u64; 3],
    next: AtomicU64,
    /// Traces whose lower half is below this are recorded.
    below: u128,
}

impl Tracer {
    /// Seeded by chance, so that the ids of two processes differ.
    pub fn new(settings: TraceSettings, entropy: &dyn Entropy) -> Self {
        let seed = || u64::from_le_bytes(entropy::bytes(entropy));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 2^64")]
        let below = (settings.sample.clamp(0.0, 1.0) * 2_f64.powi(64)) as u128;
        Self { seeds: [seed(), seed(), seed()], next: AtomicU64::new(0), below }
    }

    /// The beginning of a trace.
    pub fn root(&self) -> TraceContext {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let trace = (u128::from(self.mix(0, turn)) << 64) | u128::from(self.mix(1, turn));
        self.decided(TraceId(trace.max(1)), SpanId(self.mix(2, turn).max(1)))
    }

    /// A span within the trace of `parent`, recorded if that is.
    pub fn child(&self, parent: TraceContext) -> TraceContext {
        TraceContext { span: self.span(), ..parent }
    }

    /// A span within the trace of a stranger. Whether it is recorded is our choice, by the id of the trace: else
    /// whoever asks could have everything recorded.
    pub fn child_of_stranger(&self, parent: TraceContext) -> TraceContext {
        self.decided(parent.trace, self.span())
    }

    fn span(&self) -> SpanId {
        SpanId(self.mix(2, self.next.fetch_add(1, Ordering::Relaxed)).max(1))
    }

    fn decided(&self, trace: TraceId, span: SpanId) -> TraceContext {
        let sampled = (trace.0 & u128::from(u64::MAX)) < self.below;
        TraceContext { trace, span, sampled }
    }

    /// SplitMix64: as different as chance, and never the same twice.
    fn mix(&self, seed: usize, turn: u64) -> u64 {
        let mut z = self.seeds[seed].wrapping_add(turn.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[derive(Debug)]
    struct Same(u8);

    impl Entropy for Same {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    fn tracer(sample: f64) -> Tracer {
        Tracer::new(TraceSettings { sample }, &Same(7))
    }

    #[test]
    fn a_traceparent_is_read_as_it_was_written() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context: TraceContext = text.parse().unwrap();
        assert!(context.sampled);
        assert_eq!(context.to_string(), text);
        let later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02-what-comes";
        assert!(!later.parse::<TraceContext>().unwrap().sampled);
    }

    #[test]
    fn what_is_no_traceparent_is_refused() {
        for text in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b70-01",
        ] {
            assert_eq!(text.parse::<TraceContext>(), Err(InvalidTraceContext), "{text}");
        }
    }

    #[test]
    fn ids_differ_and_spans_keep_their_trace() {
        let tracer = tracer(0.0);
        let roots: Vec<_> = (0..1_000).map(|_| tracer.root()).collect();
        assert_eq!(roots.iter().map(|root| root.trace).collect::<BTreeSet<_>>().len(), 1_000);
        let child = tracer.child(roots[0]);
        assert_eq!(child.trace, roots[0].trace);
        assert!(roots.iter().all(|root| root.span != child.span));
    }

    #[test]
    fn so_many_are_sampled_as_was_asked_for() {
        let sampled = |tracer: Tracer| (0..10_000).filter(|_| tracer.root().sampled).count();
        assert_eq!(sampled(tracer(0.0)), 0);
        assert_eq!(sampled(tracer(1.0)), 10_000);
        assert!((800..1_200).contains(&sampled(tracer(0.1))));
    }

    #[test]
    fn a_stranger_does_not_decide_what_is_recorded() {
        let asked: TraceContext = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap();
        assert!(!tracer(0.0).child_of_stranger(asked).sampled);
        let unasked = TraceContext { sampled: false, ..asked };
        assert!(tracer(1.0).child_of_stranger(unasked).sampled);
    }

    #[tokio::test]
    async fn work_knows_its_trace_and_what_it_spawns_does_not() {
        assert_eq!(current(), None);
        let context = tracer(1.0).root();
        let inside = scope(context, async {
            let spawned = tokio::spawn(async { current() }).await.unwrap();
            (current(), spawned)
        });
        assert_eq!(inside.await, (Some(context), None));
        assert_eq!(in_scope(Some(context), current), Some(context));
        assert_eq!(in_scope(None, current), None);
    }
}

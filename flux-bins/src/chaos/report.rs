//! What came of a run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use flux_history::Report;
use serde::Serialize;

use super::args::Args;
use super::check;
use super::meter::Figures;
use crate::cli::invocation;
use crate::failure::Failure;
use crate::terminal::Out;

/// All that is told at the end.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    pub(super) seed: u64,
    pub(super) shape: String,
    /// How often each was done.
    pub(super) faults: BTreeMap<&'static str, u64>,
    /// By fault: how long sessions were away, and the longest call.
    pub(super) figures: BTreeMap<&'static str, Figures>,
    /// What did not come to an end.
    pub(super) open: Vec<String>,
    pub(super) seconds: u64,
    /// Where it is, if it was kept.
    pub(super) history: Option<PathBuf>,
    pub(super) report: Report,
}

impl Outcome {
    /// Whether nothing is wrong.
    pub(super) fn is_clean(&self) -> bool {
        self.report.is_clean() && self.open.is_empty()
    }

    /// Tells it, for people or for programs.
    pub(super) fn tell(&self, args: &Args) -> Result<(), Failure> {
        let out = Out::new();
        if args.json {
            return Ok(out.line(format_args!("{}", serde_json::to_string_pretty(self)?))?);
        }
        let faults: Vec<_> = self.faults.iter().map(|(name, count)| format!("{name} {count}")).collect();
        out.line(format_args!("seed {}, {}, {} s", self.seed, self.shape, self.seconds))?;
        out.line(format_args!(
            "faults: {}",
            if faults.is_empty() { "none".into() } else { faults.join(", ") }
        ))?;
        for (fault, figures) in &self.figures {
            let Figures { sessions, p50_ms, p95_ms, max_ms, within_2_s, longest_call_ms } = figures;
            let back = if *sessions == 0 {
                "no session lost its connection".to_owned()
            } else {
                format!(
                    "{sessions} sessions back: p50 {p50_ms} ms, p95 {p95_ms} ms, max {max_ms} ms, {within_2_s} % in 2 s"
                )
            };
            out.line(format_args!("  {fault:<20} {back}; longest call {longest_call_ms} ms"))?;
        }
        for open in &self.open {
            out.line(format_args!("not done in time: {open}"))?;
        }
        let lines = match &self.history {
            Some(path) => check::witnesses_in(path, &self.report.violations)?,
            None => BTreeMap::new(),
        };
        check::show(out, &self.report, &lines, Duration::from_secs(self.seconds))?;
        if let Some(path) = &self.history {
            out.line(format_args!("history: {}", path.display()))?;
        }
        let shape = args.chat.map_or("--up".to_owned(), |chats| format!("--chat {chats}"));
        Ok(out.line(format_args!(
            "again: {} chaos --seed {} {shape} --clients {} --faults {} --longest {}",
            invocation(),
            self.seed,
            args.clients,
            args.faults,
            args.longest
        ))?)
    }
}

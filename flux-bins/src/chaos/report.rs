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
    /// What clients noticed by themselves: a server that never loses anything gives no cause.
    pub(super) alarms: Vec<String>,
    pub(super) seconds: u64,
    /// Where it is, if it was kept.
    pub(super) history: Option<PathBuf>,
    pub(super) report: Report,
}

impl Outcome {
    /// Whether nothing is wrong.
    pub(super) fn is_clean(&self) -> bool {
        self.report.is_clean() && self.open.is_empty() && self.alarms.is_empty()
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
            let Figures { sessions, p50_ms, p95_ms, max_ms, within_2_s, longest_call_ms, .. } = figures;
            let told = match figures.told_gone {
                0 => String::new(),
                count => format!(
                    "; told {count} times that a friend had gone: max {} ms",
                    figures.told_gone_max_ms
                ),
            };
            let back = if *sessions == 0 {
                "no session lost its connection".to_owned()
            } else {
                // Where one process is all there is, nobody can be back before it is.
                let quick = match args.chat {
                    Some(2..) => format!(", {within_2_s} % in 2 s"),
                    _ => String::new(),
                };
                format!("{sessions} sessions back: p50 {p50_ms} ms, p95 {p95_ms} ms, max {max_ms} ms{quick}")
            };
            out.line(format_args!("  {fault:<20} {back}; longest call {longest_call_ms} ms{told}"))?;
        }
        for open in &self.open {
            out.line(format_args!("not done in time: {open}"))?;
        }
        for alarm in &self.alarms {
            out.line(format_args!("a client's alarm: {alarm}"))?;
        }
        let lines = match &self.history {
            Some(path) => check::witnesses_in(path, &self.report.violations)?,
            None => BTreeMap::new(),
        };
        check::show(out, &self.report, &lines, Duration::from_secs(self.seconds))?;
        if let Some(path) = &self.history {
            out.line(format_args!("history: {}", path.display()))?;
        }
        Ok(out.line(format_args!("again: {} {}", invocation(), args.again(self.seed)))?)
    }
}

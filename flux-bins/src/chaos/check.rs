//! `flux chaos check`: what a history shows.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;
use flux_history::{Checker, Counts, Limits, Reader, Report, Violation};

use crate::failure::Failure;
use crate::terminal::{Out, Tone};

/// How many violations are shown with what they were seen in.
const SHOWN: usize = 10;
/// How much of an event is shown.
const EVENT_COLUMNS: usize = 240;

/// Looks in a recorded history for what must never happen.
///
/// A history is a file with a line of JSON for each thing that a client did or saw; docs/guarantees.md has the format.
/// Whatever writes such a file can be checked, this server or another. Ends with an error if anything was found.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// The history; `-` reads from standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The verdict as JSON.
    #[arg(long)]
    json: bool,
    /// Seconds from an acknowledgement until every connected member has the message.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    delivery: u64,
    /// Seconds from the end of a session until it is told nothing more.
    #[arg(long, value_name = "SECONDS", default_value_t = 1)]
    revocation: u64,
    /// Seconds from the end of somebody's last connection until watchers know.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    presence: u64,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let limits = Limits {
        delivery: Duration::from_secs(args.delivery),
        revocation: Duration::from_secs(args.revocation),
        presence: Duration::from_secs(args.presence),
    };
    let began = Instant::now();
    let report = if args.file == Path::new("-") {
        check(std::io::stdin().lock(), limits)?
    } else {
        check(open(&args.file)?, limits)?
    };
    let out = Out::new();
    if args.json {
        out.line(format_args!("{}", serde_json::to_string_pretty(&report)?))?;
    } else {
        let lines = if args.file == Path::new("-") {
            BTreeMap::new()
        } else {
            witnesses(open(&args.file)?, &report.violations)?
        };
        show(out, &report, &lines, began.elapsed())?;
    }
    if report.is_clean() { Ok(()) } else { Err(Failure::new(format!("{} violations", report.found))) }
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| Failure::new(format!("{} cannot be read: {error}", path.display())))
}

fn check(history: impl Read, limits: Limits) -> Result<Report, Failure> {
    let mut checker = Checker::new(limits);
    let mut reader = Reader::new(history);
    while let Some((_, event)) = reader.read()? {
        checker.see(&event);
    }
    Ok(checker.finish())
}

/// The lines of the history at `path` that show what is shown.
pub(super) fn witnesses_in(path: &Path, violations: &[Violation]) -> Result<BTreeMap<u64, String>, Failure> {
    witnesses(open(path)?, violations)
}

/// The lines of the history that show what is shown.
fn witnesses(history: impl Read, violations: &[Violation]) -> Result<BTreeMap<u64, String>, Failure> {
    let shown = violations.iter().take(SHOWN);
    let mut wanted: BTreeMap<u64, String> =
        shown.flat_map(|violation| &violation.witness).map(|line| (*line, String::new())).collect();
    let Some(last) = wanted.keys().next_back().copied() else { return Ok(wanted) };
    for (number, line) in (1..=last).zip(BufReader::new(history).lines()) {
        if let Some(text) = wanted.get_mut(&number) {
            *text = line?;
        }
    }
    Ok(wanted)
}

/// The verdict for people.
pub(super) fn show(
    out: Out,
    report: &Report,
    lines: &BTreeMap<u64, String>,
    took: Duration,
) -> Result<(), Failure> {
    let Counts {
        events,
        sends,
        acknowledged,
        failed,
        unknown,
        given,
        readings,
        revocations,
        connections,
        ..
    } = report.counts;
    out.line(format_args!(
        "{events} events: {sends} sends ({acknowledged} acknowledged, {failed} refused, {unknown} unknown), {given} \
         messages given, {connections} connections, {revocations} sessions ended, {readings} full readings"
    ))?;
    for violation in report.violations.iter().take(SHOWN) {
        let kind = out.paint.tone(Tone::Bad, violation.kind);
        out.line(format_args!("{kind}: {}", violation.about))?;
        for number in &violation.witness {
            let text = lines.get(number).map_or("", String::as_str);
            let text = crate::terminal::layout::cut(&crate::terminal::clean::line(text), EVENT_COLUMNS);
            out.line(format_args!("  {number:>9}  {text}"))?;
        }
    }
    let more = report.found.saturating_sub(SHOWN as u64);
    if more > 0 {
        out.line(format_args!("and {more} more"))?;
    }
    let verdict = if report.is_clean() {
        out.paint.tone(Tone::Good, "no violation".to_owned())
    } else {
        out.paint.tone(Tone::Bad, format!("{} violations", report.found))
    };
    out.line(format_args!("{verdict} (checked in {:.1} s)", took.as_secs_f64()))?;
    Ok(())
}

//! Where a conversation is seen: a terminal, on which the status of a message changes where it stands, or a pipe, which
//! gets a line for every change.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use flux_client::MessageId;

use super::input::{Printer, size};
use crate::terminal::clock::Zone;
use crate::terminal::layout::{cut, left, right, width, wrap};
use crate::terminal::{Paint, Tone, clean};

/// What became of a message of one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// Waits here until the server has it.
    Queued,
    /// The server has it.
    Stored,
    /// A device of theirs has it.
    Delivered,
    /// They have seen it.
    Read,
    /// The server will not have it.
    Failed,
}

impl Mark {
    const fn sign(self) -> &'static str {
        match self {
            Self::Queued => "…",
            Self::Stored => "✓",
            Self::Delivered | Self::Read => "✓✓",
            Self::Failed => "✗",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Stored => "stored",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }

    const fn tone(self) -> Tone {
        match self {
            Self::Queued | Self::Stored => Tone::Dim,
            Self::Delivered => Tone::Accent,
            Self::Read => Tone::Good,
            Self::Failed => Tone::Bad,
        }
    }
}

/// One message to be shown.
#[derive(Debug)]
pub(crate) struct Line<'l> {
    /// When it was stored, or now.
    pub(crate) at_ms: i64,
    /// Who wrote it, as the reader calls them.
    pub(crate) name: &'l str,
    /// What colour the name has.
    pub(crate) tone: Tone,
    /// As it was sent.
    pub(crate) text: &'l str,
    /// For a message of one's own.
    pub(crate) own: Option<(MessageId, Mark)>,
}

/// Where a conversation is seen.
pub(crate) enum Screen {
    /// By a person.
    Terminal(Box<Terminal>),
    /// By a program.
    Plain,
}

impl Screen {
    /// With colours where there is a terminal.
    pub(crate) fn paint(&self) -> Paint {
        match self {
            Self::Terminal(terminal) => terminal.paint,
            Self::Plain => Paint::plain(),
        }
    }

    /// Says something that is no message; `text` is ours or has been cleaned, and may be painted.
    pub(crate) fn say(&mut self, text: &str) -> io::Result<()> {
        match self {
            Self::Terminal(terminal) => terminal.say(text),
            Self::Plain => plain(text),
        }
    }

    /// Shows a message.
    pub(crate) fn message(&mut self, line: &Line<'_>) -> io::Result<()> {
        match self {
            Self::Terminal(terminal) => terminal.message(line),
            Self::Plain => {
                let text = clean::line(line.text);
                match line.own {
                    Some((_, mark)) => plain(&format!("[{}] {text}", mark.word())),
                    None => plain(&format!("{}: {text}", line.name)),
                }
            }
        }
    }

    /// Shows what became of a message of one's own.
    pub(crate) fn mark(&mut self, message: MessageId, mark: Mark, text: &str) -> io::Result<()> {
        match self {
            Self::Terminal(terminal) => terminal.mark(message, mark, text),
            Self::Plain => plain(&format!("[{}] {}", mark.word(), clean::line(text))),
        }
    }

    /// A line was typed at a prompt, which has ended `at` that moment: it is taken off the screen, for what it says is
    /// shown in its own way.
    pub(crate) fn typed(&mut self, prompt: &str, line: &str, at: Instant) -> io::Result<()> {
        match self {
            Self::Terminal(terminal) => terminal.typed(prompt, line, at),
            Self::Plain => Ok(()),
        }
    }
}

fn plain(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// A terminal. All that is printed goes through here, so that it is known on which row each message stands.
pub(crate) struct Terminal {
    printer: Printer,
    size: fn() -> Option<(usize, usize)>,
    paint: Paint,
    zone: Zone,
    columns: usize,
    rows: usize,
    /// Rows printed so far.
    printed: usize,
    /// On which of them the messages stand whose mark may change.
    marked: BTreeMap<MessageId, usize>,
    /// Those whose row is not known any more.
    lost: BTreeSet<MessageId>,
    last_print: Option<Instant>,
    /// Until when nobody knows on which row is printed.
    in_doubt: Option<Instant>,
}

/// What is printed while the return key goes down comes above or below the typed line: nobody can tell.
const IN_DOUBT: Duration = Duration::from_millis(100);

/// Rows that the prompt and what is being typed may take at the lower end.
const PROMPT_ROWS: usize = 6;

/// The widths of the columns that stand before a text.
struct Columns {
    /// From the left: the time, five columns and a space, then the mark.
    mark: usize,
    name: usize,
}

impl Columns {
    fn of(columns: usize) -> Self {
        if columns >= 70 { Self { mark: 12, name: 12 } } else { Self { mark: 4, name: 8 } }
    }

    /// Up to where the text begins.
    fn all(&self) -> usize {
        6 + self.mark + 1 + self.name + 3
    }
}

impl Terminal {
    /// Prints through `printer`; times are those of `zone`.
    pub(crate) fn new(printer: Printer, paint: Paint, zone: Zone) -> Self {
        Self::with_size(printer, paint, zone, size)
    }

    fn with_size(printer: Printer, paint: Paint, zone: Zone, size: fn() -> Option<(usize, usize)>) -> Self {
        let (columns, rows) = size().unwrap_or((80, 24));
        Self {
            printer,
            size,
            paint,
            zone,
            columns,
            rows,
            printed: 0,
            marked: BTreeMap::new(),
            lost: BTreeSet::new(),
            last_print: None,
            in_doubt: None,
        }
    }

    fn print(&mut self, text: String) -> io::Result<()> {
        self.last_print = Some(Instant::now());
        (self.printer)(text)
    }

    fn rows(&mut self, rows: &[String]) -> io::Result<()> {
        self.printed += rows.len();
        self.print(rows.iter().fold(String::new(), |text, row| text + row + "\n"))
    }

    /// Where messages stand is not known any more; what becomes of them is told below.
    fn lose_rows(&mut self) {
        self.lost.extend(std::mem::take(&mut self.marked).into_keys());
    }

    /// On another width the terminal may have moved every row.
    fn measure(&mut self) {
        let (columns, rows) = (self.size)().unwrap_or((80, 24));
        if columns != self.columns {
            self.lose_rows();
        }
        (self.columns, self.rows) = (columns, rows);
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        self.measure();
        // Painted text has a width that is not known here; if the terminal breaks it, rows are no longer known either.
        let rows: Vec<String> = text.lines().map(str::to_owned).collect();
        if rows.iter().any(|row| width(&unpainted(row)) >= self.columns) {
            self.lose_rows();
        }
        self.rows(&rows)
    }

    fn message(&mut self, line: &Line<'_>) -> io::Result<()> {
        self.measure();
        let columns = Columns::of(self.columns);
        let paint = self.paint;
        let room = self.columns.saturating_sub(columns.all() + 1);
        let texts = clean::lines(line.text).into_iter().flat_map(|text| wrap(&text, room));
        let mark =
            line.own.map_or_else(|| " ".repeat(columns.mark), |(_, mark)| self.marked_as(mark, &columns));
        let name = paint.tone(line.tone, right(line.name, columns.name)).to_string();
        let bar = paint.tone(Tone::Dim, "│").to_string();
        let first = format!("{} {mark} {name} {bar} ", paint.tone(Tone::Dim, self.zone.time(line.at_ms)));
        let next = format!("{}{bar} ", " ".repeat(columns.all() - 2));
        let rows: Vec<String> = texts
            .enumerate()
            .map(|(row, text)| if row == 0 { format!("{first}{text}") } else { format!("{next}{text}") })
            .collect();
        if let Some((message, _)) = line.own {
            if self.in_doubt.is_some_and(|until| Instant::now() < until) {
                self.lost.insert(message);
            } else {
                self.marked.insert(message, self.printed);
            }
        }
        self.rows(&rows)
    }

    fn marked_as(&self, mark: Mark, columns: &Columns) -> String {
        let text = if columns.mark < 12 {
            // Two ticks alone would tell only by their colour what became of them.
            if mark == Mark::Read { mark.word() } else { mark.sign() }.to_owned()
        } else {
            format!("{} {}", left(mark.sign(), 2), mark.word())
        };
        self.paint.tone(mark.tone(), left(&text, columns.mark)).to_string()
    }

    fn mark(&mut self, message: MessageId, mark: Mark, text: &str) -> io::Result<()> {
        self.measure();
        let Some(row) = self.marked.get(&message).copied() else {
            return if self.lost.remove(&message) { self.mark_again(message, mark, text) } else { Ok(()) };
        };
        if matches!(mark, Mark::Read | Mark::Failed) {
            self.marked.remove(&message);
        }
        let up = self.printed - row;
        if up + PROMPT_ROWS > self.rows {
            // It has left the screen.
            self.marked.remove(&message);
            return Ok(());
        }
        let shown = self.marked_as(mark, &Columns::of(self.columns));
        // The cursor stands on the row of the prompt, and has to be there again when the line ends.
        let down = if up > 1 { format!("\x1b[{}B", up - 1) } else { String::new() };
        self.print(format!("\x1b[{up}A\x1b[7G{shown}{down}\n"))
    }

    /// Tells in a row of its own what became of a message.
    fn mark_again(&mut self, message: MessageId, mark: Mark, text: &str) -> io::Result<()> {
        let columns = Columns::of(self.columns);
        let room = self.columns.saturating_sub(columns.all() + 1);
        let shown = self.marked_as(mark, &columns);
        let name = self.paint.tone(Tone::Dim, right("you", columns.name)).to_string();
        let text = self.paint.tone(Tone::Dim, cut(&clean::line(text), room)).to_string();
        if !matches!(mark, Mark::Read | Mark::Failed) {
            self.marked.insert(message, self.printed);
        }
        self.rows(&[format!("{}{shown} {name} {} {text}", " ".repeat(6), self.paint.tone(Tone::Dim, "│"))])
    }

    fn typed(&mut self, prompt: &str, line: &str, at: Instant) -> io::Result<()> {
        if self.last_print.is_some_and(|last| last + IN_DOUBT > at) {
            // What stands above the cursor may be what was printed: it stays, and the typed line with it.
            self.lose_rows();
            self.in_doubt = Some(Instant::now() + IN_DOUBT);
            return Ok(());
        }
        self.measure();
        let taken = (width(prompt) + width(line)) / self.columns + 1;
        (self.printer)(format!("\x1b[{taken}A\r\x1b[J"))
    }
}

/// Text without the sequences that paint it.
fn unpainted(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain + rest
}

#[cfg(test)]
mod tests;

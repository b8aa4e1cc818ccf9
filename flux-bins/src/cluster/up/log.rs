//! What the processes say, line by line, on standard error.

use std::collections::VecDeque;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::sync::oneshot;

use crate::terminal::{Paint, Tone, clean};

/// How many bytes of a line are shown.
const LONGEST: usize = 2_000;
/// How many lines are kept until the map of the cluster is printed.
const HELD: usize = 200;
/// How many lines wait for a terminal that does not keep up; then some are left out, for no process is to wait for it.
const WAITING: usize = 1_000;
/// How long the last lines may take to be written.
const LAST: Duration = Duration::from_secs(1);

/// Who says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Speaker {
    /// What it is called.
    pub(super) name: String,
    /// In which of a few colours.
    pub(super) colour: u8,
}

#[derive(Debug)]
struct Line {
    from: Option<Speaker>,
    text: String,
}

/// Where lines go. Clones go to the same place.
#[derive(Debug, Clone)]
pub(super) struct Log(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    paint: Paint,
    /// How wide the names are.
    width: usize,
    state: Mutex<State>,
    left_out: AtomicU64,
}

#[derive(Debug)]
enum State {
    Held(VecDeque<Line>),
    Shown { lines: SyncSender<Line>, done: Option<oneshot::Receiver<()>> },
    Over,
}

impl Log {
    /// Keeps the lines until they are to be shown. Names have at most `width` letters.
    pub(super) fn new(width: usize) -> Self {
        let paint = Paint::detect(io::stderr().is_terminal());
        let state = Mutex::new(State::Held(VecDeque::new()));
        Self(Arc::new(Inner { paint, width, state, left_out: AtomicU64::new(0) }))
    }

    /// A line of a process.
    pub(super) fn said(&self, from: &Speaker, text: String) {
        self.0.put(Line { from: Some(from.clone()), text });
    }

    /// What `flux cluster up` itself has to tell: shown at once.
    pub(super) fn news(&self, text: impl Into<String>) {
        self.0.put(Line { from: None, text: text.into() });
    }

    /// The last lines of one that did not start.
    pub(super) fn last_words(&self, of: &Speaker, count: usize) -> Vec<String> {
        let State::Held(lines) = &*self.0.state() else { return Vec::new() };
        let own = lines.iter().filter(|line| line.from.as_ref() == Some(of));
        let own: Vec<String> = own.map(|line| line.text.clone()).collect();
        own[own.len().saturating_sub(count)..].to_vec()
    }

    /// Shows what was kept, and from now on everything at once.
    pub(super) fn show(&self) -> io::Result<()> {
        let mut state = self.0.state();
        let State::Held(held) = &mut *state else { return Ok(()) };
        let held = std::mem::take(held);
        let (lines, come) = sync_channel(WAITING);
        let (done, written) = oneshot::channel();
        let inner = Arc::clone(&self.0);
        // A terminal may let its writers wait for ever: a thread of its own can.
        std::thread::Builder::new().name("log".to_owned()).spawn(move || {
            inner.write_all(held, &come);
            let _ = done.send(());
        })?;
        *state = State::Shown { lines, done: Some(written) };
        Ok(())
    }

    /// Waits a moment until everything is written.
    pub(super) async fn finish(&self) {
        let state = std::mem::replace(&mut *self.0.state(), State::Over);
        if let State::Shown { lines, done: Some(written) } = state {
            drop(lines);
            let _ = tokio::time::timeout(LAST, written).await;
        }
    }
}

impl Inner {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, line: Line) {
        match &mut *self.state() {
            State::Held(_) if line.from.is_none() => self.write(&line),
            State::Held(lines) => {
                if lines.len() == HELD {
                    lines.pop_front();
                }
                lines.push_back(line);
            }
            State::Shown { lines, .. } => {
                if lines.try_send(line).is_err() {
                    self.left_out.fetch_add(1, Ordering::Relaxed);
                }
            }
            State::Over => self.write(&line),
        }
    }

    fn write_all(&self, held: VecDeque<Line>, come: &Receiver<Line>) {
        for line in held {
            self.write(&line);
        }
        while let Ok(line) = come.recv() {
            self.write(&line);
            let left_out = self.left_out.swap(0, Ordering::Relaxed);
            if left_out > 0 {
                let text = format!("{left_out} lines left out here: the terminal did not keep up");
                self.write(&Line { from: None, text });
            }
        }
    }

    /// In one piece, so that lines do not mix.
    fn write(&self, line: &Line) {
        let (name, tone, text) = match &line.from {
            Some(from) => (from.name.as_str(), Tone::Name(from.colour), line.text.clone()),
            None => ("flux", Tone::Strong, self.paint.tone(Tone::Strong, &line.text).to_string()),
        };
        let head = self.paint.tone(tone, format!("{name:<width$} │", width = self.width));
        // If standard error is gone, there is nobody to tell; the cluster goes on.
        let _ = io::stderr().lock().write_all(format!("{head} {text}\n").as_bytes());
    }
}

/// Calls `each` with every line that comes, made harmless for a terminal, and without what is beyond the longest that
/// is shown. Ends with the stream.
pub(super) async fn each_line(from: impl AsyncRead + Unpin, mut each: impl FnMut(String)) {
    let mut reader = BufReader::new(from);
    let (mut line, mut beyond) = (Vec::new(), 0);
    loop {
        let chunk = match reader.fill_buf().await {
            Ok(chunk) if !chunk.is_empty() => chunk,
            _ => break,
        };
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let part = &chunk[..end.unwrap_or(chunk.len())];
        let room = part.len().min(LONGEST - line.len());
        line.extend_from_slice(&part[..room]);
        beyond += part.len() - room;
        let used = part.len() + usize::from(end.is_some());
        reader.consume(used);
        if end.is_some() {
            each(readable(&line, beyond));
            (line, beyond) = (Vec::new(), 0);
        }
    }
    if !line.is_empty() {
        each(readable(&line, beyond));
    }
}

fn readable(line: &[u8], beyond: usize) -> String {
    let text = clean::line(String::from_utf8_lossy(line).trim_end());
    if beyond == 0 { text } else { format!("{text}… and {beyond} more bytes") }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        each_line(bytes, |line| lines.push(line)).await;
        lines
    }

    #[tokio::test]
    async fn lines_come_whole_and_harmless() {
        assert_eq!(lines(b"one\r\n\ntwo\x1b[2J\nthr\xffee").await, ["one", "", "two␛[2J", "thr\u{fffd}ee"]);
        assert_eq!(lines(b"").await, [""; 0]);
    }

    #[tokio::test]
    async fn a_long_line_is_cut_and_the_next_one_is_whole() {
        let mut bytes = vec![b'x'; 1_000_000];
        bytes.extend_from_slice(b"\nnext\n");
        let lines = lines(&bytes).await;
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("xxx") && lines[0].ends_with("… and 998000 more bytes"));
        assert!(lines[0].len() < LONGEST + 100);
        assert_eq!(lines[1], "next");
    }

    #[test]
    fn what_one_says_before_the_map_is_kept_for_it_within_bounds() {
        let log = Log::new(6);
        let (chat, gate) =
            (Speaker { name: "chat".to_owned(), colour: 0 }, Speaker { name: "gate".to_owned(), colour: 1 });
        log.said(&gate, "gate".to_owned());
        for number in 0..3 {
            log.said(&chat, number.to_string());
        }
        assert_eq!(log.last_words(&chat, 2), ["1", "2"]);
        assert_eq!(log.last_words(&gate, 2), ["gate"]);
        for number in 0..HELD {
            log.said(&chat, number.to_string());
        }
        assert_eq!(log.last_words(&gate, 2), [""; 0]);
        assert_eq!(log.last_words(&chat, HELD * 2).len(), HELD);
    }
}

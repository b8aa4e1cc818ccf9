//! Histories as files: a line of JSON for each event.

use std::io::{self, BufRead, BufReader, Read, Write};

use thiserror::Error;

use crate::event::Event;

/// Longer lines are no events.
const MAX_LINE: u64 = 1 << 20;

/// Why a history cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The file itself.
    #[error("the history cannot be read")]
    Read(#[from] io::Error),
    /// A line that is no event.
    #[error("line {line} of the history is no event: {cause}")]
    Line {
        /// Which, from 1.
        line: u64,
        /// What is wrong with it.
        cause: String,
    },
}

/// Reads a history, event by event, whatever its length.
pub struct Reader<R> {
    from: BufReader<R>,
    line: String,
    number: u64,
}

impl<R: Read> Reader<R> {
    /// From a file, or anything else that gives bytes.
    pub fn new(from: R) -> Self {
        Self { from: BufReader::with_capacity(1 << 16, from), line: String::new(), number: 0 }
    }

    /// The next event with its number, from 1; `None` at the end.
    ///
    /// # Errors
    /// [`HistoryError`]. A last line that was not written to its end is an error as well.
    pub fn read(&mut self) -> Result<Option<(u64, Event<'_>)>, HistoryError> {
        self.line.clear();
        self.number += 1;
        let line = self.number;
        if self.from.by_ref().take(MAX_LINE).read_line(&mut self.line)? == 0 {
            return Ok(None);
        }
        match serde_json::from_str(&self.line) {
            Ok(event) => Ok(Some((line, event))),
            Err(error) => Err(HistoryError::Line { line, cause: error.to_string() }),
        }
    }
}

/// Writes a history.
pub struct Recorder<W: Write> {
    to: io::BufWriter<W>,
}

impl<W: Write> Recorder<W> {
    /// To a file, or anything else that takes bytes.
    pub fn new(to: W) -> Self {
        Self { to: io::BufWriter::with_capacity(1 << 16, to) }
    }

    /// Adds an event. Whoever records from several places does so under one lock, so that the order is that of the clock.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn record(&mut self, event: &Event<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut self.to, event)?;
        self.to.write_all(b"\n")
    }

    /// Hands on what is buffered.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

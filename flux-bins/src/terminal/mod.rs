//! What people see: text on standard output, colours where a terminal shows them, and nothing of what others wrote that
//! could act on the terminal.

pub(crate) mod clean;
pub(crate) mod clock;
pub(crate) mod layout;
pub(crate) mod prompt;
pub(crate) mod style;

use std::fmt::Arguments;
use std::io::{self, IsTerminal as _, Write as _};

pub(crate) use style::{Paint, Tone};

/// Standard output, for commands that say something and end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Out {
    /// Colours, where they are seen.
    pub(crate) paint: Paint,
}

impl Out {
    /// Standard output as it is: colours only on a terminal that wants them.
    pub(crate) fn new() -> Self {
        Self { paint: Paint::detect(io::stdout().is_terminal()) }
    }

    /// Whether what was written can be written over: a terminal, and one that knows how.
    #[expect(clippy::unused_self, reason = "a question about where it writes")]
    pub(crate) fn redraws(self) -> bool {
        io::stdout().is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
    }

    /// Writes a line; `line(format_args!(..))`.
    #[expect(clippy::unused_self, reason = "one way to say something, whatever is needed to say it")]
    pub(crate) fn line(self, text: Arguments<'_>) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{text}")?;
        out.flush()
    }
}

/// Whether a person is there: both ends are a terminal.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

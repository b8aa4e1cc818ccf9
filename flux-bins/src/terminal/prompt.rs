//! Asking a person for something, or a pipe for a line.

use std::borrow::Cow;
use std::io::{self, BufRead as _};

use flux_client::Secret;
use rustyline::completion::Completer;
use rustyline::config::Configurer as _;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{ColorMode, Config, Editor, Helper};

/// Asks for a line; on a pipe it just reads one. `None` when there is no more, or the person wants to leave.
pub(crate) fn ask(question: &str) -> io::Result<Option<String>> {
    if !super::is_interactive() {
        return read_piped();
    }
    let mut editor = Editor::<(), MemHistory>::with_history(Config::default(), MemHistory::new())
        .map_err(io::Error::other)?;
    answer(editor.readline(question))
}

/// Asks for a secret without showing what is typed; on a pipe it just reads a line.
pub(crate) fn ask_secret(question: &str) -> io::Result<Option<Secret>> {
    if !super::is_interactive() {
        return Ok(read_piped()?.map(Secret::from));
    }
    let config = Config::builder().auto_add_history(false).build();
    let mut editor =
        Editor::<Hidden, MemHistory>::with_history(config, MemHistory::new()).map_err(io::Error::other)?;
    editor.set_helper(Some(Hidden));
    // Highlighting is what hides, so it is on even where there are no colours.
    editor.set_color_mode(ColorMode::Forced);
    Ok(answer(editor.readline(question))?.map(Secret::from))
}

fn answer(line: rustyline::Result<String>) -> io::Result<Option<String>> {
    match line {
        Ok(line) => Ok(Some(line)),
        Err(ReadlineError::Eof | ReadlineError::Interrupted) => Ok(None),
        Err(ReadlineError::Io(error)) => Err(error),
        Err(other) => Err(io::Error::other(other)),
    }
}

fn read_piped() -> io::Result<Option<String>> {
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_end_matches(['\n', '\r']).to_owned()))
}

/// Shows nothing of what is typed.
struct Hidden;

impl Highlighter for Hidden {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        // The cursor stands where the editor believes the text to end.
        Cow::Owned("*".repeat(line.chars().count()))
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        kind != CmdKind::MoveCursor
    }
}

impl Completer for Hidden {
    type Candidate = String;
}

impl Hinter for Hidden {
    type Hint = String;
}

impl Validator for Hidden {}
impl Helper for Hidden {}

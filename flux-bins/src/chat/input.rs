//! Lines from a person at a terminal, or from a pipe.

use std::borrow::Cow;
use std::io::{self, BufRead as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc as std_mpsc};
use std::thread;
use std::time::Instant;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{
    Cmd, ConditionalEventHandler, Config, Context, Editor, Event, EventContext, EventHandler,
    ExternalPrinter, Helper, KeyCode, KeyEvent, Modifiers, Movement, RepeatCount,
};
use tokio::sync::mpsc;

use super::command::COMMANDS;

/// Lines that may wait for whoever reads them.
const LINES: usize = 64;

/// What came from the keyboard or the pipe.
#[derive(Debug)]
pub(crate) enum Typed {
    /// A line that the editor has taken off the screen, and the prompt is there still. All lines of a pipe are such.
    Text(String),
    /// A line that stands on the screen where the prompt was, since then; there is no prompt until it is
    /// [asked for](Input::prompt).
    Line(String, Instant),
    /// Ctrl-C.
    Interrupted,
    /// Ctrl-D, or the end of the pipe.
    End,
}

/// Where lines come from. Reading blocks, so it has a thread, which ends with the process.
#[derive(Debug)]
pub(crate) struct Input {
    typed: mpsc::Receiver<Typed>,
    /// Asks the editor for the next line; without one, lines come by themselves.
    prompts: Option<std_mpsc::Sender<String>>,
    /// Whether the next line is to end the prompt, for another one.
    renew: Arc<AtomicBool>,
}

/// What prints above the line that is being typed.
pub(crate) type Printer = Box<dyn FnMut(String) -> io::Result<()> + Send>;

impl Input {
    /// A line editor on the terminal, which completes commands and `names`. Nothing is read before a
    /// [`prompt`](Self::prompt).
    pub(crate) fn terminal(names: Names) -> io::Result<(Self, Printer)> {
        let config = Config::builder().auto_add_history(true).build();
        let mut editor = Editor::<Completion, MemHistory>::with_history(config, MemHistory::new())
            .map_err(io::Error::other)?;
        editor.set_helper(Some(Completion { names }));
        let mut printer = editor.create_external_printer().map_err(io::Error::other)?;
        let (prompts, asked) = std_mpsc::channel::<String>();
        let (typed, lines) = mpsc::channel(LINES);
        let renew = Arc::new(AtomicBool::new(false));
        let enter = Enter { typed: typed.clone(), renew: Arc::clone(&renew) };
        editor.bind_sequence(
            KeyEvent(KeyCode::Enter, Modifiers::NONE),
            EventHandler::Conditional(Box::new(enter)),
        );
        thread::Builder::new().name("keyboard".to_owned()).spawn(move || {
            while let Ok(prompt) = asked.recv() {
                let line = match editor.readline(&prompt) {
                    Ok(line) => Typed::Line(line, Instant::now()),
                    Err(ReadlineError::Interrupted) => Typed::Interrupted,
                    Err(_) => Typed::End,
                };
                if typed.blocking_send(line).is_err() {
                    return;
                }
            }
        })?;
        let print: Printer = Box::new(move |text| printer.print(text).map_err(io::Error::other));
        Ok((Self { typed: lines, prompts: Some(prompts), renew }, print))
    }

    /// Lines of standard input as they come.
    pub(crate) fn pipe() -> io::Result<Self> {
        let (typed, lines) = mpsc::channel(1);
        thread::Builder::new().name("stdin".to_owned()).spawn(move || {
            for line in io::stdin().lock().lines() {
                let Ok(line) = line else { break };
                if typed.blocking_send(Typed::Text(line)).is_err() {
                    return;
                }
            }
            // If nobody reads any more there is nobody to tell.
            let _ = typed.blocking_send(Typed::End);
        })?;
        Ok(Self { typed: lines, prompts: None, renew: Arc::default() })
    }

    /// The prompt is not right any more: the next line ends it.
    pub(crate) fn renew(&self) {
        self.renew.store(true, Ordering::Relaxed);
    }

    /// Asks for the next line.
    pub(crate) fn prompt(&self, prompt: String) {
        self.renew.store(false, Ordering::Relaxed);
        if let Some(prompts) = &self.prompts {
            // The editor is gone only if the terminal is; then the end has been reported.
            let _ = prompts.send(prompt);
        }
    }

    /// The next line. Cancelling it loses nothing.
    pub(crate) async fn next(&mut self) -> Typed {
        self.typed.recv().await.unwrap_or(Typed::End)
    }
}

/// The return key. A message is taken out of the line and the prompt stays, so that whatever is printed at that moment
/// finds the cursor where it is thought to be: between the end of a prompt and the next one nobody can tell.
struct Enter {
    typed: mpsc::Sender<Typed>,
    renew: Arc<AtomicBool>,
}

impl ConditionalEventHandler for Enter {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let line = context.line();
        // Commands say much, and what is open may be another conversation afterwards.
        if line.starts_with('/') || self.renew.load(Ordering::Relaxed) {
            return None;
        }
        if !line.trim().is_empty() && self.typed.try_send(Typed::Text(line.to_owned())).is_err() {
            // Nobody reads for now: it stays, to be sent with another press of the key.
            return Some(Cmd::Noop);
        }
        Some(Cmd::Replace(Movement::WholeBuffer, Some(String::new())))
    }
}

/// Names to complete; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(Arc<Mutex<Vec<String>>>);

impl Names {
    /// Replaces them.
    pub(crate) fn set(&self, names: Vec<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = names;
    }
}

/// Completes commands, and the names that follow them.
struct Completion {
    names: Names,
}

impl Completion {
    fn candidates(&self, line: &str) -> (usize, Vec<String>) {
        let Some(typed) = line.strip_prefix('/') else { return (0, Vec::new()) };
        let Some(space) = typed.find(' ') else {
            let all = COMMANDS.iter().filter(|(name, ..)| name.starts_with(typed));
            return (1, all.map(|(name, ..)| format!("{name} ")).collect());
        };
        let name = &typed[space + 1..];
        if name.contains(' ') {
            return (0, Vec::new());
        }
        let names = self.names.0.lock().unwrap_or_else(PoisonError::into_inner);
        (space + 2, names.iter().filter(|known| known.starts_with(name)).cloned().collect())
    }
}

impl Completer for Completion {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(line.get(..pos).map_or((0, Vec::new()), |before| self.candidates(before)))
    }
}

impl Highlighter for Completion {
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Owned(format!("\x1b[36m{prompt}\x1b[0m"))
    }
}

impl Hinter for Completion {
    type Hint = String;
}

impl Validator for Completion {}
impl Helper for Completion {}

/// How wide and high the terminal is.
pub(crate) fn size() -> Option<(usize, usize)> {
    let mut editor = Editor::<(), MemHistory>::with_history(Config::default(), MemHistory::new()).ok()?;
    let (columns, rows) = editor.dimensions()?;
    Some((usize::from(columns), usize::from(rows)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_names_are_completed() {
        let names = Names::default();
        names.set(vec!["bob".to_owned(), "boris".to_owned(), "cora".to_owned()]);
        let completion = Completion { names };
        assert_eq!(completion.candidates("/wi"), (1, vec!["with ".to_owned()]));
        assert_eq!(completion.candidates("/with bo"), (6, vec!["bob".to_owned(), "boris".to_owned()]));
        assert_eq!(completion.candidates("/add bob he"), (0, Vec::new()));
        assert_eq!(completion.candidates("hello"), (0, Vec::new()));
    }
}

//! Why a command ended without doing what it was asked.

use std::error::Error;
use std::fmt::Write as _;
use std::io;

/// In words for the person who typed the command: what went wrong, and what they can do.
///
/// It is no [`Error`], so that every error becomes one by `?`, with its causes.
#[derive(Debug)]
pub struct Failure {
    message: String,
    quiet: bool,
    status: u8,
}

impl Failure {
    /// With these words.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), quiet: false, status: 1 }
    }

    /// Told to end before it had begun: there is nothing to say, and nothing went wrong.
    pub(crate) fn told_to_end() -> Self {
        Self { message: String::new(), quiet: true, status: 1 }
    }

    /// The same, for a program that ends with another status than 1.
    #[must_use]
    pub fn with_status(mut self, status: u8) -> Self {
        self.status = status;
        self
    }

    /// What the program ends with.
    pub fn status(&self) -> u8 {
        self.status
    }

    /// What to say; `None` if nobody is listening any more, as when a pipe was closed.
    pub fn message(&self) -> Option<&str> {
        (!self.quiet).then_some(self.message.as_str())
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        let mut quiet = closed_pipe(&error);
        while let Some(error) = cause {
            // An error that only passes its cause on has said the same already.
            let text = error.to_string();
            if !message.ends_with(&text) {
                let _ = write!(message, ": {text}");
            }
            quiet |= closed_pipe(error);
            cause = error.source();
        }
        Self { message, quiet, status: 1 }
    }
}

fn closed_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the database does not open")]
    struct Outer(#[source] io::Error);

    #[test]
    fn causes_are_told_and_a_closed_pipe_is_not() {
        let failure = Failure::from(Outer(io::Error::new(io::ErrorKind::PermissionDenied, "not yours")));
        assert_eq!(failure.message(), Some("the database does not open: not yours"));
        assert_eq!(Failure::from(Outer(io::Error::from(io::ErrorKind::BrokenPipe))).message(), None);
    }
}

//! Colours.

use std::fmt;

/// What a piece of text is, rather than how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Stands out.
    Strong,
    /// Stands back.
    Dim,
    /// Done, read, online.
    Good,
    /// Wants a look.
    Warn,
    /// Went wrong.
    Bad,
    /// A name of ours, a command, an address.
    Accent,
    /// One of a few colours for names, by a number.
    Name(u8),
}

/// Whether there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// As the terminal and its owner want it: <https://no-color.org>, and `TERM=dumb`.
    pub(crate) fn detect(terminal: bool) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { on: terminal && !unwanted && !dumb }
    }

    /// Without colours.
    pub(crate) const fn plain() -> Self {
        Self { on: false }
    }

    /// Whether there are colours.
    pub(crate) const fn is_on(self) -> bool {
        self.on
    }

    /// `text` in this tone.
    pub(crate) fn tone<T: fmt::Display>(self, tone: Tone, text: T) -> Painted<T> {
        Painted { on: self.on, tone, text }
    }
}

/// Text in a tone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Painted<T> {
    on: bool,
    tone: Tone,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.on {
            return self.text.fmt(f);
        }
        let code = match self.tone {
            Tone::Strong => "1",
            Tone::Dim => "2",
            Tone::Good => "32",
            Tone::Warn => "33",
            Tone::Bad => "31",
            Tone::Accent => "36",
            Tone::Name(n) => ["36", "35", "34", "33", "32", "96", "95", "94"][usize::from(n) % 8],
        };
        write!(f, "\x1b[{code}m")?;
        self.text.fmt(f)?;
        f.write_str("\x1b[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colours_text_is_itself() {
        assert_eq!(Paint::plain().tone(Tone::Bad, "no").to_string(), "no");
        assert_eq!(Paint { on: true }.tone(Tone::Bad, "no").to_string(), "\x1b[31mno\x1b[0m");
        assert!(!Paint::detect(false).is_on());
    }
}

//! The text of a message: stored and delivered as it was sent.

use std::fmt;
use std::sync::Arc;

pub use crate::text::InvalidText;
use crate::text::{forbidden, redacted};

/// The text of a message: not empty, at most [`MessageText::LIMIT_BYTES`] of UTF-8, no control characters but tabs and
/// line ends. Nothing else is changed or refused: whoever shows it escapes it.
///
/// Cloning shares the text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MessageText(Arc<str>);

impl MessageText {
    /// The greatest length: 4 KiB.
    pub const LIMIT_BYTES: usize = 4_096;

    /// Checks `text`.
    pub fn new(text: &str) -> Result<Self, InvalidText> {
        if text.len() > Self::LIMIT_BYTES {
            return Err(InvalidText::TooManyBytes { limit: Self::LIMIT_BYTES });
        }
        if text.chars().any(|c| forbidden(c, true)) {
            return Err(InvalidText::Control);
        }
        if crate::text::blank(text) {
            return Err(InvalidText::Empty);
        }
        Ok(Self(text.into()))
    }

    /// Takes what a store kept as it is.
    pub fn from_store(text: String) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MessageText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "MessageText", &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_as_it_is() {
        for text in
            ["<script>alert(1)</script>", " leading", "a\nb\tc", "\u{202E}right to left", "e\u{301}", "👩‍👩‍👧"]
        {
            assert_eq!(MessageText::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn empty_long_and_control_texts_are_refused() {
        assert_eq!(MessageText::new(""), Err(InvalidText::Empty));
        assert_eq!(MessageText::new(" \n\u{200B}"), Err(InvalidText::Empty));
        assert_eq!(MessageText::new("a\u{0}"), Err(InvalidText::Control));
        assert_eq!(MessageText::new("a\u{1b}[31m"), Err(InvalidText::Control));
        assert!(MessageText::new(&"a".repeat(4_096)).is_ok());
        assert_eq!(MessageText::new(&"a".repeat(4_097)), Err(InvalidText::TooManyBytes { limit: 4_096 }));
    }

    #[test]
    fn a76_debug_does_not_show_the_text() {
        assert_eq!(format!("{:?}", MessageText::new("canary").unwrap()), "MessageText(6 bytes)");
    }
}

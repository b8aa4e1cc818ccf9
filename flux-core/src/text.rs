//! Free text: what may stand in a display name, a greeting, a message.

use std::fmt;

use thiserror::Error;

use crate::ErrorCode;

/// Why a text is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidText {
    /// Nothing to see in it.
    #[error("empty")]
    Empty,
    /// More than this many characters.
    #[error("longer than {limit} characters")]
    TooLong {
        /// The limit, in Unicode scalar values.
        limit: usize,
    },
    /// More than this many bytes of UTF-8.
    #[error("longer than {limit} bytes")]
    TooManyBytes {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A control character, or one that is no character for people.
    #[error("holds a control character")]
    Control,
    /// A character that a name must not hold, or must not hold there.
    #[error("holds a character that is not allowed")]
    Character,
    /// A word with letters of several scripts, which look-alikes are made of.
    #[error("mixes letters of several scripts in a word")]
    MixedScripts,
    /// It reads as if the service spoke.
    #[error("is reserved")]
    Reserved,
}

impl InvalidText {
    /// Stable across releases. For a field of one line; the text of a message has codes of its own.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Empty | Self::TooLong { .. } | Self::TooManyBytes { .. } => ErrorCode::InvalidArgument,
            Self::Control | Self::Character | Self::MixedScripts | Self::Reserved => {
                ErrorCode::TextNotAllowed
            }
        }
    }
}

/// Whether `c` has no place in text for people: control characters (but tab and line ends, where `lines` are
/// allowed), and the code points that Unicode keeps from being characters. Joiners and marks of direction stay:
/// writing systems and emoji need them. What turns the direction of all that follows stays only in messages: a line of
/// text stands beside others.
pub(crate) fn forbidden(c: char, lines: bool) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => !lines,
        _ => c.is_control() || (u32::from(c) & 0xFFFE) == 0xFFFE || ('\u{FDD0}'..='\u{FDEF}').contains(&c),
    }
}

/// Whether there is anything to see in `text`.
pub(crate) fn blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || invisible(c))
}

/// Characters that show nothing by themselves.
pub(crate) fn invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Checks one line of free text: trimmed, at most `limit` characters, no control characters, with something to see
/// unless `may_be_empty`.
pub(crate) fn line(text: &str, limit: usize, may_be_empty: bool) -> Result<String, InvalidText> {
    let text = text.trim();
    if text.chars().any(|c| forbidden(c, false)) {
        return Err(InvalidText::Control);
    }
    if text.chars().count() > limit {
        return Err(InvalidText::TooLong { limit });
    }
    if blank(text) && !(may_be_empty && text.is_empty()) {
        return Err(InvalidText::Empty);
    }
    Ok(text.to_owned())
}

/// More combining marks in a row than any writing system needs (UTS 39, section 5.4).
pub(crate) fn piled_marks(text: &str) -> bool {
    let mut run = 0;
    text.chars().any(|c| {
        run = if unicode_normalization::char::is_combining_mark(c) { run + 1 } else { 0 };
        run > 4
    })
}

/// Defines a type of one line of free text: one that may be empty, or one that `check` takes.
macro_rules! line_text {
    ($(#[$doc:meta])* $name:ident, $limit:literal) => {
        $crate::text::line_text! {
            $(#[$doc])* $name, $limit, |text| $crate::text::line(text, $limit, true)
        }
    };
    ($(#[$doc:meta])* $name:ident, $limit:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The greatest number of characters.
            pub const LIMIT: usize = $limit;

            /// Checks and trims `text`.
            pub fn new(text: &str) -> Result<Self, $crate::text::InvalidText> {
                let check: fn(&str) -> Result<String, $crate::text::InvalidText> = $check;
                check(text).map(Self)
            }

            /// No text.
            pub const fn empty() -> Self {
                Self(String::new())
            }

            /// Takes what a store kept as it is.
            pub fn from_store(text: String) -> Self {
                Self(text)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::text::redacted(f, stringify!($name), &self.0)
            }
        }
    };
}
pub(crate) use line_text;

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = fmt::Write::write_fmt(&mut text, format_args!("{byte:02x}"));
        text
    })
}

/// How text of people shows in `Debug`: its size, never its content.
pub(crate) fn redacted(f: &mut fmt::Formatter<'_>, name: &str, text: &str) -> fmt::Result {
    write!(f, "{name}({} bytes)", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_holds_no_control_characters() {
        assert_eq!(line("  hello ", 10, false), Ok("hello".to_owned()));
        assert_eq!(line("a\nb", 10, false), Err(InvalidText::Control));
        assert_eq!(line("a\0b", 10, false), Err(InvalidText::Control));
        assert_eq!(line("a\u{FFFE}b", 10, false), Err(InvalidText::Control));
    }

    #[test]
    fn a_line_of_invisible_characters_is_empty() {
        assert_eq!(line("\u{200B}\u{2060}\u{3164}", 10, true), Err(InvalidText::Empty));
        assert_eq!(line("", 10, true), Ok(String::new()));
        assert_eq!(line("", 10, false), Err(InvalidText::Empty));
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(line("日本語", 3, false), Ok("日本語".to_owned()));
        assert_eq!(line("日本語だ", 3, false), Err(InvalidText::TooLong { limit: 3 }));
    }
}

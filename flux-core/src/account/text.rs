//! Free text about a user.

use precis_core::profile::PrecisFastInvocation;
use precis_profiles::Nickname;
use unicode_normalization::UnicodeNormalization;

use super::Username;
use super::look::{reserved, scripts_go_together};
use crate::text::{InvalidText, blank, forbidden, line_text, piled_marks};

line_text! {
    /// What a user calls themselves; anything to see, up to 64 characters. Empty only for a deleted account.
    ///
    /// It follows the PRECIS profile Nickname (RFC 8266), which refuses what is invisible, turns the direction of text
    /// or is no character, and brings the rest into NFKC with single spaces; emoji may be joined, though. The letters of
    /// a word must be of one script, and the whole must not read like the service.
    DisplayName, 64, display_name
}
line_text! {
    /// A few words about a user; may be empty.
    Bio, 256
}

impl DisplayName {
    /// The name of somebody who has chosen none.
    pub fn of(username: &Username) -> Self {
        Self::from_store(username.as_str().to_owned())
    }
}

fn display_name(text: &str) -> Result<String, InvalidText> {
    let limit = DisplayName::LIMIT;
    // Mapping is not cheap, and nothing this long comes down to the limit.
    if text.len() > 16 * limit {
        return Err(InvalidText::TooLong { limit });
    }
    if text.chars().any(|c| forbidden(c, false)) {
        return Err(InvalidText::Control);
    }
    if blank(text) {
        return Err(InvalidText::Empty);
    }
    // PRECIS knows nothing of emoji: without their joiners they are symbols like others.
    Nickname::enforce(without_emoji_joiners(text).as_str()).map_err(|_| InvalidText::Character)?;
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ").nfkc().collect::<String>();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.chars().count() > limit {
        return Err(InvalidText::TooLong { limit });
    }
    if piled_marks(&name) {
        return Err(InvalidText::Character);
    }
    if !name.split(' ').all(scripts_go_together) {
        return Err(InvalidText::MixedScripts);
    }
    if reserved(&name) {
        return Err(InvalidText::Reserved);
    }
    Ok(name)
}

/// `text` without the zero-width joiners that join two emoji and the selectors that make a symbol one.
fn without_emoji_joiners(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut before = None;
    while let Some(c) = rest.next() {
        let joins = match c {
            '\u{FE0F}' => before.is_some_and(takes_selector),
            '\u{200D}' => before.is_some_and(pictographic) && rest.peek().is_some_and(|c| pictographic(*c)),
            _ => false,
        };
        if !joins {
            plain.push(c);
            before = Some(c);
        }
    }
    plain
}

/// Whether `c` can be part of an emoji: the blocks that hold them, which hold nothing but symbols.
fn pictographic(c: char) -> bool {
    matches!(c,
        '\u{00A9}' | '\u{00AE}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21FF}'
        | '\u{2300}'..='\u{27BF}' | '\u{2900}'..='\u{297F}' | '\u{2B00}'..='\u{2BFF}' | '\u{3030}' | '\u{303D}'
        | '\u{3297}' | '\u{3299}' | '\u{1F000}'..='\u{1FAFF}')
}

/// Whether a variation selector may follow: key caps are made of digits.
fn takes_selector(c: char) -> bool {
    pictographic(c) || matches!(c, '0'..='9' | '#' | '*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a60_names_of_people_are_taken() {
        for (text, kept) in [
            ("Ann", "Ann"),
            ("  Ann   Lee ", "Ann Lee"),
            ("Ann\u{3000}Lee", "Ann Lee"),
            ("Ａｎｎ", "Ann"),
            ("e\u{301}", "é"),
            ("Мария (Maria)", "Мария (Maria)"),
            ("张伟David", "张伟David"),
            ("O'Brien-Smith <3", "O'Brien-Smith <3"),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
            ("{{7*7}}", "{{7*7}}"),
            ("🎉", "🎉"),
            ("👩\u{200D}👩\u{200D}👧 ❤\u{FE0F}", "👩\u{200D}👩\u{200D}👧 ❤\u{FE0F}"),
            ("1\u{FE0F}\u{20E3}", "1\u{FE0F}\u{20E3}"),
            ("क्\u{200D}ष", "क्\u{200D}ष"),
            ("דוד", "דוד"),
            ("Administrate", "Administrate"),
        ] {
            assert_eq!(DisplayName::new(text).as_ref().map(DisplayName::as_str), Ok(kept), "{text:?}");
        }
    }

    #[test]
    fn a60_names_that_hide_or_pretend_are_refused() {
        use InvalidText::{Character, Control, Empty, MixedScripts, Reserved, TooLong};
        for (text, why) in [
            ("", Empty),
            (" \u{3000} ", Empty),
            ("\u{200B}", Empty),
            ("\u{200F}\u{200F}\u{200F}", Empty),
            ("Ann\u{200B}", Character),
            ("Ann\u{200D}Lee", Character),
            ("Ann\u{FE0F}", Character),
            ("\u{200D}🎉", Character),
            ("Ann\u{200F}", Character),
            ("Ann\u{202E}eeL", Control),
            ("Ann\u{2066}eeL", Control),
            ("Ann\0", Control),
            ("Ann\nLee", Control),
            ("Ann\u{E000}", Character),
            ("Ann\u{E0041}", Character),
            ("Z\u{337}\u{338}\u{321}\u{322}\u{327}\u{328}algo", Character),
            ("Аnn", MixedScripts),
            ("Admin", Reserved),
            ("аdmіn", MixedScripts),
            ("S y s t e m", Reserved),
            ("FLUX", Reserved),
        ] {
            assert_eq!(DisplayName::new(text), Err(why), "{text:?}");
        }
        assert!(DisplayName::new(&"ж".repeat(64)).is_ok());
        assert_eq!(DisplayName::new(&"ж".repeat(65)), Err(TooLong { limit: 64 }));
        assert_eq!(DisplayName::new(&"a".repeat(1_000_000)), Err(TooLong { limit: 64 }));
    }

    proptest! {
        #[test]
        fn a60_what_is_kept_is_taken_again_as_it_is(text in "\\PC{0,70}|[aаA \u{200D}❤\u{FE0F}👩é]{0,12}") {
            if let Ok(name) = DisplayName::new(&text) {
                prop_assert_eq!(DisplayName::new(name.as_str()), Ok(name.clone()));
                prop_assert!(!blank(name.as_str()));
            }
        }
    }

    #[test]
    fn a60_a_bio_is_one_line_that_turns_no_direction() {
        assert_eq!(Bio::new(""), Ok(Bio::empty()));
        assert_eq!(Bio::new(" <img onerror=x> ").unwrap().as_str(), "<img onerror=x>");
        assert_eq!(Bio::new("a\u{202E}b"), Err(InvalidText::Control));
        assert_eq!(Bio::new("a\nb"), Err(InvalidText::Control));
        assert_eq!(Bio::new(&"x".repeat(257)), Err(InvalidText::TooLong { limit: 256 }));
    }

    #[test]
    fn a76_debug_shows_no_text_of_people() {
        assert!(!format!("{:?}", DisplayName::new("canary").unwrap()).contains("canary"));
    }
}

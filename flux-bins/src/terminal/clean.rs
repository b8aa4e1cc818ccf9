//! Text that others wrote, made harmless for a terminal.

/// `text` on one line, without anything that a terminal obeys or that changes the direction of what follows: escape
/// and control characters are shown as pictures of themselves, line ends as `⏎`.
pub(crate) fn line(text: &str) -> String {
    text.chars().map(shown).collect()
}

/// The lines of `text`, each [harmless](line).
pub(crate) fn lines(text: &str) -> Vec<String> {
    text.split('\n').map(|part| line(part.strip_suffix('\r').unwrap_or(part))).collect()
}

fn shown(c: char) -> char {
    match c {
        '\t' => ' ',
        '\n' | '\u{2028}' | '\u{2029}' => '⏎',
        // Control pictures: U+2400 and on look like the control characters they stand for.
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{FFFD}'),
        '\x7f' => '\u{2421}',
        // Embeddings, overrides and isolates, like the control characters before them, have no picture: what they open
        // would go on in our own text.
        '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{FFFD}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        let hostile: String = (0..=0x9f).filter_map(char::from_u32).collect();
        let harmless = line(&format!("{hostile}\x1b]0;title\x07\x1b[2J\u{9b}31m\u{202e}live"));
        assert!(!harmless.chars().any(char::is_control), "{harmless:?}");
        assert!(!harmless.contains('\u{202e}'));
        assert!(harmless.ends_with("live"));
    }

    #[test]
    fn what_people_write_stays() {
        for text in ["grüß dich", "你好", "👩‍👩‍👧", "مرحبا", "a < b && c > d"] {
            assert_eq!(line(text), text);
        }
        assert_eq!(lines("one\r\ntwo\n\nfour"), ["one", "two", "", "four"]);
        assert_eq!(line("one\ntwo"), "one⏎two");
    }
}

//! How text lies on rows of a terminal.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How many columns `text` takes; it holds no escape sequences.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The parts of `text` between which a row may end, each with the columns that it adds at most: what people see as one
/// character, unless that is wider than `columns`.
fn parts(text: &str, columns: usize) -> impl Iterator<Item = (&str, usize)> {
    text.graphemes(true).flat_map(move |seen| {
        let wide = width(seen);
        let (whole, apart) = if wide <= columns { (Some((seen, wide)), "") } else { (None, seen) };
        let apart = apart.char_indices().map(|(at, c)| (&apart[at..at + c.len_utf8()], at_most(c)));
        whole.into_iter().chain(apart)
    })
}

/// How many columns `c` adds at most to what stands before it. U+FE0F has none of its own, and makes an emoji of what
/// was narrow text.
fn at_most(c: char) -> usize {
    if c == '\u{FE0F}' { 1 } else { c.width().unwrap_or(1) }
}

/// `text` on rows of at most `columns`, broken at spaces where that is possible.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let mut rows = Vec::new();
    // What is taken of a row is counted as it grows: measured anew for each part, a long text without width would cost
    // the square of its length.
    let (mut row, mut taken) = (String::new(), 0);
    for word in text.split_inclusive(' ') {
        if !row.is_empty() && taken + width(word.trim_end()) > columns {
            rows.push(std::mem::take(&mut row));
            taken = 0;
        }
        // A word that is longer than a row is broken anywhere.
        for (part, wide) in parts(word, columns) {
            if taken + wide > columns {
                if part == " " {
                    continue;
                }
                rows.push(std::mem::take(&mut row));
                taken = 0;
            }
            row.push_str(part);
            taken += wide;
        }
    }
    rows.push(row);
    rows.iter().map(|row| row.trim_end().to_owned()).collect()
}

/// `text` on exactly `columns`, cut or filled up on the left.
pub(crate) fn right(text: &str, columns: usize) -> String {
    let cut = cut(text, columns);
    format!("{}{cut}", " ".repeat(columns.saturating_sub(width(&cut))))
}

/// `text` on exactly `columns`, cut or filled up on the right.
pub(crate) fn left(text: &str, columns: usize) -> String {
    let cut = cut(text, columns);
    let fill = columns.saturating_sub(width(&cut));
    format!("{cut}{}", " ".repeat(fill))
}

/// The start of `text`, with `…` for what does not fit.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    // One column is that of the `…`.
    let Some(columns) = columns.checked_sub(1) else { return String::new() };
    let (mut short, mut taken) = (String::new(), 0);
    for (part, wide) in parts(text, columns) {
        taken += wide;
        if taken > columns {
            break;
        }
        short.push_str(part);
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rows_break_at_spaces() {
        assert_eq!(wrap("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("0123456789abcdef", 10), ["0123456789", "abcdef"]);
        assert_eq!(wrap("你好你好你好", 8), ["你好你好", "你好"]);
    }

    #[test]
    fn columns_are_those_of_the_terminal() {
        assert_eq!(right("bob", 5), "  bob");
        assert_eq!(left("你好", 5), "你好 ");
        assert_eq!(cut("alexandria", 6), "alexa…");
        assert_eq!(right("你好你好", 5), "你好…");
    }

    #[test]
    fn an_emoji_that_a_selector_makes_wide_has_room_and_stays_whole() {
        let hearts = "❤\u{FE0F}".repeat(5);
        assert_eq!(
            wrap(&format!("abc{hearts}"), 8),
            ["abc❤\u{FE0F}❤\u{FE0F}", "❤\u{FE0F}❤\u{FE0F}❤\u{FE0F}"]
        );
        assert_eq!(cut(&format!("abcd{hearts}"), 6), "abcd…");
        assert_eq!(wrap("abcdefg👩‍👩‍👧", 8), ["abcdefg", "👩‍👩‍👧"]);
    }

    #[test]
    fn where_there_is_no_room_there_is_nothing() {
        assert_eq!(cut("bob", 0), "");
        assert_eq!(right("bob", 0), "");
        assert_eq!(left("你", 1), "…");
    }

    #[test]
    fn text_without_width_takes_no_longer_than_other_text() {
        let began = std::time::Instant::now();
        for invisible in ["\u{200B}", "\u{301}", "\u{FE0F}", "\u{200D}", "\u{1100}"] {
            let text = invisible.repeat(200_000);
            let _ = (wrap(&text, 80), cut(&format!("{text}{}", "x".repeat(80)), 40));
        }
        // The square of these lengths takes minutes.
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
    }

    proptest! {
        #[test]
        fn no_row_is_too_wide_and_nothing_but_spaces_is_lost(text in "[a-z 你é👩]{0,60}", columns in 8_usize..30) {
            let rows = wrap(&text, columns);
            for row in &rows {
                prop_assert!(width(row) <= columns, "{row:?}");
            }
            let without = |text: &str| text.replace(' ', "");
            prop_assert_eq!(without(&rows.concat()), without(&text));
        }

        #[test]
        fn whatever_is_written_no_row_is_too_wide(
            text in "[ ac1#❤你é👩👍\u{FE0E}\u{FE0F}\u{200D}\u{1F3FD}\u{1100}\u{1161}\u{915}\u{94D}\u{644}\u{627}\u{338}<]{0,60}",
            columns in 0_usize..30,
        ) {
            for row in wrap(&text, columns) {
                prop_assert!(width(&row) <= columns.max(8), "{row:?}");
            }
            prop_assert!(width(&cut(&text, columns)) <= columns);
            prop_assert_eq!(width(&left(&text, columns)), columns);
            prop_assert_eq!(width(&right(&text, columns)), columns);
        }

        #[test]
        fn any_text_is_cleaned_and_laid_out(text in any::<String>(), columns in 0_usize..30) {
            let clean = crate::terminal::clean::line(&text);
            prop_assert_eq!(crate::terminal::clean::line(&clean), clean.clone());
            prop_assert!(!clean.contains(char::is_control));
            for row in wrap(&clean, columns) {
                prop_assert!(width(&row) <= columns.max(8), "{row:?}");
            }
            prop_assert_eq!(width(&left(&clean, columns)), columns);
        }
    }
}

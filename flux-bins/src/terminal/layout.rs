//! How text lies on rows of a terminal.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How many columns `text` takes; it holds no escape sequences.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// `text` on rows of at most `columns`, broken at spaces where that is possible.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let mut rows = Vec::new();
    let mut row = String::new();
    for word in text.split_inclusive(' ') {
        if !row.is_empty() && width(&row) + width(word.trim_end()) > columns {
            rows.push(std::mem::take(&mut row));
        }
        // A word that is longer than a row is broken anywhere.
        for c in word.chars() {
            if width(&row) + c.width().unwrap_or(0) > columns {
                if c == ' ' {
                    continue;
                }
                rows.push(std::mem::take(&mut row));
            }
            row.push(c);
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
    let mut short = String::new();
    for c in text.chars() {
        if width(&short) + c.width().unwrap_or(0) + 1 > columns {
            break;
        }
        short.push(c);
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
    }
}

//! Rows under headings.

use crate::terminal::{Paint, Tone, layout};

/// Lines of a table whose columns are as wide as what stands in them. Numbers stand right.
pub(super) fn lines(headings: &[(&str, Side)], rows: &[Vec<String>], paint: Paint) -> Vec<String> {
    let widths: Vec<usize> = headings
        .iter()
        .enumerate()
        .map(|(column, (heading, _))| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| layout::width(cell));
            cells.chain([layout::width(heading)]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: Vec<&str>| {
        let cells = cells.iter().zip(headings).zip(&widths).map(|((cell, (_, side)), width)| match side {
            Side::Left => layout::left(cell, *width),
            Side::Right => layout::right(cell, *width),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let head = line(headings.iter().map(|(heading, _)| *heading).collect());
    let head = paint.tone(Tone::Dim, head).to_string();
    std::iter::once(head)
        .chain(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())))
        .collect()
}

/// Where the content of a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["chat".to_owned(), "7".to_owned()], vec!["节点".to_owned(), "1000".to_owned()]];
        let shown = lines(&[("NODE", Side::Left), ("LOAD", Side::Right)], &rows, Paint::plain());
        assert_eq!(shown, ["NODE  LOAD", "chat     7", "节点  1000"]);
    }
}

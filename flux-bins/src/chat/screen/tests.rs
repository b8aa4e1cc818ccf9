use std::sync::{Arc, Mutex};

use super::*;

/// A screen of 80 by 24 that understands what is printed here.
#[derive(Debug, Clone, Default)]
struct Paper(Arc<Mutex<Sheet>>);

#[derive(Debug, Default)]
struct Sheet {
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Paper {
    fn printer(&self) -> Printer {
        let sheet = Arc::clone(&self.0);
        Box::new(move |text| {
            sheet.lock().unwrap().print(&text);
            Ok(())
        })
    }

    fn shown(&self) -> Vec<String> {
        let sheet = self.0.lock().unwrap();
        assert_eq!(sheet.column, 0, "the prompt begins at the left");
        let rows = sheet.rows.iter().map(|row| row.iter().collect::<String>().trim_end().to_owned());
        rows.take(sheet.row).collect()
    }
}

impl Sheet {
    fn print(&mut self, text: &str) {
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '\n' => (self.row, self.column) = (self.row + 1, 0),
                '\r' => self.column = 0,
                '\x1b' => {
                    assert_eq!(chars.next(), Some('['));
                    let mut number = String::new();
                    let end = loop {
                        match chars.next().unwrap() {
                            digit if digit.is_ascii_digit() => number.push(digit),
                            end => break end,
                        }
                    };
                    let count: usize = number.parse().unwrap_or(0);
                    match end {
                        'A' => self.row -= count,
                        'B' => self.row += count,
                        'G' => self.column = count - 1,
                        'J' => self.rows.truncate(self.row),
                        other => panic!("{other}"),
                    }
                }
                c => {
                    while self.rows.len() <= self.row {
                        self.rows.push(Vec::new());
                    }
                    let row = &mut self.rows[self.row];
                    while row.len() <= self.column {
                        row.push(' ');
                    }
                    row[self.column] = c;
                    self.column += 1;
                }
            }
        }
    }
}

fn screen() -> (Paper, Terminal) {
    let paper = Paper::default();
    let terminal = Terminal::with_size(paper.printer(), Paint::plain(), Zone::default(), || Some((80, 24)));
    (paper, terminal)
}

fn line<'l>(name: &'l str, text: &'l str, own: Option<(MessageId, Mark)>) -> Line<'l> {
    Line { at_ms: 0, name, tone: Tone::Strong, text, own }
}

fn id(n: u8) -> MessageId {
    [n; 16].into()
}

#[test]
fn a_mark_changes_where_its_message_stands() {
    let (paper, mut screen) = screen();
    screen.message(&line("you", "hello", Some((id(1), Mark::Queued)))).unwrap();
    screen.message(&line("bob", "hi", None)).unwrap();
    screen.message(&line("you", "how are you", Some((id(2), Mark::Queued)))).unwrap();
    screen.mark(id(2), Mark::Stored, "hello").unwrap();
    screen.mark(id(1), Mark::Read, "hello").unwrap();
    assert_eq!(
        paper.shown(),
        [
            "00:00 ✓✓ read               you │ hello",
            "00:00                       bob │ hi",
            "00:00 ✓  stored             you │ how are you",
        ]
    );
    screen.mark(id(2), Mark::Delivered, "hello").unwrap();
    assert_eq!(paper.shown()[2], "00:00 ✓✓ delivered          you │ how are you");
}

#[test]
fn long_and_hostile_texts_keep_to_their_column() {
    let (paper, mut screen) = screen();
    let text = "one two three four five six seven eight nine ten eleven twelve\n\x1b[2Jgone";
    screen.message(&line("you", text, Some((id(1), Mark::Queued)))).unwrap();
    screen.mark(id(1), Mark::Stored, "hello").unwrap();
    assert_eq!(
        paper.shown(),
        [
            "00:00 ✓  stored             you │ one two three four five six seven eight nine",
            "                                │ ten eleven twelve",
            "                                │ ␛[2Jgone",
        ]
    );
}

#[test]
fn what_left_the_screen_is_left_alone() {
    let (paper, mut screen) = screen();
    screen.message(&line("you", "hello", Some((id(1), Mark::Queued)))).unwrap();
    for _ in 0..30 {
        screen.say("…").unwrap();
    }
    let before = paper.shown();
    screen.mark(id(1), Mark::Stored, "hello").unwrap();
    assert_eq!(paper.shown(), before);
}

#[test]
fn a_typed_line_makes_room_for_what_it_says() {
    let (paper, mut screen) = screen();
    screen.message(&line("bob", "hi", None)).unwrap();
    screen.last_print = None;
    let typed = "x".repeat(100);
    screen.print(format!("bob › {}\n{}\n", &typed[..74], &typed[74..])).unwrap();
    screen.last_print = None;
    screen.typed("bob › ", &typed, Instant::now()).unwrap();
    assert_eq!(paper.shown(), ["00:00                       bob │ hi"]);
}

#[test]
fn what_became_of_a_message_is_told_below_where_its_row_is_in_doubt() {
    let (paper, mut screen) = screen();
    screen.message(&line("you", "hello", Some((id(1), Mark::Stored)))).unwrap();
    // Something was printed just when the return key went down.
    screen.say("not connected\nbob › how are you").unwrap();
    screen.typed("bob › ", "how are you", Instant::now()).unwrap();
    screen.mark(id(1), Mark::Delivered, "hello").unwrap();
    assert_eq!(paper.shown()[2..], ["bob › how are you", "      ✓✓ delivered          you │ hello"]);
    screen.mark(id(1), Mark::Read, "hello").unwrap();
    assert_eq!(
        paper.shown()[3..],
        ["      ✓✓ read               you │ hello"],
        "from then on in its new row"
    );
}

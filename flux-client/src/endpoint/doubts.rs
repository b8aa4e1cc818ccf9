//! Which addresses did not answer a moment ago.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

/// How long an address is in doubt: longer than an attempt to connect may take, and than the lease of a node, after which
/// the server knows by itself.
const SPAN: Duration = Duration::from_secs(20);

/// How many addresses the server heeds.
const MOST: usize = 8;

/// The addresses that did not answer, and since when, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Doubts(VecDeque<(String, Duration)>);

impl Doubts {
    pub(super) fn add(&mut self, url: &str, now: Duration) {
        self.remove(url);
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back((url.to_owned(), now));
    }

    pub(super) fn remove(&mut self, url: &str) {
        self.0.retain(|(doubted, _)| doubted != url);
    }

    /// What the server named. If it is in doubt, so are all: each of them deserves another try in turn.
    pub(super) fn answered(&mut self, url: &str) {
        if self.0.iter().any(|(doubted, _)| doubted == url) {
            self.0.clear();
        }
    }

    /// The query that asks for another address than these; empty if none is in doubt.
    pub(super) fn query(&mut self, now: Duration) -> String {
        self.0.retain(|(_, since)| now < *since + SPAN);
        let mut query = String::new();
        for (n, (url, _)) in self.0.iter().enumerate() {
            query.push_str(if n == 0 { "?avoid=" } else { "," });
            encode(url, &mut query);
        }
        query
    }
}

/// Writes what is no plain part of a query as `%XX`.
fn encode(url: &str, query: &mut String) {
    for byte in url.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'/' => {
                query.push(char::from(byte));
            }
            _ => {
                let _ = write!(query, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_doubt_passes_with_time_or_with_an_answer() {
        let mut doubts = Doubts::default();
        assert_eq!(doubts.query(SECOND), "");
        doubts.add("wss://a/v1/chat", SECOND);
        doubts.add("wss://b/v1/chat", SECOND * 2);
        assert_eq!(doubts.query(SECOND * 2), "?avoid=wss://a/v1/chat,wss://b/v1/chat");
        assert_eq!(doubts.query(SECOND + SPAN), "?avoid=wss://b/v1/chat");
        doubts.remove("wss://b/v1/chat");
        assert_eq!(doubts.query(SECOND + SPAN), "");
    }

    #[test]
    fn where_all_are_in_doubt_each_has_another_try_in_turn() {
        let mut doubts = Doubts::default();
        doubts.add("a", SECOND);
        doubts.add("b", SECOND);
        doubts.answered("a");
        doubts.add("a", SECOND);
        assert_eq!(doubts.query(SECOND), "?avoid=a");
    }

    #[test]
    fn the_newest_are_kept_and_nothing_breaks_out_of_the_query() {
        let mut doubts = Doubts::default();
        for n in 0..=MOST {
            doubts.add(&format!("{n}&x=,#%\u{e4}"), SECOND);
        }
        let query = doubts.query(SECOND);
        assert!(query.starts_with("?avoid=1%26x%3D%2C%23%25%C3%A4,2%26"), "{query}");
        assert_eq!(query.split(',').count(), MOST);
    }
}

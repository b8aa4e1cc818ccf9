//! From `errors.toml` to the enums of two crates and a page of the docs.
//!
//! What is written here is laid out as rustfmt would lay it out, so that the files pass `cargo fmt --check`.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use serde::Deserialize;

use crate::templates::{
    CLOSE_METHODS, CLOSE_TAIL, CORE_METHODS, CORE_ROW, DISPLAY, PAGE_CLOSES, PAGE_HEAD, PROTO_METHODS,
    PROTO_ROW, PROTO_TYPES,
};

const WIDTH: usize = 110;
const NOTE: &str =
    "// Generated from proto/errors.toml: FLUX_REGENERATE=1 cargo test -p flux-proto --test generated\n";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Catalogue {
    error: Vec<ErrorEntry>,
    close: Vec<CloseEntry>,
    reconnect: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorEntry {
    code: String,
    status: u16,
    retry: Retry,
    closes: Option<u16>,
    meaning: String,
    en: String,
    zh: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Retry {
    Never,
    Later,
}

impl Retry {
    fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Later => "later",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CloseEntry {
    code: u16,
    name: String,
    reconnect: String,
    meaning: String,
}

impl Catalogue {
    /// Reads the catalogue and refuses one that contradicts itself.
    pub(crate) fn parse(text: &str) -> Self {
        let catalogue: Self = toml::from_str(text).expect("errors.toml reads");
        let mut codes = HashSet::new();
        for error in &catalogue.error {
            let code = &error.code;
            assert!(code.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{code} is snake_case");
            assert!(codes.insert(code), "{code} stands there once");
            assert!((400..600).contains(&error.status), "{code} has the status of an error");
            if let Some(closes) = error.closes {
                assert!(
                    catalogue.close.iter().any(|close| close.code == closes),
                    "{code} closes with a listed code"
                );
            }
            for text in [&error.meaning, &error.en, &error.zh] {
                assert!(text.ends_with(['.', '。']), "the texts of {code} are sentences");
            }
        }
        let mut closes = HashSet::new();
        for close in &catalogue.close {
            assert!(closes.insert(close.code), "{} stands there once", close.code);
            assert!(catalogue.reconnect.contains_key(&close.reconnect), "{} has a listed way", close.code);
        }
        catalogue
    }

    /// `flux_proto::ErrorCode`.
    pub(crate) fn proto_error_code(&self) -> String {
        let mut out = format!(
            "//! The codes of everything that can go wrong, as clients and servers know them.\n{NOTE}\n\
             use std::fmt;\n\nuse crate::{{CloseCode, v1}};\n\n"
        );
        self.error_enum(&mut out);
        out.push_str(PROTO_TYPES);
        self.error_head(&mut out);
        out.push_str(PROTO_METHODS);
        out.push_str(DISPLAY);
        out.push_str(PROTO_ROW);
        self.error_table(&mut out, |error| {
            let closes = match error.closes {
                Some(code) => format!("Some(CloseCode::{})", self.close_variant(code)),
                None => "None".to_owned(),
            };
            vec![
                format!("code: {:?}", error.code),
                format!("status: {}", error.status),
                format!("retry: Retry::{}", pascal(error.retry.word())),
                format!("closes: {closes}"),
                format!("english: {:?}", error.en),
                format!("chinese: {:?}", error.zh),
            ]
        });
        out
    }

    /// `flux_core::ErrorCode`.
    pub(crate) fn core_error_code(&self) -> String {
        let mut out = format!("//! The codes of everything that can go wrong.\n{NOTE}\nuse std::fmt;\n\n");
        self.error_enum(&mut out);
        self.error_head(&mut out);
        out.push_str(CORE_METHODS);
        out.push_str(DISPLAY);
        out.push_str(CORE_ROW);
        self.error_table(&mut out, |error| {
            vec![
                format!("code: {:?}", error.code),
                format!("status: {}", error.status),
                format!("retryable: {}", error.retry == Retry::Later),
                format!("message: {:?}", error.en),
            ]
        });
        out
    }

    fn error_enum(&self, out: &mut String) {
        out.push_str(
            "/// What went wrong. A code never changes its meaning; new ones may come with any release.\n\
             #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]\n\
             #[non_exhaustive]\n\
             pub enum ErrorCode {\n",
        );
        for error in &self.error {
            doc_comment(out, &error.meaning);
            writeln!(out, "    {},", pascal(&error.code)).unwrap();
        }
        out.push_str("}\n\n");
    }

    fn error_head(&self, out: &mut String) {
        out.push_str("impl ErrorCode {\n    /// Every code.\n");
        writeln!(out, "    pub const ALL: [Self; {}] = [", self.error.len()).unwrap();
        for error in &self.error {
            writeln!(out, "        Self::{},", pascal(&error.code)).unwrap();
        }
        out.push_str("    ];\n\n");
    }

    fn error_table(&self, out: &mut String, fields: impl Fn(&ErrorEntry) -> Vec<String>) {
        writeln!(out, "\n/// In the order of the variants.\nstatic ROWS: [Row; {}] = [", self.error.len())
            .unwrap();
        for error in &self.error {
            let fields = fields(error);
            let line = format!("    Row {{ {} }},", fields.join(", "));
            if columns(&line) <= WIDTH {
                writeln!(out, "{line}").unwrap();
            } else {
                out.push_str("    Row {\n");
                for field in fields {
                    writeln!(out, "        {field},").unwrap();
                }
                out.push_str("    },\n");
            }
        }
        out.push_str("];\n");
    }

    fn close_variant(&self, code: u16) -> String {
        pascal(&self.close.iter().find(|close| close.code == code).expect("checked when read").name)
    }

    /// `flux_proto::CloseCode`.
    pub(crate) fn close_code(&self) -> String {
        let mut out = format!(
            "//! Why a WebSocket was closed, and whether to come back.\n{NOTE}\nuse std::fmt;\n\n\
             /// Why a WebSocket was closed. The number is what stands in the close frame.\n\
             #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]\n\
             #[non_exhaustive]\n\
             #[repr(u16)]\n\
             pub enum CloseCode {{\n"
        );
        for close in &self.close {
            doc_comment(&mut out, &close.meaning);
            writeln!(out, "    {} = {},", pascal(&close.name), close.code).unwrap();
        }
        out.push_str(
            "}\n\n/// What a client does after a close.\n\
             #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]\n\
             #[non_exhaustive]\n\
             pub enum Reconnect {\n",
        );
        for (way, meaning) in &self.reconnect {
            doc_comment(&mut out, meaning);
            writeln!(out, "    {},", pascal(way)).unwrap();
        }
        out.push_str("}\n\nimpl CloseCode {\n    /// Every code.\n");
        writeln!(out, "    pub const ALL: [Self; {}] = [", self.close.len()).unwrap();
        for close in &self.close {
            writeln!(out, "        Self::{},", pascal(&close.name)).unwrap();
        }
        out.push_str(CLOSE_METHODS);
        for close in &self.close {
            writeln!(out, "            Self::{} => {:?},", pascal(&close.name), close.name).unwrap();
        }
        out.push_str(
            "        }\n    }\n\n    /// Whether to connect again, and when.\n\
             \x20   #[must_use]\n    pub const fn reconnect(self) -> Reconnect {\n        match self {\n",
        );
        for way in self.reconnect.keys() {
            let names: Vec<String> = self
                .close
                .iter()
                .filter(|close| close.reconnect == *way)
                .map(|close| format!("Self::{}", pascal(&close.name)))
                .collect();
            assert!(!names.is_empty(), "{way} is the way of some code");
            let result = format!("Reconnect::{}", pascal(way));
            let line = format!("            {} => {result},", names.join(" | "));
            if columns(&line) <= WIDTH {
                writeln!(out, "{line}").unwrap();
            } else {
                writeln!(out, "            {} => {result},", names.join("\n            | ")).unwrap();
            }
        }
        out.push_str(CLOSE_TAIL);
        out
    }

    /// `docs/errors.md`.
    pub(crate) fn page(&self) -> String {
        let mut out = PAGE_HEAD.to_owned();
        for error in &self.error {
            let closes =
                error.closes.map_or(String::new(), |code| format!(" Closes a WebSocket with {code}."));
            writeln!(
                out,
                "| `{}` | {} | {} | {}{closes} | {} | {} |",
                error.code,
                error.status,
                error.retry.word(),
                error.meaning,
                error.en,
                error.zh
            )
            .unwrap();
        }
        out.push_str(PAGE_CLOSES);
        for (way, meaning) in &self.reconnect {
            writeln!(out, "- `{way}`: {meaning}").unwrap();
        }
        out.push_str("\n| code | name | reconnect | meaning |\n| --- | --- | --- | --- |\n");
        for close in &self.close {
            writeln!(out, "| {} | `{}` | {} | {} |", close.code, close.name, close.reconnect, close.meaning)
                .unwrap();
        }
        out
    }
}

fn pascal(snake: &str) -> String {
    let mut out = String::new();
    for word in snake.split('_') {
        let mut letters = word.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

/// How wide rustfmt takes a line to be: Chinese takes two columns a character.
fn columns(line: &str) -> usize {
    line.chars().map(|c| if c >= '\u{2e80}' { 2 } else { 1 }).sum()
}

fn doc_comment(out: &mut String, text: &str) {
    let mut line = "    ///".to_owned();
    for word in text.split(' ') {
        if columns(&line) + 1 + columns(word) > WIDTH {
            writeln!(out, "{line}").unwrap();
            line.truncate("    ///".len());
        }
        line.push(' ');
        line.push_str(word);
    }
    writeln!(out, "{line}").unwrap();
}

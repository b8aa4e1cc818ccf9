//! The types that a setting may have: how each is read from text or TOML, and how it is shown.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use flux_core::Secret;

/// A value as a source gave it. Variables and flags know only text; a file also knows the types of TOML.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Raw {
    Text(String),
    Int(i64),
    Bool(bool),
    List(Vec<Raw>),
    /// Something of TOML that no setting takes, by the name of its type.
    Other(&'static str),
}

impl Raw {
    /// What it is, for a message; never its content, which may be a secret.
    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Int(_) => "a number",
            Self::Bool(_) => "true or false",
            Self::List(_) => "a list",
            Self::Other(kind) => kind,
        }
    }
}

/// Something that may stand in the configuration.
pub(crate) trait Value {
    /// Takes `raw` over; says what would have been right if it is not.
    fn read(&mut self, raw: &Raw) -> Result<(), String>;

    /// As it would stand in the file.
    fn show(&self) -> String;

    /// Whether nobody is to see it.
    fn secret(&self) -> bool {
        false
    }

    /// The secret that it holds, if it is one and is set.
    fn held(&self) -> Option<&Secret> {
        None
    }
}

fn expected(what: &str, raw: &Raw) -> String {
    format!("expected {what}, found {}", raw.kind())
}

/// TOML's basic string; text of ours holds no control characters but by mistake, and then they are seen.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                // Writing to a text does not fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

impl Value for bool {
    fn read(&mut self, raw: &Raw) -> Result<(), String> {
        *self = match raw {
            Raw::Bool(value) => *value,
            Raw::Text(text) if text == "true" || text == "1" => true,
            Raw::Text(text) if text == "false" || text == "0" => false,
            _ => return Err(expected("true or false", raw)),
        };
        Ok(())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

macro_rules! number {
    ($($type:ty),+) => {$(
        impl Value for $type {
            fn read(&mut self, raw: &Raw) -> Result<(), String> {
                let read = match raw {
                    Raw::Int(value) => Self::try_from(*value).ok(),
                    Raw::Text(text) => text.replace('_', "").parse().ok(),
                    _ => return Err(expected("a number", raw)),
                };
                *self = read.ok_or_else(|| format!("expected a whole number from 0 to {}", Self::MAX))?;
                Ok(())
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+};
}
number!(u16, u32);

impl Value for String {
    fn read(&mut self, raw: &Raw) -> Result<(), String> {
        let Raw::Text(text) = raw else { return Err(expected("text", raw)) };
        self.clone_from(text);
        Ok(())
    }

    fn show(&self) -> String {
        quoted(self)
    }
}

impl Value for PathBuf {
    fn read(&mut self, raw: &Raw) -> Result<(), String> {
        match raw {
            Raw::Text(text) if !text.is_empty() => *self = Self::from(text),
            _ => return Err(expected("a path", raw)),
        }
        Ok(())
    }

    fn show(&self) -> String {
        quoted(&self.to_string_lossy())
    }
}

impl Value for SocketAddr {
    fn read(&mut self, raw: &Raw) -> Result<(), String> {
        let Raw::Text(text) = raw else { return Err(expected("an address with a port", raw)) };
        let named = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
        let read = named.as_deref().unwrap_or(text).parse();
        *self = read.map_err(|_| {
            "expected an address with a port, such as \"127.0.0.1:8080\" or \"[::1]:8080\"".to_owned()
        })?;
        Ok(())
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Value for Duration {
    fn read(&mut self, raw: &Raw) -> Result<(), String> {
        let Raw::Text(text) = raw else { return Err(expected("a time such as \"20s\"", raw)) };
        *self = parse_duration(text).ok_or_else(|| {
            "expected a time such as \"500ms\", \"20s\", \"10m\", \"12h\" or \"60d\"".to_owned()
        })?;
        Ok(())
    }

    fn show(&self) -> String {
        quoted(&show_duration(*self))
    }
}

/// Units of time, the longest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let (_, millis) = UNITS.into_iter().find(|(name, _)| *name == unit.trim())?;
    number.parse::<u64>().ok()?.checked_mul(millis).map(Duration::from_millis)
}

fn show_duration(span: Duration) -> String {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    if millis == 0 {
        return "0s".to_owned();
    }
    let fits = UNITS.into_iter().find(|(_, unit)| millis.is_multiple_of(*unit));
    fits.map_or_else(String::new, |(name, unit)| format!("{}{name}", millis / unit))
}

/// A secret that may be missing.
impl Value for Option<Secret> {
    fn read(&mut self, raw: &Raw) -> Result<(), String> {
        let Raw::Text(text) = raw else { return Err(expected("text", raw)) };
        *self = (!text.is_empty()).then(|| Secret::new(text.as_str()));
        Ok(())
    }

    fn show(&self) -> String {
        if self.is_some() { "(hidden)".to_owned() } else { "\"\"".to_owned() }
    }

    fn secret(&self) -> bool {
        true
    }

    fn held(&self) -> Option<&Secret> {
        self.as_ref()
    }
}

impl<T: Value + Element> Value for Vec<T> {
    fn read(&mut self, raw: &Raw) -> Result<(), String> {
        let items = match raw {
            Raw::List(items) => items.clone(),
            Raw::Text(text) => text
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(|part| Raw::Text(part.to_owned()))
                .collect(),
            _ => return Err(expected("a list", raw)),
        };
        *self = items
            .iter()
            .map(|item| {
                let mut value = T::blank();
                value.read(item).map(|()| value)
            })
            .collect::<Result<_, _>>()?;
        Ok(())
    }

    fn show(&self) -> String {
        format!("[{}]", self.iter().map(Value::show).collect::<Vec<_>>().join(", "))
    }
}

/// What may stand in a list.
pub(crate) trait Element {
    /// Something to read into.
    fn blank() -> Self;
}

impl Element for String {
    fn blank() -> Self {
        Self::new()
    }
}

/// An enum whose variants are words of the configuration.
macro_rules! choice {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $crate::config::value::Value for $name {
            fn read(&mut self, raw: &$crate::config::value::Raw) -> Result<(), String> {
                match raw {
                    $($crate::config::value::Raw::Text(text) if text == $word => *self = Self::$variant,)+
                    _ => return Err(format!("expected one of {}", [$($word),+].join(", "))),
                }
                Ok(())
            }

            fn show(&self) -> String {
                let word = match self { $(Self::$variant => $word),+ };
                format!("\"{word}\"")
            }
        }
    };
}
pub(crate) use choice;

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Value>(mut value: T, text: &str) -> Result<String, String> {
        value.read(&Raw::Text(text.to_owned())).map(|()| value.show())
    }

    #[test]
    fn times_are_read_with_their_unit_and_shown_in_the_longest_that_fits() {
        for (text, shown) in [
            ("500ms", "500ms"),
            ("20s", "20s"),
            ("600 s", "10m"),
            ("48h", "2d"),
            ("0s", "0s"),
            ("1500ms", "1500ms"),
        ] {
            assert_eq!(read(Duration::ZERO, text), Ok(format!("\"{shown}\"")), "{text}");
        }
        for text in ["", "20", "s", "-1s", "1.5s", "99999999999999999999s", "9999999999999999d", "5 weeks"] {
            assert!(read(Duration::ZERO, text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_keep_to_their_range() {
        assert_eq!(read(0_u16, "8080"), Ok("8080".to_owned()));
        assert_eq!(read(0_u32, "10_000"), Ok("10000".to_owned()));
        for text in ["", "-1", "65536", "0x10", "eighty"] {
            assert!(read(0_u16, text).is_err(), "{text}");
        }
    }

    #[test]
    fn text_is_shown_as_toml_reads_it() {
        for text in ["", "流", "a \"b\" \\ c", "line\nline\t\u{7f}", "C:\\u0041"] {
            let file: toml::Table = format!("key = {}", quoted(text)).parse().unwrap();
            assert_eq!(file["key"].as_str(), Some(text));
        }
    }

    #[test]
    fn lists_are_read_from_text_with_commas() {
        let read = |text| read(Vec::<String>::new(), text);
        assert_eq!(
            read("https://a.example, https://b.example"),
            Ok(r#"["https://a.example", "https://b.example"]"#.to_owned())
        );
        assert_eq!(read(""), Ok("[]".to_owned()));
    }

    #[test]
    fn a_wrong_value_is_not_repeated_for_it_may_be_a_secret() {
        let mut secret = None::<Secret>;
        let error = secret.read(&Raw::List(vec![Raw::Text("hunter2".to_owned())])).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
        let error = read(Duration::ZERO, "hunter2").unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
}

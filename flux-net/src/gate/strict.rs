//! JSON as every reader understands it: no name twice in an object, nothing nested without end (RFC 8259, section 4;
//! RFC 7493, section 2.3). And no list: no body of this API has one, and serde would take the items of a list for the
//! fields of an object, in their order.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// How deep objects may be nested.
const DEEPEST: usize = 32;

/// Whether `json` is one such value and nothing more.
pub(super) fn check(json: &[u8]) -> Result<(), serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    reader.deserialize_any(Strict { depth: 0 })?;
    reader.end()
}

/// Reads a value and keeps nothing of it.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn inside<E: Error>(self) -> Result<Self, E> {
        if self.depth == DEEPEST {
            return Err(E::custom("nested too deeply"));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom("a list, where none is taken"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("a name stands twice in an object"));
            }
            members.next_value_seed(inside)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a15_what_readers_disagree_about_is_refused() {
        let deep = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        let values = r#"{"a":-0,"b":0.5e-3,"c":"a\u00e9\ud83d\ude00","d":null,"e":true}"#;
        for good in ["{}", values, " {\"a\": 1}\n", "\"x\"", &deep(32)] {
            assert!(check(good.as_bytes()).is_ok(), "{good}");
        }
        let a = |value: &str| format!("{{\"a\":{value}}}");
        for bad in [
            "1e400",
            "-1e400",
            "NaN",
            "Infinity",
            "01",
            "+1",
            ".5",
            "1.",
            "1,",
            "[]",
            "[1]",
            "\"a\0b\"",
            "\"a\nb\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\\udc00\"",
            "\"\\x41\"",
            "'a'",
            "1,\"a\":2",
            "1,\"\\u0061\":2",
            "{\"b\":1,\"b\":1}",
            "undefined",
            "",
        ] {
            assert!(check(a(bad).as_bytes()).is_err(), "{bad}");
        }
        for bad in [
            "",
            " ",
            "{",
            "{} {}",
            "{}x",
            "[]",
            "[null]",
            "{a:1}",
            "{'a':1}",
            "\u{feff}{}",
            "{}\0",
            "\0{}",
            "// note\n{}",
            &deep(33),
            &deep(10_000),
            &"[".repeat(10_000),
        ] {
            assert!(check(bad.as_bytes()).is_err(), "{bad}");
        }
        for bad in [&b"\"\xff\""[..], b"\"\xed\xa0\x80\"", b"{\"\xc0\xaf\":1}"] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a15_thousands_of_names_are_no_work() {
        let many: Vec<_> = (0..6_000).map(|n| format!("\"k{n}\":1")).collect();
        assert!(check(format!("{{{}}}", many.join(",")).as_bytes()).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn a15_no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(0_u8..=255, 0..200)) {
            let _ = check(&bytes);
        }

        #[test]
        fn a15_what_is_taken_is_what_serde_json_takes(text in "[\\[\\]{}:,\"a-c0-9.eE+\\\\u-]{0,40}") {
            if check(text.as_bytes()).is_ok() {
                proptest::prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
            }
        }
    }
}

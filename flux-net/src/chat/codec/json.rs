//! Reading JSON, and telling text that is no JSON from JSON that is no frame.
//!
//! Depth is bounded by the messages themselves: the reader descends only where the schema has a field, and whatever is
//! skipped is skipped without recursion. Unknown and repeated fields are refused by the generated code.

use std::fmt;

use flux_proto::{CloseCode, v1};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Unreadable;

pub(super) fn read(text: &str) -> Result<v1::ClientFrame, Unreadable> {
    serde_json::from_str(text).map_err(|_| match serde_json::from_str::<Salvage>(text) {
        Ok(salvage) => Unreadable::Malformed { request_id: salvage.request_id.unwrap_or(0) },
        Err(_) => Unreadable::Close(CloseCode::InvalidPayload),
    })
}

/// What can be learned from any JSON: the request id, if there is one and no doubt about it.
#[derive(Default)]
struct Salvage {
    request_id: Option<u32>,
}

impl<'de> Deserialize<'de> for Salvage {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Salvage;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Salvage, A::Error> {
        let mut found = Vec::new();
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                // One more than one is as good as many.
                Key::RequestId if found.len() < 2 => found.push(map.next_value::<Id>()?.0),
                Key::RequestId | Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let request_id = match found[..] {
            [only] => only,
            _ => None,
        };
        Ok(Salvage { request_id })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Salvage, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Salvage::default())
    }

    fn visit_unit<E>(self) -> Result<Salvage, E> {
        Ok(Salvage::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Salvage, E> {
        Ok(Salvage::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Salvage, E> {
        Ok(Salvage::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Salvage, E> {
        Ok(Salvage::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Salvage, E> {
        Ok(Salvage::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Salvage, E> {
        Ok(Salvage::default())
    }
}

enum Key {
    RequestId,
    Other,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Key, E> {
                Ok(if matches!(name, "requestId" | "request_id") { Key::RequestId } else { Key::Other })
            }
        }
        from.deserialize_identifier(Name)
    }
}

/// A number of 32 bits, as a number or as text; anything else is no id, but no error either.
struct Id(Option<u32>);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Number;
        impl<'de> Visitor<'de> for Number {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a request id")
            }

            fn visit_u64<E>(self, number: u64) -> Result<Id, E> {
                Ok(Id(u32::try_from(number).ok()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Id, E> {
                Ok(Id(text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Id, E> {
                Ok(Id(None))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Id, E> {
                Ok(Id(None))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Id, E> {
                Ok(Id(None))
            }

            fn visit_unit<E>(self) -> Result<Id, E> {
                Ok(Id(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Id, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Id(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Id, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Id(None))
            }
        }
        from.deserialize_any(Number)
    }
}

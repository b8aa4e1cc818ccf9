//! What scripts and commands answer, read without trust: a key of ours may hold what somebody else wrote.

use flux_core::StoreError;
use redis::Value;

/// No version of Flux answers this.
pub(super) fn strange(what: &'static str) -> StoreError {
    StoreError::Corrupt { what }
}

/// A whole number from zero.
pub(super) fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        Value::BulkString(digits) => std::str::from_utf8(digits).ok()?.parse().ok(),
        _ => None,
    }
}

/// Bytes, or nothing.
pub(super) fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        _ => None,
    }
}

/// Pairs, as a hash or a script gives them.
pub(super) fn pairs(value: Value) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    match value {
        Value::Map(pairs) => {
            pairs.into_iter().map(|(key, value)| Some((bytes(key)?, bytes(value)?))).collect()
        }
        Value::Array(items) if items.len() % 2 == 0 => {
            let mut items = items.into_iter().map(bytes);
            let mut pairs = Vec::with_capacity(items.len() / 2);
            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                pairs.push((key?, value?));
            }
            Some(pairs)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    #[test]
    fn pairs_come_flat_or_as_a_map() {
        let expected = Some(vec![(b"a".to_vec(), b"1".to_vec())]);
        assert_eq!(pairs(Value::Array(vec![text("a"), text("1")])), expected);
        assert_eq!(pairs(Value::Map(vec![(text("a"), text("1"))])), expected);
        assert_eq!(pairs(Value::Array(vec![text("a")])), None);
        assert_eq!(pairs(Value::Array(vec![text("a"), Value::Int(1)])), None);
        assert_eq!(pairs(Value::Nil), None);
    }

    #[test]
    fn numbers_are_whole_and_not_negative() {
        assert_eq!(number(&Value::Int(7)), Some(7));
        assert_eq!(number(&text("7")), Some(7));
        assert_eq!(number(&Value::Int(-1)), None);
        assert_eq!(number(&text("1e3")), None);
        assert_eq!(number(&Value::Nil), None);
    }
}

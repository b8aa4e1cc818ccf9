//! What lies in Redis, and where it is, against bytes: a key of ours may hold what somebody else wrote.

use flux_core::UserId;
use flux_core::cache::CacheKey;

use super::cache::place;
use super::entry::{Entry, digits};
use super::reply::{bytes, number, pairs};
use super::{RedisUrl, cached, node};

/// An entry of the directory, and what a node says of itself behind the line of its id.
pub fn redis_entry(data: &[u8]) {
    if let Some(entry) = Entry::decode(data) {
        let written = entry.encode();
        assert!(written.len() <= 64, "more than the compact form holds");
        assert_eq!(Entry::decode(&written), Some(entry));
        assert!(written.starts_with(digits(entry.generation).as_bytes()));
    }
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (Some(id), Some(text)) = (parts.next(), parts.next()) else { return };
    if let Some(info) = node::decode(id, text) {
        let id = info.node.to_string();
        assert_eq!(node::decode(id.as_bytes(), node::encode(&info).as_bytes()), Some(info));
    }
}

/// A place of the cache, and what may stand there.
pub fn redis_cache(data: &[u8]) {
    const NOW: u64 = 1_000_000;
    let user = UserId::from_slice(&[7; 16]).expect("an id");
    for key in [CacheKey::Card(user), CacheKey::Visibility(user), CacheKey::Friends(user)] {
        let Some(value) = cached::decode(key, data) else { continue };
        assert_eq!(value.key(), key, "the value of another place");
        assert_eq!(cached::encode(&value), data, "two forms of one value");
    }
    if place(data, NOW).is_some() {
        assert!(place(data, u64::MAX).is_none(), "a place for ever");
        assert!(data.starts_with(b"V ") || data.starts_with(b"L "));
    }
}

/// An answer of a server.
pub fn redis_reply(data: &[u8]) {
    let Ok(answer) = redis::parse_redis_value(data) else { return };
    let _ = (number(&answer), bytes(answer.clone()));
    if let Some(pairs) = pairs(answer) {
        assert!(pairs.len() * 2 <= data.len(), "more than the server said");
    }
}

/// An address of a server, which may hold a password.
pub fn redis_url(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let shown = match text.parse::<RedisUrl>() {
        Ok(url) => format!("{url:?}"),
        Err(invalid) => format!("{invalid} {invalid:?}"),
    };
    let Some((_, rest)) = text.split_once("://") else { return };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((login, _)) = authority.rsplit_once('@') else { return };
    let password = login.split_once(':').map_or("", |(_, password)| password);
    assert!(password.len() < 12 || !shown.contains(password), "a password shows: {shown}");
}

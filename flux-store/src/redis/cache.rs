//! What was read of users, on Redis.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use flux_core::cache::{CacheKey, CacheStore, CacheValue, LeaseToken, Looked};
use flux_core::{Epoch, StoreError};
use redis::{Cmd, Value};

use super::Redis;
use super::cached::{decode, encode};
use super::code::hex;
use super::reply::{bytes, number, strange};
use super::script::{FILL, Invocation, RESERVE};
use super::time::{Time, micros};

/// How many places are asked for in one go.
const AT_ONCE: usize = 500;

/// How much longer than it means anything a place is kept, in milliseconds: 15 s. Less than for what must not be lost
/// early, because friends take room: 16 bytes each.
const SLACK_MS: u64 = 15_000;

/// A cache that all processes share. Each place is one key; what stands there says until when it means anything.
///
/// Values are read by plain commands, because of them there are many, and judged by the server's time that is asked for
/// along with them; in a Cluster, by that of any of its servers, whose clocks should not be seconds apart. Everything
/// that writes is a script on one key.
pub struct RedisCache {
    redis: Redis,
    /// What keys have before the user: which store was read.
    epoch: String,
}

/// What stands in a place, and means something.
enum Place<'p> {
    Leased(&'p [u8]),
    Filled(&'p [u8]),
}

/// What stands there at `now`; `None` if nothing that still means anything.
fn place(text: &[u8], now: u64) -> Option<Place<'_>> {
    let mut parts = text.splitn(4, |byte| *byte == b' ');
    let (kind, till, span, rest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let number = |digits: &[u8]| -> Option<u64> { std::str::from_utf8(digits).ok()?.parse().ok() };
    let left = number(till)?.checked_sub(now)?;
    // As in the scripts: more than twice the span can only be left after the clock was set back.
    if left == 0 || left > number(span)?.saturating_mul(2) {
        return None;
    }
    match kind {
        b"V" => Some(Place::Filled(rest)),
        b"L" => Some(Place::Leased(rest)),
        _ => None,
    }
}

fn keep_ms(span: Duration) -> u64 {
    micros(span).div_ceil(1_000) + SLACK_MS
}

impl RedisCache {
    pub(super) fn new(redis: Redis) -> Self {
        Self { redis, epoch: String::new() }
    }

    /// The cache of what was read in `epoch` of a durable store: what was read in another one is nothing here.
    #[must_use]
    pub fn of_epoch(&self, epoch: Epoch) -> Self {
        // Epochs are few; the end of an id is chance alone, and this much of it is enough to tell them apart.
        let epoch = hex(&epoch.as_bytes()[8..]) + ":";
        Self { redis: self.redis.clone(), epoch }
    }

    fn key(&self, key: CacheKey) -> String {
        self.redis.key(format_args!("{}:{}{}", key.kind(), self.epoch, key.user()))
    }

    /// What stands in the places of `keys`, and the time by which to judge it.
    async fn get(&self, keys: &[CacheKey]) -> Result<(u64, Vec<Option<Vec<u8>>>), StoreError> {
        let gets = keys.iter().map(|key| {
            let mut get = redis::cmd("GET");
            get.arg(self.key(*key));
            get
        });
        let (now, answers) = match &self.redis.time {
            Time::Given(clock) => {
                let commands: Vec<Cmd> = gets.collect();
                (micros(clock.monotonic()), self.redis.link.ask_each(&commands).await?)
            }
            Time::Server => {
                let commands: Vec<Cmd> = std::iter::once(redis::cmd("TIME")).chain(gets).collect();
                let mut answers = self.redis.link.ask_each(&commands).await?.into_iter();
                let now = answers.next().and_then(|time| shown(&time)).ok_or_else(|| strange("the time"))?;
                (now, answers.collect())
            }
        };
        Ok((now, answers.into_iter().map(bytes).collect()))
    }

    /// Puts a lease in those of `places` of `keys` that are empty; says of each whether it stands there.
    async fn reserve(
        &self,
        keys: &[String],
        token: LeaseToken,
        lease: Duration,
    ) -> Result<Vec<bool>, StoreError> {
        let keys: Vec<_> = keys.iter().map(|key| [key.as_str()]).collect();
        let calls: Vec<_> = keys
            .iter()
            .map(|key| {
                Invocation::new(&RESERVE, key)
                    .arg(self.redis.time.argument())
                    .arg(hex(token.as_bytes()))
                    .arg(micros(lease))
                    .arg(keep_ms(lease))
            })
            .collect();
        Ok(said(&self.redis.link.eval_each(&calls).await?))
    }

    async fn look_at(
        &self,
        keys: &[CacheKey],
        token: LeaseToken,
        lease: Duration,
    ) -> Result<Vec<Looked>, StoreError> {
        let (now, places) = self.get(keys).await?;
        let mut looked = Vec::with_capacity(keys.len());
        let (mut empty, mut names) = (Vec::new(), Vec::new());
        for (key, text) in keys.iter().zip(&places) {
            looked.push(match text.as_deref().and_then(|text| place(text, now)) {
                Some(Place::Filled(value)) => decode(*key, value).map_or(Looked::Taken, Looked::Found),
                Some(Place::Leased(held)) if held == hex(token.as_bytes()).as_bytes() => Looked::Leased,
                Some(Place::Leased(_)) => Looked::Taken,
                None => {
                    empty.push(looked.len());
                    names.push(self.key(*key));
                    Looked::Taken
                }
            });
        }
        for (at, reserved) in empty.into_iter().zip(self.reserve(&names, token, lease).await?) {
            if reserved {
                looked[at] = Looked::Leased;
            }
        }
        Ok(looked)
    }
}

/// The answer to TIME, in microseconds.
fn shown(time: &Value) -> Option<u64> {
    let Value::Array(parts) = time else { return None };
    let [seconds, rest] = parts.as_slice() else { return None };
    number(seconds)?.checked_mul(1_000_000)?.checked_add(number(rest)?)
}

/// Yes or no, of each.
fn said(answers: &[Value]) -> Vec<bool> {
    answers.iter().map(|answer| number(answer) == Some(1)).collect()
}

impl fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCache").finish_non_exhaustive()
    }
}

#[async_trait]
impl CacheStore for RedisCache {
    async fn look(
        &self,
        keys: &[CacheKey],
        token: LeaseToken,
        lease: Duration,
    ) -> Result<Vec<Looked>, StoreError> {
        let looking = async {
            let mut looked = Vec::with_capacity(keys.len());
            for keys in keys.chunks(AT_ONCE) {
                looked.append(&mut self.look_at(keys, token, lease).await?);
            }
            Ok(looked)
        };
        self.redis.link.within(looking).await
    }

    async fn fill(
        &self,
        values: &[CacheValue],
        token: LeaseToken,
        ttl: Duration,
    ) -> Result<Vec<bool>, StoreError> {
        let names: Vec<_> = values.iter().map(|value| self.key(value.key())).collect();
        let keys: Vec<_> = names.iter().map(|key| [key.as_str()]).collect();
        let filling = async {
            let mut filled = Vec::with_capacity(values.len());
            for (keys, values) in keys.chunks(AT_ONCE).zip(values.chunks(AT_ONCE)) {
                let calls = keys.iter().zip(values).map(|(key, value)| {
                    Invocation::new(&FILL, key)
                        .arg(self.redis.time.argument())
                        .arg(hex(token.as_bytes()))
                        .arg(encode(value))
                        .arg(micros(ttl))
                        .arg(keep_ms(ttl))
                });
                let calls: Vec<_> = calls.collect();
                filled.append(&mut said(&self.redis.link.eval_each(&calls).await?));
            }
            Ok(filled)
        };
        self.redis.link.within(filling).await
    }

    async fn forget(&self, keys: &[CacheKey]) -> Result<(), StoreError> {
        let forgetting = async {
            for keys in keys.chunks(AT_ONCE) {
                let commands = keys.iter().map(|key| {
                    let mut forget = redis::cmd("DEL");
                    forget.arg(self.key(*key));
                    forget
                });
                self.redis.link.ask_each(&commands.collect::<Vec<Cmd>>()).await?;
            }
            Ok(())
        };
        self.redis.link.within(forgetting).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_means_something_until_its_time_and_not_after_the_clock_was_set_back() {
        let filled = |text: &[u8], now| matches!(place(text, now), Some(Place::Filled(b"a b")));
        assert!(filled(b"V 100 40 a b", 60) && filled(b"V 100 40 a b", 99));
        assert!(!filled(b"V 100 40 a b", 100) && !filled(b"V 100 40 a b", 19));
        assert!(matches!(place(b"L 100 40 00ff", 60), Some(Place::Leased(b"00ff"))));
        for text in [&b""[..], b"V", b"V 100 40", b"W 100 40 a", b"V 1e2 40 a", b"V -1 40 a", b"V  40 a"] {
            assert!(place(text, 60).is_none(), "{text:?}");
        }
    }
}

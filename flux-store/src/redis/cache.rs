//! What was read of users, on Redis.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use flux_core::cache::{CacheKey, CacheStore, CacheValue, LeaseToken, Looked};
use flux_core::{Epoch, StoreError, UserId};
use redis::{Cmd, Value};

use super::Redis;
use super::cached::{decode, encode};
use super::code::hex;
use super::reply::{bytes, number, strange};
use super::script::{FILL, Invocation, RESERVE, Script};
use super::time::{Time, micros};

/// How many places one command concerns: no more, for while it is carried out the server does nothing else.
const AT_ONCE: usize = 100;

/// Into how many slots of a Cluster places are spread, so that one command can concern several.
const SLOTS: u8 = 64;

/// How much longer than it means anything a place is kept, in milliseconds: not long, because there are many.
const SLACK_MS: u64 = 1_000;

/// The same where a test's clock decides: longer than any test takes.
const GIVEN_SLACK_MS: u64 = 60_000;

/// A cache that all processes share. Each place is one key; what stands there says until when it means anything.
///
/// Places of one slot go together in one command, everywhere else than in a Cluster all of them do. Values are read
/// without a script, which would cost the server more than reading them, and judged by its time that is asked for along
/// with them; in a Cluster, by that of any of its servers, whose clocks should not be seconds apart. Everything that
/// writes is a script, which does one place after the other.
pub struct RedisCache {
    redis: Redis,
    /// What keys have before the user: which store was read.
    epoch: String,
}

/// What stands in a place, and means something.
pub(super) enum Place<'p> {
    Leased(&'p [u8]),
    Filled(&'p [u8]),
}

/// What stands there at `now`; `None` if nothing that still means anything.
pub(super) fn place(text: &[u8], now: u64) -> Option<Place<'_>> {
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

/// Of which of the slots a user's places are.
fn slot(user: UserId) -> u8 {
    user.as_bytes()[15] % SLOTS
}

/// Keys that go together in one command, each with its place in what was asked.
struct Group {
    keys: Vec<String>,
    places: Vec<usize>,
}

impl Group {
    fn command(&self, name: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(&self.keys);
        command
    }
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
        let user = key.user();
        self.redis.key(format_args!("{{cache{}}}:{}:{}{user}", slot(user), key.kind(), self.epoch))
    }

    /// `keys` in groups that one command can concern.
    fn groups<'k>(&self, keys: impl Iterator<Item = (usize, &'k CacheKey)>) -> Vec<Group> {
        let mut slots: BTreeMap<u8, Vec<(usize, &CacheKey)>> = BTreeMap::new();
        let apart = self.redis.link.is_cluster();
        for (place, key) in keys {
            slots.entry(if apart { slot(key.user()) } else { 0 }).or_default().push((place, key));
        }
        let group = |some: &[(usize, &CacheKey)]| Group {
            keys: some.iter().map(|(_, key)| self.key(**key)).collect(),
            places: some.iter().map(|(place, _)| *place).collect(),
        };
        slots.values().flat_map(|keys| keys.chunks(AT_ONCE)).map(group).collect()
    }

    fn keep_ms(&self, span: Duration) -> u64 {
        let slack = match self.redis.time {
            Time::Server => SLACK_MS,
            Time::Given(_) => GIVEN_SLACK_MS,
        };
        micros(span).div_ceil(1_000) + slack
    }

    /// What stands in the places of `keys`, and the time by which to judge it.
    async fn get(&self, keys: &[CacheKey]) -> Result<(u64, Vec<Option<Vec<u8>>>), StoreError> {
        let groups = self.groups(keys.iter().enumerate());
        let reads = groups.iter().map(|group| group.command("MGET"));
        let (now, answers) = match &self.redis.time {
            Time::Given(clock) => {
                let commands: Vec<Cmd> = reads.collect();
                (micros(clock.monotonic()), self.redis.link.ask_each(&commands).await?)
            }
            Time::Server => {
                let mut commands = vec![redis::cmd("TIME")];
                commands.extend(reads);
                let mut answers = self.redis.link.ask_each(&commands).await?;
                (shown(&answers.remove(0)).ok_or_else(|| strange("the time"))?, answers)
            }
        };
        let mut found = vec![None; keys.len()];
        for (group, answer) in groups.into_iter().zip(answers) {
            let Value::Array(texts) = answer else { return Err(strange("places of the cache")) };
            for (place, text) in group.places.into_iter().zip(texts) {
                found[place] = bytes(text);
            }
        }
        Ok((now, found))
    }

    /// Carries out `script` on `keys`, with the arguments that `more` adds for the places of a group; says of each key
    /// what it said.
    async fn eval<'k>(
        &self,
        script: &'static Script,
        keys: impl Iterator<Item = (usize, &'k CacheKey)>,
        token: LeaseToken,
        span: Duration,
        more: impl Fn(usize) -> Option<Vec<u8>>,
    ) -> Result<Vec<(usize, bool)>, StoreError> {
        let groups = self.groups(keys);
        let keys: Vec<Vec<&str>> =
            groups.iter().map(|group| group.keys.iter().map(String::as_str).collect()).collect();
        let calls = groups.iter().zip(&keys).map(|(group, keys)| {
            let call = Invocation::new(script, keys)
                .arg(self.redis.time.argument())
                .arg(hex(token.as_bytes()))
                .arg(micros(span))
                .arg(self.keep_ms(span));
            group.places.iter().filter_map(|place| more(*place)).fold(call, Invocation::arg)
        });
        let answers = self.redis.link.eval_each(&calls.collect::<Vec<_>>()).await?;
        let mut said = Vec::new();
        for (group, answer) in groups.into_iter().zip(answers) {
            let Value::Array(answers) = answer else { return Err(strange("places of the cache")) };
            said.extend(group.places.into_iter().zip(answers.iter().map(|one| number(one) == Some(1))));
        }
        Ok(said)
    }

    async fn try_look(
        &self,
        keys: &[CacheKey],
        token: LeaseToken,
        lease: Duration,
    ) -> Result<Vec<Looked>, StoreError> {
        let (now, places) = self.get(keys).await?;
        let own = hex(token.as_bytes());
        let mut empty = Vec::new();
        let mut looked = Vec::with_capacity(keys.len());
        for (at, (key, text)) in keys.iter().zip(&places).enumerate() {
            looked.push(match text.as_deref().and_then(|text| place(text, now)) {
                Some(Place::Filled(value)) => decode(*key, value).map_or(Looked::Taken, Looked::Found),
                Some(Place::Leased(held)) if held == own.as_bytes() => Looked::Leased,
                Some(Place::Leased(_)) => Looked::Taken,
                None => {
                    empty.push((at, key));
                    Looked::Taken
                }
            });
        }
        if !empty.is_empty() {
            for (at, stands) in self.eval(&RESERVE, empty.into_iter(), token, lease, |_| None).await? {
                if stands {
                    looked[at] = Looked::Leased;
                }
            }
        }
        Ok(looked)
    }

    async fn try_fill(
        &self,
        values: &[CacheValue],
        token: LeaseToken,
        ttl: Duration,
    ) -> Result<Vec<bool>, StoreError> {
        let keys: Vec<_> = values.iter().map(CacheValue::key).collect();
        let value = |place: usize| values.get(place).map(encode);
        let mut filled = vec![false; values.len()];
        for (at, done) in self.eval(&FILL, keys.iter().enumerate(), token, ttl, value).await? {
            filled[at] = done;
        }
        Ok(filled)
    }
}

/// The answer to TIME, in microseconds.
fn shown(time: &Value) -> Option<u64> {
    let Value::Array(parts) = time else { return None };
    let [seconds, rest] = parts.as_slice() else { return None };
    number(seconds)?.checked_mul(1_000_000)?.checked_add(number(rest)?)
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
        self.redis.link.within(self.try_look(keys, token, lease)).await
    }

    async fn fill(
        &self,
        values: &[CacheValue],
        token: LeaseToken,
        ttl: Duration,
    ) -> Result<Vec<bool>, StoreError> {
        self.redis.link.within(self.try_fill(values, token, ttl)).await
    }

    async fn forget(&self, keys: &[CacheKey]) -> Result<(), StoreError> {
        let groups = self.groups(keys.iter().enumerate());
        let commands: Vec<Cmd> = groups.iter().map(|group| group.command("DEL")).collect();
        self.redis.link.ask_each(&commands).await?;
        Ok(())
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

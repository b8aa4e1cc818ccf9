//! Who is connected where, and which nodes live, on Redis.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use flux_core::routing::{Located, NodeInfo, NodeRegistry, SessionDirectory};
use flux_core::{Generation, NodeId, SessionId, StoreError, UserId};
use futures_util::stream::FuturesUnordered;
use futures_util::{StreamExt, future};
use redis::{Cmd, Value};
use tracing::debug;

use super::Redis;
use super::entry::{Entry, digits};
use super::failure::Failure;
use super::kept::{ENTRIES_KEPT, Kept};
use super::leases::{Leases, Live};
use super::link::Repeat;
use super::node;
use super::reply::{bytes, number, pairs, strange};
use super::script::{ANNOUNCE, CLAIM, Invocation, NODES, PRUNE, RELEASE, RENEW};
use super::time::{keep_ms, micros};

/// How many users' entries are asked for in one go.
const LOCATED_AT_ONCE: usize = 500;

/// How often a claim tries again when the entry in its way changes under its hands.
const TRIES: usize = 8;

/// The session directory and the node registry that all processes share, in one, for a node's lease rules its entries.
///
/// A user's entries are one hash; the leases of all nodes are another one, because in a Cluster the two lie on different
/// servers. Each announcement of a node without a lease gives it a new incarnation, which its entries carry: whether an entry
/// lives is whether exactly that incarnation does. Since none ever comes back, what was found lapsed stays so, and the two
/// can be read one after the other. Entries that have lapsed are removed by whoever comes across them.
pub struct RedisDirectory {
    redis: Redis,
    /// In one slot: the leases, and what their nodes say of themselves.
    leases_key: String,
    infos_key: String,
    leases: Leases,
    kept: Kept,
}

/// What stands in a user's hash.
type Raw = (Vec<u8>, Vec<u8>);

/// A user's entries, as far as they live, and what stands there besides.
#[derive(Default)]
struct Judged {
    live: Vec<Located>,
    rest: Vec<Raw>,
}

fn judge(user: UserId, entries: Vec<Raw>, leases: &Live) -> Judged {
    let mut judged = Judged::default();
    for (session, value) in entries {
        let entry = Entry::decode(&value).filter(|entry| leases.holds(entry));
        match (SessionId::from_slice(&session), entry) {
            (Ok(session), Some(entry)) => judged.live.push(entry.located(user, session)),
            _ => judged.rest.push((session, value)),
        }
    }
    judged
}

/// A command on one key.
fn command(name: &str, key: impl AsRef<str>) -> Cmd {
    let mut command = redis::cmd(name);
    command.arg(key.as_ref());
    command
}

impl RedisDirectory {
    pub(super) fn new(redis: Redis) -> Self {
        let (leases_key, infos_key) = (redis.key("{nodes}:leases"), redis.key("{nodes}:infos"));
        let leases = Leases::new(redis.clone(), leases_key.clone());
        Self { redis, leases_key, infos_key, leases, kept: Kept::default() }
    }

    fn key(&self, user: UserId) -> String {
        self.redis.key(format_args!("sessions:{user}"))
    }

    /// What stands in the hashes of `users`.
    async fn entries(&self, users: &[UserId]) -> Result<Vec<Vec<Raw>>, StoreError> {
        let mut found = Vec::with_capacity(users.len());
        for users in users.chunks(LOCATED_AT_ONCE) {
            let commands: Vec<_> = users.iter().map(|user| command("HGETALL", self.key(*user))).collect();
            for answer in self.redis.link.ask_each(&commands).await? {
                found.push(pairs(answer).ok_or_else(|| strange("a user's sessions"))?);
            }
        }
        Ok(found)
    }

    /// Looks again at a user with entries of no known lease: their node may have announced itself after the leases were
    /// read. Those whose lease is still not there then have lapsed for good, and are removed.
    async fn look_again(
        &self,
        place: usize,
        user: UserId,
        doubtful: Vec<Raw>,
    ) -> Result<(usize, Vec<Located>), StoreError> {
        let leases = self.leases.now().await?;
        let over = judge(user, doubtful, &leases).rest;
        let key = self.key(user);
        let keys = [key.as_str()];
        let mut call = Invocation::new(&PRUNE, &keys);
        for (session, value) in over {
            call = call.arg(session).arg(value);
        }
        let left = pairs(self.redis.link.eval(Repeat::Safe, &call).await?);
        let left = left.ok_or_else(|| strange("a user's sessions"))?;
        Ok((place, judge(user, left, &leases).live))
    }

    async fn find(&self, users: &[UserId]) -> Result<Vec<Vec<Located>>, StoreError> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let leases = async { Ok(self.leases.now().await?) };
        let (leases, entries) = future::try_join(leases, self.entries(users)).await?;
        let mut found = Vec::with_capacity(users.len());
        let mut again = FuturesUnordered::new();
        for (place, (user, entries)) in users.iter().zip(entries).enumerate() {
            let judged = judge(*user, entries, &leases);
            found.push(judged.live);
            if !judged.rest.is_empty() {
                again.push(self.look_again(place, *user, judged.rest));
            }
        }
        while let Some(looked) = again.next().await {
            let (place, live) = looked?;
            found[place] = live;
        }
        Ok(found)
    }

    async fn try_claim(&self, entry: Located) -> Result<bool, StoreError> {
        let Located { user, session, generation, node, away } = entry;
        let leases = self.leases.now().await?;
        // Nobody would find the entry of a node without a lease.
        let value = leases
            .incarnation(node)
            .map(|incarnation| Entry { generation, away, node, incarnation }.encode())
            .unwrap_or_default();
        let key = self.key(user);
        let keys = [key.as_str()];
        let mut over = Vec::new();
        for _ in 0..TRIES {
            let call = Invocation::new(&CLAIM, &keys)
                .arg(session.as_bytes())
                .arg(digits(generation))
                .arg(&value)
                .arg(&over)
                .arg(keep_ms(ENTRIES_KEPT));
            let Some(in_the_way) = bytes(self.redis.link.eval(Repeat::Safe, &call).await?) else {
                if value.is_empty() {
                    self.kept.remove(user, session);
                } else {
                    self.kept.put(user, session, self.redis.time.elapsed());
                }
                return Ok(true);
            };
            // What is no entry is in nobody's way.
            if let Some(entry) = Entry::decode(&in_the_way)
                && (leases.holds(&entry) || self.leases.now().await?.holds(&entry))
            {
                self.kept.remove(user, session);
                return Ok(false);
            }
            over = in_the_way;
        }
        Err(Failure::Contended.into())
    }

    async fn try_release(
        &self,
        user: UserId,
        session: SessionId,
        generation: Generation,
    ) -> Result<bool, StoreError> {
        let key = self.key(user);
        let keys = [key.as_str()];
        let call = Invocation::new(&RELEASE, &keys).arg(session.as_bytes()).arg(digits(generation));
        let Some(removed) = bytes(self.redis.link.eval(Repeat::Never, &call).await?) else {
            return Ok(false);
        };
        // One that had lapsed was not there any more.
        let Some(entry) = Entry::decode(&removed) else { return Ok(false) };
        Ok(self.leases.now().await?.holds(&entry))
    }

    /// Keeps the entries of this process's sessions alive, those whose turn it is. A failure costs nothing: there are
    /// more turns than needed.
    async fn keep(&self) {
        let commands = self.kept.due(self.redis.time.elapsed()).into_iter().map(|user| {
            let mut command = command("PEXPIRE", self.key(user));
            command.arg(keep_ms(ENTRIES_KEPT));
            command
        });
        let commands: Vec<_> = commands.collect();
        if let Err(error) = self.redis.link.ask_each(&commands).await {
            debug!(%error, "entries not kept; they will be at the next turn");
        }
    }
}

impl fmt::Debug for RedisDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisDirectory").finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionDirectory for RedisDirectory {
    async fn claim(&self, entry: Located) -> Result<bool, StoreError> {
        self.redis.link.within(self.try_claim(entry)).await
    }

    async fn locate(&self, users: &[UserId]) -> Result<Vec<Vec<Located>>, StoreError> {
        self.redis.link.within(self.find(users)).await
    }

    async fn release(
        &self,
        user: UserId,
        session: SessionId,
        generation: Generation,
    ) -> Result<bool, StoreError> {
        self.kept.remove(user, session);
        self.redis.link.within(self.try_release(user, session, generation)).await
    }
}

#[async_trait]
impl NodeRegistry for RedisDirectory {
    async fn announce(&self, info: &NodeInfo, lease: Duration) -> Result<(), StoreError> {
        let keys = [self.leases_key.as_str(), self.infos_key.as_str()];
        let call = Invocation::new(&ANNOUNCE, &keys)
            .arg(self.redis.time.argument())
            .arg(info.node.to_string())
            .arg(micros(lease))
            .arg(node::encode(info))
            .arg(keep_ms(ENTRIES_KEPT.max(lease)));
        let (announced, ()) = future::join(self.redis.link.eval(Repeat::Safe, &call), self.keep()).await;
        announced?;
        Ok(())
    }

    async fn renew(&self, node: NodeId, lease: Duration) -> Result<bool, StoreError> {
        let keys = [self.leases_key.as_str()];
        let call = Invocation::new(&RENEW, &keys)
            .arg(self.redis.time.argument())
            .arg(node.to_string())
            .arg(micros(lease));
        Ok(number(&self.redis.link.eval(Repeat::Safe, &call).await?) == Some(1))
    }

    async fn withdraw(&self, node: NodeId) -> Result<(), StoreError> {
        let commands = [&self.leases_key, &self.infos_key].map(|key| {
            let mut command = command("HDEL", key);
            command.arg(node.to_string());
            command
        });
        self.redis.link.ask_each(&commands).await?;
        Ok(())
    }

    async fn live(&self) -> Result<Vec<NodeInfo>, StoreError> {
        let keys = [self.leases_key.as_str(), self.infos_key.as_str()];
        let call = Invocation::new(&NODES, &keys).arg(self.redis.time.argument());
        let answer: Value = self.redis.link.eval(Repeat::Safe, &call).await?;
        let found = pairs(answer).ok_or_else(|| strange("the nodes"))?;
        // What is no node leads nowhere; the node that wrote it says it again.
        let mut nodes: Vec<_> = found.iter().filter_map(|(node, info)| node::decode(node, info)).collect();
        nodes.sort_by_key(|info| info.node);
        Ok(nodes)
    }
}

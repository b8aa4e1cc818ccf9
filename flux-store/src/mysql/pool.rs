//! Connections: a bounded number, each with the settings that the store relies on, none given to the next user in a state
//! that it has to clear up or wait for.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flux_core::{Entropy, NodeId, StoreError, entropy};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::failure::{Failure, Fate};
use super::server::{Flavour, NOW_MICROS};
use crate::observe::SqlMeters;

/// A connection that was idle for longer is asked whether it is still there.
const STALE: Duration = Duration::from_secs(20);
/// A connection is not used for longer than this, so that addresses that changed are found again.
const LIFETIME: Duration = Duration::from_mins(30);
/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(2);

/// How the connections of a store are doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolFigures {
    /// Connections that are open.
    pub size: usize,
    /// Of these, how many nobody uses.
    pub idle: usize,
    /// The most that there may be.
    pub most: usize,
    /// Calls that wait for one now.
    pub waiting: usize,
    /// Calls that had to wait for one, ever.
    pub waits: u64,
    /// Calls that waited in vain, ever.
    pub timeouts: u64,
}

#[derive(Debug, Error)]
#[error("no connection became free in time")]
struct Exhausted;

#[derive(Debug, Error)]
#[error("the store is closed")]
struct Closed;

#[derive(Debug, Error)]
#[error("no connection could be made in time")]
struct SlowConnect;

/// Why there is no connection.
#[derive(Debug)]
pub(super) struct NoConnection {
    pub(super) error: StoreError,
    /// Whether to try again: the server may be back in a moment.
    pub(super) again: bool,
}

/// What a connection tells of itself in the table `connections`.
pub(super) type Slot = [u8; 16];

pub(super) struct Pool {
    options: MySqlConnectOptions,
    flavour: Flavour,
    node: NodeId,
    wait: Duration,
    most: usize,
    permits: Arc<Semaphore>,
    entropy: Arc<dyn Entropy>,
    idle: Mutex<Vec<Idle>>,
    /// Raised when a connection was lost: those made before are asked whether they are still there.
    losses: AtomicU64,
    size: AtomicUsize,
    waiting: AtomicUsize,
    waits: AtomicU64,
    timeouts: AtomicU64,
    meters: SqlMeters,
}

struct Idle {
    live: Live,
    since: Instant,
}

struct Live {
    connection: MySqlConnection,
    slot: Slot,
    made: Instant,
    losses: u64,
}

impl Pool {
    pub(super) fn new(
        options: MySqlConnectOptions,
        flavour: Flavour,
        node: NodeId,
        (most, wait): (usize, Duration),
        entropy: Arc<dyn Entropy>,
        meters: SqlMeters,
    ) -> Arc<Self> {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        Arc::new(Self {
            options,
            flavour,
            node,
            wait,
            most,
            permits: Arc::new(Semaphore::new(most)),
            entropy,
            idle: Mutex::default(),
            losses: AtomicU64::new(0),
            size: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            waits: AtomicU64::new(0),
            timeouts: AtomicU64::new(0),
            meters,
        })
    }

    /// A connection, in its turn.
    pub(super) async fn acquire(self: &Arc<Self>) -> Result<Lease, NoConnection> {
        let began = Instant::now();
        let permit = self.permit().await?;
        self.meters.waited(began.elapsed());
        while let Some(idle) = self.pop() {
            if let Some(live) = self.still_good(idle).await {
                return Ok(self.lend(live, permit));
            }
        }
        Ok(self.lend(self.connect().await?, permit))
    }

    fn lend(self: &Arc<Self>, live: Live, permit: OwnedSemaphorePermit) -> Lease {
        self.show();
        Lease { live: Some(live), pool: Arc::clone(self), clean: true, _permit: permit }
    }

    /// Tells operators how many there are.
    fn show(&self) {
        let figures = self.figures();
        self.meters.connections(figures.size, figures.idle);
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, NoConnection> {
        let never = |error: StoreError| NoConnection { error, again: false };
        let permits = || Arc::clone(&self.permits);
        if let Ok(permit) = permits().try_acquire_owned() {
            return Ok(permit);
        }
        self.waits.fetch_add(1, Ordering::Relaxed);
        let _waiting = Counted::one_more(&self.waiting);
        match timeout(self.wait, permits().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(never(StoreError::unavailable(Closed))),
            Err(_) => {
                self.timeouts.fetch_add(1, Ordering::Relaxed);
                self.meters.busy();
                Err(never(StoreError::unavailable(Exhausted)))
            }
        }
    }

    fn pop(&self) -> Option<Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// The connection, unless it is old or gone.
    async fn still_good(&self, idle: Idle) -> Option<Live> {
        let Idle { mut live, since } = idle;
        let losses = self.losses.load(Ordering::Acquire);
        if live.made.elapsed() <= LIFETIME {
            if live.losses == losses && since.elapsed() <= STALE {
                return Some(live);
            }
            // A server that stands still does not answer either.
            if let Ok(Ok(())) = timeout(self.wait, live.connection.ping()).await {
                live.losses = losses;
                return Some(live);
            }
        }
        self.size.fetch_sub(1, Ordering::Relaxed);
        None
    }

    async fn connect(&self) -> Result<Live, NoConnection> {
        let losses = self.losses.load(Ordering::Acquire);
        let slot: Slot = entropy::bytes(&*self.entropy);
        let connecting = async {
            let mut connection = self.options.connect().await?;
            let text = settings(self.flavour) + &registration(slot, self.node);
            connection.execute(sqlx::raw_sql(AssertSqlSafe(text))).await?;
            Ok::<_, sqlx::Error>(connection)
        };
        match timeout(CONNECT, connecting).await {
            Ok(Ok(connection)) => {
                self.size.fetch_add(1, Ordering::Relaxed);
                Ok(Live { connection, slot, made: Instant::now(), losses })
            }
            Ok(Err(error)) => {
                let failure = Failure::of(&error);
                let again = failure.fate() == Fate::Elsewhere;
                Err(NoConnection { error: failure.into_store_error(), again })
            }
            Err(_) => Err(NoConnection { error: StoreError::unavailable(SlowConnect), again: true }),
        }
    }

    /// A connection broke, so that others may have.
    pub(super) fn lost(&self) {
        self.losses.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn figures(&self) -> PoolFigures {
        PoolFigures {
            size: self.size.load(Ordering::Relaxed),
            idle: self.idle.lock().unwrap_or_else(PoisonError::into_inner).len(),
            most: self.most,
            waiting: self.waiting.load(Ordering::Relaxed),
            waits: self.waits.load(Ordering::Relaxed),
            timeouts: self.timeouts.load(Ordering::Relaxed),
        }
    }

    /// Whether it gives out none any more.
    pub(super) fn is_closed(&self) -> bool {
        self.permits.is_closed()
    }

    /// Which node the connections are registered for.
    pub(super) fn node(&self) -> NodeId {
        self.node
    }

    /// Lets what runs finish, at most for `patience`, then closes every connection. Whoever asks for one after this
    /// gets none.
    pub(super) async fn close(&self, patience: Duration) {
        let all = u32::try_from(self.most).unwrap_or(u32::MAX);
        // Whoever has a connection has a permit. Those who wait for one are served first.
        let _ = timeout(patience, self.permits.acquire_many(all)).await;
        self.permits.close();
        while let Some(idle) = self.pop() {
            self.size.fetch_sub(1, Ordering::Relaxed);
            // It has nothing left to write; the server notices the end of the connection either way.
            let _ = timeout(CONNECT, idle.live.connection.close()).await;
        }
    }
}

/// What every connection of a store sets, however it is used.
pub(super) fn settings(flavour: Flavour) -> String {
    let limits = match flavour {
        // Seconds. In a transaction nobody waits for the client. A little more than a lock is waited for, so that who
        // waits is told that it was for a lock.
        Flavour::MariaDb => {
            "max_statement_time=2.5, idle_transaction_timeout=1, idle_write_transaction_timeout=1"
        }
        // Milliseconds, and of SELECT alone.
        Flavour::MySql => "max_execution_time=2500",
    };
    format!(
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;\
         SET SESSION autocommit=1, innodb_lock_wait_timeout=2, lock_wait_timeout=2, {limits};"
    )
}

/// Says whose connection it is. Who ends the connections of a node finds them by their locks, which the server lets go
/// with the connection: its numbers of connections begin anew when it restarts.
fn registration(slot: Slot, node: NodeId) -> String {
    let (name, slot, node) = (lock_name(slot), hex(&slot), hex(node.as_bytes()));
    format!(
        "DO GET_LOCK('{name}', 0);\
         INSERT INTO connections (slot, node, committed, made_ms) \
         VALUES (x'{slot}', x'{node}', 0, {NOW_MICROS} DIV 1000);"
    )
}

/// Names the lock that a connection holds as long as it lives.
pub(super) fn lock_name(slot: Slot) -> String {
    format!("flux {}", hex(&slot))
}

/// Hexadecimal digits, for texts that are not prepared.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;

    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A connection on loan. It goes back to the pool only if whoever had it said that nothing is open on it; else it is
/// closed at once, and the server rolls back.
pub(super) struct Lease {
    live: Option<Live>,
    pool: Arc<Pool>,
    clean: bool,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    /// The connection, on which something is open from now on.
    pub(super) fn open(&mut self) -> Result<&mut MySqlConnection, StoreError> {
        self.clean = false;
        match &mut self.live {
            Some(live) => Ok(&mut live.connection),
            None => Err(StoreError::unavailable(Closed)),
        }
    }

    /// Nothing is open on it any more.
    pub(super) fn done(&mut self) {
        self.clean = true;
    }

    pub(super) fn slot(&self) -> Slot {
        self.live.as_ref().map_or([0; 16], |live| live.slot)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(live) = self.live.take() else { return };
        if self.clean && !self.pool.permits.is_closed() {
            let idle = Idle { live, since: Instant::now() };
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
        } else {
            self.pool.size.fetch_sub(1, Ordering::Relaxed);
        }
        self.pool.show();
    }
}

/// Counts who is inside, whatever becomes of them.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn one_more(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

//! One connection that all adapters of a process share: it comes back by itself, and does not let anybody wait for a
//! server that does not answer.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use flux_core::StoreError;
use flux_core::observe::Counters;
use metrics::{Gauge, Histogram};
use redis::{Cmd, Value};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::{debug, info, warn};

use super::config::{RedisConfig, RedisConfigError};
use super::connect::{Connection, Connector, OnLost};
use super::failure::{Failure, Verdict};
use super::script::Invocation;
use crate::observe::metric;

/// The first pause between two attempts to connect.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// Whether a call may be sent a second time where the first answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Doing it twice is doing it once.
    Safe,
    /// It must not be done twice.
    Never,
}

/// The shared connection. Clones are the same one.
#[derive(Clone)]
pub(super) struct Link(Arc<Shared>);

struct Shared {
    connector: Connector,
    deadline: Duration,
    failures: u32,
    retry_pause: Duration,
    state: watch::Sender<State>,
    meters: Meters,
}

/// What is counted.
struct Meters {
    calls: Counters<1>,
    time: Histogram,
    up: Gauge,
    connects: Counters<1>,
}

impl Meters {
    fn new() -> Self {
        Self {
            calls: Counters::new(metric::REDIS_CALLS),
            time: metric::REDIS_TIME.histogram(),
            up: metric::REDIS_UP.gauge(),
            connects: Counters::new(metric::REDIS_CONNECTS),
        }
    }

    fn called(&self, outcome: &Result<Vec<Value>, Failure>, took: Duration) {
        let outcome = match outcome {
            Ok(_) => "answered",
            Err(Failure::Open(_)) => "not_asked",
            Err(Failure::Late) => "late",
            Err(_) => "failed",
        };
        self.calls.count([outcome]);
        if outcome != "not_asked" {
            self.time.record(took);
        }
    }
}

enum State {
    /// Nobody has asked for anything yet.
    Idle,
    /// A first attempt to connect, or to connect anew, is under way: callers wait for it.
    Connecting,
    /// It works, as far as is known.
    Up(Live),
    /// The breaker is open: callers are refused at once, while the next attempts are made in the background.
    Down(Failure),
}

/// A connection and how it has done lately.
#[derive(Clone)]
struct Live {
    connection: Connection,
    /// Tells it from those before it.
    number: u64,
    /// Commands in a row without an answer.
    failures: Arc<AtomicU32>,
}

/// What is asked.
#[derive(Clone, Copy)]
enum Request<'a> {
    Command(&'a Cmd),
    Each(&'a [Cmd]),
    Script(&'a Invocation<'a>),
    Scripts(&'a [Invocation<'a>]),
}

impl Request<'_> {
    async fn send(self, connection: &mut Connection) -> Result<Vec<Value>, Failure> {
        match self {
            Self::Command(command) => Ok(vec![connection.ask(command).await?]),
            Self::Each(commands) => connection.ask_each(commands).await,
            Self::Script(call) => match connection.ask(&call.by_hash()).await {
                // Nothing was done. Brought in full it is known again for the next call.
                Err(failure) if failure.script_unknown() => Ok(vec![connection.ask(&call.in_full()).await?]),
                answer => Ok(vec![answer?]),
            },
            Self::Scripts(calls) => {
                let by_hash: Vec<Cmd> = calls.iter().map(Invocation::by_hash).collect();
                match connection.ask_each(&by_hash).await {
                    // Of several servers some may have done it: what is done twice is done once.
                    Err(failure) if failure.script_unknown() => {
                        let in_full: Vec<Cmd> = calls.iter().map(Invocation::in_full).collect();
                        connection.ask_each(&in_full).await
                    }
                    answers => answers,
                }
            }
        }
    }
}

fn first(answers: Vec<Value>) -> Value {
    answers.into_iter().next().unwrap_or(Value::Nil)
}

impl Link {
    pub(super) fn new(config: &RedisConfig) -> Result<Self, RedisConfigError> {
        config.check()?;
        Ok(Self(Arc::new(Shared {
            connector: Connector::new(config)?,
            deadline: config.deadline,
            failures: config.failures,
            retry_pause: config.retry_pause,
            state: watch::Sender::new(State::Idle),
            meters: Meters::new(),
        })))
    }

    /// Whether keys lie on several servers.
    pub(super) fn is_cluster(&self) -> bool {
        self.0.connector.is_cluster()
    }

    /// The answer to one command.
    pub(super) async fn ask(&self, repeat: Repeat, command: &Cmd) -> Result<Value, Failure> {
        self.run(repeat, Request::Command(command)).await.map(first)
    }

    /// The answers to commands that each concern keys of one slot; asking twice must be safe.
    pub(super) async fn ask_each(&self, commands: &[Cmd]) -> Result<Vec<Value>, Failure> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        self.run(Repeat::Safe, Request::Each(commands)).await
    }

    /// What a script gives.
    pub(super) async fn eval(&self, repeat: Repeat, call: &Invocation<'_>) -> Result<Value, Failure> {
        self.run(repeat, Request::Script(call)).await.map(first)
    }

    /// What scripts give that each concern keys of one slot; asking twice must be safe.
    pub(super) async fn eval_each(&self, calls: &[Invocation<'_>]) -> Result<Vec<Value>, Failure> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        self.run(Repeat::Safe, Request::Scripts(calls)).await
    }

    /// Waits for what takes several calls, but not longer than for one.
    pub(super) async fn within<T>(
        &self,
        calls: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        timeout(self.0.deadline, calls).await.unwrap_or_else(|_| Err(Failure::Late.into()))
    }

    async fn run(&self, repeat: Repeat, request: Request<'_>) -> Result<Vec<Value>, Failure> {
        let began = Instant::now();
        let answer = self.call(repeat, request).await;
        self.0.meters.called(&answer, began.elapsed());
        answer
    }

    /// Asks over the connection, within the deadline.
    async fn call(&self, repeat: Repeat, request: Request<'_>) -> Result<Vec<Value>, Failure> {
        let end = Instant::now() + self.0.deadline;
        let mut again = repeat == Repeat::Safe;
        loop {
            let mut live = match timeout_at(end, self.live()).await {
                Ok(live) => live?,
                Err(_) => return Err(Failure::Late),
            };
            let answer =
                timeout_at(end, request.send(&mut live.connection)).await.unwrap_or(Err(Failure::Late));
            let Err(failure) = answer else {
                live.failures.store(0, Ordering::Relaxed);
                return answer;
            };
            let verdict = match failure.verdict() {
                // The others may be well, and the driver itself looks for the one that was lost.
                Verdict::Lost if live.connection.is_cluster() => Verdict::Doubtful,
                verdict => verdict,
            };
            self.judge(&live, verdict, &failure);
            if verdict != Verdict::Lost || !again {
                return Err(failure);
            }
            again = false;
        }
    }

    /// The connection. Waits for one that is being made, refuses at once while the breaker is open.
    async fn live(&self) -> Result<Live, Failure> {
        let mut state = self.0.state.subscribe();
        loop {
            let idle = match &*state.borrow_and_update() {
                State::Up(live) => return Ok(live.clone()),
                State::Down(why) => return Err(Failure::Open(Box::new(why.clone()))),
                State::Connecting => false,
                State::Idle => true,
            };
            if idle {
                self.0.reconnect_from(|state| matches!(state, State::Idle));
            }
            // The sender lives as long as `self`.
            let _ = state.changed().await;
        }
    }

    fn judge(&self, live: &Live, verdict: Verdict, failure: &Failure) {
        match verdict {
            Verdict::Fine => live.failures.store(0, Ordering::Relaxed),
            Verdict::Lost => self.0.lost(live.number, failure),
            Verdict::Doubtful => {
                let failures = live.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
                if failures >= self.0.failures {
                    self.0.open(live.number, failure);
                }
            }
        }
    }
}

impl Shared {
    /// Connection `number` is lost: the next one is made while callers wait.
    fn lost(self: &Arc<Self>, number: u64, why: &dyn fmt::Display) {
        if self.reconnect_from(|state| matches!(state, State::Up(live) if live.number == number)) {
            debug!(error = %why, "connection to redis lost");
        }
    }

    /// Connection `number` does not answer: callers are refused until there is one that does.
    fn open(self: &Arc<Self>, number: u64, why: &Failure) {
        let mut opened = false;
        self.state.send_if_modified(|state| {
            opened = matches!(state, State::Up(live) if live.number == number);
            if opened {
                *state = State::Down(why.clone());
            }
            opened
        });
        if opened {
            self.meters.up.set(0.0);
            warn!(error = %why, "redis does not answer; not asked until it does");
            self.spawn(number);
        }
    }

    /// Goes from a state that `from` accepts to connecting; says whether it did.
    fn reconnect_from(self: &Arc<Self>, from: impl Fn(&State) -> bool) -> bool {
        let mut number = None;
        self.state.send_if_modified(|state| {
            if from(state) {
                number = Some(if let State::Up(live) = state { live.number } else { 0 });
                *state = State::Connecting;
            }
            number.is_some()
        });
        if let Some(number) = number {
            self.spawn(number);
        }
        number.is_some()
    }

    /// Makes connections in the background until one works. Only who moved the state here does this, so that there is
    /// one such task at a time.
    fn spawn(self: &Arc<Self>, last: u64) {
        tokio::spawn(Self::connect(Arc::downgrade(self), last + 1));
    }

    async fn connect(shared: Weak<Self>, number: u64) {
        let on_lost: OnLost = {
            let shared = shared.clone();
            Arc::new(move || {
                if let Some(shared) = shared.upgrade() {
                    shared.lost(number, &"closed by the other side");
                }
            })
        };
        let mut pause = FIRST_PAUSE;
        loop {
            let Some(strong) = shared.upgrade() else { return };
            let end = Instant::now() + strong.deadline;
            let made = timeout_at(end, strong.connector.connect(&on_lost)).await;
            match made.unwrap_or(Err(Failure::Late)) {
                Ok(connection) => {
                    let live = Live { connection, number, failures: Arc::default() };
                    strong.state.send_replace(State::Up(live));
                    strong.meters.up.set(1.0);
                    strong.meters.connects.count(["connected"]);
                    info!("connected to redis");
                    return;
                }
                Err(why) => {
                    let was = strong.state.send_replace(State::Down(why.clone()));
                    strong.meters.up.set(0.0);
                    strong.meters.connects.count(["failed"]);
                    if !matches!(was, State::Down(_)) {
                        warn!(error = %why, "redis cannot be reached; not asked until it can");
                    }
                }
            }
            let longest = strong.retry_pause;
            drop(strong);
            sleep(pause.min(longest)).await;
            pause = (pause * 2).min(longest);
        }
    }
}

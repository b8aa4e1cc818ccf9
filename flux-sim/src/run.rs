//! One seed, from its beginning to the verdict.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use flux_core::account::{NewUser, Username};
use flux_core::friend::Greeting;
use flux_core::message::{HistoryFrom, MessageStore};
use flux_core::routing::OutboxLimits;
use flux_core::session::Actor;
use flux_core::{ConversationId, Pair, Seq, UserId};
use flux_history::{Report, What};
use tokio::time::{Instant, sleep};

use crate::chance::Chance;
use crate::climate::Mood;
use crate::cluster::{Cluster, Shape};
use crate::device::Device;
use crate::history::History;
use crate::nemesis::Nemesis;
use crate::network::{Network, Weather};
use crate::people::People;
use crate::plant::{Plant, Planted};
use crate::trace::Trace;

/// How long it takes at least until what is promised within a time is promised again: leases run out, nodes find each
/// other, the revocations are read.
const HEALING: Duration = Duration::from_secs(15);

/// Until when everybody is back: a client that has failed often waits up to half a minute until it tries again, and then
/// once more if that was too early.
const RETURN: Duration = Duration::from_secs(75);

/// From then on what is promised within a time is watched for as long.
const WATCHED: Duration = Duration::from_secs(12);

/// Until when whoever has something left to do has done it.
const SETTLING: Duration = Duration::from_mins(1);

/// How a seed is run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether every step is kept as a line, with the history between.
    pub trace: bool,
    /// What is wrong on purpose.
    pub plant: Option<Plant>,
}

/// What came of a seed.
#[derive(Debug)]
pub struct Outcome {
    /// Which.
    pub seed: u64,
    /// Every frame, call of a store, event and fault with its time, as one number.
    pub trace_hash: u64,
    /// How many went into it.
    pub steps: u64,
    /// What the checker says of the history.
    pub report: Report,
    /// What else was promised and not kept.
    pub broken: Vec<String>,
    /// The steps, if they were kept.
    pub lines: Vec<String>,
}

impl Outcome {
    /// Whether everything that was promised was kept.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.report.found == 0 && self.broken.is_empty()
    }
}

/// Runs one seed.
#[must_use]
pub fn run(seed: u64) -> Outcome {
    run_with(seed, Options::default())
}

/// Runs one seed in some way.
///
/// # Panics
/// If the system has no memory left for a runtime.
#[must_use]
pub fn run_with(seed: u64, options: Options) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without a network needs only memory");
    runtime.block_on(play(seed, options))
}

async fn play(seed: u64, options: Options) -> Outcome {
    let origin = Instant::now();
    let trace = Arc::new(Trace::new(origin, options.trace));
    let history = Arc::new(History::new(Arc::clone(&trace)));
    let chance = Chance::new(seed);
    let least = Duration::from_micros(100 + chance.below(1_000));
    let usual = Weather { least, most: least + chance.millis(0, 20) };
    let network = Arc::new(Network::new(chance.fork(), usual, Arc::clone(&trace)));
    let mood = Mood::well(200, 500 + chance.below(5_000));
    let outbox = if chance.permille(250) {
        OutboxLimits { events: 24, transient: 8, logs: 64 }
    } else {
        OutboxLimits::default()
    };
    let shape = Shape { nodes: 2 + chance.index(3), outbox };
    let planted = Planted::new(options.plant, chance.fork());
    let cluster = Cluster::new(&network, chance.fork(), origin, planted, mood, shape);
    // Content is held back until the revocations were read, and nodes have to find each other.
    sleep(Duration::from_secs(3)).await;
    let world = World { cluster, history: Arc::clone(&history), chance };
    if let Some(people) = world.populate().await {
        world.live(people, mood).await;
    } else {
        history.broke("the users could not be set up".to_owned());
    }
    let (report, broken) = history.finish();
    let (trace_hash, steps, lines) = trace.finish();
    Outcome { seed, trace_hash, steps, report, broken, lines }
}

struct World {
    cluster: Arc<Cluster>,
    history: Arc<History>,
    chance: Chance,
}

impl World {
    async fn populate(&self) -> Option<Arc<People>> {
        let front = &self.cluster.front;
        let mut users = Vec::new();
        for number in 0..2 + self.chance.below(4) {
            let username = Username::new(&format!("user{number}")).ok()?;
            let new = NewUser { username, display_name: None, email: None };
            users.push(front.accounts.provision(new).await.ok()?.profile.user);
        }
        let mut devices = Vec::new();
        for user in &users {
            for _ in 0..=self.chance.index(2) {
                let (number, chance) = (devices.len(), self.chance.fork());
                let (cluster, history) = (Arc::clone(&self.cluster), Arc::clone(&self.history));
                let device = Arc::new(Device::new(number, *user, chance, cluster, history));
                if !device.log_in().await {
                    return None;
                }
                devices.push(device);
            }
        }
        for (pair, conversation) in pairs(&users) {
            self.history.see(What::Members {
                conversation: conversation.to_string().into(),
                users: pair.both().iter().map(|user| user.to_string().into()).collect(),
            });
            if self.chance.permille(800) {
                let acts = |user: UserId| {
                    let session = devices.iter().find(|device| device.user == user)?.session()?;
                    Some(Actor { user, session, generation: None })
                };
                let (low, high) = (acts(pair.low())?, acts(pair.high())?);
                front.friends.request(&low, high.user, Greeting::empty()).await.ok()?;
                front.friends.request(&high, low.user, Greeting::empty()).await.ok()?;
            }
        }
        let slowest = 200 + self.chance.below(2_500);
        Some(Arc::new(People::new(devices, users, (20, slowest))))
    }

    async fn live(&self, people: Arc<People>, mood: Mood) {
        for device in &people.devices {
            tokio::spawn(Arc::clone(&people).use_device(Arc::clone(device)));
        }
        sleep(self.chance.millis(0, 8_000)).await;
        let nemesis = Nemesis::new(Arc::clone(&self.cluster), Arc::clone(&people), self.chance.fork(), mood);
        let nemesis = Arc::new(nemesis);
        // Some seeds have nothing but fine weather.
        if self.chance.permille(950) {
            self.history.see(What::Storm);
            let (count, span) = (1 + self.chance.below(10), self.chance.millis(5_000, 45_000));
            nemesis.storm(count, span).await;
            sleep(HEALING).await;
            people.return_all(RETURN).await;
            self.history.see(What::Calm);
        }
        sleep(WATCHED).await;
        people.active.store(false, Ordering::Relaxed);
        for device in people.settle(SETTLING).await {
            let run = people.devices[device].run();
            let connection = run.map(|run| run.session.connection());
            self.history.broke(format!("device {device} is not back, or has not sent all: {connection:?}"));
        }
        sleep(WATCHED).await;
        self.history.see(What::Quiet);
        self.leave(&people).await;
        self.read_everything(&people.users).await;
    }

    /// Somebody goes, and those who watch them hear of it in time.
    async fn leave(&self, people: &People) {
        let goes = people.users[self.chance.index(people.users.len())];
        people.present.store(false, Ordering::Relaxed);
        for device in people.devices.iter().filter(|device| device.user == goes) {
            device.kill(true);
        }
        self.history.see(What::Left { user: goes.to_string().into() });
        sleep(WATCHED).await;
        self.history.see(What::Quiet);
    }

    /// Reads every conversation from its beginning to its end.
    async fn read_everything(&self, users: &[UserId]) {
        let epoch = self.cluster.memory.epoch().to_string();
        for (number, (pair, conversation)) in pairs(users).enumerate() {
            let reading = number as u64;
            self.history.see(What::Reading {
                reading,
                conversation: conversation.to_string().into(),
                epoch: epoch.as_str().into(),
            });
            let (mut after, mut head) = (Seq::default(), None);
            loop {
                let from = HistoryFrom::After(after);
                let page = self.cluster.memory.history(pair.low(), conversation, from, 100).await;
                let Ok(Some(page)) = page else { break };
                let head = *head.get_or_insert(page.head.get());
                for message in &page.messages {
                    after = message.seq;
                    self.history.see(What::Entry {
                        reading,
                        seq: message.seq.get(),
                        message: message.message.to_string().into(),
                        sender: message.sender.to_string().into(),
                        body: message.text.as_str().into(),
                    });
                }
                if page.messages.is_empty() || after.get() >= head {
                    break;
                }
            }
            self.history.see(What::Read { reading, head: head.unwrap_or_default() });
        }
    }
}

fn pairs(users: &[UserId]) -> impl Iterator<Item = (Pair, ConversationId)> {
    let pairs =
        users.iter().enumerate().flat_map(|(at, one)| users[..at].iter().map(move |other| (*one, *other)));
    pairs.filter_map(|(one, other)| Pair::new(one, other)).map(|pair| (pair, ConversationId::direct(pair)))
}

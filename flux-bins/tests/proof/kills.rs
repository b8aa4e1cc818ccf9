//! Processes that are killed at random instants, and at chosen ones, while people write as fast as they may.
//!
//! `FLUX_KILLS` is how often at least, `FLUX_SEED` what is drawn from: a long run is this test with other numbers.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use flux_bins::chaos::random::Random;
use flux_bins::chaos::world::{Program, until};
use flux_client::ConversationId;
use flux_history::{Report, What};
use nix::sys::signal::Signal;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::people::Person;
use crate::tape::Tape;
use crate::world::{Shape, World, soon};

/// Who talks, each with the next, on two devices.
const PEOPLE: [&str; 4] = ["ada", "bob", "carol", "dave"];
const DEVICES: [&str; 2] = ["desk", "phone"];
/// How many messages of one session may wait for their answer.
const OPEN: usize = 32;
/// The points that can be chosen; the last two only where there are peers.
const POINTS: [&str; 7] = [
    "before-commit",
    "after-commit",
    "before-ack",
    "before-push",
    "after-push",
    "before-peer-push",
    "after-peer-push",
];

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A run of this test.
struct Run {
    seed: u64,
    random: Random,
    tape: Arc<Tape>,
    kills: u64,
    at_points: u64,
    stops: u64,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, kills, at_points, stops, tape, .. } = self;
        let acked = *tape.acked().borrow();
        write!(f, "seed {seed}, kills {kills} ({at_points} at chosen points), stops {stops}, acked {acked}")
    }
}

impl Run {
    fn new(name: &str) -> Self {
        let seed = number("FLUX_SEED", 1);
        let tape = Arc::new(Tape::new(&format!("kills-{name}-{seed}")));
        Self { seed, random: Random::new(seed), tape, kills: 0, at_points: 0, stops: 0 }
    }

    fn span(&mut self, most_ms: u64) -> Duration {
        self.random.between(Duration::ZERO, Duration::from_millis(most_ms))
    }

    /// Mostly waits until work is done again, so that it is interrupted; at other times the start is.
    async fn progress(&mut self) {
        if self.random.one_in(4) {
            return;
        }
        let mut acked = self.tape.acked();
        let wanted = *acked.borrow_and_update() + 1 + self.random.below(300) as u64;
        // Where it takes longer, as when a chat is full of people who wait, the kill comes all the same.
        let _ = tokio::time::timeout(Duration::from_secs(3), acked.wait_for(|acked| *acked >= wanted)).await;
    }

    /// Kills it and starts it again, some of the times so that it ends once more, by itself, at a chosen point.
    ///
    /// `other` is killed then, if there is one, so that its people come here, and to that point.
    async fn strike(&mut self, program: &mut Program, points: usize, mut other: Option<&mut Program>) {
        self.progress().await;
        tokio::time::sleep(self.span(150)).await;
        program.kill().await.unwrap();
        self.kills += 1;
        if points > 0 && !self.random.one_in(3) {
            let point = POINTS[self.random.below(points)];
            let stop = self.random.one_in(4);
            let (action, nth) = (if stop { "stop" } else { "die" }, 1 + self.random.below(40));
            program.set_env("FLUX_FAULTS", &format!("{point}={action}@{nth}"));
            program.launch().unwrap();
            // It may end before it serves.
            let _ = program.serves().await;
            if let Some(other) = other.as_deref_mut() {
                other.kill().await.unwrap();
                self.kills += 1;
            }
            if stop {
                self.stopped(program).await;
            } else {
                self.struck_down(program).await;
            }
            self.kills += 1;
            program.set_env("FLUX_FAULTS", "");
            if let Some(other) = other {
                other.launch().unwrap();
                other.serves().await.unwrap();
            }
        }
        program.start().await.unwrap();
    }

    /// Waits until it has ended at its point; if it does not come there, it is killed.
    async fn struck_down(&mut self, program: &mut Program) {
        let ended = until(Duration::from_secs(4), "an end", async || program.has_ended()).await;
        if ended.is_ok() {
            self.at_points += 1;
        } else {
            program.signal(Signal::SIGKILL).unwrap();
        }
        program.ended().await.unwrap();
    }

    /// Waits until it stands still at its point, lets others believe that it is gone, and wakes it, before it is killed.
    async fn stopped(&mut self, program: &mut Program) {
        let pid = program.pid().unwrap();
        let still = until(Duration::from_secs(4), "a stop", async || stands_still(pid).then_some(())).await;
        if still.is_ok() {
            self.stops += 1;
            tokio::time::sleep(self.span(3_000)).await;
            program.signal(Signal::SIGCONT).unwrap();
            tokio::time::sleep(self.span(300)).await;
        }
        program.kill().await.unwrap();
    }

    /// What the checker says. Whoever sees it fail finds the history, and how to repeat it.
    fn verdict(&self, name: &str) -> Report {
        let report = self.tape.report();
        // Also where the harness keeps what tests print to itself: long runs are looked at.
        let verdict = if report.is_clean() { "nothing found" } else { "VIOLATED" };
        let line = format!("{name}: {self}, given {}: {verdict}\n", report.counts.given);
        let _ = std::io::Write::write_all(&mut std::io::stderr().lock(), line.as_bytes());
        assert!(
            report.is_clean(),
            "{name}: {self}: {} violations, the first: {:#?}; the history is {}",
            report.found,
            report.violations.iter().take(5).collect::<Vec<_>>(),
            self.tape.path.display()
        );
        report
    }
}

fn stands_still(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
}

/// People who are friends, in a ring, and their conversations: those of each person.
struct Crowd {
    sessions: Vec<(Person, [ConversationId; 2])>,
    conversations: Vec<ConversationId>,
}

impl Crowd {
    async fn enter(world: &World, tape: &Arc<Tape>) -> Self {
        let mut people = Vec::new();
        for name in PEOPLE {
            world.register(name).await;
            let mut devices = Vec::new();
            for device in DEVICES {
                devices.push(Person::log_in(tape, &world.url(), name, device).await);
            }
            people.push(devices);
        }
        let count = people.len();
        let mut conversations = Vec::new();
        for at in 0..count {
            conversations.push(people[at][0].befriend(&people[(at + 1) % count][0]).await);
        }
        let own = |at: usize| [conversations[at], conversations[(at + count - 1) % count]];
        let all = people.into_iter().enumerate();
        let sessions = all.flat_map(|(at, devices)| devices.into_iter().map(move |device| (device, own(at))));
        let sessions = sessions.collect();
        Self { sessions, conversations }
    }

    /// Everybody writes until `over`, as fast as they are let.
    fn write(&self, over: &Arc<AtomicBool>) -> JoinSet<()> {
        let mut writing = JoinSet::new();
        for (person, conversations) in &self.sessions {
            writing.spawn(write(person.clone(), *conversations, Arc::clone(over)));
        }
        writing
    }

    /// Waits until everybody has everything, and reads all of it.
    async fn settle(&self, tape: &Tape) {
        for conversation in &self.conversations {
            let members = || self.sessions.iter().filter(|(_, own)| own.contains(conversation));
            let (reader, _) = members().next().unwrap();
            let head = soon("the head of a conversation", async {
                reader.session.online().await.unwrap();
                reader.session.history_before(*conversation, None, 1).await.unwrap().head_seq
            })
            .await;
            for (person, _) in members() {
                person.has(*conversation, head).await;
            }
        }
        tape.note(What::Quiet);
        for conversation in &self.conversations {
            for (person, own) in self.sessions.iter().step_by(DEVICES.len()) {
                if own.contains(conversation) {
                    person.read(*conversation).await;
                }
            }
        }
    }
}

/// One session. It ends when all that it wrote is answered.
async fn write(person: Person, conversations: [ConversationId; 2], over: Arc<AtomicBool>) {
    let places = Arc::new(Semaphore::new(OPEN));
    let mut answers: JoinSet<()> = JoinSet::new();
    let mut number = 0_u64;
    while !over.load(Ordering::Relaxed) {
        let place = Arc::clone(&places).acquire_owned().await.unwrap();
        number += 1;
        let conversation = conversations[usize::from(number.is_multiple_of(2))];
        let ticket = person.send(conversation, format!("{number}")).await;
        let person = person.clone();
        answers.spawn(async move {
            person.answered(&ticket).await;
            drop(place);
        });
        while answers.try_join_next().is_some() {}
    }
    soon("all answers", answers.join_all()).await;
}

/// Says from time to time how far a long run is.
fn tell(name: &'static str, wanted: u64) -> impl FnMut(&Run) {
    let mut told = Instant::now();
    move |run| {
        if told.elapsed() > Duration::from_secs(20) {
            told = Instant::now();
            let line = format!("{name}: {run} of {wanted} kills\n");
            let _ = std::io::Write::write_all(&mut std::io::stderr().lock(), line.as_bytes());
        }
    }
}

async fn finish(run: &Run, name: &str, crowd: &Crowd, writing: JoinSet<()>) -> Report {
    soon("all answers", writing.join_all()).await;
    crowd.settle(&run.tape).await;
    let report = run.verdict(name);
    assert!(report.counts.acknowledged > run.kills, "{:?}", report.counts);
    assert_eq!(report.counts.failed, 0, "a send was refused that should have been taken");
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn flux_up_that_is_killed_at_any_instant_keeps_all_it_has_acknowledged() {
    let mut run = Run::new("up");
    let wanted = number("FLUX_KILLS", 16);
    let mut world = World::up("").await;
    let crowd = Crowd::enter(&world, &run.tape).await;
    let over = Arc::new(AtomicBool::new(false));
    let writing = crowd.write(&over);
    let mut told = tell("flux up", wanted);
    while run.kills < wanted {
        let Shape::Up(up) = &mut world.shape else { unreachable!() };
        // It has no peers.
        run.strike(&mut up.up, POINTS.len() - 2, None).await;
        told(&run);
    }
    over.store(true, Ordering::Relaxed);
    finish(&run, "flux up", &crowd, writing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_whose_processes_are_killed_at_any_instant_keeps_all_it_has_acknowledged() {
    let mut run = Run::new("cluster");
    let wanted = number("FLUX_KILLS", 16);
    let Some(mut world) = World::cluster(2, "").await else { return };
    let crowd = Crowd::enter(&world, &run.tape).await;
    let over = Arc::new(AtomicBool::new(false));
    let writing = crowd.write(&over);
    let mut told = tell("cluster", wanted);
    while run.kills < wanted {
        let Shape::Cluster(cluster) = &mut world.shape else { unreachable!() };
        match run.random.below(12) {
            0 => run.strike(&mut cluster.gate, 0, None).await,
            1 => run.strike(&mut cluster.status, 0, None).await,
            2 => run.strike(&mut cluster.verify, 0, None).await,
            3 => {
                run.progress().await;
                for program in cluster.programs_mut() {
                    program.signal(Signal::SIGKILL).unwrap();
                    run.kills += 1;
                }
                for program in cluster.programs_mut() {
                    program.ended().await.unwrap();
                }
                cluster.launch().unwrap();
                cluster.serves().await.unwrap();
            }
            _ => {
                if run.random.one_in(2) {
                    cluster.chats.reverse();
                }
                let [chat, other] = &mut cluster.chats[..] else { unreachable!() };
                run.strike(chat, POINTS.len(), Some(other)).await;
            }
        }
        told(&run);
    }
    over.store(true, Ordering::Relaxed);
    soon("a whole cluster", world.whole()).await;
    finish(&run, "cluster", &crowd, writing).await;
}

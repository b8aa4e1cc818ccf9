//! A run from its beginning to its verdict.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use flux_client::Secret;
use flux_history::What;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::args::Args;
use super::crowd::Crowd;
use super::meter::Meter;
use super::nemesis::{Fault, strike};
use super::people::Scene;
use super::random::Random;
use super::report::Outcome;
use super::shape::Shape;
use super::tape::Tape;
use super::world::Site;
use crate::failure::Failure;
use crate::terminal::Out;

/// How long it may take until nothing is lacking after a fault.
const WHOLE: Duration = Duration::from_mins(1);
/// How long what was sent last may take to be answered.
const ANSWERS: Duration = Duration::from_secs(90);
/// From one line about how far it is to the next.
const PROGRESS: Duration = Duration::from_secs(5);
/// A pause after each fault.
const CALM: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(3));

pub(super) async fn run(args: &Args) -> Result<Outcome, Failure> {
    let seed = args.seed.unwrap_or_else(new_seed);
    let faults = match args.target {
        Some(_) => Vec::new(),
        None => Fault::list(&args.faults, args.chat.is_some()).map_err(Failure::new)?,
    };
    let folder = std::env::temp_dir().join(format!("flux-chaos-{seed}-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let history = args.history.clone().unwrap_or_else(|| folder.join("history.jsonl"));
    let run = Run { args, seed, faults, folder: folder.clone(), history };
    let outcome = run.go().await;
    let wanted = args.keep || outcome.as_ref().map_or(true, |outcome| !outcome.is_clean());
    if !wanted {
        if args.history.is_none() {
            // What the folder had is not needed; neither is where it was.
            std::fs::remove_dir_all(&folder)?;
            return outcome.map(|outcome| Outcome { history: None, ..outcome });
        }
        std::fs::remove_dir_all(&folder)?;
    }
    outcome.map_err(|failure| match failure.message() {
        Some(message) => Failure::new(format!("{message} (logs are in {})", folder.display())),
        None => failure,
    })
}

fn new_seed() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // Short enough to be typed.
    Random::new(u64::try_from(now.as_nanos()).unwrap_or_default()).next() % 1_000_000
}

struct Run<'a> {
    args: &'a Args,
    seed: u64,
    faults: Vec<Fault>,
    folder: PathBuf,
    history: PathBuf,
}

impl Run<'_> {
    async fn go(&self) -> Result<Outcome, Failure> {
        let began = Instant::now();
        let random = Random::new(self.seed);
        let tape = Arc::new(Tape::new(&self.history)?);
        let meter = Arc::new(Meter::default());
        let mut shape = if self.args.target.is_none() {
            let site = Site { binary: std::env::current_exe()?, folder: self.folder.clone() };
            Some(Shape::start(self.args.chat.map(usize::from), &site, self.seed).await?)
        } else {
            None
        };
        let target = self.args.target.clone();
        let url = target.or_else(|| shape.as_ref().map(Shape::url)).unwrap_or_default();
        let scene = Scene { url, tape: Arc::clone(&tape), meter: Arc::clone(&meter) };
        let accounts = match &shape {
            Some(shape) => Crowd::register(&scene, &shape.outbox(), self.args.clients).await?,
            None => self.accounts()?,
        };
        let mut crowd = Crowd::enter(&scene, accounts, &random.fork(1)).await?;
        meter.fault("nothing");
        let over = CancellationToken::new();
        let mut living = JoinSet::new();
        for user in std::mem::take(&mut crowd.users) {
            living.spawn(user.live(over.clone()));
        }
        let used = self.break_things(&scene, shape.as_mut(), random.fork(2), began).await;
        over.cancel();
        let answered = timeout(ANSWERS, async {
            while let Some(user) = living.join_next().await {
                crowd.users.extend(user.ok());
            }
        })
        .await
        .is_ok();
        let used = used?;
        let mut open = crowd.settle(&scene).await;
        if !answered {
            open.push("what was sent last: no answer".to_owned());
        }
        let report = tape.finish()?;
        Ok(Outcome {
            seed: self.seed,
            shape: self.args.chat.map_or("flux up".to_owned(), |chats| format!("{chats} chat nodes")),
            faults: used,
            figures: meter.figures(),
            open,
            alarms: tape.alarms(),
            seconds: began.elapsed().as_secs(),
            history: Some(self.history.clone()),
            report,
        })
    }

    /// Names and passwords for a server of somebody else.
    fn accounts(&self) -> Result<Vec<(String, Secret)>, Failure> {
        let Some(path) = &self.args.users else { return Ok(Vec::new()) };
        let text = std::fs::read_to_string(path)?;
        let accounts: Vec<_> = text
            .lines()
            .filter_map(|line| line.split_once(char::is_whitespace))
            .map(|(name, password)| (name.to_owned(), Secret::from(password.trim())))
            .collect();
        if accounts.len() < 2 {
            return Err(Failure::new(format!("{} has to name two users at least", path.display())));
        }
        Ok(accounts)
    }

    /// One fault after the other, until it is enough; how often each was done.
    async fn break_things(
        &self,
        scene: &Scene,
        mut shape: Option<&mut Shape>,
        mut random: Random,
        began: Instant,
    ) -> Result<BTreeMap<&'static str, u64>, Failure> {
        let out = Out::new();
        let longest = Duration::try_from_secs_f64(self.args.longest)?;
        let end = Instant::now() + Duration::try_from_secs_f64(self.args.minutes * 60.0)?;
        let mut used = BTreeMap::new();
        let (mut round, mut done, mut told) = (Vec::new(), 0_u64, Instant::now());
        loop {
            let (acknowledged, given) = scene.tape.so_far();
            let enough = match (self.args.kills, self.args.messages) {
                (Some(kills), _) => done >= kills,
                (_, Some(messages)) => acknowledged >= messages,
                _ => Instant::now() >= end,
            };
            if enough {
                return Ok(used);
            }
            if round.is_empty() {
                round = Fault::round(&self.faults, &mut random);
            }
            if let (Some(fault), Some(shape)) = (round.pop(), shape.as_deref_mut()) {
                scene.tape.note(What::Storm);
                scene.meter.fault(fault.name());
                strike(fault, shape, &mut random, longest).await?;
                shape.whole(WHOLE).await?;
                scene.tape.note(What::Calm);
                *used.entry(fault.name()).or_default() += 1;
                done += 1;
            }
            sleep(random.between(CALM.0, CALM.1)).await;
            if told.elapsed() >= PROGRESS && !self.args.json {
                told = Instant::now();
                let seconds = began.elapsed().as_secs();
                out.line(format_args!(
                    "{seconds:>4} s  {done} faults, {acknowledged} acknowledged, {given} given (seed {})",
                    self.seed
                ))?;
            }
        }
    }
}

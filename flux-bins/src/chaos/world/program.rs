//! One process.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::{WorldError, port, within};

/// How long a process may take to start or to end; far more than it does.
const PATIENCE: Duration = Duration::from_mins(1);
/// How many lines of a log an error shows.
const TAIL: usize = 20;

/// What a process is started from, and where.
#[derive(Debug, Clone)]
pub struct Site {
    /// The program `flux`.
    pub binary: PathBuf,
    /// The folder of everything that is kept.
    pub folder: PathBuf,
}

impl Site {
    /// `flux` with these arguments, in the folder, with nothing of ours in its environment.
    #[must_use]
    pub fn flux<A: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(args).current_dir(&self.folder).kill_on_drop(true);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FLUX_")) {
            command.env_remove(name);
        }
        command.env_remove("XDG_STATE_HOME").env("HOME", &self.folder);
        // What the terminal sends on Ctrl-C is for whoever started it.
        command.process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// Which program of Flux.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Everything in one process.
    Up,
    /// The HTTP gate.
    Gate,
    /// A chat node.
    Chat,
    /// Balance and presence.
    Status,
    /// Verification codes and mail.
    Verify,
}

impl Kind {
    /// As on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Gate => "gate",
            Self::Chat => "chat",
            Self::Status => "status",
            Self::Verify => "verify",
        }
    }

    const fn listen(self) -> &'static str {
        match self {
            Self::Up | Self::Gate => "http.listen",
            Self::Chat => "chat.listen",
            Self::Status => "status.listen",
            Self::Verify => "verify.listen",
        }
    }
}

/// A process of Flux, which comes and goes, always on the same ports.
#[derive(Debug)]
pub struct Program {
    /// What it is.
    pub kind: Kind,
    /// As in its log.
    pub name: String,
    /// Host and port for whom it is there for.
    pub address: String,
    /// Host and port of its health.
    pub health: String,
    site: Site,
    args: Vec<String>,
    env: Vec<(String, String)>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    pid: Pid,
    // Kept open, so that the process does not write into a closed pipe.
    banner: Lines<BufReader<ChildStdout>>,
    // Open as long as this program lives, and the process with it.
    _input: Option<ChildStdin>,
}

impl Program {
    /// The process with these settings, `KEY=VALUE`, and variables; not started yet.
    pub fn new(
        site: &Site,
        kind: Kind,
        name: &str,
        port: u16,
        settings: impl IntoIterator<Item = String>,
        env: &[(String, String)],
    ) -> Self {
        let (address, health) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{}", self::port()));
        let own = [format!("{}={address}", kind.listen()), format!("metrics.listen={health}")];
        let mut args = match kind {
            Kind::Up => vec!["up".to_owned()],
            _ => vec!["serve".to_owned(), kind.name().to_owned()],
        };
        for setting in own.into_iter().chain(settings) {
            args.extend(["--set".to_owned(), setting]);
        }
        Self {
            kind,
            name: name.to_owned(),
            address,
            health,
            site: site.clone(),
            args,
            env: env.to_vec(),
            running: None,
        }
    }

    /// Its command, for those that do not get as far as serving.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = self.site.flux(&self.args);
        command.envs(self.env.iter().cloned());
        command
    }

    /// Lets it break the promises that this process was told to break; only where it is built so that it can.
    pub(in crate::chaos) fn plant(&mut self) {
        #[cfg(feature = "faults")]
        if let Ok(planted) = std::env::var(crate::faults::VARIABLE) {
            self.set_env(crate::faults::VARIABLE, &planted);
        }
    }

    /// With one more variable in its environment, from its next start on; the empty one takes it away.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.env.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.env.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Starts it, and waits until it serves.
    pub async fn start(&mut self) -> Result<(), WorldError> {
        self.launch()?;
        self.serves().await
    }

    /// Starts it, and waits for nothing.
    pub fn launch(&mut self) -> Result<(), WorldError> {
        let path = self.log_file();
        let log = OpenOptions::new().create(true).append(true).open(&path);
        let log = log.map_err(WorldError::system(format!("write {}", path.display())))?;
        let mut command = self.command();
        command.arg("--until-stdin-closes").stdin(Stdio::piped()).stderr(log);
        let starting = format!("start {}", self.name);
        let mut child = command.spawn().map_err(WorldError::system(&starting))?;
        let input = child.stdin.take();
        let pid = child.id().and_then(|pid| pid.try_into().ok()).map(Pid::from_raw);
        let (Some(pid), Some(out)) = (pid, child.stdout.take()) else {
            return Err(self.not_running());
        };
        self.running = Some(Running { child, pid, banner: BufReader::new(out).lines(), _input: input });
        Ok(())
    }

    /// Waits until it serves.
    pub async fn serves(&mut self) -> Result<(), WorldError> {
        let what = format!("{} serving", self.name);
        let Some(running) = self.running.as_mut() else { return Err(self.not_running()) };
        let line = within(PATIENCE, &what, running.banner.next_line()).await?;
        if matches!(line, Ok(Some(_))) {
            return Ok(());
        }
        Err(WorldError::NotServing { name: self.name.clone(), log: self.tail() })
    }

    /// Whether it was started, and nobody has waited for its end since.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Its process id, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.running.as_ref().and_then(|running| running.pid.as_raw().try_into().ok())
    }

    /// Sends it a signal. That it has ended by itself meanwhile is no error: whoever waits for its end is told.
    pub fn signal(&self, signal: Signal) -> Result<(), WorldError> {
        let Some(running) = &self.running else { return Err(self.not_running()) };
        kill(running.pid, signal).map_err(WorldError::system(format!("send {signal} to {}", self.name)))
    }

    /// Ends it as a power cut would.
    pub async fn kill(&mut self) -> Result<(), WorldError> {
        self.signal(Signal::SIGKILL)?;
        self.ended().await.map(drop)
    }

    /// Lets it stand still, and go on when the value is dropped. Returns when all of its threads stand: they hear of
    /// the signal one after the other.
    pub fn pause(&self) -> Result<Paused, WorldError> {
        self.signal(Signal::SIGSTOP)?;
        let Some(running) = &self.running else { return Err(self.not_running()) };
        let paused = Paused(running.pid);
        // How it ended, if it did meanwhile, is left for whoever waits for its end.
        let stands = WaitPidFlag::WSTOPPED | WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        let waited = waitid(Id::Pid(running.pid), stands);
        waited.map(|_| paused).map_err(WorldError::system(format!("wait for {} to stand", self.name)))
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self) -> Result<ExitStatus, WorldError> {
        let what = format!("the end of {}", self.name);
        let Some(running) = self.running.as_mut() else { return Err(self.not_running()) };
        let status = within(PATIENCE, &what, running.child.wait()).await?;
        self.running = None;
        status.map_err(WorldError::system(format!("wait for {}", self.name)))
    }

    /// How it ended, if it has.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.running.as_mut().and_then(|running| running.child.try_wait().ok().flatten())
    }

    /// Ends it in good order.
    pub async fn stop(&mut self) -> Result<(), WorldError> {
        self.signal(Signal::SIGTERM)?;
        let status = self.ended().await?;
        if status.success() {
            return Ok(());
        }
        Err(WorldError::NotInOrder { name: self.name.clone(), status, log: self.tail() })
    }

    /// Everything that it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read(self.log_file())
            .map(|log| String::from_utf8_lossy(&log).into_owned())
            .unwrap_or_default()
    }

    /// The end of it.
    #[must_use]
    pub fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(TAIL)..].join("\n")
    }

    /// Where it is written.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        Path::new(&self.site.folder).join(format!("{}.log", self.name))
    }

    fn not_running(&self) -> WorldError {
        WorldError::NotRunning { name: self.name.clone() }
    }
}

/// A process that stands still.
#[derive(Debug)]
#[must_use = "it goes on when this is dropped"]
pub struct Paused(Pid);

impl Drop for Paused {
    fn drop(&mut self) {
        // It may have been killed meanwhile.
        let _ = kill(self.0, Signal::SIGCONT);
    }
}

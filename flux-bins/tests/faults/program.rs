//! One process of the cluster.

use std::fs::OpenOptions;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::harness::soon;

/// A port that nobody listens at, and that the system gives to no outgoing connection meanwhile: a process that was ended
/// comes back on its own.
pub(crate) fn port() -> u16 {
    /// Below those that outgoing connections get.
    const FROM: u16 = 12_000;
    const COUNT: u16 = 20_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let process = u16::try_from(std::process::id() % u32::from(COUNT)).unwrap();
    loop {
        let turn = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FROM + (process.wrapping_mul(37).wrapping_add(turn)) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// `flux` with these arguments, in `folder`, with nothing of ours in its environment.
pub(crate) fn flux(folder: &Path, args: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flux"));
    command.args(args).current_dir(folder).kill_on_drop(true);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FLUX_")) {
        command.env_remove(name);
    }
    command.env_remove("XDG_STATE_HOME").env("HOME", folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// `flux serve NAME`, which comes and goes, always on the same ports.
pub(crate) struct Program {
    /// As in its log.
    pub(crate) name: String,
    /// Host and port for whom it is there for.
    pub(crate) address: String,
    /// Host and port of its health.
    pub(crate) health: String,
    folder: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
    running: Option<Running>,
}

struct Running {
    child: Child,
    pid: Pid,
    // Kept open, so that the process does not write into a closed pipe.
    banner: Lines<BufReader<ChildStdout>>,
    // Open as long as this program lives, and the process with it.
    _input: Option<ChildStdin>,
}

impl Program {
    /// The process `kind` with these settings, `KEY=VALUE`, and variables; not started yet.
    pub(crate) fn new(
        folder: &Path,
        kind: &str,
        name: &str,
        port: u16,
        settings: impl IntoIterator<Item = String>,
        env: &[(String, String)],
    ) -> Self {
        let listen = match kind {
            "gate" => "http.listen",
            "chat" => "chat.listen",
            "status" => "status.listen",
            _ => "verify.listen",
        };
        let (address, health) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{}", self::port()));
        let own = [format!("{listen}={address}"), format!("metrics.listen={health}")];
        let mut args = vec!["serve".to_owned(), kind.to_owned()];
        for setting in own.into_iter().chain(settings) {
            args.extend(["--set".to_owned(), setting]);
        }
        let (name, folder, env) = (name.to_owned(), folder.to_owned(), env.to_vec());
        Self { name, address, health, folder, args, env, running: None }
    }

    /// Its command, for those that do not get as far as serving.
    pub(crate) fn command(&self) -> Command {
        let mut command = flux(&self.folder, &self.args);
        command.envs(self.env.iter().cloned());
        command
    }

    /// Starts it, and waits until it serves.
    pub(crate) async fn start(&mut self) {
        self.launch();
        self.serves().await;
    }

    /// Starts it, and waits for nothing.
    pub(crate) fn launch(&mut self) {
        let log = OpenOptions::new().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = self.command();
        command.arg("--until-stdin-closes").stdin(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let pid = Pid::from_raw(child.id().unwrap().try_into().unwrap());
        let banner = BufReader::new(child.stdout.take().unwrap()).lines();
        self.running = Some(Running { child, pid, banner, _input: input });
    }

    /// Waits until it serves.
    pub(crate) async fn serves(&mut self) {
        let running = self.running.as_mut().expect("it was started");
        let line = soon(&format!("{} serving", self.name), running.banner.next_line()).await.unwrap();
        assert!(line.is_some(), "{} ended without serving: {}", self.name, self.log());
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.running.as_ref().expect("it runs").pid, signal).unwrap();
    }

    /// Ends it as a power cut would.
    pub(crate) async fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        self.ended().await;
    }

    /// Lets it stand still, and go on when the value is dropped.
    pub(crate) fn pause(&self) -> Paused {
        self.signal(Signal::SIGSTOP);
        Paused(self.running.as_ref().expect("it runs").pid)
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let mut running = self.running.take().expect("it runs");
        soon(&format!("the end of {}", self.name), running.child.wait()).await.unwrap()
    }

    /// Ends it in good order.
    pub(crate) async fn stop(&mut self) {
        self.signal(Signal::SIGTERM);
        let status = self.ended().await;
        assert!(status.success(), "{}: {status}: {}", self.name, self.log());
    }

    /// Everything that it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }
}

/// A process that stands still.
#[must_use = "it goes on when this is dropped"]
pub(crate) struct Paused(Pid);

impl Drop for Paused {
    fn drop(&mut self) {
        // It may have been killed meanwhile.
        let _ = kill(self.0, Signal::SIGCONT);
    }
}

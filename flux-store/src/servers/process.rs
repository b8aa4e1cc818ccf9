//! What all private servers have in common: where their program is, which port is free, and a child process that does
//! not outlive its owner.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use flux_core::Cause;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};
use thiserror::Error;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// Where programs of a system administrator are, which are not always in `PATH`.
const MORE_FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/sbin"];
/// How much of the end of a log an error shows.
const TAIL: u64 = 2_048;
/// From one look at a server that starts to the next.
const LOOK: Duration = Duration::from_millis(15);

/// Why a private server does not run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServerError {
    /// Its program is not on this machine.
    #[error("{program} is not installed: apt-get install {package}")]
    NotInstalled {
        /// The program.
        program: &'static str,
        /// The Debian package that brings it.
        package: &'static str,
    },
    /// The system refused a file, a port or a process.
    #[error("cannot {doing}")]
    System {
        /// What was tried.
        doing: String,
        /// What the system says.
        #[source]
        cause: Cause,
    },
    /// It ended by itself.
    #[error("{program} ended ({status}); {} says: {log}", path.display())]
    Ended {
        /// The program.
        program: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// The log file.
        path: PathBuf,
        /// The end of it.
        log: String,
    },
    /// It runs, but did not get as far as it should in time.
    #[error("{program} is not ready after {} s; {} says: {log}", after.as_secs(), path.display())]
    NotReady {
        /// The program.
        program: &'static str,
        /// How long was waited.
        after: Duration,
        /// The log file.
        path: PathBuf,
        /// The end of it.
        log: String,
    },
}

impl ServerError {
    /// For `map_err` on what the system refuses.
    pub(super) fn system<E: Into<Cause>>(doing: impl Into<String>) -> impl FnOnce(E) -> Self {
        let doing = doing.into();
        move |cause| Self::System { doing, cause: cause.into() }
    }
}

/// A program and the Debian package that brings it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) package: &'static str,
}

impl Program {
    /// Where it is.
    pub(super) fn find(self) -> Result<PathBuf, ServerError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .chain(MORE_FOLDERS.map(PathBuf::from))
            .map(|folder| folder.join(self.name))
            .find(|file| file.is_file())
            .ok_or(ServerError::NotInstalled { program: self.name, package: self.package })
    }
}

/// A port of the loopback interface that nobody uses. Somebody may take it before the caller does: whoever starts a
/// server on it tries another one if the server ends at once.
pub(super) fn free_port() -> Result<u16, ServerError> {
    let refused = |error: io::Error| ServerError::system("find a free port")(error);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(refused)?;
    Ok(listener.local_addr().map_err(refused)?.port())
}

/// Starts a server again on its port, with `launch`, until `patience` is over: somebody may have taken the port for a
/// moment.
pub(super) async fn again<P, F: Future<Output = Result<P, ServerError>>>(
    patience: Duration,
    mut launch: impl FnMut() -> F,
) -> Result<P, ServerError> {
    let end = Instant::now() + patience;
    loop {
        match launch().await {
            Err(ServerError::Ended { .. }) if Instant::now() < end => {}
            launched => return launched,
        }
    }
}

/// A server that runs. It is killed when this is dropped, and by a guard when the owner's process ends, however it
/// ends.
#[derive(Debug)]
pub(super) struct Process {
    program: &'static str,
    child: Child,
    pid: Pid,
    log: PathBuf,
    /// A shell that waits for the end of its input, which this process holds open, and then kills the server.
    #[cfg_attr(not(test), expect(dead_code, reason = "held, for what happens when it is let go"))]
    guard: Child,
}

impl Process {
    /// Starts a program in a process group of its own (what a terminal sends to its owner is not for it), writing what
    /// it says to the end of the file `log`.
    pub(super) fn start<A: AsRef<OsStr>>(
        program: Program,
        arguments: impl IntoIterator<Item = A>,
        log: &Path,
    ) -> Result<Self, ServerError> {
        Self::start_with(program, arguments, None, log)
    }

    /// With a variable in its environment.
    pub(super) fn start_with<A: AsRef<OsStr>>(
        program: Program,
        arguments: impl IntoIterator<Item = A>,
        variable: Option<(&str, &Path)>,
        log: &Path,
    ) -> Result<Self, ServerError> {
        let file = program.find()?;
        let output = append(log).map_err(ServerError::system(format!("write {}", log.display())))?;
        let refused = |error: io::Error| ServerError::system(format!("start {}", program.name))(error);
        let child = Command::new(file)
            .args(arguments)
            .envs(variable)
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(refused)?)
            .stderr(output)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(refused)?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let pid =
            pid.ok_or_else(|| ServerError::system(format!("start {}", program.name))("it has no pid"))?;
        let guard = Command::new("/bin/sh")
            .args(["-c", "read _; kill -s KILL -- -$1", "guard"])
            .arg(pid.as_raw_nonzero().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(refused)?;
        Ok(Self { program: program.name, child, pid, log: log.to_owned(), guard })
    }

    /// Its process id; that of the process group, too.
    pub(super) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Waits until `ready` says so, asking again and again; fails as soon as the server has ended.
    pub(super) async fn until_ready<F: Future<Output = bool>>(
        &mut self,
        deadline: Duration,
        mut ready: impl FnMut() -> F,
    ) -> Result<(), ServerError> {
        let end = Instant::now() + deadline;
        loop {
            if let Some(status) = self.ended()? {
                let (program, path, log) = (self.program, self.log.clone(), self.tail());
                return Err(ServerError::Ended { program, status, path, log });
            }
            if timeout(end.saturating_duration_since(Instant::now()), ready()).await.unwrap_or(false) {
                return Ok(());
            }
            if Instant::now() >= end {
                let (program, path, log) = (self.program, self.log.clone(), self.tail());
                return Err(ServerError::NotReady { program, after: deadline, path, log });
            }
            sleep(LOOK).await;
        }
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Result<Option<ExitStatus>, ServerError> {
        self.child.try_wait().map_err(ServerError::system(format!("ask for {}", self.program)))
    }

    /// Waits until it has ended, by itself or by somebody else's hand.
    pub(super) async fn wait(&mut self) -> Result<ExitStatus, ServerError> {
        self.child.wait().await.map_err(ServerError::system(format!("wait for {}", self.program)))
    }

    /// Asks it to end (SIGTERM) and waits; kills it at the deadline.
    pub(super) async fn stop(&mut self, deadline: Duration) -> Result<(), ServerError> {
        if self.ended()?.is_some() {
            return Ok(());
        }
        // One that stands still would not hear.
        self.signal(Signal::CONT)?;
        self.signal(Signal::TERM)?;
        match timeout(deadline, self.child.wait()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(ServerError::system(format!("wait for {}", self.program))(error)),
            Err(_) => self.kill().await,
        }
    }

    /// Ends it as a power cut would (SIGKILL), and waits until it is gone.
    pub(super) async fn kill(&mut self) -> Result<(), ServerError> {
        if self.ended()?.is_some() {
            return Ok(());
        }
        self.kill_group();
        let gone = self.child.wait().await;
        gone.map(|_| ()).map_err(ServerError::system(format!("wait for {}", self.program)))
    }

    /// Lets it stand still (SIGSTOP), as a machine that is overloaded or cut off does, and returns when all of it
    /// does: its threads hear of the signal one after the other, and one that has not may still finish a commit.
    pub(super) fn pause(&self) -> Result<(), ServerError> {
        self.signal(Signal::STOP)?;
        // How it ended is left for whoever waits for its end.
        let stands = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let waited = waitid(WaitId::Pid(self.pid), stands);
        waited.map(drop).map_err(ServerError::system(format!("wait for {}", self.program)))
    }

    /// Lets it go on (SIGCONT).
    pub(super) fn resume(&self) -> Result<(), ServerError> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<(), ServerError> {
        kill_process(self.pid, signal).map_err(ServerError::system(format!("signal {}", self.program)))
    }

    fn kill_group(&self) {
        // It may be gone already, which is what is wanted.
        let _ = kill_process_group(self.pid, Signal::KILL);
    }

    /// Waits until it has done what it was started for; it is killed at the deadline.
    pub(super) async fn done(mut self, deadline: Duration) -> Result<(), ServerError> {
        let (program, path) = (self.program, self.log.clone());
        match timeout(deadline, self.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(ServerError::Ended { program, status, path, log: self.tail() }),
            Ok(Err(error)) => Err(error),
            Err(_) => {
                self.kill().await?;
                Err(ServerError::NotReady { program, after: deadline, path, log: self.tail() })
            }
        }
    }

    /// The end of its log.
    fn tail(&self) -> String {
        let read = || -> io::Result<String> {
            let mut file = File::open(&self.log)?;
            let from = file.metadata()?.len().saturating_sub(TAIL);
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
        };
        read().unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // While it has not been waited for its pid is nobody else's.
        if self.child.id().is_some() {
            self.kill_group();
        }
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLEEP: Program = Program { name: "sleep", package: "coreutils" };

    fn sleeping(folder: &Path) -> Process {
        Process::start(SLEEP, ["1000"], &folder.join("log")).unwrap()
    }

    /// Waits until nobody has the pid any more, or only a corpse.
    async fn gone(pid: u32) {
        let ended = async {
            loop {
                let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
                if status.is_empty() || status.contains(") Z ") {
                    return;
                }
                sleep(LOOK).await;
            }
        };
        timeout(Duration::from_secs(10), ended).await.expect("the process ends");
    }

    #[tokio::test]
    async fn a_server_ends_with_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let server = sleeping(folder.path());
        let pid = server.pid();
        drop(server);
        gone(pid).await;
    }

    #[tokio::test]
    async fn what_a_program_has_started_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let shell = Program { name: "sh", package: "dash" };
        let started = folder.path().join("started");
        let script = "sleep 1000 & echo $! > \"$STARTED.new\"; mv \"$STARTED.new\" \"$STARTED\"; wait";
        let log = folder.path().join("log");
        let mut program =
            Process::start_with(shell, ["-c", script], Some(("STARTED", &started)), &log).unwrap();
        let ready = || std::future::ready(started.exists());
        program.until_ready(Duration::from_secs(10), ready).await.unwrap();
        let pid = std::fs::read_to_string(&started).unwrap().trim().parse().unwrap();
        drop(program.done(Duration::from_secs(10)));
        gone(pid).await;
    }

    #[tokio::test]
    async fn a_server_ends_with_the_process_of_its_owner_however_that_ends() {
        let folder = tempfile::tempdir().unwrap();
        let mut server = sleeping(folder.path());
        // What the system does for a process that is killed: it closes what that had open.
        drop(server.guard.stdin.take());
        gone(server.pid()).await;
    }

    #[tokio::test]
    async fn every_thread_of_a_paused_server_stands_still() {
        let folder = tempfile::tempdir().unwrap();
        let server = sleeping(folder.path());
        for _ in 0..100 {
            server.pause().unwrap();
            for thread in std::fs::read_dir(format!("/proc/{}/task", server.pid())).unwrap() {
                let stat = std::fs::read_to_string(thread.unwrap().path().join("stat")).unwrap();
                assert!(stat.contains(") T "), "{stat}");
            }
            server.resume().unwrap();
        }
    }

    #[tokio::test]
    async fn a_server_that_stands_still_is_stopped_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let mut server = sleeping(folder.path());
        server.pause().unwrap();
        server.stop(Duration::from_secs(10)).await.unwrap();
        assert!(server.ended().unwrap().is_some());
    }

    #[tokio::test]
    async fn a_server_that_ends_by_itself_shows_what_it_said() {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Process::start(SLEEP, ["not a number"], &folder.path().join("log")).unwrap();
        match server.until_ready(Duration::from_secs(10), || std::future::ready(false)).await {
            Err(ServerError::Ended { log, .. }) => assert!(log.contains("not a number"), "{log}"),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_server_that_does_not_get_ready_is_told_so_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let mut server = sleeping(folder.path());
        let waited = server.until_ready(Duration::from_millis(50), std::future::pending).await;
        assert!(matches!(waited, Err(ServerError::NotReady { .. })), "{waited:?}");
    }

    #[test]
    fn a_program_that_is_not_there_names_its_package() {
        let missing = Program { name: "no-such-server", package: "such-servers" }.find();
        assert!(matches!(missing, Err(ServerError::NotInstalled { package: "such-servers", .. })));
    }
}

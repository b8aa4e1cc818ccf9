//! A process of the cluster that runs.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::log::{Log, each_line};
use super::service::Service;

/// From one question whether it is ready to the next.
const LOOK: Duration = Duration::from_millis(30);
/// How long it may take to answer.
const ANSWER: Duration = Duration::from_secs(3);

/// It is killed when this is dropped. If this process ends without dropping anything, its standard input ends, and it does
/// in good order.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    /// Of this start: the next one has another.
    pub(super) pid: Pid,
    announced: Option<oneshot::Receiver<()>>,
    health: SocketAddr,
    _held: Option<ChildStdin>,
}

impl Running {
    /// Starts `service` with the configuration in `file`, and follows what it says.
    pub(super) fn start(service: &Service, file: &Path, log: &Log) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", service.kind.program(), "--until-stdin-closes", "--config"]).arg(file);
        for setting in service.settings() {
            command.args(["--set", &setting]);
        }
        // The file has what they said.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FLUX_")) {
            command.env_remove(name);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // What the terminal sends on Ctrl-C is not for it: it is told when its turn has come.
        let mut child = command.process_group(0).kill_on_drop(true).spawn()?;
        let (announce, announced) = oneshot::channel();
        if let Some(stdout) = child.stdout.take() {
            let (log, speaker) = (log.clone(), service.speaker.clone());
            let mut announce = Some(announce);
            tokio::spawn(each_line(stdout, move |line| match announce.take() {
                // It listens from then on, and says where, which is known.
                Some(announce) if line.contains(" serves at ") => drop(announce.send(())),
                kept => {
                    announce = kept;
                    log.said(&speaker, line);
                }
            }));
        }
        if let Some(stderr) = child.stderr.take() {
            let (log, speaker) = (log.clone(), service.speaker.clone());
            tokio::spawn(each_line(stderr, move |line| log.said(&speaker, line)));
        }
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::other("it has no process id"))?;
        Ok(Self { pid, announced: Some(announced), health: service.health, _held: child.stdin.take(), child })
    }

    /// Returns once it serves: it said so, and finds itself ready.
    pub(super) fn ready(&mut self) -> impl Future<Output = ()> + use<> {
        let (announced, health) = (self.announced.take(), self.health);
        async move {
            // If it ends without a word, whoever waits for its end hears of it.
            let said = match announced {
                Some(announced) => announced.await.is_ok(),
                None => false,
            };
            if !said {
                return std::future::pending().await;
            }
            while !matches!(timeout(ANSWER, is_ready(health)).await, Ok(Ok(true))) {
                sleep(LOOK).await;
            }
        }
    }

    /// Waits until it has ended.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Asks it to end (SIGTERM) and waits; kills it at the deadline. Says whether it ended by itself.
    pub(super) async fn stop(&mut self, deadline: Duration) -> bool {
        if self.child.id().is_some() {
            // One that stands still would not hear. It may be gone already, which is what is wanted.
            let _ = kill(self.pid, Signal::SIGCONT);
            let _ = kill(self.pid, Signal::SIGTERM);
        }
        if timeout(deadline, self.child.wait()).await.is_ok() {
            return true;
        }
        // Only one that is gone already cannot be killed.
        let _ = self.child.kill().await;
        false
    }
}

/// Asks `/readyz`.
async fn is_ready(health: SocketAddr) -> io::Result<bool> {
    let mut stream = TcpStream::connect(health).await?;
    let question = format!("GET /readyz HTTP/1.1\r\nhost: {health}\r\nconnection: close\r\n\r\n");
    stream.write_all(question.as_bytes()).await?;
    let mut start = [0; 12];
    stream.read_exact(&mut start).await?;
    Ok(&start == b"HTTP/1.1 200")
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn answers(answer: &'static [u8]) -> io::Result<bool> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut question = [0; 20];
            stream.read_exact(&mut question).await.unwrap();
            assert!(question.starts_with(b"GET /readyz HTTP/1.1"));
            stream.write_all(answer).await.unwrap();
        });
        let ready = is_ready(address).await;
        server.await.unwrap();
        ready
    }

    #[tokio::test]
    async fn only_200_is_ready() {
        assert!(answers(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap());
        assert!(!answers(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").await.unwrap());
        assert!(answers(b"HTTP").await.is_err());
    }
}

//! The real program, in a folder of its own, on a port of its own.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::watch;

/// How long anything may take before a test gives up; far more than it does.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Waits for `future`, or fails the test.
pub(crate) async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what} did not happen in time"))
}

/// `flux` with these arguments, in `folder`, with nothing of ours in its environment.
pub(crate) fn flux(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flux"));
    command.args(args).current_dir(folder).kill_on_drop(true);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FLUX_")) {
        command.env_remove(name);
    }
    command.env_remove("XDG_STATE_HOME").env("HOME", folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs `flux` to its end.
pub(crate) async fn run(folder: &Path, args: &[&str]) -> Output {
    soon("the end of a command", flux(folder, args).output()).await.unwrap()
}

/// Standard output as text.
pub(crate) fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Standard error as text.
pub(crate) fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A folder that is removed with the test.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A running `flux up`.
pub(crate) struct Server {
    child: Child,
    /// Such as `http://127.0.0.1:41233`.
    pub(crate) url: String,
    folder: PathBuf,
    log: watch::Receiver<String>,
    logged: tokio::task::JoinHandle<()>,
    // Kept open, so that the server does not write into a closed pipe.
    _banner: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts one in `folder`, on a free port, and waits until it serves.
    pub(crate) async fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[]).await
    }

    /// The same, with more arguments.
    pub(crate) async fn start_with(folder: &Path, more: &[&str]) -> Self {
        let args: Vec<&str> = ["up", "--listen", "127.0.0.1:0"].iter().chain(more).copied().collect();
        let mut child = flux(folder, &args).spawn().unwrap();
        let (log, logged) = collect(child.stderr.take().unwrap());
        let mut banner = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = soon("the first line of the server", async {
            while let Some(line) = banner.next_line().await.unwrap() {
                if let Some(at) = line.find("http://") {
                    return line[at..].trim().to_owned();
                }
            }
            panic!("the server ended without serving: {}", *log.borrow());
        })
        .await;
        Self { child, url, folder: folder.to_owned(), log, logged, _banner: banner }
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.borrow().clone()
    }

    /// Waits until it has logged `part`.
    pub(crate) async fn logs(&self, part: &str) {
        let mut log = self.log.clone();
        soon(part, log.wait_for(|log| log.contains(part))).await.unwrap();
    }

    /// Asks it to end with a signal such as `TERM`.
    pub(crate) async fn signal(&self, signal: &str) {
        let pid = self.child.id().unwrap().to_string();
        let sent = Command::new("kill").args([format!("-{signal}"), pid]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        soon("the end of the server", self.child.wait()).await.unwrap()
    }

    /// Ends it in good order, and returns all that it logged.
    pub(crate) async fn stop(mut self) -> String {
        self.signal("TERM").await;
        let status = self.ended().await;
        assert!(status.success(), "{status}: {}", self.log());
        soon("the end of the log", &mut self.logged).await.unwrap();
        self.log()
    }

    /// Ends it as a power cut would.
    pub(crate) async fn kill(mut self) {
        soon("the end of the server", self.child.kill()).await.unwrap();
    }

    /// The newest code that was mailed to `email`, as `flux mail outbox` shows it.
    pub(crate) async fn code(&self, email: &str) -> String {
        soon("a mail", async {
            loop {
                let shown = text(&run(&self.folder, &["mail", "outbox", "--json"]).await);
                let mails =
                    shown.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
                let mut code = mails
                    .filter(|mail| mail["to"] == email)
                    .filter_map(|mail| mail["code"].as_str().map(str::to_owned));
                if let Some(code) = code.next_back() {
                    return code;
                }
            }
        })
        .await
    }
}

/// Reads a stream to its end, in the background.
fn collect(
    mut from: impl tokio::io::AsyncRead + Unpin + Send + 'static,
) -> (watch::Receiver<String>, tokio::task::JoinHandle<()>) {
    let (text, collected) = watch::channel(String::new());
    let reading = tokio::spawn(async move {
        let mut buffer = [0; 4_096];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            text.send_modify(|text| text.push_str(&String::from_utf8_lossy(&buffer[..count])));
        }
    });
    (collected, reading)
}

/// A `flux` that is talked to through pipes.
pub(crate) struct Terminal {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    seen: Vec<String>,
    complaints: watch::Receiver<String>,
}

impl Terminal {
    /// Starts `flux` with these arguments.
    pub(crate) fn start(folder: &Path, args: &[&str]) -> Self {
        let mut child = flux(folder, args).stdin(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        let (complaints, _) = collect(child.stderr.take().unwrap());
        Self { input: child.stdin.take(), child, output, seen: Vec::new(), complaints }
    }

    /// Types a line.
    pub(crate) async fn say(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// Waits for a line that contains `part`, and returns it.
    pub(crate) async fn sees(&mut self, part: &str) -> String {
        let found = tokio::time::timeout(PATIENCE, async {
            while let Ok(Some(line)) = self.output.next_line().await {
                self.seen.push(line.clone());
                if line.contains(part) {
                    return Some(line);
                }
            }
            None
        });
        match found.await {
            Ok(Some(line)) => line,
            ended => panic!(
                "{part:?} was not shown ({}); but:\n{}\n{}",
                if ended.is_ok() { "it ended" } else { "it took too long" },
                self.seen.join("\n"),
                *self.complaints.borrow()
            ),
        }
    }

    /// Waits until its complaints, on standard error, contain `part`.
    pub(crate) async fn complains(&mut self, part: &str) {
        let said = soon(part, self.complaints.wait_for(|said| said.contains(part))).await.map(drop);
        assert!(said.is_ok(), "{part:?} was not said before it ended");
    }

    /// Closes its input and waits for its end.
    pub(crate) async fn leave(mut self) -> ExitStatus {
        drop(self.input.take());
        // It must not wait for somebody to read what it says.
        while let Ok(Some(line)) = soon("the end of a terminal", self.output.next_line()).await {
            self.seen.push(line);
        }
        soon("the end of a terminal", self.child.wait()).await.unwrap()
    }
}

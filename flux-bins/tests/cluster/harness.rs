//! `flux cluster up`, in a folder of its own, on ports of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::processes::{self, Process};

/// How long anything may take before a test gives up; far more than it does.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// How often a test looks at what it cannot wait for.
pub(crate) const LOOK: Duration = Duration::from_millis(50);

/// For a cluster whose MariaDB nobody kills: then what is committed need not be on the disk.
pub(crate) const THROWAWAY: [&str; 2] = ["--set", "mysql.allow_unsafe_durability=true"];

/// Waits for `future`, or fails the test.
pub(crate) async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    within(PATIENCE, what, future).await
}

/// The same, with another patience.
pub(crate) async fn within<F: Future>(patience: Duration, what: &str, future: F) -> F::Output {
    let done = tokio::time::timeout(patience, future).await;
    done.unwrap_or_else(|_| panic!("{what} did not happen within {} s", patience.as_secs()))
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

/// A running `flux cluster up`.
pub(crate) struct Cluster {
    parent: Child,
    folder: PathBuf,
    /// Where the gate is.
    pub(crate) url: String,
    out: watch::Receiver<String>,
    err: watch::Receiver<String>,
}

impl Cluster {
    /// Starts one in `folder`, and waits until it is up. `None`, told loudly, where there is no MariaDB or no Redis, unless
    /// the environment says that this is a failure.
    pub(crate) async fn start(folder: &Path, more: &[&str]) -> Option<Self> {
        let args = ["cluster", "up", "--listen", "127.0.0.1:0"];
        let args: Vec<&str> = args.iter().chain(more).copied().collect();
        let mut parent = flux(folder, &args).spawn().unwrap();
        let out = collect(parent.stdout.take().unwrap());
        let err = collect(parent.stderr.take().unwrap());
        let mut map = out.clone();
        let up =
            soon("the map of the cluster", map.wait_for(|out| out.contains("Ctrl-C stops"))).await.is_ok();
        if !up {
            // All of it: the two pipes are read side by side, and this one may be behind.
            let mut rest = err.clone();
            soon("the end of what the cluster says", async { while rest.changed().await.is_ok() {} }).await;
            let told = err.borrow().clone();
            let required =
                ["CI", "FLUX_TEST_REQUIRE_SERVERS"].iter().any(|name| std::env::var_os(name).is_some());
            assert!(told.contains("not installed on this machine") && !required, "{told}");
            // Not by a macro, whose output the harness keeps to itself.
            let _ = writeln!(std::io::stderr(), "\n\nSKIPPED: a test of a cluster did not run: {told}\n");
            return None;
        }
        let first = out.borrow().lines().next().unwrap_or_default().to_owned();
        let url = first[first.find("http://").unwrap()..].trim().to_owned();
        Some(Self { parent, folder: folder.to_owned(), url, out, err })
    }

    /// Its map.
    pub(crate) fn map(&self) -> String {
        self.out.borrow().clone()
    }

    /// What it and its processes said.
    pub(crate) fn log(&self) -> String {
        self.err.borrow().clone()
    }

    /// Waits until that has been said.
    pub(crate) async fn logs(&self, part: &str) {
        let mut err = self.err.clone();
        let said = soon(part, err.wait_for(|err| err.contains(part))).await.is_ok();
        assert!(said, "{part} was not said: {}", self.log());
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.parent.id().unwrap()
    }

    /// Everything that it has started and that runs.
    pub(crate) fn processes(&self) -> Vec<Process> {
        processes::below(self.pid())
    }

    /// The one process that has `part` on its command line.
    pub(crate) fn process(&self, part: &str) -> Process {
        let found: Vec<_> =
            self.processes().into_iter().filter(|process| process.command.contains(part)).collect();
        let [process] = found.as_slice() else { panic!("{part}: {found:?} of {:?}", self.processes()) };
        process.clone()
    }

    /// What `flux cluster nodes` says.
    pub(crate) async fn nodes(&self) -> Vec<Value> {
        let output = run(&self.folder, &["cluster", "nodes", "--json"]).await;
        assert!(output.status.success(), "{}", complaint(&output));
        serde_json::from_str(text(&output).trim()).unwrap()
    }

    /// Waits until that is as it should be.
    pub(crate) async fn nodes_until(&self, what: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        soon(what, async {
            loop {
                let nodes = self.nodes().await;
                if wanted(&nodes) {
                    return nodes;
                }
                tokio::time::sleep(LOOK).await;
            }
        })
        .await
    }

    /// The newest code that was mailed to `email`, as `flux mail outbox` shows it.
    pub(crate) async fn code(&self, email: &str) -> String {
        soon("a mail", async {
            loop {
                let shown = text(&run(&self.folder, &["mail", "outbox", "--json"]).await);
                let mails = shown.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
                let mut code = mails
                    .filter(|mail| mail["to"] == email)
                    .filter_map(|mail| mail["code"].as_str().map(str::to_owned));
                if let Some(code) = code.next_back() {
                    return code;
                }
                tokio::time::sleep(LOOK).await;
            }
        })
        .await
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        soon("the end of the cluster", self.parent.wait()).await.unwrap()
    }

    /// Ctrl-C, and everything has to be gone.
    pub(crate) async fn stop(mut self) -> String {
        let all = self.processes();
        processes::signal(self.pid(), "INT");
        let status = self.ended().await;
        assert!(status.success(), "{status}: {}", self.log());
        let left: Vec<_> = all.into_iter().filter(Process::runs).collect();
        assert!(left.is_empty(), "still there: {left:?}");
        self.log()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Whoever looks for the reason of a failure begins here.
        if std::thread::panicking() {
            let _ = writeln!(std::io::stderr(), "{}", self.log());
        }
    }
}

/// Reads a stream to its end, in the background; its reader hears of the end by the sender being gone.
fn collect(mut from: impl tokio::io::AsyncRead + Unpin + Send + 'static) -> watch::Receiver<String> {
    let (text, collected) = watch::channel(String::new());
    tokio::spawn(async move {
        let mut reader = BufReader::new(&mut from);
        let mut line = String::new();
        while let Ok(1..) = reader.read_line(&mut line).await {
            text.send_modify(|text| text.push_str(&line));
            line.clear();
        }
        // What is no text is read as well, or the writer would wait.
        let mut rest = Vec::new();
        let _ = reader.read_to_end(&mut rest).await;
    });
    collected
}

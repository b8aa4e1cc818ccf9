//! Processes of this machine, as the system knows them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::harness::{LOOK, PATIENCE, within};

/// One process: its number, and when it began, so that another one that gets the number is not taken for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) command: String,
    began: String,
}

impl Process {
    fn read(pid: u32) -> Option<(Self, u32)> {
        let fields = stat(pid)?;
        let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        let (parent, began) = (fields.get(1)?.parse().ok()?, fields.get(19)?.clone());
        (fields[0] != "Z").then_some((Self { pid, command, began }, parent))
    }

    /// Whether it does.
    pub(crate) fn runs(&self) -> bool {
        stat(self.pid).is_some_and(|fields| fields.get(19) == Some(&self.began) && fields[0] != "Z")
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&self) {
        signal(self.pid, "KILL");
    }

    /// Lets it stand still, and returns when all of its threads do: `kill` returns before that, and whoever is signalled
    /// next may still be heard.
    pub(crate) async fn pause(&self) {
        signal(self.pid, "STOP");
        within(PATIENCE, &format!("the standing still of {self:?}"), async {
            while !self.stands() {
                tokio::time::sleep(LOOK).await;
            }
        })
        .await;
    }

    /// Whether every thread of it has stopped.
    fn stands(&self) -> bool {
        let threads = fs::read_dir(format!("/proc/{}/task", self.pid)).unwrap();
        let mut stats = threads.map(|thread| thread.unwrap().path().join("stat"));
        stats.all(|stat| fields(&stat).is_none_or(|fields| fields[0] == "T"))
    }

    /// Waits until it is gone.
    pub(crate) async fn gone(&self, patience: Duration) {
        within(patience, &format!("the end of {self:?}"), async {
            while self.runs() {
                tokio::time::sleep(LOOK).await;
            }
        })
        .await;
    }
}

/// What stands behind the name of a process: its state, its parent, and so on.
fn stat(pid: u32) -> Option<Vec<String>> {
    fields(Path::new(&format!("/proc/{pid}/stat")))
}

/// The same of a process or thread whose file that is.
fn fields(stat: &Path) -> Option<Vec<String>> {
    let stat = fs::read_to_string(stat).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    Some(fields.split(' ').map(str::to_owned).collect())
}

/// All that `root` has started, and what those have.
pub(crate) fn below(root: u32) -> Vec<Process> {
    let numbers =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let all: Vec<_> = numbers.filter_map(Process::read).collect();
    let mut family = BTreeSet::from([root]);
    loop {
        let before = family.len();
        family.extend(
            all.iter()
                .filter(|(_, parent)| family.contains(parent))
                .map(|(one, _)| one.pid)
                .collect::<Vec<_>>(),
        );
        if family.len() == before {
            break;
        }
    }
    let below = all.into_iter().map(|(process, _)| process);
    below.filter(|process| process.pid != root && family.contains(&process.pid)).collect()
}

/// Sends a signal such as `INT`.
pub(crate) fn signal(pid: u32, name: &str) {
    let sent =
        std::process::Command::new("kill").args([format!("-{name}"), pid.to_string()]).status().unwrap();
    assert!(sent.success());
}

//! Configuration: plain data with defaults, read from a TOML file, `FLUX_*` variables and flags, later ones winning.
//!
//! Everything that is wrong is told at once, before a port is bound: [`Loaded::load`]. A key that does not exist is an
//! error that names the nearest one. Libraries take values; only programs look here.

mod check;
mod cluster;
#[cfg(test)]
mod documents;
mod file;
mod model;
mod nearest;
mod problem;
mod secret_file;
mod sources;
mod value;

use std::collections::BTreeMap;
use std::fmt::Write as _;

pub use check::Program;
pub use cluster::{Chat, Keys, Metrics, Mysql, Notify, Otel, Redis, RedisMode, Services, Status, Verify};
pub use model::{
    Backend, Config, Http, Limits, Log, LogFormat, Mail, MailLanguage, MailMode, Sessions, SessionsPolicy,
    Shutdown, Smtp, SmtpSecurity, Storage, Sync,
};
pub use problem::{Problem, Problems, Source};
pub use sources::{DEFAULT_FILE, Sources};

/// A configuration, and where each value of it comes from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    origins: BTreeMap<String, Source>,
}

impl Loaded {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// [`Problems`]: all of them.
    pub fn load(sources: &Sources) -> Result<Self, Problems> {
        let sources::Reading { config, origins, mut problems } = sources::read(sources);
        let wrong = check::check(&config);
        let loaded = Self { config, origins };
        problems.extend(loaded.located(wrong));
        if problems.is_empty() { Ok(loaded) } else { Err(Problems(problems)) }
    }

    /// Checks what `program` needs besides.
    ///
    /// # Errors
    /// [`Problems`]: all of them.
    pub fn check_for(&self, program: Program) -> Result<(), Problems> {
        let wrong = check::check_for(&self.config, program);
        if wrong.is_empty() { Ok(()) } else { Err(Problems(self.located(wrong))) }
    }

    fn located(&self, wrong: Vec<(&'static str, String)>) -> Vec<Problem> {
        let source = |key: &str| self.origins.get(key).cloned().unwrap_or(Source::Default);
        let problem = |(key, message): (&str, String)| Problem {
            source: source(key),
            key: Some(key.to_owned()),
            message,
        };
        wrong.into_iter().map(problem).collect()
    }

    /// Whether nobody set `key`.
    pub(crate) fn is_default(&self, key: &str) -> bool {
        !self.origins.contains_key(key)
    }

    /// Every setting as it would stand in a file, with what it is for; with `sources`, also where it comes from and
    /// which variable sets it. Secrets are hidden.
    pub fn show(&self, sources: bool) -> String {
        let mut config = self.config.clone();
        // Writing to a text does not fail.
        let mut text = String::new();
        let mut section = String::new();
        for slot in config.slots() {
            let (head, name) = slot.key.split_once('.').unwrap_or(("", slot.key.as_str()));
            if head != section {
                head.clone_into(&mut section);
                text.extend(["\n[", head, "]\n"]);
            }
            let line = format!("{name} = {}", slot.value.show());
            if sources {
                let source = self.origins.get(&slot.key).unwrap_or(&Source::Default);
                let _ = writeln!(text, "{line:<40} # {source}");
            } else {
                let variable = sources::variable(&slot.key);
                let _ = writeln!(text, "# {} ({variable})\n{line}", slot.doc);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests;

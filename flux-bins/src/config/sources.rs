//! Reading settings out of a file, the environment and flags: later ones win.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::model::Config;
use super::nearest::nearest;
use super::problem::{Problem, Source};
use super::secret_file;
use super::value::Raw;

/// The file that is read if no other is named.
pub const DEFAULT_FILE: &str = "flux.toml";

/// Variables of ours that are no settings of a server: the command line reads them.
const NOT_SETTINGS: &[&str] = &[
    "FLUX_CONFIG",
    "FLUX_SERVER",
    #[cfg(feature = "faults")]
    crate::faults::VARIABLE,
];

/// What the sources are.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A file that must exist.
    pub file: Option<PathBuf>,
    /// A file that is read if it exists; [`file`](Self::file) takes its place.
    pub default_file: Option<PathBuf>,
    /// Environment variables; only those that start with `FLUX_` are looked at.
    pub variables: Vec<(OsString, OsString)>,
    /// Flags, as `(flag, key, value)`.
    pub flags: Vec<(String, String, String)>,
}

/// What came of reading, good or bad.
pub(super) struct Reading {
    pub(super) config: Config,
    /// Where each setting that somebody set comes from.
    pub(super) origins: BTreeMap<String, Source>,
    pub(super) problems: Vec<Problem>,
}

pub(super) fn read(sources: &Sources) -> Reading {
    let mut config = Config::default();
    let keys: Keys = config.slots().into_iter().map(|slot| (slot.key, slot.value.secret())).collect();
    let mut reading = Reading { config, origins: BTreeMap::new(), problems: Vec::new() };
    reading.file(sources, &keys);
    reading.variables(&sources.variables, &keys);
    for (flag, key, value) in &sources.flags {
        let source = Source::Flag(flag.clone());
        if keys.get(key) == Some(&true) {
            let message =
                "a secret does not go on the command line, where every process can read it".to_owned();
            reading.problem(source, Some(key), message);
        } else {
            reading.set(key, &Raw::Text(value.clone()), source, &keys);
        }
    }
    reading
}

/// Every key, and whether it is secret.
type Keys = BTreeMap<String, bool>;

impl Reading {
    fn problem(&mut self, source: Source, key: Option<&str>, message: impl Into<String>) {
        self.problems.push(Problem { source, key: key.map(str::to_owned), message: message.into() });
    }

    /// Sets `key`, or the secret `key` from the file that `key_file` names.
    fn set(&mut self, key: &str, raw: &Raw, source: Source, keys: &Keys) {
        let from_file = key.strip_suffix("_file").filter(|name| keys.get(*name) == Some(&true));
        let Some(target) = from_file.or_else(|| keys.contains_key(key).then_some(key)) else {
            let meant = nearest(key, keys.keys().map(String::as_str));
            let hint = meant.map_or_else(
                || "no such setting; `flux config show` lists all".to_owned(),
                |meant| format!("no such setting; did you mean {meant}?"),
            );
            return self.problem(source, Some(key), hint);
        };
        if self.origins.get(target).is_some_and(|earlier| same_layer(earlier, &source)) {
            return self.problem(source, Some(target), "set twice in the same place; leave one");
        }
        let raw = match (from_file, raw) {
            (None, raw) => raw.clone(),
            (Some(_), Raw::Text(path)) => match secret_file::read(Path::new(path)) {
                Ok(secret) => Raw::Text(secret),
                Err(message) => return self.problem(source, Some(key), message),
            },
            (Some(_), _) => return self.problem(source, Some(key), "expected a path"),
        };
        let mut slots = self.config.slots();
        let Some(slot) = slots.iter_mut().find(|slot| slot.key == target) else { return };
        match slot.value.read(&raw) {
            Ok(()) => {
                self.origins.insert(target.to_owned(), source);
            }
            Err(message) => self.problem(source, Some(key), message),
        }
    }

    fn file(&mut self, sources: &Sources, keys: &Keys) {
        let (path, required) = match (&sources.file, &sources.default_file) {
            (Some(path), _) => (path, true),
            (None, Some(path)) => (path, false),
            (None, None) => return,
        };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !required => return,
            Err(error) => {
                let message = format!("{} cannot be read: {error}", path.display());
                return self.problem(Source::Default, None, message);
            }
        };
        let line = |at: usize| 1 + text.get(..at).unwrap_or(&text).matches('\n').count();
        let source = |at: usize| Source::File { path: path.clone(), line: line(at) };
        let (table, errors) = DeTable::parse_recoverable(&text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            self.problem(source(at), None, error.message());
        }
        let mut found = Vec::new();
        flatten(None, table.get_ref(), &mut found);
        // In the order of the file, so that problems are told in it.
        found.sort_by_key(|(_, _, at)| *at);
        let holds_secret = found.iter().any(|(key, ..)| keys.get(key) == Some(&true));
        if holds_secret && let Err(message) = secret_file::private(path) {
            self.problem(source(0), None, format!("this file holds a secret. {message}"));
        }
        let sections: Vec<&str> = keys.keys().filter_map(|key| Some(key.split_once('.')?.0)).collect();
        let mut unknown_sections = Vec::new();
        for (key, raw, at) in found {
            // One word about a section that is not one, rather than one about each of its lines.
            if let Some((section, _)) = key.split_once('.')
                && !sections.contains(&section)
            {
                if !unknown_sections.contains(&section.to_owned()) {
                    unknown_sections.push(section.to_owned());
                    let hint = nearest(section, sections.iter().copied()).map_or_else(
                        || "no such section".to_owned(),
                        |s| format!("no such section; did you mean {s}?"),
                    );
                    self.problem(source(at), Some(section), hint);
                }
                continue;
            }
            self.set(&key, &raw, source(at), keys);
        }
    }

    fn variables(&mut self, variables: &[(OsString, OsString)], keys: &Keys) {
        let names: BTreeMap<String, &str> = keys
            .iter()
            .flat_map(|(key, secret)| {
                let name = variable(key);
                let file = secret.then(|| (format!("{name}_FILE"), key.as_str()));
                [Some((name, key.as_str())), file].into_iter().flatten()
            })
            .collect();
        let mut ours: Vec<(&str, &OsString)> = variables
            .iter()
            .filter_map(|(name, value)| Some((name.to_str()?, value)))
            .filter(|(name, _)| name.starts_with("FLUX_"))
            .filter(|(name, _)| names.contains_key(*name) || !for_others(name))
            .collect();
        ours.sort_unstable();
        for (name, value) in ours {
            let source = Source::Variable(name.to_owned());
            let Some(key) = names.get(name) else {
                let meant = nearest(name, names.keys().map(String::as_str));
                let hint = meant.map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
                self.problem(source, None, format!("no setting has this variable{hint}"));
                continue;
            };
            let Some(value) = value.to_str() else {
                self.problem(source, Some(key), "not UTF-8");
                continue;
            };
            let key = if variable(key) == name { (*key).to_owned() } else { format!("{key}_file") };
            self.set(&key, &Raw::Text(value.to_owned()), source, keys);
        }
    }
}

/// The variable of a setting: `http.listen` is `FLUX_HTTP_LISTEN`.
pub(super) fn variable(key: &str) -> String {
    format!("FLUX_{}", key.replace('.', "_").to_uppercase())
}

/// Whether a variable that starts like ours is none: the test harness has its own, and Kubernetes gives every container
/// variables that describe each service, which are named after it.
fn for_others(name: &str) -> bool {
    NOT_SETTINGS.contains(&name)
        || name.starts_with("FLUX_TEST_")
        || name.ends_with("_SERVICE_HOST")
        || name.ends_with("_PORT")
        || name.contains("_SERVICE_PORT")
        || name.contains("_PORT_")
}

fn same_layer(one: &Source, other: &Source) -> bool {
    matches!(
        (one, other),
        (Source::File { .. }, Source::File { .. }) | (Source::Variable(_), Source::Variable(_))
    )
}

/// Every leaf below `table`, with its dotted key and where it stands.
fn flatten(prefix: Option<&str>, table: &DeTable<'_>, found: &mut Vec<(String, Raw, usize)>) {
    for (name, value) in table {
        let key = prefix
            .map_or_else(|| name.get_ref().to_string(), |prefix| format!("{prefix}.{}", name.get_ref()));
        match value.get_ref() {
            DeValue::Table(inner) if !inner.is_empty() => flatten(Some(&key), inner, found),
            // An empty section sets nothing.
            DeValue::Table(_) => {}
            _ => found.push((key, raw(value), name.span().start)),
        }
    }
}

fn raw(value: &Spanned<DeValue<'_>>) -> Raw {
    match value.get_ref() {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Raw::Other("a number that is too large"), Raw::Int),
        DeValue::Boolean(value) => Raw::Bool(*value),
        DeValue::Array(items) => Raw::List(items.iter().map(raw).collect()),
        DeValue::Float(_) => Raw::Other("a number with a fraction"),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Table(_) => Raw::Other("a table"),
    }
}

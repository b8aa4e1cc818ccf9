//! The checker: one pass over a history, in time and memory that grow with it.

mod conversation;
mod cursors;
mod given;
mod names;
mod presence;
mod reading;
mod sending;
mod sessions;

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use self::conversation::{Conversation, Seen};
use self::names::{Name, Names, digest};
use self::presence::Presence;
use self::reading::Reading;
use self::sending::{Sent, Try};
use self::sessions::Sessions;
use crate::event::{Event, What};
use crate::report::{Kind, Report, Violation};

/// How many violations are kept; the others are only counted.
const KEPT: usize = 100;

/// What is promised within a time, while nothing is broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From an acknowledgement until every member who was connected all the while has the message: 10 s.
    pub delivery: Duration,
    /// From the certain end of a session until it is given nothing more: 1 s. It writes nothing from then on at all.
    pub revocation: Duration,
    /// From the end of a user's last connection until those who watch know it: 10 s.
    pub presence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            delivery: Duration::from_secs(10),
            revocation: Duration::from_secs(1),
            presence: Duration::from_secs(10),
        }
    }
}

/// A place in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Moment {
    event: u64,
    at: u64,
}

/// A message that members are to have.
#[derive(Clone, Copy)]
struct Due {
    conversation: Name,
    message: Name,
    seq: u64,
    at: Moment,
}

/// Reads a history and finds what must never happen.
pub struct Checker {
    limits: Limits,
    now: Moment,
    names: Names,
    sessions: Sessions,
    conversations: HashMap<Name, Conversation>,
    tries: HashMap<u64, Try>,
    readings: HashMap<u64, Reading>,
    /// What each session was told last of each member of a conversation.
    told: HashMap<(Name, Name, Name), (u64, u64, Moment)>,
    presence: Presence,
    /// Lives of the store that were begun on purpose.
    epochs: HashSet<Name>,
    due: VecDeque<Due>,
    storm: bool,
    /// Since when nothing has been broken.
    calm: u64,
    report: Report,
}

impl Checker {
    /// Before the first event.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            now: Moment::default(),
            names: Names::default(),
            sessions: Sessions::default(),
            conversations: HashMap::new(),
            tries: HashMap::new(),
            readings: HashMap::new(),
            told: HashMap::new(),
            presence: Presence::default(),
            epochs: HashSet::new(),
            due: VecDeque::new(),
            storm: false,
            calm: 0,
            report: Report::default(),
        }
    }

    /// Takes in the next event.
    pub fn see(&mut self, event: &Event<'_>) {
        self.report.counts.events += 1;
        if event.at < self.now.at {
            self.malformed("an event from before the last one", &[]);
        }
        self.now = Moment { event: self.report.counts.events, at: event.at.max(self.now.at) };
        self.check_delivery();
        self.check_presence();
        let names = &mut self.names;
        match &event.what {
            What::Members { conversation, users } => {
                let users = users.iter().map(|user| names.of(user)).collect();
                let conversation = names.of(conversation);
                self.on_members(conversation, users);
            }
            What::Login { session, user } => {
                let (session, user) = (names.of(session), names.of(user));
                self.on_login(session, user);
            }
            What::Revoked { session } => {
                let session = names.of(session);
                self.on_revoked(session);
            }
            What::Hello { connection, session } => {
                let (connection, session) = (names.of(connection), names.of(session));
                self.on_hello(connection, session);
            }
            What::Welcome { connection } => {
                let connection = names.of(connection);
                self.on_welcome(connection);
            }
            What::Closed { connection } => {
                let connection = names.of(connection);
                self.on_closed(connection);
            }
            What::Send { op, session, connection, lane, conversation, message, body } => {
                let sent = Sent {
                    op: *op,
                    session: names.of(session),
                    connection: connection.as_deref().map(|name| names.of(name)),
                    lane: lane.as_deref().map(|name| names.of(name)),
                    conversation: names.of(conversation),
                    message: names.of(message),
                    body: digest(body),
                };
                self.on_send(&sent);
            }
            What::Acked { op, epoch, seq } => {
                let epoch = names.of(epoch);
                self.on_acked(*op, epoch, *seq);
            }
            What::Failed { op } => self.on_failed(*op),
            What::Unknown { op } => self.on_unknown(*op),
            What::Got { session, epoch, conversation, seq, message, sender, body } => {
                let session = names.of(session);
                let seen = Seen {
                    conversation: names.of(conversation),
                    epoch: names.of(epoch),
                    seq: *seq,
                    message: names.of(message),
                    sender: names.of(sender),
                    body: digest(body),
                };
                self.on_got(session, &seen);
            }
            What::StartedOver { session } => {
                let session = names.of(session);
                self.on_started_over(session);
            }
            What::Receipt { session, conversation, user, delivered, read } => {
                let (session, conversation) = (names.of(session), names.of(conversation));
                let user = names.of(user);
                self.on_receipt(session, conversation, user, *delivered, *read);
            }
            What::Reading { reading, conversation, epoch } => {
                let (conversation, epoch) = (names.of(conversation), names.of(epoch));
                self.on_reading(*reading, conversation, epoch);
            }
            What::Entry { reading, seq, message, sender, body } => {
                let (message, sender) = (names.of(message), names.of(sender));
                self.on_entry(*reading, *seq, message, sender, digest(body));
            }
            What::Read { reading, head } => self.on_read(*reading, *head),
            What::NewEpoch { epoch } => {
                let epoch = names.of(epoch);
                self.on_new_epoch(epoch);
            }
            What::Watch { session, user } => {
                let (session, user) = (names.of(session), names.of(user));
                self.on_watch(session, user);
            }
            What::Left { user } => {
                let user = names.of(user);
                self.on_left(user);
            }
            What::Came { user } => {
                let user = names.of(user);
                self.on_came(user);
            }
            What::Presence { session, user, online } => {
                let (session, user) = (names.of(session), names.of(user));
                self.on_presence(session, user, *online);
            }
            What::Storm => self.storm = true,
            What::Calm => (self.storm, self.calm) = (false, self.now.at),
            What::Quiet => self.on_quiet(),
        }
    }

    /// After the last event.
    pub fn finish(mut self) -> Report {
        self.finish_conversations();
        self.finish_cursors();
        self.report
    }

    /// Whether `limit` has passed since `from`, the time in which something was broken not counted.
    fn late(&self, from: Moment, limit: Duration) -> bool {
        let limit = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
        !self.storm && self.now.at > from.at.max(self.calm).saturating_add(limit)
    }

    fn violation(&mut self, kind: Kind, about: &[Name], witness: &[Moment]) {
        let about = about.iter().map(|name| self.names.text(*name)).collect::<Vec<_>>().join(", ");
        self.add(kind, about, witness);
    }

    fn malformed(&mut self, what: &str, about: &[Name]) {
        let names = about.iter().map(|name| self.names.text(*name)).collect::<Vec<_>>().join(", ");
        let now = self.now;
        self.add(Kind::Malformed, format!("{what}: {names}"), &[now]);
    }

    fn add(&mut self, kind: Kind, about: String, witness: &[Moment]) {
        self.report.found += 1;
        if self.report.violations.len() < KEPT {
            let mut witness: Vec<u64> = witness.iter().map(|moment| moment.event).collect();
            witness.sort_unstable();
            witness.dedup();
            self.report.violations.push(Violation { kind, about, witness });
        }
    }
}

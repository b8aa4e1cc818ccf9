//! What the checker found.

use std::fmt;

use serde::Serialize;

/// What must never happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A connected member was not given a message that was acknowledged.
    Lost,
    /// It was given to them, but later than was promised.
    Late,
    /// A reading that began after the acknowledgement did not find the message.
    NotDurable,
    /// A message has two places, or was given to a session twice.
    Doubled,
    /// Two things have one place, or a place has one thing for some and another for others.
    Torn,
    /// Messages of one lane are not in the order in which they were sent, or were given out of order.
    Reordered,
    /// A place in a conversation was left out.
    Skipped,
    /// A message that nobody sent, or whose every try was refused.
    Phantom,
    /// A message says that somebody sent it who did not.
    WrongSender,
    /// A message says something else than what was sent, or an id was acknowledged for two texts.
    Altered,
    /// Who is no member wrote, or was given a message.
    NotMember,
    /// A session wrote, or was given something, after its end was certain.
    AfterRevocation,
    /// A connection wrote although a newer one owned the session.
    TwoOwners,
    /// A cursor went back, or is beyond what there is.
    CursorBack,
    /// A watcher heard too late that somebody was gone, or heard that they were there while they were not.
    PresenceLate,
    /// The history itself cannot be: an answer to what was not asked, a name used twice.
    Malformed,
}

impl Kind {
    /// In a few words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Lost => "acknowledged, but never given to a connected member",
            Self::Late => "given to a connected member later than promised",
            Self::NotDurable => "acknowledged, but not there when read",
            Self::Doubled => "there twice",
            Self::Torn => "one place, two messages",
            Self::Reordered => "out of order",
            Self::Skipped => "a hole",
            Self::Phantom => "never sent",
            Self::WrongSender => "another sender than who sent it",
            Self::Altered => "another text than was sent",
            Self::NotMember => "somebody who is no member",
            Self::AfterRevocation => "a session that had ended",
            Self::TwoOwners => "two connections own one session",
            Self::CursorBack => "a cursor went back, or too far",
            Self::PresenceLate => "presence was wrong for too long",
            Self::Malformed => "the history cannot be",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// One thing that must never happen, and did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// What it is.
    pub kind: Kind,
    /// Of what: names from the history.
    pub about: String,
    /// The fewest events that show it, by their number in the history, from 1.
    pub witness: Vec<u64>,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Events.
    pub events: u64,
    /// Tries to send.
    pub sends: u64,
    /// Those that were acknowledged.
    pub acknowledged: u64,
    /// Those that were refused.
    pub failed: u64,
    /// Those of which nobody knows what became of them.
    pub unknown: u64,
    /// Messages given to applications.
    pub given: u64,
    /// Full readings of conversations.
    pub readings: u64,
    /// Sessions that ended.
    pub revocations: u64,
    /// Connections that were welcomed.
    pub connections: u64,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// How much was looked at.
    pub counts: Counts,
    /// The first of what was found, as many as are kept.
    pub violations: Vec<Violation>,
    /// How many there are in all.
    pub found: u64,
}

impl Report {
    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        self.found == 0
    }
}

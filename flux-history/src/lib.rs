//! Recorded histories of a chat, and the checker that finds in them what a chat must never do.
//!
//! A history says what clients did and saw, as they saw it: what was sent, what was acknowledged, what arrived, what a
//! full reading of the log found. The [`Checker`] knows nothing else, least of all how the server works, so it serves for
//! any shape of it, and for any other chat whose clients can be made to write [`Event`]s.
//!
//! ```
//! use flux_history::{Checker, Event, Kind, Limits, What};
//!
//! let events = [
//!     What::Members { conversation: "c".into(), users: vec!["ada".into(), "bob".into()] },
//!     What::Login { session: "a".into(), user: "ada".into() },
//!     What::Send { op: 1, session: "a".into(), connection: None, lane: None, conversation: "c".into(),
//!         message: "m".into(), body: "hello".into() },
//!     What::Acked { op: 1, epoch: "e".into(), seq: 1 },
//!     What::Reading { reading: 1, conversation: "c".into(), epoch: "e".into() },
//!     What::Read { reading: 1, head: 0 },
//! ];
//! let mut checker = Checker::new(Limits::default());
//! for (at, what) in events.into_iter().enumerate() {
//!     checker.see(&Event { at: at as u64, what });
//! }
//! let report = checker.finish();
//! // It was acknowledged as event 4; a reading that began after that did not find it.
//! assert_eq!(report.violations[0].kind, Kind::NotDurable);
//! assert_eq!(report.violations[0].witness, [3, 4, 5, 6]);
//! ```

mod check;
mod event;
mod file;
mod report;

pub use check::{Checker, Limits};
pub use event::{Event, Text, What};
pub use file::{HistoryError, Reader, Recorder};
pub use report::{Counts, Kind, Report, Violation};

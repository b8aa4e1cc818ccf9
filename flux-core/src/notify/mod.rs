//! Telling people who are away that messages wait for them, at least once.
//!
//! The log is the truth: a message that no device of its reader has marked as delivered waits, and who waits too long
//! is to be told. Nothing of that hangs on a call that somebody must not forget after a commit, so the loss of any
//! process at any instant, a full queue or a directory that is down loses no notice.
//!
//! Each way out is a channel: an adapter of [`OfflineNotifier`] (a signed webhook, [`Digest`] by mail, one of your own)
//! and how it is to be used ([`NoticeSettings`]). A [`NoticeRunner`] serves one channel, with two loops:
//! - *scanning* reads the conversations that changed, waits a little for devices that are there to take the messages,
//!   and notes down in the [`NoticeStore`] who still lacks some. How far it got is durable, and moves only behind what
//!   is noted;
//! - *telling* takes what is due, reads what waits by then, hands it to the channel, and records up to where its
//!   receiver knows. What the channel does not take is due again later.
//!
//! Any number of processes may run both: one scans at a time, as a lock says, and twice is harmless; what is due goes
//! to whoever takes it first.

mod digest;
mod model;
mod notifier;
mod runner;
mod scan;
mod settings;
mod store;
mod tell;

pub use digest::Digest;
pub use model::{
    ChannelName, InvalidChannelName, NOTICE_LOOK, NoticeClaim, NoticeId, NoticeNext, WaitingConversation,
    Wrote,
};
pub use notifier::{NotTaken, OfflineNotice, OfflineNotifier};
pub use runner::{NoticeChannel, NoticeCounts, NoticePorts, NoticeRunner};
pub use settings::NoticeSettings;
pub use store::{NoticeMark, NoticeStore, OWN_MESSAGES_LOOKED_AT};

//! The port that keeps who is to be told of what.

use std::time::Duration;

use async_trait::async_trait;

use super::{ChannelName, NoticeClaim, NoticeNext, WaitingConversation};
use crate::error::StoreError;
use crate::id::{ConversationId, Seq, UserId};
use crate::message::Stamp;

/// Up to where something is true of a conversation.
pub type NoticeMark = (ConversationId, Seq);

/// A stretch of at most so many messages is looked at when it is noted down, and passed over if its reader wrote all of
/// it: 32. A longer one is noted, and looked at when it is due.
pub const OWN_MESSAGES_LOOKED_AT: u64 = 32;

/// Keeps, for each channel, how far the log was scanned, who is to be told, and of what they were.
///
/// # Contract
/// - Of each member of a conversation and channel two seqs are kept, which only grow: up to where it was *noted* that
///   they lack messages, and up to where they were *told*. Who has something waiting is due at some time.
/// - Channels do not know of each other.
/// - Called twice, by whomever, each method does no harm: nothing that waits is forgotten by it.
/// - Times come from the store's clock.
#[async_trait]
pub trait NoticeStore: Send + Sync + 'static {
    /// From where on the changed logs are to be read for `channel`. A channel that is new begins with what changes from
    /// now on: a [`horizon`](crate::message::MessageStore::horizon).
    async fn notice_place(&self, channel: &ChannelName) -> Result<Stamp, StoreError>;

    /// Moves that place on; never back. `place` is a stamp that a changed log was read with, or below one.
    async fn move_notice_place(&self, channel: &ChannelName, place: Stamp) -> Result<(), StoreError>;

    /// Notes who lacks messages of these conversations, each up to the seq beside it: the members whose delivered
    /// cursor is below it, who were not told up to there, and who did not write all in between themselves (which is
    /// looked at if it is short, see [`OWN_MESSAGES_LOOKED_AT`]). They become due `wait` from now, and not before
    /// they have been left in [peace](NoticeNext::Done) long enough; who is due already stays so. Returns how many
    /// became due.
    async fn note_waiting(
        &self,
        channel: &ChannelName,
        marks: &[NoticeMark],
        wait: Duration,
    ) -> Result<usize, StoreError>;

    /// Takes at most `limit` users who are due, longest due first. Nobody else is given them, and they are due again,
    /// for `hold`.
    async fn take_due(
        &self,
        channel: &ChannelName,
        limit: usize,
        hold: Duration,
    ) -> Result<Vec<NoticeClaim>, StoreError>;

    /// What waits for `user` now, ascending by conversation, at most `limit`: conversations in which more is noted than
    /// told. What stands in them is read in one snapshot, and reaches from what was told or delivered to the newest
    /// message; of each, the first [`NOTICE_LOOK`](super::NOTICE_LOOK) messages are looked at.
    async fn waiting(
        &self,
        channel: &ChannelName,
        user: UserId,
        limit: usize,
    ) -> Result<Vec<WaitingConversation>, StoreError>;

    /// Settles what was taken: records that the user was told of `told`, and does what `next` says. With
    /// [`Done`](NoticeNext::Done), who still has more noted than told is due again when that span is over. `false`, and
    /// nothing is changed, if somebody else has taken it since or it is settled already.
    async fn settle_notice(
        &self,
        channel: &ChannelName,
        claim: &NoticeClaim,
        told: &[NoticeMark],
        next: NoticeNext,
    ) -> Result<bool, StoreError>;
}

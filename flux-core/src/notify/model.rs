//! What waits for somebody, and for whom.

use std::fmt;
use std::time::Duration;

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::id::{ConversationId, Epoch, Seq, UserId};
use crate::time::Timestamp;

/// Names a channel for ever: what it was told is kept under this name. 1 to 32 of `a-z`, `0-9`, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelName(Box<str>);

/// The text is no name of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a channel is named by 1 to 32 of a-z, 0-9, - and _")]
pub struct InvalidChannelName;

impl ChannelName {
    /// Checks the text.
    pub fn new(name: &str) -> Result<Self, InvalidChannelName> {
        let plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        if (1..=32).contains(&name.len()) && name.bytes().all(plain) {
            Ok(Self(name.into()))
        } else {
            Err(InvalidChannelName)
        }
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many messages of one conversation are looked at for one notice: 1,000. Of more than that the first ones are
/// counted.
pub const NOTICE_LOOK: u64 = 1_000;

/// Somebody who wrote what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrote {
    /// Who.
    pub user: UserId,
    /// How many messages, of those that were [looked at](NOTICE_LOOK).
    pub count: u64,
    /// When the oldest of them was stored.
    pub oldest: Timestamp,
    /// When the newest of them was stored.
    pub newest: Timestamp,
}

/// What waits for somebody in one conversation. It holds no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingConversation {
    /// Which.
    pub conversation: ConversationId,
    /// Everything up to here reached a device of theirs, or they were told of it.
    pub after: Seq,
    /// Up to here is told with this.
    pub to: Seq,
    /// Who else wrote in between, ascending by user; empty if nobody did.
    pub wrote: Vec<Wrote>,
}

impl WaitingConversation {
    /// Of a conversation with this head, where `wrote` was found in the first [`NOTICE_LOOK`] messages after `after`.
    #[must_use]
    pub fn new(conversation: ConversationId, after: Seq, head: Seq, wrote: Vec<Wrote>) -> Self {
        let to = if wrote.is_empty() { head.min(Self::looked_at(after)) } else { head };
        Self { conversation, after, to: to.max(after), wrote }
    }

    /// The last message that is looked at for what waits after `after`.
    #[must_use]
    pub fn looked_at(after: Seq) -> Seq {
        Seq::new(after.get().saturating_add(NOTICE_LOOK)).unwrap_or(Seq::MAX)
    }

    /// How many messages wait, of those that were [looked at](NOTICE_LOOK).
    pub fn count(&self) -> u64 {
        self.wrote.iter().map(|wrote| wrote.count).sum()
    }

    /// When the oldest that waits was stored.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.wrote.iter().map(|wrote| wrote.oldest).min()
    }

    /// When the newest that was looked at was stored.
    pub fn newest(&self) -> Option<Timestamp> {
        self.wrote.iter().map(|wrote| wrote.newest).max()
    }
}

/// Names what one notice says: repeated, it is the same; a notice that says more has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeId(Uuid);

impl NoticeId {
    /// A UUID of version 8 (RFC 9562, section 5.8) from SHA-256 over a label and all that the notice says.
    #[must_use]
    pub fn of(channel: &ChannelName, epoch: Epoch, user: UserId, waiting: &[WaitingConversation]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"flux.v1 offline notice");
        // Fixed lengths but for the name, which ends with a byte that is in no name.
        hash.update(channel.as_str());
        hash.update([0]);
        hash.update(epoch.as_bytes());
        hash.update(user.as_bytes());
        for conversation in waiting {
            hash.update(conversation.conversation.as_bytes());
            hash.update(conversation.after.get().to_be_bytes());
            hash.update(conversation.to.get().to_be_bytes());
        }
        let digest = hash.finalize();
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The UUID inside.
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

/// Somebody whose notice was taken to be told now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeClaim {
    /// Who is to be told.
    pub user: UserId,
    /// Raised by every taking: who overslept is known by it.
    pub turn: u64,
    /// The how manieth try this is: 1, 2, 3 …
    pub tries: u32,
    /// For how long it has been due, by the store's clock.
    pub due_for: Duration,
}

/// What becomes of a notice that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeNext {
    /// It is settled. What is noted after that for the same user is not due before this span is over.
    Done {
        /// For how long the user is left in peace.
        quiet: Duration,
    },
    /// It is due again after this span.
    Retry {
        /// From now.
        after: Duration,
    },
    /// The user is gone: nothing of theirs is kept.
    Forget,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id<T>(n: u128, of: impl Fn(Uuid) -> Result<T, crate::InvalidId>) -> T {
        of(Uuid::from_u128(n)).unwrap()
    }

    fn seq(n: u64) -> Seq {
        Seq::new(n).unwrap()
    }

    fn wrote(user: u128, count: u64, ms: i64) -> Wrote {
        let (oldest, newest) = (Timestamp::from_millis(ms), Timestamp::from_millis(ms + 10));
        Wrote { user: id(user, UserId::try_from), count, oldest, newest }
    }

    #[test]
    fn a_channel_has_a_plain_name() {
        for name in ["webhook", "a", "push-2_b", &"x".repeat(32)] {
            assert_eq!(ChannelName::new(name).map(|it| it.to_string()), Ok(name.to_owned()));
        }
        for name in ["", "Webhook", "a b", "ü", "a\0", &"x".repeat(33)] {
            assert_eq!(ChannelName::new(name), Err(InvalidChannelName), "{name}");
        }
    }

    #[test]
    fn what_was_found_is_told_up_to_the_head_and_what_was_not_only_as_far_as_was_looked() {
        let conversation = id(1, ConversationId::try_from);
        let told = |head: u64, wrote: Vec<Wrote>| {
            WaitingConversation::new(conversation, seq(5), seq(head), wrote).to.get()
        };
        assert_eq!(told(9, vec![wrote(2, 1, 0)]), 9);
        assert_eq!(told(9, vec![]), 9);
        assert_eq!(told(5_000, vec![wrote(2, 1, 0)]), 5_000);
        assert_eq!(told(5_000, vec![]), 1_005, "beyond it somebody may have written");
        assert_eq!(told(3, vec![]), 5, "never back");
    }

    #[test]
    fn counts_and_times_are_those_of_all_who_wrote() {
        let conversation = id(1, ConversationId::try_from);
        let wrote = vec![wrote(2, 3, 100), wrote(3, 4, 50)];
        let waiting = WaitingConversation::new(conversation, Seq::ZERO, seq(7), wrote);
        assert_eq!(waiting.count(), 7);
        assert_eq!(waiting.oldest(), Some(Timestamp::from_millis(50)));
        assert_eq!(waiting.newest(), Some(Timestamp::from_millis(110)));
    }

    #[test]
    fn what_says_the_same_has_the_same_id_and_nothing_else_has() {
        let (webhook, push) = (ChannelName::new("webhook").unwrap(), ChannelName::new("push").unwrap());
        let (epoch, later) = (id(1, Epoch::try_from), id(2, Epoch::try_from));
        let (ada, bob) = (id(3, UserId::try_from), id(4, UserId::try_from));
        let waiting = |after: u64, to: u64| {
            let conversation = id(5, ConversationId::try_from);
            vec![WaitingConversation { conversation, after: seq(after), to: seq(to), wrote: vec![] }]
        };
        let first = NoticeId::of(&webhook, epoch, ada, &waiting(0, 1));
        assert_eq!(NoticeId::of(&webhook, epoch, ada, &waiting(0, 1)), first);
        assert_eq!(first.as_uuid().get_version_num(), 8);
        for other in [
            NoticeId::of(&push, epoch, ada, &waiting(0, 1)),
            NoticeId::of(&webhook, later, ada, &waiting(0, 1)),
            NoticeId::of(&webhook, epoch, bob, &waiting(0, 1)),
            NoticeId::of(&webhook, epoch, ada, &waiting(0, 2)),
            NoticeId::of(&webhook, epoch, ada, &waiting(1, 2)),
        ] {
            assert_ne!(other, first);
        }
    }
}

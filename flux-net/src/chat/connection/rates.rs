//! How much one connection may ask for.

use std::collections::BTreeMap;
use std::time::Duration;

use flux_core::ConversationId;
use flux_core::guard::limited;

use crate::chat::ChatRates;
use crate::chat::bucket::Bucket;
use crate::chat::codec::{Ask, Command};

/// Conversations whose typing is counted at once. Nobody types in more.
const MAX_TYPING: usize = 64;

/// The token buckets of a connection.
#[derive(Debug)]
pub(super) struct Rates {
    limits: ChatRates,
    frames: Bucket,
    sends: Bucket,
    presence: Bucket,
    searches: Bucket,
    strikes: Bucket,
    typing: BTreeMap<ConversationId, Bucket>,
}

/// The connection did not heed its limits: it is to be cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StruckOut;

impl Rates {
    pub(super) fn new(limits: &ChatRates) -> Self {
        Self {
            limits: limits.clone(),
            frames: Bucket::new(limits.frames),
            sends: Bucket::new(limits.sends),
            presence: Bucket::new(limits.presence),
            searches: Bucket::new(limits.searches),
            strikes: Bucket::new(limits.strikes),
            typing: BTreeMap::new(),
        }
    }

    /// Counts a frame of whatever kind.
    pub(super) fn frame(&mut self, now: Duration) -> Result<(), Duration> {
        self.frames.take(now).map_err(|wait| limited("chat.frame", wait).retry_after)
    }

    /// Counts a command by its kind.
    pub(super) fn command(&mut self, command: &Command, now: Duration) -> Result<(), Duration> {
        let (action, taken) = match command {
            Command::Send(_) => ("chat.send", self.sends.take(now)),
            Command::Ask(Ask::SetPresence(_)) => ("chat.presence", self.presence.take(now)),
            Command::Ask(Ask::SearchUsers { .. }) => ("chat.search", self.searches.take(now)),
            // To stop is never too much: it ends what others see.
            Command::Ask(Ask::SetTyping { conversation, typing: true }) => {
                ("chat.typing", self.typing(*conversation, now))
            }
            _ => return Ok(()),
        };
        taken.map_err(|wait| limited(action, wait).retry_after)
    }

    /// Counts a "too much".
    pub(super) fn strike(&mut self, now: Duration) -> Result<(), StruckOut> {
        self.strikes.take(now).map_err(|_| StruckOut)
    }

    fn typing(&mut self, conversation: ConversationId, now: Duration) -> Result<(), Duration> {
        if self.typing.len() >= MAX_TYPING && !self.typing.contains_key(&conversation) {
            self.typing.retain(|_, bucket| !bucket.is_full(now));
            let soonest = self.typing.values().map(Bucket::full_at).min();
            if let Some(full_at) = soonest.filter(|_| self.typing.len() >= MAX_TYPING) {
                return Err(full_at.saturating_sub(now));
            }
        }
        self.typing.entry(conversation).or_insert_with(|| Bucket::new(self.limits.typing)).take(now)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn typing(n: u128) -> Command {
        let conversation = ConversationId::try_from(Uuid::from_u128(n)).unwrap();
        Command::Ask(Ask::SetTyping { conversation, typing: true })
    }

    #[test]
    fn typing_is_counted_in_each_conversation_and_in_a_bounded_number_of_them() {
        let mut rates = Rates::new(&ChatRates::default());
        let now = Duration::from_secs(1);
        for _ in 0..3 {
            assert_eq!(rates.command(&typing(1), now), Ok(()));
        }
        assert_eq!(rates.command(&typing(1), now), Err(Duration::from_secs(1)));
        for n in 2..=64 {
            assert_eq!(rates.command(&typing(n), now), Ok(()));
        }
        assert_eq!(rates.command(&typing(65), now), Err(Duration::from_secs(1)));
        assert_eq!(rates.command(&typing(65), now + Duration::from_secs(1)), Ok(()));
        assert!(rates.typing.len() <= MAX_TYPING);
    }
}

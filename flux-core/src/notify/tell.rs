//! From who is due to the channel's receiver.

use std::time::Duration;

use tracing::{debug, error, warn};

use super::runner::Parts;
use super::{NotTaken, NoticeClaim, NoticeId, NoticeMark, NoticeNext, OfflineNotice, WaitingConversation};
use crate::account::AccountState;
use crate::entropy;
use crate::error::{Cause, StoreError};
use crate::time::{DeadlineExceeded, within};

/// What came of one notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// The receiver has it.
    Yes,
    /// There was nothing to tell any more.
    Nothing,
    /// It is tried again.
    Later,
    /// It is given up.
    GivenUp,
}

impl Parts {
    /// Tells one user, and settles it.
    pub(super) async fn tell(&self, claim: &NoticeClaim) -> Result<Told, StoreError> {
        let Self { ports, settings, .. } = self;
        let channel = self.notifier.channel();
        let account = ports.call(ports.accounts.account(claim.user)).await?;
        let state = account.map_or(AccountState::Deleted, |account| account.state);
        if state == AccountState::Deleted {
            return self.settle(claim, &[], NoticeNext::Forget, Told::Nothing).await;
        }
        // One more than are told, to know whether there are more.
        let limit = settings.conversations.max(1);
        let reading = ports.notices.waiting(channel, claim.user, limit.saturating_add(1));
        let mut waiting = ports.call(reading).await?;
        let more = waiting.len() > limit;
        waiting.truncate(limit);
        let marks: Vec<_> = waiting.iter().map(mark).collect();
        waiting.retain(|waiting| !waiting.wrote.is_empty());
        // Whom an operator has switched off cannot come and read.
        if waiting.is_empty() || state == AccountState::Disabled {
            return self.settle(claim, &marks, done(Duration::ZERO), Told::Nothing).await;
        }
        let epoch = ports.logs.epoch();
        let id = NoticeId::of(channel, epoch, claim.user, &waiting);
        let notice = OfflineNotice { id, epoch, user: claim.user, conversations: waiting, more };
        let told = within(&*ports.clock, settings.deadline, self.notifier.notify(&notice)).await;
        match told.unwrap_or_else(|late: DeadlineExceeded| Err(NotTaken::later(late))) {
            Ok(()) => {
                debug!(%channel, notice.id = %id, "notice told");
                self.settle(claim, &marks, done(settings.quiet), Told::Yes).await
            }
            Err(failure) => self.put_off(claim, &notice, &marks, failure).await,
        }
    }

    async fn put_off(
        &self,
        claim: &NoticeClaim,
        notice: &OfflineNotice,
        marks: &[NoticeMark],
        failure: NotTaken,
    ) -> Result<Told, StoreError> {
        let (channel, settings) = (self.notifier.channel(), &self.settings);
        let (asked, cause) = match failure {
            NotTaken::Later { after, cause } => (after, cause),
            NotTaken::Never(cause) => {
                error!(%channel, notice.id = %notice.id, %cause, "notice refused for good; given up");
                return self.settle(claim, marks, done(Duration::ZERO), Told::GivenUp).await;
            }
        };
        if claim.tries >= settings.tries || claim.due_for >= settings.give_up {
            error!(%channel, notice.id = %notice.id, %cause, tries = claim.tries, "notice given up");
            return self.settle(claim, marks, done(Duration::ZERO), Told::GivenUp).await;
        }
        let after = asked.unwrap_or_default().min(settings.retry_most).max(self.jittered(claim.tries));
        let (reason, retry_in_ms) = (reason(&cause), after.as_millis());
        warn!(%channel, notice.id = %notice.id, %cause, reason, tries = claim.tries, retry_in_ms, "notice not taken");
        self.settle(claim, &[], NoticeNext::Retry { after }, Told::Later).await
    }

    /// The wait after this many tries: between half of it and all, so that what failed together comes back spread.
    pub(super) fn jittered(&self, tries: u32) -> Duration {
        let half = self.settings.backoff(tries) / 2;
        let ms = u32::try_from(half.as_millis()).unwrap_or(u32::MAX);
        half + Duration::from_millis(u64::from(entropy::below(&*self.ports.entropy, ms.saturating_add(1))))
    }

    async fn settle(
        &self,
        claim: &NoticeClaim,
        told: &[NoticeMark],
        next: NoticeNext,
        outcome: Told,
    ) -> Result<Told, StoreError> {
        let ports = &self.ports;
        let settling = ports.notices.settle_notice(self.notifier.channel(), claim, told, next);
        if !ports.call(settling).await? {
            debug!(channel = %self.notifier.channel(), "somebody else has taken this notice since");
        }
        Ok(outcome)
    }
}

/// What is behind a failure, for the log.
fn reason(cause: &Cause) -> Option<String> {
    cause.source().map(ToString::to_string)
}

const fn done(quiet: Duration) -> NoticeNext {
    NoticeNext::Done { quiet }
}

fn mark(waiting: &WaitingConversation) -> NoticeMark {
    (waiting.conversation, waiting.to)
}

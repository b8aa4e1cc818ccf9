//! What becomes of a message that was handed over.

use std::fmt;
use std::time::Duration;

use futures_util::{Stream, stream};
use tokio::sync::watch;

use crate::error::ClientError;
use crate::id::{ConversationId, Epoch, MessageId};
use crate::session::Handle;

/// Where a message stands.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TicketStatus {
    /// In the outbox; it will be sent.
    Queued,
    /// It could not be sent and waits in the outbox, and with it every later message to the conversation.
    Held {
        /// Why.
        error: ClientError,
        /// When the next try is; `None` if the session has ended, and the next one is at the next login.
        retry_in: Option<Duration>,
    },
    /// The server has stored it for good.
    Sent(Sent),
    /// It reached a device of every other member.
    Delivered(Sent),
    /// Every other member saw it.
    Read(Sent),
    /// It will not be sent; later messages are.
    Failed(ClientError),
    /// It was cancelled.
    Cancelled {
        /// Whether the server may have stored it all the same: an answer to an earlier try never came.
        maybe_sent: bool,
    },
}

/// Where and when a message was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// In which life of the server's store.
    pub epoch: Epoch,
    /// In which conversation.
    pub conversation: ConversationId,
    /// Its place there.
    pub seq: u64,
    /// When, in milliseconds since the Unix epoch by the server's clock.
    pub stored_ms: i64,
}

impl TicketStatus {
    /// Where it was stored, if it was.
    pub const fn sent(&self) -> Option<&Sent> {
        match self {
            Self::Sent(sent) | Self::Delivered(sent) | Self::Read(sent) => Some(sent),
            _ => None,
        }
    }

    /// Whether nothing can follow.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Read(_) | Self::Failed(_) | Self::Cancelled { .. })
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Queued | Self::Held { .. } | Self::Failed(_) | Self::Cancelled { .. } => 0,
            Self::Sent(_) => 1,
            Self::Delivered(_) => 2,
            Self::Read(_) => 3,
        }
    }
}

/// What came of cancelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cancelled {
    /// It will not be sent.
    Yes {
        /// Whether the server may have stored it all the same: an answer to an earlier try never came.
        maybe_sent: bool,
    },
    /// It had been sent, had failed, or had been cancelled before.
    TooLate,
}

/// A message that was handed over. Dropping the ticket changes nothing about the message.
#[derive(Clone)]
pub struct Ticket {
    pub(crate) message: MessageId,
    pub(crate) conversation: ConversationId,
    pub(crate) status: watch::Receiver<TicketStatus>,
    pub(crate) handle: Handle,
}

impl Ticket {
    /// The id of the message.
    pub const fn message(&self) -> MessageId {
        self.message
    }

    /// The conversation it goes to.
    pub const fn conversation(&self) -> ConversationId {
        self.conversation
    }

    /// Where it stands now.
    pub fn current(&self) -> TicketStatus {
        self.status.borrow().clone()
    }

    /// Where it stands, from the beginning: queued, sent, delivered, read, without leaving one of them out. It ends
    /// after a [final](TicketStatus::is_final) one, with the session, and with the life of the server's store that
    /// the message was stored in.
    pub fn status(&self) -> TicketStatuses {
        TicketStatuses { status: self.status.clone(), told: None }
    }

    /// Waits until the server has stored it.
    ///
    /// # Errors
    /// The error of [`TicketStatus::Failed`]; [`ClientError::Closed`] if it was cancelled, or if the session ended
    /// first: then it is still in the outbox.
    pub async fn sent(&self) -> Result<Sent, ClientError> {
        self.reaches(1).await
    }

    /// Waits until it has reached a device of every other member.
    ///
    /// # Errors
    /// As of [`sent`](Self::sent).
    pub async fn delivered(&self) -> Result<Sent, ClientError> {
        self.reaches(2).await
    }

    /// Waits until every other member has seen it.
    ///
    /// # Errors
    /// As of [`sent`](Self::sent).
    pub async fn read(&self) -> Result<Sent, ClientError> {
        self.reaches(3).await
    }

    /// Takes the message back, if it can still be. If it is on its way this waits for the answer.
    pub async fn cancel(&self) -> Result<Cancelled, ClientError> {
        self.handle.cancel(self.message).await
    }

    async fn reaches(&self, rank: u8) -> Result<Sent, ClientError> {
        let mut status = self.status.clone();
        loop {
            {
                let now = status.borrow_and_update();
                match &*now {
                    TicketStatus::Failed(error) => return Err(error.clone()),
                    TicketStatus::Cancelled { .. } => return Err(ClientError::Closed),
                    _ => {}
                }
                if let Some(sent) = now.sent()
                    && now.rank() >= rank
                {
                    return Ok(sent.clone());
                }
            }
            if status.changed().await.is_err() {
                return Err(self.handle.why_over());
            }
        }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("message", &self.message)
            .field("conversation", &self.conversation)
            .field("status", &*self.status.borrow())
            .finish_non_exhaustive()
    }
}

/// The way of one message, step by step.
#[derive(Debug)]
pub struct TicketStatuses {
    status: watch::Receiver<TicketStatus>,
    /// The rank of what was told last.
    told: Option<u8>,
}

impl TicketStatuses {
    /// The next status; `None` after the last one. Nothing is lost by dropping the future.
    pub async fn next(&mut self) -> Option<TicketStatus> {
        let Some(told) = self.told else {
            let queued = matches!(*self.status.borrow_and_update(), TicketStatus::Queued);
            if !queued {
                // What is there by now is still to be told.
                self.status.mark_changed();
            }
            self.told = Some(0);
            return Some(TicketStatus::Queued);
        };
        loop {
            let (now, changed) = {
                let now = self.status.borrow_and_update();
                (now.clone(), now.has_changed())
            };
            if let Some(sent) = now.sent()
                && told < now.rank()
            {
                self.told = Some(told + 1);
                let sent = sent.clone();
                return Some(match told {
                    0 => TicketStatus::Sent(sent),
                    1 => TicketStatus::Delivered(sent),
                    _ => TicketStatus::Read(sent),
                });
            }
            if changed && now.sent().is_none() {
                return Some(now);
            }
            if now.is_final() || self.status.changed().await.is_err() {
                return None;
            }
            // `changed` has marked it as seen; it is still to be told.
            self.status.mark_changed();
        }
    }

    /// As a stream.
    pub fn into_stream(self) -> impl Stream<Item = TicketStatus> + Send {
        stream::unfold(self, |mut statuses| async move {
            let status = statuses.next().await?;
            Some((status, statuses))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent() -> Sent {
        Sent { epoch: String::from("e").into(), conversation: [1; 16].into(), seq: 4, stored_ms: 0 }
    }

    #[tokio::test]
    async fn no_step_is_left_out_however_fast_they_come() {
        let (tell, status) = watch::channel(TicketStatus::Queued);
        let mut statuses = TicketStatuses { status, told: None };
        tell.send_replace(TicketStatus::Sent(sent()));
        tell.send_replace(TicketStatus::Read(sent()));
        drop(tell);
        let mut steps = Vec::new();
        while let Some(step) = statuses.next().await {
            steps.push(step);
        }
        assert!(matches!(
            steps[..],
            [TicketStatus::Queued, TicketStatus::Sent(_), TicketStatus::Delivered(_), TicketStatus::Read(_)]
        ));
    }

    #[tokio::test]
    async fn a_hold_and_its_end_are_told() {
        let (tell, status) = watch::channel(TicketStatus::Queued);
        let mut statuses = TicketStatuses { status, told: None };
        assert!(matches!(statuses.next().await, Some(TicketStatus::Queued)));
        tell.send_replace(TicketStatus::Held { error: ClientError::Timeout, retry_in: None });
        assert!(matches!(statuses.next().await, Some(TicketStatus::Held { .. })));
        tell.send_replace(TicketStatus::Queued);
        assert!(matches!(statuses.next().await, Some(TicketStatus::Queued)));
        tell.send_replace(TicketStatus::Failed(ClientError::Closed));
        assert!(matches!(statuses.next().await, Some(TicketStatus::Failed(_))));
        assert!(statuses.next().await.is_none());
    }
}

//! Sending, reading and marking messages.

use flux_proto::ErrorCode;
use flux_proto::v1::{self, client_frame, read_history, reply};

use super::handle::expect_reply;
use super::{Pages, Session};
use crate::actor::{Command, Effect, TicketParts};
use crate::error::{ClientError, Refusal};
use crate::id::ConversationId;
use crate::model::{Conversation, Destination, History, all};
use crate::ticket::Ticket;

/// No server takes longer texts than the frames it takes, and what it takes may not be known yet.
const MAX_TEXT: usize = 64 << 10;

impl Session {
    /// Queues a message to a conversation, or to a user one is friends with. It returns when the message is in the
    /// outbox store: from then on it will be sent, in order, with or without a connection now, and once however often
    /// it has to be tried.
    ///
    /// # Errors
    /// If the outbox is full or its store fails, the text is longer than any server takes, or the session is over. Then
    /// nothing was queued.
    pub async fn send(
        &self,
        to: impl Into<Destination>,
        text: impl Into<String>,
    ) -> Result<Ticket, ClientError> {
        let (to, text) = (to.into(), text.into());
        if text.len() > MAX_TEXT {
            return Err(Refusal::local(ErrorCode::MessageTooLong, "text").into());
        }
        let parts = self.handle.ask(|reply| Command::Send { to, text, reply }).await?;
        Ok(self.ticket(parts))
    }

    /// Tickets of all messages that wait to be sent, those of an earlier run of the program too.
    pub async fn unsent(&self) -> Result<Vec<Ticket>, ClientError> {
        let parts = self.handle.ask(|reply| Command::Unsent { reply }).await?;
        Ok(parts.into_iter().map(|parts| self.ticket(parts)).collect())
    }

    /// Sends what is held in a conversation now, without waiting for the next try.
    pub async fn retry(&self, conversation: ConversationId) -> Result<(), ClientError> {
        self.handle.tell(Command::Retry { conversation: Some(conversation) }).await
    }

    /// Sends what is held anywhere now.
    pub async fn retry_all(&self) -> Result<(), ClientError> {
        self.handle.tell(Command::Retry { conversation: None }).await
    }

    /// Waits until nothing is left to send.
    ///
    /// # Errors
    /// If the session is over first.
    pub async fn flushed(&self) -> Result<(), ClientError> {
        self.handle.flushed().await
    }

    /// Tells the server, and by it the others, that everything up to `seq` was seen.
    pub async fn mark_read(&self, conversation: ConversationId, seq: u64) -> Result<(), ClientError> {
        self.handle.ask_in_time(|reply| Command::MarkRead { conversation, seq, reply }).await
    }

    /// The newest messages of a conversation, or with `before` the newest with a lower seq than that. At most `limit`,
    /// and at most a page of the server, whichever is less; 0 for a page.
    pub async fn history_before(
        &self,
        conversation: ConversationId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<History, ClientError> {
        let from = read_history::From::BeforeSeq(before.unwrap_or(0));
        if before == Some(1) || before == Some(0) {
            // On the wire 0 stands for the newest of all, and there is nothing before 1.
            return Err(ClientError::Invalid("there is nothing before the first message"));
        }
        self.read_history(conversation, from, limit).await
    }

    /// The oldest messages of a conversation with a greater seq than `after`. At most `limit`, and at most a page of
    /// the server, whichever is less; 0 for a page.
    pub async fn history_after(
        &self,
        conversation: ConversationId,
        after: u64,
        limit: u32,
    ) -> Result<History, ClientError> {
        self.read_history(conversation, read_history::From::AfterSeq(after), limit).await
    }

    async fn read_history(
        &self,
        conversation: ConversationId,
        from: read_history::From,
        limit: u32,
    ) -> Result<History, ClientError> {
        let request = client_frame::Request::ReadHistory(v1::ReadHistory {
            conversation_id: conversation.to_string(),
            from: Some(from),
            limit,
        });
        expect_reply!(self.handle.call(request, Effect::Read).await, History)?.try_into()
    }

    /// All conversations, the one with the newest change first.
    pub fn conversations(&self) -> Pages<Conversation> {
        let request = |page| client_frame::Request::Sync(v1::Sync { sync_cursor: String::new(), page });
        Pages::new(self.handle.clone(), request, |result| {
            let page = expect_reply!(Ok::<reply::Result, ClientError>(result), SyncPage)?;
            Ok((all(page.conversations)?, page.next_page))
        })
    }

    /// Tells the other members that one writes, or stopped. It is not repeated: without a connection it fails at once.
    pub async fn set_typing(&self, conversation: ConversationId, typing: bool) -> Result<(), ClientError> {
        let set = v1::SetTyping { conversation_id: conversation.to_string(), typing };
        let request = client_frame::Request::SetTyping(set);
        self.handle.call(request, Effect::Transient).await.map(drop)
    }

    fn ticket(&self, (message, conversation, status): TicketParts) -> Ticket {
        Ticket { message, conversation, status, handle: self.handle.clone() }
    }
}

//! What comes from the server.

use flux_proto::v1::{self, event, reply, server_frame};

use super::Actor;
use super::logs::{Entry, LogKey};
use crate::codec;
use crate::error::{ClientError, Refusal};
use crate::event::DisconnectReason;

use crate::net::Frame;

impl Actor {
    pub(super) fn on_frame(&mut self, frame: Frame) {
        match codec::decode(frame) {
            Ok(Some(server_frame::Frame::Reply(v1::Reply { request_id, result }))) => {
                let outcome = match result {
                    Some(reply::Result::Error(error)) => Err(Refusal::from(error).into()),
                    Some(result) => Ok(result),
                    None => Err(ClientError::Protocol("a reply without a result")),
                };
                self.on_reply(request_id, outcome);
            }
            Ok(Some(server_frame::Frame::Event(event))) => {
                if let Some(event) = event.event
                    && let Err(error) = self.on_event(event)
                {
                    tracing::warn!(%error, "an event of the server cannot be read");
                }
            }
            Ok(None) => {}
            // What it was is not known: a new connection tells what was missed.
            Err(error) => self.cut(DisconnectReason::Failed(error)),
        }
    }

    fn on_event(&mut self, event: event::Event) -> Result<(), ClientError> {
        match event {
            event::Event::Message(message) => {
                let message = crate::model::Message::try_from(message)?;
                self.on_own_message(&message);
                self.take_entry(LogKey::Conversation(message.conversation), Entry::Message(message));
            }
            event::Event::FeedEntry(entry) => self.take_entry(LogKey::Feed, Entry::Feed(entry.try_into()?)),
            event::Event::Receipt(receipt) => {
                let cursor = receipt.cursor.ok_or(ClientError::Protocol("a receipt without a cursor"))?;
                self.take_cursor(receipt.conversation_id.parse()?, cursor.try_into()?);
            }
            event::Event::Presence(presence) => self.take_presence(presence.try_into()?),
            event::Event::Typing(typing) => self.telling.transient(
                &self.queue,
                crate::event::Event::Typing {
                    conversation: typing.conversation_id.parse()?,
                    user: typing.user_id.parse()?,
                    typing: typing.typing,
                },
            ),
            event::Event::LogChanged(changed) => {
                let log = match changed.log.and_then(|log| log.log) {
                    Some(v1::log_ref::Log::ConversationId(id)) => LogKey::Conversation(id.parse()?),
                    Some(v1::log_ref::Log::Feed(_)) => LogKey::Feed,
                    None => return Err(ClientError::Protocol("a change of no log")),
                };
                self.see_head(log, changed.head_seq);
            }
            event::Event::SessionEnded(ended) => self.end(ended.reason().into()),
            event::Event::Draining(draining) => self.on_draining(draining),
            event::Event::Heartbeat(_) => self.on_server_heartbeat(),
        }
        Ok(())
    }
}

//! Conversations and their messages.

use axum::extract::State;
use axum::http::StatusCode;
use flux_core::guard::LimitKey;
use flux_core::message::{Destination, HistoryFrom, InvalidText, MessageText};
use flux_core::{ConversationId, Epoch, ErrorCode, MessageId, Seq};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Gate;
use super::dto::{Conversation, Message, Page};
use super::extract::{Caller, Id, Json, Query, checked};
use super::page::{self, PageQuery};
use crate::problem::Problem;

/// List one's conversations
///
/// The one that changed last first.
#[utoipa::path(
    get, path = "/v1/conversations", tag = "messages", params(PageQuery),
    responses((status = 200, body = Page<Conversation>))
)]
pub(super) async fn list_conversations(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<Page<Conversation>>, Problem> {
    let (messages, limit) = (&gate.flux.messages, query.limit());
    let listed = match query.place()? {
        Some(place) => messages.sync_next(&actor, place, limit).await?,
        None => messages.sync(&actor, None, limit).await?,
    };
    let next = listed.next.as_ref().map(page::write_place);
    Ok(axum::Json(Page::new(listed.conversations, next)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryQuery {
    /// The newest messages below this seq.
    before_seq: Option<u64>,
    /// The oldest messages above this seq. Not together with `before_seq`; with neither, the newest messages.
    after_seq: Option<u64>,
    /// How many at most: 50 without it, 100 at most.
    limit: Option<i64>,
}

impl HistoryQuery {
    fn stretch(&self) -> Result<HistoryFrom, Problem> {
        let invalid = |field: &'static str, why: &'static str| {
            Problem::new(ErrorCode::InvalidArgument).with_field(field).with_detail(why)
        };
        let seq = |field, seq| Seq::new(seq).ok_or_else(|| invalid(field, "greater than any seq"));
        match (self.before_seq, self.after_seq) {
            (Some(_), Some(_)) => Err(invalid("after_seq", "not together with before_seq")),
            (None, Some(after)) => Ok(HistoryFrom::After(seq("after_seq", after)?)),
            (before, None) => {
                Ok(HistoryFrom::Before(before.map(|before| seq("before_seq", before)).transpose()?))
            }
        }
    }
}

/// A stretch of a conversation.
#[derive(Serialize, ToSchema)]
pub(super) struct History {
    /// Ascending by seq, without holes.
    items: Vec<Message>,
    /// The newest seq of the conversation.
    head_seq: u64,
}

/// Read a conversation
#[utoipa::path(
    get, path = "/v1/conversations/{id}/messages", tag = "messages",
    params(("id" = String, Path, format = Uuid), HistoryQuery), responses((status = 200, body = History))
)]
pub(super) async fn read_messages(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Id(conversation): Id<ConversationId>,
    Query(query): Query<HistoryQuery>,
) -> Result<axum::Json<History>, Problem> {
    let (from, limit) = (query.stretch()?, page::limit(query.limit));
    let history = gate.flux.messages.history(&actor, conversation, from, limit).await?;
    let items = history.messages.into_iter().map(Into::into).collect();
    Ok(axum::Json(History { items, head_seq: history.head.get() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SendMessage {
    /// Chosen by the sender, a UUID of version 7. Repeat a send whose answer got lost with the same one: it is
    /// stored once.
    #[schema(value_type = String, format = Uuid)]
    message_id: MessageId,
    /// Up to 4,096 bytes of UTF-8, stored as it is.
    #[schema(min_length = 1, max_length = 4096)]
    text: String,
}

/// The message is stored, for good.
#[derive(Serialize, ToSchema)]
pub(super) struct Sent {
    /// The life of the store that the seq belongs to.
    #[schema(value_type = String, format = Uuid)]
    epoch: Epoch,
    #[schema(value_type = String, format = Uuid)]
    conversation_id: ConversationId,
    seq: u64,
    stored_ms: i64,
    /// Whether an earlier send with the same id had stored it.
    repeated: bool,
}

/// Send a message
///
/// Answered when the message is stored durably: 201, or 200 if an earlier send with the same id had stored it.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/messages", tag = "messages", request_body = SendMessage,
    params(("id" = String, Path, format = Uuid)),
    responses((status = 201, body = Sent), (status = 200, body = Sent, description = "stored before"))
)]
pub(super) async fn send_message(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Id(conversation): Id<ConversationId>,
    Json(body): Json<SendMessage>,
) -> Result<(StatusCode, axum::Json<Sent>), Problem> {
    if body.message_id.as_uuid().get_version_num() != 7 {
        let problem = Problem::new(ErrorCode::InvalidArgument).with_field("message_id");
        return Err(problem.with_detail("not a UUID of version 7"));
    }
    let text = checked("text", MessageText::new(&body.text), |error| match error {
        InvalidText::Empty => ErrorCode::MessageEmpty,
        InvalidText::TooLong { .. } | InvalidText::TooManyBytes { .. } => ErrorCode::MessageTooLong,
        _ => ErrorCode::TextNotAllowed,
    })?;
    gate.limit(&LimitKey::new("http.send", actor.user.to_string()), gate.config.sends_per_user).await?;
    let to = Destination::Conversation(conversation);
    let sent = gate.flux.sender.send(actor, to, body.message_id, text).await?;
    let status = if sent.repeated { StatusCode::OK } else { StatusCode::CREATED };
    let answer = Sent {
        epoch: sent.epoch,
        conversation_id: sent.conversation,
        seq: sent.seq.get(),
        stored_ms: sent.at.as_millis(),
        repeated: sent.repeated,
    };
    Ok((status, axum::Json(answer)))
}

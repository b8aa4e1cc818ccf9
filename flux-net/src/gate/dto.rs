//! What travels in JSON: names in snake_case, ids as UUIDs in text, times as milliseconds since the Unix epoch, seqs as
//! numbers. Bodies of requests take the fields listed here and no others.

#![expect(clippy::struct_field_names, reason = "fields are named as they stand in JSON")]

use std::fmt;

use flux_core::account::{Account, Profile as CoreProfile};
use flux_core::friend::{
    Block as CoreBlock, Friend as CoreFriend, FriendRequest as CoreRequest, RequestState,
};
use flux_core::message::{Conversation as CoreConversation, Cursor as CoreCursor, Message as CoreMessage};
use flux_core::session::{DeviceClass as CoreClass, Session as CoreSession};
use flux_core::{ConversationId, MessageId, RequestId, Secret, SessionId, UserId};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A text that nothing may show: a password, a code, a token.
#[derive(Clone)]
pub(super) struct SecretText(pub(super) Secret);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A user as everybody may see them.
#[derive(Serialize, ToSchema)]
pub(super) struct Profile {
    #[schema(value_type = String, format = Uuid)]
    user_id: UserId,
    /// Unique, in lower case; what others search for. Empty once the account is deleted.
    #[schema(example = "ann")]
    username: String,
    /// Free text: whoever shows it escapes it.
    display_name: String,
    /// Free text, may be empty.
    bio: String,
    /// True once the account was deleted: the id stays, the rest is empty.
    deleted: bool,
}

impl From<CoreProfile> for Profile {
    fn from(profile: CoreProfile) -> Self {
        Self {
            user_id: profile.user,
            deleted: profile.deleted(),
            username: profile.username.map(|name| name.as_str().to_owned()).unwrap_or_default(),
            display_name: profile.display_name.as_str().to_owned(),
            bio: profile.bio.as_str().to_owned(),
        }
    }
}

/// The caller's own account.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    #[serde(flatten)]
    profile: Profile,
    /// Where codes and notices go; null for an account without an address.
    #[schema(format = Email)]
    email: Option<String>,
    /// When the account was made.
    created_ms: i64,
    /// Whether everybody sees the user as offline.
    invisible: bool,
}

impl From<Account> for Me {
    fn from(account: Account) -> Self {
        Self {
            profile: account.profile.into(),
            email: account.email.map(|email| email.as_str().to_owned()),
            created_ms: account.created.as_millis(),
            invisible: account.invisible,
        }
    }
}

/// Kinds of devices.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DeviceClass {
    Desktop,
    Mobile,
    Tablet,
    Web,
    #[default]
    Other,
}

impl From<DeviceClass> for CoreClass {
    fn from(class: DeviceClass) -> Self {
        match class {
            DeviceClass::Desktop => Self::Desktop,
            DeviceClass::Mobile => Self::Mobile,
            DeviceClass::Tablet => Self::Tablet,
            DeviceClass::Web => Self::Web,
            DeviceClass::Other => Self::Other,
        }
    }
}

impl From<CoreClass> for DeviceClass {
    fn from(class: CoreClass) -> Self {
        match class {
            CoreClass::Desktop => Self::Desktop,
            CoreClass::Mobile => Self::Mobile,
            CoreClass::Tablet => Self::Tablet,
            CoreClass::Web => Self::Web,
            _ => Self::Other,
        }
    }
}

/// One login on one device.
#[derive(Serialize, ToSchema)]
pub(super) struct Session {
    #[schema(value_type = String, format = Uuid)]
    session_id: SessionId,
    /// What its user calls the device; may be empty.
    device_name: String,
    device_class: DeviceClass,
    created_ms: i64,
    /// When it was last refreshed or connected.
    last_used_ms: i64,
    /// True for the session that asks.
    current: bool,
}

impl Session {
    pub(super) fn new(session: &CoreSession, current: SessionId) -> Self {
        Self {
            current: session.session == current,
            session_id: session.session,
            device_name: session.device.name.as_str().to_owned(),
            device_class: session.device.class.into(),
            created_ms: session.created.as_millis(),
            last_used_ms: session.last_used.as_millis(),
        }
    }
}

/// What became of a friend request.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FriendRequestState {
    Pending,
    Accepted,
    Rejected,
    Cancelled,
}

/// One request of friendship.
#[derive(Serialize, ToSchema)]
pub(super) struct FriendRequest {
    #[schema(value_type = String, format = Uuid)]
    request_id: RequestId,
    from: Profile,
    /// Who alone may accept or reject it.
    to: Profile,
    /// What the one who asks says; may be empty.
    greeting: String,
    created_ms: i64,
    state: FriendRequestState,
}

impl From<CoreRequest> for FriendRequest {
    fn from(request: CoreRequest) -> Self {
        Self {
            request_id: request.request,
            from: request.from.into(),
            to: request.to.into(),
            greeting: request.greeting.as_str().to_owned(),
            created_ms: request.created.as_millis(),
            state: match request.state {
                RequestState::Accepted => FriendRequestState::Accepted,
                RequestState::Rejected => FriendRequestState::Rejected,
                RequestState::Cancelled => FriendRequestState::Cancelled,
                _ => FriendRequestState::Pending,
            },
        }
    }
}

/// Somebody the caller is friends with.
#[derive(Serialize, ToSchema)]
pub(super) struct Friend {
    profile: Profile,
    /// The caller's private name for them; empty if there is none.
    remark: String,
    since_ms: i64,
    /// The direct conversation with them.
    #[schema(value_type = String, format = Uuid)]
    conversation_id: ConversationId,
}

impl From<CoreFriend> for Friend {
    fn from(friend: CoreFriend) -> Self {
        Self {
            profile: friend.profile.into(),
            remark: friend.remark.as_str().to_owned(),
            since_ms: friend.since.as_millis(),
            conversation_id: friend.conversation,
        }
    }
}

/// Somebody the caller has blocked.
#[derive(Serialize, ToSchema)]
pub(super) struct Block {
    profile: Profile,
    since_ms: i64,
}

impl From<CoreBlock> for Block {
    fn from(block: CoreBlock) -> Self {
        Self { profile: block.profile.into(), since_ms: block.since.as_millis() }
    }
}

/// How far one member has got: read_seq <= delivered_seq <= head_seq.
#[derive(Serialize, ToSchema)]
pub(super) struct Cursor {
    #[schema(value_type = String, format = Uuid)]
    user_id: UserId,
    /// All up to this one reached a device of theirs.
    delivered_seq: u64,
    /// All up to this one was seen by them.
    read_seq: u64,
}

impl From<CoreCursor> for Cursor {
    fn from(cursor: CoreCursor) -> Self {
        Self { user_id: cursor.user, delivered_seq: cursor.delivered.get(), read_seq: cursor.read.get() }
    }
}

/// One conversation as the caller sees it.
#[derive(Serialize, ToSchema)]
pub(super) struct Conversation {
    #[schema(value_type = String, format = Uuid)]
    conversation_id: ConversationId,
    /// The newest seq; 0 if there is no message yet.
    head_seq: u64,
    /// When the newest message was stored; null if there is none.
    last_message_ms: Option<i64>,
    /// Every member's cursor, the caller's own among them.
    cursors: Vec<Cursor>,
    /// Whether the caller may write to it now.
    writable: bool,
}

impl From<CoreConversation> for Conversation {
    fn from(conversation: CoreConversation) -> Self {
        Self {
            conversation_id: conversation.conversation,
            head_seq: conversation.head.get(),
            last_message_ms: conversation.last_message.map(flux_core::Timestamp::as_millis),
            cursors: conversation.cursors.into_iter().map(Into::into).collect(),
            writable: conversation.writable,
        }
    }
}

/// One stored message.
#[derive(Serialize, ToSchema)]
pub(super) struct Message {
    #[schema(value_type = String, format = Uuid)]
    conversation_id: ConversationId,
    /// Its place in the conversation: 1, 2, 3, without holes.
    seq: u64,
    #[schema(value_type = String, format = Uuid)]
    sender_id: UserId,
    /// Chosen by the sender.
    #[schema(value_type = String, format = Uuid)]
    message_id: MessageId,
    /// As it was sent: whoever shows it escapes it.
    text: String,
    stored_ms: i64,
}

impl From<CoreMessage> for Message {
    fn from(message: CoreMessage) -> Self {
        Self {
            conversation_id: message.conversation,
            seq: message.seq.get(),
            sender_id: message.sender,
            message_id: message.message,
            text: message.text.as_str().to_owned(),
            stored_ms: message.at.as_millis(),
        }
    }
}

/// One page of a list.
#[derive(Serialize, ToSchema)]
pub(super) struct Page<T> {
    items: Vec<T>,
    /// Where the next page starts, to be given back as `page`; null if this is the last.
    next_page: Option<String>,
}

impl<T> Page<T> {
    pub(super) fn new<U: Into<T>>(items: Vec<U>, next: Option<String>) -> Self {
        Self { items: items.into_iter().map(Into::into).collect(), next_page: next }
    }
}

/// Why a request was refused (RFC 9457).
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the document that `Problem` writes")]
pub(super) struct Problem {
    /// `urn:flux:error:` and the code.
    r#type: String,
    /// For the person in front of the screen, in the language that the request prefers.
    title: String,
    status: u16,
    /// Stable: what programs go by.
    #[schema(example = "not_found")]
    code: String,
    /// For developers.
    detail: Option<String>,
    /// The field of the request that is at fault.
    field: Option<String>,
    /// When to try again.
    retry_after_ms: Option<u64>,
    /// Names the request in the logs of the server.
    request_id: Option<String>,
}

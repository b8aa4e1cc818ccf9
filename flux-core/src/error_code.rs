//! The codes of everything that can go wrong.
// Generated from proto/errors.toml: FLUX_REGENERATE=1 cargo test -p flux-proto --test generated

use std::fmt;

/// What went wrong. A code never changes its meaning; new ones may come with any release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The request cannot be read: not valid JSON, UTF-8 or protobuf, an unknown or repeated field, a wrong
    /// type, or an id that is not a UUID.
    Malformed,
    /// The request can be read, but a value in it is not allowed; `field` names it.
    InvalidArgument,
    /// This path does not take this HTTP method; `Allow` lists those it takes.
    MethodNotAllowed,
    /// The body has another content type or encoding than the `application/json` that is taken here.
    UnsupportedMediaType,
    /// The body is longer than is taken here. On a WebSocket a frame that is too long closes the connection
    /// with 1009 instead.
    PayloadTooLarge,
    /// The path and query together are too long.
    UriTooLong,
    /// One header, or all of them together, are too large, or there are too many.
    HeaderTooLarge,
    /// This path speaks WebSocket, version 13, subprotocol `flux.v1.proto` or `flux.v1.json`, and the request
    /// did not ask for that.
    UpgradeRequired,
    /// A browser sent the request from a web page whose origin is not on the server's list.
    OriginNotAllowed,
    /// There is no access token, or it is not valid or has expired. Refresh the session and repeat the
    /// request with the new token.
    Unauthenticated,
    /// The session was ended: by logout, from another device, by a new password, or with the account. Only a
    /// new login helps.
    SessionEnded,
    /// A newer connection has taken over this session, and what the older one still sends is refused.
    SessionSuperseded,
    /// The first frame of a connection must be `hello`, and it was another one.
    HelloExpected,
    /// A second `hello` on one connection. To be somebody else, or another session, open another connection.
    AlreadyGreeted,
    /// Name and password do not go together. Whether the account exists, is disabled or has another password
    /// is not told.
    InvalidCredentials,
    /// The refresh token is unknown, has expired, was used before or belongs to a session that ended. Only a
    /// new login helps.
    InvalidRefreshToken,
    /// The verification code is wrong, expired, used, or was issued for something else; which of them is not
    /// told.
    InvalidCode,
    /// The username, or one that looks like it, belongs to somebody.
    UsernameTaken,
    /// The username has the wrong length, characters that are not allowed, mixed scripts, or is reserved; the
    /// text of the answer says which.
    UsernameNotAllowed,
    /// The new password is too short or too easy to guess; the text of the answer says why.
    WeakPassword,
    /// The password has more characters than are taken; it was not looked at.
    PasswordTooLong,
    /// The e-mail address is not one that mail can be sent to, or is of a kind that is not taken here.
    EmailNotAllowed,
    /// The user has as many sessions as the policy allows, and it does not let an older one give way.
    SessionLimit,
    /// There is no such thing, or the caller may not know of it: both are the same answer.
    NotFound,
    /// The caller may see this but not do that with it: for example write to somebody who is not a friend, or
    /// who blocked them.
    NotPermitted,
    /// A friend request to this user cannot be made: they are the caller, or an account that is gone.
    CannotBefriend,
    /// The two are friends already.
    AlreadyFriends,
    /// The friend request was answered or cancelled before.
    RequestNotPending,
    /// One of the two has as many friends as anybody may have.
    FriendLimit,
    /// One of the two has as many pending friend requests as anybody may have.
    RequestLimit,
    /// The sender used this message id in this conversation before, for another text. What was stored first
    /// stands.
    MessageConflict,
    /// The text is longer than the limit, which `welcome` and the limits table give in bytes of UTF-8.
    MessageTooLong,
    /// The text is empty or only white space.
    MessageEmpty,
    /// The text holds characters that are not taken, such as control characters; `field` names where.
    TextNotAllowed,
    /// An earlier send of this connection to this conversation failed and was neither resent nor given up.
    /// Resend it or `give_up` first, so that the order is kept.
    SendHeld,
    /// A cursor cannot be moved past the newest message of the conversation.
    CursorBeyondHead,
    /// The page or sync cursor was not given out by this server, belongs to another user, or has expired.
    /// Start again without it.
    InvalidPage,
    /// In the same epoch the client knows more of a log than the server has: the server lost data. An alarm
    /// was raised; keep what the client holds.
    EpochAhead,
    /// The connection watches as many users as it may; unwatch some first.
    WatchLimit,
    /// The connection has as many unanswered requests as it may have; wait for replies.
    TooManyOpenRequests,
    /// Too many requests of this kind, or too many connections, from this address, account or connection.
    /// Wait as long as the hint says.
    RateLimited,
    /// A bounded queue of the server is full; nothing was done.
    Overloaded,
    /// Something the server depends on is down or unreachable just now.
    Unavailable,
    /// There was no answer within the deadline, and it is not known whether the request was carried out.
    /// Repeat it as it is, a send with the same message id.
    Timeout,
    /// This node is about to stop and takes nothing new. Reconnect, or repeat the request at another node.
    Draining,
    /// A bug of the server, which has logged what happened; over HTTP the answer carries the trace id to find
    /// it by.
    Internal,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 46] = [
        Self::Malformed,
        Self::InvalidArgument,
        Self::MethodNotAllowed,
        Self::UnsupportedMediaType,
        Self::PayloadTooLarge,
        Self::UriTooLong,
        Self::HeaderTooLarge,
        Self::UpgradeRequired,
        Self::OriginNotAllowed,
        Self::Unauthenticated,
        Self::SessionEnded,
        Self::SessionSuperseded,
        Self::HelloExpected,
        Self::AlreadyGreeted,
        Self::InvalidCredentials,
        Self::InvalidRefreshToken,
        Self::InvalidCode,
        Self::UsernameTaken,
        Self::UsernameNotAllowed,
        Self::WeakPassword,
        Self::PasswordTooLong,
        Self::EmailNotAllowed,
        Self::SessionLimit,
        Self::NotFound,
        Self::NotPermitted,
        Self::CannotBefriend,
        Self::AlreadyFriends,
        Self::RequestNotPending,
        Self::FriendLimit,
        Self::RequestLimit,
        Self::MessageConflict,
        Self::MessageTooLong,
        Self::MessageEmpty,
        Self::TextNotAllowed,
        Self::SendHeld,
        Self::CursorBeyondHead,
        Self::InvalidPage,
        Self::EpochAhead,
        Self::WatchLimit,
        Self::TooManyOpenRequests,
        Self::RateLimited,
        Self::Overloaded,
        Self::Unavailable,
        Self::Timeout,
        Self::Draining,
        Self::Internal,
    ];

    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The code as clients see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().code
    }

    /// Whether the same request may succeed later; repeating it is safe then.
    #[must_use]
    pub const fn retryable(self) -> bool {
        self.row().retryable
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        self.row().status
    }

    /// A sentence in English, which tells nothing of the inside.
    #[must_use]
    pub const fn message(self) -> &'static str {
        self.row().message
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

struct Row {
    code: &'static str,
    status: u16,
    retryable: bool,
    message: &'static str,
}

/// In the order of the variants.
static ROWS: [Row; 46] = [
    Row { code: "malformed", status: 400, retryable: false, message: "The request could not be understood." },
    Row {
        code: "invalid_argument",
        status: 422,
        retryable: false,
        message: "One of the values is not valid.",
    },
    Row {
        code: "method_not_allowed",
        status: 405,
        retryable: false,
        message: "This action is not available here.",
    },
    Row {
        code: "unsupported_media_type",
        status: 415,
        retryable: false,
        message: "This kind of content is not supported.",
    },
    Row { code: "payload_too_large", status: 413, retryable: false, message: "The request is too large." },
    Row { code: "uri_too_long", status: 414, retryable: false, message: "The address is too long." },
    Row { code: "header_too_large", status: 431, retryable: false, message: "The request is too large." },
    Row {
        code: "upgrade_required",
        status: 426,
        retryable: false,
        message: "This address is for chat connections only.",
    },
    Row {
        code: "origin_not_allowed",
        status: 403,
        retryable: false,
        message: "This website may not use the service.",
    },
    Row { code: "unauthenticated", status: 401, retryable: false, message: "Please sign in again." },
    Row {
        code: "session_ended",
        status: 401,
        retryable: false,
        message: "You have been signed out. Please sign in again.",
    },
    Row {
        code: "session_superseded",
        status: 409,
        retryable: false,
        message: "This session is now in use in another window or on another connection.",
    },
    Row { code: "hello_expected", status: 401, retryable: false, message: "Please sign in first." },
    Row { code: "already_greeted", status: 403, retryable: false, message: "You are already signed in." },
    Row {
        code: "invalid_credentials",
        status: 401,
        retryable: false,
        message: "The name or the password is wrong.",
    },
    Row {
        code: "invalid_refresh_token",
        status: 401,
        retryable: false,
        message: "You have been signed out. Please sign in again.",
    },
    Row {
        code: "invalid_code",
        status: 400,
        retryable: false,
        message: "The verification code is not valid. Please ask for a new one.",
    },
    Row {
        code: "username_taken",
        status: 409,
        retryable: false,
        message: "This username is taken. Please choose another one.",
    },
    Row {
        code: "username_not_allowed",
        status: 422,
        retryable: false,
        message: "This username is not allowed. Please choose another one.",
    },
    Row {
        code: "weak_password",
        status: 422,
        retryable: false,
        message: "This password is too easy to guess. Please choose a stronger one.",
    },
    Row { code: "password_too_long", status: 400, retryable: false, message: "This password is too long." },
    Row {
        code: "email_not_allowed",
        status: 422,
        retryable: false,
        message: "This e-mail address cannot be used.",
    },
    Row {
        code: "session_limit",
        status: 409,
        retryable: false,
        message: "You are signed in on too many devices. Please sign out on one of them first.",
    },
    Row { code: "not_found", status: 404, retryable: false, message: "This was not found." },
    Row { code: "not_permitted", status: 403, retryable: false, message: "You are not allowed to do this." },
    Row {
        code: "cannot_befriend",
        status: 422,
        retryable: false,
        message: "You cannot send a friend request to this user.",
    },
    Row { code: "already_friends", status: 409, retryable: false, message: "You are already friends." },
    Row {
        code: "request_not_pending",
        status: 409,
        retryable: false,
        message: "This friend request has already been answered.",
    },
    Row { code: "friend_limit", status: 409, retryable: false, message: "The friend list is full." },
    Row {
        code: "request_limit",
        status: 409,
        retryable: false,
        message: "There are too many pending friend requests.",
    },
    Row {
        code: "message_conflict",
        status: 409,
        retryable: false,
        message: "This message could not be sent. Please write it again.",
    },
    Row { code: "message_too_long", status: 413, retryable: false, message: "This message is too long." },
    Row { code: "message_empty", status: 422, retryable: false, message: "Please write something first." },
    Row {
        code: "text_not_allowed",
        status: 422,
        retryable: false,
        message: "The text contains characters that are not allowed.",
    },
    Row {
        code: "send_held",
        status: 409,
        retryable: true,
        message: "Waiting for an earlier message to be sent.",
    },
    Row {
        code: "cursor_beyond_head",
        status: 422,
        retryable: false,
        message: "There is no such message yet.",
    },
    Row {
        code: "invalid_page",
        status: 400,
        retryable: false,
        message: "This list has changed. Please load it again.",
    },
    Row {
        code: "epoch_ahead",
        status: 409,
        retryable: false,
        message: "The server is missing data that this device has. Please contact the operator.",
    },
    Row {
        code: "watch_limit",
        status: 409,
        retryable: false,
        message: "Too many people are being watched at once.",
    },
    Row {
        code: "too_many_open_requests",
        status: 429,
        retryable: true,
        message: "Too many things at once. Please wait a moment.",
    },
    Row {
        code: "rate_limited",
        status: 429,
        retryable: true,
        message: "Too many attempts. Please wait a while.",
    },
    Row {
        code: "overloaded",
        status: 503,
        retryable: true,
        message: "The service is busy. Please try again soon.",
    },
    Row {
        code: "unavailable",
        status: 503,
        retryable: true,
        message: "The service is not available just now. Please try again soon.",
    },
    Row { code: "timeout", status: 504, retryable: true, message: "This took too long. Please try again." },
    Row {
        code: "draining",
        status: 503,
        retryable: true,
        message: "The service is restarting. Please try again soon.",
    },
    Row { code: "internal", status: 500, retryable: false, message: "Something went wrong on our side." },
];

//! The codes of everything that can go wrong, as clients and servers know them.
// Generated from proto/errors.toml: FLUX_REGENERATE=1 cargo test -p flux-proto --test generated

use std::fmt;

use crate::{CloseCode, v1};

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

/// Whether to send the same request again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// It will fail again.
    Never,
    /// It may succeed later, and repeating it is safe.
    Later,
}

impl From<Retry> for v1::Retry {
    fn from(retry: Retry) -> Self {
        match retry {
            Retry::Never => Self::Never,
            Retry::Later => Self::Later,
        }
    }
}

/// The languages that the catalogue has texts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// English.
    English,
    /// Chinese, in simplified characters.
    Chinese,
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

    /// The code of this text, as it stands in a problem document or an error frame; `None` if this release does
    /// not know it, and then what the answer itself says about retrying holds.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == code)
    }

    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The code as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().code
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub const fn retry(self) -> Retry {
        self.row().retry
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        self.row().status
    }

    /// The code with which a WebSocket is closed after this error; `None` if the connection goes on.
    #[must_use]
    pub const fn closes(self) -> Option<CloseCode> {
        self.row().closes
    }

    /// A sentence for the person in front of the screen.
    #[must_use]
    pub const fn text(self, language: Language) -> &'static str {
        match language {
            Language::English => self.row().english,
            Language::Chinese => self.row().chinese,
        }
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
    retry: Retry,
    closes: Option<CloseCode>,
    english: &'static str,
    chinese: &'static str,
}

/// In the order of the variants.
static ROWS: [Row; 46] = [
    Row {
        code: "malformed",
        status: 400,
        retry: Retry::Never,
        closes: None,
        english: "The request could not be understood.",
        chinese: "无法识别该请求。",
    },
    Row {
        code: "invalid_argument",
        status: 422,
        retry: Retry::Never,
        closes: None,
        english: "One of the values is not valid.",
        chinese: "有一项内容无效。",
    },
    Row {
        code: "method_not_allowed",
        status: 405,
        retry: Retry::Never,
        closes: None,
        english: "This action is not available here.",
        chinese: "此处不支持该操作。",
    },
    Row {
        code: "unsupported_media_type",
        status: 415,
        retry: Retry::Never,
        closes: None,
        english: "This kind of content is not supported.",
        chinese: "不支持这种内容类型。",
    },
    Row {
        code: "payload_too_large",
        status: 413,
        retry: Retry::Never,
        closes: None,
        english: "The request is too large.",
        chinese: "请求内容过大。",
    },
    Row {
        code: "uri_too_long",
        status: 414,
        retry: Retry::Never,
        closes: None,
        english: "The address is too long.",
        chinese: "请求地址过长。",
    },
    Row {
        code: "header_too_large",
        status: 431,
        retry: Retry::Never,
        closes: None,
        english: "The request is too large.",
        chinese: "请求头过大。",
    },
    Row {
        code: "upgrade_required",
        status: 426,
        retry: Retry::Never,
        closes: None,
        english: "This address is for chat connections only.",
        chinese: "此地址仅用于聊天连接。",
    },
    Row {
        code: "origin_not_allowed",
        status: 403,
        retry: Retry::Never,
        closes: None,
        english: "This website may not use the service.",
        chinese: "此网站无权使用该服务。",
    },
    Row {
        code: "unauthenticated",
        status: 401,
        retry: Retry::Never,
        closes: Some(CloseCode::Unauthenticated),
        english: "Please sign in again.",
        chinese: "请重新登录。",
    },
    Row {
        code: "session_ended",
        status: 401,
        retry: Retry::Never,
        closes: Some(CloseCode::Unauthenticated),
        english: "You have been signed out. Please sign in again.",
        chinese: "您已退出登录，请重新登录。",
    },
    Row {
        code: "session_superseded",
        status: 409,
        retry: Retry::Never,
        closes: Some(CloseCode::SessionSuperseded),
        english: "This session is now in use in another window or on another connection.",
        chinese: "此会话已在其他窗口或连接中使用。",
    },
    Row {
        code: "hello_expected",
        status: 401,
        retry: Retry::Never,
        closes: Some(CloseCode::Unauthenticated),
        english: "Please sign in first.",
        chinese: "请先登录。",
    },
    Row {
        code: "already_greeted",
        status: 403,
        retry: Retry::Never,
        closes: Some(CloseCode::Forbidden),
        english: "You are already signed in.",
        chinese: "您已登录。",
    },
    Row {
        code: "invalid_credentials",
        status: 401,
        retry: Retry::Never,
        closes: None,
        english: "The name or the password is wrong.",
        chinese: "用户名或密码错误。",
    },
    Row {
        code: "invalid_refresh_token",
        status: 401,
        retry: Retry::Never,
        closes: None,
        english: "You have been signed out. Please sign in again.",
        chinese: "登录已过期，请重新登录。",
    },
    Row {
        code: "invalid_code",
        status: 400,
        retry: Retry::Never,
        closes: None,
        english: "The verification code is not valid. Please ask for a new one.",
        chinese: "验证码无效，请重新获取。",
    },
    Row {
        code: "username_taken",
        status: 409,
        retry: Retry::Never,
        closes: None,
        english: "This username is taken. Please choose another one.",
        chinese: "该用户名已被占用，请换一个。",
    },
    Row {
        code: "username_not_allowed",
        status: 422,
        retry: Retry::Never,
        closes: None,
        english: "This username is not allowed. Please choose another one.",
        chinese: "该用户名不可用，请换一个。",
    },
    Row {
        code: "weak_password",
        status: 422,
        retry: Retry::Never,
        closes: None,
        english: "This password is too easy to guess. Please choose a stronger one.",
        chinese: "密码过于简单，请换一个更安全的密码。",
    },
    Row {
        code: "password_too_long",
        status: 400,
        retry: Retry::Never,
        closes: None,
        english: "This password is too long.",
        chinese: "密码过长。",
    },
    Row {
        code: "email_not_allowed",
        status: 422,
        retry: Retry::Never,
        closes: None,
        english: "This e-mail address cannot be used.",
        chinese: "该邮箱地址无法使用。",
    },
    Row {
        code: "session_limit",
        status: 409,
        retry: Retry::Never,
        closes: None,
        english: "You are signed in on too many devices. Please sign out on one of them first.",
        chinese: "登录的设备过多，请先在其他设备上退出登录。",
    },
    Row {
        code: "not_found",
        status: 404,
        retry: Retry::Never,
        closes: None,
        english: "This was not found.",
        chinese: "未找到该内容。",
    },
    Row {
        code: "not_permitted",
        status: 403,
        retry: Retry::Never,
        closes: None,
        english: "You are not allowed to do this.",
        chinese: "您无权执行此操作。",
    },
    Row {
        code: "cannot_befriend",
        status: 422,
        retry: Retry::Never,
        closes: None,
        english: "You cannot send a friend request to this user.",
        chinese: "无法向该用户发送好友请求。",
    },
    Row {
        code: "already_friends",
        status: 409,
        retry: Retry::Never,
        closes: None,
        english: "You are already friends.",
        chinese: "你们已经是好友了。",
    },
    Row {
        code: "request_not_pending",
        status: 409,
        retry: Retry::Never,
        closes: None,
        english: "This friend request has already been answered.",
        chinese: "该好友请求已被处理。",
    },
    Row {
        code: "friend_limit",
        status: 409,
        retry: Retry::Never,
        closes: None,
        english: "The friend list is full.",
        chinese: "好友数量已达上限。",
    },
    Row {
        code: "request_limit",
        status: 409,
        retry: Retry::Never,
        closes: None,
        english: "There are too many pending friend requests.",
        chinese: "待处理的好友请求过多。",
    },
    Row {
        code: "message_conflict",
        status: 409,
        retry: Retry::Never,
        closes: None,
        english: "This message could not be sent. Please write it again.",
        chinese: "消息发送失败，请重新编辑后发送。",
    },
    Row {
        code: "message_too_long",
        status: 413,
        retry: Retry::Never,
        closes: None,
        english: "This message is too long.",
        chinese: "消息过长。",
    },
    Row {
        code: "message_empty",
        status: 422,
        retry: Retry::Never,
        closes: None,
        english: "Please write something first.",
        chinese: "消息不能为空。",
    },
    Row {
        code: "text_not_allowed",
        status: 422,
        retry: Retry::Never,
        closes: None,
        english: "The text contains characters that are not allowed.",
        chinese: "文本中含有不允许的字符。",
    },
    Row {
        code: "send_held",
        status: 409,
        retry: Retry::Later,
        closes: None,
        english: "Waiting for an earlier message to be sent.",
        chinese: "正在等待上一条消息发送完成。",
    },
    Row {
        code: "cursor_beyond_head",
        status: 422,
        retry: Retry::Never,
        closes: None,
        english: "There is no such message yet.",
        chinese: "该消息尚不存在。",
    },
    Row {
        code: "invalid_page",
        status: 400,
        retry: Retry::Never,
        closes: None,
        english: "This list has changed. Please load it again.",
        chinese: "列表已过期，请重新加载。",
    },
    Row {
        code: "epoch_ahead",
        status: 409,
        retry: Retry::Never,
        closes: None,
        english: "The server is missing data that this device has. Please contact the operator.",
        chinese: "服务器缺少本设备已有的数据，请联系管理员。",
    },
    Row {
        code: "watch_limit",
        status: 409,
        retry: Retry::Never,
        closes: None,
        english: "Too many people are being watched at once.",
        chinese: "同时关注状态的用户过多。",
    },
    Row {
        code: "too_many_open_requests",
        status: 429,
        retry: Retry::Later,
        closes: None,
        english: "Too many things at once. Please wait a moment.",
        chinese: "同时进行的操作过多，请稍候。",
    },
    Row {
        code: "rate_limited",
        status: 429,
        retry: Retry::Later,
        closes: None,
        english: "Too many attempts. Please wait a while.",
        chinese: "操作过于频繁，请稍后再试。",
    },
    Row {
        code: "overloaded",
        status: 503,
        retry: Retry::Later,
        closes: None,
        english: "The service is busy. Please try again soon.",
        chinese: "服务繁忙，请稍后再试。",
    },
    Row {
        code: "unavailable",
        status: 503,
        retry: Retry::Later,
        closes: None,
        english: "The service is not available just now. Please try again soon.",
        chinese: "服务暂时不可用，请稍后再试。",
    },
    Row {
        code: "timeout",
        status: 504,
        retry: Retry::Later,
        closes: None,
        english: "This took too long. Please try again.",
        chinese: "操作超时，请重试。",
    },
    Row {
        code: "draining",
        status: 503,
        retry: Retry::Later,
        closes: None,
        english: "The service is restarting. Please try again soon.",
        chinese: "服务正在重启，请稍后再试。",
    },
    Row {
        code: "internal",
        status: 500,
        retry: Retry::Never,
        closes: None,
        english: "Something went wrong on our side.",
        chinese: "服务器出现内部错误。",
    },
];

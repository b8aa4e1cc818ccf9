//! The bodies of the HTTP calls. None is printable: most hold secrets.

use serde::{Deserialize, Serialize};

use crate::id::{SessionId, UserId};
use crate::secret::Secret;

/// For calls without a body.
pub(crate) const NOTHING: Option<&()> = None;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    pub(crate) code: String,
    pub(crate) detail: String,
    pub(crate) field: Option<String>,
    pub(crate) retry_after_ms: Option<u64>,
}

#[derive(Serialize)]
pub(crate) struct RequestCode<'a> {
    pub(crate) email: &'a str,
    pub(crate) purpose: &'static str,
}

#[derive(Serialize)]
pub(crate) struct Register<'a> {
    pub(crate) email: &'a str,
    pub(crate) code: &'a str,
    pub(crate) username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) display_name: Option<&'a str>,
    pub(crate) password: &'a str,
}

#[derive(Serialize)]
pub(crate) struct Login<'a> {
    #[serde(rename = "login")]
    pub(crate) name: &'a str,
    pub(crate) password: &'a str,
    pub(crate) device: DeviceBody<'a>,
}

#[derive(Serialize)]
pub(crate) struct DeviceBody<'a> {
    pub(crate) name: &'a str,
    pub(crate) class: &'static str,
}

#[derive(Deserialize)]
pub(crate) struct LoggedIn {
    pub(crate) user: Me,
    pub(crate) session: SessionBody,
    #[serde(flatten)]
    pub(crate) tokens: Tokens,
    pub(crate) chat_url: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct SessionBody {
    #[serde(rename = "session_id")]
    pub(crate) id: SessionId,
}

/// One's own account.
#[derive(Deserialize)]
pub(crate) struct Me {
    pub(crate) user_id: UserId,
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) bio: String,
    pub(crate) deleted: bool,
    pub(crate) email: Option<String>,
    pub(crate) created_ms: i64,
    pub(crate) invisible: bool,
}

#[derive(Deserialize)]
pub(crate) struct CodeRequested {
    pub(crate) retry_after_ms: u64,
}

#[derive(Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: Secret,
    pub(crate) expires_in_s: u64,
    pub(crate) refresh_token: Secret,
}

#[derive(Serialize)]
pub(crate) struct Refresh<'a> {
    pub(crate) refresh_token: &'a str,
}

#[derive(Deserialize)]
pub(crate) struct ChatEndpoint {
    pub(crate) url: String,
}

#[derive(Serialize)]
pub(crate) struct ProfileChange<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) display_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bio: Option<&'a str>,
}

#[derive(Serialize)]
pub(crate) struct ChangePassword<'a> {
    pub(crate) old_password: &'a str,
    pub(crate) new_password: &'a str,
}

#[derive(Serialize)]
pub(crate) struct ChangeEmail<'a> {
    pub(crate) email: &'a str,
    pub(crate) code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<&'a str>,
}

#[derive(Serialize)]
pub(crate) struct DeleteAccount<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<&'a str>,
}

#[derive(Serialize)]
pub(crate) struct ResetPassword<'a> {
    pub(crate) email: &'a str,
    pub(crate) code: &'a str,
    pub(crate) new_password: &'a str,
}

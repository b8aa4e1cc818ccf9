//! Verification codes.

use axum::extract::State;
use axum::http::StatusCode;
use flux_core::account::Email;
use flux_core::verification::Purpose as CorePurpose;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Gate;
use super::extract::{Client, Json, checked};
use crate::problem::Problem;

/// What a code is for; a code for one purpose is none for another.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Purpose {
    /// Making an account.
    Register,
    /// Choosing a new password without the old one.
    ResetPassword,
    /// Giving an account this address.
    ChangeEmail,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestCode {
    #[schema(format = Email, example = "ann@example.com")]
    email: String,
    purpose: Purpose,
}

/// The same whether or not there is an account, and whether or not a mail was sent.
#[derive(Serialize, ToSchema)]
pub(super) struct CodeRequested {
    /// How long until asking again can cause another mail.
    retry_after_ms: u64,
}

/// Mail a code
///
/// Mails a code of six digits, good for ten minutes, five tries and one use; or, if the address cannot be used for this,
/// what is to be said about that. The answer does not tell which.
#[utoipa::path(
    post, path = "/v1/verification-codes", tag = "codes", request_body = RequestCode, security(()),
    responses((status = 202, body = CodeRequested))
)]
pub(super) async fn request_code(
    State(gate): State<Gate>,
    Client(client): Client,
    Json(body): Json<RequestCode>,
) -> Result<(StatusCode, axum::Json<CodeRequested>), Problem> {
    let email = checked("email", Email::new(&body.email), |error| error.code())?;
    let purpose = match body.purpose {
        Purpose::Register => CorePurpose::Register,
        Purpose::ResetPassword => CorePurpose::ResetPassword,
        Purpose::ChangeEmail => CorePurpose::ChangeEmail,
    };
    let requested = gate.flux.verification.request(purpose, &email, &client).await?;
    let retry_after_ms = u64::try_from(requested.next_in.as_millis()).unwrap_or(u64::MAX);
    Ok((StatusCode::ACCEPTED, axum::Json(CodeRequested { retry_after_ms })))
}

//! The caller's own account.

use axum::extract::State;
use axum::http::StatusCode;
use flux_core::account::{Bio, Email, ProfileChange};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Gate;
use super::dto::{Me, Profile, SecretText};
use super::extract::{Caller, Client, Json, checked};
use super::users::display_name;
use crate::problem::Problem;

/// See oneself
#[utoipa::path(get, path = "/v1/users/me", tag = "accounts", responses((status = 200, body = Me)))]
pub(super) async fn get_me(
    State(gate): State<Gate>,
    Caller(actor): Caller,
) -> Result<axum::Json<Me>, Problem> {
    Ok(axum::Json(gate.flux.accounts.me(&actor).await?.into()))
}

/// What is not given stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeProfile {
    /// Up to 64 characters.
    #[serde(default)]
    #[schema(max_length = 64)]
    display_name: Option<String>,
    /// Up to 256 characters; empty for none.
    #[serde(default)]
    #[schema(max_length = 256)]
    bio: Option<String>,
}

/// Change one's profile
///
/// Friends are told.
#[utoipa::path(
    patch, path = "/v1/users/me", tag = "accounts", request_body = ChangeProfile,
    responses((status = 200, body = Profile))
)]
pub(super) async fn change_profile(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Json(body): Json<ChangeProfile>,
) -> Result<axum::Json<Profile>, Problem> {
    let bio = body.bio.as_deref().map(|bio| checked("bio", Bio::new(bio), |error| error.code()));
    let change = ProfileChange {
        display_name: body.display_name.as_deref().map(display_name).transpose()?,
        bio: bio.transpose()?,
    };
    Ok(axum::Json(gate.flux.accounts.change_profile(&actor, &change).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeleteAccount {
    /// Not needed for an account without one.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretText>,
}

/// Delete one's account
///
/// Ends every session and clears all personal data at once; friendships end soon after. Conversations stay readable for
/// the other side.
#[utoipa::path(
    delete, path = "/v1/users/me", tag = "accounts", request_body = DeleteAccount,
    responses((status = 204))
)]
pub(super) async fn delete_account(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Json(body): Json<DeleteAccount>,
) -> Result<StatusCode, Problem> {
    gate.flux.accounts.delete(&actor, body.password.map(|password| password.0).as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePassword {
    #[schema(value_type = String, format = Password)]
    old_password: SecretText,
    /// 8 to 256 characters that are not easily guessed.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 256)]
    new_password: SecretText,
}

/// Change one's password
///
/// Ends every other session.
#[utoipa::path(
    put, path = "/v1/users/me/password", tag = "accounts", request_body = ChangePassword,
    responses((status = 204))
)]
pub(super) async fn change_password(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Json(body): Json<ChangePassword>,
) -> Result<StatusCode, Problem> {
    gate.flux.accounts.change_password(&actor, &body.old_password.0, &body.new_password.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeEmail {
    /// The new address.
    #[schema(format = Email)]
    email: String,
    /// The six digits that were mailed to it for the purpose `change_email`.
    #[schema(value_type = String, example = "123456", pattern = "^ *[0-9]{6} *$")]
    code: SecretText,
    /// Not needed for an account without one.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretText>,
}

/// Change one's e-mail address
///
/// The old address is told.
#[utoipa::path(
    put, path = "/v1/users/me/email", tag = "accounts", request_body = ChangeEmail,
    responses((status = 204))
)]
pub(super) async fn change_email(
    State(gate): State<Gate>,
    Client(client): Client,
    Caller(actor): Caller,
    Json(body): Json<ChangeEmail>,
) -> Result<StatusCode, Problem> {
    let email = checked("email", Email::new(&body.email), |error| error.code())?;
    let password = body.password.map(|password| password.0);
    gate.flux.accounts.change_email(&actor, password.as_ref(), &email, &body.code.0, &client).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! Accounts: registering, profiles, searching, and a new password for who forgot theirs.

use axum::extract::State;
use axum::http::StatusCode;
use flux_core::UserId;
use flux_core::account::{DisplayName, Email, Registration, Username};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::Gate;
use super::dto::{Me, Page, Profile, SecretText};
use super::extract::{Caller, Client, Id, Json, Query, checked};
use super::page;
use crate::problem::Problem;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Register {
    #[schema(format = Email, example = "ann@example.com")]
    email: String,
    /// The six digits that were mailed to the address.
    #[schema(value_type = String, example = "123456", pattern = "^ *[0-9]{6} *$")]
    code: SecretText,
    /// 3 to 32 letters and digits of one script, `_`, `-` and `.`; unique, look-alikes included.
    #[schema(example = "ann", min_length = 3, max_length = 32)]
    username: String,
    /// What the user calls themselves, up to 64 characters; the username without it.
    #[serde(default)]
    #[schema(max_length = 64)]
    display_name: Option<String>,
    /// 8 to 256 characters that are not easily guessed.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 256)]
    password: SecretText,
}

/// Make an account
///
/// For whoever has the code that was mailed to the address. It is used up by the account alone: if the username is
/// taken, it is still good.
#[utoipa::path(
    post, path = "/v1/users", tag = "accounts", request_body = Register, security(()),
    responses((status = 201, body = Me))
)]
pub(super) async fn register(
    State(gate): State<Gate>,
    Client(client): Client,
    Json(body): Json<Register>,
) -> Result<(StatusCode, axum::Json<Me>), Problem> {
    let registration = Registration {
        email: checked("email", Email::new(&body.email), |error| error.code())?,
        code: body.code.0,
        username: checked("username", Username::new(&body.username), |error| error.code())?,
        display_name: body.display_name.as_deref().map(display_name).transpose()?,
        password: body.password.0,
    };
    let account = gate.flux.accounts.register(registration, &client).await?;
    Ok((StatusCode::CREATED, axum::Json(account.into())))
}

pub(super) fn display_name(text: &str) -> Result<DisplayName, Problem> {
    checked("display_name", DisplayName::new(text), |error| error.code())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Search {
    /// The start of a username (at least two characters), a whole e-mail address, or an id.
    query: String,
    /// How many at most: 50 without it, 100 at most.
    limit: Option<i64>,
}

/// Find users
///
/// By the start of the username, the whole e-mail address or the id.
#[utoipa::path(
    get, path = "/v1/users", tag = "accounts", params(Search),
    responses((status = 200, body = Page<Profile>))
)]
pub(super) async fn search_users(
    State(gate): State<Gate>,
    Client(client): Client,
    Caller(actor): Caller,
    Query(search): Query<Search>,
) -> Result<axum::Json<Page<Profile>>, Problem> {
    let limit = page::limit(search.limit);
    let found = gate.flux.accounts.search(&actor, &search.query, limit, &client).await?;
    Ok(axum::Json(Page::new(found, None)))
}

/// See a user
///
/// What everybody may see of them.
#[utoipa::path(
    get, path = "/v1/users/{id}", tag = "accounts", params(("id" = String, Path, format = Uuid)),
    responses((status = 200, body = Profile))
)]
pub(super) async fn get_user(
    State(gate): State<Gate>,
    Caller(_): Caller,
    Id(user): Id<UserId>,
) -> Result<axum::Json<Profile>, Problem> {
    Ok(axum::Json(gate.flux.accounts.profile(user).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResetPassword {
    #[schema(format = Email)]
    email: String,
    /// The six digits that were mailed to the address for the purpose `reset_password`.
    #[schema(value_type = String, example = "123456", pattern = "^ *[0-9]{6} *$")]
    code: SecretText,
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 256)]
    new_password: SecretText,
}

/// Choose a new password without the old one
///
/// Ends every session of the account.
#[utoipa::path(
    post, path = "/v1/password-resets", tag = "accounts", request_body = ResetPassword, security(()),
    responses((status = 204))
)]
pub(super) async fn reset_password(
    State(gate): State<Gate>,
    Client(client): Client,
    Json(body): Json<ResetPassword>,
) -> Result<StatusCode, Problem> {
    let email = checked("email", Email::new(&body.email), |error| error.code())?;
    gate.flux.accounts.reset_password(&email, &body.code.0, &body.new_password.0, &client).await?;
    Ok(StatusCode::NO_CONTENT)
}

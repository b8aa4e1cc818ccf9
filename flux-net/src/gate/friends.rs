//! Requests, friends, remarks and blocks.

use axum::extract::State;
use axum::http::StatusCode;
use flux_core::friend::{Asked, Greeting, Remark, RequestDirection};
use flux_core::{RequestId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Gate;
use super::dto::{Block, Friend, FriendRequest, Page};
use super::extract::{Caller, Id, Json, Query, checked};
use super::page::{self, PageQuery};
use crate::problem::Problem;

/// Whose requests.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Direction {
    /// Those made to the caller.
    #[default]
    Received,
    /// Those made by the caller.
    Sent,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RequestQuery {
    /// `received` without it.
    #[serde(default)]
    #[param(inline)]
    direction: Direction,
    /// `next_page` of the page before; without it the first page.
    page: Option<String>,
    /// How many items at most: 50 without it, 100 at most.
    limit: Option<i64>,
}

/// List pending friend requests
///
/// The oldest first.
#[utoipa::path(
    get, path = "/v1/friend-requests", tag = "friends", params(RequestQuery),
    responses((status = 200, body = Page<FriendRequest>))
)]
pub(super) async fn list_friend_requests(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Query(query): Query<RequestQuery>,
) -> Result<axum::Json<Page<FriendRequest>>, Problem> {
    let direction = match query.direction {
        Direction::Received => RequestDirection::Received,
        Direction::Sent => RequestDirection::Sent,
    };
    let token = query.page.as_deref().map(str::parse).transpose().map_err(|_| page::invalid())?;
    let listed = gate.flux.friends.requests(&actor, direction, token, page::limit(query.limit)).await?;
    Ok(axum::Json(Page::new(listed.items, listed.next.map(|next| next.to_string()))))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AskFriend {
    /// Whom.
    #[schema(value_type = String, format = Uuid)]
    user_id: UserId,
    /// A few words, up to 200 characters.
    #[serde(default)]
    #[schema(max_length = 200)]
    greeting: String,
}

/// What came of asking: one of the two.
#[derive(Serialize, ToSchema)]
pub(super) struct AskedFriend {
    /// The request that waits for an answer.
    request: Option<FriendRequest>,
    /// The new friend, if they had asked as well.
    friend: Option<Friend>,
}

/// Ask for friendship
///
/// Asking again changes nothing. If the other has asked as well, the two are friends at once.
#[utoipa::path(
    post, path = "/v1/friend-requests", tag = "friends", request_body = AskFriend,
    responses((status = 201, body = AskedFriend))
)]
pub(super) async fn ask_friend(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Json(body): Json<AskFriend>,
) -> Result<(StatusCode, axum::Json<AskedFriend>), Problem> {
    let greeting = checked("greeting", Greeting::new(&body.greeting), |error| error.code())?;
    let answer = match gate.flux.friends.request(&actor, body.user_id, greeting).await? {
        Asked::Requested(request) => AskedFriend { request: Some(request.into()), friend: None },
        Asked::Befriended(friend) => AskedFriend { request: None, friend: Some(friend.into()) },
    };
    Ok((StatusCode::CREATED, axum::Json(answer)))
}

/// Accept a friend request
///
/// That was made to the caller.
#[utoipa::path(
    post, path = "/v1/friend-requests/{id}/accept", tag = "friends",
    params(("id" = String, Path, format = Uuid)), responses((status = 200, body = Friend))
)]
pub(super) async fn accept_friend_request(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Id(request): Id<RequestId>,
) -> Result<axum::Json<Friend>, Problem> {
    Ok(axum::Json(gate.flux.friends.accept(&actor, request).await?.into()))
}

/// Reject a friend request
///
/// That was made to the caller.
#[utoipa::path(
    post, path = "/v1/friend-requests/{id}/reject", tag = "friends",
    params(("id" = String, Path, format = Uuid)), responses((status = 204))
)]
pub(super) async fn reject_friend_request(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Id(request): Id<RequestId>,
) -> Result<StatusCode, Problem> {
    gate.flux.friends.reject(&actor, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a friend request back
///
/// That the caller made.
#[utoipa::path(
    post, path = "/v1/friend-requests/{id}/cancel", tag = "friends",
    params(("id" = String, Path, format = Uuid)), responses((status = 204))
)]
pub(super) async fn cancel_friend_request(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Id(request): Id<RequestId>,
) -> Result<StatusCode, Problem> {
    gate.flux.friends.cancel(&actor, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List one's friends
///
/// Those of longest standing first.
#[utoipa::path(
    get, path = "/v1/friends", tag = "friends", params(PageQuery),
    responses((status = 200, body = Page<Friend>))
)]
pub(super) async fn list_friends(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<Page<Friend>>, Problem> {
    let listed = gate.flux.friends.friends(&actor, query.token()?, query.limit()).await?;
    Ok(axum::Json(Page::new(listed.items, listed.next.map(|next| next.to_string()))))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetRemark {
    /// A private name for the friend, up to 64 characters; empty for none.
    #[schema(max_length = 64)]
    remark: String,
}

/// Give a friend a private name
#[utoipa::path(
    patch, path = "/v1/friends/{id}", tag = "friends", request_body = SetRemark,
    params(("id" = String, Path, format = Uuid, description = "the friend's user id")),
    responses((status = 204))
)]
pub(super) async fn set_remark(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Id(friend): Id<UserId>,
    Json(body): Json<SetRemark>,
) -> Result<StatusCode, Problem> {
    let remark = checked("remark", Remark::new(&body.remark), |error| error.code())?;
    gate.flux.friends.set_remark(&actor, friend, remark).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End a friendship
///
/// For both. The conversation stays readable.
#[utoipa::path(
    delete, path = "/v1/friends/{id}", tag = "friends",
    params(("id" = String, Path, format = Uuid, description = "the friend's user id")),
    responses((status = 204))
)]
pub(super) async fn remove_friend(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Id(friend): Id<UserId>,
) -> Result<StatusCode, Problem> {
    gate.flux.friends.remove(&actor, friend).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List whom one blocks
///
/// The longest first.
#[utoipa::path(
    get, path = "/v1/blocks", tag = "friends", params(PageQuery),
    responses((status = 200, body = Page<Block>))
)]
pub(super) async fn list_blocks(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<Page<Block>>, Problem> {
    let listed = gate.flux.friends.blocks(&actor, query.token()?, query.limit()).await?;
    Ok(axum::Json(Page::new(listed.items, listed.next.map(|next| next.to_string()))))
}

/// Block a user
///
/// They can neither write to the caller nor ask for friendship, and are not told. A friendship stays.
#[utoipa::path(
    put, path = "/v1/blocks/{id}", tag = "friends",
    params(("id" = String, Path, format = Uuid, description = "the user's id")), responses((status = 204))
)]
pub(super) async fn block_user(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Id(user): Id<UserId>,
) -> Result<StatusCode, Problem> {
    gate.flux.friends.block(&actor, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a block back
#[utoipa::path(
    delete, path = "/v1/blocks/{id}", tag = "friends",
    params(("id" = String, Path, format = Uuid, description = "the user's id")), responses((status = 204))
)]
pub(super) async fn unblock_user(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Id(user): Id<UserId>,
) -> Result<StatusCode, Problem> {
    gate.flux.friends.unblock(&actor, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

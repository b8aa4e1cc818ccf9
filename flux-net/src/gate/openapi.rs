//! The OpenAPI 3.1 document, from the handlers and their types.

use std::collections::BTreeMap;

use flux_core::ErrorCode;
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, ResponseBuilder};

use super::dto;
use crate::problem::CONTENT_TYPE;

/// What stands around the operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Flux",
        description = "Accounts, sessions, friends and history of a real-time chat.\n\nBodies are JSON, with names in \
                       snake_case, ids as UUIDs and times as milliseconds since the Unix epoch. Refusals are problem \
                       details (RFC 9457) whose `code` is stable. Messages in real time come over the WebSocket that \
                       `/v1/chat-endpoint` names.",
        license(name = "MIT", identifier = "MIT")
    ),
    servers((url = ".", description = "where this document lies")),
    security(("bearer" = [])),
    components(schemas(dto::Problem)),
    tags(
        (name = "codes", description = "Proving an e-mail address"),
        (name = "accounts", description = "Registering, profiles, passwords"),
        (name = "sessions", description = "Logging in and out"),
        (name = "friends", description = "Requests, friends, blocks"),
        (name = "messages", description = "Conversations and their history"),
        (name = "service", description = "For operators and other services")
    )
)]
pub(super) struct Document;

use ErrorCode as E;

/// Refusals of whatever takes a body.
const BODY: [ErrorCode; 3] = [E::UnsupportedMediaType, E::PayloadTooLarge, E::Malformed];
/// Refusals of whatever wants a token.
const CALLER: [ErrorCode; 3] = [E::Unauthenticated, E::SessionEnded, E::RateLimited];
/// Failures that anything may meet.
const ANY: [ErrorCode; 4] = [E::Overloaded, E::Unavailable, E::Timeout, E::Internal];

/// Refusals that one operation has of its own.
const OWN: [(&str, &[ErrorCode]); 33] = [
    ("request_code", &[E::EmailNotAllowed, E::RateLimited]),
    (
        "register",
        &[
            E::EmailNotAllowed,
            E::UsernameNotAllowed,
            E::InvalidArgument,
            E::TextNotAllowed,
            E::WeakPassword,
            E::PasswordTooLong,
            E::InvalidCode,
            E::UsernameTaken,
            E::RateLimited,
        ],
    ),
    ("search_users", &[E::Malformed, E::InvalidArgument]),
    ("get_user", &[E::Malformed, E::NotFound]),
    (
        "reset_password",
        &[E::EmailNotAllowed, E::WeakPassword, E::PasswordTooLong, E::InvalidCode, E::RateLimited],
    ),
    ("get_me", &[]),
    ("change_profile", &[E::InvalidArgument, E::TextNotAllowed]),
    ("delete_account", &[E::InvalidCredentials]),
    ("change_password", &[E::InvalidCredentials, E::WeakPassword, E::PasswordTooLong]),
    ("change_email", &[E::EmailNotAllowed, E::InvalidCredentials, E::InvalidCode]),
    (
        "log_in",
        &[E::InvalidCredentials, E::PasswordTooLong, E::InvalidArgument, E::TextNotAllowed, E::RateLimited],
    ),
    ("refresh", &[E::InvalidRefreshToken, E::RateLimited]),
    ("list_sessions", &[]),
    ("end_session", &[E::Malformed, E::NotFound]),
    ("log_out", &[]),
    ("chat_endpoint", &[]),
    ("list_friend_requests", &[E::Malformed, E::InvalidPage]),
    (
        "ask_friend",
        &[
            E::NotFound,
            E::CannotBefriend,
            E::AlreadyFriends,
            E::FriendLimit,
            E::RequestLimit,
            E::InvalidArgument,
            E::TextNotAllowed,
        ],
    ),
    ("accept_friend_request", &[E::Malformed, E::NotFound, E::RequestNotPending, E::FriendLimit]),
    ("reject_friend_request", &[E::Malformed, E::NotFound, E::RequestNotPending]),
    ("cancel_friend_request", &[E::Malformed, E::NotFound, E::RequestNotPending]),
    ("list_friends", &[E::Malformed, E::InvalidPage]),
    ("set_remark", &[E::NotFound, E::CannotBefriend, E::InvalidArgument, E::TextNotAllowed]),
    ("remove_friend", &[E::Malformed, E::NotFound, E::CannotBefriend]),
    ("list_blocks", &[E::Malformed, E::InvalidPage]),
    ("block_user", &[E::Malformed, E::NotFound, E::CannotBefriend, E::FriendLimit]),
    ("unblock_user", &[E::Malformed, E::NotFound, E::CannotBefriend]),
    ("list_conversations", &[E::Malformed, E::InvalidPage]),
    ("read_messages", &[E::Malformed, E::NotFound, E::InvalidArgument]),
    (
        "send_message",
        &[
            E::NotFound,
            E::NotPermitted,
            E::MessageConflict,
            E::MessageEmpty,
            E::MessageTooLong,
            E::TextNotAllowed,
        ],
    ),
    ("healthz", &[]),
    ("readyz", &[]),
    ("jwks", &[]),
];

/// The document with the refusals of every operation in it.
pub(super) fn complete(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    if let Some(components) = &mut document.components {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let tagged = operation.tags.as_ref().is_some_and(|tags| tags.iter().any(|tag| tag == "service"));
            if !tagged {
                add_refusals(operation);
            }
        }
    }
    document
}

fn add_refusals(operation: &mut Operation) {
    let id = operation.operation_id.as_deref().unwrap_or_default();
    let own = OWN.iter().find(|(name, _)| *name == id).map_or(&[][..], |(_, own)| own);
    let mut codes: Vec<ErrorCode> = own.to_vec();
    if operation.request_body.is_some() {
        codes.extend(BODY);
    }
    if operation.security.is_none() {
        codes.extend(CALLER);
    }
    codes.extend(ANY);
    let mut by_status: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in codes {
        let same = by_status.entry(code.http_status()).or_default();
        if !same.contains(&code) {
            same.push(code);
        }
    }
    for (status, codes) in by_status {
        let told: Vec<_> =
            codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.message())).collect();
        let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
        let response = ResponseBuilder::new()
            .description(told.join("\n\n"))
            .content(CONTENT_TYPE, Content::new(Some(schema)))
            .build();
        operation.responses.responses.insert(status.to_string(), response.into());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_lists_its_refusals_and_nothing_else_is_listed() {
        let document = super::super::document();
        let mut ids = BTreeSet::new();
        for (path, item) in &document.paths.paths {
            for operation in
                [&item.get, &item.post, &item.put, &item.patch, &item.delete].into_iter().flatten()
            {
                let id = operation.operation_id.clone().unwrap();
                assert!(operation.summary.is_some(), "{path} {id}");
                assert!(ids.insert(id.clone()), "{id} twice");
            }
        }
        let listed: BTreeSet<_> = OWN.iter().map(|(id, _)| (*id).to_owned()).collect();
        assert_eq!(ids, listed);
    }
}

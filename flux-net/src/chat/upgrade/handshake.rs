//! The checks of an opening handshake.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, Version, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flux_core::ErrorCode;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::origin;
use super::refusal::Refusal;
use crate::chat::{Format, Origins};

/// All headers together may have this many bytes: far more than a handshake needs.
const MAX_HEADERS: usize = 16 * 1_024;

/// A handshake that is in order.
#[derive(Debug)]
pub(super) struct Handshake {
    /// What `Sec-WebSocket-Accept` says.
    pub(super) accept: String,
    pub(super) format: Format,
}

pub(super) fn check(request: &Request, origins: &Origins) -> Result<Handshake, Refusal> {
    let headers = request.headers();
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if size > MAX_HEADERS {
        return Err(Refusal::new(ErrorCode::HeaderTooLarge));
    }
    if request.version() != Version::HTTP_11 {
        return Err(upgrade_required());
    }
    // Whoever puts a token there has it in every log on the way, so it is refused before it works.
    if request.uri().query().is_some() {
        return Err(malformed());
    }
    if headers.contains_key(header::TRANSFER_ENCODING)
        || single(headers, header::CONTENT_LENGTH)?.is_some_and(|length| length != "0")
    {
        return Err(malformed());
    }
    let host = single(headers, header::HOST)?.filter(|host| origin::is_host(host)).ok_or_else(malformed)?;
    let upgrade = single(headers, header::UPGRADE)?.ok_or_else(upgrade_required)?;
    if !upgrade.eq_ignore_ascii_case("websocket") || !lists(headers, header::CONNECTION, "upgrade") {
        return Err(upgrade_required());
    }
    if single(headers, header::SEC_WEBSOCKET_VERSION)? != Some("13") {
        return Err(upgrade_required());
    }
    let key = single(headers, header::SEC_WEBSOCKET_KEY)?.ok_or_else(malformed)?;
    if !STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16) {
        return Err(malformed());
    }
    // Only browsers send one, and a browser always does.
    let origin = single(headers, header::ORIGIN).map_err(|_| Refusal::new(ErrorCode::OriginNotAllowed))?;
    if origin.is_some_and(|origin| !origin::allowed(origins, origin, host)) {
        return Err(Refusal::new(ErrorCode::OriginNotAllowed));
    }
    let format = format(headers).ok_or_else(upgrade_required)?;
    Ok(Handshake { accept: derive_accept_key(key.as_bytes()), format })
}

/// The first of the client's subprotocols that is one of ours.
fn format(headers: &HeaderMap) -> Option<Format> {
    let offers = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL);
    let mut names = offers.iter().filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(','));
    names.find_map(|name| Format::ALL.into_iter().find(|format| format.subprotocol() == name.trim()))
}

/// The value of a header that may stand there once.
fn single(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(|value| Some(value.trim())).map_err(|_| malformed()),
        (Some(_), Some(_)) => Err(malformed()),
    }
}

/// Whether a header that is a list holds `token`.
fn lists(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    let values = headers.get_all(name);
    let mut tokens = values.iter().filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(','));
    tokens.any(|listed| listed.trim().eq_ignore_ascii_case(token))
}

fn malformed() -> Refusal {
    Refusal::new(ErrorCode::Malformed)
}

fn upgrade_required() -> Refusal {
    Refusal::new(ErrorCode::UpgradeRequired)
        .with(header::CONNECTION, "upgrade")
        .with(header::UPGRADE, "websocket")
        .with(header::SEC_WEBSOCKET_VERSION, "13")
}

//! Opening handshakes against bytes.

use axum::body::Body;
use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::Authority;
use flux_core::ErrorCode;

use super::handshake::{Handshake, check};
use super::origin;
use crate::chat::{Format, Origins};
use crate::fuzzing::{first_line, headers};

/// A target, and headers, one a line.
pub fn chat_upgrade(data: &[u8]) {
    let line = data.iter().position(|&byte| byte == b'\n').unwrap_or(data.len());
    let Ok(target) = Uri::try_from(&data[..line]) else { return };
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = target;
    *request.headers_mut() = headers(&data[line..]);
    let origins = Origins { same_host: true, allowed: vec!["https://good.example".to_owned()] };
    match check(&request, &origins) {
        Ok(Handshake { accept, format }) => {
            assert_eq!(accept.len(), 28);
            let mut offers = request.headers().get_all("sec-websocket-protocol").iter();
            let offered = |offer: &str| offer.split(',').any(|name| name.trim() == format.subprotocol());
            assert!(offers.any(|offer| offer.to_str().is_ok_and(offered)), "a format that was not offered");
            assert!(Format::ALL.contains(&format) && request.uri().query().is_none());
            assert!(request.headers().get_all("origin").iter().count() <= 1, "a page of two origins");
        }
        Err(refusal) => assert!(
            matches!(
                refusal.code(),
                ErrorCode::HeaderTooLarge
                    | ErrorCode::UpgradeRequired
                    | ErrorCode::Malformed
                    | ErrorCode::OriginNotAllowed
            ),
            "{refusal:?}"
        ),
    }
}

/// An origin, and the host that its page wants to connect to, one a line; judged beside a parser of URLs.
pub fn chat_origin(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (from, host) = first_line(text);
    let listed = Origins { same_host: false, allowed: vec!["https://good.example".to_owned()] };
    if origin::allowed(&listed, from, host) {
        let from: Uri = from.parse().expect("what is allowed is a URL");
        assert_eq!((from.scheme_str(), from.port_u16().unwrap_or(443)), (Some("https"), 443));
        assert!(from.host().is_some_and(|name| name.eq_ignore_ascii_case("good.example")), "{from}");
    }
    let same = Origins { same_host: true, allowed: Vec::new() };
    if origin::allowed(&same, from, host)
        && let (Ok(from), Ok(host)) = (from.parse::<Uri>(), host.parse::<Authority>())
    {
        assert!(from.host().is_some_and(|name| name.eq_ignore_ascii_case(host.host())), "{from} at {host}");
        assert!(matches!(from.path(), "" | "/") && from.query().is_none(), "{from} is more than an origin");
    }
}

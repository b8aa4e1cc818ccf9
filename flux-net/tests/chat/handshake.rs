//! From HTTP to WebSocket: what is refused, and how.

use std::net::SocketAddr;
use std::time::Duration;

use flux_core::Settings;
use flux_core::guard::Quota;
use flux_net::chat::{ChatCaps, ChatConfig, Format, Origins};

use crate::support::World;
use crate::support::client::Client;
use crate::support::raw::{Answered, GOOD, Raw};

const GET: &str = "GET /v1/chat HTTP/1.1";

/// A request line, what is changed in the headers, and the status and code it is refused with.
type Refused<'a> = (&'a str, &'a [(&'a str, &'a str)], u16, &'a str);

/// The good headers with some replaced, added, or (with an empty value) left out.
async fn ask(address: SocketAddr, line: &str, changes: &[(&str, &str)]) -> Answered {
    let mut headers = GOOD.to_vec();
    for (name, value) in changes {
        headers.retain(|(known, _)| known != name);
        if !value.is_empty() {
            headers.push((name, value));
        }
    }
    Raw::connect(address).await.request(line, &headers).await
}

#[tokio::test]
async fn a_good_handshake_is_answered_as_the_rfc_has_it() {
    let world = World::new().await;
    for (offered, chosen) in [
        ("flux.v1.json", "flux.v1.json"),
        ("flux.v1.proto", "flux.v1.proto"),
        ("other, flux.v1.proto , flux.v1.json", "flux.v1.proto"),
        ("flux.v1.json,flux.v1.proto", "flux.v1.json"),
    ] {
        let answered = ask(world.address, GET, &[("Sec-WebSocket-Protocol", offered)]).await;
        assert_eq!(answered.status, 101, "{answered:?}");
        let head = answered.head.to_ascii_lowercase();
        // The key and the answer of RFC 6455, section 1.3.
        assert!(answered.head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
        assert!(
            head.contains("upgrade: websocket\r\n") && head.contains("connection: upgrade\r\n"),
            "{head}"
        );
        assert!(head.contains(&format!("sec-websocket-protocol: {chosen}\r\n")), "{head}");
        assert!(!head.contains("sec-websocket-extensions"), "{head}");
    }
    let firefox = [("Connection", "keep-alive, Upgrade"), ("Upgrade", "WebSocket")];
    assert_eq!(ask(world.address, GET, &firefox).await.status, 101);
}

#[tokio::test]
async fn a10_a_handshake_that_is_not_in_order_is_refused() {
    let world = World::new().await;
    let refused: [Refused<'_>; 19] = [
        (GET, &[("Sec-WebSocket-Key", "")], 400, "malformed"),
        (GET, &[("Sec-WebSocket-Key", "short")], 400, "malformed"),
        (GET, &[("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=")], 400, "malformed"),
        (GET, &[("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZSBsb25nZXI=")], 400, "malformed"),
        (GET, &[("Sec-WebSocket-Key", "!!!!!!!!!!!!!!!!!!!!!!==")], 400, "malformed"),
        (GET, &[("Sec-WebSocket-Version", "7")], 426, "upgrade_required"),
        (GET, &[("Sec-WebSocket-Version", "14")], 426, "upgrade_required"),
        (GET, &[("Sec-WebSocket-Version", "")], 426, "upgrade_required"),
        (GET, &[("Sec-WebSocket-Protocol", "")], 426, "upgrade_required"),
        (GET, &[("Sec-WebSocket-Protocol", "chat")], 426, "upgrade_required"),
        (GET, &[("Sec-WebSocket-Protocol", "FLUX.V1.JSON")], 426, "upgrade_required"),
        (GET, &[("Upgrade", ""), ("Connection", "")], 426, "upgrade_required"),
        (GET, &[("Upgrade", "h2c")], 426, "upgrade_required"),
        (GET, &[("Connection", "keep-alive")], 426, "upgrade_required"),
        ("GET /v1/chat HTTP/1.0", &[], 426, "upgrade_required"),
        ("POST /v1/chat HTTP/1.1", &[("Upgrade", ""), ("Connection", "")], 405, "method_not_allowed"),
        ("PUT /v1/chat HTTP/1.1", &[("Upgrade", ""), ("Connection", "")], 405, "method_not_allowed"),
        ("GET /v1/chat?x=1 HTTP/1.1", &[], 400, "malformed"),
        (GET, &[("Host", "a b")], 400, "malformed"),
    ];
    for (line, changes, status, code) in refused {
        let answered = ask(world.address, line, changes).await;
        assert_eq!(answered.status, status, "{line} {changes:?}: {answered:?}");
        assert_eq!(answered.code(), code, "{line} {changes:?}");
        if status == 426 {
            assert!(answered.head.to_ascii_lowercase().contains("sec-websocket-version: 13"), "{answered:?}");
        }
    }
    assert_eq!(world.chat.status().connections, 0);
}

#[tokio::test]
async fn a10_headers_that_stand_there_twice_are_refused() {
    let world = World::new().await;
    for twice in ["Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Host", "Origin"] {
        let mut headers = GOOD.to_vec();
        headers.push(("Origin", "http://localhost"));
        let (_, value) = headers.iter().find(|(name, _)| *name == twice).copied().unwrap();
        headers.push((twice, value));
        let answered = Raw::connect(world.address).await.request(GET, &headers).await;
        let expected = if twice == "Origin" { 403 } else { 400 };
        assert_eq!(answered.status, expected, "{twice}: {answered:?}");
    }
}

#[tokio::test]
async fn a10_headers_without_end_are_refused() {
    let world = World::new().await;
    let long = "x".repeat(64 * 1_024);
    let mut raw = Raw::connect(world.address).await;
    raw.try_write(format!("{GET}\r\nHost: localhost\r\nX-Long: {long}\r\n\r\n").as_bytes()).await;
    assert_eq!(raw.answered().await.status, 431);
    let many = "X-Many: y\r\n".repeat(1_000);
    let mut raw = Raw::connect(world.address).await;
    raw.try_write(format!("{GET}\r\nHost: localhost\r\n{many}\r\n").as_bytes()).await;
    assert_eq!(raw.answered().await.status, 431);
}

#[tokio::test]
async fn a11_pages_of_other_origins_may_not_connect() {
    let origins = Origins { same_host: true, allowed: vec!["https://good.com".to_owned()] };
    let world = World::with(ChatConfig { origins, ..ChatConfig::default() }, Settings::default()).await;
    for good in ["https://good.com", "http://localhost", "https://localhost:443", ""] {
        let answered = ask(world.address, GET, &[("Origin", good)]).await;
        assert_eq!(answered.status, 101, "{good}: {answered:?}");
    }
    for evil in
        ["https://evil.com", "null", "https://good.com.evil", "http://localhost:81", "https://good.com, null"]
    {
        let answered = ask(world.address, GET, &[("Origin", evil)]).await;
        assert_eq!((answered.status, answered.code().as_str()), (403, "origin_not_allowed"), "{evil}");
        // A cookie changes nothing.
        let cookie = [("Origin", evil), ("Cookie", "session=x")];
        assert_eq!(ask(world.address, GET, &cookie).await.status, 403);
    }
}

#[tokio::test]
async fn a14_a_token_in_the_query_is_refused_whatever_it_is_worth() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let line = format!("GET /v1/chat?access_token={} HTTP/1.1", world.token(&alice));
    let answered = ask(world.address, &line, &[]).await;
    assert_eq!((answered.status, answered.code().as_str()), (400, "malformed"));
}

fn caps(caps: ChatCaps) -> ChatConfig {
    ChatConfig { caps, ..ChatConfig::default() }
}

#[tokio::test]
async fn a12_strangers_of_one_address_are_capped() {
    let config = caps(ChatCaps { anonymous_per_client: 2, ..ChatCaps::default() });
    let world = World::with(config, Settings::default()).await;
    let alice = world.person("alice").await;
    let mut first = world.stranger(Format::Json).await;
    let second = world.stranger(Format::Json).await;
    let answered = ask(world.address, GET, &[]).await;
    assert_eq!((answered.status, answered.code().as_str()), (429, "rate_limited"));
    assert!(answered.head.to_ascii_lowercase().contains("retry-after: "), "{answered:?}");
    // Who is known is no stranger any more.
    first.welcomed(world.token(&alice)).await;
    let _third = world.stranger(Format::Json).await;
    assert_eq!(ask(world.address, GET, &[]).await.status, 429);
    second.close().await;
    crate::support::until("a place is given back", || world.chat.status().anonymous == 1).await;
    assert_eq!(ask(world.address, GET, &[]).await.status, 101);
}

#[tokio::test]
async fn a69_connections_are_capped_by_address_and_in_all() {
    let per_client = caps(ChatCaps { per_client: 2, ..ChatCaps::default() });
    for (config, status, code) in [
        (per_client, 429, "rate_limited"),
        (caps(ChatCaps { connections: 2, ..ChatCaps::default() }), 503, "overloaded"),
    ] {
        let world = World::with(config, Settings::default()).await;
        let _open = (world.stranger(Format::Json).await, world.stranger(Format::Proto).await);
        let answered = ask(world.address, GET, &[]).await;
        assert_eq!((answered.status, answered.code().as_str()), (status, code));
        assert_eq!(world.chat.status().connections, 2);
    }
}

#[tokio::test]
async fn a69_connecting_and_closing_without_end_is_slowed_down() {
    let quota = Quota::new(20, Duration::from_secs(20));
    let config = caps(ChatCaps { connects_per_client: quota, ..ChatCaps::default() });
    let world = World::with(config, Settings::default()).await;
    for _ in 0..20 {
        Client::open(world.address, Format::Json).await.close().await;
    }
    let answered = ask(world.address, GET, &[]).await;
    assert_eq!((answered.status, answered.code().as_str()), (429, "rate_limited"));
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(ask(world.address, GET, &[]).await.status, 101);
}

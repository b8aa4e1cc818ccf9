//! Bytes on a socket.

use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use flux_net::serve::{ServeLimits, serve};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::http::{answers, exchange, read_to_end, send};
use crate::world::World;

#[tokio::test]
async fn a18_requests_that_two_readers_may_read_differently_are_refused_and_the_connection_ends() {
    let world = World::new().await;
    for request in [
        "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: 2, 2\r\n\r\n{}",
        "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\r\n folded\r\n\r\n",
        "GET /healthz HTTP/1.1\nHost: a\n\n",
        "GET /healthz HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
        "GET http://a/healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET //healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /v1/../healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /v1/%2e%2e/healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /healthz%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /healthz%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /v1/users?query=%ff HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /healthz\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\u{7f}\r\n\r\n",
    ] {
        let text = exchange(world.server, request.as_bytes()).await;
        let mut told = answers(&text);
        assert_eq!(told.len(), 1, "{request:?}: {text}");
        let answer = told.remove(0).refused(400, "malformed");
        assert_eq!(answer.header("connection"), Some("close"), "{request:?}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    world.call("GET", "/healthz", "", None).await.expect(200);
}

#[tokio::test]
async fn a18_what_is_smuggled_behind_a_request_is_not_answered() {
    let world = World::new().await;
    // The second request is bad: the first is answered, the second refused, the third never looked at.
    let good = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let bad = "POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
    let told = answers(&exchange(world.server, format!("{good}{bad}{good}{good}").as_bytes()).await);
    let statuses: Vec<_> = told.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 400]);
    // What belongs to a body is no request.
    let body = format!("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{good}", good.len());
    let last = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let told = answers(&exchange(world.server, format!("{body}{last}").as_bytes()).await);
    let statuses: Vec<_> = told.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [404, 200]);
}

#[tokio::test]
async fn a18_chunks_that_are_none_end_in_a_refusal() {
    let world = World::new().await;
    let head = "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
                Transfer-Encoding: chunked\r\n\r\n";
    for chunks in ["zz\r\n{}\r\n0\r\n\r\n", "2\n{}\n0\n\n", "2\r\n{}0\r\n\r\n", "ffffffffffffffffff\r\n"] {
        let text = exchange(world.server, format!("{head}{chunks}").as_bytes()).await;
        let told = answers(&text);
        assert_eq!(told.len(), 1, "{chunks:?}: {text}");
        told[0].clone().refused(400, "malformed");
    }
    let body = json!({"login": "ann", "password": "x"}).to_string();
    let chunks = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let head = head.replace("Host: a", "Host: a\r\nConnection: close");
    let told = answers(&exchange(world.server, format!("{head}{chunks}").as_bytes()).await);
    told[0].clone().refused(401, "invalid_credentials");
}

#[tokio::test]
async fn a19_every_path_says_which_methods_it_takes() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    let document: serde_json::Value = serde_json::from_str(&flux_net::gate::openapi_json()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.replace("{id}", &ann.user);
        let known: Vec<_> = item.as_object().unwrap().keys().map(|verb| verb.to_uppercase()).collect();
        for verb in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", "get"] {
            if known.iter().any(|one| one == verb) || verb == "CONNECT" {
                continue;
            }
            // Other routes share some paths, such as `/v1/users/{id}` and `/v1/users/me`.
            let answer = world.call(verb, &path, &ann.access, None).await.refused(405, "method_not_allowed");
            let allow = answer.header("allow").unwrap_or_else(|| panic!("{verb} {path}"));
            for one in &known {
                assert!(allow.split(',').any(|allowed| allowed == one), "{verb} {path}: {allow}");
            }
        }
        if known.contains(&"GET".to_owned()) {
            let head = world.call("HEAD", &path, &ann.access, None).await;
            assert_eq!(head.body, "", "HEAD {path}");
        }
    }
    for path in ["/", "/v1", "/v2/users", "/v1/users/me/role", "/admin", "/metrics", "/.env"] {
        let unknown = world.call("GET", path, &ann.access, None).await.refused(404, "not_found");
        assert_eq!(unknown.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn a21_what_is_too_long_is_refused_without_being_read() {
    let world = World::new().await;
    let most = 64 << 10;
    let login = |length: usize| {
        let frame = json!({"login": "ann", "password": ""}).to_string().len();
        json!({"login": "ann", "password": "x".repeat(length - frame)}).to_string()
    };
    let post = |body: String| {
        let head = format!(
            "POST /v1/sessions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}",
            body.len()
        );
        async move { send(world.server, &head, &body).await }
    };
    post(login(most)).await.refused(400, "password_too_long");
    post(login(most + 1)).await.refused(413, "payload_too_large");
    // In chunks nobody says how much it will be.
    let body = login(most + 1);
    let request = format!(
        "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\
         Connection: close\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    answers(&exchange(world.server, request.as_bytes()).await)[0].clone().refused(413, "payload_too_large");
    // Announced, and not sent.
    let request = "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
                   Content-Length: 1000000000000\r\n\r\n";
    answers(&exchange(world.server, request.as_bytes()).await)[0].clone().refused(413, "payload_too_large");

    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(100_000));
    answers(&exchange(world.server, long.as_bytes()).await)[0].clone().refused(414, "uri_too_long");
    let endless = format!("GET /{}", "a".repeat(100_000));
    answers(&exchange(world.server, endless.as_bytes()).await)[0].clone().refused(414, "uri_too_long");
    let many = format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(10_000));
    answers(&exchange(world.server, many.as_bytes()).await)[0].clone().refused(431, "header_too_large");
    let few = format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(64));
    answers(&exchange(world.server, few.as_bytes()).await)[0].clone().refused(431, "header_too_large");
    let large = format!("GET /healthz HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "y".repeat(20_000));
    answers(&exchange(world.server, large.as_bytes()).await)[0].clone().refused(431, "header_too_large");
    world.call("GET", "/healthz", "", None).await.expect(200);
}

/// A server of one's own, small and quick.
struct Small {
    server: std::net::SocketAddr,
    stop: CancellationToken,
    ended: tokio::task::JoinHandle<usize>,
}

impl Small {
    async fn start(limits: ServeLimits) -> Self {
        let router = Router::new()
            .route("/", get(|| async { "hello" }))
            .route("/never", get(|| async { std::future::pending::<&'static str>().await }))
            .route("/echo", post(|body: String| async { body }))
            .route("/talk", get(talk));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let ended = tokio::spawn(serve(listener, router, limits, stop.clone()));
        Self { server, stop, ended }
    }
}

/// Agrees to speak something else, and then repeats what it hears.
async fn talk(mut request: axum::extract::Request) -> axum::response::Response {
    use axum::body::Body;
    let agreed = request.headers().get("upgrade").is_some_and(|upgrade| upgrade == "echo");
    if !agreed {
        return axum::response::Response::builder().status(400).body(Body::empty()).unwrap();
    }
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut io = hyper_util::rt::TokioIo::new(upgrade.await.unwrap());
        let mut bytes = [0; 1_024];
        while let Ok(length @ 1..) = io.read(&mut bytes).await {
            io.write_all(&bytes[..length]).await.unwrap();
        }
    });
    let response = axum::response::Response::builder().status(101).header("connection", "upgrade");
    response.header("upgrade", "echo").body(Body::empty()).unwrap()
}

const UPGRADE: &str = "GET /talk HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";

async fn upgraded(server: std::net::SocketAddr) -> TcpStream {
    let mut socket = TcpStream::connect(server).await.unwrap();
    socket.write_all(UPGRADE.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
    socket
}

#[tokio::test]
async fn an_upgraded_connection_says_what_it_likes() {
    let small = Small::start(ServeLimits::default()).await;
    let mut socket = upgraded(small.server).await;
    for said in [&b"GET / HTTP/1.1\n\n\0\xff"[..], b"more"] {
        socket.write_all(said).await.unwrap();
        let mut heard = vec![0; said.len()];
        socket.read_exact(&mut heard).await.unwrap();
        assert_eq!(heard, said);
    }
}

#[tokio::test]
async fn after_a_refused_upgrade_requests_are_checked_again() {
    let small = Small::start(ServeLimits::default()).await;
    let refused = UPGRADE.replace("Upgrade: echo", "Upgrade: other");
    let good = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    for (next, expected) in [(good, &[400, 200][..]), (&good.replace("\r\n", "\n"), &[400])] {
        let told = answers(&exchange(small.server, format!("{refused}{next}").as_bytes()).await);
        let statuses: Vec<_> = told.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, expected, "{next}");
    }
}

#[tokio::test]
async fn a12_who_does_not_finish_a_head_is_cut_off() {
    let limits = ServeLimits { header_timeout: Duration::from_millis(50), ..ServeLimits::default() };
    let small = Small::start(limits).await;
    for part in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\n"] {
        assert_eq!(exchange(small.server, part.as_bytes()).await, "", "{part:?}");
    }
    // One byte at a time is no progress: the time is that of the whole head.
    let mut socket = TcpStream::connect(small.server).await.unwrap();
    let drip = async {
        for byte in "GET / HTTP/1.1\r\n".bytes().chain(std::iter::repeat(b'x')) {
            if socket.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), drip).await.expect("not cut off");
}

#[tokio::test]
async fn a69_connections_are_counted_in_all_and_by_address() {
    let limits = ServeLimits { connections: 3, connections_per_address: 2, ..ServeLimits::default() };
    let small = Small::start(limits.clone()).await;
    let first = upgraded(small.server).await;
    let _second = upgraded(small.server).await;
    let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert_eq!(exchange(small.server, request).await, "", "no third one");
    drop(first);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while exchange(small.server, request).await.is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "the place is not given back");
    }
    let unlimited = vec!["127.0.0.0/8".parse().unwrap()];
    let small = Small::start(ServeLimits { unlimited, ..limits }).await;
    let _open = [upgraded(small.server).await, upgraded(small.server).await, upgraded(small.server).await];
    assert_eq!(exchange(small.server, request).await, "", "no fourth one");
}

#[tokio::test]
async fn a_connection_serves_many_requests_and_bodies_of_both_kinds() {
    let small = Small::start(ServeLimits::default()).await;
    let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n\
                   POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none\
                   POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n\
                   \r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    for size in [1, 7, request.len()] {
        let mut socket = TcpStream::connect(small.server).await.unwrap();
        for part in request.as_bytes().chunks(size) {
            socket.write_all(part).await.unwrap();
            socket.flush().await.unwrap();
            tokio::task::yield_now().await;
        }
        let told = answers(&read_to_end(&mut socket).await);
        let bodies: Vec<_> = told.iter().map(|answer| answer.body.as_str()).collect();
        assert_eq!(bodies, ["hello", "one", "two", "hello"], "in parts of {size}");
    }
}

#[tokio::test]
async fn stopping_lets_requests_finish_and_takes_no_new_ones() {
    let small = Small::start(ServeLimits::default()).await;
    let mut idle = TcpStream::connect(small.server).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut begun = TcpStream::connect(small.server).await.unwrap();
    begun
        .write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        .await
        .unwrap();
    let mut expected = [0; 25];
    begun.read_exact(&mut expected).await.unwrap();
    assert_eq!(&expected, b"HTTP/1.1 100 Continue\r\n\r\n");
    small.stop.cancel();
    let idle = read_to_end(&mut idle).await;
    assert!(idle.ends_with("hello"), "{idle}");
    begun.write_all(b"one").await.unwrap();
    assert!(read_to_end(&mut begun).await.ends_with("one"));
    assert_eq!(small.ended.await.unwrap(), 0);
    assert!(TcpStream::connect(small.server).await.is_err());
}

#[tokio::test]
async fn stopping_cuts_off_what_does_not_finish() {
    let limits = ServeLimits { drain: Duration::from_millis(50), ..ServeLimits::default() };
    let small = Small::start(limits).await;
    let mut stuck = TcpStream::connect(small.server).await.unwrap();
    stuck.write_all(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let talking = upgraded(small.server).await;
    small.stop.cancel();
    assert_eq!(small.ended.await.unwrap(), 2);
    assert_eq!(read_to_end(&mut stuck).await, "");
    drop(talking);
}

#[tokio::test]
async fn a_client_that_takes_nothing_in_is_cut_off() {
    let limits = ServeLimits { write_timeout: Duration::from_millis(50), ..ServeLimits::default() };
    let router = Router::new().route("/much", get(|| async { "x".repeat(64 << 20) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let ended = tokio::spawn(serve(listener, router, limits, stop.clone()));
    let mut socket = TcpStream::connect(server).await.unwrap();
    socket.write_all(b"GET /much HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    socket.readable().await.unwrap();
    stop.cancel();
    // The connection ends although nobody reads: the server can stop.
    assert_eq!(tokio::time::timeout(Duration::from_secs(15), ended).await.unwrap().unwrap(), 0);
}

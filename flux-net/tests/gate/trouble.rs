use std::time::Duration;

use flux_net::gate::GateConfig;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::http::{answers, read_to_end, send};
use crate::moody::INSIDE;
use crate::world::{PASSWORD, World, until};

#[tokio::test]
async fn a77_whatever_breaks_inside_nothing_of_it_is_told() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    for (code, status) in [("unavailable", 503), ("internal", 500)] {
        if code == "internal" {
            world.mood.mad();
        } else {
            world.mood.broken();
        }
        for (method, path, body) in [
            ("POST", "/v1/sessions", Some(json!({"login": "ann", "password": PASSWORD}))),
            (
                "POST",
                "/v1/verification-codes",
                Some(json!({"email": "x@example.com", "purpose": "register"})),
            ),
            ("GET", "/v1/users?query=ann", None),
        ] {
            let answer = world.call(method, path, &ann.access, body).await.refused(status, code);
            let request_id = answer.header("x-request-id").unwrap().to_owned();
            assert_eq!(answer.json()["request_id"], request_id.as_str());
            assert_eq!(answer.json()["detail"], serde_json::Value::Null);
            let whole = format!("{:?} {}", answer.headers, answer.body);
            for inside in [INSIDE, "canary-inside", "panick", ".rs", "src/", "RUST_BACKTRACE"] {
                assert!(!whole.contains(inside), "{path}: {whole}");
            }
            assert_eq!(answer.header("retry-after").is_some(), status == 503);
        }
        world.mood.good();
        world.try_login("ann", PASSWORD).await.expect(201);
    }
}

#[tokio::test]
async fn reads_go_on_while_requests_cannot_be_counted() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    world.mood.broken();
    world.get("/v1/users/me", &ann).await.expect(200);
    world.get("/v1/friends", &ann).await.expect(200);
}

#[tokio::test]
async fn what_does_not_answer_in_time_is_a_timeout_and_the_next_request_is_served() {
    let world = World::new().await;
    world.register("ann").await.expect(201);
    let idle = world.settle().await;
    world.mood.silent();
    let stuck = world.try_login("ann", PASSWORD);
    let wake = async {
        until("the request to wait", || world.clock.sleepers() >= idle + 2).await;
        world.clock.advance(Duration::from_secs(5));
    };
    let (answer, ()) = tokio::join!(stuck, wake);
    answer.refused(504, "timeout");
    world.mood.good();
    world.try_login("ann", PASSWORD).await.expect(201);
}

#[tokio::test]
async fn a26_more_requests_than_there_is_room_for_are_refused_and_health_answers() {
    let world = World::with(GateConfig { requests: 2, ..GateConfig::default() }).await;
    world.register("ann").await.expect(201);
    let idle = world.settle().await;
    world.mood.silent();
    let all = async {
        let stuck = [world.try_login("ann", PASSWORD), world.try_login("ann", PASSWORD)];
        crate::accounts::futures(stuck.into_iter()).await
    };
    let meanwhile = async {
        until("both to wait", || world.clock.sleepers() >= idle + 4).await;
        for _ in 0..20 {
            let refused = world.try_login("ann", PASSWORD).await.refused(503, "overloaded");
            assert_eq!(refused.header("retry-after"), Some("1"));
        }
        world.call("GET", "/healthz", "", None).await.expect(200);
        world.call("GET", "/.well-known/jwks.json", "", None).await.expect(200);
        world.clock.advance(Duration::from_secs(5));
    };
    let (answers, ()) = tokio::join!(all, meanwhile);
    for answer in answers {
        answer.refused(504, "timeout");
    }
    world.mood.good();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while world.try_login("ann", PASSWORD).await.status != 201 {
        assert!(tokio::time::Instant::now() < deadline, "the places are not given back");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let world = World::new().await;
    let idle = world.settle().await;
    let mut socket = TcpStream::connect(world.server).await.unwrap();
    let head = "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    socket.write_all(head.as_bytes()).await.unwrap();
    until("the request to wait", || world.clock.sleepers() >= idle + 2).await;
    world.clock.advance(Duration::from_secs(5));
    let told = answers(&read_to_end(&mut socket).await);
    told[0].clone().refused(504, "timeout");
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_undo_what_it_began() {
    let world = World::new().await;
    let code = world.code("ann@example.com", "register").await;
    let idle = world.settle().await;
    world.mood.silent();
    let body = json!({"email": "ann@example.com", "code": code, "username": "ann", "password": PASSWORD})
        .to_string();
    let mut socket = TcpStream::connect(world.server).await.unwrap();
    let head = format!(
        "POST /v1/users HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    until("the request to wait", || world.clock.sleepers() >= idle + 2).await;
    drop(socket);
    // The gate has noticed when its own deadline is no longer slept for; the core's still is.
    until("the client to be missed", || world.clock.sleepers() == idle + 1).await;
    world.clock.advance(Duration::from_secs(5));
    until("the end", || world.clock.sleepers() <= idle).await;
    world.mood.good();
    // The code was not taken for nothing.
    let again = format!(
        "POST /v1/users HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}",
        body.len()
    );
    send(world.server, &again, &body).await.expect(201);
}

#[tokio::test]
async fn one_session_that_asks_without_end_is_slowed_down_and_others_are_not() {
    let quota = flux_core::guard::Quota::new(5, Duration::from_secs(10));
    let world = World::with(GateConfig { requests_per_session: quota, ..GateConfig::default() }).await;
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    for _ in 0..5 {
        world.get("/v1/users/me", &ann).await.expect(200);
    }
    let limited = world.get("/v1/users/me", &ann).await.refused(429, "rate_limited");
    assert_eq!(limited.json()["retry_after_ms"], 2_000);
    world.get("/v1/users/me", &bob).await.expect(200);
    world.pass(Duration::from_secs(2)).await;
    world.get("/v1/users/me", &ann).await.expect(200);
}

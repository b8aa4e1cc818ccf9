use std::time::Duration;

use flux_core::routing::NodeInfo;
use flux_net::gate::GateConfig;
use flux_net::token::{KeyRing, SigningKey, TokenConfig, Tokens};
use serde_json::{Value, json};

use crate::accounts::futures;
use crate::http::send;
use crate::world::{PASSWORD, World, until, user_id};

#[tokio::test]
async fn a_login_gives_who_one_is_and_what_one_needs() {
    let world = World::new().await;
    world.register("ann").await.expect(201);
    let answer = world.try_login(" Ann@Example.com ", PASSWORD).await.expect(201).json();
    assert_eq!(answer["user"]["username"], "ann");
    assert_eq!(answer["user"]["email"], "ann@example.com");
    assert_eq!(answer["session"]["device_name"], "test");
    assert_eq!(answer["session"]["device_class"], "desktop");
    assert_eq!(answer["session"]["current"], true);
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in_s"], 600);
    assert_eq!(answer["chat_url"], format!("ws://{}/v1/chat", world.server));
    let keys: Vec<_> = answer.as_object().unwrap().keys().collect();
    let expected =
        ["access_token", "chat_url", "expires_in_s", "refresh_token", "session", "token_type", "user"];
    assert_eq!(keys, expected);

    // A device says what it is, or nothing at all.
    let bare = json!({"login": "ann", "password": PASSWORD});
    let session = world.call("POST", "/v1/sessions", "", Some(bare)).await.expect(201).json();
    assert_eq!(session["session"]["device_class"], "other");
    let odd = json!({"login": "ann", "password": PASSWORD, "device": {"name": "a\u{0}", "class": "web"}});
    let refused = world.call("POST", "/v1/sessions", "", Some(odd)).await.refused(422, "text_not_allowed");
    assert_eq!(refused.json()["field"], "device.name");
    let odd = json!({"login": "ann", "password": PASSWORD, "device": {"class": "toaster"}});
    world.call("POST", "/v1/sessions", "", Some(odd)).await.refused(400, "malformed");
}

#[tokio::test]
async fn a25_whatever_is_wrong_with_a_login_the_answer_is_the_same() {
    let world = World::new().await;
    let (_, off, gone) = (world.person("ann").await, world.person("off").await, world.person("gone").await);
    world.flux.accounts.set_disabled(user_id(&off), true).await.unwrap();
    let bye = json!({"password": PASSWORD});
    world.call("DELETE", "/v1/users/me", &gone.access, Some(bye)).await.expect(204);
    let mut answers = Vec::new();
    for (name, password) in [
        ("ann", "wrong"),
        ("ann@example.com", "wrong"),
        ("nobody", PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("off", PASSWORD),
        ("off@example.com", PASSWORD),
        ("gone", PASSWORD),
        ("not a name at all \u{0}", PASSWORD),
        ("", PASSWORD),
        ("ann", ""),
    ] {
        let answer = world.try_login(name, password).await.refused(401, "invalid_credentials");
        let mut json = answer.json();
        assert!(json["request_id"].take().is_string());
        let headers = answer
            .headers
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "traceparent" | "date"));
        answers.push((name, json, headers.cloned().collect::<Vec<_>>()));
    }
    for (name, json, headers) in &answers {
        assert_eq!((json, headers), (&answers[0].1, &answers[0].2), "{name:?}");
    }
}

#[tokio::test]
async fn a24_after_failures_a_name_has_to_wait_and_then_the_right_password_is_good() {
    let world = World::new().await;
    world.register("ann").await.expect(201);
    for _ in 0..6 {
        world.try_login("ann", "wrong").await.refused(401, "invalid_credentials");
    }
    let limited = world.try_login("ann", PASSWORD).await.refused(429, "rate_limited");
    let wait = limited.json()["retry_after_ms"].as_u64().unwrap();
    assert!(
        wait > 0 && limited.header("retry-after").unwrap().parse::<u64>().unwrap() == wait.div_ceil(1_000)
    );
    world.pass(Duration::from_millis(wait)).await;
    world.try_login("ann", PASSWORD).await.expect(201);
}

#[tokio::test]
async fn a27_passwords_too_long_to_be_one_are_not_looked_at() {
    let world = World::new().await;
    let refused = world.try_login("ann", &"p".repeat(257)).await.refused(400, "password_too_long");
    assert_eq!(refused.json()["field"], "password");
    world.try_login("ann", &"p".repeat(256)).await.refused(401, "invalid_credentials");
}

#[tokio::test]
async fn tokens_are_refreshed_and_the_session_goes_on() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    world.pass(Duration::from_secs(604)).await;
    world.get("/v1/users/me", &ann).await.expect(200);
    world.pass(Duration::from_secs(1)).await;
    world.get("/v1/users/me", &ann).await.refused(401, "unauthenticated");
    let body = json!({"refresh_token": ann.refresh});
    let new = world.call("POST", "/v1/sessions/refresh", "", Some(body)).await.expect(200).json();
    assert_eq!(new["session"]["session_id"], ann.session.as_str());
    assert_ne!(new["refresh_token"], ann.refresh.as_str());
    let access = new["access_token"].as_str().unwrap();
    world.call("GET", "/v1/users/me", access, None).await.expect(200);
}

#[tokio::test]
async fn a47_a_rotated_token_is_good_for_ten_seconds_and_then_ends_the_session() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    let refresh = |token: &str| {
        let body = json!({"refresh_token": token});
        world.call("POST", "/v1/sessions/refresh", "", Some(body))
    };
    let first = refresh(&ann.refresh).await.expect(200).json();
    world.pass(Duration::from_secs(10)).await;
    refresh(&ann.refresh).await.expect(200);
    world.pass(Duration::from_millis(1)).await;
    refresh(&ann.refresh).await.refused(401, "invalid_refresh_token");
    // Whoever has the newer ones is out as well.
    refresh(first["refresh_token"].as_str().unwrap()).await.refused(401, "invalid_refresh_token");
    world.get("/v1/users/me", &ann).await.refused(401, "session_ended");
    for nonsense in ["", "x", &"x".repeat(5_000), &ann.access] {
        refresh(nonsense).await.refused(401, "invalid_refresh_token");
    }
}

#[tokio::test]
async fn a47_two_refreshes_at_once_both_go_on() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    let body = json!({"refresh_token": ann.refresh});
    let both = (0..2).map(|_| world.call("POST", "/v1/sessions/refresh", "", Some(body.clone())));
    for answer in futures(both).await {
        let access = answer.expect(200).json()["access_token"].as_str().unwrap().to_owned();
        world.call("GET", "/v1/users/me", &access, None).await.expect(200);
    }
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_owner() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    let phone = world.login("ann").await;
    let bob = world.person("bob").await;
    let listed = world.get("/v1/sessions", &phone).await.expect(200).json();
    let items = listed["items"].as_array().unwrap();
    let ids: Vec<_> = items.iter().map(|item| item["session_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    for item in items {
        assert_eq!(item["current"], item["session_id"] == phone.session.as_str());
    }

    let path = format!("/v1/sessions/{}", ann.session);
    world.act("DELETE", &path, &bob).await.refused(404, "not_found");
    world.get("/v1/users/me", &ann).await.expect(200);
    world.act("DELETE", &path, &phone).await.expect(204);
    world.get("/v1/users/me", &ann).await.refused(401, "session_ended");
    world.act("DELETE", &path, &phone).await.refused(404, "not_found");

    world.act("DELETE", "/v1/sessions/current", &phone).await.expect(204);
    world.get("/v1/users/me", &phone).await.refused(401, "session_ended");
    let refresh = json!({"refresh_token": phone.refresh});
    world.call("POST", "/v1/sessions/refresh", "", Some(refresh)).await.refused(401, "invalid_refresh_token");
    world.get("/v1/users/me", &bob).await.expect(200);
}

#[tokio::test]
async fn a44_a_token_comes_in_its_header_once_and_from_nowhere_else() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    let other_keys = KeyRing::new(SigningKey::generate(&flux_core::testing::SeededEntropy::new(99)));
    let other = Tokens::new(TokenConfig::default(), other_keys);
    let claims = world.tokens.verify(&ann.access, world_now(&world)).unwrap();
    let foreign = other.issue(claims.user, claims.session, world_now(&world));
    let access = &ann.access;
    for headers in [
        String::new(),
        format!("Cookie: access_token={access}"),
        format!("Cookie: Authorization=Bearer {access}"),
        format!("Authorization: {access}"),
        format!("Authorization: Basic {access}"),
        format!("Authorization: Bearer {access}, Bearer {access}"),
        format!("Authorization: Bearer {access}\r\nAuthorization: Bearer {access}"),
        "Authorization: Bearer ".to_owned(),
        "Authorization: Bearer".to_owned(),
        format!("Authorization: Bearer {}", ann.refresh),
        format!("Authorization: Bearer {}", foreign.token.expose()),
        format!("Authorization: Bearer {}", access.to_uppercase()),
        format!("Authorization: Bearer {access}\u{e9}"),
        format!("X-Access-Token: {access}"),
    ] {
        let line = if headers.is_empty() { String::new() } else { format!("\r\n{headers}") };
        let answer = send(world.server, &format!("GET /v1/users/me HTTP/1.1{line}"), "").await;
        let answer = answer.refused(401, "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    let query = format!("GET /v1/users/me?access_token={access} HTTP/1.1");
    send(world.server, &query, "").await.refused(401, "unauthenticated");
    let lower = format!("GET /v1/users/me HTTP/1.1\r\nauthorization: bearer {access}");
    send(world.server, &lower, "").await.expect(200);
}

fn world_now(world: &World) -> flux_core::Timestamp {
    use flux_core::Clock as _;
    world.clock.now()
}

#[tokio::test]
async fn a45_tokens_end_with_the_account_and_with_their_key() {
    let world = World::new().await;
    let (ann, off) = (world.person("ann").await, world.person("off").await);
    world.flux.accounts.set_disabled(user_id(&off), true).await.unwrap();
    world.get("/v1/users/me", &off).await.refused(401, "session_ended");
    let refresh = json!({"refresh_token": off.refresh});
    world.call("POST", "/v1/sessions/refresh", "", Some(refresh)).await.refused(401, "invalid_refresh_token");

    world.tokens.rotate(SigningKey::generate(&flux_core::testing::SeededEntropy::new(2)), world_now(&world));
    world.get("/v1/users/me", &ann).await.expect(200);
    let newer = world.login("ann").await;
    world.get("/v1/users/me", &newer).await.expect(200);
    let keys = world.call("GET", "/.well-known/jwks.json", "", None).await.expect(200).json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a45_a_session_that_another_process_ended_is_refused_once_that_is_read() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    // Ended behind the back of this process: by another one, over the same store.
    world
        .flux
        .ports
        .durable
        .end_session(
            user_id(&ann),
            ann.session.parse().unwrap(),
            flux_core::session::SessionEndReason::Revoked,
        )
        .await
        .unwrap();
    let sleepers = world.clock.sleepers();
    assert!(sleepers > 0);
    world.clock.advance(Duration::from_millis(400));
    until("the revocation to be read", || world.flux.revocations.is_ended(ann.session.parse().unwrap()))
        .await;
    world.get("/v1/users/me", &ann).await.refused(401, "session_ended");
}

#[tokio::test]
async fn the_chat_endpoint_is_the_configured_one_or_that_of_the_least_loaded_node() {
    let fixed =
        GateConfig { chat_url: Some("wss://chat.example.org/v1/chat".to_owned()), ..GateConfig::default() };
    let world = World::with(fixed).await;
    let ann = world.person("ann").await;
    let url = |json: Value| json["url"].as_str().unwrap().to_owned();
    let answer = world.get("/v1/chat-endpoint", &ann).await.expect(200).json();
    assert_eq!(url(answer), "wss://chat.example.org/v1/chat");

    let world = World::with(GateConfig { https: true, ..GateConfig::default() }).await;
    let ann = world.person("ann").await;
    let answer = world.get("/v1/chat-endpoint", &ann).await.expect(200).json();
    assert_eq!(url(answer), format!("wss://{}/v1/chat", world.server));

    let node = NodeInfo {
        node: crate::world::id(1).parse().unwrap(),
        client_url: "wss://node1.example.org/v1/chat".to_owned(),
        peer_url: String::new(),
        capacity: 1_000_000,
        connections: 0,
        draining: false,
    };
    world.flux.ports.registry.announce(&node, Duration::from_mins(1)).await.unwrap();
    // The list of nodes is read again.
    world.clock.advance(Duration::from_secs(1));
    let answer = world.get("/v1/chat-endpoint", &ann).await.expect(200).json();
    assert_eq!(url(answer), "wss://node1.example.org/v1/chat");

    // Another one is named to who did not get through to it, and the same where there is no other.
    let busier = NodeInfo {
        node: crate::world::id(2).parse().unwrap(),
        client_url: "wss://node2.example.org/v1/chat".to_owned(),
        connections: 1_000,
        ..node
    };
    world.flux.ports.registry.announce(&busier, Duration::from_mins(1)).await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    let avoiding =
        format!("/v1/chat-endpoint?avoid=wss://node1.example.org/v1/chat,wss://{}/v1/chat", world.server);
    let answer = world.get(&avoiding, &ann).await.expect(200).json();
    assert_eq!(url(answer), "wss://node2.example.org/v1/chat");
    let all = format!("{avoiding},wss%3A%2F%2Fnode2.example.org%2Fv1%2Fchat");
    let answer = world.get(&all, &ann).await.expect(200).json();
    assert_ne!(url(answer), "wss://node2.example.org/v1/chat", "the busiest of those to be avoided");
    world.get("/v1/chat-endpoint?nonsense=1", &ann).await.refused(400, "malformed");

    // Those known last serve while the registry is down.
    world.mood.broken();
    // Long enough that whoever was sent somewhere does not count any more.
    world.clock.advance(Duration::from_secs(3));
    let answer = world.get("/v1/chat-endpoint", &ann).await.expect(200).json();
    assert_eq!(url(answer), "wss://node1.example.org/v1/chat");
    world.mood.good();
}

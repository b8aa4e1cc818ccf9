use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::http::HeaderValue;
use flux_net::gate::{self, GateConfig, GateParts};
use flux_net::health::Probe;
use flux_net::proxy::TrustedProxies;
use serde_json::{Value, json};

use crate::http::send;
use crate::world::{PASSWORD, World};

struct Broken;

#[async_trait]
impl Probe for Broken {
    fn name(&self) -> &'static str {
        "smtp"
    }

    async fn check(&self) -> Result<(), flux_core::Cause> {
        Err("connection refused".into())
    }
}

#[tokio::test]
async fn health_is_of_the_process_and_readiness_of_what_it_needs() {
    let world = World::new().await;
    let ready = || world.call("GET", "/readyz", "", None);
    let alive = world.call("GET", "/healthz", "", None).await.expect(200);
    assert_eq!(alive.json(), json!({"status": "alive"}));
    assert_eq!(ready().await.expect(200).json(), json!({"ready": true, "missing": []}));
    world.mood.broken();
    let missing = json!({"ready": false, "missing": ["limits", "registry"]});
    assert_eq!(ready().await.expect(503).json(), missing);
    world.call("GET", "/healthz", "", None).await.expect(200);
    world.mood.good();
    ready().await.expect(200);
    world.draining.cancel();
    assert_eq!(ready().await.expect(503).json(), json!({"ready": false, "missing": ["draining"]}));
    world.call("GET", "/healthz", "", None).await.expect(200);

    let world = World::build(GateConfig::default(), |parts| parts.with_probe(Arc::new(Broken))).await;
    let answer = world.call("GET", "/readyz", "", None).await.expect(503);
    assert_eq!(answer.json(), json!({"ready": false, "missing": ["smtp"]}));
}

#[tokio::test]
async fn a_dependency_that_does_not_answer_is_missing() {
    let world = World::new().await;
    world.call("GET", "/readyz", "", None).await.expect(200);
    let idle = world.settle().await;
    world.mood.silent();
    let wake = async {
        crate::world::until("both to be asked", || world.clock.sleepers() >= idle + 2).await;
        world.clock.advance(std::time::Duration::from_secs(1));
    };
    let (answer, ()) = tokio::join!(world.call("GET", "/readyz", "", None), wake);
    assert_eq!(answer.expect(503).json(), json!({"ready": false, "missing": ["limits", "registry"]}));
}

#[tokio::test]
async fn the_key_set_holds_the_public_keys_alone() {
    let world = World::new().await;
    let answer = world.call("GET", "/.well-known/jwks.json", "", None).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/jwk-set+json"));
    let keys = answer.json();
    let key = keys["keys"][0].as_object().unwrap();
    let names: Vec<_> = key.keys().collect();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
    let ann = world.person("ann").await;
    use base64::Engine as _;
    let header = ann.access.split('.').next().unwrap();
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header, json!({"alg": "EdDSA", "typ": "at+jwt", "kid": key["kid"]}));
}

/// Every reference in the document leads somewhere.
fn check_references(value: &Value, document: &Value) {
    match value {
        Value::Object(members) => {
            if let Some(target) = members.get("$ref").and_then(Value::as_str) {
                let found = document.pointer(target.strip_prefix('#').unwrap());
                assert!(found.is_some(), "{target} leads nowhere");
            }
            members.values().for_each(|value| check_references(value, document));
        }
        Value::Array(items) => items.iter().for_each(|value| check_references(value, document)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_lists_every_call_with_bodies_refusals_and_security() {
    let world = World::new().await;
    let document = world.call("GET", "/openapi.json", "", None).await.expect(200).json();
    assert_eq!(document, serde_json::from_str::<Value>(&gate::openapi_json()).unwrap());
    assert_eq!(document["openapi"], "3.1.0");
    check_references(&document, &document);
    let mut calls = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (verb, call) in item.as_object().unwrap() {
            calls.insert(format!("{} {path}", verb.to_uppercase()));
            let responses = call["responses"].as_object().unwrap();
            let good = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
            assert!(good.0 == "204" || good.1["content"].is_object(), "{verb} {path}");
            let takes_body = call["requestBody"].is_object();
            assert_eq!(takes_body, responses.contains_key("415"), "{verb} {path}");
            if path.starts_with("/v1/") {
                let open = call["security"] == json!([{}]);
                assert!(
                    open || (responses.contains_key("401") && call["security"].is_null()),
                    "{verb} {path}"
                );
                let problem = &responses["503"]["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(problem, "#/components/schemas/Problem");
            }
        }
    }
    let expected = [
        "DELETE /v1/blocks/{id}",
        "DELETE /v1/friends/{id}",
        "DELETE /v1/sessions/current",
        "DELETE /v1/sessions/{id}",
        "DELETE /v1/users/me",
        "GET /.well-known/jwks.json",
        "GET /healthz",
        "GET /readyz",
        "GET /v1/blocks",
        "GET /v1/chat-endpoint",
        "GET /v1/conversations",
        "GET /v1/conversations/{id}/messages",
        "GET /v1/friend-requests",
        "GET /v1/friends",
        "GET /v1/sessions",
        "GET /v1/users",
        "GET /v1/users/me",
        "GET /v1/users/{id}",
        "PATCH /v1/friends/{id}",
        "PATCH /v1/users/me",
        "POST /v1/conversations/{id}/messages",
        "POST /v1/friend-requests",
        "POST /v1/friend-requests/{id}/accept",
        "POST /v1/friend-requests/{id}/cancel",
        "POST /v1/friend-requests/{id}/reject",
        "POST /v1/password-resets",
        "POST /v1/sessions",
        "POST /v1/sessions/refresh",
        "POST /v1/users",
        "POST /v1/verification-codes",
        "PUT /v1/blocks/{id}",
        "PUT /v1/users/me/email",
        "PUT /v1/users/me/password",
    ];
    assert_eq!(calls.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn every_call_that_wants_a_token_refuses_who_has_none() {
    let world = World::new().await;
    let document: Value = serde_json::from_str(&gate::openapi_json()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (verb, call) in item.as_object().unwrap() {
            let path = path.replace("{id}", &crate::world::id(1));
            let body = call["requestBody"].is_object().then(|| json!({}));
            let answer = world.call(&verb.to_uppercase(), &path, "", body).await;
            let open = call["security"] == json!([{}]);
            assert_eq!(answer.status == 401, !open, "{verb} {path}: {}", answer.status);
        }
    }
}

#[tokio::test]
async fn a59_the_page_to_try_the_api_runs_nothing_but_its_own_script() {
    let world = World::new().await;
    let page = world.call("GET", "/docs", "", None).await.expect(200);
    let policy = page.header("content-security-policy").unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"), "{policy}");
    assert!(!page.body.contains("style=") && !page.body.contains("onclick") && !page.body.contains("http"));
    for (asset, kind) in
        [("docs/app.js", "text/javascript; charset=utf-8"), ("docs/style.css", "text/css; charset=utf-8")]
    {
        assert!(page.body.contains(&format!("\"{asset}\"")));
        let asset = world.call("GET", &format!("/{asset}"), "", None).await.expect(200);
        assert_eq!(asset.header("content-type"), Some(kind));
        assert_eq!(asset.header("x-content-type-options"), Some("nosniff"));
        for forbidden in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "http:",
            "https:",
            "@import",
            "url(",
        ] {
            assert!(!asset.body.contains(forbidden), "{forbidden}");
        }
    }
    let world = World::with(GateConfig { docs: false, ..GateConfig::default() }).await;
    for path in ["/docs", "/docs/app.js", "/openapi.json"] {
        world.call("GET", path, "", None).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a79_answers_carry_what_keeps_browsers_from_mischief() {
    let world = World::new().await;
    world.register("ann").await.expect(201);
    let login = world.try_login("ann", PASSWORD).await.expect(201);
    let refused = world.try_login("ann", "wrong").await.refused(401, "invalid_credentials");
    for answer in [&login, &refused] {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(
            answer.header("content-security-policy"),
            Some("default-src 'none'; frame-ancestors 'none'")
        );
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        for absent in [
            "server",
            "x-powered-by",
            "set-cookie",
            "strict-transport-security",
            "access-control-allow-origin",
        ] {
            assert_eq!(answer.header(absent), None, "{absent}");
        }
    }
    let world = World::with(GateConfig { https: true, ..GateConfig::default() }).await;
    let answer = world.call("GET", "/healthz", "", None).await.expect(200);
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
}

#[tokio::test]
async fn a79_only_listed_origins_may_look_at_answers() {
    let allowed_origins = vec![HeaderValue::from_static("https://app.example.org")];
    let world = World::with(GateConfig { allowed_origins, ..GateConfig::default() }).await;
    let ask = |origin: &'static str, method: &'static str| {
        let head = format!(
            "{method} /v1/users/me HTTP/1.1\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: GET\r\n\
             Access-Control-Request-Headers: authorization"
        );
        async move { send(world.server, &head, "").await }
    };
    let flight = ask("https://app.example.org", "OPTIONS").await.expect(200);
    assert_eq!(flight.header("access-control-allow-origin"), Some("https://app.example.org"));
    assert!(flight.header("access-control-allow-headers").unwrap().contains("authorization"));
    assert_eq!(flight.header("access-control-allow-credentials"), None);
    let answer = ask("https://app.example.org", "GET").await.refused(401, "unauthenticated");
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example.org"));
    assert!(answer.header("vary").is_some());
    for origin in [
        "https://evil.example",
        "null",
        "https://app.example.org.evil.example",
        "http://app.example.org",
        "*",
    ] {
        for method in ["OPTIONS", "GET"] {
            let answer = ask(origin, method).await;
            assert_eq!(answer.header("access-control-allow-origin"), None, "{method} {origin}");
        }
    }
}

#[tokio::test]
async fn problems_are_told_in_the_language_of_who_asks() {
    let world = World::new().await;
    for (asked, language) in [("zh-CN,zh;q=0.9", "zh"), ("fr", "en")] {
        let head = format!("GET /nowhere HTTP/1.1\r\nAccept-Language: {asked}");
        let answer = send(world.server, &head, "").await.refused(404, "not_found");
        assert_eq!(answer.header("content-language"), Some(language));
        let title = answer.json()["title"].as_str().unwrap().to_owned();
        assert_eq!(title.is_ascii(), language == "en", "{title}");
    }
}

#[tokio::test]
async fn limits_go_by_the_address_that_a_trusted_proxy_names() {
    let networks = vec!["127.0.0.0/8".parse().unwrap()];
    let proxies = TrustedProxies { networks, ..TrustedProxies::default() };
    for (config, separate) in
        [(GateConfig { proxies, ..GateConfig::default() }, true), (GateConfig::default(), false)]
    {
        let world = World::with(config).await;
        let ask = |address: &'static str, n: usize| {
            let body =
                json!({"email": format!("u{n}@{address}.example.com"), "purpose": "register"}).to_string();
            let head = format!(
                "POST /v1/verification-codes HTTP/1.1\r\nX-Forwarded-For: {address}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}",
                body.len()
            );
            async move { send(world.server, &head, &body).await.status }
        };
        for n in 0..60 {
            assert_eq!(ask("203.0.113.1", n).await, 202);
        }
        assert_eq!(ask("203.0.113.1", 60).await, 429);
        assert_eq!(ask("203.0.113.2", 61).await == 202, separate);
    }
}

#[tokio::test]
async fn a_gate_stands_inside_the_router_of_somebody_else() {
    let world = World::new().await;
    let parts = || GateParts::new(world.flux.clone(), Arc::clone(&world.tokens));
    let own = Router::new().route("/", axum::routing::get(|| async { "mine" }));
    for (router, prefix) in [
        (own.clone().nest("/api/{tenant}", gate::router(parts())), "/api/one"),
        (own.merge(gate::router(parts())), ""),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        assert_eq!(send(server, "GET / HTTP/1.1", "").await.body, "mine");
        send(server, &format!("GET {prefix}/healthz HTTP/1.1"), "").await.expect(200);
        send(server, &format!("GET {prefix}/v1/users/me HTTP/1.1"), "").await.refused(401, "unauthenticated");
        send(server, &format!("GET {prefix}/nowhere HTTP/1.1"), "").await.refused(404, "not_found");
        let page = send(server, &format!("GET {prefix}/docs HTTP/1.1"), "").await.expect(200);
        assert!(page.body.contains("href=\"docs/style.css\""));
        let answer = send(server, &format!("DELETE {prefix}/healthz HTTP/1.1"), "").await;
        answer.refused(405, "method_not_allowed");
    }
}

use serde_json::{Value, json};

use crate::http::{Answer, send};
use crate::world::{PASSWORD, Person, World, id};

async fn post_raw(world: &World, path: &str, token: &str, kind: &str, body: &str) -> Answer {
    let head = format!(
        "POST {path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\nContent-Length: {}",
        body.len()
    );
    send(world.server, &head, body).await
}

#[tokio::test]
async fn a15_json_that_readers_disagree_about_is_refused() {
    let world = World::new().await;
    let login = format!("{{\"login\":\"ann\",\"password\":\"{PASSWORD}\"}}");
    world.register("ann").await.expect(201);
    let post = |body: String| {
        let server = &world;
        async move { post_raw(server, "/v1/sessions", "", "application/json", &body).await }
    };
    post(login.clone()).await.expect(201);
    post(format!(" \n{login}\t ")).await.expect(201);
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    for bad in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "1".to_owned(),
        "{".to_owned(),
        format!("\u{feff}{login}"),
        format!("{login}{login}"),
        format!("{login}x"),
        format!("{login}\0"),
        login.replace("\"ann\"", "\"ann\",\"login\":\"bob\""),
        login.replace("\"ann\"", "\"ann\",\"log\\u0069n\":\"bob\""),
        login.replace("\"ann\"", "1e400"),
        login.replace("\"ann\"", "NaN"),
        login.replace("\"ann\"", "\"\\ud800\""),
        login.replace("\"ann\"", "\"a\0n\""),
        login.replace('}', ",}"),
        deep(10_000),
        format!("{{\"a\":{}}}", deep(40)),
        format!("{{{}}}", (0..5_000).map(|n| format!("\"k{n}\":1")).collect::<Vec<_>>().join(",")),
    ] {
        post(bad.clone()).await.refused(400, "malformed");
    }
    // Bytes that are no UTF-8.
    let head = "POST /v1/sessions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 3";
    let request = [head.as_bytes(), b"\r\nHost: a\r\nConnection: close\r\n\r\n\"\xff\""].concat();
    let text = crate::http::exchange(world.server, &request).await;
    crate::http::answers(&text).pop().unwrap().refused(400, "malformed");
}

/// A body that is taken, and where.
fn good_bodies(other: &Person, conversation: &str) -> Vec<(&'static str, String, Value)> {
    vec![
        (
            "POST",
            "/v1/verification-codes".to_owned(),
            json!({"email": "x@example.com", "purpose": "register"}),
        ),
        (
            "POST",
            "/v1/users".to_owned(),
            json!({"email": "x@example.com", "code": "000000", "username": "xaver", "password": PASSWORD}),
        ),
        ("PATCH", "/v1/users/me".to_owned(), json!({"bio": "hello"})),
        (
            "PUT",
            "/v1/users/me/password".to_owned(),
            json!({"old_password": PASSWORD, "new_password": PASSWORD}),
        ),
        (
            "PUT",
            "/v1/users/me/email".to_owned(),
            json!({"email": "x@example.com", "code": "000000", "password": PASSWORD}),
        ),
        (
            "POST",
            "/v1/password-resets".to_owned(),
            json!({"email": "x@example.com", "code": "000000", "new_password": PASSWORD}),
        ),
        ("POST", "/v1/sessions".to_owned(), json!({"login": "ann", "password": PASSWORD})),
        ("POST", "/v1/sessions/refresh".to_owned(), json!({"refresh_token": "x"})),
        ("POST", "/v1/friend-requests".to_owned(), json!({"user_id": other.user})),
        ("PATCH", format!("/v1/friends/{}", other.user), json!({"remark": "x"})),
        (
            "POST",
            format!("/v1/conversations/{conversation}/messages"),
            json!({"message_id": id(1), "text": "hello"}),
        ),
        ("DELETE", "/v1/users/me".to_owned(), json!({"password": "wrong"})),
    ]
}

#[tokio::test]
async fn a16_fields_of_a_wrong_type_missing_null_and_extra_are_refused_and_change_nothing() {
    let world = World::new().await;
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let conversation = world.befriend(&ann, &bob).await;
    let before = world.get("/v1/users/me", &ann).await.expect(200).json();
    for (method, path, good) in good_bodies(&bob, &conversation) {
        let call = |body: Value| world.call(method, &path, &ann.access, Some(body));
        // It is the change alone that is refused.
        assert_ne!(call(good.clone()).await.code(), "malformed", "{method} {path} {good}");
        let in_order: Vec<_> = good.as_object().unwrap().values().cloned().collect();
        for whole in [json!([]), json!([null, null]), json!(in_order), json!("x"), json!(null), json!([good])]
        {
            call(whole).await.refused(400, "malformed");
        }
        let fields: Vec<String> = good.as_object().unwrap().keys().cloned().collect();
        for field in &fields {
            for wrong in [json!(1), json!(true), json!([]), json!({}), json!([good[field]])] {
                let mut body = good.clone();
                body[field] = wrong;
                call(body).await.refused(400, "malformed");
            }
            let optional = ["bio"].contains(&field.as_str())
                || (field == "password" && (method == "DELETE" || path.ends_with("/email")));
            if !optional {
                let mut body = good.clone();
                body[field] = Value::Null;
                call(body).await.refused(400, "malformed");
                let mut body = good.clone();
                body.as_object_mut().unwrap().remove(field);
                let refused = call(body).await.refused(400, "malformed");
                assert_eq!(refused.json()["field"], field.as_str());
            }
        }
        for extra in ["id", "user_id", "role", "verified", "admin", "fromuid", "created_ms", "__proto__"] {
            if fields.iter().any(|field| field == extra) {
                continue;
            }
            let mut body = good.clone();
            body[extra] = json!(bob.user);
            let refused = call(body).await.refused(400, "malformed");
            assert_eq!(refused.json()["field"], extra);
        }
    }
    for device in
        [json!(["phone", "mobile"]), json!([]), json!("phone"), json!({"name": "x", "os": "y"}), json!(null)]
    {
        let body = json!({"login": "ann", "password": PASSWORD, "device": device});
        world.call("POST", "/v1/sessions", "", Some(body)).await.refused(400, "malformed");
    }
    let mut after = world.get("/v1/users/me", &ann).await.expect(200).json();
    after["bio"] = before["bio"].clone();
    assert_eq!(after, before, "the good change of the bio alone was made");
}

#[tokio::test]
async fn a19_bodies_of_another_kind_are_refused() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    let body = json!({"bio": "changed"}).to_string();
    for kind in [
        "text/plain",
        "text/plain; charset=application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin1",
        "application/json, text/plain",
        "application/jsonp",
        "application/xml",
        "json",
        "",
    ] {
        let head = format!(
            "PATCH /v1/users/me HTTP/1.1\r\nAuthorization: Bearer {}\r\nContent-Type: {kind}\r\nContent-Length: {}",
            ann.access,
            body.len()
        );
        send(world.server, &head, &body).await.refused(415, "unsupported_media_type");
    }
    for more in ["Content-Encoding: gzip", "Content-Encoding: identity", "Content-Type: text/plain"] {
        let head = format!(
            "PATCH /v1/users/me HTTP/1.1\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n{more}\r\n\
             Content-Length: {}",
            ann.access,
            body.len()
        );
        send(world.server, &head, &body).await.refused(415, "unsupported_media_type");
    }
    for kind in ["application/json", "Application/JSON; charset=UTF-8"] {
        let head = format!(
            "PATCH /v1/users/me HTTP/1.1\r\nAuthorization: Bearer {}\r\nContent-Type: {kind}\r\nContent-Length: {}",
            ann.access,
            body.len()
        );
        send(world.server, &head, &body).await.expect(200);
    }
}

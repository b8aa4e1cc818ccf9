use std::time::Duration;

use flux_core::mail::MailContent;
use serde_json::{Value, json};

use crate::world::{PASSWORD, World, email_of, user_id};

#[tokio::test]
async fn an_account_is_made_seen_changed_and_deleted() {
    let world = World::new().await;
    let made = world.register("ann").await.expect(201).json();
    assert_eq!(made["username"], "ann");
    assert_eq!(made["display_name"], "ann");
    assert_eq!(made["email"], "ann@example.com");
    let ann = world.login("ann").await;

    let me = world.get("/v1/users/me", &ann).await.expect(200).json();
    assert_eq!(me, made);
    let keys: Vec<_> = me.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["bio", "created_ms", "deleted", "display_name", "email", "invisible", "user_id", "username"]
    );

    let change = json!({"display_name": "Ann 安", "bio": "hello"});
    let changed = world.call("PATCH", "/v1/users/me", &ann.access, Some(change)).await.expect(200).json();
    assert_eq!((&changed["display_name"], &changed["bio"]), (&json!("Ann 安"), &json!("hello")));
    let bio = json!({"bio": ""});
    let changed = world.call("PATCH", "/v1/users/me", &ann.access, Some(bio)).await.expect(200).json();
    assert_eq!((&changed["display_name"], &changed["bio"]), (&json!("Ann 安"), &json!("")));

    let bob = world.person("bob").await;
    let seen = world.get(&format!("/v1/users/{}", ann.user), &bob).await.expect(200).json();
    assert_eq!(seen, changed);

    let wrong = json!({"password": "wrong"});
    world.call("DELETE", "/v1/users/me", &ann.access, Some(wrong)).await.refused(401, "invalid_credentials");
    let right = json!({"password": PASSWORD});
    let gone = world.call("DELETE", "/v1/users/me", &ann.access, Some(right)).await.expect(204);
    assert_eq!(gone.body, "");
    world.get("/v1/users/me", &ann).await.refused(401, "session_ended");
    world.try_login("ann", PASSWORD).await.refused(401, "invalid_credentials");
    let seen = world.get(&format!("/v1/users/{}", ann.user), &bob).await.expect(200).json();
    let tombstone =
        json!({"user_id": ann.user, "username": "", "display_name": "", "bio": "", "deleted": true});
    assert_eq!(seen, tombstone);
}

#[tokio::test]
async fn users_are_found_by_the_start_of_their_name_their_address_and_their_id() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    for name in ["anna", "annette", "bea"] {
        world.register(name).await.expect(201);
    }
    let names = |json: &Value| -> Vec<String> {
        let items = json["items"].as_array().unwrap();
        items.iter().map(|item| item["username"].as_str().unwrap().to_owned()).collect()
    };
    for (query, expected) in [
        ("query=an", &["ann", "anna", "annette"][..]),
        ("query=AN&limit=2", &["ann", "anna"]),
        ("query=bea@example.com", &["bea"]),
        ("query=bea@example.co", &[]),
        ("query=zz", &[]),
        ("query=a%25", &[]),
        ("query=__", &[]),
        (&format!("query={}", ann.user), &["ann"]),
    ] {
        let found = world.get(&format!("/v1/users?{query}"), &ann).await.expect(200).json();
        assert_eq!(names(&found), expected, "{query}");
        assert_eq!(found["next_page"], Value::Null);
    }
    let short = world.get("/v1/users?query=a", &ann).await.refused(422, "invalid_argument");
    assert_eq!(short.json()["field"], "query");
    world.get("/v1/users", &ann).await.refused(400, "malformed");
    world.get("/v1/users?query=ab&query=cd", &ann).await.refused(400, "malformed");
    world.get("/v1/users?query=ab&role=admin", &ann).await.refused(400, "malformed");
}

#[tokio::test]
async fn a28_what_cannot_be_registered_is_refused_with_its_field_and_the_code_stays_good() {
    let world = World::new().await;
    world.register("taken").await.expect(201);
    let code = world.code("new@example.com", "register").await;
    let good = json!({"email": "new@example.com", "code": code, "username": "newuser", "password": PASSWORD});
    for (field, value, status, refusal) in [
        ("password", "short", 422, "weak_password"),
        ("password", "password", 422, "weak_password"),
        ("password", "newuser1", 422, "weak_password"),
        ("password", &"x".repeat(257), 400, "password_too_long"),
        ("username", "taken", 409, "username_taken"),
        ("username", "TAKEN", 409, "username_taken"),
        ("username", "t\u{430}ken", 422, "username_not_allowed"),
        ("username", "ad", 422, "username_not_allowed"),
        ("username", "admin", 422, "username_not_allowed"),
        ("username", "a b", 422, "username_not_allowed"),
        ("email", "nowhere", 422, "email_not_allowed"),
        ("email", "a@b.com\r\nBcc: c@d.com", 422, "email_not_allowed"),
        ("code", "000000x", 400, "invalid_code"),
        ("display_name", "a\u{0}b", 422, "text_not_allowed"),
    ] {
        let mut body = good.clone();
        body[field] = json!(value);
        let refused = world.call("POST", "/v1/users", "", Some(body)).await.refused(status, refusal);
        assert_eq!(refused.json()["field"], field, "{field} {value}");
    }
    world.call("POST", "/v1/users", "", Some(good)).await.expect(201);
}

#[tokio::test]
async fn a29_of_many_who_register_one_address_at_once_one_is_made() {
    let world = World::new().await;
    let code = world.code("ann@example.com", "register").await;
    let mut made = 0;
    let bodies: Vec<_> = (0..20)
        .map(|n| {
            let email = if n % 2 == 0 { "ann@example.com" } else { "ANN@EXAMPLE.COM" };
            json!({"email": email, "code": code, "username": format!("user{n}"), "password": PASSWORD})
        })
        .collect();
    let calls = bodies.into_iter().map(|body| world.call("POST", "/v1/users", "", Some(body)));
    let answers = futures(calls).await;
    for answer in answers {
        if answer.status == 201 {
            made += 1;
        } else {
            answer.refused(400, "invalid_code");
        }
    }
    assert_eq!(made, 1);
    // Dots and plus signs are other addresses, which their owners prove as well.
    let code = world.code("a.nn+x@example.com", "register").await;
    let body =
        json!({"email": "a.nn+x@example.com", "code": code, "username": "other", "password": PASSWORD});
    world.call("POST", "/v1/users", "", Some(body)).await.expect(201);
}

/// All at once.
pub(crate) async fn futures<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = all.map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|cx| {
        let mut pending = false;
        for (one, done) in &mut waiting {
            if done.is_none() {
                match one.as_mut().poll(cx) {
                    std::task::Poll::Ready(answer) => *done = Some(answer),
                    std::task::Poll::Pending => pending = true,
                }
            }
        }
        if pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    waiting.into_iter().map(|(_, done)| done.unwrap()).collect()
}

#[tokio::test]
async fn a30_of_many_who_register_one_name_at_once_one_has_it() {
    let world = World::new().await;
    let mut bodies = Vec::new();
    for (n, name) in ["twin", "TWIN", "t-win", "twin", "t.win"].into_iter().enumerate() {
        let email = format!("user{n}@example.com");
        let code = world.code(&email, "register").await;
        bodies.push(json!({"email": email, "code": code, "username": name, "password": PASSWORD}));
    }
    let answers =
        futures(bodies.into_iter().map(|body| world.call("POST", "/v1/users", "", Some(body)))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        answer.refused(409, "username_taken");
    }
}

#[tokio::test]
async fn a33_a_code_is_good_once_for_its_purpose_and_address() {
    let world = World::new().await;
    let code = world.code("ann@example.com", "register").await;
    let try_with = |email: &'static str, code: String| {
        let body = json!({"email": email, "code": code, "username": "ann", "password": PASSWORD});
        world.call("POST", "/v1/users", "", Some(body))
    };
    try_with("bob@example.com", code.clone()).await.refused(400, "invalid_code");
    let reset = json!({"email": "ann@example.com", "code": code, "new_password": PASSWORD});
    world.call("POST", "/v1/password-resets", "", Some(reset)).await.refused(400, "invalid_code");
    try_with("ann@example.com", code.clone()).await.expect(201);
    try_with("ann@example.com", code).await.refused(400, "invalid_code");
}

#[tokio::test]
async fn a32_five_wrong_tries_void_a_code() {
    let world = World::new().await;
    let code = world.code("ann@example.com", "register").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let try_with = |code: &str| {
        let body = json!({"email": "ann@example.com", "code": code, "username": "ann", "password": PASSWORD});
        world.call("POST", "/v1/users", "", Some(body))
    };
    let tries = futures((0..5).map(|_| try_with(wrong))).await;
    for refused in tries {
        refused.refused(400, "invalid_code");
    }
    try_with(&code).await.refused(400, "invalid_code");
}

#[tokio::test]
async fn a34_a_code_presented_twice_at_once_has_one_effect() {
    let world = World::new().await;
    world.register("ann").await.expect(201);
    world.pass(Duration::from_mins(1)).await;
    let code = world.code("ann@example.com", "reset_password").await;
    let passwords = ["a first, longer phrase", "a second, longer phrase"];
    let resets = passwords.map(|new| json!({"email": "ann@example.com", "code": code, "new_password": new}));
    let calls = resets.into_iter().map(|body| world.call("POST", "/v1/password-resets", "", Some(body)));
    let answers = futures(calls).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    for (password, answer) in passwords.into_iter().zip(&answers) {
        let login = world.try_login("ann", password).await;
        assert_eq!(login.status == 201, answer.status == 204);
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 400]);
}

#[tokio::test]
async fn a35_asking_for_codes_in_a_loop_sends_one_mail() {
    let world = World::new().await;
    let ask = || {
        let body = json!({"email": "ann@example.com", "purpose": "register"});
        world.call("POST", "/v1/verification-codes", "", Some(body))
    };
    for _ in 0..20 {
        let asked = ask().await.expect(202).json();
        assert_eq!(asked, json!({"retry_after_ms": 60_000}));
    }
    assert_eq!(world.mails().len(), 1);
    world.pass(Duration::from_secs(59)).await;
    assert_eq!(ask().await.expect(202).json(), json!({"retry_after_ms": 1_000}));
    assert_eq!(world.mails().len(), 0);
    world.pass(Duration::from_secs(1)).await;
    ask().await.expect(202);
    assert_eq!(world.mails().len(), 1);
}

#[tokio::test]
async fn a36_a_code_is_void_from_its_last_millisecond_on() {
    let world = World::new().await;
    for (wait, status) in [(599_999, 201), (600_000, 400)] {
        let email = format!("user{wait}@example.com");
        let code = world.code(&email, "register").await;
        world.pass(Duration::from_millis(wait)).await;
        let username = format!("user{wait}");
        let body = json!({"email": email, "code": code, "username": username, "password": PASSWORD});
        world.call("POST", "/v1/users", "", Some(body)).await.expect(status);
    }
}

#[tokio::test]
async fn a39_after_a_reset_nothing_old_is_good_and_the_owner_is_told() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    let code = world.code("ann@example.com", "reset_password").await;
    let new = "a different, longer phrase";
    let body = json!({"email": "ann@example.com", "code": code, "new_password": new});
    world.call("POST", "/v1/password-resets", "", Some(body)).await.expect(204);
    world.get("/v1/users/me", &ann).await.refused(401, "session_ended");
    let refresh = json!({"refresh_token": ann.refresh});
    world.call("POST", "/v1/sessions/refresh", "", Some(refresh)).await.refused(401, "invalid_refresh_token");
    world.try_login("ann", PASSWORD).await.refused(401, "invalid_credentials");
    world.try_login("ann", new).await.expect(201);
    let notices: Vec<_> = world.mails().into_iter().map(|mail| mail.content).collect();
    assert_eq!(notices, [MailContent::PasswordChanged]);
}

#[tokio::test]
async fn a40_the_answer_to_who_asks_for_a_code_does_not_tell_whether_there_is_an_account() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    let off = world.person("off").await;
    world.flux.accounts.set_disabled(user_id(&off), true).await.unwrap();
    // Past the pause that registering began.
    world.pass(Duration::from_mins(2)).await;
    for purpose in ["register", "reset_password", "change_email"] {
        let mut answers = Vec::new();
        for name in [ann.name.as_str(), "off", "nobody"] {
            let body = json!({"email": email_of(name), "purpose": purpose});
            let answer = world.call("POST", "/v1/verification-codes", "", Some(body)).await.expect(202);
            let headers = answer
                .headers
                .iter()
                .filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "traceparent" | "date"));
            answers.push((answer.body.clone(), headers.cloned().collect::<Vec<_>>()));
        }
        assert_eq!(answers[0], answers[1], "{purpose}");
        assert_eq!(answers[0], answers[2], "{purpose}");
        world.pass(Duration::from_mins(2)).await;
    }
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_the_old_one() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    let elsewhere = world.login("ann").await;
    let new = "a different, longer phrase";
    let change = |old: &str, new: &str| Some(json!({"old_password": old, "new_password": new}));
    let path = "/v1/users/me/password";
    world.call("PUT", path, &ann.access, change("wrong", new)).await.refused(401, "invalid_credentials");
    world.call("PUT", path, &ann.access, change(PASSWORD, "short")).await.refused(422, "weak_password");
    world.call("PUT", path, &ann.access, change(PASSWORD, new)).await.expect(204);
    world.get("/v1/users/me", &ann).await.expect(200);
    world.get("/v1/users/me", &elsewhere).await.refused(401, "session_ended");
    world.try_login("ann", PASSWORD).await.refused(401, "invalid_credentials");
    world.try_login("ann", new).await.expect(201);
}

#[tokio::test]
async fn an_address_is_changed_by_who_proves_the_new_one() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    world.register("bob").await.expect(201);
    let path = "/v1/users/me/email";
    let code = world.code("new@example.com", "change_email").await;
    let change = |code: &str, password: &str| {
        Some(json!({"email": "new@example.com", "code": code, "password": password}))
    };
    world.call("PUT", path, &ann.access, change(&code, "wrong")).await.refused(401, "invalid_credentials");
    world.call("PUT", path, &ann.access, change("000000", PASSWORD)).await.refused(400, "invalid_code");
    world.call("PUT", path, &ann.access, change(&code, PASSWORD)).await.expect(204);
    assert_eq!(world.get("/v1/users/me", &ann).await.expect(200).json()["email"], "new@example.com");
    let notice = world.mails().pop().unwrap();
    assert_eq!((notice.to.as_str(), notice.content), ("ann@example.com", MailContent::EmailChanged));
    world.try_login("new@example.com", PASSWORD).await.expect(201);
    world.try_login("ann@example.com", PASSWORD).await.refused(401, "invalid_credentials");
}

#[tokio::test]
async fn a50_others_see_the_public_part_of_a_user_and_no_more() {
    let world = World::new().await;
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    for path in [format!("/v1/users/{}", ann.user), "/v1/users?query=ann".to_owned()] {
        let seen = world.get(&path, &bob).await.expect(200);
        let json = seen.json();
        let profile = if json["items"].is_array() { &json["items"][0] } else { &json };
        let keys: Vec<_> = profile.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["bio", "deleted", "display_name", "user_id", "username"]);
        assert!(!seen.body.contains("example.com"));
    }
    let nobody = crate::world::id(404);
    world.get(&format!("/v1/users/{nobody}"), &bob).await.refused(404, "not_found");
    world.get("/v1/users/not-an-id", &bob).await.refused(400, "malformed");
    world.flux.accounts.set_disabled(user_id(&ann), true).await.unwrap();
    world.get(&format!("/v1/users/{}", ann.user), &bob).await.refused(404, "not_found");
}

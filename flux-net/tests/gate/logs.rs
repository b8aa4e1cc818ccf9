//! Everything that this process logs, to be searched for what must not stand there.

use std::io;
use std::sync::{Mutex, Once};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::world::{PASSWORD, World, email_of, id};

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static ONCE: Once = Once::new();

struct Recorder;

impl io::Write for Recorder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Recorder {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

/// From now on.
pub(crate) fn record() {
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(Recorder)
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

fn log() -> String {
    String::from_utf8_lossy(&LOG.lock().unwrap()).into_owned()
}

#[tokio::test]
async fn a76_nothing_secret_is_logged_on_any_way() {
    let world = World::new().await;
    let email = email_of("canarymail");
    let code = world.code(&email, "register").await;
    let body = json!({
        "email": email, "code": code, "username": "canaryuser", "password": "canary-password-1",
        "display_name": "Canary Displayed",
    });
    world.call("POST", "/v1/users", "", Some(body.clone())).await.expect(201);
    // Failures say as little.
    world.call("POST", "/v1/users", "", Some(body)).await.refused(400, "invalid_code");
    world.try_login("canaryuser", "canary-password-2").await.refused(401, "invalid_credentials");
    world.try_login("canary-password-3", "x").await.refused(401, "invalid_credentials");
    let login = world.try_login(&email, "canary-password-1").await.expect(201).json();
    let (access, refresh) =
        (login["access_token"].as_str().unwrap(), login["refresh_token"].as_str().unwrap());
    world.call("GET", &format!("/v1/users/me?access_token={access}"), "", None).await.expect(401);
    world.call("GET", "/v1/users?query=canaryquery", access, None).await.expect(200);
    let broken = format!("{access}x");
    world.call("GET", "/v1/users/me", &broken, None).await.refused(401, "unauthenticated");
    let other = world.person("otto").await;
    let conversation = {
        world
            .call(
                "POST",
                "/v1/friend-requests",
                access,
                Some(json!({"user_id": other.user, "greeting": "canary-greeting"})),
            )
            .await
            .expect(201);
        let me = login["user"]["user_id"].as_str().unwrap();
        let asked = world.post("/v1/friend-requests", &other, json!({"user_id": me})).await.expect(201);
        asked.json()["friend"]["conversation_id"].as_str().unwrap().to_owned()
    };
    let path = format!("/v1/conversations/{conversation}/messages");
    let text = json!({"message_id": id(1), "text": "canary-text"});
    world.call("POST", &path, access, Some(text)).await.expect(201);
    let wrong_type = json!({"message_id": "canary-id", "text": "canary-text"});
    world.call("POST", &path, access, Some(wrong_type)).await.refused(400, "malformed");
    world.mood.broken();
    world.try_login("canaryuser", "canary-password-1").await.refused(503, "unavailable");
    world.mood.mad();
    world.try_login("canaryuser", "canary-password-1").await.refused(500, "internal");
    world.mood.good();

    let log = log();
    assert!(log.contains("/v1/conversations/{id}/messages"), "requests are logged by their template");
    let me = login["user"]["user_id"].as_str().unwrap();
    assert!(log.contains(me), "people are logged by their id");
    for secret in [
        "canary-password",
        "canarymail",
        "Canary Displayed",
        "canary-greeting",
        "canary-text",
        "canary-id",
        "canaryquery",
        access,
        refresh,
        &broken,
        PASSWORD,
    ] {
        if let Some(at) = log.find(secret) {
            let line = log[..at].rfind('\n').map_or(0, |at| at + 1);
            panic!("{secret} is logged: {}", &log[line..].lines().next().unwrap());
        }
    }
    // Six digits may stand in times and ids; the code alone stands nowhere.
    assert!(!log.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == code), "the code is logged");
}

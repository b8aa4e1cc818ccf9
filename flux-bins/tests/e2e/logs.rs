//! Nothing that is secret or private is logged, whatever happens and however much is logged.

use flux_client::{CodePurpose, Device, DeviceClass, Registration, Secret};
use serde_json::json;

use crate::harness::{Server, folder};
use crate::http::Caller;
use crate::people::{befriend, log_in, message};

const PASSWORD: &str = "canary-password-5Fq";
const WRONG: &str = "canary-wrong-password-5Fq";
const TEXT: &str = "canary message text";
const GREETING: &str = "canary greeting";
const REMARK: &str = "canary remark";
const DISPLAY: &str = "Canary Display";

#[tokio::test]
async fn a76_nothing_secret_or_private_is_logged_at_any_level() {
    let folder = folder();
    let server = Server::start_with(folder.path(), &["--set", "log.filter=trace"]).await;
    let mut canaries: Vec<String> =
        [PASSWORD, WRONG, TEXT, GREETING, REMARK, DISPLAY].map(str::to_owned).to_vec();
    let mut sessions = Vec::new();
    for name in ["ada", "bob"] {
        let client = crate::people::client(&server);
        let email = format!("canary-{name}@example.org");
        client.request_code(&email, CodePurpose::Register).await.unwrap();
        let code = server.code(&email).await;
        let mut registration = Registration {
            email: email.clone(),
            code: Secret::from("000000"),
            username: name.to_owned(),
            display_name: Some(DISPLAY.to_owned()),
            password: Secret::from(PASSWORD),
        };
        // Failures say as little as successes.
        client.register(&registration).await.unwrap_err();
        registration.code = Secret::from(code.as_str());
        client.register(&registration).await.unwrap();
        let device = || Device::new("canary device", DeviceClass::Other);
        client.login(name, &Secret::from(WRONG), device()).await.unwrap_err();
        let session = client.login(name, &Secret::from(PASSWORD), device()).await.unwrap();
        session.online().await.unwrap();
        canaries.extend([email, code, session.saved().await.unwrap().refresh_token.expose().to_owned()]);
        sessions.push(session);
    }
    let [ada, bob] = &sessions[..] else { unreachable!() };
    ada.request_friend(bob.user(), GREETING).await.unwrap();
    let requests = bob.received_requests().all().await.unwrap();
    bob.accept_friend(requests[0].request).await.unwrap();
    ada.set_remark(bob.user(), REMARK).await.unwrap();
    let mut events = bob.events();
    ada.send(bob.user(), TEXT).await.unwrap();
    let came = message(&mut events).await;
    assert_eq!(came.text, TEXT);
    bob.mark_read(came.conversation, came.seq).await.unwrap();
    ada.search("canary-bob@example.org", 0).await.unwrap();

    // By hand: a token in a header, one in a query, a broken body with a password in it.
    let mut caller = Caller::new(&server);
    let device = json!({"name": "curl", "class": "other"});
    let opened = caller
        .post("/v1/sessions", json!({"login": "ada", "password": PASSWORD, "device": device}))
        .await
        .ok();
    let access = opened["access_token"].as_str().unwrap().to_owned();
    canaries.extend([access.clone(), opened["refresh_token"].as_str().unwrap().to_owned()]);
    caller.token = Some(access.clone());
    caller.get("/v1/users/me").await.ok();
    caller.get(&format!("/v1/users?query={access}")).await;
    caller.post("/v1/sessions", json!({"password": [PASSWORD], "login": 7})).await;
    caller.post("/v1/sessions/refresh", json!({"refresh_token": opened["refresh_token"]})).await.ok();
    ada.change_password(&Secret::from(PASSWORD), &Secret::from("canary-new-password-5Fq")).await.unwrap();
    canaries.push("canary-new-password-5Fq".to_owned());

    let log = server.stop().await;
    assert!(
        log.contains("\"level\":\"TRACE\"") || log.contains("\"level\":\"DEBUG\""),
        "it logs much:\n{log}"
    );
    for canary in canaries {
        let line = log.lines().find(|line| line.contains(&canary));
        assert!(line.is_none(), "{canary} is in the log: {}", line.unwrap_or_default());
    }
}

#[tokio::test]
async fn log_lines_are_json_where_no_terminal_is() {
    let folder = folder();
    let server = Server::start(folder.path()).await;
    let ada = crate::people::enter(&server, "ada").await;
    let bob = crate::people::enter(&server, "bob").await;
    befriend(&ada, &bob).await;
    drop(log_in(&crate::people::client(&server), "ada").await);
    let log = server.stop().await;
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert!(line["level"].is_string() && line["message"].is_string(), "{line}");
    }
}

//! Accounts and tokens over HTTP.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flux_client::{
    ClientError, CodePurpose, Device, DeviceClass, ErrorCode, Event, Registration, SavedSession, Secret,
    StoreError, TokenStore,
};

use crate::support::*;

fn logged_in() -> String {
    format!(
        r#"{{"user":{},"session":{{"session_id":"{}","device_name":"d","device_class":"desktop","created_ms":1,
            "last_used_ms":1,"current":true}},"access_token":"at-0","token_type":"Bearer","expires_in_s":600,
            "refresh_token":"rt-0","chat_url":"ws://first.test/v1/chat"}}"#,
        account(),
        uuid(5),
    )
}

fn account() -> String {
    format!(
        r#"{{"user_id":"{}","username":"ann","display_name":"Ann","bio":"","deleted":false,"email":"ann@example.com",
            "created_ms":1,"invisible":false}}"#,
        me()
    )
}

fn refreshed(n: u32) -> String {
    format!(
        r#"{{"session":{{"session_id":"{}"}},"access_token":"at-{n}","token_type":"Bearer","expires_in_s":600,
            "refresh_token":"rt-{n}"}}"#,
        uuid(5)
    )
}

fn uuid(n: u8) -> String {
    flux_client::SessionId::from([n; 16]).to_string()
}

fn endpoint() -> &'static str {
    r#"{"url":"ws://second.test/v1/chat"}"#
}

/// A client that asks the gate where the chat is.
fn client(net: &Net) -> flux_client::ClientBuilder {
    flux_client::Client::builder("http://chat.test/")
        .transport(Arc::new(net.clone()))
        .http(Arc::new(net.clone()))
        .entropy(Arc::new(Dice::new(7)))
}

async fn login(net: &Net, builder: flux_client::ClientBuilder) -> flux_client::Session {
    net.answer(201, &logged_in());
    let device = Device::new("d", DeviceClass::Desktop);
    builder.build().unwrap().login("ann", &Secret::from("pw"), device).await.unwrap()
}

/// Keeps everything that it was ever given.
#[derive(Default)]
struct Kept(Mutex<Vec<String>>, Mutex<Option<StoreError>>);

#[async_trait]
impl TokenStore for Kept {
    async fn load(&self) -> Result<Option<SavedSession>, StoreError> {
        Ok(None)
    }

    async fn save(&self, session: SavedSession) -> Result<(), StoreError> {
        if let Some(error) = self.1.lock().unwrap().take() {
            return Err(error);
        }
        self.0.lock().unwrap().push(session.refresh_token.expose().to_owned());
        Ok(())
    }

    async fn clear(&self) -> Result<(), StoreError> {
        self.0.lock().unwrap().push("cleared".to_owned());
        Ok(())
    }
}

impl Kept {
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn registering_and_logging_in_say_what_the_gate_expects() {
    let (net, mut dialed) = Net::new();
    let client_of_all = client(&net).build().unwrap();
    net.answer(202, r#"{"retry_after_ms":60000}"#);
    let wait = client_of_all.request_code("ann@example.com", CodePurpose::Register).await.unwrap();
    assert_eq!(wait, Duration::from_mins(1));
    net.answer(201, &account());
    let registration = Registration {
        email: "ann@example.com".into(),
        code: "123456".into(),
        username: "ann".into(),
        display_name: None,
        password: "pw".into(),
    };
    let account = client_of_all.register(&registration).await.unwrap();
    assert_eq!((account.profile.user, account.email.as_deref()), (me(), Some("ann@example.com")));
    let session = login(&net, client(&net)).await;
    assert_eq!(session.user(), me());
    let mut server = dialed.next().await;
    assert_eq!(server.url, "ws://first.test/v1/chat");
    assert_eq!(server.hello().await.access_token, "at-0");
    let expected = [
        ("POST", "/v1/verification-codes", r#"{"email":"ann@example.com","purpose":"register"}"#),
        (
            "POST",
            "/v1/users",
            r#"{"email":"ann@example.com","code":"123456","username":"ann","password":"pw"}"#,
        ),
        (
            "POST",
            "/v1/sessions",
            r#"{"login":"ann","password":"pw","device":{"name":"d","class":"desktop"}}"#,
        ),
    ];
    for ((method, url, body), (expected_method, path, expected_body)) in
        net.requests().into_iter().zip(expected)
    {
        assert_eq!((method.as_str(), url), (expected_method, format!("http://chat.test{path}")));
        assert_eq!(body.as_deref(), Some(expected_body));
    }
    for printed in [format!("{registration:?}"), format!("{account:?}"), format!("{session:?}")] {
        assert!(
            !printed.contains("pw") && !printed.contains("123456") && !printed.contains('@'),
            "{printed}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_carries_its_code_and_field() {
    let (net, _) = Net::new();
    net.answer(422, r#"{"code":"invalid_argument","detail":"no such purpose","field":"purpose"}"#);
    let error = client(&net).build().unwrap().request_code("x", CodePurpose::Register).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::InvalidArgument));
    let ClientError::Refused(refusal) = error else { panic!("{error:?}") };
    assert_eq!(refusal.field.as_deref(), Some("purpose"));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_it_expires_and_kept_before_it_is_used() {
    let (net, mut dialed) = Net::new();
    let kept = Arc::new(Kept::default());
    let session = login(&net, client(&net).token_store(kept.clone())).await;
    assert_eq!(kept.all(), ["rt-0"]);
    let mut server = dialed.next().await;
    server.hello().await;
    server.welcome("e1", page(&[], "c1"));
    session.online().await.unwrap();
    // Still good: nobody is asked.
    net.answer(200, &account());
    session.account().await.unwrap();
    assert_eq!(kept.all(), ["rt-0"]);
    server.silence(Duration::from_secs(9 * 60 + 30)).await;
    net.answer(200, &refreshed(1));
    net.answer(200, &account());
    session.account().await.unwrap();
    assert_eq!(kept.all(), ["rt-0", "rt-1"]);
    let asked: Vec<_> = net.requests().into_iter().filter(|(_, url, _)| url.ends_with("/refresh")).collect();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].2.as_deref(), Some(r#"{"refresh_token":"rt-0"}"#));
    assert_eq!(session.saved().await.unwrap().refresh_token, "rt-1".into());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_could_not_be_kept_is_not_used() {
    let (net, mut dialed) = Net::new();
    let kept = Arc::new(Kept::default());
    let session = login(&net, client(&net).token_store(kept.clone())).await;
    let mut server = dialed.next().await;
    server.hello().await;
    *kept.1.lock().unwrap() = Some(StoreError::new("the disk is full"));
    net.answer(200, &refreshed(1));
    server.refuse(1, "unauthenticated");
    // The next attempt keeps it first, without asking for another.
    net.answer(200, endpoint());
    let mut server = dialed.next().await;
    assert_eq!(server.hello().await.access_token, "at-1");
    assert_eq!(kept.all(), ["rt-0", "rt-1"]);
    drop(session);
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_is_repeated_once_with_a_new_token() {
    let (net, mut dialed) = Net::new();
    let session = login(&net, client(&net)).await;
    let _server = dialed.next().await;
    net.answer(401, r#"{"code":"unauthenticated"}"#);
    net.answer(200, &refreshed(1));
    net.answer(200, &account());
    session.account().await.unwrap();
    net.answer(401, r#"{"code":"unauthenticated"}"#);
    net.answer(200, &refreshed(2));
    net.answer(401, r#"{"code":"unauthenticated"}"#);
    assert_eq!(session.account().await.unwrap_err().code(), Some(ErrorCode::Unauthenticated));
}

#[tokio::test(start_paused = true)]
async fn many_who_need_a_token_wait_for_one_renewal() {
    let (net, mut dialed) = Net::new();
    let session = login(&net, client(&net)).await;
    let mut server = dialed.next().await;
    server.hello().await;
    server.welcome("e1", page(&[], "c1"));
    server.silence(Duration::from_mins(10)).await;
    net.answer(200, &refreshed(1));
    let calls: Vec<_> = (0..5)
        .map(|_| {
            net.answer(200, &account());
            let session = session.clone();
            tokio::spawn(async move { session.account().await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let renewals = net.requests().into_iter().filter(|(_, url, _)| url.ends_with("/refresh")).count();
    assert_eq!(renewals, 1);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_is_not_taken_ends_the_session_and_is_forgotten() {
    let (net, mut dialed) = Net::new();
    let kept = Arc::new(Kept::default());
    let session = login(&net, client(&net).token_store(kept.clone())).await;
    let mut events = session.events();
    let mut server = dialed.next().await;
    server.hello().await;
    net.answer(401, r#"{"code":"invalid_refresh_token"}"#);
    server.refuse(1, "unauthenticated");
    assert!(matches!(next(&mut events).await, Event::SessionEnded(_)));
    assert_eq!(kept.all().last().unwrap(), "cleared");
}

#[tokio::test(start_paused = true)]
async fn logging_out_ends_the_session_here_too() {
    let (net, mut dialed) = Net::new();
    let kept = Arc::new(Kept::default());
    let session = login(&net, client(&net).token_store(kept.clone())).await;
    let mut events = session.events();
    let mut server = dialed.next().await;
    server.hello().await;
    net.answer(204, "");
    session.logout().await.unwrap();
    server.gone().await;
    assert!(matches!(next(&mut events).await, Event::SessionEnded(flux_client::SessionEndReason::Logout)));
    assert_eq!(kept.all(), ["rt-0", "cleared"]);
    let (method, url, _) = net.requests().pop().unwrap();
    assert_eq!((method.as_str(), url.as_str()), ("DELETE", "http://chat.test/v1/sessions/current"));
}

#[tokio::test(start_paused = true)]
async fn the_gate_is_asked_where_to_go_and_its_last_answer_serves_while_it_is_down() {
    let (net, mut dialed) = Net::new();
    let _session = login(&net, client(&net)).await;
    net.answer(200, endpoint());
    let server = dialed.next().await;
    assert_eq!(server.url, "ws://first.test/v1/chat");
    server.close(1011);
    let server = dialed.next().await;
    assert_eq!(server.url, "ws://second.test/v1/chat");
    server.close(1011);
    // Nobody answers at the gate.
    assert_eq!(dialed.next().await.url, "ws://second.test/v1/chat");
}

#[tokio::test(start_paused = true)]
async fn a_server_with_tls_cannot_send_the_client_to_a_chat_without() {
    let (net, mut dialed) = Net::new();
    let builder = flux_client::Client::builder("https://chat.test")
        .transport(Arc::new(net.clone()))
        .http(Arc::new(net.clone()));
    let session = login(&net, builder).await;
    dialed.none_within(Duration::from_hours(1)).await;
    assert!(matches!(session.friends().next().await, Err(ClientError::Unreachable(_))));
}

#[test]
fn an_address_that_is_none_is_refused_at_once() {
    for bad in ["chat.test", "ws://chat.test", ""] {
        assert!(flux_client::Client::builder(bad).build().is_err(), "{bad}");
    }
}

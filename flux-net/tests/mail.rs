//! Mail as a server of it sees it, and as a folder keeps it.
#![cfg(feature = "mail")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fake_smtp;

use std::sync::Arc;
use std::time::Duration;

use fake_smtp::{FakeSmtp, Protection, Received};
use flux_core::account::Email;
use flux_core::mail::{Mail, MailContent, MailError, Mailer};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::verification::Purpose;
use flux_core::{Secret, Timestamp};
use flux_net::mail::{
    CapturedMail, InvalidSmtpConfig, OutboxConfig, OutboxMailer, SmtpConfig, SmtpMailer, SmtpSecurity,
    read_outbox,
};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn code_to(address: &str) -> Mail {
    let content = MailContent::Code { code: Secret::new("271828"), purpose: Purpose::Register };
    Mail { to: Email::new(address).unwrap(), content }
}

fn plain(port: u16) -> SmtpConfig {
    SmtpConfig {
        port: Some(port),
        security: SmtpSecurity::None,
        hello_name: Some("gate.example.org".to_owned()),
        ..SmtpConfig::new("127.0.0.1", "Flux <no-reply@example.org>")
    }
}

fn start(config: SmtpConfig, clock: &ManualClock) -> SmtpMailer {
    SmtpMailer::start(config, Arc::new(clock.clone()), Arc::new(SeededEntropy::new(1))).unwrap()
}

fn clock() -> ManualClock {
    ManualClock::new(NOW)
}

/// Waits for something that another task is about to do.
async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_mail_arrives_as_text_and_page_from_the_configured_sender() {
    let server = FakeSmtp::start(|_| None).await;
    let mailer = start(plain(server.port), &clock());
    mailer.send(code_to("ann@example.com")).await.unwrap();
    let Received { hello, from, to, data } = server.next().await;
    assert_eq!(hello, "gate.example.org");
    assert_eq!(from, "<no-reply@example.org>");
    assert_eq!(to, ["<ann@example.com>"]);
    let (headers, body) = data.split_once("\r\n\r\n").unwrap();
    for header in [
        "From: Flux <no-reply@example.org>",
        "To: ann@example.com",
        "Auto-Submitted: auto-generated",
        "Date: Fri, 15 Jan 2027 08:00:00 +0000",
        "MIME-Version: 1.0",
        "Content-Type: multipart/alternative;",
    ] {
        assert!(headers.contains(header), "{header} in {headers}");
    }
    assert!(headers.lines().any(|line| line.starts_with("Message-ID: <") && line.ends_with("@example.org>")));
    assert!(body.contains("text/plain") && body.contains("text/html"));
    assert!(headers.is_ascii(), "{headers}");
    assert!(data.lines().all(|line| line.len() <= 998), "RFC 5322, section 2.1.1");
    assert_eq!(mailer.shutdown(Duration::from_secs(20)).await, 0);
}

#[tokio::test]
async fn what_the_server_puts_off_is_tried_again_later_and_later() {
    // The first three tries are refused, each at another step.
    let server = FakeSmtp::start(|said| match said {
        (1, "RCPT") => Some("451 4.7.1 try again"),
        (2, "MAIL") => Some("421 4.3.0 closing"),
        (3, "DATA") => Some("452 4.2.2 full"),
        _ => None,
    })
    .await;
    let clock = clock();
    let mailer = start(plain(server.port), &clock);
    mailer.send(code_to("ann@example.com")).await.unwrap();
    for pause in [1, 4, 16] {
        until("a pause", || clock.sleepers() == 1).await;
        clock.advance(Duration::from_millis(pause * 1_000 - 1));
        assert_eq!(clock.sleepers(), 1, "not before {pause} s");
        clock.advance(Duration::from_millis(1));
    }
    assert_eq!(server.next().await.to, ["<ann@example.com>"]);
    assert_eq!(mailer.shutdown(Duration::from_secs(20)).await, 0);
}

#[tokio::test]
async fn a_server_that_is_down_is_tried_again() {
    let server = FakeSmtp::start(|_| None).await;
    let port = server.port;
    server.stop().await;
    let clock = clock();
    let mailer = start(plain(port), &clock);
    mailer.send(code_to("ann@example.com")).await.unwrap();
    until("a pause", || clock.sleepers() == 1).await;
    let server = FakeSmtp::start_on(port, |_| None).await;
    clock.advance(Duration::from_secs(1));
    assert_eq!(server.next().await.to, ["<ann@example.com>"]);
}

#[tokio::test]
async fn what_the_server_refuses_for_good_is_given_up_and_holds_up_nothing() {
    let server = FakeSmtp::start(|said| (said == (1, "RCPT")).then_some("550 5.1.1 no such user")).await;
    let clock = clock();
    let config = SmtpConfig { queue: 1, ..plain(server.port) };
    let mailer = start(config, &clock);
    mailer.send(code_to("nobody@example.com")).await.unwrap();
    // Its place is free again, and nobody sleeps over it.
    let mut taken = false;
    until("a free place", || {
        taken =
            taken || futures_now(mailer.send(code_to("ann@example.com"))).is_some_and(|sent| sent.is_ok());
        taken
    })
    .await;
    assert_eq!(server.next().await.to, ["<ann@example.com>"]);
    assert_eq!(clock.sleepers(), 0);
}

#[tokio::test]
async fn a_mail_is_delivered_when_the_server_has_it_and_what_it_says_otherwise_is_told() {
    let server = FakeSmtp::start(|said| match said {
        (1, "RCPT") => Some("550 5.1.1 no such user"),
        (2, "RCPT") => Some("451 4.7.1 try again"),
        _ => None,
    })
    .await;
    let mailer = start(plain(server.port), &clock());
    let deliver = async || mailer.deliver(code_to("ann@example.com")).await;
    assert_eq!(deliver().await, Err(MailError::Refused));
    assert!(matches!(deliver().await, Err(MailError::Failed(_))));
    assert_eq!(deliver().await, Ok(()));
    assert_eq!(server.next().await.to, ["<ann@example.com>"]);
    server.stop().await;
    assert!(matches!(deliver().await, Err(MailError::Failed(_))));
}

/// The result of a future that does not wait for anything.
fn futures_now<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(done) => Some(done),
        std::task::Poll::Pending => None,
    }
}

#[tokio::test]
async fn a_mail_is_given_up_after_the_last_attempt() {
    let server = FakeSmtp::start(|(_, said)| (said == "RCPT").then_some("450 4.2.1 busy")).await;
    let clock = clock();
    let mailer = start(SmtpConfig { attempts: 3, queue: 1, ..plain(server.port) }, &clock);
    mailer.send(code_to("ann@example.com")).await.unwrap();
    for pause in [1, 4] {
        until("a pause", || clock.sleepers() == 1).await;
        assert_eq!(mailer.send(code_to("bob@example.com")).await, Err(MailError::Full));
        clock.advance(Duration::from_secs(pause));
    }
    until("the end", || server.said("RCPT") == 3).await;
    until("a free place", || {
        futures_now(mailer.send(code_to("bob@example.com"))).is_some_and(|sent| sent.is_ok())
    })
    .await;
}

#[tokio::test]
async fn more_mails_than_the_queue_holds_are_refused_at_once() {
    let server = FakeSmtp::silent().await;
    let mailer = start(SmtpConfig { queue: 3, ..plain(server.port) }, &clock());
    for _ in 0..3 {
        mailer.send(code_to("ann@example.com")).await.unwrap();
    }
    assert_eq!(mailer.send(code_to("ann@example.com")).await, Err(MailError::Full));
    // A server that does not answer keeps nobody from stopping.
    assert_eq!(mailer.shutdown(Duration::from_millis(1)).await, 3);
    assert_eq!(mailer.shutdown(Duration::from_millis(1)).await, 0);
}

#[tokio::test]
async fn stopping_sends_what_waits_for_another_try_and_takes_nothing_new() {
    let server = FakeSmtp::start(|said| (said == (1, "RCPT")).then_some("451 4.7.1 try again")).await;
    let clock = clock();
    let mailer = start(plain(server.port), &clock);
    mailer.send(code_to("ann@example.com")).await.unwrap();
    until("a pause", || clock.sleepers() == 1).await;
    assert_eq!(mailer.shutdown(Duration::from_secs(20)).await, 0);
    assert_eq!(server.next().await.to, ["<ann@example.com>"]);
    assert!(matches!(mailer.send(code_to("ann@example.com")).await, Err(MailError::Failed(_))));
}

#[tokio::test]
async fn stopping_tells_how_many_mails_were_lost() {
    let server = FakeSmtp::start(|(_, said)| (said == "RCPT").then_some("451 4.7.1 try again")).await;
    let clock = clock();
    let mailer = start(plain(server.port), &clock);
    mailer.send(code_to("ann@example.com")).await.unwrap();
    mailer.send(code_to("bob@example.com")).await.unwrap();
    until("a refusal", || server.said("RCPT") == 2).await;
    assert_eq!(mailer.shutdown(Duration::from_secs(20)).await, 2);
}

#[tokio::test]
async fn without_starttls_nothing_is_said_in_the_clear() {
    let server = FakeSmtp::start(|_| None).await;
    let config = SmtpConfig {
        security: SmtpSecurity::StartTls,
        credentials: Some(("user".to_owned(), Secret::new("canary"))),
        attempts: 1,
        queue: 1,
        ..plain(server.port)
    };
    let mailer = start(config, &clock());
    mailer.send(code_to("ann@example.com")).await.unwrap();
    until("giving up", || {
        futures_now(mailer.send(code_to("ann@example.com"))).is_some_and(|sent| sent.is_ok())
    })
    .await;
    assert_eq!((server.said("AUTH"), server.said("MAIL")), (0, 0));
    assert!(server.said("EHLO") >= 1);
}

/// A server certificate for `localhost`, and the authority that it is of, in PEM.
fn certificate() -> (tokio_rustls::TlsAcceptor, String) {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![server.der().clone()], key.serialize_der().try_into().unwrap())
        .unwrap();
    (Arc::new(config).into(), authority.pem())
}

#[tokio::test]
async fn mail_goes_over_tls_to_a_server_that_proves_its_name() {
    let (tls, authority) = certificate();
    for (security, protection) in [
        (SmtpSecurity::StartTls, Protection::StartTls(tls.clone())),
        (SmtpSecurity::Tls, Protection::Tls(tls.clone())),
    ] {
        let server = FakeSmtp::start_protected(0, protection.clone(), |_| None).await;
        let config = SmtpConfig {
            host: "localhost".to_owned(),
            security,
            root_certificates: Some(authority.clone()),
            credentials: Some(("user".to_owned(), Secret::new("pass word"))),
            ..plain(server.port)
        };
        let mailer = start(config.clone(), &clock());
        mailer.send(code_to("ann@example.com")).await.unwrap();
        assert_eq!(server.next().await.to, ["<ann@example.com>"]);
        assert_eq!(server.said("AUTH"), 1);

        // Neither an unknown authority nor another name is believed.
        for stranger in [
            SmtpConfig { root_certificates: None, ..config.clone() },
            SmtpConfig { host: "127.0.0.1".to_owned(), ..config.clone() },
        ] {
            let server = FakeSmtp::start_protected(0, protection.clone(), |_| None).await;
            let stranger = SmtpConfig { port: Some(server.port), attempts: 1, queue: 1, ..stranger };
            let mailer = start(stranger, &clock());
            mailer.send(code_to("ann@example.com")).await.unwrap();
            until("giving up", || {
                futures_now(mailer.send(code_to("ann@example.com"))).is_some_and(|sent| sent.is_ok())
            })
            .await;
            assert_eq!((server.said("AUTH"), server.said("MAIL")), (0, 0), "{security:?}");
        }
    }
}

#[tokio::test]
async fn credentials_are_given_to_a_server_on_this_machine() {
    let server = FakeSmtp::start(|_| None).await;
    let config =
        SmtpConfig { credentials: Some(("user".to_owned(), Secret::new("pass word"))), ..plain(server.port) };
    let mailer = start(config, &clock());
    mailer.send(code_to("ann@example.com")).await.unwrap();
    server.next().await;
    // RFC 4616: "\0user\0pass word".
    assert_eq!(server.lines("AUTH"), ["AUTH PLAIN AHVzZXIAcGFzcyB3b3Jk"]);
}

#[test]
fn a78_configurations_that_would_leak_or_cannot_work_are_refused() {
    let good = || SmtpConfig::new("mail.example.org", "Flux <no-reply@example.org>");
    let credentials = Some(("user".to_owned(), Secret::new("secret")));
    let rows = [
        (SmtpConfig { from: "no address".to_owned(), ..good() }, InvalidSmtpConfig::From),
        (SmtpConfig { from: "a@b.c\r\nBcc: x@y.z".to_owned(), ..good() }, InvalidSmtpConfig::From),
        (
            SmtpConfig { security: SmtpSecurity::None, credentials, ..good() },
            InvalidSmtpConfig::CredentialsInTheClear,
        ),
        (
            SmtpConfig { root_certificates: Some("none".to_owned()), ..good() },
            InvalidSmtpConfig::Certificates,
        ),
        (SmtpConfig { queue: 0, ..good() }, InvalidSmtpConfig::Empty),
        (SmtpConfig { attempts: 0, ..good() }, InvalidSmtpConfig::Empty),
        (SmtpConfig { host: String::new(), ..good() }, InvalidSmtpConfig::Empty),
    ];
    for (config, expected) in rows {
        let started = SmtpMailer::start(config, Arc::new(clock()), Arc::new(SeededEntropy::new(1)));
        assert_eq!(started.err(), Some(expected));
    }
}

/// Addresses that try to be more than an address.
const INJECTIONS: [&str; 20] = [
    "a@b.com\r\nBcc: x@evil.com",
    "a@b.com\nBcc: x@evil.com",
    "a@b.com%0d%0aBcc: x@evil.com",
    "a\r\n@b.com",
    "a@b.com\0",
    "a@b.com, x@evil.com",
    "a@b.com;x@evil.com",
    "a@b.com x@evil.com",
    "<a@b.com>",
    "A <a@b.com>",
    "a@b.com> NOTIFY=NEVER",
    "\"a\\\"b\"@b.com",
    "\"a b\"@b.com",
    "a(comment)@b.com",
    "a@[127.0.0.1]",
    "=?utf-8?q?a=40evil.com=0d=0a?=@b.com@b.com",
    "-oQ/tmp@b.com",
    "a@b\u{3002}com",
    "a@b\u{FF0E}com",
    "a@b.com\u{2028}Bcc: x@evil.com",
];

#[tokio::test]
async fn a37_no_address_adds_a_recipient_or_a_header() {
    let server = FakeSmtp::start(|_| None).await;
    let mailer = start(plain(server.port), &clock());
    let long = format!("{}@b.com", "a".repeat(320));
    let odd_but_fine =
        ["o'hara+tag@b.com", "a.b.c@b.co.uk", "{}|~`@b.com", "=?utf-8?q?a?=@b.com", "a%0d%0ab@b.com"];
    let (mut taken, mut refused) = (0, 0);
    for address in INJECTIONS.into_iter().chain(odd_but_fine).chain([long.as_str()]) {
        let Ok(email) = Email::new(address) else {
            refused += 1;
            continue;
        };
        taken += 1;
        mailer.send(Mail { to: email.clone(), content: MailContent::PasswordChanged }).await.unwrap();
        let received = server.next().await;
        assert_eq!(received.to, [format!("<{}>", email.as_str())], "{address}");
        let headers = received.data.split_once("\r\n\r\n").unwrap().0;
        let names: Vec<_> = headers
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split_once(':').unwrap().0)
            .collect();
        let mut known = vec![
            "Auto-Submitted",
            "Content-Type",
            "Date",
            "From",
            "MIME-Version",
            "Message-ID",
            "Subject",
            "To",
        ];
        let mut sorted = names.clone();
        sorted.sort_unstable();
        known.sort_unstable();
        assert_eq!(sorted, known, "{address}");
    }
    assert!(refused >= INJECTIONS.len(), "{refused} of {} refused, {taken} taken", INJECTIONS.len() + 1);
}

proptest::proptest! {
    #[test]
    fn a37_whatever_is_an_address_is_one_word(text in "[ -~\u{a0}-\u{ff}\r\n\u{3002}]{0,40}@[ -~\r\n.]{0,40}") {
        if let Ok(email) = Email::new(&text) {
            proptest::prop_assert!(!email.as_str().contains(|c: char| c.is_whitespace() || c.is_control()));
            proptest::prop_assert!(!email.as_str().contains(['<', '>', '(', ')', ',', ';', ':', '"', '\\', '[', ']']));
            proptest::prop_assert_eq!(email.as_str().matches('@').count(), 1);
        }
    }
}

fn outbox(dir: &std::path::Path, keep: usize, clock: &ManualClock) -> OutboxMailer {
    let config = OutboxConfig { keep, ..OutboxConfig::new(dir.join("mail")) };
    OutboxMailer::open(config, Arc::new(clock.clone())).unwrap()
}

#[tokio::test]
async fn captured_mails_are_read_in_the_order_they_were_sent() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock();
    let mailer = outbox(dir.path(), 100, &clock);
    for n in 0..20 {
        mailer.send(code_to(&format!("user{n}@example.com"))).await.unwrap();
        clock.advance(Duration::from_millis(n % 2));
    }
    clock.set_wall(NOW.minus(Duration::from_hours(1)));
    let notice = Mail { to: Email::new("last@example.com").unwrap(), content: MailContent::AccountDeleted };
    mailer.send(notice).await.unwrap();
    let mails = read_outbox(&dir.path().join("mail")).unwrap();
    let to: Vec<_> = mails.iter().map(|mail| mail.to.clone()).collect();
    let mut expected: Vec<_> = (0..20).map(|n| format!("user{n}@example.com")).collect();
    expected.push("last@example.com".to_owned());
    assert_eq!(to, expected);
    assert_eq!(mails[20].at_ms, NOW.minus(Duration::from_hours(1)).as_millis());
    let CapturedMail { at_ms, subject, code, text, html, .. } = &mails[0];
    assert_eq!(*at_ms, NOW.as_millis());
    assert_eq!(code.as_deref(), Some("271828"));
    assert!(subject.contains("Flux") && text.contains("271828") && html.contains("271828"));
    assert_eq!(mails[20].code, None);
}

#[tokio::test]
async fn the_oldest_captured_mails_give_way_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock();
    let first = outbox(dir.path(), 3, &clock);
    for n in 0..3 {
        first.send(code_to(&format!("user{n}@example.com"))).await.unwrap();
    }
    drop(first);
    let second = outbox(dir.path(), 3, &clock);
    for n in 3..5 {
        second.send(code_to(&format!("user{n}@example.com"))).await.unwrap();
    }
    let to: Vec<_> = read_outbox(&dir.path().join("mail")).unwrap().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["user2@example.com", "user3@example.com", "user4@example.com"]);
}

#[test]
fn an_outbox_that_is_not_there_is_empty_and_strange_files_are_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(read_outbox(&dir.path().join("none")).unwrap(), []);
    std::fs::write(dir.path().join("half.json"), "{\"at_ms\": 1").unwrap();
    std::fs::write(dir.path().join("notes.txt"), "hello").unwrap();
    assert_eq!(read_outbox(dir.path()).unwrap(), []);
}

#[cfg(unix)]
#[tokio::test]
async fn a78_captured_mails_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    outbox(dir.path(), 3, &clock()).send(code_to("ann@example.com")).await.unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = dir.path().join("mail");
    assert_eq!(mode(&folder), 0o700);
    let file = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    assert_eq!(mode(&file), 0o600);
}

#[tokio::test]
async fn a76_debug_shows_neither_address_nor_code_nor_password() {
    let dir = tempfile::tempdir().unwrap();
    let mailer = outbox(dir.path(), 3, &clock());
    mailer.send(code_to("canary@example.com")).await.unwrap();
    let mails = read_outbox(&dir.path().join("mail")).unwrap();
    let config =
        SmtpConfig { credentials: Some(("user".to_owned(), Secret::new("canary-password"))), ..plain(1) };
    let shown = format!("{mails:?} {mailer:?} {config:?} {:?}", code_to("canary@example.com"));
    assert!(!shown.contains("canary") && !shown.contains("271828"), "{shown}");
}

#[tokio::test]
async fn a_trial_shows_the_servers_own_words_and_is_not_repeated() {
    let to = Email::new("ann@example.com").unwrap();
    let clock = clock();
    let try_out = async |port| {
        flux_net::mail::try_out(plain(port), &to, Arc::new(clock.clone()), Arc::new(SeededEntropy::new(1)))
            .await
    };
    let server = FakeSmtp::start(|_| None).await;
    assert!(try_out(server.port).await.unwrap().starts_with("250 "));
    let mail = server.next().await;
    assert_eq!(mail.to, ["<ann@example.com>"]);
    assert!(mail.data.contains("Test mail from Flux"), "{}", mail.data);

    let server =
        FakeSmtp::start(|said| (said.1 == "RCPT").then_some("550 5.1.1 nobody of that name here")).await;
    let told = try_out(server.port).await.unwrap_err().to_string();
    assert_eq!(told, "the server says: 550 5.1.1 nobody of that name here");

    let port = server.port;
    server.stop().await;
    let refused = try_out(port).await.unwrap_err();
    assert_eq!(refused.to_string(), "connection");
    assert_eq!(clock.sleepers(), 0);
}

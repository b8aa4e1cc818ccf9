//! The webhook as its receiver sees it: one that takes notices, refuses them, hangs, hangs up, is down and comes back.
#![cfg(feature = "notify")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod receiver;

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flux_core::account::{AccountStore as _, NewAccount};
use flux_core::account::{DisplayName, Username};
use flux_core::friend::{FriendLimits, FriendStore as _, Greeting, RelationChange};
use flux_core::message::{Append, MessageStore as _, MessageText, Write};
use flux_core::notify::{
    ChannelName, NotTaken, NoticeChannel, NoticeId, NoticePorts, NoticeRunner, NoticeSettings,
    NoticeStore as _, OfflineNotice, OfflineNotifier as _, WaitingConversation, Wrote,
};
use flux_core::session::{
    Actor, Device, DeviceClass, DeviceName, NewSession, SessionPolicy, SessionStore as _,
};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{
    ConversationId, Epoch, MessageId, Pair, RequestId, Secret, Seq, SessionId, Timestamp, TokenHash, UserId,
    entropy,
};
use flux_net::notify::{InvalidWebhookConfig, Webhook, WebhookConfig, WebhookSecret};
use flux_store::memory::{MemoryLocks, MemoryStore};
use hmac::{Hmac, KeyInit as _, Mac as _};
use receiver::{Authority, Posted, Receiver};
use sha2::Sha256;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_500);
const HOUR: Duration = Duration::from_hours(1);

/// Bytes of a key, and the key as it is written down.
fn key(byte: u8) -> ([u8; 32], WebhookSecret) {
    let bytes = [byte; 32];
    let text = Secret::new(format!("whsec_{}", STANDARD.encode(bytes)));
    (bytes, WebhookSecret::parse(&text).unwrap())
}

fn id<T>(n: u128, of: impl Fn(Uuid) -> Result<T, flux_core::InvalidId>) -> T {
    of(Uuid::from_u128(n)).unwrap()
}

fn seq(n: u64) -> Seq {
    Seq::new(n).unwrap()
}

/// Somebody wrote to user 1.
fn notice() -> OfflineNotice {
    let (epoch, user) = (id(0xE, Epoch::try_from), id(1, UserId::try_from));
    let at = Timestamp::from_millis;
    let wrote = |user, count, oldest, newest| Wrote {
        user: id(user, UserId::try_from),
        count,
        oldest: at(oldest),
        newest: at(newest),
    };
    let conversations = vec![WaitingConversation {
        conversation: id(0xC, ConversationId::try_from),
        after: seq(3),
        to: seq(9),
        wrote: vec![wrote(2, 4, 100, 900), wrote(3, 1, 50, 50)],
    }];
    let channel = ChannelName::new("webhook").unwrap();
    OfflineNotice {
        id: NoticeId::of(&channel, epoch, user, &conversations),
        epoch,
        user,
        conversations,
        more: false,
    }
}

/// With timeouts that only pass where a test lets them.
fn config(url: &str) -> WebhookConfig {
    WebhookConfig { connect_timeout: HOUR, timeout: 2 * HOUR, ..WebhookConfig::new(url, key(1).1) }
}

fn webhook(config: WebhookConfig) -> (Arc<Webhook>, ManualClock) {
    let clock = ManualClock::new(NOW);
    (Arc::new(Webhook::new(config, Arc::new(clock.clone())).unwrap()), clock)
}

/// Posts the notice, and answers it as `answer` does.
async fn answered(
    config: WebhookConfig,
    receiver: &Receiver,
    answer: impl FnOnce(Posted),
) -> Result<(), NotTaken> {
    let (webhook, _) = webhook(config);
    let posting = tokio::spawn(async move { webhook.notify(&notice()).await });
    answer(receiver.next().await);
    within(posting).await.unwrap()
}

/// Fails rather than hang.
async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("it ends")
}

/// What went wrong, with its cause.
fn said(failure: &NotTaken) -> String {
    let cause = failure.source().unwrap();
    format!("{cause} {:?}", cause.source().map(ToString::to_string))
}

#[tokio::test]
async fn a_notice_is_posted_as_documented_and_taken_by_a_2xx() {
    for status in ["200 OK", "202 Accepted", "204 No Content"] {
        let receiver = Receiver::start().await;
        let taken = answered(config(&receiver.url("/in?tenant=7")), &receiver, |posted| {
            assert_eq!(posted.line, "POST /in?tenant=7 HTTP/1.1");
            assert_eq!(posted.header("content-type"), "application/json");
            assert_eq!(posted.header("host"), receiver.authority());
            assert!(posted.header("user-agent").starts_with("flux-webhook/"));
            let body = format!(
                concat!(
                    r#"{{"type":"messages.waiting","id":"{}","data":{{"#,
                    r#""epoch":"00000000-0000-0000-0000-00000000000e","#,
                    r#""user_id":"00000000-0000-0000-0000-000000000001","#,
                    r#""conversations":[{{"conversation_id":"00000000-0000-0000-0000-00000000000c","#,
                    r#""after_seq":3,"to_seq":9,"count":5,"oldest_at_ms":50,"newest_at_ms":900,"#,
                    r#""senders":[{{"user_id":"00000000-0000-0000-0000-000000000002","count":4}},"#,
                    r#"{{"user_id":"00000000-0000-0000-0000-000000000003","count":1}}]}}],"more":false}}}}"#
                ),
                notice().id
            );
            assert_eq!(posted.body, body);
            posted.answer(status);
        });
        taken.await.unwrap();
    }
}

/// The signature as a receiver computes it, with another library.
fn signature(key: &[u8], posted: &Posted) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    let (id, at) = (posted.header("webhook-id"), posted.header("webhook-timestamp"));
    mac.update(format!("{id}.{at}.{}", posted.body).as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn a_receiver_verifies_the_signature_with_either_secret_while_they_change() {
    let receiver = Receiver::start().await;
    let ((new, new_secret), (old, old_secret)) = (key(2), key(1));
    let secrets = vec![new_secret, old_secret];
    let taken = answered(WebhookConfig { secrets, ..config(&receiver.url("/")) }, &receiver, |posted| {
        assert_eq!(posted.header("webhook-id"), notice().id.to_string());
        assert_eq!(posted.header("webhook-timestamp"), "1800000000");
        let signatures: Vec<_> = posted.header("webhook-signature").split(' ').collect();
        assert_eq!(signatures, [signature(&new, &posted), signature(&old, &posted)]);
        assert_ne!(signatures[0], signature(&[3; 32], &posted), "with another key it is another");
        posted.answer("200 OK");
    });
    taken.await.unwrap();
}

#[tokio::test]
async fn anything_but_a_2xx_is_no_and_a_redirect_is_not_followed() {
    let elsewhere = Receiver::start().await;
    for status in [
        "301 Moved Permanently".to_owned(),
        format!("307 Temporary Redirect\r\nlocation: {}", elsewhere.url("/")),
        "400 Bad Request".to_owned(),
        "404 Not Found".to_owned(),
        "410 Gone".to_owned(),
        "500 Internal Server Error".to_owned(),
    ] {
        let receiver = Receiver::start().await;
        let refused = answered(config(&receiver.url("/")), &receiver, |posted| posted.answer(&status));
        let failure = refused.await.unwrap_err();
        let NotTaken::Later { after: None, .. } = &failure else { panic!("{status}: {failure:?}") };
        assert!(said(&failure).contains(&status[..3]), "{}", said(&failure));
    }
    assert_eq!(elsewhere.count(), 0);
}

#[tokio::test]
async fn a_receiver_that_is_busy_may_say_when() {
    let receiver = Receiver::start().await;
    let busy = "503 Service Unavailable\r\nretry-after: 120";
    let refused = answered(config(&receiver.url("/")), &receiver, |posted| posted.answer(busy)).await;
    assert!(
        matches!(&refused, Err(NotTaken::Later { after: Some(after), .. }) if *after == Duration::from_mins(2)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_receiver_that_hangs_up_or_talks_nonsense_has_not_taken_it() {
    let receiver = Receiver::start().await;
    let refused = answered(config(&receiver.url("/")), &receiver, Posted::hang_up).await;
    assert!(matches!(refused, Err(NotTaken::Later { .. })), "{refused:?}");
    let refused =
        answered(config(&receiver.url("/")), &receiver, |posted| posted.say("220 ready\r\n\r\n")).await;
    assert!(matches!(refused, Err(NotTaken::Later { .. })), "{refused:?}");
}

#[tokio::test]
async fn nobody_listening_is_a_failure_at_once() {
    let receiver = Receiver::start().await;
    let url = receiver.url("/");
    receiver.stop().await;
    let (webhook, _) = webhook(config(&url));
    let failure = within(webhook.notify(&notice())).await.unwrap_err();
    assert!(said(&failure).contains("no connection"), "{}", said(&failure));
}

#[tokio::test]
async fn a_receiver_that_hangs_costs_the_timeout_and_no_more() {
    let receiver = Receiver::start().await;
    let (webhook, clock) = webhook(config(&receiver.url("/")));
    let posting = tokio::spawn(async move { webhook.notify(&notice()).await });
    let posted = receiver.next().await;
    assert!(!posting.is_finished());
    clock.advance(2 * HOUR);
    let failure = within(posting).await.unwrap().unwrap_err();
    assert!(said(&failure).contains("too long to answer"), "{}", said(&failure));
    drop(posted);
}

#[tokio::test]
async fn a_receiver_that_is_silent_where_tls_begins_costs_the_connect_timeout() {
    let receiver = Receiver::mute().await;
    let (webhook, clock) = webhook(config(&receiver.url("/").replace("http:", "https:")));
    let posting = tokio::spawn(async move { webhook.notify(&notice()).await });
    within(receiver.accepted()).await;
    clock.advance(HOUR);
    let failure = within(posting).await.unwrap().unwrap_err();
    assert!(said(&failure).contains("too long to connect"), "{}", said(&failure));
}

#[tokio::test]
async fn over_tls_the_receiver_proves_who_it_is() {
    let authority = Authority::new();
    let receiver = Receiver::start_tls(&authority, "localhost").await;
    let https = receiver.url("/").replace("127.0.0.1", "localhost");
    let trusting = |url: &str, authority: &Authority| WebhookConfig {
        root_certificates: Some(authority.pem()),
        ..config(url)
    };
    answered(trusting(&https, &authority), &receiver, |posted| posted.answer("200 OK")).await.unwrap();
    for config in [
        config(&https),
        trusting(&https, &Authority::new()),
        // The certificate is for the name, not for the address.
        trusting(&receiver.url("/"), &authority),
    ] {
        let (webhook, _) = webhook(config);
        let failure = within(webhook.notify(&notice())).await.unwrap_err();
        assert!(said(&failure).contains("certificate"), "{}", said(&failure));
    }
    assert_eq!(receiver.count(), 1);
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let good = config("https://push.example/");
    let refused = |config| Webhook::new(config, Arc::new(ManualClock::new(NOW))).map(drop).unwrap_err();
    for secrets in [vec![], vec![key(1).1, key(2).1, key(3).1]] {
        assert_eq!(refused(WebhookConfig { secrets, ..good.clone() }), InvalidWebhookConfig::Secrets);
    }
    let channel = "Web hook".to_owned();
    assert_eq!(refused(WebhookConfig { channel, ..good.clone() }), InvalidWebhookConfig::Channel);
    let timeout = Duration::ZERO;
    assert_eq!(refused(WebhookConfig { timeout, ..good }), InvalidWebhookConfig::Timeout);
}

#[test]
fn a76_debug_shows_neither_secrets_nor_what_stands_in_the_path() {
    let (webhook, _) = webhook(config("https://push.example/in/TOKEN?key=TOKEN"));
    let shown = format!("{webhook:?} {:?}", key(1).1);
    assert!(shown.contains("push.example") && !shown.contains("TOKEN") && !shown.contains("AQEB"), "{shown}");
}

/// Two friends in a memory store, and a process that serves the webhook.
struct World {
    clock: ManualClock,
    store: Arc<MemoryStore>,
    chance: Arc<SeededEntropy>,
    ada: Actor,
    bob: Actor,
    conversation: ConversationId,
}

impl World {
    async fn new() -> Self {
        let (clock, chance) = (ManualClock::new(NOW), Arc::new(SeededEntropy::new(3)));
        let store = Arc::new(MemoryStore::new(Arc::new(clock.clone()), chance.clone()));
        let mut people = Vec::new();
        for name in ["ada", "bob"] {
            let user = UserId::generate(NOW, &*chance);
            let new = NewAccount {
                user,
                username: Username::new(name).unwrap(),
                display_name: DisplayName::new(name).unwrap(),
                email: None,
                password_hash: None,
            };
            store.create_account(new).await.unwrap();
            let session = SessionId::generate(NOW, &*chance);
            let device = Device { name: DeviceName::empty(), class: DeviceClass::Other };
            let refresh = TokenHash::new(entropy::bytes(&*chance));
            let new = NewSession { session, user, device, refresh };
            store.open_session(new, SessionPolicy::default(), None).await.unwrap();
            people.push(Actor { user, session, generation: None });
        }
        let (ada, bob) = (people[0], people[1]);
        for (actor, to) in [(ada, bob.user), (bob, ada.user)] {
            let request = RequestId::generate(NOW, &*chance);
            let change = RelationChange::Request { request, to, greeting: Greeting::empty() };
            store.change_relation(&actor, &change, &FriendLimits::default()).await.unwrap().unwrap();
        }
        let conversation = ConversationId::direct(Pair::new(ada.user, bob.user).unwrap());
        store.notice_place(&ChannelName::new("webhook").unwrap()).await.unwrap();
        Self { clock, store, chance, ada, bob, conversation }
    }

    async fn write(&self) {
        let message = MessageId::generate(NOW, &*self.chance);
        let text = MessageText::new("not for others").unwrap();
        let append = Append { actor: self.ada, conversation: self.conversation, message, text };
        self.store.commit(&[Write::Append(append)]).await.unwrap();
    }

    /// A process, until it is aborted.
    fn serve(&self, url: &str) -> tokio::task::JoinHandle<()> {
        let clock = Arc::new(self.clock.clone());
        let ports = NoticePorts {
            logs: self.store.clone(),
            notices: self.store.clone(),
            accounts: self.store.clone(),
            locks: Arc::new(MemoryLocks::new(clock.clone())),
            clock: clock.clone(),
            entropy: self.chance.clone(),
        };
        let webhook = Webhook::new(config(url), clock).unwrap();
        let settings = NoticeSettings { deadline: 3 * HOUR, ..NoticeSettings::default() };
        let runner = NoticeRunner::new(ports, NoticeChannel { notifier: Arc::new(webhook), settings });
        tokio::spawn(async move { runner.run().await })
    }

    /// Lets time pass until the receiver is asked.
    async fn asked(&self, receiver: &Receiver) -> Posted {
        within(async {
            loop {
                if let Some(posted) = receiver.try_next() {
                    return posted;
                }
                self.pass().await;
            }
        })
        .await
    }

    /// A little.
    async fn pass(&self) {
        self.clock.advance(Duration::from_secs(1));
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_notice_survives_a_receiver_that_fails_hangs_hangs_up_and_restarts_and_a_process_that_dies() {
    let world = World::new().await;
    let receiver = Receiver::start().await;
    let url = receiver.url("/");
    let process = world.serve(&url);
    world.write().await;

    let posted = world.asked(&receiver).await;
    let (id, body) = (posted.header("webhook-id").to_owned(), posted.body.clone());
    assert!(!body.contains("not for others"));
    assert!(
        body.contains(&world.bob.user.to_string()) && body.contains(r#""after_seq":0,"to_seq":1"#),
        "{body}"
    );
    posted.answer("500 Internal Server Error");
    let repeated = |posted: &Posted| {
        assert_eq!((posted.header("webhook-id"), &posted.body), (id.as_str(), &body));
    };

    let posted = world.asked(&receiver).await;
    repeated(&posted);
    posted.hang_up();

    let hanging = world.asked(&receiver).await;
    repeated(&hanging);
    world.clock.advance(2 * HOUR);

    let posted = world.asked(&receiver).await;
    repeated(&posted);
    drop(hanging);
    // The receiver dies over it, and is not there for a while.
    let port = receiver.port;
    drop(posted);
    receiver.stop().await;
    for _ in 0..500 {
        world.pass().await;
    }
    let receiver = Receiver::start_on(port).await;

    // It is back, takes the notice, and the process dies before it hears of that.
    let posted = world.asked(&receiver).await;
    repeated(&posted);
    process.abort();
    posted.answer("200 OK");

    let process = world.serve(&url);
    let posted = world.asked(&receiver).await;
    repeated(&posted);
    posted.answer("200 OK");

    // Now it is told, and only what follows is told.
    world.write().await;
    let posted = world.asked(&receiver).await;
    assert_ne!(posted.header("webhook-id"), id);
    assert!(posted.body.contains(r#""after_seq":1,"to_seq":2,"count":1"#), "{}", posted.body);
    posted.answer("204 No Content");
    process.abort();
}

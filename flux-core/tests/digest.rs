//! The digest: a mail after a while, not again for hours, to those who have an address.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::account::{DisplayName, Email, NewUser, Username};
use flux_core::friend::Greeting;
use flux_core::mail::{DigestSender, Mail, MailContent, MailError, Mailer};
use flux_core::message::{Destination, MessageText};
use flux_core::notify::{
    Digest, NoticeChannel, NoticeCounts, NoticePorts, NoticeRunner, NoticeSettings, OfflineNotifier,
};
use flux_core::session::{Actor, Device, DeviceClass, DeviceName};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{Flux, MessageId, Settings, Timestamp, UserId};
use flux_store::memory;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// A mailer that keeps what it delivered, unless it is told to say something else.
#[derive(Default)]
struct Post {
    delivered: Mutex<Vec<Mail>>,
    answer: Mutex<Option<MailError>>,
}

#[async_trait]
impl Mailer for Post {
    async fn send(&self, _: Mail) -> Result<(), MailError> {
        panic!("what is only queued may be lost")
    }

    async fn deliver(&self, mail: Mail) -> Result<(), MailError> {
        if let Some(error) = self.answer.lock().unwrap().clone() {
            return Err(error);
        }
        self.delivered.lock().unwrap().push(mail);
        Ok(())
    }
}

struct World {
    clock: ManualClock,
    flux: Flux,
    post: Arc<Post>,
    runner: Arc<NoticeRunner>,
}

impl World {
    async fn new() -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_700_000_000_000));
        let ports = memory::ports(Arc::new(clock.clone()), Arc::new(SeededEntropy::new(5)));
        let (durable, post) = (ports.durable.clone(), Arc::new(Post::default()));
        let digest = Digest::new(durable.clone(), post.clone());
        durable.notice_place(digest.channel()).await.unwrap();
        let notices = NoticePorts {
            logs: durable.clone(),
            notices: durable.clone(),
            accounts: durable,
            locks: ports.locks.clone(),
            clock: ports.clock.clone(),
            entropy: ports.entropy.clone(),
        };
        let channel = NoticeChannel { notifier: Arc::new(digest), settings: NoticeSettings::digest() };
        let runner = Arc::new(NoticeRunner::new(notices, channel));
        let running = Arc::clone(&runner);
        tokio::spawn(async move { running.run().await });
        Self { clock, flux: Flux::start(ports, Settings::default()), post, runner }
    }

    /// Somebody who is called so, with an address if it is said.
    async fn person(&self, name: &str, address: bool) -> Actor {
        let email = address.then(|| Email::new(&format!("{name}@example.org")).unwrap());
        let display_name = Some(DisplayName::new(&format!("The great {name}")).unwrap());
        let new = NewUser { username: Username::new(name).unwrap(), display_name, email };
        let user = self.flux.accounts.provision(new).await.unwrap().profile.user;
        let device = Device { name: DeviceName::empty(), class: DeviceClass::Other };
        let session = self.flux.sessions.open(user, &device).await.unwrap().session.session;
        Actor { user, session, generation: None }
    }

    async fn befriend(&self, one: Actor, other: Actor) {
        self.flux.friends.request(&one, other.user, Greeting::empty()).await.unwrap();
        self.flux.friends.request(&other, one.user, Greeting::empty()).await.unwrap();
    }

    async fn write(&self, from: Actor, to: UserId) {
        let id = MessageId::generate(self.clock_now(), &*self.flux.ports.entropy);
        let text = MessageText::new("for the reader alone").unwrap();
        self.flux.messages.send(from, Destination::User(to), id, text).await.unwrap();
    }

    fn clock_now(&self) -> Timestamp {
        self.flux.ports.clock.now()
    }

    async fn pass(&self, span: Duration) {
        let step = (span / 400).max(Duration::from_millis(500));
        let mut passed = Duration::ZERO;
        while passed < span {
            for _ in 0..60 {
                tokio::task::yield_now().await;
            }
            self.clock.advance(step);
            passed += step;
        }
    }

    fn mails(&self) -> Vec<Mail> {
        self.post.delivered.lock().unwrap().clone()
    }

    fn counts(&self) -> NoticeCounts {
        self.runner.counts()
    }
}

fn sender(name: &str, messages: u64) -> DigestSender {
    DigestSender { name: Some(DisplayName::new(&format!("The great {name}")).unwrap()), messages }
}

#[tokio::test]
async fn what_waited_for_a_quarter_of_an_hour_is_told_in_one_mail_by_who_wrote() {
    let world = World::new().await;
    let bob = world.person("bob", true).await;
    let (ada, eve) = (world.person("ada", true).await, world.person("eve", true).await);
    world.befriend(ada, bob).await;
    world.befriend(eve, bob).await;
    world.write(ada, bob.user).await;
    world.pass(MINUTE * 14).await;
    for _ in 0..2 {
        world.write(eve, bob.user).await;
    }
    assert_eq!(world.mails(), []);
    world.pass(MINUTE * 2).await;
    let mails = world.mails();
    let content = MailContent::Digest {
        senders: vec![sender("eve", 2), sender("ada", 1)],
        others: 0,
        messages: 3,
        more: false,
    };
    assert_eq!(mails, [Mail { to: Email::new("bob@example.org").unwrap(), content }]);
    assert!(!format!("{mails:?}").contains("for the reader alone"));
}

#[tokio::test]
async fn who_was_mailed_is_not_mailed_again_for_twelve_hours() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada", true).await, world.person("bob", true).await);
    world.befriend(ada, bob).await;
    world.write(ada, bob.user).await;
    world.pass(MINUTE * 16).await;
    assert_eq!(world.mails().len(), 1);
    for _ in 0..4 {
        world.write(ada, bob.user).await;
        world.pass(HOUR * 2).await;
    }
    world.pass(HOUR * 3).await;
    assert_eq!(world.mails().len(), 1);
    world.pass(HOUR * 2).await;
    let mails = world.mails();
    assert_eq!(mails.len(), 2);
    assert!(matches!(&mails[1].content, MailContent::Digest { messages: 4, .. }), "{:?}", mails[1]);
    world.pass(HOUR * 48).await;
    assert_eq!(world.mails().len(), 2, "the same is not mailed again");
}

#[tokio::test]
async fn who_has_no_address_is_not_mailed_and_nothing_is_kept_for_it() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada", true).await, world.person("bob", false).await);
    world.befriend(ada, bob).await;
    world.write(ada, bob.user).await;
    world.pass(HOUR).await;
    assert_eq!(world.mails(), []);
    assert_eq!((world.counts().told, world.counts().failed), (1, 0));
}

#[tokio::test]
async fn who_wrote_and_is_gone_is_counted_without_a_name_and_the_most_are_named_first() {
    let world = World::new().await;
    let bob = world.person("bob", true).await;
    for n in 0..12 {
        let name = format!("writer{}", char::from(b'a' + n));
        let writer = world.person(&name, false).await;
        world.befriend(writer, bob).await;
        for _ in 0..=n {
            world.write(writer, bob.user).await;
        }
        if n == 11 {
            world.flux.ports.durable.delete_account(&writer).await.unwrap();
        }
    }
    world.pass(MINUTE * 16).await;
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    let MailContent::Digest { senders, others, messages, .. } = &mails[0].content else {
        panic!("{mails:?}")
    };
    assert_eq!(senders.len(), 10);
    assert_eq!(senders[0], DigestSender { name: None, messages: 12 });
    assert_eq!(senders[1], sender("writerk", 11));
    assert_eq!((*others, *messages), (2, 78));
}

#[tokio::test]
async fn a_mail_server_that_is_down_is_tried_again_and_one_that_refuses_is_not() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada", true).await, world.person("bob", true).await);
    world.befriend(ada, bob).await;
    *world.post.answer.lock().unwrap() = Some(MailError::Failed("down"));
    world.write(ada, bob.user).await;
    world.pass(MINUTE * 17).await;
    assert!(world.counts().failed > 2, "{:?}", world.counts());
    *world.post.answer.lock().unwrap() = None;
    world.pass(MINUTE * 10).await;
    assert_eq!(world.mails().len(), 1);
    *world.post.answer.lock().unwrap() = Some(MailError::Refused);
    world.write(ada, bob.user).await;
    world.pass(HOUR * 13).await;
    assert_eq!(world.counts().given_up, 1);
    world.pass(SECOND).await;
    assert_eq!(world.mails().len(), 1);
}

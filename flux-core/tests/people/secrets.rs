//! Invariant 14: what is secret is in no log and no debug print.

use std::cell::RefCell;
use std::fmt::{Debug, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use flux_core::account::{Bio, DisplayName, ProfileChange};
use flux_core::friend::Greeting;
use flux_core::guard::ClientAddr;
use flux_core::mail::{Mail, MailContent, MailError, Mailer};
use flux_core::verification::{Purpose, Verifier};
use flux_core::{Secret, account::Email};
use flux_store::memory::MemoryMailer;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::support::{HERE, Setup, World, code_in, login, registration};

const PASSWORD: &str = "canarypassword of mine";
const NEXT: &str = "canarynextpassword of mine";

thread_local! {
    /// What was logged on this thread, which is that of one test.
    static WRITTEN: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Writes down everything that is logged. It serves the whole process: a subscriber for one thread alone may not be
/// asked about what another thread logged first.
struct Log;

struct Line;

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        WRITTEN.with_borrow_mut(|written| write!(written, "{field}={value:?} ").unwrap());
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("flux")
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Line);
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Line);
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut Line);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Notes what `value` prints of itself, as a careless log line would.
fn print(value: impl Debug) {
    WRITTEN.with_borrow_mut(|written| writeln!(written, "{value:?}").unwrap());
}

/// Takes mails until it is told to break down.
struct Post {
    inner: Arc<MemoryMailer>,
    broken: AtomicBool,
}

#[async_trait::async_trait]
impl Mailer for Post {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(MailError::Failed("smtp server unreachable"));
        }
        self.inner.send(mail).await
    }
}

#[tokio::test]
async fn a76_no_secret_shows_in_logs_or_debug_prints() {
    tracing::subscriber::set_global_default(Log).unwrap();
    let post = Arc::new(Post { inner: Arc::new(MemoryMailer::new()), broken: AtomicBool::new(false) });
    let world = World::with(Setup { mailer: Some(post.clone()), ..Setup::default() });
    let client: ClientAddr = HERE.addr();
    let address = Email::new("canarymail@example.com").unwrap();
    let mut secrets: Vec<String> = vec!["canary".to_owned()];
    let mut code = async |purpose| {
        world.clock.advance(Duration::from_mins(15));
        print(world.verification.request(purpose, &address, &client).await);
        let mail = post.inner.take().unwrap();
        print(&mail);
        let code = code_in(&mail, &address);
        secrets.push(code.expose().to_owned());
        code
    };
    let register = code(Purpose::Register).await;
    let form = |password: &str, code: &Secret| flux_core::account::Registration {
        password: Secret::new(password),
        display_name: Some(DisplayName::new("canaryname").unwrap()),
        ..registration("ann", &address, code.clone())
    };
    print(form(PASSWORD, &register));
    print(world.accounts.register(form("canary", &register), &client).await);
    print(world.accounts.register(form(PASSWORD, &Secret::new("000000")), &client).await);
    print(world.accounts.register(form(PASSWORD, &register), &client).await.unwrap());

    let typed = login("canarymail@example.com", PASSWORD);
    print(&typed);
    print(world.sessions.login(login("canarynobody", "canaryguess"), &client).await);
    world.hasher.strength.store(2, Ordering::SeqCst);
    world.hasher.busy.store(true, Ordering::SeqCst);
    let logged_in = world.sessions.login(typed, &client).await.unwrap();
    world.hasher.busy.store(false, Ordering::SeqCst);
    print(&logged_in);
    let actor = flux_core::session::Actor {
        user: logged_in.session.user,
        session: logged_in.session.session,
        generation: None,
    };
    let refreshed = world.sessions.refresh(&logged_in.refresh, &client).await.unwrap();
    print(&refreshed);

    let change = ProfileChange {
        display_name: Some(DisplayName::new("canaryother").unwrap()),
        bio: Some(Bio::new("canarybio").unwrap()),
    };
    print(&change);
    print(world.accounts.change_profile(&actor, &change).await);
    print(world.accounts.search(&actor, "canarymail@example.com", 10, &client).await);
    let other = world.guest("bob").await;
    print(world.friends.request(&actor, other.user, Greeting::new("canarygreeting").unwrap()).await);
    let (old, next) = (Secret::new(PASSWORD), Secret::new(NEXT));
    print(world.accounts.change_password(&actor, &next, &old).await);
    post.broken.store(true, Ordering::SeqCst);
    world.accounts.change_password(&actor, &old, &next).await.unwrap();
    print(world.verification.request(Purpose::ResetPassword, &address, &client).await);
    post.broken.store(false, Ordering::SeqCst);
    let reset = code(Purpose::ResetPassword).await;
    world.accounts.reset_password(&address, &reset, &old, &client).await.unwrap();
    assert!(matches!(post.inner.take().unwrap().content, MailContent::PasswordChanged));
    // Presented again after its grace.
    print(world.sessions.refresh(&logged_in.refresh, &client).await);
    print(world.told.take_entries());

    secrets.push(logged_in.refresh.expose().to_owned());
    secrets.push(refreshed.refresh.expose().to_owned());
    let written = WRITTEN.take();
    for expected in
        ["registered", "password changed", "password reset", "notice not mailed", "hash not upgraded"]
    {
        assert!(written.contains(expected), "{expected} is logged");
    }
    for secret in secrets {
        // A code is six digits, which an id may hold by chance, but not as a word.
        let word = |text: &str| {
            let mut parts = text.split(|c: char| !c.is_ascii_alphanumeric());
            parts.any(|part| part == secret)
        };
        let shown =
            if secret.len() == 6 && secret != "canary" { word(&written) } else { written.contains(&secret) };
        assert!(!shown, "{secret} shows in:\n{written}");
    }
}

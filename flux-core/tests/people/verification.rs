//! Codes: what is mailed, what is taken, and what nobody learns.

use std::sync::Arc;
use std::time::Duration;

use flux_core::ErrorCode;
use flux_core::Secret;
use flux_core::account::{Email, NewUser, Username};
use flux_core::guard::Quota;
use flux_core::mail::{Mail, MailContent, MailError, Mailer};
use flux_core::testing::ManualClock;
use flux_core::verification::{
    CodeLimits, CodePolicy, CodeRequested, CodeRules, Purpose, VerificationError, Verifier,
};
use flux_store::memory::MemoryCodes;

use crate::support::{ClientNumber, HERE, Setup, World, all, another, code_in, email};

const MINUTE: Duration = Duration::from_mins(1);

fn refused<T: std::fmt::Debug>(outcome: Result<T, VerificationError>) {
    let error = outcome.unwrap_err();
    assert!(matches!(error, VerificationError::InvalidCode), "{error:?}");
}

impl World {
    async fn ask(&self, purpose: Purpose, address: &Email) -> CodeRequested {
        self.verification.request(purpose, address, &HERE.addr()).await.unwrap()
    }

    async fn redeem(
        &self,
        purpose: Purpose,
        address: &Email,
        code: &Secret,
    ) -> Result<(), VerificationError> {
        self.verification.redeem(purpose, address, code, &HERE.addr()).await.map(drop)
    }
}

#[tokio::test]
async fn a_code_is_six_digits_by_mail_and_taken_once() {
    let world = World::new();
    let ann = email("ann");
    let code = world.code(Purpose::Register, &ann).await;
    assert!(code.expose().len() == 6 && code.expose().bytes().all(|b| b.is_ascii_digit()));
    let typed = Secret::new(format!(" {} ", code.expose()));
    world.redeem(Purpose::Register, &Email::new("ANN@Example.com").unwrap(), &typed).await.unwrap();
    refused(world.redeem(Purpose::Register, &ann, &code).await);
}

#[tokio::test]
async fn a33_a_code_is_good_for_one_purpose_and_one_address_and_until_the_next() {
    let world = World::new();
    let (ann, bob) = (email("ann"), email("bob"));
    world.register("ann").await;
    let reset = world.code(Purpose::ResetPassword, &ann).await;
    let other = world.code(Purpose::Register, &bob).await;
    refused(world.redeem(Purpose::Register, &ann, &reset).await);
    refused(world.redeem(Purpose::ChangeEmail, &ann, &reset).await);
    refused(world.redeem(Purpose::ResetPassword, &bob, &reset).await);
    refused(world.redeem(Purpose::Register, &email("cleo"), &other).await);
    world.clock.advance(MINUTE);
    let newer = world.code(Purpose::ResetPassword, &ann).await;
    assert_ne!(reset, newer);
    refused(world.redeem(Purpose::ResetPassword, &ann, &reset).await);
    world.redeem(Purpose::ResetPassword, &ann, &newer).await.unwrap();
    world.redeem(Purpose::Register, &bob, &other).await.unwrap();
}

#[tokio::test]
async fn a34_of_many_right_tries_at_once_one_is_taken() {
    let world = World::new();
    let ann = email("ann");
    let code = world.code(Purpose::Register, &ann).await;
    let tries = all((0..50).map(|_| world.redeem(Purpose::Register, &ann, &code))).await;
    assert_eq!(tries.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

#[tokio::test]
async fn a32_five_wrong_tries_void_a_code() {
    let world = World::new();
    let ann = email("ann");
    let code = world.code(Purpose::Register, &ann).await;
    for _ in 0..4 {
        refused(world.redeem(Purpose::Register, &ann, &another(&code)).await);
    }
    let redemption = world.verification.redeem(Purpose::Register, &ann, &code, &HERE.addr()).await.unwrap();
    world.verification.restore(redemption).await;
    refused(world.redeem(Purpose::Register, &ann, &another(&code)).await);
    refused(world.redeem(Purpose::Register, &ann, &code).await);
}

#[tokio::test]
async fn a32_what_cannot_be_a_code_is_refused_and_costs_no_try() {
    let world = World::new();
    let ann = email("ann");
    let code = world.code(Purpose::Register, &ann).await;
    for text in ["", " ", "12345", "1234567", "12345a", "-12345", "１２３４５６", "12 456", "\0\0\0\0\0\0"]
    {
        refused(world.redeem(Purpose::Register, &ann, &Secret::new(text)).await);
    }
    world.redeem(Purpose::Register, &ann, &code).await.unwrap();
}

#[tokio::test]
async fn a32_tries_are_limited_by_address_and_in_all() {
    let limits = CodeLimits {
        tries_per_client: Quota::new(10, MINUTE),
        tries_in_all: Quota::new(25, MINUTE),
        ..CodeLimits::default()
    };
    let codes = CodeRules { limits, ..CodeRules::default() };
    let world = World::with(Setup { codes, ..Setup::default() });
    let guess = Secret::new("000000");
    let mut looked_at = 0;
    for client in 0..10 {
        for n in 0..100 {
            let address = email(&format!("user{n}"));
            let client = ClientNumber(client).addr();
            match world.verification.redeem(Purpose::ResetPassword, &address, &guess, &client).await {
                Err(VerificationError::InvalidCode) => looked_at += 1,
                Err(error) => {
                    assert_eq!(error.code(), ErrorCode::RateLimited);
                    assert!(error.retry_after().unwrap() > Duration::ZERO);
                }
                Ok(_) => panic!("no code was issued"),
            }
        }
        assert!(looked_at <= 10 * (client + 1));
    }
    assert_eq!(looked_at, 25);
}

#[tokio::test]
async fn a36_a_code_is_void_from_its_last_millisecond_on() {
    for (waited, good) in [(-1, true), (0, false), (1, false)] {
        let world = World::new();
        let ann = email("ann");
        let code = world.code(Purpose::Register, &ann).await;
        let millis = i64::try_from(CodePolicy::default().lifetime.as_millis()).unwrap() + waited;
        world.clock.advance(Duration::from_millis(millis.unsigned_abs()));
        assert_eq!(world.redeem(Purpose::Register, &ann, &code).await.is_ok(), good, "{waited} ms");
    }
}

#[tokio::test]
async fn a36_a_code_that_the_store_lost_is_refused() {
    let codes = || Arc::new(MemoryCodes::new(Arc::new(ManualClock::default())));
    let before = World::with(Setup { code_store: Some(codes()), ..Setup::default() });
    let ann = email("ann");
    let code = before.code(Purpose::Register, &ann).await;
    let after = World::with(Setup { code_store: Some(codes()), ..Setup::default() });
    refused(after.redeem(Purpose::Register, &ann, &code).await);
}

#[tokio::test]
async fn a35_one_mail_a_minute_and_the_answer_never_changes() {
    let world = World::new();
    let ann = email("ann");
    let first = world.ask(Purpose::Register, &ann).await;
    assert_eq!(first, CodeRequested { next_in: MINUTE });
    world.clock.advance(Duration::from_secs(20));
    for _ in 0..1_000 {
        let again = world.ask(Purpose::Register, &ann).await;
        assert_eq!(again, CodeRequested { next_in: Duration::from_secs(40) });
    }
    assert_eq!(world.mailer.sent().len(), 1);
    world.clock.advance(Duration::from_secs(40));
    world.ask(Purpose::Register, &ann).await;
    assert_eq!(world.mailer.sent().len(), 2, "asking in the pause used up nothing");
}

#[tokio::test]
async fn a35_five_mails_an_hour_to_one_address_whatever_for() {
    let world = World::new();
    let ann = email("ann");
    world.register("ann").await;
    let mut mails = 1;
    for minute in 1..60 {
        world.clock.advance(MINUTE);
        let purpose = if minute % 2 == 0 { Purpose::ResetPassword } else { Purpose::Register };
        world.ask(purpose, &ann).await;
        mails = mails.max(world.mailer.sent().len());
        assert!(mails <= 5 + minute / 12, "{mails} mails in minute {minute}");
    }
    assert!(mails >= 9, "and one each twelve minutes is");
}

#[tokio::test]
async fn a35_many_addresses_from_one_client_are_limited() {
    let world = World::with(Setup { codes: CodeRules::default(), ..Setup::default() });
    let mut sent = 0;
    for n in 0..100 {
        let asked =
            world.verification.request(Purpose::Register, &email(&format!("u{n}")), &HERE.addr()).await;
        match asked {
            Ok(_) => sent += 1,
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::RateLimited);
                assert!(error.retry_after().is_some());
            }
        }
    }
    assert_eq!(sent, 60);
    let elsewhere = ClientNumber(2).addr();
    world.verification.request(Purpose::Register, &email("other"), &elsewhere).await.unwrap();
}

#[tokio::test]
async fn a40_the_answer_does_not_tell_whether_there_is_an_account() {
    for purpose in [Purpose::Register, Purpose::ResetPassword, Purpose::ChangeEmail] {
        let world = World::new();
        world.register("ann").await;
        // The hour's allowance of the address that registered is full again.
        world.clock.advance(Duration::from_hours(1));
        for _ in 0..10 {
            let known = world.verification.request(purpose, &email("ann"), &ClientNumber(1).addr()).await;
            let unknown =
                world.verification.request(purpose, &email("nobody"), &ClientNumber(2).addr()).await;
            assert_eq!(known.unwrap(), unknown.unwrap(), "{purpose:?}");
            world.clock.advance(Duration::from_secs(25));
        }
    }
}

#[tokio::test]
async fn a40_what_is_mailed_depends_on_the_account() {
    let world = World::new();
    world.register("ann").await;
    let off = world.register("off").await;
    world.accounts.set_disabled(off, true).await.unwrap();
    world.clock.advance(MINUTE);
    for (purpose, name, mailed) in [
        (Purpose::Register, "ann", Some(MailContent::AlreadyRegistered)),
        (Purpose::ChangeEmail, "ann", Some(MailContent::AlreadyRegistered)),
        (Purpose::Register, "off", Some(MailContent::AlreadyRegistered)),
        (Purpose::ResetPassword, "off", None),
        (Purpose::ResetPassword, "nobody", None),
    ] {
        while world.mailer.take().is_some() {}
        world.ask(purpose, &email(name)).await;
        assert_eq!(world.mailer.take().map(|mail| mail.content), mailed, "{purpose:?} {name}");
    }
    for (purpose, name) in
        [(Purpose::ResetPassword, "ann"), (Purpose::Register, "new"), (Purpose::ChangeEmail, "newer")]
    {
        world.ask(purpose, &email(name)).await;
        code_in(&world.mailer.take().unwrap(), &email(name));
    }
}

/// Takes nothing.
struct FullMailer;

#[async_trait::async_trait]
impl Mailer for FullMailer {
    async fn send(&self, _: Mail) -> Result<(), MailError> {
        Err(MailError::Full)
    }
}

#[tokio::test]
async fn a40_mail_that_is_not_taken_does_not_tell_either() {
    let full = World::with(Setup { mailer: Some(Arc::new(FullMailer)), ..Setup::default() });
    let username = Username::new("ann").unwrap();
    let new = NewUser { username, display_name: None, email: Some(email("ann")) };
    full.accounts.provision(new).await.unwrap();
    for name in ["ann", "nobody"] {
        full.ask(Purpose::ResetPassword, &email(name)).await;
        let refused =
            full.verification.request(Purpose::Register, &email(name), &HERE.addr()).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Overloaded);
    }
}

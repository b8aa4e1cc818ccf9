//! Passwords, addresses and leaving: what confirms them, what they end, and who is told.

use std::time::Duration;

use flux_core::account::{AccountStore, CredentialError, NewUser, Profile, ProvisionError, Username};
use flux_core::mail::MailContent;
use flux_core::session::{Actor, DeviceClass, SessionEndReason};
use flux_core::verification::{Purpose, Verifier};
use flux_core::{ErrorCode, Secret};

use crate::support::{HERE, PASSWORD, World, all, another, device, email};

const NEW: &str = "another good passphrase";

impl World {
    async fn change_password(&self, actor: &Actor, old: &str, new: &str) -> Result<(), CredentialError> {
        self.accounts.change_password(actor, &Secret::new(old), &Secret::new(new)).await
    }

    async fn reset(&self, name: &str, code: &Secret, new: &str) -> Result<(), CredentialError> {
        self.accounts.reset_password(&email(name), code, &Secret::new(new), &HERE.addr()).await
    }

    async fn change_email(
        &self,
        actor: &Actor,
        password: &str,
        to: &str,
        code: &Secret,
    ) -> Result<(), CredentialError> {
        let password = Secret::new(password);
        self.accounts.change_email(actor, Some(&password), &email(to), code, &HERE.addr()).await
    }

    /// Takes the one mail that waits.
    fn notice(&self, to: &str) -> MailContent {
        let mail = self.mailer.take().unwrap();
        assert_eq!(mail.to, email(to));
        assert_eq!(self.mailer.take(), None);
        mail.content
    }

    fn no_mail(&self) {
        while self.mailer.take().is_some() {}
    }
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_is_told_by_mail() {
    let world = World::new();
    let ann = world.actor("ann").await;
    let others = [world.login("ann").await.0, world.login("ann").await.0];
    world.no_mail();
    world.told.take_ended();
    world.change_password(&ann, PASSWORD, NEW).await.unwrap();
    let ended = world.told.take_ended();
    assert!(ended.iter().all(|ended| ended.reason == SessionEndReason::PasswordChanged));
    assert_eq!(ended.len(), 2);
    assert!(world.open(&ann).await);
    for other in &others {
        assert!(!world.open(other).await && world.watch.is_ended(other.session));
    }
    assert_eq!(world.notice("ann"), MailContent::PasswordChanged);
    assert!(world.try_login("ann", PASSWORD).await.is_err());
    world.try_login("ann", NEW).await.unwrap();
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it_and_to_a_good_one() {
    let world = World::new();
    let ann = world.actor("ann").await;
    let wrong = world.change_password(&ann, "wrong", NEW).await.unwrap_err();
    assert_eq!(wrong.code(), ErrorCode::InvalidCredentials);
    for weak in ["short", "password1", "ann@example.com"] {
        let error = world.change_password(&ann, PASSWORD, weak).await.unwrap_err();
        assert_eq!((error.code(), error.field()), (ErrorCode::WeakPassword, Some("new_password")), "{weak}");
    }
    let long = world.change_password(&ann, PASSWORD, &"x".repeat(257)).await.unwrap_err();
    assert_eq!(long.code(), ErrorCode::PasswordTooLong);
    world.login("ann").await;
}

#[tokio::test]
async fn a24_a_stolen_session_is_no_way_to_guess_the_password() {
    let world = World::new();
    let ann = world.actor("ann").await;
    let outcomes = all((0..200).map(|_| world.change_password(&ann, "wrong", NEW))).await;
    let looked_at = outcomes.iter().filter(|o| matches!(o, Err(CredentialError::WrongPassword))).count();
    assert!((6..=7).contains(&looked_at), "{looked_at}");
    let limited = world.accounts.delete(&ann, Some(&Secret::new(PASSWORD))).await.unwrap_err();
    assert_eq!(limited.code(), ErrorCode::RateLimited);
    world.clock.advance(limited.retry_after().unwrap());
    world.change_password(&ann, PASSWORD, NEW).await.unwrap();
}

#[tokio::test]
async fn an_ended_session_changes_nothing() {
    let world = World::new();
    let ann = world.actor("ann").await;
    let code = world.code(Purpose::ChangeEmail, &email("new")).await;
    world.sessions.logout(&ann).await.unwrap();
    for outcome in [
        world.change_password(&ann, PASSWORD, NEW).await,
        world.change_email(&ann, PASSWORD, "new", &code).await,
        world.accounts.delete(&ann, Some(&Secret::new(PASSWORD))).await,
    ] {
        assert_eq!(outcome.unwrap_err().code(), ErrorCode::SessionEnded);
    }
    world.try_login("ann@example.com", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a39_a_reset_ends_every_session_and_is_told_by_mail() {
    let world = World::new();
    let ann = world.actor("ann").await;
    let (other, token) = world.login("ann").await;
    let code = world.code(Purpose::ResetPassword, &email("ann")).await;
    world.no_mail();
    world.told.take_ended();
    world.reset("ann", &code, NEW).await.unwrap();
    assert_eq!(world.told.take_ended().len(), 2);
    for actor in [&ann, &other] {
        assert!(!world.open(actor).await && world.watch.is_ended(actor.session));
        assert!(world.sessions.authorize(actor.user, actor.session).await.is_err());
    }
    let refused = world.sessions.refresh(&token, &HERE.addr()).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::InvalidRefreshToken);
    assert_eq!(world.notice("ann"), MailContent::PasswordChanged);
    assert!(world.try_login("ann", PASSWORD).await.is_err());
    world.try_login("ann", NEW).await.unwrap();
    assert_eq!(world.reset("ann", &code, PASSWORD).await.unwrap_err().code(), ErrorCode::InvalidCode);
}

#[tokio::test]
async fn a24_who_proves_the_address_need_not_wait_for_the_failures_of_others() {
    let world = World::new();
    world.register("ann").await;
    for name in ["ann", "ann@example.com"] {
        while world.try_login(name, "wrong").await.unwrap_err().code() != ErrorCode::RateLimited {}
    }
    let code = world.code(Purpose::ResetPassword, &email("ann")).await;
    world.reset("ann", &code, NEW).await.unwrap();
    for name in ["ann", "ann@example.com"] {
        world.try_login(name, NEW).await.unwrap();
    }
}

#[tokio::test]
async fn a_weak_new_password_costs_no_code() {
    let world = World::new();
    world.register("annabelle").await;
    let code = world.code(Purpose::ResetPassword, &email("annabelle")).await;
    for weak in ["short", "password1", "annabelle"] {
        let error = world.reset("annabelle", &code, weak).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::WeakPassword, "{weak}");
    }
    world.reset("annabelle", &code, NEW).await.unwrap();
}

#[tokio::test]
async fn a40_resetting_without_a_code_or_without_an_account_is_answered_alike() {
    let world = World::new();
    world.register("ann").await;
    let code = world.code(Purpose::ResetPassword, &email("ann")).await;
    world.verification.request(Purpose::ResetPassword, &email("nobody"), &HERE.addr()).await.unwrap();
    for (name, code) in [("ann", another(&code)), ("nobody", code.clone()), ("never", code.clone())] {
        let error = world.reset(name, &code, NEW).await.unwrap_err();
        assert_eq!((error.code(), error.field()), (ErrorCode::InvalidCode, Some("code")), "{name}");
    }
}

#[tokio::test]
async fn a_code_for_an_account_that_is_switched_off_resets_nothing() {
    let world = World::new();
    let user = world.register("ann").await;
    let code = world.code(Purpose::ResetPassword, &email("ann")).await;
    world.accounts.set_disabled(user, true).await.unwrap();
    assert_eq!(world.reset("ann", &code, NEW).await.unwrap_err().code(), ErrorCode::InvalidCode);
    world.accounts.set_disabled(user, false).await.unwrap();
    world.login("ann").await;
}

#[tokio::test]
async fn an_address_is_changed_with_password_and_code_and_the_old_one_is_told() {
    let world = World::new();
    let ann = world.actor("ann").await;
    let code = world.code(Purpose::ChangeEmail, &email("new")).await;
    world.no_mail();
    let wrong = world.change_email(&ann, "wrong", "new", &code).await.unwrap_err();
    assert_eq!((wrong.code(), wrong.field()), (ErrorCode::InvalidCredentials, None));
    let missing = world.accounts.change_email(&ann, None, &email("new"), &code, &HERE.addr()).await;
    assert!(matches!(missing, Err(CredentialError::WrongPassword)));
    let wrong = world.change_email(&ann, PASSWORD, "new", &another(&code)).await.unwrap_err();
    assert_eq!(wrong.code(), ErrorCode::InvalidCode);
    let other = world.change_email(&ann, PASSWORD, "other", &code).await.unwrap_err();
    assert_eq!(other.code(), ErrorCode::InvalidCode);

    world.change_email(&ann, PASSWORD, "new", &code).await.unwrap();
    assert_eq!(world.notice("ann"), MailContent::EmailChanged);
    assert!(world.open(&ann).await);
    assert!(world.try_login("ann@example.com", PASSWORD).await.is_err());
    world.try_login("new@example.com", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_address_that_got_an_account_meanwhile_is_answered_like_a_wrong_code() {
    let world = World::new();
    let ann = world.actor("ann").await;
    let code = world.code(Purpose::ChangeEmail, &email("new")).await;
    let username = Username::new("other").unwrap();
    let other = NewUser { username, display_name: None, email: Some(email("new")) };
    world.accounts.provision(other).await.unwrap();
    let error = world.change_email(&ann, PASSWORD, "new", &code).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidCode);
    assert_eq!(world.accounts.me(&ann).await.unwrap().email, Some(email("ann")));
}

#[tokio::test]
async fn who_has_no_password_confirms_by_being_logged_in_and_gets_none() {
    let world = World::new();
    let guest = world.guest("guest").await;
    let refused = world.change_password(&guest, "", NEW).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::InvalidCredentials);
    let code = world.code(Purpose::ChangeEmail, &email("guest")).await;
    world.accounts.change_email(&guest, None, &email("guest"), &code, &HERE.addr()).await.unwrap();
    world.accounts.delete(&guest, None).await.unwrap();
    assert_eq!(world.accounts.profile(guest.user).await.unwrap(), Profile::tombstone(guest.user));
}

#[tokio::test]
async fn leaving_takes_the_password_and_ends_everything() {
    let world = World::new();
    let ann = world.actor("ann").await;
    let (other, _) = world.login("ann").await;
    world.no_mail();
    world.told.take_ended();
    for password in [None, Some(Secret::new("wrong"))] {
        let error = world.accounts.delete(&ann, password.as_ref()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidCredentials);
    }
    world.accounts.delete(&ann, Some(&Secret::new(PASSWORD))).await.unwrap();
    assert_eq!(world.notice("ann"), MailContent::AccountDeleted);
    let ended = world.told.take_ended();
    assert!(ended.iter().all(|ended| ended.reason == SessionEndReason::AccountDeleted));
    assert_eq!(ended.len(), 2);
    assert!(!world.open(&other).await);
    for name in ["ann", "ann@example.com"] {
        let refused = world.try_login(name, PASSWORD).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidCredentials);
    }
    assert!(world.sessions.open(ann.user, &device(DeviceClass::Web)).await.is_err());
    let kept = world.store.account(ann.user).await.unwrap().unwrap();
    assert_eq!((kept.email, kept.password_hash), (None, None));
}

#[tokio::test]
async fn the_address_of_who_left_is_free_at_once_and_the_name_after_ninety_days() {
    let world = World::new();
    let ann = world.actor("ann").await;
    world.accounts.delete(&ann, Some(&Secret::new(PASSWORD))).await.unwrap();
    let provision = |email| {
        let username = Username::new("ann").unwrap();
        world.accounts.provision(NewUser { username, display_name: None, email })
    };
    assert!(matches!(provision(None).await, Err(ProvisionError::UsernameTaken)));
    let username = Username::new("heir").unwrap();
    let heir = NewUser { username, display_name: None, email: Some(email("ann")) };
    world.accounts.provision(heir).await.unwrap();
    world.clock.advance(Duration::from_hours(90 * 24));
    provision(None).await.unwrap();
}

//! Invariant 13: whatever is down or slow, every request ends in time with an error that says what to do.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use flux_core::account::{AccountError, CredentialError, Ended, RegisterError};
use flux_core::friend::{
    Block, Friend, FriendError, FriendLimits, FriendRefusal, FriendRequest, FriendStore, Greeting, PageAfter,
    RelationChange, RelationChanged, RequestDirection,
};
use flux_core::guard::{Backoff, LimitKey, Quota, RateLimiter, Take};
use flux_core::session::{
    Actor, DeviceClass, LoginError, NewSession, OpenSession, RefreshError, Revocations, RotateRefresh,
    Session, SessionEndReason, SessionError, SessionPolicy, SessionRecord, SessionStore,
};
use flux_core::testing::SeededEntropy;
use flux_core::verification::{Purpose, VerificationError, Verifier};
use flux_core::{
    ActError, Clock, ErrorCode, RequestId, Secret, SessionId, StoreError, Timestamp, TokenHash, UserId,
};

use crate::support::{HERE, PASSWORD, Setup, World, device, email};

/// A port that never answers, or that answers that it is down.
#[derive(Clone, Copy)]
enum Broken {
    Hangs,
    Down,
}

impl Broken {
    async fn answer<T>(self) -> Result<T, StoreError> {
        match self {
            Self::Hangs => std::future::pending().await,
            Self::Down => Err(StoreError::unavailable("down")),
        }
    }

    /// What every request is to end in.
    fn code(self) -> ErrorCode {
        match self {
            Self::Hangs => ErrorCode::Timeout,
            Self::Down => ErrorCode::Unavailable,
        }
    }
}

#[async_trait]
impl RateLimiter for Broken {
    async fn take(&self, _: &LimitKey, _: Quota) -> Result<Take, StoreError> {
        self.answer().await
    }
    async fn wait(&self, _: &LimitKey) -> Result<Duration, StoreError> {
        self.answer().await
    }
    async fn fail(&self, _: &LimitKey, _: &Backoff) -> Result<Duration, StoreError> {
        self.answer().await
    }
    async fn forgive(&self, _: &LimitKey) -> Result<(), StoreError> {
        self.answer().await
    }
}

#[async_trait]
impl SessionStore for Broken {
    async fn open_session(
        &self,
        _: NewSession,
        _: SessionPolicy,
        _: Option<&Secret>,
    ) -> Result<OpenSession, StoreError> {
        self.answer().await
    }
    async fn session(&self, _: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        self.answer().await
    }
    async fn sessions(&self, _: UserId) -> Result<Vec<Session>, StoreError> {
        self.answer().await
    }
    async fn rotate_refresh(
        &self,
        _: TokenHash,
        _: TokenHash,
        _: Duration,
    ) -> Result<RotateRefresh, StoreError> {
        self.answer().await
    }
    async fn end_session(&self, _: UserId, _: SessionId, _: SessionEndReason) -> Result<Ended, StoreError> {
        self.answer().await
    }
    async fn end_sessions(
        &self,
        _: UserId,
        _: Option<SessionId>,
        _: SessionEndReason,
    ) -> Result<Ended, StoreError> {
        self.answer().await
    }
    async fn expire_sessions(&self, _: Duration, _: usize) -> Result<Ended, StoreError> {
        self.answer().await
    }
    async fn revocations(&self, _: Option<Timestamp>) -> Result<Revocations, StoreError> {
        self.answer().await
    }
}

#[async_trait]
impl FriendStore for Broken {
    async fn change_relation(
        &self,
        _: &Actor,
        _: &RelationChange,
        _: &FriendLimits,
    ) -> Result<Result<RelationChanged, FriendRefusal>, ActError> {
        Ok(self.answer().await?)
    }
    async fn requests(
        &self,
        _: UserId,
        _: RequestDirection,
        _: PageAfter,
    ) -> Result<Vec<FriendRequest>, StoreError> {
        self.answer().await
    }
    async fn friends(&self, _: UserId, _: PageAfter) -> Result<Vec<Friend>, StoreError> {
        self.answer().await
    }
    async fn mutual_friends(&self, _: UserId, _: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        self.answer().await
    }
    async fn all_mutual_friends(&self, _: UserId, _: usize) -> Result<Vec<UserId>, StoreError> {
        self.answer().await
    }
    async fn blocks(&self, _: UserId, _: PageAfter) -> Result<Vec<Block>, StoreError> {
        self.answer().await
    }
}

/// Every error of the services.
trait Coded {
    fn coded(&self) -> ErrorCode;
}

macro_rules! coded {
    ($($error:ty),* $(,)?) => {
        $(impl Coded for $error {
            fn coded(&self) -> ErrorCode {
                self.code()
            }
        })*
    };
}
coded!(
    AccountError,
    CredentialError,
    FriendError,
    LoginError,
    RefreshError,
    RegisterError,
    SessionError,
    VerificationError,
);

impl World {
    /// What a request ends in; five seconds pass if it waits.
    async fn outcome<T, E: Coded>(&self, request: impl Future<Output = Result<T, E>>) -> ErrorCode {
        let latest = self.clock.monotonic() + Duration::from_secs(5);
        let mut request = Box::pin(request);
        let answer = loop {
            let turn = tokio::select! {
                biased;
                answer = &mut request => Some(answer),
                () = tokio::task::yield_now() => None,
            };
            match turn {
                Some(answer) => break answer,
                None if self.clock.sleepers() > 0 => self.clock.advance(Duration::from_secs(1)),
                None => panic!("it waits without a deadline"),
            }
        };
        assert!(self.clock.monotonic() <= latest);
        match answer {
            Ok(_) => panic!("it cannot have succeeded"),
            Err(error) => error.coded(),
        }
    }

    fn nobody(&self) -> Actor {
        let entropy = SeededEntropy::new(8);
        Actor {
            user: UserId::generate(self.clock.now(), &entropy),
            session: SessionId::generate(self.clock.now(), &entropy),
            generation: None,
        }
    }
}

#[tokio::test]
async fn invariant_13_without_the_limiter_nothing_limited_goes_on() {
    for broken in [Broken::Hangs, Broken::Down] {
        let world = World::with(Setup { limiter: Some(Arc::new(broken)), ..Setup::default() });
        let (client, address, secret) = (HERE.addr(), email("ann"), Secret::new("123456"));
        let actor = world.guest("guest").await;
        let code = broken.code();
        let verification = &world.verification;
        for purpose in [Purpose::Register, Purpose::ResetPassword] {
            let request = verification.request(purpose, &address, &client);
            assert_eq!(world.outcome(request).await, code);
            let redeem = verification.redeem(purpose, &address, &secret, &client);
            assert_eq!(world.outcome(redeem).await, code);
        }
        let register = world.try_register("ann", secret.clone());
        assert_eq!(world.outcome(register).await, code);
        let login = world.try_login("ann", PASSWORD);
        assert_eq!(world.outcome(login).await, code);
        let token = Secret::new("0".repeat(64));
        let refresh = world.sessions.refresh(&token, &client);
        assert_eq!(world.outcome(refresh).await, code);
        let search = world.accounts.search(&actor, "someone", 10, &client);
        assert_eq!(world.outcome(search).await, code);
        let new = Secret::new("another good passphrase");
        let reset = world.accounts.reset_password(&address, &secret, &new, &client);
        assert_eq!(world.outcome(reset).await, code);
        let request = world.friends.request(&actor, world.nobody().user, Greeting::empty());
        assert_eq!(world.outcome(request).await, code);
        assert!(code.retryable());
    }
}

#[tokio::test]
async fn invariant_13_without_the_session_store_every_request_about_sessions_ends() {
    for broken in [Broken::Hangs, Broken::Down] {
        let world = World::with(Setup { session_store: Some(Arc::new(broken)), ..Setup::default() });
        let actor = world.nobody();
        let code = broken.code();
        let (sessions, class) = (&world.sessions, DeviceClass::Web);
        let open = world.outcome(sessions.open(actor.user, &device(class))).await;
        let token = Secret::new("0".repeat(64));
        let refresh = world.outcome(sessions.refresh(&token, &HERE.addr())).await;
        let password = Secret::new(PASSWORD);
        let delete = world.outcome(world.accounts.delete(&actor, Some(&password))).await;
        let change = world.accounts.change_password(&actor, &password, &password);
        let change = world.outcome(change).await;
        let others = [
            world.outcome(sessions.authorize(actor.user, actor.session)).await,
            world.outcome(sessions.list(&actor)).await,
            world.outcome(sessions.logout(&actor)).await,
            world.outcome(sessions.end(&actor, actor.session)).await,
            world.outcome(sessions.end_others(&actor)).await,
            world.outcome(sessions.expire_idle()).await,
        ];
        for outcome in others.into_iter().chain([open, refresh, delete, change]) {
            assert_eq!(outcome, code);
        }
    }
}

#[tokio::test]
async fn invariant_13_without_the_friend_store_every_request_about_friends_ends() {
    for broken in [Broken::Hangs, Broken::Down] {
        let world = World::with(Setup { friend_store: Some(Arc::new(broken)), ..Setup::default() });
        let (actor, friends) = (world.nobody(), &world.friends);
        let id = RequestId::generate(world.clock.now(), &SeededEntropy::new(8));
        let user = actor.user;
        let outcomes = [
            world.outcome(friends.request(&actor, user, Greeting::empty())).await,
            world.outcome(friends.accept(&actor, id)).await,
            world.outcome(friends.cancel(&actor, id)).await,
            world.outcome(friends.block(&actor, user)).await,
            world.outcome(friends.friends(&actor, None, 10)).await,
            world.outcome(friends.requests(&actor, RequestDirection::Sent, None, 10)).await,
            world.outcome(friends.blocks(&actor, None, 10)).await,
        ];
        assert!(outcomes.iter().all(|outcome| *outcome == broken.code()), "{outcomes:?}");
    }
}

#[tokio::test]
async fn invariant_13_a_registration_that_took_too_long_costs_no_code() {
    let world = World::new();
    let code = world.code(Purpose::Register, &email("ann")).await;
    world.hasher.stuck.store(true, Ordering::SeqCst);
    assert_eq!(world.outcome(world.try_register("ann", code.clone())).await, ErrorCode::Timeout);
    world.hasher.stuck.store(false, Ordering::SeqCst);
    world.try_register("ann", code).await.unwrap();
}

#[tokio::test]
async fn invariant_13_a_reset_that_took_too_long_costs_no_code() {
    let world = World::new();
    world.register("ann").await;
    let code = world.code(Purpose::ResetPassword, &email("ann")).await;
    let (new, client, address) = (Secret::new("another good passphrase"), HERE.addr(), email("ann"));
    world.hasher.stuck.store(true, Ordering::SeqCst);
    let reset = world.accounts.reset_password(&address, &code, &new, &client);
    assert_eq!(world.outcome(reset).await, ErrorCode::Timeout);
    world.hasher.stuck.store(false, Ordering::SeqCst);
    world.accounts.reset_password(&address, &code, &new, &client).await.unwrap();
}

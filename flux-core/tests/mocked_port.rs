//! How to test with one port mocked: everything in memory, but for the port that is to fail or to be watched.
//! (The memory stores serve for everything else: they behave, which a mock only pretends.)
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use async_trait::async_trait;
use flux_core::account::Email;
use flux_core::guard::ClientAddr;
use flux_core::mail::{Mail, MailContent, MailError, Mailer};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::verification::{
    CodeKey, CodeMac, CodePolicy, CodeStore, Codes, IssueCode, Purpose, RedeemCode, RedeemedCode,
};
use flux_core::{ErrorCode, Flux, Ports, Settings, StoreError, Timestamp};
use flux_store::memory;

mockall::mock! {
    Codes {}
    #[async_trait]
    impl CodeStore for Codes {
        async fn issue(&self, key: &CodeKey, mac: CodeMac, policy: &CodePolicy) -> Result<IssueCode, StoreError>;
        async fn redeem(&self, key: &CodeKey, mac: CodeMac) -> Result<RedeemCode, StoreError>;
        async fn restore(&self, key: &CodeKey, code: RedeemedCode) -> Result<(), StoreError>;
    }
}

mockall::mock! {
    Post {}
    #[async_trait]
    impl Mailer for Post {
        async fn send(&self, mail: Mail) -> Result<(), MailError>;
    }
}

fn flux(change: impl FnOnce(&mut Ports)) -> Flux {
    let clock = ManualClock::new(Timestamp::from_millis(1_700_000_000_000));
    let mut ports = memory::ports(Arc::new(clock), Arc::new(SeededEntropy::new(11)));
    change(&mut ports);
    Flux::start(ports, Settings::default())
}

fn somebody() -> (Email, ClientAddr) {
    (Email::new("ada@example.org").unwrap(), ClientAddr::new("192.0.2.1".parse().unwrap()))
}

#[tokio::test]
async fn with_the_code_store_down_a_request_is_answered_as_unavailable_and_nothing_is_mailed() {
    let mut codes = MockCodes::new();
    codes.expect_issue().returning(|_, _, _| Err(StoreError::unavailable("down")));
    let mut post = MockPost::new();
    post.expect_send().never();
    let flux = flux(|ports| {
        ports.codes = Codes::Here(Arc::new(codes));
        ports.mailer = Arc::new(post);
    });
    let (email, client) = somebody();
    let refused = flux.verification.request(Purpose::Register, &email, &client).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Unavailable);
    assert!(refused.code().retryable());
}

#[tokio::test]
async fn a_code_is_mailed_once_as_six_digits_to_the_address_that_asked() {
    let mut post = MockPost::new();
    post.expect_send()
        .withf(|mail| {
            let MailContent::Code { code, purpose } = &mail.content else { return false };
            mail.to.as_str() == "ada@example.org"
                && *purpose == Purpose::Register
                && code.expose().len() == 6
                && code.expose().chars().all(|digit| digit.is_ascii_digit())
        })
        .times(1)
        .returning(|_| Ok(()));
    let flux = flux(|ports| ports.mailer = Arc::new(post));
    let (email, client) = somebody();
    flux.verification.request(Purpose::Register, &email, &client).await.unwrap();
}

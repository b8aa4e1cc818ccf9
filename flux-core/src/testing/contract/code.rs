//! Cases of [`CodeStore`](crate::verification::CodeStore).

use std::time::Duration;

use super::CodeHarness;
use super::harness::at_once;
use crate::account::Email;
use crate::verification::{CodeKey, CodeMac, CodePolicy, IssueCode, Purpose, RedeemCode, RedeemedCode};

const MS: Duration = Duration::from_millis(1);
const RIGHT: CodeMac = CodeMac::new([1; 32]);
const WRONG: CodeMac = CodeMac::new([2; 32]);
const NEWER: CodeMac = CodeMac::new([3; 32]);

fn key(address: &str, purpose: Purpose) -> CodeKey {
    CodeKey { email: Email::new(address).unwrap(), purpose }
}

fn ada() -> CodeKey {
    key("ada@example.org", Purpose::Register)
}

fn policy() -> CodePolicy {
    CodePolicy::default()
}

async fn issue(h: &CodeHarness, key: &CodeKey, mac: CodeMac) {
    assert_eq!(h.store.issue(key, mac, &policy()).await.unwrap(), IssueCode::Issued);
}

async fn redeem(h: &CodeHarness, key: &CodeKey, mac: CodeMac) -> Option<RedeemedCode> {
    match h.store.redeem(key, mac).await.unwrap() {
        RedeemCode::Redeemed(code) => Some(code),
        RedeemCode::Refused => None,
    }
}

pub async fn a_right_code_is_taken_once(h: CodeHarness) {
    issue(&h, &ada(), RIGHT).await;
    let code = redeem(&h, &ada(), RIGHT).await.unwrap();
    assert_eq!((code.mac, code.tries_left), (RIGHT, policy().tries));
    assert!(code.remaining <= policy().lifetime);
    assert_eq!(redeem(&h, &ada(), RIGHT).await, None);
}

pub async fn a_code_that_was_never_issued_is_refused(h: CodeHarness) {
    assert_eq!(redeem(&h, &ada(), RIGHT).await, None);
}

pub async fn a_code_is_good_for_its_address_and_purpose_alone(h: CodeHarness) {
    issue(&h, &ada(), RIGHT).await;
    for other in [
        key("ada@example.org", Purpose::ResetPassword),
        key("ada@example.org", Purpose::ChangeEmail),
        key("bob@example.org", Purpose::Register),
    ] {
        assert_eq!(redeem(&h, &other, RIGHT).await, None);
    }
    let other = key("ada@example.org", Purpose::ResetPassword);
    issue(&h, &other, NEWER).await;
    assert!(redeem(&h, &ada(), RIGHT).await.is_some(), "another purpose's code leaves it be");
    assert!(redeem(&h, &other, NEWER).await.is_some());
}

pub async fn wrong_tries_void_a_code_after_as_many_as_the_policy_says(h: CodeHarness) {
    let bob = key("bob@example.org", Purpose::Register);
    for who in [&ada(), &bob] {
        issue(&h, who, RIGHT).await;
        for _ in 1..policy().tries {
            assert_eq!(redeem(&h, who, WRONG).await, None);
        }
    }
    let last_chance = redeem(&h, &bob, RIGHT).await.unwrap();
    assert_eq!(last_chance.tries_left, 1);
    assert_eq!(redeem(&h, &ada(), WRONG).await, None);
    assert_eq!(redeem(&h, &ada(), RIGHT).await, None, "void after the last wrong try");
}

pub async fn wrong_tries_at_once_are_all_counted(h: CodeHarness) {
    issue(&h, &ada(), RIGHT).await;
    let tries = (0..policy().tries).map(|_| {
        let store = h.store.clone();
        async move { store.redeem(&ada(), WRONG).await.unwrap() }
    });
    at_once(tries).await;
    assert_eq!(redeem(&h, &ada(), RIGHT).await, None);
}

pub async fn of_right_tries_at_once_exactly_one_is_taken(h: CodeHarness) {
    issue(&h, &ada(), RIGHT).await;
    let tries = (0..32).map(|_| {
        let store = h.store.clone();
        async move { store.redeem(&ada(), RIGHT).await.unwrap() }
    });
    let taken = at_once(tries).await.into_iter().filter(|it| matches!(it, RedeemCode::Redeemed(_)));
    assert_eq!(taken.count(), 1);
}

pub async fn a_newer_code_voids_the_older(h: CodeHarness) {
    issue(&h, &ada(), RIGHT).await;
    h.pass(policy().pause).await;
    issue(&h, &ada(), NEWER).await;
    assert_eq!(redeem(&h, &ada(), RIGHT).await, None);
    let code = redeem(&h, &ada(), NEWER).await.unwrap();
    assert_eq!(code.tries_left, policy().tries - 1, "the older one was a wrong try");
}

pub async fn no_code_is_issued_before_the_pause_is_over(h: CodeHarness) {
    issue(&h, &ada(), RIGHT).await;
    h.pass(policy().pause.saturating_sub(MS)).await;
    let soon = h.store.issue(&ada(), NEWER, &policy()).await.unwrap();
    assert_eq!(soon, IssueCode::TooSoon { retry_after: MS });
    assert!(redeem(&h, &ada(), RIGHT).await.is_some(), "the last one stays");
    let used = h.store.issue(&ada(), NEWER, &policy()).await.unwrap();
    assert!(matches!(used, IssueCode::TooSoon { .. }), "used up or not");
    h.pass(MS).await;
    issue(&h, &ada(), NEWER).await;
}

pub async fn the_pause_stands_where_the_code_is_void(h: CodeHarness) {
    issue(&h, &ada(), RIGHT).await;
    for _ in 0..policy().tries {
        redeem(&h, &ada(), WRONG).await;
    }
    let soon = h.store.issue(&ada(), NEWER, &policy()).await.unwrap();
    assert!(matches!(soon, IssueCode::TooSoon { .. }));
    let brief = CodePolicy { lifetime: policy().pause / 2, ..policy() };
    let bob = key("bob@example.org", Purpose::Register);
    assert_eq!(h.store.issue(&bob, RIGHT, &brief).await.unwrap(), IssueCode::Issued);
    h.pass(brief.lifetime).await;
    assert_eq!(redeem(&h, &bob, RIGHT).await, None, "the pause does not prolong the lifetime");
    let soon = h.store.issue(&bob, NEWER, &brief).await.unwrap();
    assert!(matches!(soon, IssueCode::TooSoon { .. }));
}

pub async fn of_codes_issued_at_once_one_is_good(h: CodeHarness) {
    let issues = [RIGHT, NEWER].map(|mac| {
        let store = h.store.clone();
        async move { store.issue(&ada(), mac, &policy()).await.unwrap() }
    });
    let outcomes = at_once(issues).await;
    let issued = outcomes.iter().filter(|it| **it == IssueCode::Issued).count();
    assert_eq!(issued, 1);
    let good = if outcomes[0] == IssueCode::Issued { RIGHT } else { NEWER };
    assert!(redeem(&h, &ada(), good).await.is_some());
}

pub async fn a_code_is_void_when_its_lifetime_is_over(h: CodeHarness) {
    let bob = key("bob@example.org", Purpose::Register);
    issue(&h, &ada(), RIGHT).await;
    issue(&h, &bob, RIGHT).await;
    h.pass(policy().lifetime.saturating_sub(MS)).await;
    assert_eq!(redeem(&h, &ada(), RIGHT).await.unwrap().remaining, MS);
    h.pass(MS).await;
    assert_eq!(redeem(&h, &bob, RIGHT).await, None);
}

pub async fn a_code_that_came_to_nothing_is_put_back(h: CodeHarness) {
    issue(&h, &ada(), RIGHT).await;
    redeem(&h, &ada(), WRONG).await;
    let code = redeem(&h, &ada(), RIGHT).await.unwrap();
    assert_eq!(code.tries_left, policy().tries - 1);
    h.store.restore(&ada(), code).await.unwrap();
    let again = redeem(&h, &ada(), RIGHT).await.unwrap();
    assert_eq!(again.tries_left, code.tries_left, "without the tries it had lost");
    assert!(again.remaining <= code.remaining);
    assert_eq!(redeem(&h, &ada(), RIGHT).await, None);
}

pub async fn a_code_put_back_is_good_no_longer_than_it_was(h: CodeHarness) {
    issue(&h, &ada(), RIGHT).await;
    let code = redeem(&h, &ada(), RIGHT).await.unwrap();
    h.store.restore(&ada(), code).await.unwrap();
    h.pass(policy().lifetime).await;
    assert_eq!(redeem(&h, &ada(), RIGHT).await, None);
}

pub async fn no_older_code_is_put_back_over_a_newer_one(h: CodeHarness) {
    issue(&h, &ada(), RIGHT).await;
    let old = redeem(&h, &ada(), RIGHT).await.unwrap();
    h.pass(policy().pause).await;
    issue(&h, &ada(), NEWER).await;
    h.store.restore(&ada(), old).await.unwrap();
    assert_eq!(redeem(&h, &ada(), RIGHT).await, None);
    assert!(redeem(&h, &ada(), NEWER).await.is_some());
    h.store.restore(&ada(), old).await.unwrap();
    for mac in [RIGHT, NEWER] {
        assert_eq!(redeem(&h, &ada(), mac).await, None, "nor over a newer one that is used up");
    }
}

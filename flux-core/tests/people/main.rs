//! Accounts, sessions, verification and friends over memory stores and a clock driven by hand.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accounts;
mod credentials;
mod deadlines;
mod friends;
mod logins;
mod secrets;
mod sessions;
mod support;
mod verification;
mod watch;

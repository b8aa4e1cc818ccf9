//! The adapters between the rules of `flux-core` and the world.
//!
//! Each module is one feature and builds alone:
//! - [`token`]: access tokens, signed with keys that rotate, and the key set that verifies them;
//! - [`password`]: Argon2id on a bounded pool;
//! - [`mail`]: mail through an SMTP server, or into a folder where there is none.
//!
//! Nothing here decides anything about accounts, friends or messages: that is `flux-core`, which these modules are
//! handed as values. Nothing here reads a configuration file or an environment variable either: that is the program.

#[cfg(feature = "mail")]
pub mod mail;
#[cfg(feature = "password")]
pub mod password;
#[cfg(feature = "token")]
pub mod token;

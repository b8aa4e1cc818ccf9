//! The adapters between the rules of `flux-core` and the world.
//!
//! Each module is one feature and builds alone:
//! - [`gate`]: accounts, sessions, friends and history over HTTP and JSON, with its OpenAPI document;
//! - [`chat`]: the WebSocket that clients live on;
//! - [`grpc`]: what services say to each other, both sides of it;
//! - [`serve`]: a strict and bounded HTTP/1.1 server for both, with [`problem`] details and trusted [`proxy`]s;
//! - [`token`]: access tokens, signed with keys that rotate, and the key set that verifies them;
//! - [`password`]: Argon2id on a bounded pool;
//! - [`health`]: whether a process can do its work;
//! - [`mail`]: mail through an SMTP server, or into a folder where there is none;
//! - [`notify`]: a signed webhook for people who are away.
//!
//! Nothing here decides anything about accounts, friends or messages: that is `flux-core`, which these modules are
//! handed as values. Nothing here reads a configuration file or an environment variable either: that is the program.

#[cfg(feature = "chat")]
pub mod chat;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "gate")]
pub mod gate;
#[cfg(feature = "grpc")]
pub mod grpc;
#[cfg(feature = "serve")]
pub mod health;
#[cfg(feature = "mail")]
pub mod mail;
#[cfg(feature = "notify")]
pub mod notify;
pub mod observe;
#[cfg(feature = "password")]
pub mod password;
#[cfg(feature = "serve")]
pub mod problem;
#[cfg(feature = "serve")]
pub mod proxy;
#[cfg(feature = "serve")]
pub mod serve;
#[cfg(feature = "token")]
pub mod token;
#[cfg(any(feature = "chat", feature = "grpc"))]
mod wire;

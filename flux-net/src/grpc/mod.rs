//! What services say to each other, by gRPC: both sides of it.
//!
//! - [`serve`] carries services: [`chat_peer_service`] of a chat node, [`status_service`], [`verify_service`]. Health is
//!   there for everybody, reflection for who has credentials.
//! - [`GrpcPeers`] is the way from node to node, a port of the core; [`SubmitClient`] appends messages through any node.
//! - [`VerifyClient`] and [`StatusClient`] stand for the ports of the core that another process serves, over a
//!   [`ServiceChannel`] to one or several instances of it.
//! - [`ServiceAuth`] proves who calls, in both directions: by a [`SharedSecret`], by mutual TLS, or both.
//!
//! Every call has a deadline, every queue a bound, and what goes wrong is told in the words of the core: a [`Failure`]
//! where no port has an error of its own.

mod auth;
mod calls;
mod channel;
mod failure;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod peer;
mod server;
mod status;
mod verify;
mod wire;

pub use auth::{
    InvalidIdentity, InvalidTls, NoProof, Role, ServiceAuth, ServiceAuthBuilder, ServiceIdentity, ServiceTls,
    SharedSecret, WeakSecret,
};
pub use channel::{BreakerSettings, ChannelSettings, InvalidEndpoint, ServiceChannel};
pub use failure::Failure;
pub use peer::{
    GrpcPeers, LinkAnswers, LinkBroken, LinkRequests, PeerDial, PeerLinks, PeerSettings, PeerStatus,
    SubmitClient, chat_peer_service,
};
pub use server::{GrpcLimits, Reflection, ServeError, Service, serve};
pub use status::{PresenceWatch, StatusClient, StatusParts, status_service};
pub use verify::{VerifyClient, verify_service};

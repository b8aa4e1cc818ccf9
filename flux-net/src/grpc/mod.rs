//! What services say to each other, by gRPC: both sides of it.
mod auth;
mod channel;
mod failure;
mod server;

pub use auth::{
    InvalidIdentity, InvalidTls, NoProof, Role, ServiceAuth, ServiceAuthBuilder, ServiceIdentity, ServiceTls,
    SharedSecret, WeakSecret,
};
pub use channel::{BreakerSettings, ChannelSettings, InvalidEndpoint, ServiceChannel};
pub use failure::Failure;
pub use server::{GrpcLimits, Reflection, ServeError, Service, serve};
mod peer;
mod wire;
pub use peer::{GrpcPeers, PeerSettings, PeerStatus, SubmitClient, chat_peer_service};

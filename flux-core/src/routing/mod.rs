//! Routing: from a commit to the connections that are to know of it.

mod event;
mod ports;

pub use event::{Delivery, Envelope, Event, Notice};
pub use ports::{Located, NoPeers, NodeInfo, NodeRegistry, PeerError, PeerTransport, SessionDirectory};

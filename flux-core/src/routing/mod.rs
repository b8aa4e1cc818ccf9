//! Routing: from a commit to the connections that are to know of it.

mod balance;
mod connections;
mod event;
mod hub;
mod lease;
mod meters;
mod neighbours;
mod outbox;
mod places;
mod ports;
mod remote;
mod repair;
mod router;

pub use balance::{Balancer, BalancerSettings, FallbackChooser, LoadReports, NodeChooser};
pub use connections::{Connected, Connections};
pub use event::{Delivery, Envelope, Event, EventSink, Notice};
pub use hub::{Hub, LocalConnection};
pub use lease::{LeaseParts, LeaseSettings, NodeLease};
pub use neighbours::{NeighbourParts, Neighbours};
pub use outbox::{CloseReason, Outbox, OutboxLimits, Push, Pushed, WIRE_FORMATS, Work};
pub use ports::{
    Located, LostNodes, NoPeers, NodeInfo, NodeRegistry, PeerError, PeerTransport, SessionDirectory,
};
pub use repair::{Repair, RepairSettings};
pub use router::{RelationObserver, Router, RouterParts};

//! The typed client of Flux.
//!
//! It hides the network, not the truth. A [`Client`] knows a server; logging in gives a [`Session`], which outlives
//! every connection, comes back by itself, and never gives up a message that it has taken:
//!
//! - [`Session::send`] returns when the message is in the outbox; its [`Ticket`] tells what becomes of it.
//! - [`Session::events`] is one stream of everything that happens: each message once, in order, without holes.
//! - What fails says by [`ClientError::retryable`] whether the same may succeed later.
//!
//! ```no_run
//! use flux_client::{Client, Device, DeviceClass, Event};
//!
//! # async fn example() -> Result<(), flux_client::ClientError> {
//! let client = Client::builder("http://127.0.0.1:8080").build()?;
//! let device = Device::new("laptop", DeviceClass::Desktop);
//! let session = client.login("alice", &"correct horse battery staple".into(), device).await?;
//!
//! for friend in session.friends().all().await? {
//!     let ticket = session.send(friend.profile.user, "Good morning").await?;
//!     println!("stored as number {}", ticket.sent().await?.seq);
//! }
//!
//! let mut events = session.events();
//! while let Some(event) = events.next().await {
//!     if let Event::Message(message) = event {
//!         println!("{}: {}", message.sender, message.text);
//!         session.mark_read(message.conversation, message.seq).await?;
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Sockets, HTTP, clock, chance and storage are parts behind small traits ([`net`], [`Runtime`], [`Entropy`],
//! [`OutboxStore`], [`StateStore`], [`TokenStore`], [`TokenSource`]), so that a browser or a phone needs other parts,
//! not another client. Feature `native`, on by default, brings them for programs over tokio; feature `json` adds the
//! readable subprotocol.

mod actor;
mod api;
mod backoff;
mod client;
mod codec;
mod config;
mod endpoint;
mod error;
mod event;
#[cfg(feature = "native")]
mod files;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod id;
mod model;
pub mod net;
mod outbox;
mod runtime;
mod secret;
mod sequence;
mod session;
mod state;
mod ticket;
mod token;

pub use client::{Client, ClientBuilder, CodePurpose, Registration};
pub use config::{Config, Start};
pub use error::{ClientError, Refusal, StoreError, TransportError};
pub use event::{Alarm, ConnectionState, DisconnectReason, Event, EventStream};
pub use flux_proto::{CloseCode, ErrorCode, Language, Retry};
pub use id::{ConversationId, Epoch, FriendRequestId, InvalidId, MessageId, SessionId, UserId};
pub use model::{
    Block, Conversation, Cursor, Destination, Device, DeviceClass, FeedChange, FeedEntry, Friend,
    FriendRequest, FriendRequestState, FriendRequested, History, Message, OwnPresence, Presence,
    PresenceState, Profile, Receipt, SessionEndReason, SessionInfo,
};
#[cfg(feature = "native")]
pub use outbox::FileOutbox;
pub use outbox::{MemoryOutbox, OutboxChange, OutboxStore, QueuedSend};
#[cfg(feature = "native")]
pub use runtime::TokioRuntime;
pub use runtime::{BoxFuture, Entropy, Runtime, SystemEntropy};
pub use secret::Secret;
pub use session::{Account, Pages, ProfileChange, Session};
#[cfg(feature = "native")]
pub use state::FileState;
pub use state::{Position, SavedState, StateStore};
pub use ticket::{Cancelled, Sent, Ticket, TicketStatus, TicketStatuses};
#[cfg(feature = "native")]
pub use token::FileTokens;
pub use token::{AccessToken, SavedSession, TokenSource, TokenStore};

/// What this client calls itself.
const CLIENT_NAME: &str = concat!("flux-client/", env!("CARGO_PKG_VERSION"));

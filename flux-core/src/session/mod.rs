//! Sessions: logging in, refreshing, ending; who may act.

mod announcer;
mod device_name;
mod error;
mod model;
mod service;
mod standing;
mod store;
mod token;
mod turns;
mod watch;

pub use announcer::{Announcer, Silent};
pub use error::{LoginError, RefreshError, SessionError};
pub use model::{
    Actor, Device, DeviceClass, DeviceName, EndedSession, Session, SessionEndReason, SessionLifetimes,
    SessionPolicy, SessionRecord,
};
pub(crate) use service::login_key;
pub use service::{LoggedIn, Login, LoginLimits, Refreshed, SessionPorts, SessionRules, Sessions};
pub(crate) use standing::standing;
pub use store::{NewSession, OpenSession, Revocations, RotateRefresh, SessionStore};
pub(crate) use turns::Turns;
pub use watch::{RevocationWatch, WatchSettings};

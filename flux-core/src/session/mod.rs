//! Sessions: logging in, refreshing, ending; who may act.

mod announce;
mod device_name;
mod model;
mod store;

pub use announce::{Announcer, Silent};
pub use model::{
    Actor, Device, DeviceClass, DeviceName, EndedSession, Session, SessionEndReason, SessionLifetimes,
    SessionPolicy, SessionRecord,
};
pub use store::{NewSession, OpenSession, Revocations, RotateRefresh, SessionStore};

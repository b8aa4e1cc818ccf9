//! Sessions: logging in, refreshing, ending; who may act.

mod device_name;
mod model;
mod store;

pub use model::{
    Actor, Device, DeviceClass, DeviceName, EndedSession, Session, SessionEndReason, SessionLifetimes,
    SessionPolicy, SessionRecord,
};
pub use store::{NewSession, OpenSession, Revocations, RotateRefresh, SessionStore};

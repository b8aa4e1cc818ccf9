//! Cases of [`SessionStore`](crate::session::SessionStore).

mod end;
mod open;
mod refresh;

pub use end::*;
pub use open::*;
pub use refresh::*;

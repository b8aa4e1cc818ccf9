//! Cases of [`FriendStore`](crate::friend::FriendStore).

mod block;
mod limit;
mod list;
mod race;
mod request;
mod tie;

pub use block::*;
pub use limit::*;
pub use list::*;
pub use race::*;
pub use request::*;
pub use tie::*;

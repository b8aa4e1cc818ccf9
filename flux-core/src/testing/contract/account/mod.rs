//! Cases of [`AccountStore`](crate::account::AccountStore).

mod create;
mod find;
mod leave;
mod owner;

pub use create::*;
pub use find::*;
pub use leave::*;
pub use owner::*;

//! Cases of [`MessageStore`](crate::message::MessageStore).

mod append;
mod cursor;
mod fence;
mod history;
mod race;
mod sync;

pub use append::*;
pub use cursor::*;
pub use fence::*;
pub use history::*;
pub use race::*;
pub use sync::*;

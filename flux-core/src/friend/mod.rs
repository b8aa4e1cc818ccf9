//! Friends: asking, answering, remarks and blocks.

mod decide;
mod error;
mod model;
mod store;
mod text;

pub use decide::{
    KeptRequest, RelationAnswer, RelationDecision, RelationFacts, RelationWrite, SideFacts, decide,
};
pub use error::{FriendError, FriendRefusal};
pub use model::{
    Block, Friend, FriendLimits, FriendRequest, Greeting, PageAfter, RelationChange, Remark, RequestState,
};
pub use store::{FriendStore, RelationChanged, RequestDirection};

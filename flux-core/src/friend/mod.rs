//! Friends: asking, answering, remarks and blocks.

mod decide;
mod error;
mod model;
mod page;
mod service;
mod store;
mod text;

pub use decide::{
    KeptRequest, RelationAnswer, RelationDecision, RelationFacts, RelationWrite, SideFacts, decide,
};
pub use error::{FriendError, FriendRefusal};
pub use model::{
    Block, Friend, FriendLimits, FriendRequest, Greeting, PageAfter, RelationChange, Remark, RequestState,
};
pub use page::{InvalidPage, MAX_PAGE, Page, PageToken};
pub use service::{Asked, FriendPorts, FriendRules, Friends};
pub use store::{FriendStore, RelationChanged, RequestDirection};

//! Who is there.

use flux_proto::v1::{self, client_frame};

use super::Session;
use super::handle::expect_reply;
use crate::actor::Effect;
use crate::error::ClientError;
use crate::id::UserId;
use crate::model::{OwnPresence, Presence, all};

impl Session {
    /// Watches friends from now on, across reconnects, and says how they are now. Changes come as
    /// [`Event::Presence`](crate::Event::Presence).
    pub async fn watch(&self, users: &[UserId]) -> Result<Vec<Presence>, ClientError> {
        let user_ids = users.iter().map(UserId::to_string).collect();
        let request = client_frame::Request::WatchPresence(v1::WatchPresence { user_ids });
        let effect = Effect::Watch(users.to_vec());
        all(expect_reply!(self.handle.call(request, effect).await, PresenceList)?.presences)
    }

    /// Watches them no longer.
    pub async fn unwatch(&self, users: &[UserId]) -> Result<(), ClientError> {
        let user_ids = users.iter().map(UserId::to_string).collect();
        let request = client_frame::Request::UnwatchPresence(v1::UnwatchPresence { user_ids });
        self.handle.call(request, Effect::Unwatch(users.to_vec())).await.map(drop)
    }

    /// Says how one wants to be seen. The session says it again on every new connection.
    pub async fn set_presence(&self, presence: OwnPresence) -> Result<(), ClientError> {
        let wire = v1::SetPresence { presence: v1::OwnPresence::from(presence).into() };
        let request = client_frame::Request::SetPresence(wire);
        self.handle.call(request, Effect::Present(presence)).await.map(drop)
    }
}

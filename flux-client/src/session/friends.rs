//! Friends, requests, blocks, and finding people.

use flux_proto::v1::{self, client_frame, reply};

use super::handle::expect_reply;
use super::{Pages, Session};
use crate::actor::Effect;
use crate::error::ClientError;
use crate::id::{FriendRequestId, UserId};
use crate::model::{Block, Friend, FriendRequest, FriendRequested, Profile, all};

impl Session {
    /// Finds users by the start of their username, by a whole e-mail address, or by an id. At most `limit`; 0 for as
    /// many as the server gives.
    pub async fn search(&self, query: impl Into<String>, limit: u32) -> Result<Vec<Profile>, ClientError> {
        let request = client_frame::Request::SearchUsers(v1::SearchUsers { query: query.into(), limit });
        all(expect_reply!(self.handle.call(request, Effect::Read).await, ProfileList)?.profiles)
    }

    /// The profiles of these users. Whoever there is not is left out.
    pub async fn profiles(&self, users: &[UserId]) -> Result<Vec<Profile>, ClientError> {
        let user_ids = users.iter().map(UserId::to_string).collect();
        let request = client_frame::Request::GetProfiles(v1::GetProfiles { user_ids });
        all(expect_reply!(self.handle.call(request, Effect::Read).await, ProfileList)?.profiles)
    }

    /// Asks somebody for friendship. If they have asked already, the two are friends.
    pub async fn request_friend(
        &self,
        user: UserId,
        greeting: impl Into<String>,
    ) -> Result<FriendRequested, ClientError> {
        let greeting = greeting.into();
        let request = v1::RequestFriend { user_id: user.to_string(), greeting };
        let request = client_frame::Request::RequestFriend(request);
        expect_reply!(self.handle.call(request, Effect::Change).await, FriendRequested)?.try_into()
    }

    /// Becomes friends with who asked.
    pub async fn accept_friend(&self, request: FriendRequestId) -> Result<(), ClientError> {
        self.answer(request, v1::FriendAnswer::Accept).await
    }

    /// Turns down who asked.
    pub async fn reject_friend(&self, request: FriendRequestId) -> Result<(), ClientError> {
        self.answer(request, v1::FriendAnswer::Reject).await
    }

    /// Takes back one's own request.
    pub async fn cancel_friend(&self, request: FriendRequestId) -> Result<(), ClientError> {
        self.answer(request, v1::FriendAnswer::Cancel).await
    }

    async fn answer(&self, request: FriendRequestId, answer: v1::FriendAnswer) -> Result<(), ClientError> {
        let answer = v1::AnswerFriend { request_id: request.to_string(), answer: answer.into() };
        self.change(client_frame::Request::AnswerFriend(answer)).await
    }

    /// All friends.
    pub fn friends(&self) -> Pages<Friend> {
        let request = |page| client_frame::Request::ListFriends(v1::ListFriends { page });
        Pages::new(self.handle.clone(), request, |result| {
            let list = expect_reply!(Ok::<reply::Result, ClientError>(result), FriendList)?;
            Ok((all(list.friends)?, list.next_page))
        })
    }

    /// Pending requests of others.
    pub fn received_requests(&self) -> Pages<FriendRequest> {
        self.requests(false)
    }

    /// One's own pending requests.
    pub fn sent_requests(&self) -> Pages<FriendRequest> {
        self.requests(true)
    }

    fn requests(&self, sent: bool) -> Pages<FriendRequest> {
        let request =
            move |page| client_frame::Request::ListFriendRequests(v1::ListFriendRequests { sent, page });
        Pages::new(self.handle.clone(), request, |result| {
            let list = expect_reply!(Ok::<reply::Result, ClientError>(result), FriendRequestList)?;
            Ok((all(list.requests)?, list.next_page))
        })
    }

    /// Ends a friendship.
    pub async fn remove_friend(&self, user: UserId) -> Result<(), ClientError> {
        let user_id = user.to_string();
        self.change(client_frame::Request::RemoveFriend(v1::RemoveFriend { user_id })).await
    }

    /// Gives a friend a private name; an empty one takes it away.
    pub async fn set_remark(&self, user: UserId, remark: impl Into<String>) -> Result<(), ClientError> {
        let (user_id, remark) = (user.to_string(), remark.into());
        self.change(client_frame::Request::SetRemark(v1::SetRemark { user_id, remark })).await
    }

    /// Blocks a user: neither writes to the other any more.
    pub async fn block(&self, user: UserId) -> Result<(), ClientError> {
        let user_id = user.to_string();
        self.change(client_frame::Request::BlockUser(v1::BlockUser { user_id })).await
    }

    /// Takes a block away.
    pub async fn unblock(&self, user: UserId) -> Result<(), ClientError> {
        let user_id = user.to_string();
        self.change(client_frame::Request::UnblockUser(v1::UnblockUser { user_id })).await
    }

    /// All blocked users.
    pub fn blocks(&self) -> Pages<Block> {
        let request = |page| client_frame::Request::ListBlocks(v1::ListBlocks { page });
        Pages::new(self.handle.clone(), request, |result| {
            let list = expect_reply!(Ok::<reply::Result, ClientError>(result), BlockList)?;
            Ok((all(list.blocks)?, list.next_page))
        })
    }

    pub(super) async fn change(&self, request: client_frame::Request) -> Result<(), ClientError> {
        self.handle.call(request, Effect::Change).await.map(drop)
    }
}

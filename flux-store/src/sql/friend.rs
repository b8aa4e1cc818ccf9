//! Requests, friendships and blocks.

use flux_core::friend::{
    Block, Friend, FriendRequest, Greeting, KeptRequest, Remark, RequestState, SideFacts,
};
use flux_core::{ConversationId, Pair, RequestId, StoreError, Timestamp, UserId};

use super::{Columns, SqlRow, corrupt};

/// A request without the profiles of the two.
pub(crate) struct RequestRow {
    pub(crate) request: RequestId,
    pub(crate) from: UserId,
    pub(crate) to: UserId,
    pub(crate) greeting: Greeting,
    pub(crate) created: Timestamp,
    pub(crate) state: RequestState,
    pub(crate) hidden: bool,
}

impl RequestRow {
    /// Reads id, the two, greeting, time, state and whether it is hidden.
    pub(crate) fn read<R: SqlRow>(row: &R) -> Result<Self, StoreError> {
        let mut columns = Columns::of(row);
        Ok(Self {
            request: columns.id("friend_requests.request_id")?,
            from: columns.id("friend_requests.from_id")?,
            to: columns.id("friend_requests.to_id")?,
            greeting: Greeting::from_store(columns.text("friend_requests.greeting")?),
            created: columns.time("friend_requests.created_ms")?,
            state: RequestState::parse(&columns.text("friend_requests.state")?)
                .ok_or(corrupt("friend_requests.state"))?,
            hidden: columns.flag("friend_requests.hidden")?,
        })
    }

    /// The other one of its two, if `user` is one of them.
    pub(crate) fn other(&self, user: UserId) -> Option<UserId> {
        Pair::new(self.from, self.to)?.other(user)
    }

    /// With the profiles of its two, who are these.
    pub(crate) fn between(self, one: &SideFacts, other: &SideFacts) -> KeptRequest {
        let (from, to) = if self.from == one.profile.user { (one, other) } else { (other, one) };
        let request = FriendRequest {
            request: self.request,
            from: from.profile.clone(),
            to: to.profile.clone(),
            greeting: self.greeting,
            created: self.created,
            state: self.state,
        };
        KeptRequest { request, hidden: self.hidden }
    }
}

/// Reads `profile_columns!`, the state, how many friends, requests sent and received and blocks there are, and since
/// when the other is blocked.
pub(crate) fn side<R: SqlRow>(row: &R) -> Result<SideFacts, StoreError> {
    let mut columns = Columns::of(row);
    Ok(SideFacts {
        profile: columns.profile()?,
        state: columns.account_state()?,
        friends: columns.count("friends")?,
        pending_sent: columns.count("pending requests")?,
        pending_received: columns.count("pending requests")?,
        blocks: columns.count("blocks")?,
        blocking: columns.time_or_null("blocks.since_ms")?,
        remark: Remark::empty(),
    })
}

/// The friends of `user`, from rows of since when, remark and `profile_columns!`.
pub(crate) fn friends<R: SqlRow>(rows: &[R], user: UserId) -> Result<Vec<Friend>, StoreError> {
    let friend = |row| {
        let mut columns = Columns::of(row);
        let since = columns.time("friendships.since_ms")?;
        let remark = Remark::from_store(columns.text("friendships.remark")?);
        let profile = columns.profile()?;
        let pair = Pair::new(user, profile.user).ok_or(corrupt("friendships"))?;
        Ok(Friend { conversation: ConversationId::direct(pair), profile, remark, since })
    };
    rows.iter().map(friend).collect()
}

/// Pending requests, from rows of id, greeting, time and the `profile_columns!` of both.
pub(crate) fn requests<R: SqlRow>(rows: &[R]) -> Result<Vec<FriendRequest>, StoreError> {
    let request = |row| {
        let mut columns = Columns::of(row);
        Ok(FriendRequest {
            request: columns.id("friend_requests.request_id")?,
            greeting: Greeting::from_store(columns.text("friend_requests.greeting")?),
            created: columns.time("friend_requests.created_ms")?,
            from: columns.profile()?,
            to: columns.profile()?,
            state: RequestState::Pending,
        })
    };
    rows.iter().map(request).collect()
}

/// Blocks, from rows of since when and `profile_columns!`.
pub(crate) fn blocks<R: SqlRow>(rows: &[R]) -> Result<Vec<Block>, StoreError> {
    let block = |row| {
        let mut columns = Columns::of(row);
        let since = columns.time("blocks.since_ms")?;
        Ok(Block { profile: columns.profile()?, since })
    };
    rows.iter().map(block).collect()
}

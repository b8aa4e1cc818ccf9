// Generated from proto/flux/v1/*.proto: FLUX_REGENERATE=1 cargo test -p flux-proto --test generated
use std::fmt;

use super::messages::{
    Friend,
    FriendRequest,
    Hello,
    Message,
    Profile,
    RemarkChanged,
    RequestFriend,
    SearchUsers,
    Send,
    SetRemark,
};
use super::redacted::Redacted;

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("user_id", &self.user_id)
            .field("username", &self.username)
            .field("display_name", &Redacted::new(&self.display_name))
            .field("bio", &Redacted::new(&self.bio))
            .field("deleted", &self.deleted)
            .finish()
    }
}

impl fmt::Debug for FriendRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FriendRequest")
            .field("request_id", &self.request_id)
            .field("from", &self.from)
            .field("to", &self.to)
            .field("greeting", &Redacted::new(&self.greeting))
            .field("created_ms", &self.created_ms)
            .field("state", &self.state())
            .finish()
    }
}

impl fmt::Debug for Friend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Friend")
            .field("profile", &self.profile)
            .field("remark", &Redacted::new(&self.remark))
            .field("since_ms", &self.since_ms)
            .field("conversation_id", &self.conversation_id)
            .finish()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("conversation_id", &self.conversation_id)
            .field("seq", &self.seq)
            .field("sender_id", &self.sender_id)
            .field("message_id", &self.message_id)
            .field("text", &Redacted::new(&self.text))
            .field("stored_ms", &self.stored_ms)
            .finish()
    }
}

impl fmt::Debug for RemarkChanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemarkChanged")
            .field("user_id", &self.user_id)
            .field("remark", &Redacted::new(&self.remark))
            .finish()
    }
}

impl fmt::Debug for Hello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hello")
            .field("access_token", &Redacted::new(&self.access_token))
            .field("client", &self.client)
            .field("sync_cursor", &self.sync_cursor)
            .field("known_heads", &self.known_heads)
            .field("epoch", &self.epoch)
            .finish()
    }
}

impl fmt::Debug for Send {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Send")
            .field("to", &self.to)
            .field("message_id", &self.message_id)
            .field("text", &Redacted::new(&self.text))
            .finish()
    }
}

impl fmt::Debug for SearchUsers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchUsers")
            .field("query", &Redacted::new(&self.query))
            .field("limit", &self.limit)
            .finish()
    }
}

impl fmt::Debug for RequestFriend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestFriend")
            .field("user_id", &self.user_id)
            .field("greeting", &Redacted::new(&self.greeting))
            .finish()
    }
}

impl fmt::Debug for SetRemark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetRemark")
            .field("user_id", &self.user_id)
            .field("remark", &Redacted::new(&self.remark))
            .finish()
    }
}

// Generated from proto/flux/v1/*.proto: FLUX_REGENERATE=1 cargo test -p flux-proto --test generated
use super::messages::{
    AnswerFriend,
    Block,
    BlockList,
    BlockUser,
    ClientFrame,
    Conversation,
    Cursor,
    CursorMoved,
    DeviceClass,
    Done,
    Draining,
    Error,
    Event,
    Feed,
    FeedEntry,
    Friend,
    FriendAnswer,
    FriendList,
    FriendRequest,
    FriendRequestList,
    FriendRequestState,
    FriendRequested,
    GetProfiles,
    GiveUp,
    Heartbeat,
    Hello,
    History,
    KnownHead,
    Limits,
    ListBlocks,
    ListFriendRequests,
    ListFriends,
    ListSessions,
    LogChanged,
    LogRef,
    Logout,
    MarkDelivered,
    MarkRead,
    Message,
    OwnFeed,
    OwnPresence,
    Ping,
    Pong,
    Presence,
    PresenceList,
    PresenceState,
    Profile,
    ProfileList,
    ReadFeed,
    ReadHistory,
    Receipt,
    RemarkChanged,
    RemoveFriend,
    Reply,
    RequestFriend,
    Retry,
    SearchUsers,
    Send,
    Sent,
    ServerFrame,
    Session,
    SessionEndReason,
    SessionEnded,
    SessionList,
    SessionRef,
    SetPresence,
    SetRemark,
    SetTyping,
    Sync,
    SyncPage,
    Typing,
    UnblockUser,
    UnwatchPresence,
    UserRef,
    WatchPresence,
    Welcome,
    client_frame,
    event,
    feed_entry,
    friend_requested,
    log_ref,
    read_history,
    reply,
    send,
    server_frame,
};

impl serde::Serialize for AnswerFriend {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.request_id.is_empty() {
            len += 1;
        }
        if self.answer != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.AnswerFriend", len)?;
        if !self.request_id.is_empty() {
            struct_ser.serialize_field("requestId", &self.request_id)?;
        }
        if self.answer != 0 {
            let v = FriendAnswer::try_from(self.answer)
                .map_err(|_| serde::ser::Error::custom(format!("Invalid variant {}", self.answer)))?;
            struct_ser.serialize_field("answer", &v)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for AnswerFriend {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "request_id",
            "requestId",
            "answer",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            RequestId,
            Answer,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "requestId" | "request_id" => Ok(GeneratedField::RequestId),
                            "answer" => Ok(GeneratedField::Answer),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = AnswerFriend;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.AnswerFriend")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<AnswerFriend, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut request_id__ = None;
                let mut answer__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::RequestId => {
                            if request_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("requestId"));
                            }
                            request_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Answer => {
                            if answer__.is_some() {
                                return Err(serde::de::Error::duplicate_field("answer"));
                            }
                            answer__ = Some(map_.next_value::<FriendAnswer>()? as i32);
                        }
                    }
                }
                Ok(AnswerFriend {
                    request_id: request_id__.unwrap_or_default(),
                    answer: answer__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.AnswerFriend", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Block {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.profile.is_some() {
            len += 1;
        }
        if self.since_ms != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Block", len)?;
        if let Some(v) = self.profile.as_ref() {
            struct_ser.serialize_field("profile", v)?;
        }
        if self.since_ms != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("sinceMs", ToString::to_string(&self.since_ms).as_str())?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Block {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "profile",
            "since_ms",
            "sinceMs",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Profile,
            SinceMs,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "profile" => Ok(GeneratedField::Profile),
                            "sinceMs" | "since_ms" => Ok(GeneratedField::SinceMs),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Block;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Block")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Block, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut profile__ = None;
                let mut since_ms__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Profile => {
                            if profile__.is_some() {
                                return Err(serde::de::Error::duplicate_field("profile"));
                            }
                            profile__ = map_.next_value()?;
                        }
                        GeneratedField::SinceMs => {
                            if since_ms__.is_some() {
                                return Err(serde::de::Error::duplicate_field("sinceMs"));
                            }
                            since_ms__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                    }
                }
                Ok(Block {
                    profile: profile__,
                    since_ms: since_ms__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Block", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for BlockList {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.blocks.is_empty() {
            len += 1;
        }
        if !self.next_page.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.BlockList", len)?;
        if !self.blocks.is_empty() {
            struct_ser.serialize_field("blocks", &self.blocks)?;
        }
        if !self.next_page.is_empty() {
            struct_ser.serialize_field("nextPage", &self.next_page)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for BlockList {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "blocks",
            "next_page",
            "nextPage",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Blocks,
            NextPage,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "blocks" => Ok(GeneratedField::Blocks),
                            "nextPage" | "next_page" => Ok(GeneratedField::NextPage),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = BlockList;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.BlockList")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<BlockList, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut blocks__ = None;
                let mut next_page__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Blocks => {
                            if blocks__.is_some() {
                                return Err(serde::de::Error::duplicate_field("blocks"));
                            }
                            blocks__ = Some(map_.next_value()?);
                        }
                        GeneratedField::NextPage => {
                            if next_page__.is_some() {
                                return Err(serde::de::Error::duplicate_field("nextPage"));
                            }
                            next_page__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(BlockList {
                    blocks: blocks__.unwrap_or_default(),
                    next_page: next_page__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.BlockList", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for BlockUser {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.user_id.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.BlockUser", len)?;
        if !self.user_id.is_empty() {
            struct_ser.serialize_field("userId", &self.user_id)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for BlockUser {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "user_id",
            "userId",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            UserId,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "userId" | "user_id" => Ok(GeneratedField::UserId),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = BlockUser;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.BlockUser")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<BlockUser, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut user_id__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::UserId => {
                            if user_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("userId"));
                            }
                            user_id__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(BlockUser {
                    user_id: user_id__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.BlockUser", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for ClientFrame {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.request_id != 0 {
            len += 1;
        }
        if self.request.is_some() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.ClientFrame", len)?;
        if self.request_id != 0 {
            struct_ser.serialize_field("requestId", &self.request_id)?;
        }
        if let Some(v) = self.request.as_ref() {
            match v {
                client_frame::Request::Hello(v) => {
                    struct_ser.serialize_field("hello", v)?;
                }
                client_frame::Request::Ping(v) => {
                    struct_ser.serialize_field("ping", v)?;
                }
                client_frame::Request::Send(v) => {
                    struct_ser.serialize_field("send", v)?;
                }
                client_frame::Request::GiveUp(v) => {
                    struct_ser.serialize_field("giveUp", v)?;
                }
                client_frame::Request::ReadHistory(v) => {
                    struct_ser.serialize_field("readHistory", v)?;
                }
                client_frame::Request::ReadFeed(v) => {
                    struct_ser.serialize_field("readFeed", v)?;
                }
                client_frame::Request::Sync(v) => {
                    struct_ser.serialize_field("sync", v)?;
                }
                client_frame::Request::MarkDelivered(v) => {
                    struct_ser.serialize_field("markDelivered", v)?;
                }
                client_frame::Request::MarkRead(v) => {
                    struct_ser.serialize_field("markRead", v)?;
                }
                client_frame::Request::SetTyping(v) => {
                    struct_ser.serialize_field("setTyping", v)?;
                }
                client_frame::Request::SetPresence(v) => {
                    struct_ser.serialize_field("setPresence", v)?;
                }
                client_frame::Request::WatchPresence(v) => {
                    struct_ser.serialize_field("watchPresence", v)?;
                }
                client_frame::Request::UnwatchPresence(v) => {
                    struct_ser.serialize_field("unwatchPresence", v)?;
                }
                client_frame::Request::SearchUsers(v) => {
                    struct_ser.serialize_field("searchUsers", v)?;
                }
                client_frame::Request::GetProfiles(v) => {
                    struct_ser.serialize_field("getProfiles", v)?;
                }
                client_frame::Request::RequestFriend(v) => {
                    struct_ser.serialize_field("requestFriend", v)?;
                }
                client_frame::Request::AnswerFriend(v) => {
                    struct_ser.serialize_field("answerFriend", v)?;
                }
                client_frame::Request::ListFriendRequests(v) => {
                    struct_ser.serialize_field("listFriendRequests", v)?;
                }
                client_frame::Request::ListFriends(v) => {
                    struct_ser.serialize_field("listFriends", v)?;
                }
                client_frame::Request::RemoveFriend(v) => {
                    struct_ser.serialize_field("removeFriend", v)?;
                }
                client_frame::Request::SetRemark(v) => {
                    struct_ser.serialize_field("setRemark", v)?;
                }
                client_frame::Request::BlockUser(v) => {
                    struct_ser.serialize_field("blockUser", v)?;
                }
                client_frame::Request::UnblockUser(v) => {
                    struct_ser.serialize_field("unblockUser", v)?;
                }
                client_frame::Request::ListBlocks(v) => {
                    struct_ser.serialize_field("listBlocks", v)?;
                }
                client_frame::Request::ListSessions(v) => {
                    struct_ser.serialize_field("listSessions", v)?;
                }
                client_frame::Request::Logout(v) => {
                    struct_ser.serialize_field("logout", v)?;
                }
            }
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for ClientFrame {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "request_id",
            "requestId",
            "hello",
            "ping",
            "send",
            "give_up",
            "giveUp",
            "read_history",
            "readHistory",
            "read_feed",
            "readFeed",
            "sync",
            "mark_delivered",
            "markDelivered",
            "mark_read",
            "markRead",
            "set_typing",
            "setTyping",
            "set_presence",
            "setPresence",
            "watch_presence",
            "watchPresence",
            "unwatch_presence",
            "unwatchPresence",
            "search_users",
            "searchUsers",
            "get_profiles",
            "getProfiles",
            "request_friend",
            "requestFriend",
            "answer_friend",
            "answerFriend",
            "list_friend_requests",
            "listFriendRequests",
            "list_friends",
            "listFriends",
            "remove_friend",
            "removeFriend",
            "set_remark",
            "setRemark",
            "block_user",
            "blockUser",
            "unblock_user",
            "unblockUser",
            "list_blocks",
            "listBlocks",
            "list_sessions",
            "listSessions",
            "logout",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            RequestId,
            Hello,
            Ping,
            Send,
            GiveUp,
            ReadHistory,
            ReadFeed,
            Sync,
            MarkDelivered,
            MarkRead,
            SetTyping,
            SetPresence,
            WatchPresence,
            UnwatchPresence,
            SearchUsers,
            GetProfiles,
            RequestFriend,
            AnswerFriend,
            ListFriendRequests,
            ListFriends,
            RemoveFriend,
            SetRemark,
            BlockUser,
            UnblockUser,
            ListBlocks,
            ListSessions,
            Logout,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "requestId" | "request_id" => Ok(GeneratedField::RequestId),
                            "hello" => Ok(GeneratedField::Hello),
                            "ping" => Ok(GeneratedField::Ping),
                            "send" => Ok(GeneratedField::Send),
                            "giveUp" | "give_up" => Ok(GeneratedField::GiveUp),
                            "readHistory" | "read_history" => Ok(GeneratedField::ReadHistory),
                            "readFeed" | "read_feed" => Ok(GeneratedField::ReadFeed),
                            "sync" => Ok(GeneratedField::Sync),
                            "markDelivered" | "mark_delivered" => Ok(GeneratedField::MarkDelivered),
                            "markRead" | "mark_read" => Ok(GeneratedField::MarkRead),
                            "setTyping" | "set_typing" => Ok(GeneratedField::SetTyping),
                            "setPresence" | "set_presence" => Ok(GeneratedField::SetPresence),
                            "watchPresence" | "watch_presence" => Ok(GeneratedField::WatchPresence),
                            "unwatchPresence" | "unwatch_presence" => Ok(GeneratedField::UnwatchPresence),
                            "searchUsers" | "search_users" => Ok(GeneratedField::SearchUsers),
                            "getProfiles" | "get_profiles" => Ok(GeneratedField::GetProfiles),
                            "requestFriend" | "request_friend" => Ok(GeneratedField::RequestFriend),
                            "answerFriend" | "answer_friend" => Ok(GeneratedField::AnswerFriend),
                            "listFriendRequests" | "list_friend_requests" => Ok(GeneratedField::ListFriendRequests),
                            "listFriends" | "list_friends" => Ok(GeneratedField::ListFriends),
                            "removeFriend" | "remove_friend" => Ok(GeneratedField::RemoveFriend),
                            "setRemark" | "set_remark" => Ok(GeneratedField::SetRemark),
                            "blockUser" | "block_user" => Ok(GeneratedField::BlockUser),
                            "unblockUser" | "unblock_user" => Ok(GeneratedField::UnblockUser),
                            "listBlocks" | "list_blocks" => Ok(GeneratedField::ListBlocks),
                            "listSessions" | "list_sessions" => Ok(GeneratedField::ListSessions),
                            "logout" => Ok(GeneratedField::Logout),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = ClientFrame;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.ClientFrame")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<ClientFrame, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut request_id__ = None;
                let mut request__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::RequestId => {
                            if request_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("requestId"));
                            }
                            request_id__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::Hello => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("hello"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::Hello)
;
                        }
                        GeneratedField::Ping => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("ping"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::Ping)
;
                        }
                        GeneratedField::Send => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("send"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::Send)
;
                        }
                        GeneratedField::GiveUp => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("giveUp"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::GiveUp)
;
                        }
                        GeneratedField::ReadHistory => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("readHistory"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::ReadHistory)
;
                        }
                        GeneratedField::ReadFeed => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("readFeed"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::ReadFeed)
;
                        }
                        GeneratedField::Sync => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("sync"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::Sync)
;
                        }
                        GeneratedField::MarkDelivered => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("markDelivered"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::MarkDelivered)
;
                        }
                        GeneratedField::MarkRead => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("markRead"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::MarkRead)
;
                        }
                        GeneratedField::SetTyping => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("setTyping"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::SetTyping)
;
                        }
                        GeneratedField::SetPresence => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("setPresence"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::SetPresence)
;
                        }
                        GeneratedField::WatchPresence => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("watchPresence"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::WatchPresence)
;
                        }
                        GeneratedField::UnwatchPresence => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("unwatchPresence"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::UnwatchPresence)
;
                        }
                        GeneratedField::SearchUsers => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("searchUsers"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::SearchUsers)
;
                        }
                        GeneratedField::GetProfiles => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("getProfiles"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::GetProfiles)
;
                        }
                        GeneratedField::RequestFriend => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("requestFriend"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::RequestFriend)
;
                        }
                        GeneratedField::AnswerFriend => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("answerFriend"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::AnswerFriend)
;
                        }
                        GeneratedField::ListFriendRequests => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("listFriendRequests"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::ListFriendRequests)
;
                        }
                        GeneratedField::ListFriends => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("listFriends"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::ListFriends)
;
                        }
                        GeneratedField::RemoveFriend => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("removeFriend"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::RemoveFriend)
;
                        }
                        GeneratedField::SetRemark => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("setRemark"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::SetRemark)
;
                        }
                        GeneratedField::BlockUser => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("blockUser"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::BlockUser)
;
                        }
                        GeneratedField::UnblockUser => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("unblockUser"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::UnblockUser)
;
                        }
                        GeneratedField::ListBlocks => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("listBlocks"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::ListBlocks)
;
                        }
                        GeneratedField::ListSessions => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("listSessions"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::ListSessions)
;
                        }
                        GeneratedField::Logout => {
                            if request__.is_some() {
                                return Err(serde::de::Error::duplicate_field("logout"));
                            }
                            request__ = map_.next_value::<::std::option::Option<_>>()?.map(client_frame::Request::Logout)
;
                        }
                    }
                }
                Ok(ClientFrame {
                    request_id: request_id__.unwrap_or_default(),
                    request: request__,
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.ClientFrame", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Conversation {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.conversation_id.is_empty() {
            len += 1;
        }
        if self.head_seq != 0 {
            len += 1;
        }
        if !self.cursors.is_empty() {
            len += 1;
        }
        if self.writable {
            len += 1;
        }
        if self.last_message_ms != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Conversation", len)?;
        if !self.conversation_id.is_empty() {
            struct_ser.serialize_field("conversationId", &self.conversation_id)?;
        }
        if self.head_seq != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("headSeq", ToString::to_string(&self.head_seq).as_str())?;
        }
        if !self.cursors.is_empty() {
            struct_ser.serialize_field("cursors", &self.cursors)?;
        }
        if self.writable {
            struct_ser.serialize_field("writable", &self.writable)?;
        }
        if self.last_message_ms != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("lastMessageMs", ToString::to_string(&self.last_message_ms).as_str())?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Conversation {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "conversation_id",
            "conversationId",
            "head_seq",
            "headSeq",
            "cursors",
            "writable",
            "last_message_ms",
            "lastMessageMs",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            ConversationId,
            HeadSeq,
            Cursors,
            Writable,
            LastMessageMs,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "conversationId" | "conversation_id" => Ok(GeneratedField::ConversationId),
                            "headSeq" | "head_seq" => Ok(GeneratedField::HeadSeq),
                            "cursors" => Ok(GeneratedField::Cursors),
                            "writable" => Ok(GeneratedField::Writable),
                            "lastMessageMs" | "last_message_ms" => Ok(GeneratedField::LastMessageMs),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Conversation;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Conversation")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Conversation, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut conversation_id__ = None;
                let mut head_seq__ = None;
                let mut cursors__ = None;
                let mut writable__ = None;
                let mut last_message_ms__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::ConversationId => {
                            if conversation_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("conversationId"));
                            }
                            conversation_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::HeadSeq => {
                            if head_seq__.is_some() {
                                return Err(serde::de::Error::duplicate_field("headSeq"));
                            }
                            head_seq__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::Cursors => {
                            if cursors__.is_some() {
                                return Err(serde::de::Error::duplicate_field("cursors"));
                            }
                            cursors__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Writable => {
                            if writable__.is_some() {
                                return Err(serde::de::Error::duplicate_field("writable"));
                            }
                            writable__ = Some(map_.next_value()?);
                        }
                        GeneratedField::LastMessageMs => {
                            if last_message_ms__.is_some() {
                                return Err(serde::de::Error::duplicate_field("lastMessageMs"));
                            }
                            last_message_ms__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                    }
                }
                Ok(Conversation {
                    conversation_id: conversation_id__.unwrap_or_default(),
                    head_seq: head_seq__.unwrap_or_default(),
                    cursors: cursors__.unwrap_or_default(),
                    writable: writable__.unwrap_or_default(),
                    last_message_ms: last_message_ms__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Conversation", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Cursor {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.user_id.is_empty() {
            len += 1;
        }
        if self.delivered_seq != 0 {
            len += 1;
        }
        if self.read_seq != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Cursor", len)?;
        if !self.user_id.is_empty() {
            struct_ser.serialize_field("userId", &self.user_id)?;
        }
        if self.delivered_seq != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("deliveredSeq", ToString::to_string(&self.delivered_seq).as_str())?;
        }
        if self.read_seq != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("readSeq", ToString::to_string(&self.read_seq).as_str())?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Cursor {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "user_id",
            "userId",
            "delivered_seq",
            "deliveredSeq",
            "read_seq",
            "readSeq",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            UserId,
            DeliveredSeq,
            ReadSeq,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "userId" | "user_id" => Ok(GeneratedField::UserId),
                            "deliveredSeq" | "delivered_seq" => Ok(GeneratedField::DeliveredSeq),
                            "readSeq" | "read_seq" => Ok(GeneratedField::ReadSeq),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Cursor;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Cursor")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Cursor, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut user_id__ = None;
                let mut delivered_seq__ = None;
                let mut read_seq__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::UserId => {
                            if user_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("userId"));
                            }
                            user_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::DeliveredSeq => {
                            if delivered_seq__.is_some() {
                                return Err(serde::de::Error::duplicate_field("deliveredSeq"));
                            }
                            delivered_seq__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::ReadSeq => {
                            if read_seq__.is_some() {
                                return Err(serde::de::Error::duplicate_field("readSeq"));
                            }
                            read_seq__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                    }
                }
                Ok(Cursor {
                    user_id: user_id__.unwrap_or_default(),
                    delivered_seq: delivered_seq__.unwrap_or_default(),
                    read_seq: read_seq__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Cursor", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for CursorMoved {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.conversation_id.is_empty() {
            len += 1;
        }
        if self.cursor.is_some() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.CursorMoved", len)?;
        if !self.conversation_id.is_empty() {
            struct_ser.serialize_field("conversationId", &self.conversation_id)?;
        }
        if let Some(v) = self.cursor.as_ref() {
            struct_ser.serialize_field("cursor", v)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for CursorMoved {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "conversation_id",
            "conversationId",
            "cursor",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            ConversationId,
            Cursor,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "conversationId" | "conversation_id" => Ok(GeneratedField::ConversationId),
                            "cursor" => Ok(GeneratedField::Cursor),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = CursorMoved;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.CursorMoved")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<CursorMoved, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut conversation_id__ = None;
                let mut cursor__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::ConversationId => {
                            if conversation_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("conversationId"));
                            }
                            conversation_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Cursor => {
                            if cursor__.is_some() {
                                return Err(serde::de::Error::duplicate_field("cursor"));
                            }
                            cursor__ = map_.next_value()?;
                        }
                    }
                }
                Ok(CursorMoved {
                    conversation_id: conversation_id__.unwrap_or_default(),
                    cursor: cursor__,
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.CursorMoved", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for DeviceClass {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        let variant = match self {
            Self::Unspecified => "DEVICE_CLASS_UNSPECIFIED",
            Self::Desktop => "DEVICE_CLASS_DESKTOP",
            Self::Mobile => "DEVICE_CLASS_MOBILE",
            Self::Tablet => "DEVICE_CLASS_TABLET",
            Self::Web => "DEVICE_CLASS_WEB",
            Self::Other => "DEVICE_CLASS_OTHER",
        };
        serializer.serialize_str(variant)
    }
}
impl<'de> serde::Deserialize<'de> for DeviceClass {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "DEVICE_CLASS_UNSPECIFIED",
            "DEVICE_CLASS_DESKTOP",
            "DEVICE_CLASS_MOBILE",
            "DEVICE_CLASS_TABLET",
            "DEVICE_CLASS_WEB",
            "DEVICE_CLASS_OTHER",
        ];

        struct GeneratedVisitor;

        impl serde::de::Visitor<'_> for GeneratedVisitor {
            type Value = DeviceClass;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(formatter, "expected one of: {:?}", &FIELDS)
            }

            fn visit_i64<E>(self, v: i64) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                i32::try_from(v)
                    .ok()
                    .and_then(|x| x.try_into().ok())
                    .ok_or_else(|| {
                        serde::de::Error::invalid_value(serde::de::Unexpected::Signed(v), &self)
                    })
            }

            fn visit_u64<E>(self, v: u64) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                i32::try_from(v)
                    .ok()
                    .and_then(|x| x.try_into().ok())
                    .ok_or_else(|| {
                        serde::de::Error::invalid_value(serde::de::Unexpected::Unsigned(v), &self)
                    })
            }

            fn visit_str<E>(self, value: &str) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                match value {
                    "DEVICE_CLASS_UNSPECIFIED" => Ok(DeviceClass::Unspecified),
                    "DEVICE_CLASS_DESKTOP" => Ok(DeviceClass::Desktop),
                    "DEVICE_CLASS_MOBILE" => Ok(DeviceClass::Mobile),
                    "DEVICE_CLASS_TABLET" => Ok(DeviceClass::Tablet),
                    "DEVICE_CLASS_WEB" => Ok(DeviceClass::Web),
                    "DEVICE_CLASS_OTHER" => Ok(DeviceClass::Other),
                    _ => Err(serde::de::Error::unknown_variant(value, FIELDS)),
                }
            }
        }
        deserializer.deserialize_any(GeneratedVisitor)
    }
}
impl serde::Serialize for Done {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let len = 0;
        let struct_ser = serializer.serialize_struct("flux.v1.Done", len)?;
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Done {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                            Err(serde::de::Error::unknown_field(value, FIELDS))
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Done;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Done")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Done, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                while map_.next_key::<GeneratedField>()?.is_some() {
                    let _ = map_.next_value::<serde::de::IgnoredAny>()?;
                }
                Ok(Done {
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Done", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Draining {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.retry_in_ms != 0 {
            len += 1;
        }
        if !self.url.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Draining", len)?;
        if self.retry_in_ms != 0 {
            struct_ser.serialize_field("retryInMs", &self.retry_in_ms)?;
        }
        if !self.url.is_empty() {
            struct_ser.serialize_field("url", &self.url)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Draining {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "retry_in_ms",
            "retryInMs",
            "url",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            RetryInMs,
            Url,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "retryInMs" | "retry_in_ms" => Ok(GeneratedField::RetryInMs),
                            "url" => Ok(GeneratedField::Url),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Draining;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Draining")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Draining, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut retry_in_ms__ = None;
                let mut url__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::RetryInMs => {
                            if retry_in_ms__.is_some() {
                                return Err(serde::de::Error::duplicate_field("retryInMs"));
                            }
                            retry_in_ms__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::Url => {
                            if url__.is_some() {
                                return Err(serde::de::Error::duplicate_field("url"));
                            }
                            url__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(Draining {
                    retry_in_ms: retry_in_ms__.unwrap_or_default(),
                    url: url__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Draining", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Error {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.code.is_empty() {
            len += 1;
        }
        if !self.message.is_empty() {
            len += 1;
        }
        if self.retry != 0 {
            len += 1;
        }
        if self.retry_after_ms != 0 {
            len += 1;
        }
        if !self.field.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Error", len)?;
        if !self.code.is_empty() {
            struct_ser.serialize_field("code", &self.code)?;
        }
        if !self.message.is_empty() {
            struct_ser.serialize_field("message", &self.message)?;
        }
        if self.retry != 0 {
            let v = Retry::try_from(self.retry)
                .map_err(|_| serde::ser::Error::custom(format!("Invalid variant {}", self.retry)))?;
            struct_ser.serialize_field("retry", &v)?;
        }
        if self.retry_after_ms != 0 {
            struct_ser.serialize_field("retryAfterMs", &self.retry_after_ms)?;
        }
        if !self.field.is_empty() {
            struct_ser.serialize_field("field", &self.field)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Error {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "code",
            "message",
            "retry",
            "retry_after_ms",
            "retryAfterMs",
            "field",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Code,
            Message,
            Retry,
            RetryAfterMs,
            Field,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "code" => Ok(GeneratedField::Code),
                            "message" => Ok(GeneratedField::Message),
                            "retry" => Ok(GeneratedField::Retry),
                            "retryAfterMs" | "retry_after_ms" => Ok(GeneratedField::RetryAfterMs),
                            "field" => Ok(GeneratedField::Field),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Error;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Error")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Error, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut code__ = None;
                let mut message__ = None;
                let mut retry__ = None;
                let mut retry_after_ms__ = None;
                let mut field__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Code => {
                            if code__.is_some() {
                                return Err(serde::de::Error::duplicate_field("code"));
                            }
                            code__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Message => {
                            if message__.is_some() {
                                return Err(serde::de::Error::duplicate_field("message"));
                            }
                            message__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Retry => {
                            if retry__.is_some() {
                                return Err(serde::de::Error::duplicate_field("retry"));
                            }
                            retry__ = Some(map_.next_value::<Retry>()? as i32);
                        }
                        GeneratedField::RetryAfterMs => {
                            if retry_after_ms__.is_some() {
                                return Err(serde::de::Error::duplicate_field("retryAfterMs"));
                            }
                            retry_after_ms__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::Field => {
                            if field__.is_some() {
                                return Err(serde::de::Error::duplicate_field("field"));
                            }
                            field__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(Error {
                    code: code__.unwrap_or_default(),
                    message: message__.unwrap_or_default(),
                    retry: retry__.unwrap_or_default(),
                    retry_after_ms: retry_after_ms__.unwrap_or_default(),
                    field: field__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Error", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Event {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.event.is_some() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Event", len)?;
        if let Some(v) = self.event.as_ref() {
            match v {
                event::Event::Message(v) => {
                    struct_ser.serialize_field("message", v)?;
                }
                event::Event::Receipt(v) => {
                    struct_ser.serialize_field("receipt", v)?;
                }
                event::Event::Presence(v) => {
                    struct_ser.serialize_field("presence", v)?;
                }
                event::Event::Typing(v) => {
                    struct_ser.serialize_field("typing", v)?;
                }
                event::Event::FeedEntry(v) => {
                    struct_ser.serialize_field("feedEntry", v)?;
                }
                event::Event::SessionEnded(v) => {
                    struct_ser.serialize_field("sessionEnded", v)?;
                }
                event::Event::Draining(v) => {
                    struct_ser.serialize_field("draining", v)?;
                }
                event::Event::LogChanged(v) => {
                    struct_ser.serialize_field("logChanged", v)?;
                }
                event::Event::Heartbeat(v) => {
                    struct_ser.serialize_field("heartbeat", v)?;
                }
            }
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Event {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "message",
            "receipt",
            "presence",
            "typing",
            "feed_entry",
            "feedEntry",
            "session_ended",
            "sessionEnded",
            "draining",
            "log_changed",
            "logChanged",
            "heartbeat",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Message,
            Receipt,
            Presence,
            Typing,
            FeedEntry,
            SessionEnded,
            Draining,
            LogChanged,
            Heartbeat,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "message" => Ok(GeneratedField::Message),
                            "receipt" => Ok(GeneratedField::Receipt),
                            "presence" => Ok(GeneratedField::Presence),
                            "typing" => Ok(GeneratedField::Typing),
                            "feedEntry" | "feed_entry" => Ok(GeneratedField::FeedEntry),
                            "sessionEnded" | "session_ended" => Ok(GeneratedField::SessionEnded),
                            "draining" => Ok(GeneratedField::Draining),
                            "logChanged" | "log_changed" => Ok(GeneratedField::LogChanged),
                            "heartbeat" => Ok(GeneratedField::Heartbeat),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Event;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Event")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Event, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut event__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Message => {
                            if event__.is_some() {
                                return Err(serde::de::Error::duplicate_field("message"));
                            }
                            event__ = map_.next_value::<::std::option::Option<_>>()?.map(event::Event::Message)
;
                        }
                        GeneratedField::Receipt => {
                            if event__.is_some() {
                                return Err(serde::de::Error::duplicate_field("receipt"));
                            }
                            event__ = map_.next_value::<::std::option::Option<_>>()?.map(event::Event::Receipt)
;
                        }
                        GeneratedField::Presence => {
                            if event__.is_some() {
                                return Err(serde::de::Error::duplicate_field("presence"));
                            }
                            event__ = map_.next_value::<::std::option::Option<_>>()?.map(event::Event::Presence)
;
                        }
                        GeneratedField::Typing => {
                            if event__.is_some() {
                                return Err(serde::de::Error::duplicate_field("typing"));
                            }
                            event__ = map_.next_value::<::std::option::Option<_>>()?.map(event::Event::Typing)
;
                        }
                        GeneratedField::FeedEntry => {
                            if event__.is_some() {
                                return Err(serde::de::Error::duplicate_field("feedEntry"));
                            }
                            event__ = map_.next_value::<::std::option::Option<_>>()?.map(event::Event::FeedEntry)
;
                        }
                        GeneratedField::SessionEnded => {
                            if event__.is_some() {
                                return Err(serde::de::Error::duplicate_field("sessionEnded"));
                            }
                            event__ = map_.next_value::<::std::option::Option<_>>()?.map(event::Event::SessionEnded)
;
                        }
                        GeneratedField::Draining => {
                            if event__.is_some() {
                                return Err(serde::de::Error::duplicate_field("draining"));
                            }
                            event__ = map_.next_value::<::std::option::Option<_>>()?.map(event::Event::Draining)
;
                        }
                        GeneratedField::LogChanged => {
                            if event__.is_some() {
                                return Err(serde::de::Error::duplicate_field("logChanged"));
                            }
                            event__ = map_.next_value::<::std::option::Option<_>>()?.map(event::Event::LogChanged)
;
                        }
                        GeneratedField::Heartbeat => {
                            if event__.is_some() {
                                return Err(serde::de::Error::duplicate_field("heartbeat"));
                            }
                            event__ = map_.next_value::<::std::option::Option<_>>()?.map(event::Event::Heartbeat)
;
                        }
                    }
                }
                Ok(Event {
                    event: event__,
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Event", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Feed {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.entries.is_empty() {
            len += 1;
        }
        if self.head_seq != 0 {
            len += 1;
        }
        if self.floor_seq != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Feed", len)?;
        if !self.entries.is_empty() {
            struct_ser.serialize_field("entries", &self.entries)?;
        }
        if self.head_seq != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("headSeq", ToString::to_string(&self.head_seq).as_str())?;
        }
        if self.floor_seq != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("floorSeq", ToString::to_string(&self.floor_seq).as_str())?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Feed {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "entries",
            "head_seq",
            "headSeq",
            "floor_seq",
            "floorSeq",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Entries,
            HeadSeq,
            FloorSeq,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "entries" => Ok(GeneratedField::Entries),
                            "headSeq" | "head_seq" => Ok(GeneratedField::HeadSeq),
                            "floorSeq" | "floor_seq" => Ok(GeneratedField::FloorSeq),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Feed;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Feed")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Feed, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut entries__ = None;
                let mut head_seq__ = None;
                let mut floor_seq__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Entries => {
                            if entries__.is_some() {
                                return Err(serde::de::Error::duplicate_field("entries"));
                            }
                            entries__ = Some(map_.next_value()?);
                        }
                        GeneratedField::HeadSeq => {
                            if head_seq__.is_some() {
                                return Err(serde::de::Error::duplicate_field("headSeq"));
                            }
                            head_seq__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::FloorSeq => {
                            if floor_seq__.is_some() {
                                return Err(serde::de::Error::duplicate_field("floorSeq"));
                            }
                            floor_seq__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                    }
                }
                Ok(Feed {
                    entries: entries__.unwrap_or_default(),
                    head_seq: head_seq__.unwrap_or_default(),
                    floor_seq: floor_seq__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Feed", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for FeedEntry {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.seq != 0 {
            len += 1;
        }
        if self.stored_ms != 0 {
            len += 1;
        }
        if self.change.is_some() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.FeedEntry", len)?;
        if self.seq != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("seq", ToString::to_string(&self.seq).as_str())?;
        }
        if self.stored_ms != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("storedMs", ToString::to_string(&self.stored_ms).as_str())?;
        }
        if let Some(v) = self.change.as_ref() {
            match v {
                feed_entry::Change::FriendRequest(v) => {
                    struct_ser.serialize_field("friendRequest", v)?;
                }
                feed_entry::Change::FriendAdded(v) => {
                    struct_ser.serialize_field("friendAdded", v)?;
                }
                feed_entry::Change::FriendRemoved(v) => {
                    struct_ser.serialize_field("friendRemoved", v)?;
                }
                feed_entry::Change::RemarkChanged(v) => {
                    struct_ser.serialize_field("remarkChanged", v)?;
                }
                feed_entry::Change::Blocked(v) => {
                    struct_ser.serialize_field("blocked", v)?;
                }
                feed_entry::Change::Unblocked(v) => {
                    struct_ser.serialize_field("unblocked", v)?;
                }
                feed_entry::Change::ProfileChanged(v) => {
                    struct_ser.serialize_field("profileChanged", v)?;
                }
                feed_entry::Change::SessionOpened(v) => {
                    struct_ser.serialize_field("sessionOpened", v)?;
                }
                feed_entry::Change::SessionEnded(v) => {
                    struct_ser.serialize_field("sessionEnded", v)?;
                }
            }
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for FeedEntry {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "seq",
            "stored_ms",
            "storedMs",
            "friend_request",
            "friendRequest",
            "friend_added",
            "friendAdded",
            "friend_removed",
            "friendRemoved",
            "remark_changed",
            "remarkChanged",
            "blocked",
            "unblocked",
            "profile_changed",
            "profileChanged",
            "session_opened",
            "sessionOpened",
            "session_ended",
            "sessionEnded",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Seq,
            StoredMs,
            FriendRequest,
            FriendAdded,
            FriendRemoved,
            RemarkChanged,
            Blocked,
            Unblocked,
            ProfileChanged,
            SessionOpened,
            SessionEnded,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "seq" => Ok(GeneratedField::Seq),
                            "storedMs" | "stored_ms" => Ok(GeneratedField::StoredMs),
                            "friendRequest" | "friend_request" => Ok(GeneratedField::FriendRequest),
                            "friendAdded" | "friend_added" => Ok(GeneratedField::FriendAdded),
                            "friendRemoved" | "friend_removed" => Ok(GeneratedField::FriendRemoved),
                            "remarkChanged" | "remark_changed" => Ok(GeneratedField::RemarkChanged),
                            "blocked" => Ok(GeneratedField::Blocked),
                            "unblocked" => Ok(GeneratedField::Unblocked),
                            "profileChanged" | "profile_changed" => Ok(GeneratedField::ProfileChanged),
                            "sessionOpened" | "session_opened" => Ok(GeneratedField::SessionOpened),
                            "sessionEnded" | "session_ended" => Ok(GeneratedField::SessionEnded),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = FeedEntry;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.FeedEntry")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<FeedEntry, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut seq__ = None;
                let mut stored_ms__ = None;
                let mut change__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Seq => {
                            if seq__.is_some() {
                                return Err(serde::de::Error::duplicate_field("seq"));
                            }
                            seq__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::StoredMs => {
                            if stored_ms__.is_some() {
                                return Err(serde::de::Error::duplicate_field("storedMs"));
                            }
                            stored_ms__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::FriendRequest => {
                            if change__.is_some() {
                                return Err(serde::de::Error::duplicate_field("friendRequest"));
                            }
                            change__ = map_.next_value::<::std::option::Option<_>>()?.map(feed_entry::Change::FriendRequest)
;
                        }
                        GeneratedField::FriendAdded => {
                            if change__.is_some() {
                                return Err(serde::de::Error::duplicate_field("friendAdded"));
                            }
                            change__ = map_.next_value::<::std::option::Option<_>>()?.map(feed_entry::Change::FriendAdded)
;
                        }
                        GeneratedField::FriendRemoved => {
                            if change__.is_some() {
                                return Err(serde::de::Error::duplicate_field("friendRemoved"));
                            }
                            change__ = map_.next_value::<::std::option::Option<_>>()?.map(feed_entry::Change::FriendRemoved)
;
                        }
                        GeneratedField::RemarkChanged => {
                            if change__.is_some() {
                                return Err(serde::de::Error::duplicate_field("remarkChanged"));
                            }
                            change__ = map_.next_value::<::std::option::Option<_>>()?.map(feed_entry::Change::RemarkChanged)
;
                        }
                        GeneratedField::Blocked => {
                            if change__.is_some() {
                                return Err(serde::de::Error::duplicate_field("blocked"));
                            }
                            change__ = map_.next_value::<::std::option::Option<_>>()?.map(feed_entry::Change::Blocked)
;
                        }
                        GeneratedField::Unblocked => {
                            if change__.is_some() {
                                return Err(serde::de::Error::duplicate_field("unblocked"));
                            }
                            change__ = map_.next_value::<::std::option::Option<_>>()?.map(feed_entry::Change::Unblocked)
;
                        }
                        GeneratedField::ProfileChanged => {
                            if change__.is_some() {
                                return Err(serde::de::Error::duplicate_field("profileChanged"));
                            }
                            change__ = map_.next_value::<::std::option::Option<_>>()?.map(feed_entry::Change::ProfileChanged)
;
                        }
                        GeneratedField::SessionOpened => {
                            if change__.is_some() {
                                return Err(serde::de::Error::duplicate_field("sessionOpened"));
                            }
                            change__ = map_.next_value::<::std::option::Option<_>>()?.map(feed_entry::Change::SessionOpened)
;
                        }
                        GeneratedField::SessionEnded => {
                            if change__.is_some() {
                                return Err(serde::de::Error::duplicate_field("sessionEnded"));
                            }
                            change__ = map_.next_value::<::std::option::Option<_>>()?.map(feed_entry::Change::SessionEnded)
;
                        }
                    }
                }
                Ok(FeedEntry {
                    seq: seq__.unwrap_or_default(),
                    stored_ms: stored_ms__.unwrap_or_default(),
                    change: change__,
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.FeedEntry", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Friend {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.profile.is_some() {
            len += 1;
        }
        if !self.remark.is_empty() {
            len += 1;
        }
        if self.since_ms != 0 {
            len += 1;
        }
        if !self.conversation_id.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Friend", len)?;
        if let Some(v) = self.profile.as_ref() {
            struct_ser.serialize_field("profile", v)?;
        }
        if !self.remark.is_empty() {
            struct_ser.serialize_field("remark", &self.remark)?;
        }
        if self.since_ms != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("sinceMs", ToString::to_string(&self.since_ms).as_str())?;
        }
        if !self.conversation_id.is_empty() {
            struct_ser.serialize_field("conversationId", &self.conversation_id)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Friend {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "profile",
            "remark",
            "since_ms",
            "sinceMs",
            "conversation_id",
            "conversationId",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Profile,
            Remark,
            SinceMs,
            ConversationId,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "profile" => Ok(GeneratedField::Profile),
                            "remark" => Ok(GeneratedField::Remark),
                            "sinceMs" | "since_ms" => Ok(GeneratedField::SinceMs),
                            "conversationId" | "conversation_id" => Ok(GeneratedField::ConversationId),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Friend;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Friend")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Friend, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut profile__ = None;
                let mut remark__ = None;
                let mut since_ms__ = None;
                let mut conversation_id__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Profile => {
                            if profile__.is_some() {
                                return Err(serde::de::Error::duplicate_field("profile"));
                            }
                            profile__ = map_.next_value()?;
                        }
                        GeneratedField::Remark => {
                            if remark__.is_some() {
                                return Err(serde::de::Error::duplicate_field("remark"));
                            }
                            remark__ = Some(map_.next_value()?);
                        }
                        GeneratedField::SinceMs => {
                            if since_ms__.is_some() {
                                return Err(serde::de::Error::duplicate_field("sinceMs"));
                            }
                            since_ms__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::ConversationId => {
                            if conversation_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("conversationId"));
                            }
                            conversation_id__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(Friend {
                    profile: profile__,
                    remark: remark__.unwrap_or_default(),
                    since_ms: since_ms__.unwrap_or_default(),
                    conversation_id: conversation_id__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Friend", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for FriendAnswer {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        let variant = match self {
            Self::Unspecified => "FRIEND_ANSWER_UNSPECIFIED",
            Self::Accept => "FRIEND_ANSWER_ACCEPT",
            Self::Reject => "FRIEND_ANSWER_REJECT",
            Self::Cancel => "FRIEND_ANSWER_CANCEL",
        };
        serializer.serialize_str(variant)
    }
}
impl<'de> serde::Deserialize<'de> for FriendAnswer {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "FRIEND_ANSWER_UNSPECIFIED",
            "FRIEND_ANSWER_ACCEPT",
            "FRIEND_ANSWER_REJECT",
            "FRIEND_ANSWER_CANCEL",
        ];

        struct GeneratedVisitor;

        impl serde::de::Visitor<'_> for GeneratedVisitor {
            type Value = FriendAnswer;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(formatter, "expected one of: {:?}", &FIELDS)
            }

            fn visit_i64<E>(self, v: i64) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                i32::try_from(v)
                    .ok()
                    .and_then(|x| x.try_into().ok())
                    .ok_or_else(|| {
                        serde::de::Error::invalid_value(serde::de::Unexpected::Signed(v), &self)
                    })
            }

            fn visit_u64<E>(self, v: u64) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                i32::try_from(v)
                    .ok()
                    .and_then(|x| x.try_into().ok())
                    .ok_or_else(|| {
                        serde::de::Error::invalid_value(serde::de::Unexpected::Unsigned(v), &self)
                    })
            }

            fn visit_str<E>(self, value: &str) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                match value {
                    "FRIEND_ANSWER_UNSPECIFIED" => Ok(FriendAnswer::Unspecified),
                    "FRIEND_ANSWER_ACCEPT" => Ok(FriendAnswer::Accept),
                    "FRIEND_ANSWER_REJECT" => Ok(FriendAnswer::Reject),
                    "FRIEND_ANSWER_CANCEL" => Ok(FriendAnswer::Cancel),
                    _ => Err(serde::de::Error::unknown_variant(value, FIELDS)),
                }
            }
        }
        deserializer.deserialize_any(GeneratedVisitor)
    }
}
impl serde::Serialize for FriendList {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.friends.is_empty() {
            len += 1;
        }
        if !self.next_page.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.FriendList", len)?;
        if !self.friends.is_empty() {
            struct_ser.serialize_field("friends", &self.friends)?;
        }
        if !self.next_page.is_empty() {
            struct_ser.serialize_field("nextPage", &self.next_page)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for FriendList {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "friends",
            "next_page",
            "nextPage",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Friends,
            NextPage,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "friends" => Ok(GeneratedField::Friends),
                            "nextPage" | "next_page" => Ok(GeneratedField::NextPage),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = FriendList;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.FriendList")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<FriendList, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut friends__ = None;
                let mut next_page__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Friends => {
                            if friends__.is_some() {
                                return Err(serde::de::Error::duplicate_field("friends"));
                            }
                            friends__ = Some(map_.next_value()?);
                        }
                        GeneratedField::NextPage => {
                            if next_page__.is_some() {
                                return Err(serde::de::Error::duplicate_field("nextPage"));
                            }
                            next_page__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(FriendList {
                    friends: friends__.unwrap_or_default(),
                    next_page: next_page__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.FriendList", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for FriendRequest {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.request_id.is_empty() {
            len += 1;
        }
        if self.from.is_some() {
            len += 1;
        }
        if self.to.is_some() {
            len += 1;
        }
        if !self.greeting.is_empty() {
            len += 1;
        }
        if self.created_ms != 0 {
            len += 1;
        }
        if self.state != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.FriendRequest", len)?;
        if !self.request_id.is_empty() {
            struct_ser.serialize_field("requestId", &self.request_id)?;
        }
        if let Some(v) = self.from.as_ref() {
            struct_ser.serialize_field("from", v)?;
        }
        if let Some(v) = self.to.as_ref() {
            struct_ser.serialize_field("to", v)?;
        }
        if !self.greeting.is_empty() {
            struct_ser.serialize_field("greeting", &self.greeting)?;
        }
        if self.created_ms != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("createdMs", ToString::to_string(&self.created_ms).as_str())?;
        }
        if self.state != 0 {
            let v = FriendRequestState::try_from(self.state)
                .map_err(|_| serde::ser::Error::custom(format!("Invalid variant {}", self.state)))?;
            struct_ser.serialize_field("state", &v)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for FriendRequest {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "request_id",
            "requestId",
            "from",
            "to",
            "greeting",
            "created_ms",
            "createdMs",
            "state",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            RequestId,
            From,
            To,
            Greeting,
            CreatedMs,
            State,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "requestId" | "request_id" => Ok(GeneratedField::RequestId),
                            "from" => Ok(GeneratedField::From),
                            "to" => Ok(GeneratedField::To),
                            "greeting" => Ok(GeneratedField::Greeting),
                            "createdMs" | "created_ms" => Ok(GeneratedField::CreatedMs),
                            "state" => Ok(GeneratedField::State),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = FriendRequest;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.FriendRequest")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<FriendRequest, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut request_id__ = None;
                let mut from__ = None;
                let mut to__ = None;
                let mut greeting__ = None;
                let mut created_ms__ = None;
                let mut state__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::RequestId => {
                            if request_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("requestId"));
                            }
                            request_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::From => {
                            if from__.is_some() {
                                return Err(serde::de::Error::duplicate_field("from"));
                            }
                            from__ = map_.next_value()?;
                        }
                        GeneratedField::To => {
                            if to__.is_some() {
                                return Err(serde::de::Error::duplicate_field("to"));
                            }
                            to__ = map_.next_value()?;
                        }
                        GeneratedField::Greeting => {
                            if greeting__.is_some() {
                                return Err(serde::de::Error::duplicate_field("greeting"));
                            }
                            greeting__ = Some(map_.next_value()?);
                        }
                        GeneratedField::CreatedMs => {
                            if created_ms__.is_some() {
                                return Err(serde::de::Error::duplicate_field("createdMs"));
                            }
                            created_ms__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::State => {
                            if state__.is_some() {
                                return Err(serde::de::Error::duplicate_field("state"));
                            }
                            state__ = Some(map_.next_value::<FriendRequestState>()? as i32);
                        }
                    }
                }
                Ok(FriendRequest {
                    request_id: request_id__.unwrap_or_default(),
                    from: from__,
                    to: to__,
                    greeting: greeting__.unwrap_or_default(),
                    created_ms: created_ms__.unwrap_or_default(),
                    state: state__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.FriendRequest", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for FriendRequestList {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.requests.is_empty() {
            len += 1;
        }
        if !self.next_page.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.FriendRequestList", len)?;
        if !self.requests.is_empty() {
            struct_ser.serialize_field("requests", &self.requests)?;
        }
        if !self.next_page.is_empty() {
            struct_ser.serialize_field("nextPage", &self.next_page)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for FriendRequestList {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "requests",
            "next_page",
            "nextPage",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Requests,
            NextPage,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "requests" => Ok(GeneratedField::Requests),
                            "nextPage" | "next_page" => Ok(GeneratedField::NextPage),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = FriendRequestList;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.FriendRequestList")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<FriendRequestList, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut requests__ = None;
                let mut next_page__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Requests => {
                            if requests__.is_some() {
                                return Err(serde::de::Error::duplicate_field("requests"));
                            }
                            requests__ = Some(map_.next_value()?);
                        }
                        GeneratedField::NextPage => {
                            if next_page__.is_some() {
                                return Err(serde::de::Error::duplicate_field("nextPage"));
                            }
                            next_page__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(FriendRequestList {
                    requests: requests__.unwrap_or_default(),
                    next_page: next_page__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.FriendRequestList", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for FriendRequestState {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        let variant = match self {
            Self::Unspecified => "FRIEND_REQUEST_STATE_UNSPECIFIED",
            Self::Pending => "FRIEND_REQUEST_STATE_PENDING",
            Self::Accepted => "FRIEND_REQUEST_STATE_ACCEPTED",
            Self::Rejected => "FRIEND_REQUEST_STATE_REJECTED",
            Self::Cancelled => "FRIEND_REQUEST_STATE_CANCELLED",
        };
        serializer.serialize_str(variant)
    }
}
impl<'de> serde::Deserialize<'de> for FriendRequestState {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "FRIEND_REQUEST_STATE_UNSPECIFIED",
            "FRIEND_REQUEST_STATE_PENDING",
            "FRIEND_REQUEST_STATE_ACCEPTED",
            "FRIEND_REQUEST_STATE_REJECTED",
            "FRIEND_REQUEST_STATE_CANCELLED",
        ];

        struct GeneratedVisitor;

        impl serde::de::Visitor<'_> for GeneratedVisitor {
            type Value = FriendRequestState;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(formatter, "expected one of: {:?}", &FIELDS)
            }

            fn visit_i64<E>(self, v: i64) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                i32::try_from(v)
                    .ok()
                    .and_then(|x| x.try_into().ok())
                    .ok_or_else(|| {
                        serde::de::Error::invalid_value(serde::de::Unexpected::Signed(v), &self)
                    })
            }

            fn visit_u64<E>(self, v: u64) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                i32::try_from(v)
                    .ok()
                    .and_then(|x| x.try_into().ok())
                    .ok_or_else(|| {
                        serde::de::Error::invalid_value(serde::de::Unexpected::Unsigned(v), &self)
                    })
            }

            fn visit_str<E>(self, value: &str) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                match value {
                    "FRIEND_REQUEST_STATE_UNSPECIFIED" => Ok(FriendRequestState::Unspecified),
                    "FRIEND_REQUEST_STATE_PENDING" => Ok(FriendRequestState::Pending),
                    "FRIEND_REQUEST_STATE_ACCEPTED" => Ok(FriendRequestState::Accepted),
                    "FRIEND_REQUEST_STATE_REJECTED" => Ok(FriendRequestState::Rejected),
                    "FRIEND_REQUEST_STATE_CANCELLED" => Ok(FriendRequestState::Cancelled),
                    _ => Err(serde::de::Error::unknown_variant(value, FIELDS)),
                }
            }
        }
        deserializer.deserialize_any(GeneratedVisitor)
    }
}
impl serde::Serialize for FriendRequested {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.outcome.is_some() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.FriendRequested", len)?;
        if let Some(v) = self.outcome.as_ref() {
            match v {
                friend_requested::Outcome::Pending(v) => {
                    struct_ser.serialize_field("pending", v)?;
                }
                friend_requested::Outcome::Friend(v) => {
                    struct_ser.serialize_field("friend", v)?;
                }
            }
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for FriendRequested {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "pending",
            "friend",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Pending,
            Friend,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "pending" => Ok(GeneratedField::Pending),
                            "friend" => Ok(GeneratedField::Friend),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = FriendRequested;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.FriendRequested")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<FriendRequested, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut outcome__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Pending => {
                            if outcome__.is_some() {
                                return Err(serde::de::Error::duplicate_field("pending"));
                            }
                            outcome__ = map_.next_value::<::std::option::Option<_>>()?.map(friend_requested::Outcome::Pending)
;
                        }
                        GeneratedField::Friend => {
                            if outcome__.is_some() {
                                return Err(serde::de::Error::duplicate_field("friend"));
                            }
                            outcome__ = map_.next_value::<::std::option::Option<_>>()?.map(friend_requested::Outcome::Friend)
;
                        }
                    }
                }
                Ok(FriendRequested {
                    outcome: outcome__,
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.FriendRequested", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for GetProfiles {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.user_ids.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.GetProfiles", len)?;
        if !self.user_ids.is_empty() {
            struct_ser.serialize_field("userIds", &self.user_ids)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for GetProfiles {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "user_ids",
            "userIds",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            UserIds,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "userIds" | "user_ids" => Ok(GeneratedField::UserIds),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = GetProfiles;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.GetProfiles")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<GetProfiles, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut user_ids__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::UserIds => {
                            if user_ids__.is_some() {
                                return Err(serde::de::Error::duplicate_field("userIds"));
                            }
                            user_ids__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(GetProfiles {
                    user_ids: user_ids__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.GetProfiles", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for GiveUp {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.conversation_id.is_empty() {
            len += 1;
        }
        if !self.message_id.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.GiveUp", len)?;
        if !self.conversation_id.is_empty() {
            struct_ser.serialize_field("conversationId", &self.conversation_id)?;
        }
        if !self.message_id.is_empty() {
            struct_ser.serialize_field("messageId", &self.message_id)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for GiveUp {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "conversation_id",
            "conversationId",
            "message_id",
            "messageId",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            ConversationId,
            MessageId,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "conversationId" | "conversation_id" => Ok(GeneratedField::ConversationId),
                            "messageId" | "message_id" => Ok(GeneratedField::MessageId),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = GiveUp;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.GiveUp")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<GiveUp, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut conversation_id__ = None;
                let mut message_id__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::ConversationId => {
                            if conversation_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("conversationId"));
                            }
                            conversation_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::MessageId => {
                            if message_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("messageId"));
                            }
                            message_id__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(GiveUp {
                    conversation_id: conversation_id__.unwrap_or_default(),
                    message_id: message_id__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.GiveUp", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Heartbeat {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.server_ms != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Heartbeat", len)?;
        if self.server_ms != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("serverMs", ToString::to_string(&self.server_ms).as_str())?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Heartbeat {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "server_ms",
            "serverMs",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            ServerMs,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "serverMs" | "server_ms" => Ok(GeneratedField::ServerMs),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Heartbeat;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Heartbeat")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Heartbeat, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut server_ms__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::ServerMs => {
                            if server_ms__.is_some() {
                                return Err(serde::de::Error::duplicate_field("serverMs"));
                            }
                            server_ms__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                    }
                }
                Ok(Heartbeat {
                    server_ms: server_ms__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Heartbeat", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Hello {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.access_token.is_empty() {
            len += 1;
        }
        if !self.client.is_empty() {
            len += 1;
        }
        if !self.sync_cursor.is_empty() {
            len += 1;
        }
        if !self.known_heads.is_empty() {
            len += 1;
        }
        if !self.epoch.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Hello", len)?;
        if !self.access_token.is_empty() {
            struct_ser.serialize_field("accessToken", &self.access_token)?;
        }
        if !self.client.is_empty() {
            struct_ser.serialize_field("client", &self.client)?;
        }
        if !self.sync_cursor.is_empty() {
            struct_ser.serialize_field("syncCursor", &self.sync_cursor)?;
        }
        if !self.known_heads.is_empty() {
            struct_ser.serialize_field("knownHeads", &self.known_heads)?;
        }
        if !self.epoch.is_empty() {
            struct_ser.serialize_field("epoch", &self.epoch)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Hello {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "access_token",
            "accessToken",
            "client",
            "sync_cursor",
            "syncCursor",
            "known_heads",
            "knownHeads",
            "epoch",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            AccessToken,
            Client,
            SyncCursor,
            KnownHeads,
            Epoch,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "accessToken" | "access_token" => Ok(GeneratedField::AccessToken),
                            "client" => Ok(GeneratedField::Client),
                            "syncCursor" | "sync_cursor" => Ok(GeneratedField::SyncCursor),
                            "knownHeads" | "known_heads" => Ok(GeneratedField::KnownHeads),
                            "epoch" => Ok(GeneratedField::Epoch),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Hello;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Hello")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Hello, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut access_token__ = None;
                let mut client__ = None;
                let mut sync_cursor__ = None;
                let mut known_heads__ = None;
                let mut epoch__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::AccessToken => {
                            if access_token__.is_some() {
                                return Err(serde::de::Error::duplicate_field("accessToken"));
                            }
                            access_token__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Client => {
                            if client__.is_some() {
                                return Err(serde::de::Error::duplicate_field("client"));
                            }
                            client__ = Some(map_.next_value()?);
                        }
                        GeneratedField::SyncCursor => {
                            if sync_cursor__.is_some() {
                                return Err(serde::de::Error::duplicate_field("syncCursor"));
                            }
                            sync_cursor__ = Some(map_.next_value()?);
                        }
                        GeneratedField::KnownHeads => {
                            if known_heads__.is_some() {
                                return Err(serde::de::Error::duplicate_field("knownHeads"));
                            }
                            known_heads__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Epoch => {
                            if epoch__.is_some() {
                                return Err(serde::de::Error::duplicate_field("epoch"));
                            }
                            epoch__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(Hello {
                    access_token: access_token__.unwrap_or_default(),
                    client: client__.unwrap_or_default(),
                    sync_cursor: sync_cursor__.unwrap_or_default(),
                    known_heads: known_heads__.unwrap_or_default(),
                    epoch: epoch__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Hello", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for History {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.conversation_id.is_empty() {
            len += 1;
        }
        if !self.messages.is_empty() {
            len += 1;
        }
        if self.head_seq != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.History", len)?;
        if !self.conversation_id.is_empty() {
            struct_ser.serialize_field("conversationId", &self.conversation_id)?;
        }
        if !self.messages.is_empty() {
            struct_ser.serialize_field("messages", &self.messages)?;
        }
        if self.head_seq != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("headSeq", ToString::to_string(&self.head_seq).as_str())?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for History {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "conversation_id",
            "conversationId",
            "messages",
            "head_seq",
            "headSeq",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            ConversationId,
            Messages,
            HeadSeq,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "conversationId" | "conversation_id" => Ok(GeneratedField::ConversationId),
                            "messages" => Ok(GeneratedField::Messages),
                            "headSeq" | "head_seq" => Ok(GeneratedField::HeadSeq),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = History;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.History")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<History, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut conversation_id__ = None;
                let mut messages__ = None;
                let mut head_seq__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::ConversationId => {
                            if conversation_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("conversationId"));
                            }
                            conversation_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Messages => {
                            if messages__.is_some() {
                                return Err(serde::de::Error::duplicate_field("messages"));
                            }
                            messages__ = Some(map_.next_value()?);
                        }
                        GeneratedField::HeadSeq => {
                            if head_seq__.is_some() {
                                return Err(serde::de::Error::duplicate_field("headSeq"));
                            }
                            head_seq__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                    }
                }
                Ok(History {
                    conversation_id: conversation_id__.unwrap_or_default(),
                    messages: messages__.unwrap_or_default(),
                    head_seq: head_seq__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.History", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for KnownHead {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.log.is_some() {
            len += 1;
        }
        if self.head_seq != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.KnownHead", len)?;
        if let Some(v) = self.log.as_ref() {
            struct_ser.serialize_field("log", v)?;
        }
        if self.head_seq != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("headSeq", ToString::to_string(&self.head_seq).as_str())?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for KnownHead {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "log",
            "head_seq",
            "headSeq",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Log,
            HeadSeq,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "log" => Ok(GeneratedField::Log),
                            "headSeq" | "head_seq" => Ok(GeneratedField::HeadSeq),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = KnownHead;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.KnownHead")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<KnownHead, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut log__ = None;
                let mut head_seq__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Log => {
                            if log__.is_some() {
                                return Err(serde::de::Error::duplicate_field("log"));
                            }
                            log__ = map_.next_value()?;
                        }
                        GeneratedField::HeadSeq => {
                            if head_seq__.is_some() {
                                return Err(serde::de::Error::duplicate_field("headSeq"));
                            }
                            head_seq__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                    }
                }
                Ok(KnownHead {
                    log: log__,
                    head_seq: head_seq__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.KnownHead", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Limits {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.message_bytes != 0 {
            len += 1;
        }
        if self.frame_bytes != 0 {
            len += 1;
        }
        if self.page_size != 0 {
            len += 1;
        }
        if self.watched_users != 0 {
            len += 1;
        }
        if self.open_requests != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Limits", len)?;
        if self.message_bytes != 0 {
            struct_ser.serialize_field("messageBytes", &self.message_bytes)?;
        }
        if self.frame_bytes != 0 {
            struct_ser.serialize_field("frameBytes", &self.frame_bytes)?;
        }
        if self.page_size != 0 {
            struct_ser.serialize_field("pageSize", &self.page_size)?;
        }
        if self.watched_users != 0 {
            struct_ser.serialize_field("watchedUsers", &self.watched_users)?;
        }
        if self.open_requests != 0 {
            struct_ser.serialize_field("openRequests", &self.open_requests)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Limits {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "message_bytes",
            "messageBytes",
            "frame_bytes",
            "frameBytes",
            "page_size",
            "pageSize",
            "watched_users",
            "watchedUsers",
            "open_requests",
            "openRequests",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            MessageBytes,
            FrameBytes,
            PageSize,
            WatchedUsers,
            OpenRequests,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "messageBytes" | "message_bytes" => Ok(GeneratedField::MessageBytes),
                            "frameBytes" | "frame_bytes" => Ok(GeneratedField::FrameBytes),
                            "pageSize" | "page_size" => Ok(GeneratedField::PageSize),
                            "watchedUsers" | "watched_users" => Ok(GeneratedField::WatchedUsers),
                            "openRequests" | "open_requests" => Ok(GeneratedField::OpenRequests),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Limits;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Limits")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Limits, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut message_bytes__ = None;
                let mut frame_bytes__ = None;
                let mut page_size__ = None;
                let mut watched_users__ = None;
                let mut open_requests__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::MessageBytes => {
                            if message_bytes__.is_some() {
                                return Err(serde::de::Error::duplicate_field("messageBytes"));
                            }
                            message_bytes__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::FrameBytes => {
                            if frame_bytes__.is_some() {
                                return Err(serde::de::Error::duplicate_field("frameBytes"));
                            }
                            frame_bytes__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::PageSize => {
                            if page_size__.is_some() {
                                return Err(serde::de::Error::duplicate_field("pageSize"));
                            }
                            page_size__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::WatchedUsers => {
                            if watched_users__.is_some() {
                                return Err(serde::de::Error::duplicate_field("watchedUsers"));
                            }
                            watched_users__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::OpenRequests => {
                            if open_requests__.is_some() {
                                return Err(serde::de::Error::duplicate_field("openRequests"));
                            }
                            open_requests__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                    }
                }
                Ok(Limits {
                    message_bytes: message_bytes__.unwrap_or_default(),
                    frame_bytes: frame_bytes__.unwrap_or_default(),
                    page_size: page_size__.unwrap_or_default(),
                    watched_users: watched_users__.unwrap_or_default(),
                    open_requests: open_requests__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Limits", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for ListBlocks {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.page.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.ListBlocks", len)?;
        if !self.page.is_empty() {
            struct_ser.serialize_field("page", &self.page)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for ListBlocks {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "page",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Page,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "page" => Ok(GeneratedField::Page),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = ListBlocks;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.ListBlocks")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<ListBlocks, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut page__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Page => {
                            if page__.is_some() {
                                return Err(serde::de::Error::duplicate_field("page"));
                            }
                            page__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(ListBlocks {
                    page: page__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.ListBlocks", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for ListFriendRequests {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.sent {
            len += 1;
        }
        if !self.page.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.ListFriendRequests", len)?;
        if self.sent {
            struct_ser.serialize_field("sent", &self.sent)?;
        }
        if !self.page.is_empty() {
            struct_ser.serialize_field("page", &self.page)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for ListFriendRequests {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "sent",
            "page",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Sent,
            Page,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "sent" => Ok(GeneratedField::Sent),
                            "page" => Ok(GeneratedField::Page),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = ListFriendRequests;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.ListFriendRequests")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<ListFriendRequests, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut sent__ = None;
                let mut page__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Sent => {
                            if sent__.is_some() {
                                return Err(serde::de::Error::duplicate_field("sent"));
                            }
                            sent__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Page => {
                            if page__.is_some() {
                                return Err(serde::de::Error::duplicate_field("page"));
                            }
                            page__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(ListFriendRequests {
                    sent: sent__.unwrap_or_default(),
                    page: page__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.ListFriendRequests", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for ListFriends {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.page.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.ListFriends", len)?;
        if !self.page.is_empty() {
            struct_ser.serialize_field("page", &self.page)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for ListFriends {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "page",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Page,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "page" => Ok(GeneratedField::Page),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = ListFriends;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.ListFriends")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<ListFriends, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut page__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Page => {
                            if page__.is_some() {
                                return Err(serde::de::Error::duplicate_field("page"));
                            }
                            page__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(ListFriends {
                    page: page__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.ListFriends", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for ListSessions {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let len = 0;
        let struct_ser = serializer.serialize_struct("flux.v1.ListSessions", len)?;
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for ListSessions {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                            Err(serde::de::Error::unknown_field(value, FIELDS))
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = ListSessions;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.ListSessions")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<ListSessions, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                while map_.next_key::<GeneratedField>()?.is_some() {
                    let _ = map_.next_value::<serde::de::IgnoredAny>()?;
                }
                Ok(ListSessions {
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.ListSessions", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for LogChanged {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.log.is_some() {
            len += 1;
        }
        if self.head_seq != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.LogChanged", len)?;
        if let Some(v) = self.log.as_ref() {
            struct_ser.serialize_field("log", v)?;
        }
        if self.head_seq != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("headSeq", ToString::to_string(&self.head_seq).as_str())?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for LogChanged {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "log",
            "head_seq",
            "headSeq",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Log,
            HeadSeq,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "log" => Ok(GeneratedField::Log),
                            "headSeq" | "head_seq" => Ok(GeneratedField::HeadSeq),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = LogChanged;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.LogChanged")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<LogChanged, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut log__ = None;
                let mut head_seq__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Log => {
                            if log__.is_some() {
                                return Err(serde::de::Error::duplicate_field("log"));
                            }
                            log__ = map_.next_value()?;
                        }
                        GeneratedField::HeadSeq => {
                            if head_seq__.is_some() {
                                return Err(serde::de::Error::duplicate_field("headSeq"));
                            }
                            head_seq__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                    }
                }
                Ok(LogChanged {
                    log: log__,
                    head_seq: head_seq__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.LogChanged", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for LogRef {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.log.is_some() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.LogRef", len)?;
        if let Some(v) = self.log.as_ref() {
            match v {
                log_ref::Log::ConversationId(v) => {
                    struct_ser.serialize_field("conversationId", v)?;
                }
                log_ref::Log::Feed(v) => {
                    struct_ser.serialize_field("feed", v)?;
                }
            }
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for LogRef {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "conversation_id",
            "conversationId",
            "feed",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            ConversationId,
            Feed,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "conversationId" | "conversation_id" => Ok(GeneratedField::ConversationId),
                            "feed" => Ok(GeneratedField::Feed),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = LogRef;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.LogRef")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<LogRef, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut log__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::ConversationId => {
                            if log__.is_some() {
                                return Err(serde::de::Error::duplicate_field("conversationId"));
                            }
                            log__ = map_.next_value::<::std::option::Option<_>>()?.map(log_ref::Log::ConversationId);
                        }
                        GeneratedField::Feed => {
                            if log__.is_some() {
                                return Err(serde::de::Error::duplicate_field("feed"));
                            }
                            log__ = map_.next_value::<::std::option::Option<_>>()?.map(log_ref::Log::Feed)
;
                        }
                    }
                }
                Ok(LogRef {
                    log: log__,
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.LogRef", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Logout {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.session_id.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Logout", len)?;
        if !self.session_id.is_empty() {
            struct_ser.serialize_field("sessionId", &self.session_id)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Logout {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "session_id",
            "sessionId",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            SessionId,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "sessionId" | "session_id" => Ok(GeneratedField::SessionId),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Logout;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Logout")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Logout, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut session_id__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::SessionId => {
                            if session_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("sessionId"));
                            }
                            session_id__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(Logout {
                    session_id: session_id__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Logout", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for MarkDelivered {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.conversation_id.is_empty() {
            len += 1;
        }
        if self.seq != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.MarkDelivered", len)?;
        if !self.conversation_id.is_empty() {
            struct_ser.serialize_field("conversationId", &self.conversation_id)?;
        }
        if self.seq != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("seq", ToString::to_string(&self.seq).as_str())?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for MarkDelivered {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "conversation_id",
            "conversationId",
            "seq",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            ConversationId,
            Seq,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "conversationId" | "conversation_id" => Ok(GeneratedField::ConversationId),
                            "seq" => Ok(GeneratedField::Seq),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = MarkDelivered;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.MarkDelivered")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<MarkDelivered, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut conversation_id__ = None;
                let mut seq__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::ConversationId => {
                            if conversation_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("conversationId"));
                            }
                            conversation_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Seq => {
                            if seq__.is_some() {
                                return Err(serde::de::Error::duplicate_field("seq"));
                            }
                            seq__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                    }
                }
                Ok(MarkDelivered {
                    conversation_id: conversation_id__.unwrap_or_default(),
                    seq: seq__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.MarkDelivered", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for MarkRead {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.conversation_id.is_empty() {
            len += 1;
        }
        if self.seq != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.MarkRead", len)?;
        if !self.conversation_id.is_empty() {
            struct_ser.serialize_field("conversationId", &self.conversation_id)?;
        }
        if self.seq != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("seq", ToString::to_string(&self.seq).as_str())?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for MarkRead {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "conversation_id",
            "conversationId",
            "seq",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            ConversationId,
            Seq,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "conversationId" | "conversation_id" => Ok(GeneratedField::ConversationId),
                            "seq" => Ok(GeneratedField::Seq),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = MarkRead;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.MarkRead")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<MarkRead, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut conversation_id__ = None;
                let mut seq__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::ConversationId => {
                            if conversation_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("conversationId"));
                            }
                            conversation_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Seq => {
                            if seq__.is_some() {
                                return Err(serde::de::Error::duplicate_field("seq"));
                            }
                            seq__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                    }
                }
                Ok(MarkRead {
                    conversation_id: conversation_id__.unwrap_or_default(),
                    seq: seq__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.MarkRead", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Message {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.conversation_id.is_empty() {
            len += 1;
        }
        if self.seq != 0 {
            len += 1;
        }
        if !self.sender_id.is_empty() {
            len += 1;
        }
        if !self.message_id.is_empty() {
            len += 1;
        }
        if !self.text.is_empty() {
            len += 1;
        }
        if self.stored_ms != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Message", len)?;
        if !self.conversation_id.is_empty() {
            struct_ser.serialize_field("conversationId", &self.conversation_id)?;
        }
        if self.seq != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("seq", ToString::to_string(&self.seq).as_str())?;
        }
        if !self.sender_id.is_empty() {
            struct_ser.serialize_field("senderId", &self.sender_id)?;
        }
        if !self.message_id.is_empty() {
            struct_ser.serialize_field("messageId", &self.message_id)?;
        }
        if !self.text.is_empty() {
            struct_ser.serialize_field("text", &self.text)?;
        }
        if self.stored_ms != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("storedMs", ToString::to_string(&self.stored_ms).as_str())?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Message {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "conversation_id",
            "conversationId",
            "seq",
            "sender_id",
            "senderId",
            "message_id",
            "messageId",
            "text",
            "stored_ms",
            "storedMs",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            ConversationId,
            Seq,
            SenderId,
            MessageId,
            Text,
            StoredMs,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "conversationId" | "conversation_id" => Ok(GeneratedField::ConversationId),
                            "seq" => Ok(GeneratedField::Seq),
                            "senderId" | "sender_id" => Ok(GeneratedField::SenderId),
                            "messageId" | "message_id" => Ok(GeneratedField::MessageId),
                            "text" => Ok(GeneratedField::Text),
                            "storedMs" | "stored_ms" => Ok(GeneratedField::StoredMs),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Message;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Message")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Message, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut conversation_id__ = None;
                let mut seq__ = None;
                let mut sender_id__ = None;
                let mut message_id__ = None;
                let mut text__ = None;
                let mut stored_ms__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::ConversationId => {
                            if conversation_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("conversationId"));
                            }
                            conversation_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Seq => {
                            if seq__.is_some() {
                                return Err(serde::de::Error::duplicate_field("seq"));
                            }
                            seq__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::SenderId => {
                            if sender_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("senderId"));
                            }
                            sender_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::MessageId => {
                            if message_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("messageId"));
                            }
                            message_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Text => {
                            if text__.is_some() {
                                return Err(serde::de::Error::duplicate_field("text"));
                            }
                            text__ = Some(map_.next_value()?);
                        }
                        GeneratedField::StoredMs => {
                            if stored_ms__.is_some() {
                                return Err(serde::de::Error::duplicate_field("storedMs"));
                            }
                            stored_ms__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                    }
                }
                Ok(Message {
                    conversation_id: conversation_id__.unwrap_or_default(),
                    seq: seq__.unwrap_or_default(),
                    sender_id: sender_id__.unwrap_or_default(),
                    message_id: message_id__.unwrap_or_default(),
                    text: text__.unwrap_or_default(),
                    stored_ms: stored_ms__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Message", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for OwnFeed {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let len = 0;
        let struct_ser = serializer.serialize_struct("flux.v1.OwnFeed", len)?;
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for OwnFeed {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                            Err(serde::de::Error::unknown_field(value, FIELDS))
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = OwnFeed;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.OwnFeed")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<OwnFeed, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                while map_.next_key::<GeneratedField>()?.is_some() {
                    let _ = map_.next_value::<serde::de::IgnoredAny>()?;
                }
                Ok(OwnFeed {
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.OwnFeed", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for OwnPresence {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        let variant = match self {
            Self::Unspecified => "OWN_PRESENCE_UNSPECIFIED",
            Self::Online => "OWN_PRESENCE_ONLINE",
            Self::Away => "OWN_PRESENCE_AWAY",
            Self::Invisible => "OWN_PRESENCE_INVISIBLE",
        };
        serializer.serialize_str(variant)
    }
}
impl<'de> serde::Deserialize<'de> for OwnPresence {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "OWN_PRESENCE_UNSPECIFIED",
            "OWN_PRESENCE_ONLINE",
            "OWN_PRESENCE_AWAY",
            "OWN_PRESENCE_INVISIBLE",
        ];

        struct GeneratedVisitor;

        impl serde::de::Visitor<'_> for GeneratedVisitor {
            type Value = OwnPresence;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(formatter, "expected one of: {:?}", &FIELDS)
            }

            fn visit_i64<E>(self, v: i64) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                i32::try_from(v)
                    .ok()
                    .and_then(|x| x.try_into().ok())
                    .ok_or_else(|| {
                        serde::de::Error::invalid_value(serde::de::Unexpected::Signed(v), &self)
                    })
            }

            fn visit_u64<E>(self, v: u64) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                i32::try_from(v)
                    .ok()
                    .and_then(|x| x.try_into().ok())
                    .ok_or_else(|| {
                        serde::de::Error::invalid_value(serde::de::Unexpected::Unsigned(v), &self)
                    })
            }

            fn visit_str<E>(self, value: &str) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                match value {
                    "OWN_PRESENCE_UNSPECIFIED" => Ok(OwnPresence::Unspecified),
                    "OWN_PRESENCE_ONLINE" => Ok(OwnPresence::Online),
                    "OWN_PRESENCE_AWAY" => Ok(OwnPresence::Away),
                    "OWN_PRESENCE_INVISIBLE" => Ok(OwnPresence::Invisible),
                    _ => Err(serde::de::Error::unknown_variant(value, FIELDS)),
                }
            }
        }
        deserializer.deserialize_any(GeneratedVisitor)
    }
}
impl serde::Serialize for Ping {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.payload.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Ping", len)?;
        if !self.payload.is_empty() {
            struct_ser.serialize_field("payload", &self.payload)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Ping {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "payload",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Payload,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "payload" => Ok(GeneratedField::Payload),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Ping;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Ping")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Ping, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut payload__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Payload => {
                            if payload__.is_some() {
                                return Err(serde::de::Error::duplicate_field("payload"));
                            }
                            payload__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(Ping {
                    payload: payload__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Ping", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Pong {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.payload.is_empty() {
            len += 1;
        }
        if self.server_ms != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Pong", len)?;
        if !self.payload.is_empty() {
            struct_ser.serialize_field("payload", &self.payload)?;
        }
        if self.server_ms != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("serverMs", ToString::to_string(&self.server_ms).as_str())?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Pong {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "payload",
            "server_ms",
            "serverMs",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Payload,
            ServerMs,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "payload" => Ok(GeneratedField::Payload),
                            "serverMs" | "server_ms" => Ok(GeneratedField::ServerMs),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Pong;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Pong")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Pong, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut payload__ = None;
                let mut server_ms__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Payload => {
                            if payload__.is_some() {
                                return Err(serde::de::Error::duplicate_field("payload"));
                            }
                            payload__ = Some(map_.next_value()?);
                        }
                        GeneratedField::ServerMs => {
                            if server_ms__.is_some() {
                                return Err(serde::de::Error::duplicate_field("serverMs"));
                            }
                            server_ms__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                    }
                }
                Ok(Pong {
                    payload: payload__.unwrap_or_default(),
                    server_ms: server_ms__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Pong", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Presence {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.user_id.is_empty() {
            len += 1;
        }
        if self.state != 0 {
            len += 1;
        }
        if self.last_seen_ms != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Presence", len)?;
        if !self.user_id.is_empty() {
            struct_ser.serialize_field("userId", &self.user_id)?;
        }
        if self.state != 0 {
            let v = PresenceState::try_from(self.state)
                .map_err(|_| serde::ser::Error::custom(format!("Invalid variant {}", self.state)))?;
            struct_ser.serialize_field("state", &v)?;
        }
        if self.last_seen_ms != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("lastSeenMs", ToString::to_string(&self.last_seen_ms).as_str())?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Presence {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "user_id",
            "userId",
            "state",
            "last_seen_ms",
            "lastSeenMs",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            UserId,
            State,
            LastSeenMs,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "userId" | "user_id" => Ok(GeneratedField::UserId),
                            "state" => Ok(GeneratedField::State),
                            "lastSeenMs" | "last_seen_ms" => Ok(GeneratedField::LastSeenMs),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Presence;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Presence")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Presence, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut user_id__ = None;
                let mut state__ = None;
                let mut last_seen_ms__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::UserId => {
                            if user_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("userId"));
                            }
                            user_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::State => {
                            if state__.is_some() {
                                return Err(serde::de::Error::duplicate_field("state"));
                            }
                            state__ = Some(map_.next_value::<PresenceState>()? as i32);
                        }
                        GeneratedField::LastSeenMs => {
                            if last_seen_ms__.is_some() {
                                return Err(serde::de::Error::duplicate_field("lastSeenMs"));
                            }
                            last_seen_ms__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                    }
                }
                Ok(Presence {
                    user_id: user_id__.unwrap_or_default(),
                    state: state__.unwrap_or_default(),
                    last_seen_ms: last_seen_ms__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Presence", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for PresenceList {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.presences.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.PresenceList", len)?;
        if !self.presences.is_empty() {
            struct_ser.serialize_field("presences", &self.presences)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for PresenceList {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "presences",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Presences,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "presences" => Ok(GeneratedField::Presences),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = PresenceList;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.PresenceList")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<PresenceList, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut presences__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Presences => {
                            if presences__.is_some() {
                                return Err(serde::de::Error::duplicate_field("presences"));
                            }
                            presences__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(PresenceList {
                    presences: presences__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.PresenceList", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for PresenceState {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        let variant = match self {
            Self::Unspecified => "PRESENCE_STATE_UNSPECIFIED",
            Self::Offline => "PRESENCE_STATE_OFFLINE",
            Self::Online => "PRESENCE_STATE_ONLINE",
            Self::Away => "PRESENCE_STATE_AWAY",
            Self::Unknown => "PRESENCE_STATE_UNKNOWN",
        };
        serializer.serialize_str(variant)
    }
}
impl<'de> serde::Deserialize<'de> for PresenceState {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "PRESENCE_STATE_UNSPECIFIED",
            "PRESENCE_STATE_OFFLINE",
            "PRESENCE_STATE_ONLINE",
            "PRESENCE_STATE_AWAY",
            "PRESENCE_STATE_UNKNOWN",
        ];

        struct GeneratedVisitor;

        impl serde::de::Visitor<'_> for GeneratedVisitor {
            type Value = PresenceState;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(formatter, "expected one of: {:?}", &FIELDS)
            }

            fn visit_i64<E>(self, v: i64) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                i32::try_from(v)
                    .ok()
                    .and_then(|x| x.try_into().ok())
                    .ok_or_else(|| {
                        serde::de::Error::invalid_value(serde::de::Unexpected::Signed(v), &self)
                    })
            }

            fn visit_u64<E>(self, v: u64) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                i32::try_from(v)
                    .ok()
                    .and_then(|x| x.try_into().ok())
                    .ok_or_else(|| {
                        serde::de::Error::invalid_value(serde::de::Unexpected::Unsigned(v), &self)
                    })
            }

            fn visit_str<E>(self, value: &str) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                match value {
                    "PRESENCE_STATE_UNSPECIFIED" => Ok(PresenceState::Unspecified),
                    "PRESENCE_STATE_OFFLINE" => Ok(PresenceState::Offline),
                    "PRESENCE_STATE_ONLINE" => Ok(PresenceState::Online),
                    "PRESENCE_STATE_AWAY" => Ok(PresenceState::Away),
                    "PRESENCE_STATE_UNKNOWN" => Ok(PresenceState::Unknown),
                    _ => Err(serde::de::Error::unknown_variant(value, FIELDS)),
                }
            }
        }
        deserializer.deserialize_any(GeneratedVisitor)
    }
}
impl serde::Serialize for Profile {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.user_id.is_empty() {
            len += 1;
        }
        if !self.username.is_empty() {
            len += 1;
        }
        if !self.display_name.is_empty() {
            len += 1;
        }
        if !self.bio.is_empty() {
            len += 1;
        }
        if self.deleted {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Profile", len)?;
        if !self.user_id.is_empty() {
            struct_ser.serialize_field("userId", &self.user_id)?;
        }
        if !self.username.is_empty() {
            struct_ser.serialize_field("username", &self.username)?;
        }
        if !self.display_name.is_empty() {
            struct_ser.serialize_field("displayName", &self.display_name)?;
        }
        if !self.bio.is_empty() {
            struct_ser.serialize_field("bio", &self.bio)?;
        }
        if self.deleted {
            struct_ser.serialize_field("deleted", &self.deleted)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Profile {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "user_id",
            "userId",
            "username",
            "display_name",
            "displayName",
            "bio",
            "deleted",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            UserId,
            Username,
            DisplayName,
            Bio,
            Deleted,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "userId" | "user_id" => Ok(GeneratedField::UserId),
                            "username" => Ok(GeneratedField::Username),
                            "displayName" | "display_name" => Ok(GeneratedField::DisplayName),
                            "bio" => Ok(GeneratedField::Bio),
                            "deleted" => Ok(GeneratedField::Deleted),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Profile;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Profile")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Profile, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut user_id__ = None;
                let mut username__ = None;
                let mut display_name__ = None;
                let mut bio__ = None;
                let mut deleted__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::UserId => {
                            if user_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("userId"));
                            }
                            user_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Username => {
                            if username__.is_some() {
                                return Err(serde::de::Error::duplicate_field("username"));
                            }
                            username__ = Some(map_.next_value()?);
                        }
                        GeneratedField::DisplayName => {
                            if display_name__.is_some() {
                                return Err(serde::de::Error::duplicate_field("displayName"));
                            }
                            display_name__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Bio => {
                            if bio__.is_some() {
                                return Err(serde::de::Error::duplicate_field("bio"));
                            }
                            bio__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Deleted => {
                            if deleted__.is_some() {
                                return Err(serde::de::Error::duplicate_field("deleted"));
                            }
                            deleted__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(Profile {
                    user_id: user_id__.unwrap_or_default(),
                    username: username__.unwrap_or_default(),
                    display_name: display_name__.unwrap_or_default(),
                    bio: bio__.unwrap_or_default(),
                    deleted: deleted__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Profile", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for ProfileList {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.profiles.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.ProfileList", len)?;
        if !self.profiles.is_empty() {
            struct_ser.serialize_field("profiles", &self.profiles)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for ProfileList {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "profiles",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Profiles,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "profiles" => Ok(GeneratedField::Profiles),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = ProfileList;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.ProfileList")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<ProfileList, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut profiles__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Profiles => {
                            if profiles__.is_some() {
                                return Err(serde::de::Error::duplicate_field("profiles"));
                            }
                            profiles__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(ProfileList {
                    profiles: profiles__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.ProfileList", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for ReadFeed {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.after_seq != 0 {
            len += 1;
        }
        if self.limit != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.ReadFeed", len)?;
        if self.after_seq != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("afterSeq", ToString::to_string(&self.after_seq).as_str())?;
        }
        if self.limit != 0 {
            struct_ser.serialize_field("limit", &self.limit)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for ReadFeed {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "after_seq",
            "afterSeq",
            "limit",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            AfterSeq,
            Limit,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "afterSeq" | "after_seq" => Ok(GeneratedField::AfterSeq),
                            "limit" => Ok(GeneratedField::Limit),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = ReadFeed;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.ReadFeed")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<ReadFeed, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut after_seq__ = None;
                let mut limit__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::AfterSeq => {
                            if after_seq__.is_some() {
                                return Err(serde::de::Error::duplicate_field("afterSeq"));
                            }
                            after_seq__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::Limit => {
                            if limit__.is_some() {
                                return Err(serde::de::Error::duplicate_field("limit"));
                            }
                            limit__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                    }
                }
                Ok(ReadFeed {
                    after_seq: after_seq__.unwrap_or_default(),
                    limit: limit__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.ReadFeed", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for ReadHistory {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.conversation_id.is_empty() {
            len += 1;
        }
        if self.limit != 0 {
            len += 1;
        }
        if self.from.is_some() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.ReadHistory", len)?;
        if !self.conversation_id.is_empty() {
            struct_ser.serialize_field("conversationId", &self.conversation_id)?;
        }
        if self.limit != 0 {
            struct_ser.serialize_field("limit", &self.limit)?;
        }
        if let Some(v) = self.from.as_ref() {
            match v {
                read_history::From::BeforeSeq(v) => {
                    #[allow(clippy::needless_borrow)]
                    #[allow(clippy::needless_borrows_for_generic_args)]
                    struct_ser.serialize_field("beforeSeq", ToString::to_string(&v).as_str())?;
                }
                read_history::From::AfterSeq(v) => {
                    #[allow(clippy::needless_borrow)]
                    #[allow(clippy::needless_borrows_for_generic_args)]
                    struct_ser.serialize_field("afterSeq", ToString::to_string(&v).as_str())?;
                }
            }
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for ReadHistory {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "conversation_id",
            "conversationId",
            "limit",
            "before_seq",
            "beforeSeq",
            "after_seq",
            "afterSeq",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            ConversationId,
            Limit,
            BeforeSeq,
            AfterSeq,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "conversationId" | "conversation_id" => Ok(GeneratedField::ConversationId),
                            "limit" => Ok(GeneratedField::Limit),
                            "beforeSeq" | "before_seq" => Ok(GeneratedField::BeforeSeq),
                            "afterSeq" | "after_seq" => Ok(GeneratedField::AfterSeq),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = ReadHistory;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.ReadHistory")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<ReadHistory, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut conversation_id__ = None;
                let mut limit__ = None;
                let mut from__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::ConversationId => {
                            if conversation_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("conversationId"));
                            }
                            conversation_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Limit => {
                            if limit__.is_some() {
                                return Err(serde::de::Error::duplicate_field("limit"));
                            }
                            limit__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::BeforeSeq => {
                            if from__.is_some() {
                                return Err(serde::de::Error::duplicate_field("beforeSeq"));
                            }
                            from__ = map_.next_value::<::std::option::Option<::pbjson::private::NumberDeserialize<_>>>()?.map(|x| read_history::From::BeforeSeq(x.0));
                        }
                        GeneratedField::AfterSeq => {
                            if from__.is_some() {
                                return Err(serde::de::Error::duplicate_field("afterSeq"));
                            }
                            from__ = map_.next_value::<::std::option::Option<::pbjson::private::NumberDeserialize<_>>>()?.map(|x| read_history::From::AfterSeq(x.0));
                        }
                    }
                }
                Ok(ReadHistory {
                    conversation_id: conversation_id__.unwrap_or_default(),
                    limit: limit__.unwrap_or_default(),
                    from: from__,
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.ReadHistory", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Receipt {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.conversation_id.is_empty() {
            len += 1;
        }
        if self.cursor.is_some() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Receipt", len)?;
        if !self.conversation_id.is_empty() {
            struct_ser.serialize_field("conversationId", &self.conversation_id)?;
        }
        if let Some(v) = self.cursor.as_ref() {
            struct_ser.serialize_field("cursor", v)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Receipt {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "conversation_id",
            "conversationId",
            "cursor",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            ConversationId,
            Cursor,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "conversationId" | "conversation_id" => Ok(GeneratedField::ConversationId),
                            "cursor" => Ok(GeneratedField::Cursor),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Receipt;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Receipt")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Receipt, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut conversation_id__ = None;
                let mut cursor__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::ConversationId => {
                            if conversation_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("conversationId"));
                            }
                            conversation_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Cursor => {
                            if cursor__.is_some() {
                                return Err(serde::de::Error::duplicate_field("cursor"));
                            }
                            cursor__ = map_.next_value()?;
                        }
                    }
                }
                Ok(Receipt {
                    conversation_id: conversation_id__.unwrap_or_default(),
                    cursor: cursor__,
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Receipt", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for RemarkChanged {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.user_id.is_empty() {
            len += 1;
        }
        if !self.remark.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.RemarkChanged", len)?;
        if !self.user_id.is_empty() {
            struct_ser.serialize_field("userId", &self.user_id)?;
        }
        if !self.remark.is_empty() {
            struct_ser.serialize_field("remark", &self.remark)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for RemarkChanged {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "user_id",
            "userId",
            "remark",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            UserId,
            Remark,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "userId" | "user_id" => Ok(GeneratedField::UserId),
                            "remark" => Ok(GeneratedField::Remark),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = RemarkChanged;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.RemarkChanged")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<RemarkChanged, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut user_id__ = None;
                let mut remark__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::UserId => {
                            if user_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("userId"));
                            }
                            user_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Remark => {
                            if remark__.is_some() {
                                return Err(serde::de::Error::duplicate_field("remark"));
                            }
                            remark__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(RemarkChanged {
                    user_id: user_id__.unwrap_or_default(),
                    remark: remark__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.RemarkChanged", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for RemoveFriend {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.user_id.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.RemoveFriend", len)?;
        if !self.user_id.is_empty() {
            struct_ser.serialize_field("userId", &self.user_id)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for RemoveFriend {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "user_id",
            "userId",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            UserId,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "userId" | "user_id" => Ok(GeneratedField::UserId),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = RemoveFriend;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.RemoveFriend")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<RemoveFriend, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut user_id__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::UserId => {
                            if user_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("userId"));
                            }
                            user_id__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(RemoveFriend {
                    user_id: user_id__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.RemoveFriend", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Reply {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.request_id != 0 {
            len += 1;
        }
        if self.result.is_some() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Reply", len)?;
        if self.request_id != 0 {
            struct_ser.serialize_field("requestId", &self.request_id)?;
        }
        if let Some(v) = self.result.as_ref() {
            match v {
                reply::Result::Error(v) => {
                    struct_ser.serialize_field("error", v)?;
                }
                reply::Result::Done(v) => {
                    struct_ser.serialize_field("done", v)?;
                }
                reply::Result::Welcome(v) => {
                    struct_ser.serialize_field("welcome", v)?;
                }
                reply::Result::Pong(v) => {
                    struct_ser.serialize_field("pong", v)?;
                }
                reply::Result::Sent(v) => {
                    struct_ser.serialize_field("sent", v)?;
                }
                reply::Result::History(v) => {
                    struct_ser.serialize_field("history", v)?;
                }
                reply::Result::Feed(v) => {
                    struct_ser.serialize_field("feed", v)?;
                }
                reply::Result::SyncPage(v) => {
                    struct_ser.serialize_field("syncPage", v)?;
                }
                reply::Result::CursorMoved(v) => {
                    struct_ser.serialize_field("cursorMoved", v)?;
                }
                reply::Result::PresenceList(v) => {
                    struct_ser.serialize_field("presenceList", v)?;
                }
                reply::Result::ProfileList(v) => {
                    struct_ser.serialize_field("profileList", v)?;
                }
                reply::Result::FriendRequested(v) => {
                    struct_ser.serialize_field("friendRequested", v)?;
                }
                reply::Result::FriendRequestList(v) => {
                    struct_ser.serialize_field("friendRequestList", v)?;
                }
                reply::Result::FriendList(v) => {
                    struct_ser.serialize_field("friendList", v)?;
                }
                reply::Result::BlockList(v) => {
                    struct_ser.serialize_field("blockList", v)?;
                }
                reply::Result::SessionList(v) => {
                    struct_ser.serialize_field("sessionList", v)?;
                }
            }
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Reply {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "request_id",
            "requestId",
            "error",
            "done",
            "welcome",
            "pong",
            "sent",
            "history",
            "feed",
            "sync_page",
            "syncPage",
            "cursor_moved",
            "cursorMoved",
            "presence_list",
            "presenceList",
            "profile_list",
            "profileList",
            "friend_requested",
            "friendRequested",
            "friend_request_list",
            "friendRequestList",
            "friend_list",
            "friendList",
            "block_list",
            "blockList",
            "session_list",
            "sessionList",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            RequestId,
            Error,
            Done,
            Welcome,
            Pong,
            Sent,
            History,
            Feed,
            SyncPage,
            CursorMoved,
            PresenceList,
            ProfileList,
            FriendRequested,
            FriendRequestList,
            FriendList,
            BlockList,
            SessionList,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "requestId" | "request_id" => Ok(GeneratedField::RequestId),
                            "error" => Ok(GeneratedField::Error),
                            "done" => Ok(GeneratedField::Done),
                            "welcome" => Ok(GeneratedField::Welcome),
                            "pong" => Ok(GeneratedField::Pong),
                            "sent" => Ok(GeneratedField::Sent),
                            "history" => Ok(GeneratedField::History),
                            "feed" => Ok(GeneratedField::Feed),
                            "syncPage" | "sync_page" => Ok(GeneratedField::SyncPage),
                            "cursorMoved" | "cursor_moved" => Ok(GeneratedField::CursorMoved),
                            "presenceList" | "presence_list" => Ok(GeneratedField::PresenceList),
                            "profileList" | "profile_list" => Ok(GeneratedField::ProfileList),
                            "friendRequested" | "friend_requested" => Ok(GeneratedField::FriendRequested),
                            "friendRequestList" | "friend_request_list" => Ok(GeneratedField::FriendRequestList),
                            "friendList" | "friend_list" => Ok(GeneratedField::FriendList),
                            "blockList" | "block_list" => Ok(GeneratedField::BlockList),
                            "sessionList" | "session_list" => Ok(GeneratedField::SessionList),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Reply;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Reply")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Reply, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut request_id__ = None;
                let mut result__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::RequestId => {
                            if request_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("requestId"));
                            }
                            request_id__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::Error => {
                            if result__.is_some() {
                                return Err(serde::de::Error::duplicate_field("error"));
                            }
                            result__ = map_.next_value::<::std::option::Option<_>>()?.map(reply::Result::Error)
;
                        }
                        GeneratedField::Done => {
                            if result__.is_some() {
                                return Err(serde::de::Error::duplicate_field("done"));
                            }
                            result__ = map_.next_value::<::std::option::Option<_>>()?.map(reply::Result::Done)
;
                        }
                        GeneratedField::Welcome => {
                            if result__.is_some() {
                                return Err(serde::de::Error::duplicate_field("welcome"));
                            }
                            result__ = map_.next_value::<::std::option::Option<_>>()?.map(reply::Result::Welcome)
;
                        }
                        GeneratedField::Pong => {
                            if result__.is_some() {
                                return Err(serde::de::Error::duplicate_field("pong"));
                            }
                            result__ = map_.next_value::<::std::option::Option<_>>()?.map(reply::Result::Pong)
;
                        }
                        GeneratedField::Sent => {
                            if result__.is_some() {
                                return Err(serde::de::Error::duplicate_field("sent"));
                            }
                            result__ = map_.next_value::<::std::option::Option<_>>()?.map(reply::Result::Sent)
;
                        }
                        GeneratedField::History => {
                            if result__.is_some() {
                                return Err(serde::de::Error::duplicate_field("history"));
                            }
                            result__ = map_.next_value::<::std::option::Option<_>>()?.map(reply::Result::History)
;
                        }
                        GeneratedField::Feed => {
                            if result__.is_some() {
                                return Err(serde::de::Error::duplicate_field("feed"));
                            }
                            result__ = map_.next_value::<::std::option::Option<_>>()?.map(reply::Result::Feed)
;
                        }
                        GeneratedField::SyncPage => {
                            if result__.is_some() {
                                return Err(serde::de::Error::duplicate_field("syncPage"));
                            }
                            result__ = map_.next_value::<::std::option::Option<_>>()?.map(reply::Result::SyncPage)
;
                        }
                        GeneratedField::CursorMoved => {
                            if result__.is_some() {
                                return Err(serde::de::Error::duplicate_field("cursorMoved"));
                            }
                            result__ = map_.next_value::<::std::option::Option<_>>()?.map(reply::Result::CursorMoved)
;
                        }
                        GeneratedField::PresenceList => {
                            if result__.is_some() {
                                return Err(serde::de::Error::duplicate_field("presenceList"));
                            }
                            result__ = map_.next_value::<::std::option::Option<_>>()?.map(reply::Result::PresenceList)
;
                        }
                        GeneratedField::ProfileList => {
                            if result__.is_some() {
                                return Err(serde::de::Error::duplicate_field("profileList"));
                            }
                            result__ = map_.next_value::<::std::option::Option<_>>()?.map(reply::Result::ProfileList)
;
                        }
                        GeneratedField::FriendRequested => {
                            if result__.is_some() {
                                return Err(serde::de::Error::duplicate_field("friendRequested"));
                            }
                            result__ = map_.next_value::<::std::option::Option<_>>()?.map(reply::Result::FriendRequested)
;
                        }
                        GeneratedField::FriendRequestList => {
                            if result__.is_some() {
                                return Err(serde::de::Error::duplicate_field("friendRequestList"));
                            }
                            result__ = map_.next_value::<::std::option::Option<_>>()?.map(reply::Result::FriendRequestList)
;
                        }
                        GeneratedField::FriendList => {
                            if result__.is_some() {
                                return Err(serde::de::Error::duplicate_field("friendList"));
                            }
                            result__ = map_.next_value::<::std::option::Option<_>>()?.map(reply::Result::FriendList)
;
                        }
                        GeneratedField::BlockList => {
                            if result__.is_some() {
                                return Err(serde::de::Error::duplicate_field("blockList"));
                            }
                            result__ = map_.next_value::<::std::option::Option<_>>()?.map(reply::Result::BlockList)
;
                        }
                        GeneratedField::SessionList => {
                            if result__.is_some() {
                                return Err(serde::de::Error::duplicate_field("sessionList"));
                            }
                            result__ = map_.next_value::<::std::option::Option<_>>()?.map(reply::Result::SessionList)
;
                        }
                    }
                }
                Ok(Reply {
                    request_id: request_id__.unwrap_or_default(),
                    result: result__,
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Reply", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for RequestFriend {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.user_id.is_empty() {
            len += 1;
        }
        if !self.greeting.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.RequestFriend", len)?;
        if !self.user_id.is_empty() {
            struct_ser.serialize_field("userId", &self.user_id)?;
        }
        if !self.greeting.is_empty() {
            struct_ser.serialize_field("greeting", &self.greeting)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for RequestFriend {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "user_id",
            "userId",
            "greeting",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            UserId,
            Greeting,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "userId" | "user_id" => Ok(GeneratedField::UserId),
                            "greeting" => Ok(GeneratedField::Greeting),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = RequestFriend;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.RequestFriend")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<RequestFriend, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut user_id__ = None;
                let mut greeting__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::UserId => {
                            if user_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("userId"));
                            }
                            user_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Greeting => {
                            if greeting__.is_some() {
                                return Err(serde::de::Error::duplicate_field("greeting"));
                            }
                            greeting__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(RequestFriend {
                    user_id: user_id__.unwrap_or_default(),
                    greeting: greeting__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.RequestFriend", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Retry {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        let variant = match self {
            Self::Unspecified => "RETRY_UNSPECIFIED",
            Self::Never => "RETRY_NEVER",
            Self::Later => "RETRY_LATER",
        };
        serializer.serialize_str(variant)
    }
}
impl<'de> serde::Deserialize<'de> for Retry {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "RETRY_UNSPECIFIED",
            "RETRY_NEVER",
            "RETRY_LATER",
        ];

        struct GeneratedVisitor;

        impl serde::de::Visitor<'_> for GeneratedVisitor {
            type Value = Retry;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(formatter, "expected one of: {:?}", &FIELDS)
            }

            fn visit_i64<E>(self, v: i64) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                i32::try_from(v)
                    .ok()
                    .and_then(|x| x.try_into().ok())
                    .ok_or_else(|| {
                        serde::de::Error::invalid_value(serde::de::Unexpected::Signed(v), &self)
                    })
            }

            fn visit_u64<E>(self, v: u64) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                i32::try_from(v)
                    .ok()
                    .and_then(|x| x.try_into().ok())
                    .ok_or_else(|| {
                        serde::de::Error::invalid_value(serde::de::Unexpected::Unsigned(v), &self)
                    })
            }

            fn visit_str<E>(self, value: &str) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                match value {
                    "RETRY_UNSPECIFIED" => Ok(Retry::Unspecified),
                    "RETRY_NEVER" => Ok(Retry::Never),
                    "RETRY_LATER" => Ok(Retry::Later),
                    _ => Err(serde::de::Error::unknown_variant(value, FIELDS)),
                }
            }
        }
        deserializer.deserialize_any(GeneratedVisitor)
    }
}
impl serde::Serialize for SearchUsers {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.query.is_empty() {
            len += 1;
        }
        if self.limit != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.SearchUsers", len)?;
        if !self.query.is_empty() {
            struct_ser.serialize_field("query", &self.query)?;
        }
        if self.limit != 0 {
            struct_ser.serialize_field("limit", &self.limit)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for SearchUsers {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "query",
            "limit",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Query,
            Limit,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "query" => Ok(GeneratedField::Query),
                            "limit" => Ok(GeneratedField::Limit),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = SearchUsers;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.SearchUsers")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<SearchUsers, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut query__ = None;
                let mut limit__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Query => {
                            if query__.is_some() {
                                return Err(serde::de::Error::duplicate_field("query"));
                            }
                            query__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Limit => {
                            if limit__.is_some() {
                                return Err(serde::de::Error::duplicate_field("limit"));
                            }
                            limit__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                    }
                }
                Ok(SearchUsers {
                    query: query__.unwrap_or_default(),
                    limit: limit__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.SearchUsers", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Send {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.message_id.is_empty() {
            len += 1;
        }
        if !self.text.is_empty() {
            len += 1;
        }
        if self.to.is_some() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Send", len)?;
        if !self.message_id.is_empty() {
            struct_ser.serialize_field("messageId", &self.message_id)?;
        }
        if !self.text.is_empty() {
            struct_ser.serialize_field("text", &self.text)?;
        }
        if let Some(v) = self.to.as_ref() {
            match v {
                send::To::ConversationId(v) => {
                    struct_ser.serialize_field("conversationId", v)?;
                }
                send::To::UserId(v) => {
                    struct_ser.serialize_field("userId", v)?;
                }
            }
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Send {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "message_id",
            "messageId",
            "text",
            "conversation_id",
            "conversationId",
            "user_id",
            "userId",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            MessageId,
            Text,
            ConversationId,
            UserId,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "messageId" | "message_id" => Ok(GeneratedField::MessageId),
                            "text" => Ok(GeneratedField::Text),
                            "conversationId" | "conversation_id" => Ok(GeneratedField::ConversationId),
                            "userId" | "user_id" => Ok(GeneratedField::UserId),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Send;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Send")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Send, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut message_id__ = None;
                let mut text__ = None;
                let mut to__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::MessageId => {
                            if message_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("messageId"));
                            }
                            message_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Text => {
                            if text__.is_some() {
                                return Err(serde::de::Error::duplicate_field("text"));
                            }
                            text__ = Some(map_.next_value()?);
                        }
                        GeneratedField::ConversationId => {
                            if to__.is_some() {
                                return Err(serde::de::Error::duplicate_field("conversationId"));
                            }
                            to__ = map_.next_value::<::std::option::Option<_>>()?.map(send::To::ConversationId);
                        }
                        GeneratedField::UserId => {
                            if to__.is_some() {
                                return Err(serde::de::Error::duplicate_field("userId"));
                            }
                            to__ = map_.next_value::<::std::option::Option<_>>()?.map(send::To::UserId);
                        }
                    }
                }
                Ok(Send {
                    message_id: message_id__.unwrap_or_default(),
                    text: text__.unwrap_or_default(),
                    to: to__,
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Send", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Sent {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.epoch.is_empty() {
            len += 1;
        }
        if !self.conversation_id.is_empty() {
            len += 1;
        }
        if self.seq != 0 {
            len += 1;
        }
        if self.stored_ms != 0 {
            len += 1;
        }
        if self.repeated {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Sent", len)?;
        if !self.epoch.is_empty() {
            struct_ser.serialize_field("epoch", &self.epoch)?;
        }
        if !self.conversation_id.is_empty() {
            struct_ser.serialize_field("conversationId", &self.conversation_id)?;
        }
        if self.seq != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("seq", ToString::to_string(&self.seq).as_str())?;
        }
        if self.stored_ms != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("storedMs", ToString::to_string(&self.stored_ms).as_str())?;
        }
        if self.repeated {
            struct_ser.serialize_field("repeated", &self.repeated)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Sent {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "epoch",
            "conversation_id",
            "conversationId",
            "seq",
            "stored_ms",
            "storedMs",
            "repeated",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Epoch,
            ConversationId,
            Seq,
            StoredMs,
            Repeated,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "epoch" => Ok(GeneratedField::Epoch),
                            "conversationId" | "conversation_id" => Ok(GeneratedField::ConversationId),
                            "seq" => Ok(GeneratedField::Seq),
                            "storedMs" | "stored_ms" => Ok(GeneratedField::StoredMs),
                            "repeated" => Ok(GeneratedField::Repeated),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Sent;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Sent")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Sent, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut epoch__ = None;
                let mut conversation_id__ = None;
                let mut seq__ = None;
                let mut stored_ms__ = None;
                let mut repeated__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Epoch => {
                            if epoch__.is_some() {
                                return Err(serde::de::Error::duplicate_field("epoch"));
                            }
                            epoch__ = Some(map_.next_value()?);
                        }
                        GeneratedField::ConversationId => {
                            if conversation_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("conversationId"));
                            }
                            conversation_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Seq => {
                            if seq__.is_some() {
                                return Err(serde::de::Error::duplicate_field("seq"));
                            }
                            seq__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::StoredMs => {
                            if stored_ms__.is_some() {
                                return Err(serde::de::Error::duplicate_field("storedMs"));
                            }
                            stored_ms__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::Repeated => {
                            if repeated__.is_some() {
                                return Err(serde::de::Error::duplicate_field("repeated"));
                            }
                            repeated__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(Sent {
                    epoch: epoch__.unwrap_or_default(),
                    conversation_id: conversation_id__.unwrap_or_default(),
                    seq: seq__.unwrap_or_default(),
                    stored_ms: stored_ms__.unwrap_or_default(),
                    repeated: repeated__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Sent", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for ServerFrame {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.frame.is_some() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.ServerFrame", len)?;
        if let Some(v) = self.frame.as_ref() {
            match v {
                server_frame::Frame::Reply(v) => {
                    struct_ser.serialize_field("reply", v)?;
                }
                server_frame::Frame::Event(v) => {
                    struct_ser.serialize_field("event", v)?;
                }
            }
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for ServerFrame {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "reply",
            "event",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Reply,
            Event,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "reply" => Ok(GeneratedField::Reply),
                            "event" => Ok(GeneratedField::Event),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = ServerFrame;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.ServerFrame")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<ServerFrame, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut frame__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Reply => {
                            if frame__.is_some() {
                                return Err(serde::de::Error::duplicate_field("reply"));
                            }
                            frame__ = map_.next_value::<::std::option::Option<_>>()?.map(server_frame::Frame::Reply)
;
                        }
                        GeneratedField::Event => {
                            if frame__.is_some() {
                                return Err(serde::de::Error::duplicate_field("event"));
                            }
                            frame__ = map_.next_value::<::std::option::Option<_>>()?.map(server_frame::Frame::Event)
;
                        }
                    }
                }
                Ok(ServerFrame {
                    frame: frame__,
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.ServerFrame", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Session {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.session_id.is_empty() {
            len += 1;
        }
        if !self.device_name.is_empty() {
            len += 1;
        }
        if self.device_class != 0 {
            len += 1;
        }
        if self.created_ms != 0 {
            len += 1;
        }
        if self.last_used_ms != 0 {
            len += 1;
        }
        if self.current {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Session", len)?;
        if !self.session_id.is_empty() {
            struct_ser.serialize_field("sessionId", &self.session_id)?;
        }
        if !self.device_name.is_empty() {
            struct_ser.serialize_field("deviceName", &self.device_name)?;
        }
        if self.device_class != 0 {
            let v = DeviceClass::try_from(self.device_class)
                .map_err(|_| serde::ser::Error::custom(format!("Invalid variant {}", self.device_class)))?;
            struct_ser.serialize_field("deviceClass", &v)?;
        }
        if self.created_ms != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("createdMs", ToString::to_string(&self.created_ms).as_str())?;
        }
        if self.last_used_ms != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("lastUsedMs", ToString::to_string(&self.last_used_ms).as_str())?;
        }
        if self.current {
            struct_ser.serialize_field("current", &self.current)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Session {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "session_id",
            "sessionId",
            "device_name",
            "deviceName",
            "device_class",
            "deviceClass",
            "created_ms",
            "createdMs",
            "last_used_ms",
            "lastUsedMs",
            "current",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            SessionId,
            DeviceName,
            DeviceClass,
            CreatedMs,
            LastUsedMs,
            Current,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "sessionId" | "session_id" => Ok(GeneratedField::SessionId),
                            "deviceName" | "device_name" => Ok(GeneratedField::DeviceName),
                            "deviceClass" | "device_class" => Ok(GeneratedField::DeviceClass),
                            "createdMs" | "created_ms" => Ok(GeneratedField::CreatedMs),
                            "lastUsedMs" | "last_used_ms" => Ok(GeneratedField::LastUsedMs),
                            "current" => Ok(GeneratedField::Current),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Session;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Session")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Session, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut session_id__ = None;
                let mut device_name__ = None;
                let mut device_class__ = None;
                let mut created_ms__ = None;
                let mut last_used_ms__ = None;
                let mut current__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::SessionId => {
                            if session_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("sessionId"));
                            }
                            session_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::DeviceName => {
                            if device_name__.is_some() {
                                return Err(serde::de::Error::duplicate_field("deviceName"));
                            }
                            device_name__ = Some(map_.next_value()?);
                        }
                        GeneratedField::DeviceClass => {
                            if device_class__.is_some() {
                                return Err(serde::de::Error::duplicate_field("deviceClass"));
                            }
                            device_class__ = Some(map_.next_value::<DeviceClass>()? as i32);
                        }
                        GeneratedField::CreatedMs => {
                            if created_ms__.is_some() {
                                return Err(serde::de::Error::duplicate_field("createdMs"));
                            }
                            created_ms__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::LastUsedMs => {
                            if last_used_ms__.is_some() {
                                return Err(serde::de::Error::duplicate_field("lastUsedMs"));
                            }
                            last_used_ms__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::Current => {
                            if current__.is_some() {
                                return Err(serde::de::Error::duplicate_field("current"));
                            }
                            current__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(Session {
                    session_id: session_id__.unwrap_or_default(),
                    device_name: device_name__.unwrap_or_default(),
                    device_class: device_class__.unwrap_or_default(),
                    created_ms: created_ms__.unwrap_or_default(),
                    last_used_ms: last_used_ms__.unwrap_or_default(),
                    current: current__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Session", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for SessionEndReason {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        let variant = match self {
            Self::Unspecified => "SESSION_END_REASON_UNSPECIFIED",
            Self::Logout => "SESSION_END_REASON_LOGOUT",
            Self::Revoked => "SESSION_END_REASON_REVOKED",
            Self::PasswordChanged => "SESSION_END_REASON_PASSWORD_CHANGED",
            Self::AccountDisabled => "SESSION_END_REASON_ACCOUNT_DISABLED",
            Self::AccountDeleted => "SESSION_END_REASON_ACCOUNT_DELETED",
            Self::Replaced => "SESSION_END_REASON_REPLACED",
            Self::TokenReused => "SESSION_END_REASON_TOKEN_REUSED",
            Self::Expired => "SESSION_END_REASON_EXPIRED",
        };
        serializer.serialize_str(variant)
    }
}
impl<'de> serde::Deserialize<'de> for SessionEndReason {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "SESSION_END_REASON_UNSPECIFIED",
            "SESSION_END_REASON_LOGOUT",
            "SESSION_END_REASON_REVOKED",
            "SESSION_END_REASON_PASSWORD_CHANGED",
            "SESSION_END_REASON_ACCOUNT_DISABLED",
            "SESSION_END_REASON_ACCOUNT_DELETED",
            "SESSION_END_REASON_REPLACED",
            "SESSION_END_REASON_TOKEN_REUSED",
            "SESSION_END_REASON_EXPIRED",
        ];

        struct GeneratedVisitor;

        impl serde::de::Visitor<'_> for GeneratedVisitor {
            type Value = SessionEndReason;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(formatter, "expected one of: {:?}", &FIELDS)
            }

            fn visit_i64<E>(self, v: i64) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                i32::try_from(v)
                    .ok()
                    .and_then(|x| x.try_into().ok())
                    .ok_or_else(|| {
                        serde::de::Error::invalid_value(serde::de::Unexpected::Signed(v), &self)
                    })
            }

            fn visit_u64<E>(self, v: u64) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                i32::try_from(v)
                    .ok()
                    .and_then(|x| x.try_into().ok())
                    .ok_or_else(|| {
                        serde::de::Error::invalid_value(serde::de::Unexpected::Unsigned(v), &self)
                    })
            }

            fn visit_str<E>(self, value: &str) -> std::result::Result<Self::Value, E>
            where
                E: serde::de::Error,
            {
                match value {
                    "SESSION_END_REASON_UNSPECIFIED" => Ok(SessionEndReason::Unspecified),
                    "SESSION_END_REASON_LOGOUT" => Ok(SessionEndReason::Logout),
                    "SESSION_END_REASON_REVOKED" => Ok(SessionEndReason::Revoked),
                    "SESSION_END_REASON_PASSWORD_CHANGED" => Ok(SessionEndReason::PasswordChanged),
                    "SESSION_END_REASON_ACCOUNT_DISABLED" => Ok(SessionEndReason::AccountDisabled),
                    "SESSION_END_REASON_ACCOUNT_DELETED" => Ok(SessionEndReason::AccountDeleted),
                    "SESSION_END_REASON_REPLACED" => Ok(SessionEndReason::Replaced),
                    "SESSION_END_REASON_TOKEN_REUSED" => Ok(SessionEndReason::TokenReused),
                    "SESSION_END_REASON_EXPIRED" => Ok(SessionEndReason::Expired),
                    _ => Err(serde::de::Error::unknown_variant(value, FIELDS)),
                }
            }
        }
        deserializer.deserialize_any(GeneratedVisitor)
    }
}
impl serde::Serialize for SessionEnded {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.reason != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.SessionEnded", len)?;
        if self.reason != 0 {
            let v = SessionEndReason::try_from(self.reason)
                .map_err(|_| serde::ser::Error::custom(format!("Invalid variant {}", self.reason)))?;
            struct_ser.serialize_field("reason", &v)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for SessionEnded {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "reason",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Reason,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "reason" => Ok(GeneratedField::Reason),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = SessionEnded;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.SessionEnded")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<SessionEnded, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut reason__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Reason => {
                            if reason__.is_some() {
                                return Err(serde::de::Error::duplicate_field("reason"));
                            }
                            reason__ = Some(map_.next_value::<SessionEndReason>()? as i32);
                        }
                    }
                }
                Ok(SessionEnded {
                    reason: reason__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.SessionEnded", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for SessionList {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.sessions.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.SessionList", len)?;
        if !self.sessions.is_empty() {
            struct_ser.serialize_field("sessions", &self.sessions)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for SessionList {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "sessions",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Sessions,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "sessions" => Ok(GeneratedField::Sessions),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = SessionList;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.SessionList")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<SessionList, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut sessions__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Sessions => {
                            if sessions__.is_some() {
                                return Err(serde::de::Error::duplicate_field("sessions"));
                            }
                            sessions__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(SessionList {
                    sessions: sessions__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.SessionList", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for SessionRef {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.session_id.is_empty() {
            len += 1;
        }
        if self.reason != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.SessionRef", len)?;
        if !self.session_id.is_empty() {
            struct_ser.serialize_field("sessionId", &self.session_id)?;
        }
        if self.reason != 0 {
            let v = SessionEndReason::try_from(self.reason)
                .map_err(|_| serde::ser::Error::custom(format!("Invalid variant {}", self.reason)))?;
            struct_ser.serialize_field("reason", &v)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for SessionRef {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "session_id",
            "sessionId",
            "reason",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            SessionId,
            Reason,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "sessionId" | "session_id" => Ok(GeneratedField::SessionId),
                            "reason" => Ok(GeneratedField::Reason),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = SessionRef;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.SessionRef")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<SessionRef, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut session_id__ = None;
                let mut reason__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::SessionId => {
                            if session_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("sessionId"));
                            }
                            session_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Reason => {
                            if reason__.is_some() {
                                return Err(serde::de::Error::duplicate_field("reason"));
                            }
                            reason__ = Some(map_.next_value::<SessionEndReason>()? as i32);
                        }
                    }
                }
                Ok(SessionRef {
                    session_id: session_id__.unwrap_or_default(),
                    reason: reason__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.SessionRef", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for SetPresence {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if self.presence != 0 {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.SetPresence", len)?;
        if self.presence != 0 {
            let v = OwnPresence::try_from(self.presence)
                .map_err(|_| serde::ser::Error::custom(format!("Invalid variant {}", self.presence)))?;
            struct_ser.serialize_field("presence", &v)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for SetPresence {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "presence",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Presence,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "presence" => Ok(GeneratedField::Presence),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = SetPresence;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.SetPresence")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<SetPresence, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut presence__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Presence => {
                            if presence__.is_some() {
                                return Err(serde::de::Error::duplicate_field("presence"));
                            }
                            presence__ = Some(map_.next_value::<OwnPresence>()? as i32);
                        }
                    }
                }
                Ok(SetPresence {
                    presence: presence__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.SetPresence", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for SetRemark {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.user_id.is_empty() {
            len += 1;
        }
        if !self.remark.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.SetRemark", len)?;
        if !self.user_id.is_empty() {
            struct_ser.serialize_field("userId", &self.user_id)?;
        }
        if !self.remark.is_empty() {
            struct_ser.serialize_field("remark", &self.remark)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for SetRemark {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "user_id",
            "userId",
            "remark",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            UserId,
            Remark,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "userId" | "user_id" => Ok(GeneratedField::UserId),
                            "remark" => Ok(GeneratedField::Remark),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = SetRemark;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.SetRemark")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<SetRemark, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut user_id__ = None;
                let mut remark__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::UserId => {
                            if user_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("userId"));
                            }
                            user_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Remark => {
                            if remark__.is_some() {
                                return Err(serde::de::Error::duplicate_field("remark"));
                            }
                            remark__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(SetRemark {
                    user_id: user_id__.unwrap_or_default(),
                    remark: remark__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.SetRemark", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for SetTyping {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.conversation_id.is_empty() {
            len += 1;
        }
        if self.typing {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.SetTyping", len)?;
        if !self.conversation_id.is_empty() {
            struct_ser.serialize_field("conversationId", &self.conversation_id)?;
        }
        if self.typing {
            struct_ser.serialize_field("typing", &self.typing)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for SetTyping {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "conversation_id",
            "conversationId",
            "typing",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            ConversationId,
            Typing,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "conversationId" | "conversation_id" => Ok(GeneratedField::ConversationId),
                            "typing" => Ok(GeneratedField::Typing),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = SetTyping;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.SetTyping")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<SetTyping, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut conversation_id__ = None;
                let mut typing__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::ConversationId => {
                            if conversation_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("conversationId"));
                            }
                            conversation_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Typing => {
                            if typing__.is_some() {
                                return Err(serde::de::Error::duplicate_field("typing"));
                            }
                            typing__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(SetTyping {
                    conversation_id: conversation_id__.unwrap_or_default(),
                    typing: typing__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.SetTyping", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Sync {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.sync_cursor.is_empty() {
            len += 1;
        }
        if !self.page.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Sync", len)?;
        if !self.sync_cursor.is_empty() {
            struct_ser.serialize_field("syncCursor", &self.sync_cursor)?;
        }
        if !self.page.is_empty() {
            struct_ser.serialize_field("page", &self.page)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Sync {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "sync_cursor",
            "syncCursor",
            "page",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            SyncCursor,
            Page,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "syncCursor" | "sync_cursor" => Ok(GeneratedField::SyncCursor),
                            "page" => Ok(GeneratedField::Page),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Sync;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Sync")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Sync, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut sync_cursor__ = None;
                let mut page__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::SyncCursor => {
                            if sync_cursor__.is_some() {
                                return Err(serde::de::Error::duplicate_field("syncCursor"));
                            }
                            sync_cursor__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Page => {
                            if page__.is_some() {
                                return Err(serde::de::Error::duplicate_field("page"));
                            }
                            page__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(Sync {
                    sync_cursor: sync_cursor__.unwrap_or_default(),
                    page: page__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Sync", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for SyncPage {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.conversations.is_empty() {
            len += 1;
        }
        if self.feed_head_seq != 0 {
            len += 1;
        }
        if self.feed_floor_seq != 0 {
            len += 1;
        }
        if !self.next_page.is_empty() {
            len += 1;
        }
        if !self.sync_cursor.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.SyncPage", len)?;
        if !self.conversations.is_empty() {
            struct_ser.serialize_field("conversations", &self.conversations)?;
        }
        if self.feed_head_seq != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("feedHeadSeq", ToString::to_string(&self.feed_head_seq).as_str())?;
        }
        if self.feed_floor_seq != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("feedFloorSeq", ToString::to_string(&self.feed_floor_seq).as_str())?;
        }
        if !self.next_page.is_empty() {
            struct_ser.serialize_field("nextPage", &self.next_page)?;
        }
        if !self.sync_cursor.is_empty() {
            struct_ser.serialize_field("syncCursor", &self.sync_cursor)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for SyncPage {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "conversations",
            "feed_head_seq",
            "feedHeadSeq",
            "feed_floor_seq",
            "feedFloorSeq",
            "next_page",
            "nextPage",
            "sync_cursor",
            "syncCursor",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            Conversations,
            FeedHeadSeq,
            FeedFloorSeq,
            NextPage,
            SyncCursor,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "conversations" => Ok(GeneratedField::Conversations),
                            "feedHeadSeq" | "feed_head_seq" => Ok(GeneratedField::FeedHeadSeq),
                            "feedFloorSeq" | "feed_floor_seq" => Ok(GeneratedField::FeedFloorSeq),
                            "nextPage" | "next_page" => Ok(GeneratedField::NextPage),
                            "syncCursor" | "sync_cursor" => Ok(GeneratedField::SyncCursor),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = SyncPage;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.SyncPage")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<SyncPage, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut conversations__ = None;
                let mut feed_head_seq__ = None;
                let mut feed_floor_seq__ = None;
                let mut next_page__ = None;
                let mut sync_cursor__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::Conversations => {
                            if conversations__.is_some() {
                                return Err(serde::de::Error::duplicate_field("conversations"));
                            }
                            conversations__ = Some(map_.next_value()?);
                        }
                        GeneratedField::FeedHeadSeq => {
                            if feed_head_seq__.is_some() {
                                return Err(serde::de::Error::duplicate_field("feedHeadSeq"));
                            }
                            feed_head_seq__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::FeedFloorSeq => {
                            if feed_floor_seq__.is_some() {
                                return Err(serde::de::Error::duplicate_field("feedFloorSeq"));
                            }
                            feed_floor_seq__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::NextPage => {
                            if next_page__.is_some() {
                                return Err(serde::de::Error::duplicate_field("nextPage"));
                            }
                            next_page__ = Some(map_.next_value()?);
                        }
                        GeneratedField::SyncCursor => {
                            if sync_cursor__.is_some() {
                                return Err(serde::de::Error::duplicate_field("syncCursor"));
                            }
                            sync_cursor__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(SyncPage {
                    conversations: conversations__.unwrap_or_default(),
                    feed_head_seq: feed_head_seq__.unwrap_or_default(),
                    feed_floor_seq: feed_floor_seq__.unwrap_or_default(),
                    next_page: next_page__.unwrap_or_default(),
                    sync_cursor: sync_cursor__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.SyncPage", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Typing {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.conversation_id.is_empty() {
            len += 1;
        }
        if !self.user_id.is_empty() {
            len += 1;
        }
        if self.typing {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Typing", len)?;
        if !self.conversation_id.is_empty() {
            struct_ser.serialize_field("conversationId", &self.conversation_id)?;
        }
        if !self.user_id.is_empty() {
            struct_ser.serialize_field("userId", &self.user_id)?;
        }
        if self.typing {
            struct_ser.serialize_field("typing", &self.typing)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Typing {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "conversation_id",
            "conversationId",
            "user_id",
            "userId",
            "typing",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            ConversationId,
            UserId,
            Typing,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "conversationId" | "conversation_id" => Ok(GeneratedField::ConversationId),
                            "userId" | "user_id" => Ok(GeneratedField::UserId),
                            "typing" => Ok(GeneratedField::Typing),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Typing;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Typing")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Typing, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut conversation_id__ = None;
                let mut user_id__ = None;
                let mut typing__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::ConversationId => {
                            if conversation_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("conversationId"));
                            }
                            conversation_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::UserId => {
                            if user_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("userId"));
                            }
                            user_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Typing => {
                            if typing__.is_some() {
                                return Err(serde::de::Error::duplicate_field("typing"));
                            }
                            typing__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(Typing {
                    conversation_id: conversation_id__.unwrap_or_default(),
                    user_id: user_id__.unwrap_or_default(),
                    typing: typing__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Typing", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for UnblockUser {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.user_id.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.UnblockUser", len)?;
        if !self.user_id.is_empty() {
            struct_ser.serialize_field("userId", &self.user_id)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for UnblockUser {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "user_id",
            "userId",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            UserId,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "userId" | "user_id" => Ok(GeneratedField::UserId),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = UnblockUser;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.UnblockUser")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<UnblockUser, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut user_id__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::UserId => {
                            if user_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("userId"));
                            }
                            user_id__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(UnblockUser {
                    user_id: user_id__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.UnblockUser", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for UnwatchPresence {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.user_ids.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.UnwatchPresence", len)?;
        if !self.user_ids.is_empty() {
            struct_ser.serialize_field("userIds", &self.user_ids)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for UnwatchPresence {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "user_ids",
            "userIds",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            UserIds,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "userIds" | "user_ids" => Ok(GeneratedField::UserIds),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = UnwatchPresence;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.UnwatchPresence")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<UnwatchPresence, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut user_ids__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::UserIds => {
                            if user_ids__.is_some() {
                                return Err(serde::de::Error::duplicate_field("userIds"));
                            }
                            user_ids__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(UnwatchPresence {
                    user_ids: user_ids__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.UnwatchPresence", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for UserRef {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.user_id.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.UserRef", len)?;
        if !self.user_id.is_empty() {
            struct_ser.serialize_field("userId", &self.user_id)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for UserRef {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "user_id",
            "userId",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            UserId,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "userId" | "user_id" => Ok(GeneratedField::UserId),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = UserRef;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.UserRef")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<UserRef, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut user_id__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::UserId => {
                            if user_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("userId"));
                            }
                            user_id__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(UserRef {
                    user_id: user_id__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.UserRef", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for WatchPresence {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.user_ids.is_empty() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.WatchPresence", len)?;
        if !self.user_ids.is_empty() {
            struct_ser.serialize_field("userIds", &self.user_ids)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for WatchPresence {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "user_ids",
            "userIds",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            UserIds,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "userIds" | "user_ids" => Ok(GeneratedField::UserIds),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = WatchPresence;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.WatchPresence")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<WatchPresence, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut user_ids__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::UserIds => {
                            if user_ids__.is_some() {
                                return Err(serde::de::Error::duplicate_field("userIds"));
                            }
                            user_ids__ = Some(map_.next_value()?);
                        }
                    }
                }
                Ok(WatchPresence {
                    user_ids: user_ids__.unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.WatchPresence", FIELDS, GeneratedVisitor)
    }
}
impl serde::Serialize for Welcome {
    #[allow(deprecated)]
    fn serialize<S>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        use serde::ser::SerializeStruct;
        let mut len = 0;
        if !self.user_id.is_empty() {
            len += 1;
        }
        if !self.session_id.is_empty() {
            len += 1;
        }
        if self.generation != 0 {
            len += 1;
        }
        if !self.node_id.is_empty() {
            len += 1;
        }
        if !self.epoch.is_empty() {
            len += 1;
        }
        if self.heartbeat_interval_ms != 0 {
            len += 1;
        }
        if self.limits.is_some() {
            len += 1;
        }
        if self.server_ms != 0 {
            len += 1;
        }
        if self.sync.is_some() {
            len += 1;
        }
        let mut struct_ser = serializer.serialize_struct("flux.v1.Welcome", len)?;
        if !self.user_id.is_empty() {
            struct_ser.serialize_field("userId", &self.user_id)?;
        }
        if !self.session_id.is_empty() {
            struct_ser.serialize_field("sessionId", &self.session_id)?;
        }
        if self.generation != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("generation", ToString::to_string(&self.generation).as_str())?;
        }
        if !self.node_id.is_empty() {
            struct_ser.serialize_field("nodeId", &self.node_id)?;
        }
        if !self.epoch.is_empty() {
            struct_ser.serialize_field("epoch", &self.epoch)?;
        }
        if self.heartbeat_interval_ms != 0 {
            struct_ser.serialize_field("heartbeatIntervalMs", &self.heartbeat_interval_ms)?;
        }
        if let Some(v) = self.limits.as_ref() {
            struct_ser.serialize_field("limits", v)?;
        }
        if self.server_ms != 0 {
            #[allow(clippy::needless_borrow)]
            #[allow(clippy::needless_borrows_for_generic_args)]
            struct_ser.serialize_field("serverMs", ToString::to_string(&self.server_ms).as_str())?;
        }
        if let Some(v) = self.sync.as_ref() {
            struct_ser.serialize_field("sync", v)?;
        }
        struct_ser.end()
    }
}
impl<'de> serde::Deserialize<'de> for Welcome {
    #[allow(deprecated)]
    fn deserialize<D>(deserializer: D) -> std::result::Result<Self, D::Error>
    where
        D: serde::Deserializer<'de>,
    {
        const FIELDS: &[&str] = &[
            "user_id",
            "userId",
            "session_id",
            "sessionId",
            "generation",
            "node_id",
            "nodeId",
            "epoch",
            "heartbeat_interval_ms",
            "heartbeatIntervalMs",
            "limits",
            "server_ms",
            "serverMs",
            "sync",
        ];

        #[allow(clippy::enum_variant_names)]
        enum GeneratedField {
            UserId,
            SessionId,
            Generation,
            NodeId,
            Epoch,
            HeartbeatIntervalMs,
            Limits,
            ServerMs,
            Sync,
        }
        impl<'de> serde::Deserialize<'de> for GeneratedField {
            fn deserialize<D>(deserializer: D) -> std::result::Result<GeneratedField, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                struct GeneratedVisitor;

                impl serde::de::Visitor<'_> for GeneratedVisitor {
                    type Value = GeneratedField;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "expected one of: {:?}", &FIELDS)
                    }

                    #[allow(unused_variables)]
                    fn visit_str<E>(self, value: &str) -> std::result::Result<GeneratedField, E>
                    where
                        E: serde::de::Error,
                    {
                        match value {
                            "userId" | "user_id" => Ok(GeneratedField::UserId),
                            "sessionId" | "session_id" => Ok(GeneratedField::SessionId),
                            "generation" => Ok(GeneratedField::Generation),
                            "nodeId" | "node_id" => Ok(GeneratedField::NodeId),
                            "epoch" => Ok(GeneratedField::Epoch),
                            "heartbeatIntervalMs" | "heartbeat_interval_ms" => Ok(GeneratedField::HeartbeatIntervalMs),
                            "limits" => Ok(GeneratedField::Limits),
                            "serverMs" | "server_ms" => Ok(GeneratedField::ServerMs),
                            "sync" => Ok(GeneratedField::Sync),
                            _ => Err(serde::de::Error::unknown_field(value, FIELDS)),
                        }
                    }
                }
                deserializer.deserialize_identifier(GeneratedVisitor)
            }
        }
        struct GeneratedVisitor;
        impl<'de> serde::de::Visitor<'de> for GeneratedVisitor {
            type Value = Welcome;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("struct flux.v1.Welcome")
            }

            fn visit_map<V>(self, mut map_: V) -> std::result::Result<Welcome, V::Error>
                where
                    V: serde::de::MapAccess<'de>,
            {
                let mut user_id__ = None;
                let mut session_id__ = None;
                let mut generation__ = None;
                let mut node_id__ = None;
                let mut epoch__ = None;
                let mut heartbeat_interval_ms__ = None;
                let mut limits__ = None;
                let mut server_ms__ = None;
                let mut sync__ = None;
                while let Some(k) = map_.next_key()? {
                    match k {
                        GeneratedField::UserId => {
                            if user_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("userId"));
                            }
                            user_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::SessionId => {
                            if session_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("sessionId"));
                            }
                            session_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Generation => {
                            if generation__.is_some() {
                                return Err(serde::de::Error::duplicate_field("generation"));
                            }
                            generation__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::NodeId => {
                            if node_id__.is_some() {
                                return Err(serde::de::Error::duplicate_field("nodeId"));
                            }
                            node_id__ = Some(map_.next_value()?);
                        }
                        GeneratedField::Epoch => {
                            if epoch__.is_some() {
                                return Err(serde::de::Error::duplicate_field("epoch"));
                            }
                            epoch__ = Some(map_.next_value()?);
                        }
                        GeneratedField::HeartbeatIntervalMs => {
                            if heartbeat_interval_ms__.is_some() {
                                return Err(serde::de::Error::duplicate_field("heartbeatIntervalMs"));
                            }
                            heartbeat_interval_ms__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::Limits => {
                            if limits__.is_some() {
                                return Err(serde::de::Error::duplicate_field("limits"));
                            }
                            limits__ = map_.next_value()?;
                        }
                        GeneratedField::ServerMs => {
                            if server_ms__.is_some() {
                                return Err(serde::de::Error::duplicate_field("serverMs"));
                            }
                            server_ms__ = 
                                Some(map_.next_value::<::pbjson::private::NumberDeserialize<_>>()?.0)
                            ;
                        }
                        GeneratedField::Sync => {
                            if sync__.is_some() {
                                return Err(serde::de::Error::duplicate_field("sync"));
                            }
                            sync__ = map_.next_value()?;
                        }
                    }
                }
                Ok(Welcome {
                    user_id: user_id__.unwrap_or_default(),
                    session_id: session_id__.unwrap_or_default(),
                    generation: generation__.unwrap_or_default(),
                    node_id: node_id__.unwrap_or_default(),
                    epoch: epoch__.unwrap_or_default(),
                    heartbeat_interval_ms: heartbeat_interval_ms__.unwrap_or_default(),
                    limits: limits__,
                    server_ms: server_ms__.unwrap_or_default(),
                    sync: sync__,
                })
            }
        }
        deserializer.deserialize_struct("flux.v1.Welcome", FIELDS, GeneratedVisitor)
    }
}

//! Who is who: friends by the name that the reader calls them, and others by what they call themselves.

use std::collections::BTreeMap;

use flux_client::{ConversationId, Friend, Presence, PresenceState, Profile, UserId};

use crate::terminal::{Paint, Tone, clean, clock};

/// Everybody that the session knows of.
#[derive(Debug, Default)]
pub(crate) struct People {
    friends: BTreeMap<UserId, Friend>,
    presence: BTreeMap<UserId, Presence>,
    others: BTreeMap<UserId, Profile>,
}

impl People {
    /// Replaces all friends.
    pub(crate) fn set_friends(&mut self, friends: Vec<Friend>) {
        self.friends = friends.into_iter().map(|friend| (friend.profile.user, friend)).collect();
    }

    /// There is a new friend, or a friend is different.
    pub(crate) fn add(&mut self, friend: Friend) {
        self.friends.insert(friend.profile.user, friend);
    }

    /// There is a friend less.
    pub(crate) fn remove(&mut self, user: UserId) {
        if let Some(friend) = self.friends.remove(&user) {
            self.others.insert(user, friend.profile);
        }
        self.presence.remove(&user);
    }

    /// A friend is called something else.
    pub(crate) fn set_remark(&mut self, user: UserId, remark: String) {
        if let Some(friend) = self.friends.get_mut(&user) {
            friend.remark = remark;
        }
    }

    /// Somebody looks like this now.
    pub(crate) fn learn(&mut self, profile: Profile) {
        match self.friends.get_mut(&profile.user) {
            Some(friend) => friend.profile = profile,
            None => {
                self.others.insert(profile.user, profile);
            }
        }
    }

    /// Whether somebody is there; says whether that is another state than before, if one was known.
    pub(crate) fn see(&mut self, presence: Presence) -> bool {
        let before = self.presence.insert(presence.user, presence);
        before.is_some_and(|before| before.state != presence.state)
    }

    /// All friends, by the name they are called.
    pub(crate) fn friends(&self) -> Vec<&Friend> {
        let mut friends: Vec<&Friend> = self.friends.values().collect();
        friends.sort_by_cached_key(|friend| name_of(friend));
        friends
    }

    /// The friends who are there.
    pub(crate) fn online(&self) -> Vec<UserId> {
        let there = |user: &UserId| {
            self.presence
                .get(user)
                .is_some_and(|p| matches!(p.state, PresenceState::Online | PresenceState::Away))
        };
        self.friends().into_iter().map(|friend| friend.profile.user).filter(there).collect()
    }

    /// The friend whom the reader calls `name`: by username or remark.
    pub(crate) fn friend(&self, name: &str) -> Option<&Friend> {
        let name = name.to_lowercase();
        let called = |friend: &&Friend| {
            friend.profile.username == name || friend.remark.to_lowercase() == name && !name.is_empty()
        };
        // A username means its owner, whatever somebody else is called.
        let by_username = self.friends.values().find(|friend| friend.profile.username == name);
        by_username.or_else(|| self.friends.values().find(called))
    }

    /// Whether `user` is a friend.
    pub(crate) fn is_friend(&self, user: UserId) -> bool {
        self.friends.contains_key(&user)
    }

    /// The friend with whom this is the conversation.
    pub(crate) fn in_conversation(&self, conversation: ConversationId) -> Option<&Friend> {
        self.friends.values().find(|friend| friend.conversation == conversation)
    }

    /// Whether the name of `user` is known.
    pub(crate) fn knows(&self, user: UserId) -> bool {
        self.friends.contains_key(&user) || self.others.contains_key(&user)
    }

    /// What the reader calls `user`.
    pub(crate) fn name(&self, user: UserId) -> String {
        if let Some(friend) = self.friends.get(&user) {
            return name_of(friend);
        }
        match self.others.get(&user) {
            Some(profile) if !profile.deleted => clean::line(&profile.username),
            Some(_) => "(deleted)".to_owned(),
            None => "(somebody)".to_owned(),
        }
    }

    /// The colour of a name.
    pub(crate) fn tone(user: UserId) -> Tone {
        Tone::Name(user.as_bytes().iter().fold(0, |sum, byte| sum ^ byte))
    }

    /// Whether `user` is there, in a sign and a word.
    pub(crate) fn presence(&self, user: UserId, paint: Paint) -> String {
        let Some(presence) = self.presence.get(&user) else {
            return paint.tone(Tone::Dim, "○").to_string();
        };
        match presence.state {
            PresenceState::Online => paint.tone(Tone::Good, "● online").to_string(),
            PresenceState::Away => paint.tone(Tone::Warn, "◐ away").to_string(),
            PresenceState::Offline => {
                let seen = presence
                    .last_seen_ms
                    .map_or_else(String::new, |at| format!(", last seen {}", clock::date_and_time(at)));
                paint.tone(Tone::Dim, format!("○ offline{seen}")).to_string()
            }
            _ => paint.tone(Tone::Dim, "? unknown").to_string(),
        }
    }

    /// The names that can follow a command.
    pub(crate) fn names(&self) -> Vec<String> {
        self.friends.values().map(|friend| clean::line(&friend.profile.username)).collect()
    }
}

/// What a friend is called: the remark, or else the username.
fn name_of(friend: &Friend) -> String {
    clean::line(if friend.remark.is_empty() { &friend.profile.username } else { &friend.remark })
}

//! People and what they do to each other, for the cases of the durable ports.

use std::collections::BTreeMap;
use std::time::Duration;

use super::harness::DurableHarness;
use crate::account::{Account, CreateAccount, DisplayName, Email, NewAccount, Username};
use crate::entropy;
use crate::feed::{FeedChange, FeedEntry};
use crate::friend::{
    Friend, FriendLimits, FriendRefusal, FriendRequest, Greeting, PageAfter, RelationAnswer, RelationChange,
    RelationChanged, RequestDirection,
};
use crate::id::{ConversationId, Generation, MessageId, Pair, RequestId, Seq, SessionId, UserId};
use crate::message::{
    Append, Cursor, CursorMove, HistoryFrom, Message, MessageText, Stamp, Write, WriteRefusal, Written,
};
use crate::secret::{Secret, TokenHash};
use crate::session::{Actor, Device, DeviceClass, DeviceName, NewSession, OpenSession, SessionPolicy};

pub(super) const MS: Duration = Duration::from_millis(1);
pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_mins(1);
pub(super) const HOUR: Duration = Duration::from_hours(1);
pub(super) const DAY: Duration = Duration::from_hours(24);

/// Room for many sessions.
pub(super) const MANY: SessionPolicy = SessionPolicy::Many(1_000);

/// More steps than any job of a case takes.
pub(super) const MANY_STEPS: usize = 1_000;

/// Somebody with an account and one session.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    pub(super) username: Username,
    pub(super) email: Email,
    pub(super) refresh: TokenHash,
}

impl Person {
    /// Acting without a connection.
    pub(super) fn actor(&self) -> Actor {
        Actor { user: self.user, session: self.session, generation: None }
    }

    /// Acting over the connection that claimed `generation`.
    pub(super) fn at(&self, generation: Generation) -> Actor {
        Actor { generation: Some(generation), ..self.actor() }
    }

    /// Acting in another session of theirs.
    pub(super) fn on(&self, session: SessionId) -> Actor {
        Actor { session, ..self.actor() }
    }

    pub(super) fn pair(&self, other: &Self) -> Pair {
        Pair::new(self.user, other.user).unwrap()
    }

    pub(super) fn conversation(&self, other: &Self) -> ConversationId {
        ConversationId::direct(self.pair(other))
    }
}

/// What `password_hash` is in the accounts of this world.
pub(super) fn password() -> Secret {
    Secret::new("$argon2id$v=19$first")
}

pub(super) fn text(text: &str) -> MessageText {
    MessageText::new(text).unwrap()
}

pub(super) fn seq(n: u64) -> Seq {
    Seq::new(n).unwrap()
}

pub(super) fn device(class: DeviceClass) -> Device {
    Device { name: DeviceName::new("Ada's own").unwrap(), class }
}

/// The `n`th of many names no two of which look alike.
pub(super) fn nth_name(n: usize) -> String {
    let letters = [b'b', b'd', b'f', b'h', b'k', b's', b't', b'x'];
    let mut name = String::from("user");
    for digit in [512, 64, 8, 1] {
        name.push(char::from(letters[n / digit % letters.len()]));
    }
    name
}

impl DurableHarness {
    pub(super) fn new_account(&self, name: &str) -> NewAccount {
        NewAccount {
            user: self.id(UserId::generate),
            username: Username::new(name).unwrap(),
            display_name: DisplayName::new(name).unwrap(),
            email: Some(Email::new(&format!("{name}@example.org")).unwrap()),
            password_hash: Some(password()),
        }
    }

    pub(super) async fn create(&self, new: NewAccount) -> Account {
        match self.store.create_account(new).await.unwrap() {
            CreateAccount::Created(account) => *account,
            other => panic!("not created: {other:?}"),
        }
    }

    pub(super) fn token(&self) -> TokenHash {
        self.id(|_, chance| TokenHash::new(entropy::bytes(chance)))
    }

    pub(super) fn new_session(&self, user: UserId, class: DeviceClass) -> NewSession {
        NewSession {
            session: self.id(SessionId::generate),
            user,
            device: device(class),
            refresh: self.token(),
        }
    }

    /// Opens another session of `user`.
    pub(super) async fn log_in(&self, user: UserId) -> NewSession {
        let new = self.new_session(user, DeviceClass::Web);
        let opened = self.store.open_session(new.clone(), MANY, None).await.unwrap();
        assert!(matches!(opened, OpenSession::Opened { .. }));
        new
    }

    /// Somebody new called `name`, logged in.
    pub(super) async fn person(&self, name: &str) -> Person {
        let new = self.new_account(name);
        let (username, email) = (new.username.clone(), new.email.clone().unwrap());
        let user = self.create(new).await.profile.user;
        let NewSession { session, refresh, .. } = self.log_in(user).await;
        Person { user, session, username, email, refresh }
    }

    /// Two people, no friends yet.
    pub(super) async fn two(&self) -> (Person, Person) {
        (self.person("alice").await, self.person("bob").await)
    }

    /// Two friends and their conversation.
    pub(super) async fn two_friends(&self) -> (Person, Person, ConversationId) {
        let (alice, bob) = self.two().await;
        let conversation = self.befriend(&alice, &bob).await;
        (alice, bob, conversation)
    }

    /// The greatest stamp that there is. While nobody writes, whatever changes next gets a greater one; a horizon may
    /// lie below it, where a store cannot know that nobody does.
    pub(super) async fn newest(&self) -> Stamp {
        let mut newest = Stamp::default();
        while let Some(last) = self.store.changed_logs(newest, 1_000).await.unwrap().last() {
            newest = last.changed;
        }
        newest
    }

    pub(super) async fn try_change(
        &self,
        who: &Person,
        change: RelationChange,
    ) -> Result<RelationChanged, FriendRefusal> {
        self.store.change_relation(&who.actor(), &change, &FriendLimits::default()).await.unwrap()
    }

    pub(super) async fn change(&self, who: &Person, change: RelationChange) -> RelationChanged {
        self.try_change(who, change).await.unwrap()
    }

    pub(super) fn ask(&self, whom: &Person) -> RelationChange {
        RelationChange::Request {
            request: self.id(RequestId::generate),
            to: whom.user,
            greeting: Greeting::new("hello there").unwrap(),
        }
    }

    /// `from` asks `to`.
    pub(super) async fn request(&self, from: &Person, to: &Person) -> FriendRequest {
        match self.change(from, self.ask(to)).await.answer {
            RelationAnswer::Requested(request) => request,
            other => panic!("not requested: {other:?}"),
        }
    }

    pub(super) async fn befriend(&self, one: &Person, other: &Person) -> ConversationId {
        let request = self.request(one, other).await.request;
        match self.change(other, RelationChange::Accept(request)).await.answer {
            RelationAnswer::Befriended(friend) => friend.conversation,
            other => panic!("no friends: {other:?}"),
        }
    }

    pub(super) async fn friends_of(&self, who: &Person) -> Vec<Friend> {
        self.store.friends(who.user, first_page()).await.unwrap()
    }

    pub(super) async fn are_friends(&self, one: &Person, other: &Person) -> bool {
        let lists = |list: Vec<Friend>, user| list.iter().any(|friend| friend.profile.user == user);
        let here = lists(self.friends_of(one).await, other.user);
        let there = lists(self.friends_of(other).await, one.user);
        assert_eq!(here, there, "friendship is symmetric");
        here
    }

    pub(super) async fn received(&self, who: &Person) -> Vec<FriendRequest> {
        self.store.requests(who.user, RequestDirection::Received, first_page()).await.unwrap()
    }

    pub(super) async fn sent(&self, who: &Person) -> Vec<FriendRequest> {
        self.store.requests(who.user, RequestDirection::Sent, first_page()).await.unwrap()
    }

    /// A message of `who` under a new id.
    pub(super) fn message(&self, who: &Person, to: ConversationId, body: &str) -> Append {
        let message = self.id(MessageId::generate);
        Append { actor: who.actor(), conversation: to, message, text: text(body) }
    }

    pub(super) async fn write(&self, write: Write) -> Written {
        let mut written = self.store.commit(&[write]).await.unwrap();
        assert_eq!(written.len(), 1);
        written.pop().unwrap()
    }

    pub(super) async fn append(&self, append: Append) -> Written {
        self.write(Write::Append(append)).await
    }

    /// Sends `body` and gives its seq.
    pub(super) async fn send(&self, who: &Person, to: ConversationId, body: &str) -> Seq {
        appended(&self.append(self.message(who, to, body)).await)
    }

    pub(super) async fn try_cursor(
        &self,
        who: &Person,
        conversation: ConversationId,
        delivered: u64,
        read: u64,
    ) -> Written {
        self.write(Write::MoveCursor(CursorMove {
            actor: who.actor(),
            conversation,
            delivered: seq(delivered),
            read: seq(read),
        }))
        .await
    }

    /// A connection claims the session of `who`.
    pub(super) async fn claim(&self, who: &Person) -> Generation {
        match self.write(Write::Claim { user: who.user, session: who.session }).await {
            Written::Claimed(generation) => generation,
            other => panic!("not claimed: {other:?}"),
        }
    }

    /// Every message of a conversation, which must have no holes.
    pub(super) async fn log(&self, reader: &Person, conversation: ConversationId) -> Vec<Message> {
        let mut messages: Vec<Message> = Vec::new();
        loop {
            let above = messages.last().map(|message| message.seq).unwrap_or_default();
            let from = HistoryFrom::After(above);
            let page = self.store.history(reader.user, conversation, from, 500).await.unwrap().unwrap();
            if page.messages.is_empty() {
                assert_eq!(page.head, above, "the head is the newest message");
                break;
            }
            for (place, message) in (above.get() + 1..).zip(&page.messages) {
                assert_eq!(message.seq.get(), place, "seqs are dense");
            }
            messages.extend(page.messages);
        }
        messages
    }

    pub(super) async fn texts(&self, reader: &Person, conversation: ConversationId) -> Vec<String> {
        let log = self.log(reader, conversation).await;
        log.into_iter().map(|message| message.text.as_str().to_owned()).collect()
    }

    pub(super) async fn cursor(&self, whose: &Person, conversation: ConversationId) -> (u64, u64) {
        let conversation = self.store.conversation(whose.user, conversation).await.unwrap().unwrap();
        let mut cursors = conversation.cursors.into_iter();
        let Cursor { delivered, read, .. } = cursors.find(|cursor| cursor.user == whose.user).unwrap();
        (delivered.get(), read.get())
    }

    pub(super) async fn writable(&self, who: &Person, conversation: ConversationId) -> bool {
        self.store.conversation(who.user, conversation).await.unwrap().is_some_and(|it| it.writable)
    }

    /// The whole feed of `who`, which must have no holes.
    pub(super) async fn feed(&self, who: &Person) -> Vec<FeedEntry> {
        let range = self.store.feed(who.user, Seq::ZERO, usize::MAX).await.unwrap();
        let from = range.floor.next().get();
        for (place, entry) in (from..).zip(&range.entries) {
            assert_eq!(entry.seq.get(), place, "seqs are dense");
        }
        let kept = u64::try_from(range.entries.len()).unwrap();
        assert_eq!(range.head.get(), range.floor.get() + kept, "the head is the newest entry");
        range.entries
    }

    pub(super) async fn changes(&self, who: &Person) -> Vec<FeedChange> {
        self.feed(who).await.into_iter().map(|entry| entry.change).collect()
    }

    /// What the feed of `who` tells that `act` caused.
    pub(super) async fn told<T>(&self, who: &Person, act: impl Future<Output = T>) -> (T, Vec<FeedChange>) {
        let before = self.feed(who).await.len();
        let done = act.await;
        (done, self.changes(who).await.split_off(before))
    }

    /// Does all that is left to do of every job, `page` relations at a time; gives the entries by reader.
    pub(super) async fn finish_jobs(&self, page: usize) -> BTreeMap<UserId, Vec<FeedChange>> {
        let mut told: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut steps = 0;
        while let Some(job) = self.store.jobs(1).await.unwrap().first() {
            let step = self.store.advance_job(*job, page).await.unwrap();
            steps += 1;
            assert!(steps < MANY_STEPS, "a job that never ends");
            for (user, entry) in step.entries {
                told.entry(user).or_default().push(entry.change);
            }
        }
        told
    }
}

/// The first page, as long as pages get.
pub(super) fn first_page() -> PageAfter {
    PageAfter { after: None, limit: 500 }
}

/// The seq that an append got.
#[track_caller]
pub(super) fn appended(written: &Written) -> Seq {
    match written {
        Written::Appended { seq, .. } => *seq,
        other => panic!("not appended: {other:?}"),
    }
}

/// Why a write was refused.
#[track_caller]
pub(super) fn refused(written: &Written) -> WriteRefusal {
    match written {
        Written::Refused(refusal) => *refusal,
        other => panic!("not refused: {other:?}"),
    }
}

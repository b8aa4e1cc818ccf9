//! Two friends and their conversation.

use std::sync::Arc;

use flux_core::account::{AccountStore, CreateAccount, DisplayName, NewAccount, Username};
use flux_core::friend::{FriendLimits, FriendStore, Greeting, RelationAnswer, RelationChange};
use flux_core::message::{Append, HistoryFrom, MessageStore, MessageText, Write, Written};
use flux_core::session::{Actor, Device, DeviceClass, DeviceName, NewSession, SessionPolicy, SessionStore};
use flux_core::{
    ConversationId, MessageId, RequestId, Seq, SessionId, StoreError, Timestamp, TokenHash, UserId, entropy,
};
use flux_store::mysql::MySqlStore;
use flux_store::system::SystemEntropy;

use crate::support::{NOW, config, database, open};

/// Two friends, and the store that they are in.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) url: String,
    pub(crate) store: Arc<MySqlStore>,
    pub(crate) alice: Actor,
    pub(crate) bob: Actor,
    pub(crate) conversation: ConversationId,
}

impl World {
    /// In a database of their own.
    pub(crate) async fn new() -> Self {
        Self::at(&database().await).await
    }

    /// In the database at `url`.
    pub(crate) async fn at(url: &str) -> Self {
        let store = open(config(url)).await.unwrap();
        let (alice, bob) = (person(&store, "alice").await, person(&store, "bob").await);
        let conversation = befriend(&store, alice, bob).await;
        Self { url: url.to_owned(), store: Arc::new(store), alice, bob, conversation }
    }

    /// A message of Alice's.
    pub(crate) fn message(&self, text: &str) -> Write {
        let (message, text) = (MessageId::generate(NOW, &SystemEntropy), MessageText::new(text).unwrap());
        Write::Append(Append { actor: self.alice, conversation: self.conversation, message, text })
    }

    /// Stores one.
    pub(crate) async fn send(&self, text: &str) -> Result<Written, StoreError> {
        Ok(self.store.commit(&[self.message(text)]).await?.remove(0))
    }

    /// What stands in the conversation, by seq.
    pub(crate) async fn texts(&self) -> Vec<String> {
        let mut texts = Vec::new();
        loop {
            let after = Seq::new(u64::try_from(texts.len()).unwrap()).unwrap();
            let from = HistoryFrom::After(after);
            let page =
                self.store.history(self.bob.user, self.conversation, from, 500).await.unwrap().unwrap();
            if page.messages.is_empty() {
                assert_eq!(page.head, after, "the head is that of the last message");
                return texts;
            }
            for message in page.messages {
                texts.push(message.text.as_str().to_owned());
                assert_eq!(message.seq.get(), u64::try_from(texts.len()).unwrap(), "seqs are dense");
            }
        }
    }
}

/// Somebody with an account and a session.
pub(crate) async fn person(store: &MySqlStore, name: &str) -> Actor {
    let user = UserId::generate(NOW, &SystemEntropy);
    let new = NewAccount {
        user,
        username: Username::new(name).unwrap(),
        display_name: DisplayName::new(name).unwrap(),
        email: None,
        password_hash: None,
    };
    assert!(matches!(store.create_account(new).await.unwrap(), CreateAccount::Created(_)));
    let session = SessionId::generate(Timestamp::default(), &SystemEntropy);
    let device = Device { name: DeviceName::empty(), class: DeviceClass::Other };
    let refresh = TokenHash::new(entropy::bytes(&SystemEntropy));
    let new = NewSession { session, user, device, refresh };
    store.open_session(new, SessionPolicy::default(), None).await.unwrap();
    Actor { user, session, generation: None }
}

/// Makes friends of two.
pub(crate) async fn befriend(store: &MySqlStore, one: Actor, other: Actor) -> ConversationId {
    let limits = FriendLimits::default();
    let request = RequestId::generate(NOW, &SystemEntropy);
    let ask = RelationChange::Request { request, to: other.user, greeting: Greeting::empty() };
    store.change_relation(&one, &ask, &limits).await.unwrap().unwrap();
    let accept = RelationChange::Accept(request);
    let done = store.change_relation(&other, &accept, &limits).await.unwrap().unwrap();
    match done.answer {
        RelationAnswer::Befriended(friend) => friend.conversation,
        other => panic!("no friends: {other:?}"),
    }
}

/// The seq under which a message was stored, and whether it had been stored before.
pub(crate) fn appended(written: &Written) -> (u64, bool) {
    match written {
        Written::Appended { seq, repeated, .. } => (seq.get(), *repeated),
        other => panic!("not stored: {other:?}"),
    }
}

//! Two friends and their conversation, in any store.

use flux_core::account::{CreateAccount, DisplayName, NewAccount, Username};
use flux_core::friend::{FriendLimits, Greeting, RelationAnswer, RelationChange};
use flux_core::message::{Append, HistoryFrom, MessageText, Write};
use flux_core::session::{Actor, Device, DeviceClass, DeviceName, NewSession, SessionPolicy};
use flux_core::{
    ConversationId, DurableStore, Entropy, MessageId, RequestId, Seq, SessionId, Timestamp, TokenHash,
    UserId, entropy,
};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// Who they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Friends {
    pub(crate) alice: Actor,
    pub(crate) bob: Actor,
    pub(crate) conversation: ConversationId,
}

impl Friends {
    /// Gives them accounts and sessions, and makes them friends.
    pub(crate) async fn new(store: &dyn DurableStore, chance: &dyn Entropy) -> Self {
        let alice = person(store, chance, "alice").await;
        let bob = person(store, chance, "bob").await;
        let conversation = befriend(store, chance, alice, bob).await;
        Self { alice, bob, conversation }
    }

    /// A message of Alice's.
    pub(crate) fn message(&self, chance: &dyn Entropy, text: &str) -> Write {
        let (message, text) = (MessageId::generate(NOW, chance), MessageText::new(text).unwrap());
        Write::Append(Append { actor: self.alice, conversation: self.conversation, message, text })
    }

    /// What stands in their conversation, as Bob reads it: the first text is at seq 1, and so on without holes. Nothing, if
    /// there is no such conversation.
    pub(crate) async fn texts(&self, store: &dyn DurableStore) -> Vec<String> {
        let mut texts = Vec::new();
        loop {
            let after = Seq::new(u64::try_from(texts.len()).unwrap()).unwrap();
            let from = HistoryFrom::After(after);
            let page = store.history(self.bob.user, self.conversation, from, 500).await.unwrap();
            let Some(page) = page else { return texts };
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
pub(crate) async fn person(store: &dyn DurableStore, chance: &dyn Entropy, name: &str) -> Actor {
    let user = UserId::generate(NOW, chance);
    let new = NewAccount {
        user,
        username: Username::new(name).unwrap(),
        display_name: DisplayName::new(name).unwrap(),
        email: None,
        password_hash: None,
    };
    assert!(matches!(store.create_account(new).await.unwrap(), CreateAccount::Created(_)));
    let session = SessionId::generate(NOW, chance);
    let device = Device { name: DeviceName::empty(), class: DeviceClass::Other };
    let new = NewSession { session, user, device, refresh: TokenHash::new(entropy::bytes(chance)) };
    store.open_session(new, SessionPolicy::default(), None).await.unwrap();
    Actor { user, session, generation: None }
}

/// Makes friends of two.
pub(crate) async fn befriend(
    store: &dyn DurableStore,
    chance: &dyn Entropy,
    one: Actor,
    other: Actor,
) -> ConversationId {
    let limits = FriendLimits::default();
    let request = RequestId::generate(NOW, chance);
    let ask = RelationChange::Request { request, to: other.user, greeting: Greeting::empty() };
    store.change_relation(&one, &ask, &limits).await.unwrap().unwrap();
    let accept = RelationChange::Accept(request);
    let done = store.change_relation(&other, &accept, &limits).await.unwrap().unwrap();
    match done.answer {
        RelationAnswer::Befriended(friend) => friend.conversation,
        other => panic!("no friends: {other:?}"),
    }
}

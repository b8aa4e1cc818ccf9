//! Two friends and their conversation, in a database.

use std::ops::Deref;
use std::sync::Arc;

use flux_core::StoreError;
use flux_core::message::{MessageStore, Write, Written};
use flux_store::mysql::MySqlStore;
use flux_store::system::SystemEntropy;

use crate::friends::Friends;
use crate::support::{config, database, open};

/// Two friends, and the store that they are in.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) url: String,
    pub(crate) store: Arc<MySqlStore>,
    pub(crate) friends: Friends,
}

impl Deref for World {
    type Target = Friends;

    fn deref(&self) -> &Friends {
        &self.friends
    }
}

impl World {
    /// In a database of their own.
    pub(crate) async fn new() -> Self {
        Self::at(&database().await).await
    }

    /// In the database at `url`.
    pub(crate) async fn at(url: &str) -> Self {
        let store = open(config(url)).await.unwrap();
        let friends = Friends::new(&store, &SystemEntropy).await;
        Self { url: url.to_owned(), store: Arc::new(store), friends }
    }

    /// A message of Alice's.
    pub(crate) fn message(&self, text: &str) -> Write {
        self.friends.message(&SystemEntropy, text)
    }

    /// Stores one.
    pub(crate) async fn send(&self, text: &str) -> Result<Written, StoreError> {
        Ok(self.store.commit(&[self.message(text)]).await?.remove(0))
    }

    /// What stands in the conversation, by seq.
    pub(crate) async fn texts(&self) -> Vec<String> {
        self.friends.texts(&*self.store).await
    }
}

/// The seq under which a message was stored, and whether it had been stored before.
pub(crate) fn appended(written: &Written) -> (u64, bool) {
    match written {
        Written::Appended { seq, repeated, .. } => (seq.get(), *repeated),
        other => panic!("not stored: {other:?}"),
    }
}

//! People, with everything that they can do.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use flux_client::net::{Dialer, Duplex, Transport};
use flux_client::{
    Client, Device, DeviceClass, Event, EventStream, Message, PresenceState, Secret, Session, TransportError,
    UserId,
};
use flux_net::mail::read_outbox;
use serde_json::{Value, json};

use crate::harness::{PATIENCE, soon, until};
use crate::http::{Answer, call};
use crate::socket::Socket;
use crate::world::World;

/// A password that nobody guesses.
pub(crate) const PASSWORD: &str = "kept-between-us-4711";

/// Somebody who has an account and a session of their own, by hand.
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) token: String,
    gate: String,
}

impl Person {
    /// Registers `name` with the code from the captured mail, and logs in.
    pub(crate) async fn enter(world: &World, name: &str) -> Self {
        let email = format!("{name}@example.org");
        let asked = ask_code(world, &email).await;
        assert!((200..300).contains(&asked.status), "{asked:?}");
        let code = code(world, &email).await;
        let body = json!({"email": email, "code": code, "username": name, "password": PASSWORD});
        call(&world.front, "POST", "/v1/users", None, Some(body)).await.ok();
        Self::log_in(world, name).await
    }

    /// Logs in once more.
    pub(crate) async fn log_in(world: &World, name: &str) -> Self {
        let opened = log_in(world, name).await.ok();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            id: text(&opened["user"]["user_id"]),
            token: text(&opened["access_token"]),
            gate: world.front.clone(),
        }
    }

    /// One call of the gate.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        call(&self.gate, method, path, Some(&self.token), body).await
    }

    /// A connection to a chat node.
    pub(crate) async fn connect(&self, world: &World, chat: usize) -> Socket {
        Socket::hello(&world.chats[chat].address, &self.token).await
    }

    /// Makes friends through the gate; the id of the conversation.
    pub(crate) async fn befriend(&self, other: &Self) -> String {
        self.call("POST", "/v1/friend-requests", Some(json!({"user_id": other.id}))).await.ok();
        let requests = other.call("GET", "/v1/friend-requests", None).await.ok();
        let request = requests["items"][0]["request_id"].as_str().unwrap_or_else(|| panic!("{requests}"));
        other.call("POST", &format!("/v1/friend-requests/{request}/accept"), Some(json!({}))).await.ok();
        let friends = self.call("GET", "/v1/friends", None).await.ok();
        let items = friends["items"].as_array().unwrap();
        let friend = items.iter().find(|friend| friend["profile"]["user_id"] == json!(other.id));
        friend.unwrap_or_else(|| panic!("{friends}"))["conversation_id"].as_str().unwrap().to_owned()
    }

    /// All messages of a conversation, as `(seq, text)`, read through the gate.
    pub(crate) async fn history(&self, conversation: &str) -> Vec<(u64, String)> {
        let mut all = Vec::new();
        loop {
            let after = all.last().map_or(0, |(seq, _)| *seq);
            let path = format!("/v1/conversations/{conversation}/messages?after_seq={after}&limit=100");
            let page = self.call("GET", &path, None).await.ok();
            let items = page["items"].as_array().unwrap();
            if items.is_empty() {
                return all;
            }
            all.extend(items.iter().map(|item| {
                (
                    item["seq"].as_u64().unwrap_or_else(|| panic!("{item}")),
                    item["text"].as_str().unwrap().to_owned(),
                )
            }));
        }
    }
}

/// Two who are friends, and their conversation.
pub(crate) async fn friends(world: &World) -> (Person, Person, String) {
    let (ada, bob) = tokio::join!(Person::enter(world, "ada"), Person::enter(world, "bob"));
    let conversation = ada.befriend(&bob).await;
    (ada, bob, conversation)
}

/// Asks for a code for a new account.
pub(crate) async fn ask_code(world: &World, email: &str) -> Answer {
    let body = json!({"email": email, "purpose": "register"});
    call(&world.front, "POST", "/v1/verification-codes", None, Some(body)).await
}

/// The newest code that was mailed to `email`.
pub(crate) async fn code(world: &World, email: &str) -> String {
    let outbox = world.data().join("outbox");
    until(PATIENCE, "a mail", async || {
        read_outbox(&outbox)
            .unwrap()
            .into_iter()
            .rev()
            .find(|mail| mail.to == email)
            .and_then(|mail| mail.code)
    })
    .await
}

/// One login, whatever comes of it.
pub(crate) async fn log_in(world: &World, name: &str) -> Answer {
    let device = json!({"name": "curl", "class": "other"});
    let body = json!({"login": name, "password": PASSWORD, "device": device});
    call(&world.front, "POST", "/v1/sessions", None, Some(body)).await
}

/// A session of the typed client, which finds a node by itself.
pub(crate) async fn session(world: &World, name: &str) -> Session {
    opened(Client::builder(world.url()).build().unwrap(), name).await
}

/// A session of the typed client that knows one node only.
pub(crate) async fn session_on(world: &World, name: &str, chat: usize) -> Session {
    opened(Client::builder(world.url()).chat_url(world.chat_url(chat)).build().unwrap(), name).await
}

async fn opened(client: Client, name: &str) -> Session {
    let device = Device::new("test", DeviceClass::Other);
    let session = client.login(name, &Secret::from(PASSWORD), device).await.unwrap();
    soon("a connection", session.online()).await.unwrap();
    session
}

/// The next message from somebody else.
pub(crate) async fn message(session: &Session, events: &mut EventStream) -> Message {
    soon("a message", async {
        loop {
            if let Event::Message(message) = events.next().await.expect("the session goes on")
                && message.sender != session.user()
            {
                return message;
            }
        }
    })
    .await
}

/// Waits until `user` is told to be so.
pub(crate) async fn presence(events: &mut EventStream, user: UserId, state: PresenceState) {
    loop {
        if let Event::Presence(told) = events.next().await.expect("the session goes on")
            && told.user == user
            && told.state == state
        {
            return;
        }
    }
}

/// Notes where a client connects to.
#[derive(Clone)]
pub(crate) struct Whereabouts {
    url: Arc<Mutex<String>>,
    dialer: Arc<Dialer>,
}

impl Whereabouts {
    /// A session of the typed client that finds a node by itself, and where that is.
    pub(crate) async fn session(world: &World, name: &str) -> (Session, Self) {
        let whereabouts = Self { url: Arc::default(), dialer: Arc::new(Dialer::new()) };
        let client = Client::builder(world.url()).transport(Arc::new(whereabouts.clone())).build().unwrap();
        (opened(client, name).await, whereabouts)
    }

    /// The node that it was connected to last.
    pub(crate) fn node(&self, world: &World) -> usize {
        let url = self.url.lock().unwrap().clone();
        (0..world.chats.len()).find(|chat| world.chat_url(*chat) == url).unwrap_or_else(|| panic!("{url}"))
    }
}

#[async_trait]
impl Transport for Whereabouts {
    async fn connect(&self, url: &str, subprotocol: &str) -> Result<Duplex, TransportError> {
        let connected = self.dialer.connect(url, subprotocol).await?;
        url.clone_into(&mut self.url.lock().unwrap());
        Ok(connected)
    }
}

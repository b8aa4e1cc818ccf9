//! Who takes part in a run: made, befriended, and asked at the end what they have.

use std::path::Path;
use std::time::Duration;

use flux_client::{Client, CodePurpose, ConversationId, Registration, Secret};
use flux_history::What;
use flux_net::mail::read_outbox;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::people::{DEVICES, Device, Scene, User};
use super::random::Random;
use super::world::until;
use crate::failure::Failure;

/// How long a step of the beginning, or of the end, may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// All of them, and their conversations.
pub(super) struct Crowd {
    pub(super) users: Vec<User>,
    conversations: Vec<ConversationId>,
}

impl Crowd {
    /// Makes accounts at a server whose captured mail lies in `outbox`.
    pub(super) async fn register(
        scene: &Scene,
        outbox: &Path,
        clients: usize,
    ) -> Result<Vec<(String, Secret)>, Failure> {
        let client = Client::builder(&scene.url).build()?;
        let mut accounts = Vec::new();
        for number in 0..clients.div_ceil(DEVICES).max(2) {
            let (username, password) = (format!("chaos{number}"), Secret::from("kept-between-us-4711"));
            let email = format!("{username}@example.org");
            client.request_code(&email, CodePurpose::Register).await?;
            let code = until(PATIENCE, "a mail", async || {
                let mails = read_outbox(outbox).ok()?;
                mails.into_iter().rev().find(|mail| mail.to == email)?.code
            });
            let code = code.await?.into();
            let display_name = None;
            let account = Registration {
                email,
                code,
                username: username.clone(),
                display_name,
                password: password.clone(),
            };
            client.register(&account).await?;
            accounts.push((username, password));
        }
        Ok(accounts)
    }

    /// Logs everybody in and makes a ring of friends.
    pub(super) async fn enter(
        scene: &Scene,
        accounts: Vec<(String, Secret)>,
        random: &Random,
    ) -> Result<Self, Failure> {
        let mut users: Vec<User> = Vec::new();
        for ((username, password), number) in accounts.into_iter().zip(0..) {
            // Who it is, is in the answer to a login; what is recorded needs it before.
            let client = Client::builder(&scene.url).build()?;
            let device = flux_client::Device::new("chaos", flux_client::DeviceClass::Other);
            let first = client.login(&username, &password, device).await?;
            let id = first.user();
            first.logout().await?;
            let mut devices = Vec::new();
            for _ in 0..DEVICES {
                let device = Device::log_in(scene, id, &username, &password).await?;
                timeout(PATIENCE, device.session.online()).await??;
                devices.push(device);
            }
            let (random, friends) = (random.fork(number), Vec::new());
            users.push(User { id, username, password, scene: scene.clone(), random, devices, friends });
        }
        let mut conversations = Vec::new();
        let count = users.len();
        let ring = if count == 2 { 1 } else { count };
        for (one, other) in (0..ring).map(|at| (at, (at + 1) % count)) {
            let ids = [users[one].id, users[other].id];
            let (asks, takes) = (&users[one].devices[0].session, &users[other].devices[0].session);
            if asks.request_friend(ids[1], "chaos").await.is_ok() {
                for request in takes.received_requests().all().await? {
                    if request.from.user == ids[0] {
                        takes.accept_friend(request.request).await?;
                    }
                }
            }
            let conversation = ConversationId::direct(ids[0], ids[1]);
            scene.tape.note(What::Members {
                conversation: conversation.to_string().into(),
                users: ids.map(|id| id.to_string().into()).to_vec(),
            });
            users[one].friends.push((ids[1], conversation));
            users[other].friends.push((ids[0], conversation));
            conversations.push(conversation);
        }
        Ok(Self { users, conversations })
    }

    /// Waits until everybody has everything, and reads all of it. Says what could not be read.
    pub(super) async fn settle(&self, scene: &Scene) -> Vec<String> {
        let mut waiting = JoinSet::new();
        let mut unread = Vec::new();
        for conversation in self.conversations.iter().copied() {
            let members = || self.users.iter().filter(move |user| user.has(conversation));
            let Some(reader) = members().next().and_then(|user| user.devices.first()).cloned() else {
                continue;
            };
            for device in members().flat_map(|user| user.devices.clone()) {
                let reader = reader.clone();
                waiting.spawn(timeout(PATIENCE, async move {
                    let _ = device.session.online().await;
                    if let Ok(page) = reader.session.history_before(conversation, None, 1).await {
                        device.has(conversation, page.head_seq).await;
                    }
                }));
            }
        }
        waiting.join_all().await;
        // Who lacks something now has had all the time they needed.
        scene.tape.note(What::Quiet);
        for conversation in &self.conversations {
            for user in self.users.iter().filter(|user| user.has(*conversation)) {
                let Some(device) = user.devices.first() else { continue };
                let read = timeout(PATIENCE, device.read(*conversation)).await;
                if !matches!(read, Ok(Ok(()))) {
                    unread.push(format!("{} by {}", conversation, device.name));
                }
            }
        }
        unread
    }
}

impl User {
    fn has(&self, conversation: ConversationId) -> bool {
        self.friends.iter().any(|(_, own)| *own == conversation)
    }
}

//! One of the people: what they do, at random.

use std::sync::Arc;
use std::time::Duration;

use flux_client::{ConversationId, Secret, UserId};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Device, Scene};
use crate::chaos::random::Random;

/// How many messages of one user may be on their way.
const OPEN: usize = 16;
/// From one thing to the next, at most.
const PACE: Duration = Duration::from_millis(80);

/// Sessions of a user that stay.
pub(in crate::chaos) const DEVICES: usize = 2;
/// How long somebody is away: longer than it may take until friends are told.
const AWAY: Duration = Duration::from_secs(12);
/// From one try to log in to the next.
const RETRY: Duration = Duration::from_millis(500);

/// Somebody who has friends and talks to them.
pub(in crate::chaos) struct User {
    pub(in crate::chaos) id: UserId,
    pub(in crate::chaos) username: String,
    pub(in crate::chaos) password: Secret,
    pub(in crate::chaos) scene: Scene,
    pub(in crate::chaos) random: Random,
    /// Those that stay.
    pub(in crate::chaos) devices: Vec<Device>,
    /// Friends, and the conversations with them.
    pub(in crate::chaos) friends: Vec<(UserId, ConversationId)>,
}

impl User {
    /// Does things until `over`, then waits until all that was sent is answered. Returns itself, with the devices that
    /// are left.
    pub(in crate::chaos) async fn live(mut self, over: CancellationToken) -> Self {
        let room = Arc::new(Semaphore::new(OPEN));
        let mut answers = JoinSet::new();
        let mut number = 0_u64;
        for device in &self.devices {
            let users: Vec<_> = self.friends.iter().map(|(user, _)| *user).collect();
            device.watch(&users).await;
        }
        while !over.is_cancelled() {
            let pause = self.random.between(Duration::ZERO, PACE);
            if over.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                break;
            }
            let (Some(device), Some((friend, conversation))) =
                (self.random.pick(&self.devices).cloned(), self.random.pick(&self.friends).copied())
            else {
                break;
            };
            match self.random.below(200) {
                0 => self.visit().await,
                11 if self.random.one_in(4) => {
                    answers.join_all().await;
                    answers = JoinSet::new();
                    self.step_out().await;
                }
                1 => self.fall_out(&device, friend).await,
                2..5 => {
                    let given = device.given(conversation);
                    // What it says is looked at by the reading at the end.
                    let _ = device.timed(device.session.history_before(conversation, None, 50)).await;
                    let _ = device.session.mark_read(conversation, given).await;
                }
                5..10 => Self::make_up(&device).await,
                10 => {
                    let _ = device.timed(device.session.sessions()).await;
                }
                _ => {
                    let Some(Ok(place)) = over.run_until_cancelled(Arc::clone(&room).acquire_owned()).await
                    else {
                        break;
                    };
                    number += 1;
                    let text = format!("{} {number}", device.name);
                    if let Ok(ticket) = device.send(conversation, text).await {
                        answers.spawn(async move {
                            device.answered(&ticket).await;
                            drop(place);
                        });
                    }
                    while answers.try_join_next().is_some() {}
                }
            }
        }
        answers.join_all().await;
        self
    }

    /// A device that is there for a moment, and is logged out by itself or by another one.
    async fn visit(&mut self) {
        let Ok(guest) = Device::log_in(&self.scene, self.id, &self.username, &self.password).await else {
            return;
        };
        // Where the servers are down it does not come online; it is ended all the same.
        let _ = tokio::time::timeout(Duration::from_secs(2), guest.session.online()).await;
        if let Some((_, conversation)) = self.random.pick(&self.friends).copied()
            && let Ok(ticket) = guest.send(conversation, format!("{} visits", guest.name)).await
        {
            let _ = tokio::time::timeout(Duration::from_secs(3), guest.answered(&ticket)).await;
        }
        let ended = match (self.random.one_in(2), guest.id().await, self.devices.first()) {
            (true, Some(id), Some(other)) => other.timed(other.session.end_session(id)).await.is_ok(),
            _ => guest.session.logout().await.is_ok(),
        };
        if ended {
            guest.revoked();
            // What it is told now would be told to nobody.
            tokio::time::sleep(Duration::from_millis(1_500)).await;
        }
        guest.session.close().await;
        self.scene.meter.gone(&guest.name);
    }

    /// Logs out everywhere, so that friends see it, and comes back on new devices.
    async fn step_out(&mut self) {
        for device in std::mem::take(&mut self.devices) {
            if device.session.logout().await.is_ok() {
                device.revoked();
            } else {
                // It may be there still: nobody can be sure that this user is gone.
                self.devices.push(device);
            }
        }
        if !self.devices.is_empty() {
            return;
        }
        self.scene.left(self.id);
        tokio::time::sleep(AWAY).await;
        self.scene.came(self.id);
        while self.devices.len() < DEVICES {
            let entered = Device::log_in(&self.scene, self.id, &self.username, &self.password).await;
            match entered {
                Ok(device) => {
                    let users: Vec<_> = self.friends.iter().map(|(user, _)| *user).collect();
                    device.watch(&users).await;
                    self.devices.push(device);
                }
                // Where the servers are down.
                Err(_) => tokio::time::sleep(RETRY).await,
            }
        }
    }

    /// Ends a friendship, and asks for it anew.
    async fn fall_out(&self, device: &Device, friend: UserId) {
        let session = &device.session;
        if device.timed(session.remove_friend(friend)).await.is_ok() {
            let _ = device.timed(session.request_friend(friend, "again")).await;
        }
    }

    /// Takes whoever asked.
    async fn make_up(device: &Device) {
        let session = &device.session;
        for request in session.received_requests().all().await.unwrap_or_default() {
            let _ = session.accept_friend(request.request).await;
        }
    }
}

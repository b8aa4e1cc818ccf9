//! What people do with their devices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use flux_client::{ConversationId, Session, UserId};

use crate::device::{Device, Run, client_id};

/// Everybody, and what they are to do.
pub(crate) struct People {
    pub(crate) devices: Vec<Arc<Device>>,
    pub(crate) users: Vec<flux_core::UserId>,
    /// How long they think between two things that they do.
    pub(crate) pace: (u64, u64),
    /// Whether they still do anything but keep their devices running.
    pub(crate) active: AtomicBool,
    /// Whether devices that are off are to be switched on.
    pub(crate) present: AtomicBool,
    said: AtomicUsize,
}

impl People {
    pub(crate) fn new(devices: Vec<Arc<Device>>, users: Vec<flux_core::UserId>, pace: (u64, u64)) -> Self {
        Self {
            devices,
            users,
            pace,
            active: AtomicBool::new(true),
            present: AtomicBool::new(true),
            said: AtomicUsize::new(0),
        }
    }

    /// Uses a device for ever.
    pub(crate) async fn use_device(self: Arc<Self>, device: Arc<Device>) {
        tokio::time::sleep(device.chance.millis(0, 2_000)).await;
        loop {
            let (least, most) = self.pace;
            tokio::time::sleep(device.chance.millis(least, most)).await;
            if self.present.load(Ordering::Relaxed) {
                if device.session().is_none() && !device.log_in().await {
                    continue;
                }
                device.start().await;
            }
            let Some(run) = device.run() else { continue };
            if !self.active.load(Ordering::Relaxed) || run.gate.stands_still() {
                continue;
            }
            tokio::select! {
                biased;
                () = run.gate.over() => {}
                () = self.act(&device, &run) => {}
            }
        }
    }

    async fn act(&self, device: &Device, run: &Run) {
        let Some(other) = self.somebody_else(device) else { return };
        let (session, chance) = (&run.session, &device.chance);
        match chance.below(100) {
            0..50 => self.say(device, session, other).await,
            50..62 => {
                let got = device.got();
                if let Some((conversation, seq)) = got.iter().nth(chance.index(got.len())) {
                    let _ = session.mark_read(*conversation, *seq).await;
                }
            }
            62..70 => {
                let conversation = ConversationId::direct(session.user(), other);
                let _ = session.history_before(conversation, None, 20).await;
            }
            70..75 => drop(device.watch(run, &[other]).await),
            75..79 => drop(session.reconnect().await),
            79..82 => drop(session.remove_friend(other).await),
            82..89 => drop(session.request_friend(other, "").await),
            89..91 => drop(session.block(other).await),
            91..94 => drop(session.unblock(other).await),
            94..96 => drop(session.friends().next().await),
            96..98 => {
                let same = |known: &&Arc<Device>| known.user == device.user && known.number != device.number;
                if let Some(mine) = self.devices.iter().find(same) {
                    device.end_other(run, mine).await;
                }
            }
            98 => device.log_out(run).await,
            _ => {
                let conversation = ConversationId::direct(session.user(), other);
                let _ = session.set_typing(conversation, true).await;
            }
        }
    }

    async fn say(&self, device: &Device, session: &Session, to: UserId) {
        for _ in 0..=device.chance.below(4) {
            let said = self.said.fetch_add(1, Ordering::Relaxed);
            // A full outbox is nobody's loss.
            let _ = session.send(to, format!("{said} by {}", device.number)).await;
        }
    }

    fn somebody_else(&self, device: &Device) -> Option<UserId> {
        let others: Vec<_> = self.users.iter().filter(|user| **user != device.user).collect();
        others.get(device.chance.index(others.len())).map(|user| client_id(**user))
    }

    /// Whether every device is connected and has nothing left to send.
    pub(crate) async fn all_settled(&self) -> bool {
        for device in &self.devices {
            if !device.is_settled().await {
                return false;
            }
        }
        true
    }

    /// Waits until every device is connected, but not for ever.
    pub(crate) async fn return_all(&self, patience: Duration) {
        let patience = tokio::time::Instant::now() + patience;
        let back =
            |device: &Arc<Device>| device.run().is_some_and(|run| run.session.connection().is_online());
        while !self.devices.iter().all(back) && tokio::time::Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Waits until all are settled, but not for ever. Returns those that are not.
    pub(crate) async fn settle(&self, patience: Duration) -> Vec<usize> {
        let patience = tokio::time::Instant::now() + patience;
        while !self.all_settled().await && tokio::time::Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let mut unsettled = Vec::new();
        for device in &self.devices {
            if !device.is_settled().await {
                unsettled.push(device.number);
            }
        }
        unsettled
    }
}

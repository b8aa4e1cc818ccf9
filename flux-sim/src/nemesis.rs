//! What goes wrong, and how it heals.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::chance::Chance;
use crate::climate::{Climate, Mood};
use crate::cluster::Cluster;
use crate::network::{Place, Weather};
use crate::people::People;

/// Something that goes wrong.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Kill { node: usize, silent: bool },
    StandStill { node: usize },
    Drain { node: usize, window: Duration },
    Partition { from: Place, to: Place, both: bool },
    SlowNetwork { most: u64 },
    Cut { of_thousand: u64 },
    Vanish { of_thousand: u64 },
    Store { mood: Mood, redis: bool },
    StoreStandsStill { redis: bool },
    RedisEmpty,
    WallClock { node: usize, millis: i64 },
    KillDevice { device: usize, keeps_state: bool },
    DeviceStandsStill { device: usize },
}

pub(crate) struct Nemesis {
    cluster: Arc<Cluster>,
    people: Arc<People>,
    chance: Chance,
    usual: Mood,
}

impl Nemesis {
    pub(crate) const fn new(cluster: Arc<Cluster>, people: Arc<People>, chance: Chance, usual: Mood) -> Self {
        Self { cluster, people, chance, usual }
    }

    /// Lets `count` things go wrong within `span`, and everything heal at its end.
    pub(crate) async fn storm(self: &Arc<Self>, count: u64, span: Duration) {
        let mut faults = JoinSet::new();
        for _ in 0..count {
            let fault = self.draw();
            let begins = self.chance.span(Duration::ZERO, span);
            let lasts = self.chance.millis(50, 15_000).min(span.saturating_sub(begins));
            let nemesis = Arc::clone(self);
            faults.spawn(async move {
                sleep(begins).await;
                nemesis.cluster.network.trace.value("FAULT", &(fault, lasts));
                nemesis.one(fault, lasts).await;
            });
        }
        sleep(span).await;
        faults.shutdown().await;
        self.heal();
    }

    fn draw(&self) -> Fault {
        let chance = &self.chance;
        let node = chance.index(self.cluster.size());
        let device = chance.index(self.people.devices.len());
        let place = |draw: u64| match draw {
            0..40 => Place::Node(chance.index(self.cluster.size())),
            40..55 => Place::Store,
            55..75 => Place::Directory,
            75..95 => Place::Device(chance.index(self.people.devices.len())),
            _ => Place::Gate,
        };
        match chance.below(100) {
            0..14 => Fault::Kill { node, silent: chance.permille(400) },
            14..24 => Fault::StandStill { node },
            24..31 => Fault::Drain { node, window: chance.millis(0, 5_000) },
            31..46 => Fault::Partition {
                from: Place::Node(node),
                to: place(chance.below(100)),
                both: chance.permille(500),
            },
            46..50 => Fault::SlowNetwork { most: 20 + chance.below(500) },
            50..57 => Fault::Cut { of_thousand: 200 + chance.below(800) },
            57..62 => Fault::Vanish { of_thousand: 200 + chance.below(600) },
            62..74 => {
                let mood = match chance.below(3) {
                    0 => Mood::well(10_000, 20_000 + chance.below(3_000_000)),
                    1 => Mood { down: true, ..self.usual },
                    _ => Mood { fails: chance.below(400), forgets_to_say: chance.below(600), ..self.usual },
                };
                Fault::Store { mood, redis: chance.permille(300) }
            }
            74..80 => Fault::StoreStandsStill { redis: chance.permille(400) },
            80..84 => Fault::RedisEmpty,
            84..88 => {
                const JUMPS: [i64; 6] = [-86_400_000, -3_600_000, -5_000, 5_000, 3_600_000, 86_400_000];
                Fault::WallClock { node, millis: JUMPS[chance.index(JUMPS.len())] }
            }
            88..95 => Fault::KillDevice { device, keeps_state: chance.permille(600) },
            _ => Fault::DeviceStandsStill { device },
        }
    }

    async fn one(&self, fault: Fault, lasts: Duration) {
        let Cluster { network, store, redis, .. } = &*self.cluster;
        let climate = |of_redis: bool| if of_redis { redis } else { store };
        match fault {
            Fault::Kill { node, silent } => {
                self.cluster.kill(node, silent);
                sleep(lasts).await;
                self.cluster.start(node);
            }
            Fault::StandStill { node } => {
                let Some(node) = self.cluster.node(node) else { return };
                node.gate.stand_still();
                sleep(lasts).await;
                node.gate.go_on();
            }
            Fault::Drain { node, window } => {
                self.cluster.drain(node, window).await;
                sleep(lasts).await;
                self.cluster.start(node);
            }
            Fault::Partition { from, to, both } => {
                network.block(from, to);
                if both {
                    network.block(to, from);
                }
                sleep(lasts).await;
                network.unblock(from, to);
                network.unblock(to, from);
            }
            Fault::SlowNetwork { most } => {
                let least = Duration::from_millis(1);
                network.set_slow(Some(Weather { least, most: Duration::from_millis(most) }));
                sleep(lasts).await;
                network.set_slow(None);
            }
            Fault::Cut { of_thousand } => {
                for connection in network.connections() {
                    if self.chance.permille(of_thousand) {
                        connection.cut();
                    }
                }
            }
            Fault::Vanish { of_thousand } => {
                for connection in network.connections() {
                    if self.chance.permille(of_thousand) {
                        connection.vanish();
                    }
                }
            }
            Fault::Store { mood, redis } => {
                climate(redis).set(mood);
                sleep(lasts).await;
                self.well(climate(redis));
            }
            Fault::StoreStandsStill { redis } => {
                climate(redis).stand_still(true);
                sleep(lasts).await;
                climate(redis).stand_still(false);
            }
            Fault::RedisEmpty => self.cluster.volatile.lose_everything(),
            Fault::WallClock { node, millis } => {
                let Some(node) = self.cluster.node(node) else { return };
                node.clock.set_wrong_by(millis);
                sleep(lasts).await;
                node.clock.set_wrong_by(0);
            }
            Fault::KillDevice { device, keeps_state } => self.people.devices[device].kill(keeps_state),
            Fault::DeviceStandsStill { device } => {
                let Some(run) = self.people.devices[device].run() else { return };
                run.gate.stand_still();
                sleep(lasts).await;
                run.gate.go_on();
            }
        }
    }

    fn well(&self, climate: &Climate) {
        climate.set(if climate.place == Place::Store { self.usual } else { Mood::well(50, 500) });
    }

    /// Everything works again: whatever is wrong, at the same time.
    fn heal(&self) {
        let Cluster { network, store, redis, .. } = &*self.cluster;
        network.trace.note(|| "HEAL".to_owned());
        network.set_slow(None);
        for climate in [store, redis] {
            self.well(climate);
            climate.stand_still(false);
        }
        network.unblock_all();
        for node in 0..self.cluster.size() {
            if let Some(node) = self.cluster.node(node) {
                node.clock.set_wrong_by(0);
                node.gate.go_on();
                // One that was told to stop while it was standing still, or is about to stop, is to be replaced.
                if !node.chat.status().draining {
                    continue;
                }
            }
            self.cluster.kill(node, false);
            self.cluster.start(node);
        }
        for device in &self.people.devices {
            if let Some(run) = device.run() {
                run.gate.go_on();
            }
        }
        // Whoever still writes to a connection of which the other end is gone hears so now.
        for connection in network.connections() {
            if connection.has_vanished() {
                connection.cut();
            }
        }
    }
}

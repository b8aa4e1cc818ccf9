//! How each fault is done, and undone.

use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::time::sleep;

use super::Fault;
use crate::chaos::random::Random;
use crate::chaos::shape::Shape;
use crate::chaos::world::proxy::Flow;
use crate::chaos::world::{Cluster, Program, Proxy, Wire, WorldError, statement};

/// How long a private MariaDB has to end in good order.
const GOOD_ORDER: Duration = Duration::from_secs(20);

/// Does it for about as long as `most`, and undoes it. What was killed runs again afterwards.
pub(in crate::chaos) async fn strike(
    fault: Fault,
    shape: &mut Shape,
    random: &mut Random,
    most: Duration,
) -> Result<(), WorldError> {
    let time = random.between(most / 4, most);
    match fault {
        Fault::KillNode => {
            let mut nodes = shape.nodes();
            let at = random.below(nodes.len());
            restart(nodes.swap_remove(at), random).await
        }
        Fault::PauseNode => {
            let mut nodes = shape.nodes();
            let at = random.below(nodes.len());
            let _paused = nodes.swap_remove(at).pause()?;
            sleep(time).await;
            Ok(())
        }
        Fault::KillAll => {
            for program in shape.programs() {
                program.signal(Signal::SIGKILL)?;
            }
            for program in shape.programs() {
                program.ended().await?;
                program.launch()?;
            }
            for program in shape.programs() {
                program.serves().await?;
            }
            Ok(())
        }
        Fault::Rolling => {
            for at in 0..shape.nodes().len() {
                if let Some(node) = shape.nodes().get_mut(at) {
                    node.stop().await?;
                    node.start().await?;
                }
                shape.whole(GOOD_ORDER).await?;
            }
            Ok(())
        }
        Fault::TermTwice => {
            let mut nodes = shape.nodes();
            let at = random.below(nodes.len());
            let node = nodes.swap_remove(at);
            node.signal(Signal::SIGTERM)?;
            sleep(random.between(Duration::ZERO, Duration::from_millis(100))).await;
            node.signal(Signal::SIGTERM)?;
            node.ended().await?;
            node.start().await
        }
        Fault::DelayClients | Fault::TrickleClients | Fault::HalfOpenClients | Fault::ResetClients => {
            let proxies = match &*shape {
                Shape::Up(single) => std::slice::from_ref(&single.proxy),
                Shape::Cluster(cluster) => &cluster.client_proxies,
            };
            clients(fault, proxies, random, time).await;
            Ok(())
        }
        _ => match shape {
            Shape::Up(_) => Ok(()),
            Shape::Cluster(cluster) => on_cluster(fault, cluster, random, time).await,
        },
    }
}

/// Kills it, and starts it again some time later.
async fn restart(program: &mut Program, random: &mut Random) -> Result<(), WorldError> {
    program.kill().await?;
    sleep(random.between(Duration::ZERO, Duration::from_secs(2))).await;
    program.start().await
}

/// On the way between clients and one node.
async fn clients(fault: Fault, proxies: &[Proxy], random: &mut Random, time: Duration) {
    let Some(proxy) = random.pick(proxies) else { return };
    match fault {
        Fault::DelayClients => {
            let (by, jitter) = (Duration::from_millis(50), Duration::from_millis(450));
            proxy.set(Wire::both(Flow::Delayed { by, jitter }));
        }
        Fault::TrickleClients => proxy.set_present(Wire::both(Flow::Trickle { bytes_per_second: 10 })),
        Fault::HalfOpenClients => proxy.set_present(Wire::STALLED),
        _ => {
            proxy.set_present(Wire::RESET);
            return;
        }
    }
    sleep(time).await;
    if fault == Fault::HalfOpenClients {
        // Whoever has not noticed by now is told.
        proxy.set_present(Wire::RESET);
    } else {
        proxy.set(Wire::OPEN);
    }
}

/// What only a cluster has.
async fn on_cluster(
    fault: Fault,
    cluster: &mut Cluster,
    random: &mut Random,
    time: Duration,
) -> Result<(), WorldError> {
    let node = random.below(cluster.chats.len());
    let cut = if random.one_in(2) { Wire::CUT } else { Wire::STALLED };
    match fault {
        Fault::KillGate => match &mut cluster.other_gate {
            Some(gate) if random.one_in(2) => restart(gate, random).await,
            _ => restart(&mut cluster.gate, random).await,
        },
        Fault::KillStatus => restart(&mut cluster.status, random).await,
        Fault::KillVerify => restart(&mut cluster.verify, random).await,
        Fault::PauseRedis => {
            cluster.redis.pause()?;
            sleep(time).await;
            Ok(cluster.redis.resume()?)
        }
        Fault::EmptyRedis => {
            cluster.redis.kill().await?;
            sleep(time / 2).await;
            Ok(cluster.redis.start_again().await?)
        }
        Fault::PauseMariadb | Fault::KillMariadb | Fault::StopMariadb => {
            let Some(mariadb) = &mut cluster.mariadb else { return Ok(()) };
            match fault {
                Fault::PauseMariadb => {
                    mariadb.pause()?;
                    sleep(time).await;
                    return Ok(mariadb.resume()?);
                }
                Fault::KillMariadb => mariadb.kill().await?,
                _ => mariadb.stop(GOOD_ORDER).await?,
            }
            Ok(mariadb.start_again().await?)
        }
        Fault::LockMariadb => {
            let held = time.min(Duration::from_secs(4)).as_secs_f32();
            let sql = format!("LOCK TABLES messages WRITE; SELECT SLEEP({held})");
            statement(&cluster.mysql, &sql).await.map(drop)
        }
        Fault::SlowMariadb => {
            let (by, jitter) = (Duration::from_millis(20), Duration::from_millis(100));
            during(&cluster.mysql_proxies, node, Wire::to_client(Flow::Delayed { by, jitter }), time).await;
            Ok(())
        }
        Fault::PartPeers => {
            during(&cluster.peer_proxies, node, cut, time).await;
            Ok(())
        }
        Fault::PartPeersOneWay => {
            during(&cluster.peer_proxies, node, Wire::to_client(Flow::Stalled), time).await;
            Ok(())
        }
        Fault::PartRedis => {
            during(&cluster.redis_proxies, node, cut, time).await;
            Ok(())
        }
        Fault::PartMariadb => {
            during(&cluster.mysql_proxies, node, cut, time).await;
            Ok(())
        }
        Fault::SplitBrain => {
            // It wakes, and still cannot hear that others have taken its people.
            let paused = cluster.chats[node].pause()?;
            cluster.redis_proxies[node].set(cut);
            sleep(time).await;
            drop(paused);
            sleep(time / 2).await;
            cluster.redis_proxies[node].set(Wire::OPEN);
            Ok(())
        }
        Fault::Mixed => {
            // A node is killed while another one hears nothing from its peers, and Redis stands still.
            let other = (node + 1) % cluster.chats.len();
            cluster.peer_proxies[other].set(Wire::STALLED);
            cluster.redis.pause()?;
            let restarted = restart(&mut cluster.chats[node], random).await;
            sleep(time / 2).await;
            cluster.redis.resume()?;
            cluster.peer_proxies[other].set(Wire::OPEN);
            restarted
        }
        _ => Ok(()),
    }
}

async fn during(proxies: &[Proxy], node: usize, wire: Wire, time: Duration) {
    let Some(proxy) = proxies.get(node) else { return };
    proxy.set(wire);
    sleep(time).await;
    proxy.set(Wire::OPEN);
}

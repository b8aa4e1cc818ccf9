//! The health of each service, as `grpc.health.v1` tells it to everybody.

use futures_util::future::select_all;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::server::HealthReporter;

/// What the service of health is called.
pub(super) const NAME: &str = "grpc.health.v1.Health";

/// Follows the readiness of services, until it is dropped.
pub(super) struct Following {
    _tasks: JoinSet<()>,
}

/// Tells the health of each service, and under the empty name that of all together. After `shutdown` all of it is bad,
/// and then `ending` is cancelled.
pub(super) async fn follow(
    services: Vec<(&'static str, Option<watch::Receiver<bool>>)>,
    shutdown: CancellationToken,
    ending: CancellationToken,
) -> (HealthServer<impl Health>, Following) {
    let (reporter, service) = tonic_health::server::health_reporter();
    let mut tasks = JoinSet::new();
    let mut names = vec![String::new()];
    let mut all = Vec::new();
    for (name, ready) in services {
        names.push(name.to_owned());
        match ready {
            Some(ready) => {
                all.push(ready.clone());
                let well = *ready.borrow();
                set(&reporter, name, well).await;
                tasks.spawn(follow_all(reporter.clone(), name, vec![ready], shutdown.clone()));
            }
            None => set(&reporter, name, true).await,
        }
    }
    let well = all.iter().all(|ready| *ready.borrow());
    set(&reporter, "", well).await;
    tasks.spawn(follow_all(reporter.clone(), "", all, shutdown.clone()));
    tasks.spawn(async move {
        shutdown.cancelled().await;
        for name in names {
            set(&reporter, &name, false).await;
        }
        // Who watches was told before the streams end.
        ending.cancel();
    });
    (service, Following { _tasks: tasks })
}

/// Tells under `name` whether all of `ready` are, until the server stops.
async fn follow_all(
    reporter: HealthReporter,
    name: &'static str,
    mut ready: Vec<watch::Receiver<bool>>,
    shutdown: CancellationToken,
) {
    let mut gone = true;
    while !ready.is_empty() {
        let (changed, place) = {
            let changes = ready.iter_mut().map(|one| Box::pin(one.changed()));
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                (changed, place, _) = select_all(changes) => (changed, place),
            }
        };
        if changed.is_err() {
            // Who has gone without a word is not asked again, and stays as they were.
            gone &= *ready.swap_remove(place).borrow();
        }
        // Each is marked as seen, whatever the others say.
        let mut well = gone;
        for one in &mut ready {
            well &= *one.borrow_and_update();
        }
        set(&reporter, name, well).await;
    }
}

async fn set(reporter: &HealthReporter, name: &str, ready: bool) {
    let status = if ready { ServingStatus::Serving } else { ServingStatus::NotServing };
    reporter.set_service_status(name, status).await;
}

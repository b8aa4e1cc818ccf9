//! Whether a process can do its work, asked of everything that it depends on.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use flux_core::guard::LimitKey;
use flux_core::time::within;
use flux_core::{Cause, Clock, Flux, StoreError, UserId};
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// How long each dependency may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(1);

/// Something that a process depends on, and that can be asked whether it is there.
#[async_trait]
pub trait Probe: Send + Sync + 'static {
    /// What it is called in answers.
    fn name(&self) -> &'static str;

    /// Whether the process can do nothing useful without it. What it can do with less, it does: then it stays ready, and
    /// says what is missing.
    fn essential(&self) -> bool {
        true
    }

    /// Whether it is there now.
    ///
    /// # Errors
    /// What is wrong, for the log.
    async fn check(&self) -> Result<(), Cause>;
}

/// What a process depends on.
#[derive(Clone)]
#[must_use]
pub struct Health {
    probes: Vec<Arc<dyn Probe>>,
    clock: Arc<dyn Clock>,
    draining: CancellationToken,
    /// What was missing when it was last asked, by all clones: what changes is logged, not what lasts.
    missing: Arc<Mutex<BTreeSet<&'static str>>>,
}

/// Whether requests should be sent to a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Whether they should.
    pub ready: bool,
    /// What is missing, essential or not; `draining` while the process stops.
    pub missing: Vec<&'static str>,
}

impl Health {
    /// Of a process that depends on nothing, and is not ready once `draining` is cancelled.
    pub fn new(clock: Arc<dyn Clock>, draining: CancellationToken) -> Self {
        Self { probes: Vec::new(), clock, draining, missing: Arc::new(Mutex::new(BTreeSet::new())) }
    }

    /// Of a process that stands on `flux`: it needs the durable store, in the epoch that it was opened in, limits and
    /// fresh revocations, and goes on without directory and registry.
    pub fn of(flux: &Flux, draining: CancellationToken) -> Self {
        let mut health = Self::new(Arc::clone(&flux.ports.clock), draining);
        use Part::{Directory, Epoch, Limits, Registry, Revocations, Store};
        for part in [Epoch, Store, Limits, Directory, Registry, Revocations] {
            health.probes.push(Arc::new(FluxProbe { flux: flux.clone(), part }));
        }
        health
    }

    /// Depending on this too.
    pub fn with_probe(mut self, probe: Arc<dyn Probe>) -> Self {
        self.probes.push(probe);
        self
    }

    /// Asks everything at once.
    pub async fn ask(&self) -> Readiness {
        let mut asked = tokio::task::JoinSet::new();
        for (place, probe) in self.probes.iter().enumerate() {
            let (probe, clock) = (Arc::clone(probe), Arc::clone(&self.clock));
            asked.spawn(async move {
                let name = probe.name();
                let error: Cause = match within(&*clock, PATIENCE, probe.check()).await {
                    Ok(Ok(())) => return None,
                    Ok(Err(error)) => error,
                    Err(late) => late.into(),
                };
                Some((place, name, probe.essential(), error))
            });
        }
        let mut missing: Vec<_> = asked.join_all().await.into_iter().flatten().collect();
        missing.sort_unstable_by_key(|(place, ..)| *place);
        self.tell(&missing);
        let draining = self.draining.is_cancelled();
        let ready = !draining && !missing.iter().any(|(_, _, essential, _)| *essential);
        let mut missing: Vec<_> = missing.into_iter().map(|(_, name, ..)| name).collect();
        missing.extend(draining.then_some("draining"));
        Readiness { ready, missing }
    }
}

impl Health {
    /// Logs what has gone and what is back.
    fn tell(&self, missing: &[(usize, &'static str, bool, Cause)]) {
        let now: BTreeSet<&'static str> = missing.iter().map(|(_, name, ..)| *name).collect();
        let before = {
            let mut known = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *known, now.clone())
        };
        for (_, name, _, error) in missing.iter().filter(|(_, name, ..)| !before.contains(name)) {
            tracing::warn!(%error, name, "not there");
        }
        for name in before.difference(&now) {
            tracing::info!(name, "there again");
        }
    }
}

/// `/healthz` and `/readyz`, for a process that has no gate.
pub fn router(health: Health) -> Router {
    let alive = get(|| async { Json(json!({"status": "alive"})) });
    let ready = get(|State(health): State<Health>| async move {
        let Readiness { ready, missing } = health.ask().await;
        let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, Json(json!({"ready": ready, "missing": missing})))
    });
    Router::new().route("/healthz", alive).route("/readyz", ready).with_state(health)
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.probes.iter().map(|probe| probe.name()).collect();
        f.debug_struct("Health").field("probes", &names).finish_non_exhaustive()
    }
}

/// What every process of the domain stands on.
#[derive(Debug, Clone, Copy)]
enum Part {
    Epoch,
    Store,
    Limits,
    Directory,
    Registry,
    Revocations,
}

struct FluxProbe {
    flux: Flux,
    part: Part,
}

#[async_trait]
impl Probe for FluxProbe {
    fn name(&self) -> &'static str {
        match self.part {
            Part::Epoch => "epoch",
            Part::Store => "store",
            Part::Limits => "limits",
            Part::Directory => "directory",
            Part::Registry => "registry",
            Part::Revocations => "revocations",
        }
    }

    fn essential(&self) -> bool {
        matches!(self.part, Part::Epoch | Part::Store | Part::Limits | Part::Revocations)
    }

    async fn check(&self) -> Result<(), Cause> {
        let ports = &self.flux.ports;
        let over = self.flux.revocations.is_over();
        match self.part {
            Part::Epoch if over => return Err(StoreError::OtherEpoch.into()),
            // The store is there and refuses, for that reason alone.
            Part::Epoch => {}
            Part::Store | Part::Revocations if over => {}
            Part::Store => ports.durable.horizon().await.map(drop)?,
            Part::Limits => ports.limiter.wait(&LimitKey::new("readyz", "probe")).await.map(drop)?,
            Part::Directory => {
                // Of nobody the directory knows without looking.
                let somebody = UserId::generate(ports.clock.now(), &*ports.entropy);
                ports.directory.locate(&[somebody]).await.map(drop)?;
            }
            Part::Registry => ports.registry.live().await.map(drop)?,
            Part::Revocations if self.flux.revocations.is_fresh() => {}
            Part::Revocations => return Err("not read lately".into()),
        }
        Ok(())
    }
}

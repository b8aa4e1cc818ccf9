//! The side of `flux-status`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use flux_core::presence::{Presence, PresenceReader};
use flux_core::routing::{Balancer, LoadReports as _, NodeChooser as _};
use flux_core::{ErrorCode, StoreError, UserId};
use flux_proto::v1;
use flux_proto::v1::status_service_server::{SERVICE_NAME, StatusService, StatusServiceServer};
use futures_util::stream::{BoxStream, StreamExt as _, unfold};
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval};
use tonic::{Request, Response, Status, async_trait};
use tracing::warn;

use crate::grpc::auth::Caller;
use crate::grpc::failure::Failure;
use crate::grpc::server::Service;
use crate::grpc::wire;

/// How many users one call may ask for.
const MOST_USERS: usize = 500;

/// How many nodes one call may avoid; the rest is not heeded.
const MOST_AVOIDED: usize = 8;

/// For how long changes are gathered before they are told.
const COALESCE: Duration = Duration::from_secs(1);

/// What `flux-status` stands on.
#[derive(Clone)]
pub struct StatusParts {
    /// Knows the nodes and chooses among them.
    pub balancer: Arc<Balancer>,
    /// Knows who is there.
    pub presence: PresenceReader,
    /// How many watches there may be at once: each looks once a second.
    pub watches: usize,
}

/// Hears of load, chooses nodes, tells of presence and of the cluster.
pub fn status_service(parts: StatusParts) -> Service {
    Service::new(SERVICE_NAME, move |routes, limits| {
        let watches = Arc::new(Semaphore::new(parts.watches));
        let service = StatusServiceServer::new(Cluster { parts, watches });
        routes.add_service(service.max_decoding_message_size(limits.message_bytes));
    })
}

struct Cluster {
    parts: StatusParts,
    watches: Arc<Semaphore>,
}

type Changes = BoxStream<'static, Result<v1::WatchPresenceResponse, Status>>;

#[async_trait]
impl StatusService for Cluster {
    async fn report(
        &self,
        request: Request<v1::ReportRequest>,
    ) -> Result<Response<v1::ReportResponse>, Status> {
        let node = Caller::node(request.extensions())?;
        let info = wire::needed(request.into_inner().node, "node");
        let info = info.map_err(|error| Failure::from(error).into_status())?;
        self.parts.balancer.report(&wire::read_report(node, info)).await.map_err(|error| told(&error))?;
        Ok(Response::new(v1::ReportResponse {}))
    }

    async fn choose_node(
        &self,
        request: Request<v1::ChooseNodeRequest>,
    ) -> Result<Response<v1::ChooseNodeResponse>, Status> {
        let mut avoid = request.into_inner().avoid_urls;
        avoid.truncate(MOST_AVOIDED);
        let chosen = self.parts.balancer.choose(&avoid).await.map_err(|error| told(&error))?;
        Ok(Response::new(v1::ChooseNodeResponse { node: chosen.as_ref().map(wire::node) }))
    }

    async fn look_up_presence(
        &self,
        request: Request<v1::LookUpPresenceRequest>,
    ) -> Result<Response<v1::LookUpPresenceResponse>, Status> {
        let users = read_users(&request.into_inner().user_ids)?;
        let seen = self.parts.presence.look(&users, |_| false).await;
        let presences = users.iter().filter_map(|user| seen.get(user)).map(wire::presence).collect();
        Ok(Response::new(v1::LookUpPresenceResponse { presences }))
    }

    type WatchPresenceStream = Changes;

    async fn watch_presence(
        &self,
        request: Request<v1::WatchPresenceRequest>,
    ) -> Result<Response<Changes>, Status> {
        let users = read_users(&request.into_inner().user_ids)?;
        let place = Arc::clone(&self.watches).try_acquire_owned();
        let place = place.map_err(|_| Failure::new(ErrorCode::Overloaded).into_status())?;
        let mut turns = interval(COALESCE);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let watch =
            Watch { presence: self.parts.presence.clone(), users, told: BTreeMap::new(), first: true };
        let changes = unfold((watch, turns, place), |(mut watch, mut turns, place)| async move {
            loop {
                turns.tick().await;
                if let Some(presences) = watch.look().await {
                    let changed = v1::WatchPresenceResponse { presences };
                    return Some((Ok(changed), (watch, turns, place)));
                }
            }
        });
        Ok(Response::new(changes.boxed()))
    }

    async fn overview(
        &self,
        _: Request<v1::OverviewRequest>,
    ) -> Result<Response<v1::OverviewResponse>, Status> {
        let nodes = self.parts.balancer.nodes().await.map_err(|error| told(&error))?;
        Ok(Response::new(v1::OverviewResponse { nodes: nodes.iter().map(wire::node).collect() }))
    }
}

/// One stream of changes.
struct Watch {
    presence: PresenceReader,
    users: Vec<UserId>,
    told: BTreeMap<UserId, Presence>,
    first: bool,
}

impl Watch {
    /// What differs from what was told, if anything does. The first time that is everything.
    async fn look(&mut self) -> Option<Vec<v1::Presence>> {
        let seen = self.presence.look(&self.users, |_| false).await;
        let changed = seen.iter().filter(|(user, presence)| self.told.get(user) != Some(presence));
        let changed: Vec<_> = changed.map(|(_, presence)| wire::presence(presence)).collect();
        self.told = seen;
        let first = std::mem::replace(&mut self.first, false);
        (first || !changed.is_empty()).then_some(changed)
    }
}

fn read_users(texts: &[String]) -> Result<Vec<UserId>, Status> {
    if texts.len() > MOST_USERS {
        let failure = Failure { field: "user_ids".to_owned(), ..Failure::new(ErrorCode::WatchLimit) };
        return Err(failure.into_status());
    }
    wire::read_ids(texts, "user_ids").map_err(|error| Failure::from(error).into_status())
}

fn told(error: &StoreError) -> Status {
    warn!(%error, "nodes not known");
    Failure::from(error).into_status()
}

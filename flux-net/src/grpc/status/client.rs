//! The side of who asks `flux-status`.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_trait::async_trait;
use flux_core::presence::Presence;
use flux_core::routing::{LoadReports, NodeChooser, NodeInfo};
use flux_core::{StoreError, UserId};
use flux_proto::v1;
use flux_proto::v1::status_service_client::StatusServiceClient;
use futures_util::Stream;
use tonic::Streaming;

use crate::grpc::channel::{Repeat, ServiceChannel};
use crate::grpc::failure::Failure;
use crate::grpc::wire;

/// Load balancing, presence and the overview by `flux-status`, of which there may be several instances.
#[derive(Debug, Clone)]
pub struct StatusClient {
    channel: ServiceChannel,
}

impl StatusClient {
    /// Over the way to the service.
    pub const fn new(channel: ServiceChannel) -> Self {
        Self { channel }
    }

    /// Every node that lives, ascending by id.
    pub async fn overview(&self) -> Result<Vec<NodeInfo>, Failure> {
        let question = v1::OverviewRequest {};
        let answer = self.channel.call(Repeat::Safe, question, |channel, request| async move {
            StatusServiceClient::new(channel).overview(request).await
        });
        let nodes = answer.await?.nodes.into_iter().map(wire::read_node);
        Ok(nodes.collect::<Result<_, _>>()?)
    }

    /// What is seen of each of `users`, at most 500, in this order. Whether whoever asks may see it is not asked.
    pub async fn look_up_presence(&self, users: &[UserId]) -> Result<Vec<Presence>, Failure> {
        let question = v1::LookUpPresenceRequest { user_ids: texts(users) };
        let answer = self.channel.call(Repeat::Safe, question, |channel, request| async move {
            StatusServiceClient::new(channel).look_up_presence(request).await
        });
        read_presences(&answer.await?.presences)
    }

    /// What is seen of each of `users`, at most 500, and then whatever changes. After an error, which a stop of the
    /// service is too, watch anew.
    pub async fn watch_presence(&self, users: &[UserId]) -> Result<PresenceWatch, Failure> {
        let question = v1::WatchPresenceRequest { user_ids: texts(users) };
        let answer = self.channel.call(Repeat::Safe, question, |channel, request| async move {
            StatusServiceClient::new(channel).watch_presence(request).await
        });
        Ok(PresenceWatch(answer.await?))
    }
}

fn texts(users: &[UserId]) -> Vec<String> {
    users.iter().map(ToString::to_string).collect()
}

fn read_presences(presences: &[v1::Presence]) -> Result<Vec<Presence>, Failure> {
    Ok(presences.iter().map(wire::read_presence).collect::<Result<_, _>>()?)
}

/// Changes of presence as they come.
#[must_use]
pub struct PresenceWatch(Streaming<v1::WatchPresenceResponse>);

impl Stream for PresenceWatch {
    type Item = Result<Vec<Presence>, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll_next(cx)).map(|changed| match changed {
            Ok(changed) => read_presences(&changed.presences),
            Err(status) => Err(Failure::from_status(&status)),
        }))
    }
}

impl fmt::Debug for PresenceWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresenceWatch(..)")
    }
}

#[async_trait]
impl NodeChooser for StatusClient {
    async fn choose(&self, avoid: &[String]) -> Result<Option<NodeInfo>, StoreError> {
        let question = v1::ChooseNodeRequest { avoid_urls: avoid.to_vec() };
        // A choice that nobody hears of counts for a few seconds.
        let answer = self.channel.call(Repeat::Safe, question, |channel, request| async move {
            StatusServiceClient::new(channel).choose_node(request).await
        });
        let chosen = answer.await?.node.map(wire::read_node).transpose();
        Ok(chosen.map_err(Failure::from)?)
    }
}

#[async_trait]
impl LoadReports for StatusClient {
    /// Tells all instances: each chooses by what it knows.
    async fn report(&self, info: &NodeInfo) -> Result<(), StoreError> {
        let question = v1::ReportRequest { node: Some(wire::node(info)) };
        let answers = self.channel.call_all(question, |channel, request| async move {
            StatusServiceClient::new(channel).report(request).await
        });
        answers.await?;
        Ok(())
    }
}

//! What a link is carried by: gRPC, or what a simulation puts in its place.

use std::borrow::Cow;
use std::fmt;

use async_trait::async_trait;
use flux_core::NodeId;
use flux_proto::v1;
use flux_proto::v1::chat_peer_service_client::ChatPeerServiceClient;
use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::grpc::auth::{ServiceAuth, Signed};
use crate::grpc::channel::{ChannelSettings, InvalidEndpoint};

/// What is to be written to a link, in order.
pub type LinkRequests = mpsc::Receiver<v1::LinkRequest>;

/// What comes back over it; after an error nothing does.
pub type LinkAnswers = BoxStream<'static, Result<v1::LinkResponse, LinkBroken>>;

/// A link does not stand, or stands no more.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct LinkBroken(Cow<'static, str>);

impl LinkBroken {
    /// Because of this, in lower case.
    pub fn new(why: impl Into<Cow<'static, str>>) -> Self {
        Self(why.into())
    }
}

impl From<InvalidEndpoint> for LinkBroken {
    fn from(invalid: InvalidEndpoint) -> Self {
        Self::new(invalid.to_string())
    }
}

impl From<tonic::transport::Error> for LinkBroken {
    fn from(_: tonic::transport::Error) -> Self {
        Self::new("not connected")
    }
}

impl From<Status> for LinkBroken {
    fn from(status: Status) -> Self {
        Self::new(format!("refused or cut: {}", status.message()))
    }
}

/// Opens links.
#[async_trait]
pub trait PeerDial: fmt::Debug + Send + Sync + 'static {
    /// Opens one to `node`, which is reached at `url`. The caller bounds the time, and drops what comes back when the
    /// link is of no more use.
    async fn dial(&self, node: NodeId, url: &str, requests: LinkRequests) -> Result<LinkAnswers, LinkBroken>;
}

/// Opens them over gRPC.
#[derive(Debug)]
pub(super) struct GrpcDial {
    pub(super) auth: ServiceAuth,
    pub(super) settings: ChannelSettings,
}

#[async_trait]
impl PeerDial for GrpcDial {
    async fn dial(&self, _: NodeId, url: &str, requests: LinkRequests) -> Result<LinkAnswers, LinkBroken> {
        let channel = self.settings.endpoint(url, &self.auth)?.connect().await?;
        let mut client = ChatPeerServiceClient::new(Signed::new(channel, self.auth.clone()));
        let answers = client.link(ReceiverStream::new(requests)).await?.into_inner();
        Ok(answers.map_err(LinkBroken::from).boxed())
    }
}

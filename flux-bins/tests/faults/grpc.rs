//! gRPC from outside.

use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::harness::{PATIENCE, soon, until};
use crate::world::Plan;

async fn serving(channel: &Channel, service: &str) -> Option<()> {
    let request = HealthCheckRequest { service: service.to_owned() };
    let answer = soon("health", HealthClient::new(channel.clone()).check(request)).await.ok()?;
    (answer.into_inner().status() == ServingStatus::Serving).then_some(())
}

/// Whether it says that all is well.
pub(crate) async fn healthy(channel: &Channel) -> bool {
    serving(channel, "").await.is_some()
}

/// A call with these credentials; what it carries is not looked at.
pub(crate) async fn ask(channel: Channel, credentials: Option<String>, path: &'static str) -> Code {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<HealthCheckRequest, HealthCheckResponse>::default();
    let mut request = Request::new(HealthCheckRequest::default());
    if let Some(credentials) = credentials {
        request.metadata_mut().insert("authorization", credentials.parse().unwrap());
    }
    let path = tonic::codegen::http::uri::PathAndQuery::from_static(path);
    soon("an answer", client.unary(request, path, codec)).await.err().map_or(Code::Ok, |status| status.code())
}

#[tokio::test]
async fn health_is_told_to_everybody_and_everything_else_to_services_alone() {
    let world = Plan::chats(1).start().await;
    for (address, service, calls) in [
        (
            &world.verify.address,
            "flux.v1.VerifyService",
            &[
                "/flux.v1.VerifyService/RequestCode",
                "/flux.v1.VerifyService/RedeemCode",
                "/flux.v1.VerifyService/RestoreCode",
                "/flux.v1.VerifyService/SendMail",
            ][..],
        ),
        (
            &world.status.address,
            "flux.v1.StatusService",
            &[
                "/flux.v1.StatusService/Report",
                "/flux.v1.StatusService/ChooseNode",
                "/flux.v1.StatusService/LookUpPresence",
                "/flux.v1.StatusService/WatchPresence",
                "/flux.v1.StatusService/Overview",
            ],
        ),
        (
            &world.peers[0],
            "flux.v1.ChatPeerService",
            &[
                "/flux.v1.ChatPeerService/Link",
                "/flux.v1.ChatPeerService/Submit",
                "/flux.v1.ChatPeerService/Disconnect",
            ],
        ),
    ] {
        let channel = Endpoint::new(format!("http://{address}")).unwrap().connect().await.unwrap();
        for name in ["", service] {
            until(PATIENCE, "health", async || serving(&channel, name).await).await;
        }
        for call in calls.iter().chain(&["/flux.v1.NoService/Nothing"]) {
            assert_eq!(ask(channel.clone(), None, call).await, Code::Unauthenticated, "{call}");
        }
    }
}

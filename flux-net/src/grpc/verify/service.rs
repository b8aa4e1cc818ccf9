//! The side of `flux-verify`.

use std::sync::Arc;

use flux_core::Secret;
use flux_core::mail::Mailer;
use flux_core::verification::{VerificationError, Verifier};
use flux_proto::v1;
use flux_proto::v1::verify_service_server::{SERVICE_NAME, VerifyService, VerifyServiceServer};
use tonic::{Request, Response, Status, async_trait};
use tracing::warn;

use crate::grpc::failure::Failure;
use crate::grpc::server::Service;
use crate::grpc::wire;

/// Issues and takes codes by `verifier`, and sends other mail by `mailer`.
pub fn verify_service(verifier: Arc<dyn Verifier>, mailer: Arc<dyn Mailer>) -> Service {
    Service::new(SERVICE_NAME, move |routes, limits| {
        let service = VerifyServiceServer::new(Verify { verifier, mailer });
        routes.add_service(service.max_decoding_message_size(limits.message_bytes));
    })
}

struct Verify {
    verifier: Arc<dyn Verifier>,
    mailer: Arc<dyn Mailer>,
}

#[async_trait]
impl VerifyService for Verify {
    async fn request_code(
        &self,
        request: Request<v1::RequestCodeRequest>,
    ) -> Result<Response<v1::RequestCodeResponse>, Status> {
        let answer = self.issue(request.into_inner()).await;
        answer.map(Response::new).map_err(Failure::into_status)
    }

    async fn redeem_code(
        &self,
        request: Request<v1::RedeemCodeRequest>,
    ) -> Result<Response<v1::RedeemCodeResponse>, Status> {
        let answer = self.redeem(request.into_inner()).await;
        answer.map(Response::new).map_err(Failure::into_status)
    }

    async fn restore_code(
        &self,
        request: Request<v1::RestoreCodeRequest>,
    ) -> Result<Response<v1::RestoreCodeResponse>, Status> {
        let redeemed =
            wire::needed(request.into_inner().redeemed, "redeemed").and_then(wire::read_redemption);
        self.verifier.restore(redeemed.map_err(|error| Failure::from(error).into_status())?).await;
        Ok(Response::new(v1::RestoreCodeResponse {}))
    }

    async fn send_mail(
        &self,
        request: Request<v1::SendMailRequest>,
    ) -> Result<Response<v1::SendMailResponse>, Status> {
        let request = request.into_inner();
        let lasting = request.lasting;
        let mail = wire::read_mail(request).map_err(Failure::into_status)?;
        let taken = if lasting { self.mailer.deliver(mail).await } else { self.mailer.send(mail).await };
        taken.map_err(|error| Failure::from(&error).into_status())?;
        Ok(Response::new(v1::SendMailResponse {}))
    }
}

impl Verify {
    async fn issue(&self, request: v1::RequestCodeRequest) -> Result<v1::RequestCodeResponse, Failure> {
        let email = wire::read_email(&request.email)?;
        let (purpose, client) = (wire::read_purpose(request.purpose)?, wire::read_client(&request.client)?);
        let requested =
            self.verifier.request(purpose, &email, &client).await.map_err(|error| told(&error))?;
        let next_in_ms = u64::try_from(requested.next_in.as_millis()).unwrap_or(u64::MAX);
        Ok(v1::RequestCodeResponse { next_in_ms })
    }

    async fn redeem(&self, request: v1::RedeemCodeRequest) -> Result<v1::RedeemCodeResponse, Failure> {
        let email = wire::read_email(&request.email)?;
        let (purpose, client) = (wire::read_purpose(request.purpose)?, wire::read_client(&request.client)?);
        let code = Secret::new(request.code);
        let redeemed =
            self.verifier.redeem(purpose, &email, &code, &client).await.map_err(|error| told(&error))?;
        Ok(v1::RedeemCodeResponse { redeemed: wire::redemption(&redeemed) })
    }
}

fn told(error: &VerificationError) -> Failure {
    if let VerificationError::Store(_) | VerificationError::Mail(_) = error {
        warn!(%error, "verification failed");
    }
    error.into()
}

//! The side of who asks `flux-verify`.

use std::time::Duration;

use async_trait::async_trait;
use flux_core::Secret;
use flux_core::StoreError;
use flux_core::account::Email;
use flux_core::guard::ClientAddr;
use flux_core::mail::{Mail, MailError, Mailer};
use flux_core::verification::{CodeRequested, Purpose, Redemption, VerificationError, Verifier};
use flux_proto::v1;
use flux_proto::v1::verify_service_client::VerifyServiceClient;
use tracing::warn;

use crate::grpc::channel::{Repeat, ServiceChannel};
use crate::grpc::failure::Failure;
use crate::grpc::wire;

/// Codes and mail by `flux-verify`, of which there may be several instances.
#[derive(Debug, Clone)]
pub struct VerifyClient {
    channel: ServiceChannel,
}

impl VerifyClient {
    /// Over the way to the service.
    pub const fn new(channel: ServiceChannel) -> Self {
        Self { channel }
    }

    async fn mail(&self, mail: &Mail, lasting: bool) -> Result<(), MailError> {
        let question = wire::mail(mail, lasting);
        let question = question.ok_or(MailError::Failed("not mailed by another service"))?;
        // Asked twice, it is mailed twice.
        let answer = self.channel.call(Repeat::Unsafe, question, |channel, request| async move {
            VerifyServiceClient::new(channel).send_mail(request).await
        });
        answer.await.map(drop).map_err(MailError::from)
    }
}

/// What is asked for has no word on the wire.
fn unknown() -> StoreError {
    StoreError::Corrupt { what: "purpose of a code" }
}

#[async_trait]
impl Verifier for VerifyClient {
    async fn request(
        &self,
        purpose: Purpose,
        email: &Email,
        client: &ClientAddr,
    ) -> Result<CodeRequested, VerificationError> {
        let question = v1::RequestCodeRequest {
            purpose: wire::purpose(purpose).ok_or_else(unknown)?.into(),
            email: email.as_str().to_owned(),
            client: client.to_string(),
        };
        // Whoever asks again too soon is told how long to wait, as the first time.
        let answer = self.channel.call(Repeat::Safe, question, |channel, request| async move {
            VerifyServiceClient::new(channel).request_code(request).await
        });
        let v1::RequestCodeResponse { next_in_ms } = answer.await?;
        Ok(CodeRequested { next_in: Duration::from_millis(next_in_ms) })
    }

    async fn redeem(
        &self,
        purpose: Purpose,
        email: &Email,
        code: &Secret,
        client: &ClientAddr,
    ) -> Result<Redemption, VerificationError> {
        let question = v1::RedeemCodeRequest {
            purpose: wire::purpose(purpose).ok_or_else(unknown)?.into(),
            email: email.as_str().to_owned(),
            code: code.expose().to_owned(),
            client: client.to_string(),
        };
        // A code that was taken is not taken again.
        let answer = self.channel.call(Repeat::Unsafe, question, |channel, request| async move {
            VerifyServiceClient::new(channel).redeem_code(request).await
        });
        let redeemed = wire::needed(answer.await?.redeemed, "redeemed").and_then(wire::read_redemption);
        redeemed.map_err(|error| Failure::from(error).into())
    }

    async fn restore(&self, redemption: Redemption) {
        let Some(redeemed) = wire::redemption(&redemption) else { return };
        let question = v1::RestoreCodeRequest { redeemed: Some(redeemed) };
        // Asked twice, a code that was used meanwhile would be good again.
        let answer = self.channel.call(Repeat::Unsafe, question, |channel, request| async move {
            VerifyServiceClient::new(channel).restore_code(request).await
        });
        if let Err(error) = answer.await {
            warn!(%error, "code not restored");
        }
    }
}

#[async_trait]
impl Mailer for VerifyClient {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        self.mail(&mail, false).await
    }

    async fn deliver(&self, mail: Mail) -> Result<(), MailError> {
        self.mail(&mail, true).await
    }
}

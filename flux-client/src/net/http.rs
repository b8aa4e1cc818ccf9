//! HTTP/1.1, one connection for each call: there are few, minutes apart.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header::{
    ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER, USER_AGENT,
};
use hyper_util::rt::TokioIo;

use super::dial::{Dialer, Target};
use super::{Http, HttpRequest, HttpResponse};
use crate::error::TransportError;

/// Longer answers are not read: 1 MiB.
const MAX_BODY: usize = 1 << 20;

#[async_trait]
impl Http for Dialer {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let target = Target::parse(&request.url, "http", "https")?;
        let message = message(&target, &request)?;
        let broken = |error| TransportError::new("the HTTP connection broke").caused_by(error);
        let io = TokioIo::new(self.dial(&target).await?);
        let (mut sender, connection) = http1::handshake(io).await.map_err(broken)?;
        let exchange = async {
            let response = sender.send_request(message).await.map_err(broken)?;
            let status = response.status().as_u16();
            let retry_after = response.headers().get(RETRY_AFTER).and_then(seconds);
            let body = Limited::new(response.into_body(), MAX_BODY).collect().await;
            let body =
                body.map_err(|_| TransportError::new("the HTTP answer broke off or is too long"))?.to_bytes();
            Ok(HttpResponse { status, retry_after, body })
        };
        // The connection is driven here, so that it ends with the call.
        let mut connection = std::pin::pin!(connection);
        let mut exchange = std::pin::pin!(exchange);
        tokio::select! {
            biased;
            response = &mut exchange => response,
            // It may end before the answer was looked at; what came over it is still there.
            _ = &mut connection => exchange.await,
        }
    }
}

fn message(target: &Target, request: &HttpRequest) -> Result<Request<Full<Bytes>>, TransportError> {
    let bad = |_| TransportError::new("not a request").permanent();
    let mut message = Request::builder()
        .method(request.method)
        .uri(target.path.as_str())
        .header(HOST, target.authority.as_str())
        .header(ACCEPT, "application/json, application/problem+json")
        .header(USER_AGENT, crate::CLIENT_NAME)
        .header(CONNECTION, "close");
    if let Some(token) = &request.bearer {
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose()))
            .map_err(|_| TransportError::new("not a token").permanent())?;
        value.set_sensitive(true);
        message = message.header(AUTHORIZATION, value);
    }
    let body = match &request.json {
        Some(json) => {
            message = message.header(CONTENT_TYPE, "application/json");
            Full::new(Bytes::copy_from_slice(json.expose().as_bytes()))
        }
        None => Full::default(),
    };
    message.body(body).map_err(bad)
}

fn seconds(value: &HeaderValue) -> Option<Duration> {
    value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

//! From an HTTP request to a WebSocket (RFC 6455, section 4.2).

#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;
mod handshake;
mod origin;
mod refusal;

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use flux_core::ErrorCode;
use flux_core::guard::ClientAddr;
use flux_core::time::within;
use hyper_util::rt::TokioIo;
use tracing::{debug, error};

use super::{Admitted, ChatServer, ChatSocket};
use crate::proxy::TrustedProxies;
use handshake::{Handshake, check};
use refusal::Refusal;

pub(super) fn router(server: ChatServer) -> Router {
    Router::new().route("/v1/chat", any(upgrade)).with_state(server)
}

async fn upgrade(State(server): State<ChatServer>, request: Request) -> Response {
    match accept(&server, request) {
        Ok(response) => response,
        Err(refusal) => {
            debug!(error = refusal.code().as_str(), "upgrade refused");
            refusal.into_response()
        }
    }
}

fn accept(server: &ChatServer, mut request: Request) -> Result<Response, Refusal> {
    if request.method() != Method::GET {
        return Err(Refusal::new(ErrorCode::MethodNotAllowed).with(header::ALLOW, "GET"));
    }
    let Handshake { accept, format } = check(&request, &server.inner().config().origins)?;
    let client = client(&request, &server.inner().config().proxies)?;
    let admitted = server.admit(client, format).map_err(|refused| Refusal::from(refused.0))?;
    let upgraded = hyper::upgrade::on(&mut request);
    server.inner().spawn(open(server.clone(), admitted, upgraded));
    let headers = [
        (header::CONNECTION, "upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_ACCEPT, accept.as_str()),
        (header::SEC_WEBSOCKET_PROTOCOL, format.subprotocol()),
    ];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}

/// Serves the connection once the answer is out. The place is given back if that never happens.
async fn open(server: ChatServer, admitted: Admitted, upgraded: hyper::upgrade::OnUpgrade) {
    let config = server.inner().config();
    match within(server.inner().clock(), config.hello_within, upgraded).await {
        Ok(Ok(io)) => admitted.serve(ChatSocket::new(TokioIo::new(io), config.frame_bytes).await).await,
        Ok(Err(error)) => debug!(error = %error, "connection lost before the upgrade"),
        Err(late) => debug!(error = %late, "connection lost before the upgrade"),
    }
}

/// Where the request comes from.
fn client(request: &Request, proxies: &TrustedProxies) -> Result<ClientAddr, Refusal> {
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() else {
        error!("the listener does not say where connections come from: serve it with connect info");
        return Err(Refusal::new(ErrorCode::Internal));
    };
    Ok(proxies.client(peer.ip(), request.headers()).into())
}

//! Taking a port.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::failure::Failure;

/// Listens at `address`, which `flag` sets; says what to do where that is not possible.
pub(crate) async fn listen(address: SocketAddr, flag: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => Failure::new(format!(
            "port {port} is taken: another program, perhaps another flux, listens at {address}. \
             Choose another port, such as {flag}{ip}:{next}, or 0 for any that is free",
            port = address.port(),
            ip = address.ip(),
            next = address.port().checked_add(1).unwrap_or(8_081),
        )),
        io::ErrorKind::PermissionDenied => Failure::new(format!(
            "this user may not listen at {address}; ports from 1024 on need no permission: {flag}{}:8080",
            address.ip()
        )),
        _ => Failure::new(format!("cannot listen at {address}: {error}")),
    })
}

//! Ports for processes that come back on their own.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// A port of loopback that nobody listens at, and that the system gives to no outgoing connection meanwhile: a process that
/// was ended comes back on its own.
#[must_use]
pub fn port() -> u16 {
    /// Below those that outgoing connections get.
    const FROM: u16 = 12_000;
    const COUNT: u16 = 20_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let process = u16::try_from(std::process::id() % u32::from(COUNT)).unwrap_or_default();
    loop {
        let turn = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FROM + (process.wrapping_mul(37).wrapping_add(turn)) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

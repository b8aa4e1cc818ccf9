//! Free ports on loopback.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// As many addresses as asked for, each with a port that nobody uses. Somebody may take one before the process that it is
/// for does: see [`is_taken`].
pub(super) fn free<const N: usize>() -> io::Result<[SocketAddr; N]> {
    // All at once, so that none comes twice.
    let mut held = Vec::with_capacity(N);
    let mut found = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); N];
    for address in &mut found {
        let listener = TcpListener::bind(*address)?;
        *address = listener.local_addr()?;
        held.push(listener);
    }
    Ok(found)
}

/// Whether somebody listens there.
pub(super) fn is_taken(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_differ_and_can_be_taken() {
        let [one, two, three] = free().unwrap();
        assert!(one != two && two != three && one != three);
        // Another address of this machine, where nobody listens who takes any free port.
        let idle = SocketAddr::from(([127, 0, 0, 2], one.port()));
        assert!(!is_taken(idle));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert!(is_taken(listener.local_addr().unwrap()));
    }
}

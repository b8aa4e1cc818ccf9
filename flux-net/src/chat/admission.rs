//! Who may open a connection at all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flux_core::ErrorCode;
use flux_core::guard::ClientAddr;
use metrics::Gauge;

use super::ChatCaps;
use super::bucket::Bucket;
use super::codec::Rejection;
use crate::observe::metric;

/// Addresses that are remembered at most; beyond it only those that are get in.
const MAX_CLIENTS: usize = 65_536;

/// How long to stay away when there is no room: long enough for others to leave.
const NO_ROOM: Duration = Duration::from_secs(5);

/// Counts connections.
#[derive(Debug)]
pub(super) struct Admission {
    caps: ChatCaps,
    state: Mutex<State>,
    anonymous: Gauge,
    known: Gauge,
}

#[derive(Debug, Default)]
struct State {
    open: usize,
    anonymous: usize,
    clients: BTreeMap<ClientAddr, Client>,
    /// When there are this many clients, those that are not here any more are looked for.
    sweep_at: usize,
}

#[derive(Debug)]
struct Client {
    open: usize,
    anonymous: usize,
    connects: Bucket,
}

/// A place among the connections, until dropped.
#[derive(Debug)]
pub(super) struct Permit {
    admission: Arc<Admission>,
    client: ClientAddr,
    anonymous: bool,
}

impl Admission {
    pub(super) fn new(caps: ChatCaps) -> Arc<Self> {
        let [anonymous, known] = ["anonymous", "known"].map(|state| metric::CONNECTIONS.gauge_of([state]));
        Arc::new(Self { caps, state: Mutex::default(), anonymous, known })
    }

    /// Takes a place for a connection that nobody knows yet.
    pub(super) fn admit(self: &Arc<Self>, client: ClientAddr, now: Duration) -> Result<Permit, Rejection> {
        let caps = &self.caps;
        let mut state = self.state();
        if state.open >= caps.connections || state.anonymous >= caps.anonymous {
            return Err(Rejection { retry_after: Some(NO_ROOM), ..ErrorCode::Overloaded.into() });
        }
        state.sweep(now);
        if state.clients.len() >= MAX_CLIENTS && !state.clients.contains_key(&client) {
            return Err(Rejection { retry_after: Some(NO_ROOM), ..ErrorCode::Overloaded.into() });
        }
        let own = state.clients.entry(client).or_insert_with(|| Client {
            open: 0,
            anonymous: 0,
            connects: Bucket::new(caps.connects_per_client),
        });
        if own.open >= caps.per_client || own.anonymous >= caps.anonymous_per_client {
            return Err(Rejection::rate_limited(NO_ROOM));
        }
        own.connects.take(now).map_err(Rejection::rate_limited)?;
        own.open += 1;
        own.anonymous += 1;
        state.open += 1;
        state.anonymous += 1;
        self.anonymous.increment(1);
        Ok(Permit { admission: Arc::clone(self), client, anonymous: true })
    }

    /// How many connections there are, and how many of them nobody knows.
    pub(super) fn counts(&self) -> (usize, usize) {
        let state = self.state();
        (state.open, state.anonymous)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Forgets clients that have no connection and may open as many as anybody, now and then: each time when there
    /// are twice as many as were left the last time.
    fn sweep(&mut self, now: Duration) {
        if self.clients.len() >= self.sweep_at {
            self.clients.retain(|_, client| client.open > 0 || !client.connects.is_full(now));
            self.sweep_at = (2 * self.clients.len()).clamp(1_024, MAX_CLIENTS);
        }
    }
}

impl Permit {
    pub(super) const fn client(&self) -> ClientAddr {
        self.client
    }

    /// The connection has said who it is.
    pub(super) fn known(&mut self) {
        if std::mem::take(&mut self.anonymous) {
            let mut state = self.admission.state();
            state.anonymous -= 1;
            self.admission.anonymous.decrement(1);
            self.admission.known.increment(1);
            if let Some(own) = state.clients.get_mut(&self.client) {
                own.anonymous -= 1;
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.known();
        self.admission.known.decrement(1);
        let mut state = self.admission.state();
        state.open -= 1;
        if let Some(own) = state.clients.get_mut(&self.client) {
            own.open -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use flux_core::guard::Quota;

    use super::*;

    fn client(n: u32) -> ClientAddr {
        IpAddr::V4(Ipv4Addr::from(n)).into()
    }

    fn small() -> Arc<Admission> {
        Admission::new(ChatCaps {
            connections: 4,
            per_client: 3,
            anonymous: 3,
            anonymous_per_client: 2,
            connects_per_client: Quota::new(5, Duration::from_secs(5)),
        })
    }

    fn code(admitted: Result<Permit, Rejection>) -> Option<ErrorCode> {
        admitted.err().map(|rejection| rejection.code)
    }

    #[test]
    fn a12_strangers_are_capped_for_each_address_and_in_all() {
        let admission = small();
        let now = Duration::ZERO;
        let mut first = admission.admit(client(1), now).unwrap();
        let _second = admission.admit(client(1), now).unwrap();
        assert_eq!(code(admission.admit(client(1), now)), Some(ErrorCode::RateLimited));
        let _third = admission.admit(client(2), now).unwrap();
        assert_eq!(code(admission.admit(client(3), now)), Some(ErrorCode::Overloaded));
        first.known();
        assert!(admission.admit(client(1), now).is_ok());
    }

    #[test]
    fn a69_an_address_has_so_many_connections_and_opens_so_many_in_a_time() {
        let admission = small();
        let now = Duration::ZERO;
        let mut open: Vec<_> = Vec::new();
        for _ in 0..3 {
            let mut permit = admission.admit(client(1), now).unwrap();
            permit.known();
            open.push(permit);
        }
        assert_eq!(code(admission.admit(client(1), now)), Some(ErrorCode::RateLimited));
        open.clear();
        assert_eq!(admission.counts(), (0, 0));
        for _ in 0..2 {
            drop(admission.admit(client(1), now).unwrap());
        }
        let refused = admission.admit(client(1), now).unwrap_err();
        assert_eq!(refused, Rejection::rate_limited(Duration::from_secs(1)));
        assert!(admission.admit(client(1), now + Duration::from_secs(1)).is_ok());
    }

    #[test]
    fn a69_addresses_that_left_are_forgotten() {
        let admission = small();
        let stays = admission.admit(client(0), Duration::ZERO).unwrap();
        for n in 1..5_000 {
            drop(admission.admit(client(n), Duration::from_secs(u64::from(n))).unwrap());
        }
        assert!(admission.state().clients.len() <= 1_025);
        assert!(admission.state().clients.contains_key(&stays.client()));
    }
}

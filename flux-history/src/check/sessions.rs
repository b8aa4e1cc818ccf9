//! Sessions, and the connections that own them.

use std::collections::HashMap;

use super::names::Name;
use super::{Checker, Moment};
use crate::report::Kind;

pub(super) struct Session {
    pub(super) user: Name,
    /// When its end was certain.
    pub(super) revoked: Option<Moment>,
    /// The first time that a connection of it was welcomed.
    pub(super) first: Option<Moment>,
    /// Since when it has had a connection without a break.
    pub(super) connected: Option<Moment>,
    /// Connections that were welcomed and are not closed.
    live: Vec<Name>,
}

pub(super) struct Connection {
    session: Name,
    hello: Moment,
    welcome: Option<Moment>,
    /// When a newer one was welcomed.
    pub(super) superseded: Option<Moment>,
}

#[derive(Default)]
pub(super) struct Sessions {
    pub(super) all: HashMap<Name, Session>,
    pub(super) connections: HashMap<Name, Connection>,
    /// The sessions of each user.
    pub(super) of: HashMap<Name, Vec<Name>>,
}

impl Sessions {
    /// Those of `user` that are connected, with the moment since when.
    pub(super) fn connected(&self, user: Name) -> impl Iterator<Item = (Name, &Session, Moment)> {
        let sessions = self.of.get(&user).into_iter().flatten();
        sessions.filter_map(|name| {
            let session = self.all.get(name).filter(|session| session.revoked.is_none())?;
            Some((*name, session, session.connected?))
        })
    }
}

impl Checker {
    pub(super) fn on_login(&mut self, name: Name, user: Name) {
        let session = Session { user, revoked: None, first: None, connected: None, live: Vec::new() };
        if self.sessions.all.insert(name, session).is_some() {
            self.malformed("a session that was there already", &[name]);
        }
        self.sessions.of.entry(user).or_default().push(name);
    }

    pub(super) fn on_revoked(&mut self, name: Name) {
        let now = self.now;
        match self.sessions.all.get_mut(&name) {
            Some(session) => {
                self.report.counts.revocations += 1;
                session.revoked.get_or_insert(now);
            }
            None => self.malformed("the end of a session that was never opened", &[name]),
        }
    }

    pub(super) fn on_hello(&mut self, name: Name, session: Name) {
        if !self.sessions.all.contains_key(&session) {
            return self.malformed("a connection of a session that was never opened", &[name, session]);
        }
        let connection = Connection { session, hello: self.now, welcome: None, superseded: None };
        if self.sessions.connections.insert(name, connection).is_some() {
            self.malformed("a connection that was there already", &[name]);
        }
    }

    pub(super) fn on_welcome(&mut self, name: Name) {
        let now = self.now;
        let Sessions { all, connections, .. } = &mut self.sessions;
        let known = connections.get_mut(&name).filter(|connection| connection.welcome.is_none());
        let Some(connection) = known else {
            return self.malformed("a welcome that nobody asked for", &[name]);
        };
        connection.welcome = Some(now);
        self.report.counts.connections += 1;
        let (hello, owner) = (connection.hello, connection.session);
        let Some(session) = all.get_mut(&owner) else { return };
        session.first.get_or_insert(now);
        session.connected.get_or_insert(now);
        for other in &session.live {
            // Of two that asked at once nobody knows which is the newer one.
            if let Some(older) = connections.get_mut(other)
                && older.welcome.is_some_and(|welcome| welcome.event < hello.event)
            {
                older.superseded.get_or_insert(now);
            }
        }
        session.live.push(name);
        let revoked = session.revoked.filter(|revoked| revoked.event < hello.event);
        if let Some(revoked) = revoked {
            self.violation(Kind::AfterRevocation, &[owner, name], &[revoked, hello, now]);
        }
    }

    pub(super) fn on_closed(&mut self, name: Name) {
        let Some(connection) = self.sessions.connections.remove(&name) else { return };
        if let Some(session) = self.sessions.all.get_mut(&connection.session) {
            session.live.retain(|live| *live != name);
            if session.live.is_empty() {
                session.connected = None;
            }
        }
    }
}

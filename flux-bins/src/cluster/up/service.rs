//! The processes of a cluster: what each is called, where it listens, and how it is started.

use std::io;
use std::net::SocketAddr;

use super::log::Speaker;
use super::ports;

/// Which program it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Verify,
    Status,
    Chat,
    Gate,
}

impl Kind {
    /// As in `flux serve NAME`.
    pub(super) const fn program(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Status => "status",
            Self::Chat => "chat",
            Self::Gate => "gate",
        }
    }
}

/// One process.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub(super) kind: Kind,
    pub(super) speaker: Speaker,
    /// Where it listens for whom it is there for.
    pub(super) listen: SocketAddr,
    /// Whether somebody else said where that is.
    fixed: bool,
    /// Where a chat node listens for peers.
    peers: SocketAddr,
    /// Where its figures and its health are.
    pub(super) health: SocketAddr,
}

impl Service {
    /// The `number`th of `count` of its kind, with ports that are free now. It listens at `listen`, if that is said.
    pub(super) fn new(
        kind: Kind,
        number: u8,
        count: u8,
        colour: u8,
        listen: Option<SocketAddr>,
    ) -> io::Result<Self> {
        let program = kind.program();
        let name = if count == 1 { program.to_owned() } else { format!("{program}-{number}") };
        let [free, peers, health] = ports::free()?;
        Ok(Self {
            kind,
            speaker: Speaker { name, colour },
            listen: listen.unwrap_or(free),
            fixed: listen.is_some(),
            peers,
            health,
        })
    }

    /// What it is called.
    pub(super) fn name(&self) -> &str {
        &self.speaker.name
    }

    /// Where it is, for those whom it is there for.
    pub(super) fn url(&self) -> String {
        match self.kind {
            Kind::Chat => format!("ws://{}/v1/chat", self.listen),
            _ => format!("http://{}", self.listen),
        }
    }

    /// The settings that are its own.
    pub(super) fn settings(&self) -> Vec<String> {
        let listen = match self.kind {
            Kind::Verify => "verify.listen",
            Kind::Status => "status.listen",
            Kind::Chat => "chat.listen",
            Kind::Gate => "http.listen",
        };
        let mut settings =
            vec![format!("{listen}={}", self.listen), format!("metrics.listen={}", self.health)];
        if self.kind == Kind::Chat {
            settings.push(format!("chat.peer_listen={}", self.peers));
        }
        settings
    }

    /// Takes other ports, if somebody else has one of its own by now. One that was asked for stays.
    pub(super) fn evade(&mut self) -> io::Result<bool> {
        let chosen = [(!self.fixed).then_some(self.listen), Some(self.peers), Some(self.health)];
        if !chosen.into_iter().flatten().any(ports::is_taken) {
            return Ok(false);
        }
        let [listen, peers, health] = ports::free()?;
        if !self.fixed {
            self.listen = listen;
        }
        (self.peers, self.health) = (peers, health);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn one_whose_port_was_taken_meanwhile_takes_others() {
        let mut chat = Service::new(Kind::Chat, 2, 3, 0, None).unwrap();
        assert_eq!(chat.name(), "chat-2");
        // Others may take a free port at any moment.
        let before = chat.settings();
        assert_eq!(chat.evade().unwrap(), chat.settings() != before);
        let before = chat.peers;
        let _taken = TcpListener::bind(before).unwrap();
        assert!(chat.evade().unwrap());
        assert_ne!(chat.peers, before);
        assert_eq!(chat.settings().len(), 3);
    }

    #[test]
    fn the_address_that_people_were_told_stays() {
        let [listen] = ports::free().unwrap();
        let mut gate = Service::new(Kind::Gate, 1, 1, 0, Some(listen)).unwrap();
        let _taken = TcpListener::bind(listen).unwrap();
        gate.evade().unwrap();
        assert_eq!((gate.name(), gate.url()), ("gate", format!("http://{listen}")));
    }
}

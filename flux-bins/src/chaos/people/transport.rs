//! A transport that records when a connection asks to be the session's, and when it is gone.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use flux_client::TransportError;
use flux_client::net::{Dialer, Duplex, FrameSource, Received, Transport};
use flux_history::What;

use crate::chaos::tape::Tape;

/// The connections of one session, by name.
pub(super) struct Connections {
    session: String,
    tape: Arc<Tape>,
    dialer: Dialer,
    /// The newest, as long as it stands, and whether it was welcomed.
    newest: Arc<Mutex<Option<(String, bool)>>>,
}

impl Connections {
    pub(super) fn new(session: String, tape: Arc<Tape>) -> Self {
        Self { session, tape, dialer: Dialer::new(), newest: Arc::default() }
    }

    /// The newest one is the session's.
    pub(super) fn welcomed(&self) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((name, welcomed @ false)) = newest.as_mut() {
            *welcomed = true;
            self.tape.note(What::Welcome { connection: name.clone().into() });
        }
    }
}

#[async_trait]
impl Transport for Connections {
    async fn connect(&self, url: &str, subprotocol: &str) -> Result<Duplex, TransportError> {
        let Duplex { sink, source } = self.dialer.connect(url, subprotocol).await?;
        let name = format!("{}#{}", self.session, self.tape.number());
        // The client says hello over what it is given here.
        let (connection, session) = (name.clone().into(), self.session.clone().into());
        self.tape.note(What::Hello { connection, session });
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some((name.clone(), false));
        let (tape, newest) = (Arc::clone(&self.tape), Arc::clone(&self.newest));
        let source = Box::new(Watched { source, name: Some(name), tape, newest });
        Ok(Duplex { sink, source })
    }
}

/// What comes over one connection; its end is recorded once.
struct Watched {
    source: Box<dyn FrameSource>,
    name: Option<String>,
    tape: Arc<Tape>,
    newest: Arc<Mutex<Option<(String, bool)>>>,
}

impl Watched {
    fn closed(&mut self) {
        let Some(name) = self.name.take() else { return };
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.take_if(|(newest, _)| *newest == name);
        self.tape.note(What::Closed { connection: name.into() });
    }
}

#[async_trait]
impl FrameSource for Watched {
    async fn next(&mut self) -> Received {
        let received = self.source.next().await;
        if let Received::Closed(_) = received {
            self.closed();
        }
        received
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.closed();
    }
}

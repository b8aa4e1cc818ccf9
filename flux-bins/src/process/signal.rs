//! The signals that end a process.

use std::io;

use tokio::sync::oneshot;
use tracing::info;

use crate::failure::Failure;

/// Ctrl-C, and the request of a service manager. While this lives, neither ends the process by itself.
#[derive(Debug)]
pub(crate) struct Signals {
    /// Dropped when standard input has ended.
    input: Option<oneshot::Receiver<()>>,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Listens from now on.
    #[cfg(unix)]
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Self { input: None, interrupt, terminate })
    }

    /// Listens from now on.
    #[cfg(not(unix))]
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { input: None })
    }

    /// Takes the end of standard input for a signal too: whoever started this process holds the other end, and is gone
    /// then, however it went.
    pub(crate) fn with_standard_input(mut self) -> io::Result<Self> {
        let (held, ended) = oneshot::channel();
        std::thread::Builder::new().name("standard input".to_owned()).spawn(move || {
            // An error is an end as well.
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            drop::<oneshot::Sender<()>>(held);
        })?;
        self.input = Some(ended);
        Ok(self)
    }

    /// Does `work`, which a signal breaks off.
    pub(crate) async fn or<T>(
        &mut self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            signal = self.next() => {
                info!(signal, "stopped before it served");
                Err(Failure::told_to_end())
            }
            done = work => done,
        }
    }

    /// The end of standard input, once.
    async fn input_ended(input: &mut Option<oneshot::Receiver<()>>) -> &'static str {
        match input {
            Some(ended) => {
                let _ = ended.await;
                *input = None;
                "the end of standard input"
            }
            None => std::future::pending().await,
        }
    }

    /// The name of the next one.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
            name = Self::input_ended(&mut self.input) => name,
        }
    }

    /// The name of the next one.
    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) -> &'static str {
        let interrupt = async {
            // If it cannot be listened for, it ends the process by itself.
            match tokio::signal::ctrl_c().await {
                Ok(()) => "Ctrl-C",
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            name = interrupt => name,
            name = Self::input_ended(&mut self.input) => name,
        }
    }
}

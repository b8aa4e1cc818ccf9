//! Keeping processes running until they are told to stop.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use flux_store::servers::{MariaDb, RedisServer, ServerError};
use nix::unistd::Pid;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::child::Running;
use super::log::Log;
use super::service::Service;

/// How long a process may take to be ready.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often one that does not start tries other ports.
const TRIES: u32 = 5;
/// How many of its last lines are shown of one that does not start.
const LAST_WORDS: usize = 12;

/// What all processes are kept by.
#[derive(Debug, Clone)]
pub(super) struct Keeper {
    /// Their configuration.
    pub(super) file: PathBuf,
    pub(super) log: Log,
    /// How long they may take to end in good order.
    pub(super) deadline: Duration,
}

/// What became of a first start: where it is, or why it is not.
pub(super) type Started = Result<Serving, String>;

/// A process that was started and serves.
#[derive(Debug, Clone)]
pub(super) struct Serving {
    pub(super) service: Service,
    /// As long as it does not end: then it is started again as another one.
    pub(super) pid: Pid,
}

impl Keeper {
    /// Runs `service` until `stop`, starting it again whenever it ends. Tells once what became of the first start; if that
    /// fails there is no other.
    pub(super) async fn keep(
        self,
        mut service: Service,
        stop: CancellationToken,
        tell: oneshot::Sender<Started>,
    ) {
        let mut tell = Some(tell);
        let mut backoff = Backoff::new();
        let mut tries = 1;
        loop {
            let began = Instant::now();
            let why = match Running::start(&service, &self.file, &self.log) {
                Ok(mut running) => match self.attend(&mut running, &service, &stop, &mut tell).await {
                    End::Stopped => return,
                    End::Itself(how) => how,
                },
                Err(error) => format!("cannot be started: {error}"),
            };
            if let Some(tell) = tell.take_if(|_| tries == TRIES || !service.evade().unwrap_or(false)) {
                let words = self.log.last_words(&service.speaker, LAST_WORDS);
                let first = format!("{} {why}", service.name());
                let lines: Vec<String> = std::iter::once(first).chain(words).collect();
                // Nobody listens any more where everything is being stopped.
                let _ = tell.send(Err(lines.join("\n    ")));
                return;
            }
            tries += 1;
            let pause = if tell.is_some() { Duration::ZERO } else { backoff.next(began.elapsed()) };
            if tell.is_none() {
                let pause = pause.as_secs_f64();
                self.log.news(format!("{} {why}; it is started again in {pause} s", service.name()));
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
            }
        }
    }

    /// From its start to its end.
    async fn attend(
        &self,
        running: &mut Running,
        service: &Service,
        stop: &CancellationToken,
        tell: &mut Option<oneshot::Sender<Started>>,
    ) -> End {
        let ready = timeout(PATIENCE, running.ready());
        tokio::select! {
            biased;
            () = stop.cancelled() => return self.stop(running, service).await,
            ended = running.ended() => return End::Itself(how(ended.ok())),
            ready = ready => match (ready, tell.take()) {
                (Ok(()), Some(tell)) => drop(tell.send(Ok(Serving { service: service.clone(), pid: running.pid }))),
                (Ok(()), None) => {
                    self.log.news(format!("{} serves again, with pid {}", service.name(), running.pid));
                }
                (Err(_), Some(unheard)) => {
                    *tell = Some(unheard);
                    self.stop(running, service).await;
                    return End::Itself(format!("is not ready after {} s", PATIENCE.as_secs()));
                }
                (Err(_), None) => {
                    self.log.news(format!("{} is not ready after {} s", service.name(), PATIENCE.as_secs()));
                }
            },
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => self.stop(running, service).await,
            ended = running.ended() => End::Itself(how(ended.ok())),
        }
    }

    async fn stop(&self, running: &mut Running, service: &Service) -> End {
        if !running.stop(self.deadline).await {
            let deadline = self.deadline.as_secs();
            self.log.news(format!("{} did not end within {deadline} s, and was killed", service.name()));
        }
        End::Stopped
    }

    /// Keeps a database server running until `stop`.
    pub(super) async fn keep_server(
        log: Log,
        name: &'static str,
        mut server: impl Server,
        stop: CancellationToken,
    ) {
        let mut backoff = Backoff::new();
        loop {
            let began = Instant::now();
            let why = tokio::select! {
                biased;
                () = stop.cancelled() => {
                    if let Err(error) = server.stop(SERVER_STOP).await {
                        log.news(format!("{name} did not end as it should: {error}"));
                    }
                    return;
                }
                ended = server.ended() => how(ended.ok()),
            };
            let pause = backoff.next(began.elapsed());
            log.news(format!("{name} {why}; it is started again in {} s", pause.as_secs_f64()));
            let again = async {
                sleep(pause).await;
                match server.start_again().await {
                    Ok(()) => log.news(format!("{name} serves again")),
                    // The next round waits longer.
                    Err(error) => log.news(format!("{name} does not start: {error}")),
                }
            };
            tokio::select! {
                biased;
                // Whatever was begun is dropped, and the server with it.
                () = stop.cancelled() => return,
                () = again => {}
            }
        }
    }
}

/// How long a database server may take to end in good order.
const SERVER_STOP: Duration = Duration::from_secs(30);

/// How the life of a process went on.
enum End {
    /// It was told to stop, and has.
    Stopped,
    /// It ended by itself: how.
    Itself(String),
}

fn how(status: Option<ExitStatus>) -> String {
    status.map_or_else(|| "ended".to_owned(), |status| format!("ended by itself ({status})"))
}

/// A private database server.
pub(super) trait Server: Send {
    /// Waits until it has ended.
    fn ended(&mut self) -> impl Future<Output = Result<ExitStatus, ServerError>> + Send;
    /// Starts it where it was, with what it had.
    fn start_again(&mut self) -> impl Future<Output = Result<(), ServerError>> + Send;
    /// Ends it.
    fn stop(&mut self, deadline: Duration) -> impl Future<Output = Result<(), ServerError>> + Send;
}

macro_rules! server {
    ($type:ty) => {
        impl Server for $type {
            async fn ended(&mut self) -> Result<ExitStatus, ServerError> {
                self.ended().await
            }

            async fn start_again(&mut self) -> Result<(), ServerError> {
                self.start_again().await
            }

            async fn stop(&mut self, deadline: Duration) -> Result<(), ServerError> {
                self.stop(deadline).await
            }
        }
    };
}
server!(MariaDb);
server!(RedisServer);

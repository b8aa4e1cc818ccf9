//! Group commit: many writes, one transaction. The next batch goes when the one before has committed, so an idle node
//! adds no delay and a busy one grows its batches by itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tracing::{debug, warn};

use super::lane::Place;
use super::meters::CommitMeters;
use super::{MAX_BATCH, MessageError, MessageStore, SendLane, Write, WriteRefusal, Written};
use crate::error::StoreError;
use crate::id::{ConversationId, Generation, MessageId, SessionId, UserId};
use crate::observe::{TraceContext, trace};
use crate::time::{Clock, within};

/// Hears of every write right after its commit, in the order of commits. Must not block.
pub trait CommitObserver: Send + Sync + 'static {
    /// `write` was committed with this outcome.
    fn committed(&self, write: &Write, outcome: &Written);
}

/// How group commit behaves.
#[derive(Debug, Clone)]
pub struct CommitSettings {
    /// Writes that may wait; beyond it they are refused with [`MessageError::Overloaded`]: 16,384.
    pub queue: usize,
    /// Writes of one batch: at most [`MAX_BATCH`].
    pub batch: usize,
    /// How long a commit may take before its writes are answered as unknown: 5 s.
    pub deadline: Duration,
}

impl Default for CommitSettings {
    fn default() -> Self {
        Self { queue: 16_384, batch: 1_024, deadline: Duration::from_secs(5) }
    }
}

/// Gathers writes into batches. Clones feed the same queue; the worker ends when the last one is dropped.
#[derive(Debug, Clone)]
pub struct GroupCommit {
    queue: mpsc::Sender<Pending>,
    meters: Arc<CommitMeters>,
}

/// Where the outcome of a write goes.
type Answer = oneshot::Sender<Result<Written, MessageError>>;

/// A write on its way to a commit.
#[derive(Debug)]
struct Pending {
    write: Write,
    order: Option<Order>,
    answer: Answer,
    trace: Option<TraceContext>,
}

/// What keeps a send behind the earlier ones of its connection.
#[derive(Debug, Clone)]
struct Order {
    lane: Arc<SendLane>,
    place: Place,
    conversation: ConversationId,
    message: MessageId,
}

impl Order {
    fn admit(&self) -> bool {
        self.lane.admit(self.conversation, self.message, self.place)
    }

    fn hold(&self) {
        self.lane.hold(self.conversation, self.message, self.place);
    }
}

/// A write that was queued: wait for what becomes of it. Dropping it does not take the write back.
#[derive(Debug)]
#[must_use]
pub struct Queued {
    answer: oneshot::Receiver<Result<Written, MessageError>>,
}

impl Queued {
    /// What became of it.
    pub async fn outcome(self) -> Result<Written, MessageError> {
        // The worker answers every write; it is gone only when the runtime is.
        self.answer.await.unwrap_or_else(|gone| Err(StoreError::unavailable(gone).into()))
    }
}

impl GroupCommit {
    /// Starts the worker on the current runtime.
    pub fn start(
        store: Arc<dyn MessageStore>,
        observer: Arc<dyn CommitObserver>,
        clock: Arc<dyn Clock>,
        settings: CommitSettings,
    ) -> Self {
        let (queue, pending) = mpsc::channel(settings.queue.max(1));
        let meters = Arc::new(CommitMeters::new());
        let worker = Worker { store, observer, clock, settings, meters: Arc::clone(&meters) };
        tokio::spawn(worker.run(pending));
        Self { queue, meters }
    }

    /// Queues a write.
    ///
    /// # Errors
    /// [`MessageError::Overloaded`] if the queue is full.
    pub fn submit(&self, write: Write) -> Result<Queued, MessageError> {
        self.enqueue(write, None)
    }

    /// Queues a send behind the earlier ones of its connection.
    pub(super) fn submit_in_order(&self, write: Write, lane: &Arc<SendLane>) -> Result<Queued, MessageError> {
        let order = match &write {
            Write::Append(append) => Some(Order {
                lane: Arc::clone(lane),
                place: lane.enter(),
                conversation: append.conversation,
                message: append.message,
            }),
            _ => None,
        };
        self.enqueue(write, order)
    }

    fn enqueue(&self, write: Write, order: Option<Order>) -> Result<Queued, MessageError> {
        let (answer, outcome) = oneshot::channel();
        match self.queue.try_send(Pending { write, order, answer, trace: trace::current() }) {
            Ok(()) => Ok(Queued { answer: outcome }),
            Err(full) => {
                let Pending { write, order, .. } = full.into_inner();
                self.meters.refused(&write, &MessageError::Overloaded);
                if let Some(order) = order {
                    order.hold();
                }
                Err(MessageError::Overloaded)
            }
        }
    }

    /// Gives a connection the session: returns the generation that its writes carry from now on.
    pub async fn claim(&self, user: UserId, session: SessionId) -> Result<Generation, MessageError> {
        match self.submit(Write::Claim { user, session })?.outcome().await? {
            Written::Claimed(generation) => Ok(generation),
            Written::Refused(refusal) => Err(refusal.into()),
            Written::Appended { .. } | Written::CursorMoved { .. } => Err(mismatch()),
        }
    }

    /// How many writes wait.
    pub fn depth(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }
}

/// A store answered a write with what belongs to another kind of write.
pub(super) fn mismatch() -> MessageError {
    StoreError::Corrupt { what: "outcome of a write" }.into()
}

/// Where the outcome of a write that is being committed goes, what it holds, and the trace it belongs to.
type Promise = (Answer, Option<Order>, Option<TraceContext>);

struct Worker {
    store: Arc<dyn MessageStore>,
    observer: Arc<dyn CommitObserver>,
    clock: Arc<dyn Clock>,
    settings: CommitSettings,
    meters: Arc<CommitMeters>,
}

impl Worker {
    async fn run(self, mut queue: mpsc::Receiver<Pending>) {
        let limit = self.settings.batch.clamp(1, MAX_BATCH);
        let mut waiting = Vec::with_capacity(limit);
        while queue.recv_many(&mut waiting, limit).await > 0 {
            self.meters.queued(queue.len());
            self.commit(&mut waiting).await;
        }
    }

    /// Commits what waits as one batch, and answers all of it.
    async fn commit(&self, waiting: &mut Vec<Pending>) {
        let mut writes = Vec::with_capacity(waiting.len());
        let mut answers = Vec::with_capacity(waiting.len());
        for Pending { write, order, answer, trace } in waiting.drain(..) {
            if order.as_ref().is_some_and(|order| !order.admit()) {
                self.meters.refused(&write, &MessageError::Held);
                let _ = answer.send(Err(MessageError::Held));
                continue;
            }
            writes.push(write);
            answers.push((answer, order, trace));
        }
        if writes.is_empty() {
            return;
        }
        let began = self.clock.monotonic();
        let done = within(&*self.clock, self.settings.deadline, self.store.commit(&writes)).await;
        self.meters.committed(writes.len(), self.clock.monotonic().saturating_sub(began));
        match done.map_err(StoreError::from).flatten() {
            Ok(outcomes) if outcomes.len() == writes.len() => {
                debug!(writes = writes.len(), "batch committed");
                for ((write, outcome), (answer, order, traced)) in writes.iter().zip(outcomes).zip(answers) {
                    self.meters.done(write, &outcome);
                    // Before the answer, so that what the peer sends next meets it.
                    if let (Written::Refused(WriteRefusal::Send(refusal)), Some(order)) = (&outcome, order)
                        && refusal.holds()
                    {
                        order.hold();
                    }
                    // The observer first: it only queues, and a sender that is gone must not cost the others.
                    trace::in_scope(traced, || self.observer.committed(write, &outcome));
                    let _ = answer.send(Ok(outcome));
                }
            }
            Ok(_) => self.fail(&writes, answers, &StoreError::Corrupt { what: "number of outcomes" }),
            Err(error) => self.fail(&writes, answers, &error),
        }
    }

    /// Answers a batch of which it is not known whether it was committed.
    fn fail(&self, writes: &[Write], answers: Vec<Promise>, error: &StoreError) {
        warn!(error = %error, cause = ?std::error::Error::source(error), writes = answers.len(), "batch failed");
        self.meters.failed();
        for (write, (answer, order, _)) in writes.iter().zip(answers) {
            // Holds come before the answers, so that what the peer sends next meets them.
            if let Some(order) = order {
                order.hold();
            }
            let error = MessageError::Store(match error {
                StoreError::Corrupt { what } => StoreError::Corrupt { what },
                StoreError::OtherEpoch => StoreError::OtherEpoch,
                StoreError::Unavailable(_) => StoreError::unavailable("the batch failed"),
            });
            self.meters.refused(write, &error);
            let _ = answer.send(Err(error));
        }
    }
}

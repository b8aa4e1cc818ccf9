//! Asking for entries that lack: the newest conversations first, a few at a time.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use flux_proto::v1::{self, client_frame, read_history, reply};

use super::Actor;
use super::calls::{Outcome, Purpose};
use super::logs::{Entry, LogKey};
use super::timers::{Timer, TimerKey};
use crate::error::ClientError;
use crate::model::{FeedEntry, History};

/// How many logs are read at once.
const AT_ONCE: usize = 4;
/// How many requests that leaves to others.
const SPARE: usize = 6;

/// What is being done about a gap.
#[derive(Debug, Default)]
pub(super) struct Pull {
    state: State,
    /// Failures in a row.
    failures: u32,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    /// There is none.
    #[default]
    Idle,
    /// It may fill by itself.
    Grace(TimerKey),
    /// To be asked for, under this rank.
    Ready(Reverse<i64>),
    /// Asked for.
    Asked,
    /// To be asked for again after a while.
    Retry(TimerKey),
}

impl Pull {
    pub(super) const fn timer(&self) -> Option<TimerKey> {
        match self.state {
            State::Grace(timer) | State::Retry(timer) => Some(timer),
            State::Idle | State::Ready(_) | State::Asked => None,
        }
    }
}

/// Which logs to ask for next.
#[derive(Default)]
pub(super) struct Ready {
    order: BTreeSet<(Reverse<i64>, LogKey)>,
    asked: usize,
}

impl Actor {
    /// Sees to what a log lacks.
    pub(super) fn see_to_gap(&mut self, key: LogKey, at_once: bool) {
        let log = self.logs.get(key);
        let gap = log.started && log.sequence.lacks_next();
        // An entry that came early is overtaken rather than lost: the missing one may be right behind.
        let patient = !at_once && log.sequence.kept() > 0;
        let rank = Reverse(if key == LogKey::Feed { i64::MAX } else { log.activity });
        let next = match log.pull.state {
            State::Idle if gap && patient => {
                let at = self.now + self.parts.config.gap_grace;
                State::Grace(self.timers.set(at, Timer::Gap(key)))
            }
            State::Idle if gap => State::Ready(rank),
            State::Grace(timer) if gap && at_once => {
                self.timers.cancel(Some(timer));
                State::Ready(rank)
            }
            State::Grace(timer) | State::Retry(timer) if !gap => {
                self.timers.cancel(Some(timer));
                State::Idle
            }
            State::Ready(_) if !gap => State::Idle,
            unchanged => unchanged,
        };
        self.set_pull(key, next);
    }

    fn set_pull(&mut self, key: LogKey, next: State) {
        let log = self.logs.get(key);
        if let State::Ready(rank) = std::mem::replace(&mut log.pull.state, next) {
            self.sync.ready.order.remove(&(rank, key));
        }
        if let State::Ready(rank) = next {
            self.sync.ready.order.insert((rank, key));
        }
    }

    /// The time to wait is over.
    pub(super) fn pull_now(&mut self, key: LogKey) {
        if let Some(log) = self.logs.all.get_mut(&key) {
            log.pull.state = State::Idle;
            self.see_to_gap(key, true);
        }
    }

    pub(super) fn pump_pulls(&mut self) {
        while self.sync.ready.asked < AT_ONCE && !self.sync.ready.order.is_empty() && self.can_open(SPARE) {
            // What nobody takes need not be fetched.
            if !self.queue.has_room() {
                return;
            }
            let Some((_, key)) = self.sync.ready.order.pop_first() else { return };
            let limit = self.link.online().map_or(0, |online| online.limits.page_size);
            let log = self.logs.get(key);
            log.pull.state = State::Asked;
            let (after_seq, head) = (log.sequence.released(), log.sequence.head());
            let request = match key {
                LogKey::Feed => client_frame::Request::ReadFeed(v1::ReadFeed { after_seq, limit }),
                LogKey::Conversation(conversation) => client_frame::Request::ReadHistory(v1::ReadHistory {
                    conversation_id: conversation.to_string(),
                    from: Some(read_history::From::AfterSeq(after_seq)),
                    limit,
                }),
            };
            self.sync.ready.asked += 1;
            if let Err(unsent) = self.open(request, Purpose::Pull { log: key, head }) {
                self.on_pulled(key, head, Err(unsent.error));
                return;
            }
        }
    }

    /// Entries came, or did not.
    pub(super) fn on_pulled(&mut self, key: LogKey, known: u64, outcome: Outcome) {
        self.sync.ready.asked -= 1;
        let Some(log) = self.logs.all.get_mut(&key) else { return };
        log.pull.state = State::Idle;
        let before = log.sequence.released();
        let read = outcome.and_then(|result| match result {
            reply::Result::History(history) => {
                let history = History::try_from(history)?;
                Ok((history.messages.into_iter().map(Entry::Message).collect(), history.head_seq, 0))
            }
            reply::Result::Feed(feed) => {
                let entries =
                    feed.entries.into_iter().map(|entry| FeedEntry::try_from(entry).map(Entry::Feed));
                Ok((entries.collect::<Result<_, _>>()?, feed.head_seq, feed.floor_seq))
            }
            _ => Err(ClientError::Protocol("something else than entries")),
        });
        let (entries, head, floor): (Vec<Entry>, u64, u64) = match read {
            Ok(read) => read,
            Err(error) => return self.pull_failed(key, &error),
        };
        if head < known {
            return self.fall_back(key, known, head);
        }
        if key == LogKey::Feed {
            self.raise_floor(head, floor);
        }
        let first = entries.first().map(Entry::seq);
        for entry in entries {
            if let Entry::Message(message) = &entry {
                self.on_own_message(message);
            }
            self.insert_pulled(key, entry);
        }
        if let Some(first) = first
            && first > before + 1
            && self.logs.get(key).sequence.released() == before
        {
            self.skip_hole(key, first);
        }
        self.logs.get(key).sequence.see(head);
        self.release(key);
        let log = self.logs.get(key);
        if log.sequence.lacks_next() && log.sequence.released() == before {
            let nothing = ClientError::Protocol("entries that exist did not come");
            return self.pull_failed(key, &nothing);
        }
        log.pull.failures = 0;
        self.see_to_gap(key, true);
    }

    /// Entries of a page are bounded by the page, and all of them are wanted next.
    fn insert_pulled(&mut self, key: LogKey, entry: Entry) {
        self.insert(key, entry);
        self.release(key);
    }

    fn pull_failed(&mut self, key: LogKey, error: &ClientError) {
        if let Some(flux_proto::ErrorCode::NotFound | flux_proto::ErrorCode::NotPermitted) = error.code() {
            return self.forget_log(key, error);
        }
        if matches!(error, ClientError::ConnectionLost | ClientError::Offline) {
            // The next connection tells anew what there is.
            return self.see_to_gap(key, true);
        }
        tracing::debug!(?key, %error, "entries of a log could not be read");
        let backoff = self.parts.config.backoff();
        let log = self.logs.get(key);
        let delay = backoff.delay(&*self.parts.entropy, log.pull.failures, error.retry_after());
        log.pull.failures = log.pull.failures.saturating_add(1);
        let timer = self.timers.set(self.now + delay, Timer::Pull(key));
        self.set_pull(key, State::Retry(timer));
    }

    /// The connection is gone: who waits for another try need not wait longer than for the next one.
    pub(super) fn stop_pulls(&mut self) {
        let keys: Vec<_> =
            self.logs.all.iter().filter(|(_, log)| log.pull.timer().is_some()).map(|(key, _)| *key).collect();
        for key in keys {
            let timer = self.logs.get(key).pull.timer();
            self.timers.cancel(timer);
            self.pull_now(key);
        }
    }

    /// All logs are forgotten.
    pub(super) fn forget_pulls(&mut self) {
        for log in self.logs.all.values() {
            self.timers.cancel(log.pull.timer());
        }
        self.sync.ready.order.clear();
    }
}

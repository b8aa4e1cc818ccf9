//! From the log to who is to be told: what changed is waited for a little, then noted down.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{ChannelName, NoticeMark, NoticePorts, NoticeSettings};
use crate::error::StoreError;
use crate::id::{ConversationId, LogId, Seq};
use crate::message::{ChangedLog, Stamp};

/// How many pages one round reads, so that it comes to noting down what it found.
const PAGES: usize = 20;

/// How often the durable place is moved at most: what a restart reads again is no more than what changed in that time.
const PLACE_EVERY: Duration = Duration::from_secs(5);

/// How many conversations are noted down in one transaction.
const NOTED_AT_ONCE: usize = 256;

/// How far one who scans has got. It lives in memory: whoever scans after a crash begins at the durable place again.
pub(super) struct Scan {
    /// All changes up to here were read.
    seen: Stamp,
    /// The newest change of a conversation that was read.
    newest: Stamp,
    /// The durable place, as it is known, and when it was last moved.
    place: (Stamp, Duration),
    /// Conversations in which somebody lacks messages.
    watched: BTreeMap<ConversationId, Watched>,
}

/// A conversation in which somebody lacks messages.
#[derive(Debug, Clone, Copy)]
struct Watched {
    /// Who lacks messages up to here when `since` is long enough ago is away.
    target: Seq,
    since: Duration,
    /// The newest message that was seen.
    head: Seq,
    /// The newest change that was seen. Read again from before it, the log shows the conversation as it is then.
    changed: Stamp,
}

impl Scan {
    /// From the durable place on.
    pub(super) async fn begin(ports: &NoticePorts, channel: &ChannelName) -> Result<Self, StoreError> {
        let place = ports.call(ports.notices.notice_place(channel)).await?;
        let place_at = (place, ports.clock.monotonic());
        Ok(Self { seen: place, newest: place, place: place_at, watched: BTreeMap::new() })
    }

    /// Reads what changed, and notes down who lacked messages for too long; returns how many became due.
    pub(super) async fn round(
        &mut self,
        ports: &NoticePorts,
        channel: &ChannelName,
        settings: &NoticeSettings,
    ) -> Result<usize, StoreError> {
        self.read(ports, settings).await?;
        let mut noted = 0;
        let ripe = self.ripe(ports.clock.monotonic(), settings.delay);
        for marks in ripe.chunks(NOTED_AT_ONCE) {
            noted += ports.call(ports.notices.note_waiting(channel, marks, settings.gather)).await?;
            self.noted(marks, ports.clock.monotonic());
        }
        let (place, now) = (self.settled(), ports.clock.monotonic());
        if place > self.place.0 && now.saturating_sub(self.place.1) >= PLACE_EVERY {
            ports.call(ports.notices.move_notice_place(channel, place)).await?;
            self.place = (place, now);
        }
        Ok(noted)
    }

    async fn read(&mut self, ports: &NoticePorts, settings: &NoticeSettings) -> Result<(), StoreError> {
        // What is not visible yet comes with a greater stamp, and so with a later round.
        let until = ports.call(ports.logs.horizon()).await?;
        let mut pages = 0;
        while self.seen < until && pages < PAGES && self.watched.len() < settings.watched {
            pages += 1;
            let logs = ports.call(ports.logs.changed_logs(self.seen, settings.page)).await?;
            let Some(last) = logs.last().map(|log| log.changed) else {
                self.seen = until;
                break;
            };
            let now = ports.clock.monotonic();
            for log in logs.iter().filter(|log| log.changed <= until) {
                self.see(log, now);
            }
            self.seen = last.min(until);
        }
        Ok(())
    }

    fn see(&mut self, log: &ChangedLog, now: Duration) {
        self.newest = self.newest.max(log.changed);
        let LogId::Conversation(conversation) = log.log else { return };
        // What everybody has.
        let least = log.cursors.iter().map(|(cursor, _)| cursor.delivered).min().unwrap_or(log.head);
        if least >= log.head {
            self.watched.remove(&conversation);
            return;
        }
        let (head, changed) = (log.head, log.changed);
        let fresh = Watched { target: head, since: now, head, changed };
        let watched = self.watched.entry(conversation).or_insert(fresh);
        if least >= watched.target {
            // Those messages arrived; only newer ones are lacking.
            *watched = fresh;
        }
        (watched.head, watched.changed) = (head, changed);
    }

    /// What was waited for long enough. It does not matter that the conversation has gone on since: else somebody who
    /// is written to all the time would never be told.
    fn ripe(&self, now: Duration, delay: Duration) -> Vec<NoticeMark> {
        let ripe = self.watched.iter().filter(|(_, watched)| now.saturating_sub(watched.since) >= delay);
        ripe.map(|(conversation, watched)| (*conversation, watched.target)).collect()
    }

    /// These are noted down; what was written meanwhile is waited for anew.
    fn noted(&mut self, marks: &[NoticeMark], now: Duration) {
        for (conversation, target) in marks {
            let Some(watched) = self.watched.get_mut(conversation) else { continue };
            if watched.head > *target {
                (watched.target, watched.since) = (watched.head, now);
            } else {
                self.watched.remove(conversation);
            }
        }
    }

    /// Behind everything that is not noted down. It is taken from changes that were read, not from the horizon: a store
    /// that begins again may give out the stamps that nothing was ever stored with.
    fn settled(&self) -> Stamp {
        let first = self.watched.values().map(|watched| watched.changed).min();
        first.map_or(self.newest, |Stamp(first)| Stamp(first.saturating_sub(1)).min(self.newest))
    }
}

//! What applications were given: each message once, in order, without holes, in time.

use super::conversation::Seen;
use super::names::Name;
use super::{Checker, Moment};
use crate::report::Kind;

/// What one session was given of one conversation.
pub(super) struct Stream {
    epoch: Name,
    /// Where it began.
    from: u64,
    /// The newest.
    pub(super) last: u64,
    /// When each was given, from `from` on; `None` for one that was left out.
    given: Vec<Option<Moment>>,
}

impl Stream {
    fn begin(epoch: Name, seq: u64, at: Moment) -> Self {
        Self { epoch, from: seq, last: seq, given: vec![Some(at)] }
    }

    fn at(&self, seq: u64) -> Option<Moment> {
        let place = usize::try_from(seq.checked_sub(self.from)?).ok()?;
        self.given.get(place).copied().flatten()
    }

    /// Takes one in; what is wrong with it, and what shows that beside it.
    fn take(&mut self, seq: u64, at: Moment) -> Option<(Kind, Moment)> {
        let newest = self.at(self.last).unwrap_or(at);
        if seq > self.last {
            let hole = seq - self.last - 1;
            // Numbers that no server gives out are no reason to fill the memory.
            let missing = usize::try_from(hole.min(1 << 16)).unwrap_or(0);
            self.given.extend(std::iter::repeat_n(None, missing));
            self.given.push(Some(at));
            if missing as u64 != hole {
                *self = Self::begin(self.epoch, seq, at);
            }
            self.last = seq;
            return (hole > 0).then_some((Kind::Skipped, newest));
        }
        if let Some(before) = self.at(seq) {
            return Some((Kind::Doubled, before));
        }
        if let Some(slot) =
            usize::try_from(seq.wrapping_sub(self.from)).ok().and_then(|at| self.given.get_mut(at))
        {
            *slot = Some(at);
        }
        Some((Kind::Reordered, newest))
    }
}

impl Checker {
    pub(super) fn on_got(&mut self, name: Name, seen: &Seen) {
        let now = self.now;
        self.report.counts.given += 1;
        let Some(session) = self.sessions.all.get(&name) else {
            return self.malformed("something given to a session that was never opened", &[name]);
        };
        let (user, revoked) = (session.user, session.revoked);
        self.see_message(seen);
        let Some(conversation) = self.conversations.get_mut(&seen.conversation) else { return };
        let member = conversation.ever.contains(&user);
        let since = conversation.members_since;
        let wrong = match conversation.streams.get_mut(&name) {
            Some(stream) if stream.epoch == seen.epoch => stream.take(seen.seq, now),
            _ => {
                conversation.streams.insert(name, Stream::begin(seen.epoch, seen.seq, now));
                None
            }
        };
        if let Some((kind, beside)) = wrong {
            self.violation(kind, &[name, seen.conversation, seen.message], &[beside, now]);
        }
        if !member {
            let witness: Vec<Moment> = since.into_iter().chain([now]).collect();
            self.violation(Kind::NotMember, &[seen.conversation, user], &witness);
        }
        // Each node reads the revocations for itself; while something is broken that may take longer.
        if let Some(revoked) = revoked
            && self.late(revoked, self.limits.revocation)
        {
            self.violation(Kind::AfterRevocation, &[name, seen.message], &[revoked, now]);
        }
    }

    pub(super) fn on_started_over(&mut self, name: Name) {
        for conversation in self.conversations.values_mut() {
            conversation.streams.remove(&name);
        }
        self.told.retain(|(session, ..), _| *session != name);
    }

    /// Whether members who were connected all the time were given what was acknowledged so long ago.
    pub(super) fn check_delivery(&mut self) {
        while let Some(due) = self.due.front().copied()
            && self.late(due.at, self.limits.delivery)
        {
            self.due.pop_front();
            let Some(conversation) = self.conversations.get(&due.conversation) else { continue };
            let mut late = Vec::new();
            for member in &conversation.members {
                for (name, _, since) in self.sessions.connected(*member) {
                    let last = conversation.streams.get(&name).map_or(0, |stream| stream.last);
                    if since.event < due.at.event && last < due.seq {
                        late.push(name);
                    }
                }
            }
            for name in late {
                self.violation(Kind::Late, &[name, due.conversation, due.message], &[due.at]);
            }
        }
    }

    /// Everybody had all the time they needed: who is connected has everything.
    pub(super) fn on_quiet(&mut self) {
        let now = self.now;
        let mut lost = Vec::new();
        for (at, conversation) in &self.conversations {
            let Some(top) = conversation.top else { continue };
            for member in &conversation.members {
                for (name, session, _) in self.sessions.connected(*member) {
                    let Some(first) = session.first else { continue };
                    let stream = conversation
                        .streams
                        .get(&name)
                        .filter(|stream| Some(stream.epoch) == conversation.epoch);
                    // Who has been given nothing yet expects what came after the first connection.
                    let (last, since) = match stream {
                        Some(stream) => (stream.last, Moment::default()),
                        None => (0, first),
                    };
                    if top.seq > last
                        && let Some(ack) = conversation.first_above(last, since, now)
                    {
                        lost.push((name, *at, ack));
                    }
                }
            }
        }
        for (name, conversation, ack) in lost {
            self.violation(Kind::Lost, &[name, conversation, ack.message], &[ack.at, now]);
        }
    }
}

//! Receipts: cursors only grow.

use super::Checker;
use super::names::Name;
use crate::report::Kind;

impl Checker {
    pub(super) fn on_receipt(
        &mut self,
        session: Name,
        conversation: Name,
        user: Name,
        delivered: u64,
        read: u64,
    ) {
        let now = self.now;
        let known = self.conversations.entry(conversation).or_default();
        if !known.ever.contains(&user) {
            self.violation(Kind::NotMember, &[conversation, user], &[now]);
        }
        let before = self.told.insert((session, conversation, user), (delivered, read, now));
        if read > delivered {
            self.violation(Kind::CursorBack, &[session, conversation, user], &[now]);
        }
        if let Some((was_delivered, was_read, at)) = before
            && (was_delivered > delivered || was_read > read)
        {
            self.violation(Kind::CursorBack, &[session, conversation, user], &[at, now]);
        }
    }

    pub(super) fn on_new_epoch(&mut self, epoch: Name) {
        self.epochs.insert(epoch);
        self.told.clear();
    }

    /// What was said to be delivered and was never there.
    pub(super) fn finish_cursors(&mut self) {
        let beyond: Vec<_> = (self.told.iter())
            .filter(|((_, conversation, _), (delivered, ..))| {
                let known = self.conversations.get(conversation);
                known.is_none_or(|known| *delivered > known.newest)
            })
            .map(|((session, conversation, user), (.., at))| ([*session, *conversation, *user], *at))
            .collect();
        for (about, at) in beyond {
            self.violation(Kind::CursorBack, &about, &[at]);
        }
    }
}

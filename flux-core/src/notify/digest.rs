//! The channel that writes a mail: who wrote, and how many messages wait.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::{ChannelName, NotTaken, OfflineNotice, OfflineNotifier};
use crate::account::{AccountState, AccountStore};
use crate::id::UserId;
use crate::mail::{DigestSender, Mail, MailContent, MailError, Mailer};

/// How many who wrote are named in a mail.
const NAMED: usize = 10;

/// Tells by mail. Use it with [`NoticeSettings::digest`](super::NoticeSettings::digest).
///
/// Who has no address, or whose account is switched off, is told nothing. A mail names those who wrote and counts their
/// messages; it quotes none.
pub struct Digest {
    channel: ChannelName,
    accounts: Arc<dyn AccountStore>,
    mailer: Arc<dyn Mailer>,
}

impl Digest {
    /// The channel's name.
    pub const CHANNEL: &str = "digest";

    /// Over its ports.
    pub fn new(accounts: Arc<dyn AccountStore>, mailer: Arc<dyn Mailer>) -> Self {
        let channel = ChannelName::new(Self::CHANNEL).expect("a plain name");
        Self { channel, accounts, mailer }
    }

    /// What the mail says.
    async fn content(&self, notice: &OfflineNotice) -> Result<MailContent, NotTaken> {
        let mut counts: BTreeMap<UserId, u64> = BTreeMap::new();
        for wrote in notice.conversations.iter().flat_map(|waiting| &waiting.wrote) {
            *counts.entry(wrote.user).or_default() += wrote.count;
        }
        let messages = counts.values().sum();
        let mut wrote: Vec<_> = counts.into_iter().collect();
        wrote.sort_by_key(|(user, count)| (Reverse(*count), *user));
        let others = wrote.len().saturating_sub(NAMED);
        wrote.truncate(NAMED);
        let named: Vec<_> = wrote.iter().map(|(user, _)| *user).collect();
        let cards = self.accounts.cards(&named).await.map_err(NotTaken::later)?;
        let name = |user| {
            cards.iter().map(|card| &card.profile).find(|profile| profile.user == user && !profile.deleted())
        };
        let senders = wrote.into_iter().map(|(user, messages)| DigestSender {
            name: name(user).map(|profile| profile.display_name.clone()),
            messages,
        });
        Ok(MailContent::Digest { senders: senders.collect(), others, messages, more: notice.more })
    }
}

#[async_trait]
impl OfflineNotifier for Digest {
    fn channel(&self) -> &ChannelName {
        &self.channel
    }

    async fn notify(&self, notice: &OfflineNotice) -> Result<(), NotTaken> {
        let account = self.accounts.account(notice.user).await.map_err(NotTaken::later)?;
        let active = account.filter(|account| account.state == AccountState::Active);
        let Some(to) = active.and_then(|account| account.email) else { return Ok(()) };
        let mail = Mail { to, content: self.content(notice).await? };
        self.mailer.deliver(mail).await.map_err(|error| match error {
            MailError::Refused => NotTaken::Never(error.into()),
            error => NotTaken::later(error),
        })
    }
}

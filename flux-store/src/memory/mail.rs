//! Mails in memory.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use flux_core::mail::{Mail, MailError, Mailer};

use super::locked;

/// How many mails wait to be read.
const CAPACITY: usize = 1_000;

/// Sends nothing: keeps the mails for a test to read. When 1,000 wait, another is refused as [`MailError::Full`].
#[derive(Debug, Default)]
pub struct MemoryMailer {
    mails: Mutex<VecDeque<Mail>>,
}

impl MemoryMailer {
    /// Without any mail yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The mails that wait, oldest first.
    pub fn sent(&self) -> Vec<Mail> {
        locked(&self.mails).iter().cloned().collect()
    }

    /// Takes the oldest mail that waits.
    pub fn take(&self) -> Option<Mail> {
        locked(&self.mails).pop_front()
    }
}

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let mut mails = locked(&self.mails);
        if mails.len() >= CAPACITY {
            return Err(MailError::Full);
        }
        mails.push_back(mail);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flux_core::account::Email;
    use flux_core::mail::MailContent;

    use super::*;

    #[tokio::test]
    async fn mails_wait_in_order_until_they_are_taken_and_no_more_than_there_is_room_for() {
        let mailer = MemoryMailer::new();
        let mail = |n: usize| Mail {
            to: Email::new(&format!("user{n}@example.org")).unwrap(),
            content: MailContent::PasswordChanged,
        };
        for n in 0..CAPACITY {
            mailer.send(mail(n)).await.unwrap();
        }
        assert_eq!(mailer.send(mail(CAPACITY)).await, Err(MailError::Full));
        assert_eq!(mailer.take(), Some(mail(0)));
        assert_eq!(mailer.send(mail(CAPACITY)).await, Ok(()));
        assert_eq!(mailer.sent().first(), Some(&mail(1)));
    }
}

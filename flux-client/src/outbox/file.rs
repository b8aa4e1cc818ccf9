//! An outbox in a file: one JSON line for each change, on disk before the call returns.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::memory::Queue;
use super::{OutboxChange, OutboxStore, QueuedSend};
use crate::error::StoreError;
use crate::files;
use crate::id::UserId;

/// The file is written anew when it has this many lines more than it needs.
const SLACK: usize = 1_024;

/// Keeps queued sends in a file that only its owner may read: a program that is killed sends them, with the same ids,
/// when it is back. One program at a time may have it open.
#[derive(Debug)]
pub struct FileOutbox {
    journal: Arc<Mutex<Journal>>,
}

#[derive(Debug)]
struct Journal {
    path: PathBuf,
    file: File,
    /// The length up to which every line is whole and on disk.
    good: u64,
    lines: usize,
    queue: Queue,
}

impl FileOutbox {
    /// Opens or creates it. Blocks for as long as the file system does.
    ///
    /// # Errors
    /// If the file cannot be read and written, holds something else, or is open in another program. A last line that
    /// was being written when the program died is no error: nobody was told that it was there.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        let file = files::open_private(&path).map_err(broken)?;
        files::lock(&file)?;
        let mut journal = Journal { path, file, good: 0, lines: 0, queue: Queue::default() };
        journal.read()?;
        Ok(Self { journal: Arc::new(Mutex::new(journal)) })
    }
}

fn broken(error: std::io::Error) -> StoreError {
    StoreError::new("the outbox file cannot be used").caused_by(error)
}

impl Journal {
    fn read(&mut self) -> Result<(), StoreError> {
        let mut text = Vec::new();
        self.file.read_to_end(&mut text).map_err(broken)?;
        let whole;
        (self.queue, whole, self.lines) = read(&text)?;
        self.good = u64::try_from(whole).unwrap_or(u64::MAX);
        self.forget_torn()
    }

    /// Cuts off what a failed write left behind the last whole line.
    fn forget_torn(&mut self) -> Result<(), StoreError> {
        self.file.set_len(self.good).map_err(broken)?;
        self.file.seek(SeekFrom::Start(self.good)).map_err(broken)?;
        Ok(())
    }

    fn apply(&mut self, changes: Vec<OutboxChange>) -> Result<(), StoreError> {
        let lines = lines(&changes)?;
        let written = self.file.write_all(&lines).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            self.forget_torn()?;
            return Err(broken(error));
        }
        self.good += u64::try_from(lines.len()).unwrap_or(u64::MAX);
        self.lines += changes.len();
        for change in changes {
            self.queue.apply(change);
        }
        if self.lines > self.queue.len() * 2 + SLACK {
            self.compact()?;
        }
        Ok(())
    }

    /// Writes the file anew with what is left in it. The old one stands until the new one is whole.
    fn compact(&mut self) -> Result<(), StoreError> {
        let left: Vec<_> = self.queue.all().cloned().map(OutboxChange::Put).collect();
        let text = lines(&left)?;
        let file = files::replace(&self.path, &text).map_err(broken)?;
        self.file = file;
        self.good = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.lines = left.len();
        Ok(())
    }
}

/// What is queued in a file of this content, the length up to which its lines are whole, and how many those are.
pub(super) fn read(text: &[u8]) -> Result<(Queue, usize, usize), StoreError> {
    let (mut queue, mut lines) = (Queue::default(), 0);
    // What follows the last line break was never acknowledged.
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    for line in text[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        // The cause of a JSON error may quote the line, which holds what people wrote.
        let change = serde_json::from_slice(line)
            .map_err(|_| StoreError::new("the outbox file holds something else"))?;
        queue.apply(change);
        lines += 1;
    }
    Ok((queue, whole, lines))
}

pub(super) fn lines(changes: &[OutboxChange]) -> Result<Vec<u8>, StoreError> {
    let mut text = Vec::new();
    for change in changes {
        serde_json::to_writer(&mut text, change)
            .map_err(|_| StoreError::new("a queued message cannot be written as JSON"))?;
        text.push(b'\n');
    }
    Ok(text)
}

#[async_trait]
impl OutboxStore for FileOutbox {
    async fn load(&self, sender: UserId) -> Result<Vec<QueuedSend>, StoreError> {
        Ok(self.journal.lock().unwrap_or_else(PoisonError::into_inner).queue.of(sender))
    }

    async fn apply(&self, changes: Vec<OutboxChange>) -> Result<(), StoreError> {
        let journal = Arc::clone(&self.journal);
        files::blocking(move || journal.lock().unwrap_or_else(PoisonError::into_inner).apply(changes)).await
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::id::MessageId;
    use crate::model::Destination;

    fn user() -> UserId {
        [7; 16].into()
    }

    fn send(n: u8) -> QueuedSend {
        let message = MessageId::from([n; 16]);
        QueuedSend {
            sender: user(),
            to: Destination::User([9; 16].into()),
            message,
            text: format!("text {n}"),
        }
    }

    #[tokio::test]
    async fn what_was_put_and_not_removed_is_there_again_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outbox.jsonl");
        let outbox = FileOutbox::open(&path).unwrap();
        for n in 1..=3 {
            outbox.apply(vec![OutboxChange::Put(send(n))]).await.unwrap();
        }
        outbox.apply(vec![OutboxChange::Remove(send(2).message)]).await.unwrap();
        drop(outbox);
        let outbox = FileOutbox::open(&path).unwrap();
        assert_eq!(outbox.load(user()).await.unwrap(), [send(1), send(3)]);
        assert_eq!(outbox.load([8; 16].into()).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_torn_last_line_is_cut_off_and_writing_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outbox.jsonl");
        let outbox = FileOutbox::open(&path).unwrap();
        outbox.apply(vec![OutboxChange::Put(send(1))]).await.unwrap();
        drop(outbox);
        let mut text = fs::read(&path).unwrap();
        text.extend_from_slice(b"{\"put\":{\"sen");
        fs::write(&path, text).unwrap();
        let outbox = FileOutbox::open(&path).unwrap();
        outbox.apply(vec![OutboxChange::Put(send(2))]).await.unwrap();
        drop(outbox);
        let outbox = FileOutbox::open(&path).unwrap();
        assert_eq!(outbox.load(user()).await.unwrap(), [send(1), send(2)]);
    }

    #[tokio::test]
    async fn the_file_does_not_grow_with_what_was_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outbox.jsonl");
        let outbox = FileOutbox::open(&path).unwrap();
        outbox.apply(vec![OutboxChange::Put(send(1))]).await.unwrap();
        for _ in 0..SLACK {
            let again = vec![OutboxChange::Put(send(2)), OutboxChange::Remove(send(2).message)];
            outbox.apply(again).await.unwrap();
        }
        assert!(fs::read_to_string(&path).unwrap().lines().count() <= SLACK + 4);
        outbox.apply(vec![OutboxChange::Put(send(3))]).await.unwrap();
        drop(outbox);
        assert_eq!(FileOutbox::open(&path).unwrap().load(user()).await.unwrap(), [send(1), send(3)]);
    }

    #[test]
    fn two_programs_do_not_share_it_and_other_files_are_no_outbox() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outbox.jsonl");
        let _first = FileOutbox::open(&path).unwrap();
        assert!(FileOutbox::open(&path).is_err());
        let other = folder.path().join("poem.txt");
        fs::write(&other, "roses are red\n").unwrap();
        let error = FileOutbox::open(&other).unwrap_err();
        assert!(!format!("{error:?}").contains("roses"));
    }
}

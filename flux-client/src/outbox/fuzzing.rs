//! Outbox files against bytes.

use super::file::{lines, read};
use super::{OutboxChange, QueuedSend};

/// A file as a program finds it that was killed at any moment.
pub fn client_outbox(data: &[u8]) {
    let Ok((queue, whole, _)) = read(data) else { return };
    assert!(whole <= data.len() && data[..whole].last().is_none_or(|byte| *byte == b'\n'));
    let kept: Vec<QueuedSend> = queue.all().cloned().collect();
    for send in &kept {
        let text = &send.text;
        assert!(text.len() < 16 || !format!("{send:?}").contains(text), "a message shows");
    }
    // As a file that was written anew, and torn while one more line was written.
    let puts: Vec<_> = kept.iter().cloned().map(OutboxChange::Put).collect();
    let mut anew = lines(&puts).expect("what was read can be written");
    let length = anew.len();
    anew.extend_from_slice(b"{\"put\":{\"sen");
    let (again, whole, count) = read(&anew).expect("what was written is read");
    assert_eq!((whole, count), (length, kept.len()));
    assert_eq!(again.all().cloned().collect::<Vec<_>>(), kept);
}

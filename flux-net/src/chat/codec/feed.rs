//! Feeds.

use flux_core::feed::{FeedEntry, FeedRange};
use flux_proto::v1;

use crate::wire::change;

pub(super) fn entry(entry: &FeedEntry) -> v1::FeedEntry {
    v1::FeedEntry { seq: entry.seq.get(), stored_ms: entry.at.as_millis(), change: change(&entry.change) }
}

pub(super) fn feed(range: &FeedRange) -> v1::Feed {
    v1::Feed {
        entries: range.entries.iter().map(entry).collect(),
        head_seq: range.head.get(),
        floor_seq: range.floor.get(),
    }
}

//! Long lists, page by page.

use std::fmt;

use flux_proto::v1::{client_frame, reply};

use super::Handle;
use crate::actor::Effect;
use crate::error::ClientError;

/// A long list, page by page.
#[must_use = "nothing is asked for before a page is"]
pub struct Pages<T> {
    handle: Handle,
    request: Box<dyn Fn(String) -> client_frame::Request + Send + Sync>,
    read: fn(reply::Result) -> Result<Page<T>, ClientError>,
    /// The next page; `None` after the last one.
    next: Option<String>,
}

/// Some items, and the name of the next page; empty after the last one.
pub(super) type Page<T> = (Vec<T>, String);

impl<T> Pages<T> {
    pub(super) fn new(
        handle: Handle,
        request: impl Fn(String) -> client_frame::Request + Send + Sync + 'static,
        read: fn(reply::Result) -> Result<Page<T>, ClientError>,
    ) -> Self {
        Self { handle, request: Box::new(request), read, next: Some(String::new()) }
    }

    /// The next page; `None` after the last one. After an error the same page can be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<T>>, ClientError> {
        let Some(page) = &self.next else { return Ok(None) };
        let result = self.handle.call((self.request)(page.clone()), Effect::Read).await?;
        let (items, next) = (self.read)(result)?;
        self.next = Some(next).filter(|next| !next.is_empty());
        Ok(Some(items))
    }

    /// All that is left, in one list.
    pub async fn all(mut self) -> Result<Vec<T>, ClientError> {
        let mut all = Vec::new();
        while let Some(items) = self.next().await? {
            all.extend(items);
        }
        Ok(all)
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("more", &self.next.is_some()).finish_non_exhaustive()
    }
}

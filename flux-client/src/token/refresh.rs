//! Tokens that renew themselves over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use flux_proto::ErrorCode;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::{AccessToken, SavedSession, TokenSource, TokenStore};
use crate::api::Api;
use crate::api::dto::{Refresh, Tokens};
use crate::error::ClientError;
use crate::model::SessionEndReason;

/// A token is renewed when this much of its life is left, or a fifth of it if that is shorter.
const MARGIN: Duration = Duration::from_mins(1);

/// Renews the access token before it expires and when the server turns it down. Whoever asks meanwhile waits for the
/// one renewal that is under way.
pub(crate) struct RefreshingTokens {
    api: Api,
    store: Option<Arc<dyn TokenStore>>,
    state: Arc<Mutex<State>>,
    /// Renewals that ended, so that who waited for one that failed does not start the next.
    renewals: Arc<AtomicU64>,
}

struct State {
    saved: SavedSession,
    access: Option<Access>,
    /// Whether the store does not have `saved.refresh_token` yet; then nothing may be done with it.
    unsaved: bool,
    failed: Option<ClientError>,
    ended: bool,
}

struct Access {
    token: AccessToken,
    renew_at: Duration,
}

impl RefreshingTokens {
    /// Of a session that was kept.
    pub(crate) fn new(api: Api, store: Option<Arc<dyn TokenStore>>, saved: SavedSession) -> Self {
        let state = State { saved, access: None, unsaved: false, failed: None, ended: false };
        Self { api, store, state: Arc::new(Mutex::new(state)), renewals: Arc::default() }
    }

    /// Of a session that was just opened; it is kept before anything else is done.
    pub(crate) async fn opened(
        api: Api,
        store: Option<Arc<dyn TokenStore>>,
        saved: SavedSession,
        tokens: Tokens,
    ) -> Result<Self, ClientError> {
        let this = Self::new(api, store, saved);
        {
            let mut state = this.state.lock().await;
            take_in(&mut state, tokens, this.api.runtime.now());
            keep(&mut state, this.store.as_deref()).await?;
        }
        Ok(this)
    }

    /// What to resume the session with.
    pub(crate) async fn saved(&self) -> SavedSession {
        self.state.lock().await.saved.clone()
    }

    /// Renews in a task of its own: were it dropped between the server's answer and the store's, the session would be
    /// lost.
    async fn renew(&self, mut state: OwnedMutexGuard<State>) -> Result<AccessToken, ClientError> {
        let (done, renewed) = oneshot::channel();
        let (api, store, renewals) = (self.api.clone(), self.store.clone(), Arc::clone(&self.renewals));
        self.api.runtime.spawn(Box::pin(async move {
            let result = renew(&mut state, &api, store.as_deref()).await;
            state.failed = result.as_ref().err().cloned();
            renewals.fetch_add(1, Ordering::Release);
            drop(state);
            // Nobody may be waiting any more.
            let _ = done.send(result);
        }));
        renewed.await.unwrap_or(Err(ClientError::Closed))
    }
}

#[async_trait]
impl TokenSource for RefreshingTokens {
    async fn access_token(&self, refused: Option<&AccessToken>) -> Result<AccessToken, ClientError> {
        let before = self.renewals.load(Ordering::Acquire);
        let state = Arc::clone(&self.state).lock_owned().await;
        if let Some(access) = &state.access
            && !state.unsaved
            && self.api.runtime.now() < access.renew_at
            && Some(&access.token) != refused
        {
            return Ok(access.token.clone());
        }
        if let Some(failed) = &state.failed
            && (state.ended || self.renewals.load(Ordering::Acquire) != before)
        {
            return Err(failed.clone());
        }
        self.renew(state).await
    }

    async fn forget(&self) {
        let mut state = self.state.lock().await;
        end(&mut state, self.store.as_deref(), SessionEndReason::Unknown).await;
    }
}

/// Nothing will come of this session any more.
async fn end(state: &mut State, store: Option<&dyn TokenStore>, reason: SessionEndReason) -> ClientError {
    let over = ClientError::SessionEnded(reason);
    state.access = None;
    state.ended = true;
    state.failed = Some(over.clone());
    if let Some(store) = store
        && let Err(error) = store.clear().await
    {
        tracing::warn!(%error, "the ended session could not be forgotten");
    }
    over
}

async fn renew(
    state: &mut State,
    api: &Api,
    store: Option<&dyn TokenStore>,
) -> Result<AccessToken, ClientError> {
    if !state.unsaved {
        let body = Refresh { refresh_token: state.saved.refresh_token.expose() };
        match api.ask::<Tokens>("POST", "/v1/sessions/refresh", None, Some(&body)).await {
            Ok(tokens) => take_in(state, tokens, api.runtime.now()),
            Err(error) => {
                let over = matches!(
                    error.code(),
                    Some(
                        ErrorCode::InvalidRefreshToken | ErrorCode::SessionEnded | ErrorCode::Unauthenticated
                    )
                );
                if !over {
                    return Err(error);
                }
                return Err(end(state, store, SessionEndReason::Unknown).await);
            }
        }
    }
    keep(state, store).await?;
    state.access.as_ref().map(|access| access.token.clone()).ok_or(ClientError::Closed)
}

fn take_in(state: &mut State, tokens: Tokens, now: Duration) {
    let life = Duration::from_secs(tokens.expires_in_s);
    let renew_at = now + life.saturating_sub(MARGIN.min(life / 5));
    state.access = Some(Access { token: AccessToken(tokens.access_token), renew_at });
    state.saved.refresh_token = tokens.refresh_token;
    state.unsaved = true;
}

async fn keep(state: &mut State, store: Option<&dyn TokenStore>) -> Result<(), ClientError> {
    if let Some(store) = store {
        store.save(state.saved.clone()).await?;
    }
    state.unsaved = false;
    Ok(())
}

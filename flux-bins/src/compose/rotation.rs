//! New keys for access tokens, now and then.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use flux_core::{Clock, Entropy};
use flux_net::token::{KeyRing, SigningKey, Tokens};
use tracing::{error, info};

use super::data_dir::private_file;

/// How often the age of the key is looked at.
const LOOK: Duration = Duration::from_hours(1);

/// Replaces the key that signs access tokens when it is `most` old, for as long as the process lives. The age is that of
/// the file, so that it counts across restarts. What the former key signed stays good until it expires.
pub async fn rotate_keys(
    tokens: Arc<Tokens>,
    path: PathBuf,
    most: Duration,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) {
    loop {
        if age(&path).is_some_and(|age| age >= most) {
            rotate(&tokens, &path, most, &*clock, &*entropy);
        }
        clock.sleep(LOOK).await;
    }
}

/// Of several processes that share the file, one makes the new key; the others find it there.
fn rotate(tokens: &Tokens, path: &Path, most: Duration, clock: &dyn Clock, entropy: &dyn Entropy) {
    let lock = private_file().open(path.with_extension("lock"));
    let Ok(lock) = lock.and_then(|lock| lock.lock().map(|()| lock)) else {
        return error!("the keys of access tokens cannot be locked; the former ones stay");
    };
    // Somebody else may have been first.
    if age(path).is_none_or(|age| age < most) {
        return;
    }
    match KeyRing::load(path) {
        Ok(keys) => tokens.replace(keys),
        Err(error) => return error!(%error, "the keys of access tokens cannot be read; the former ones stay"),
    }
    tokens.rotate(SigningKey::generate(entropy), clock.now());
    // The new key signs already. If it cannot be kept it ends with the process, and its tokens with it: clients refresh.
    match tokens.keys().save(path, entropy) {
        Ok(()) => info!(key.id = tokens.keys().signing().id(), "access tokens are signed with a new key"),
        Err(error) => error!(%error, "the new key of access tokens could not be kept"),
    }
    drop(lock);
}

fn age(path: &Path) -> Option<Duration> {
    let written = fs::metadata(path).and_then(|file| file.modified()).ok()?;
    SystemTime::now().duration_since(written).ok()
}

#[cfg(test)]
mod tests {
    use flux_core::{SessionId, UserId};
    use flux_net::token::TokenConfig;
    use flux_store::system::{SystemClock, SystemEntropy};

    use super::*;

    const MONTH: Duration = Duration::from_hours(30 * 24);

    struct Installation {
        _folder: tempfile::TempDir,
        path: std::path::PathBuf,
        tokens: Arc<Tokens>,
        clock: Arc<SystemClock>,
    }

    fn installation() -> Installation {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token-keys.pem");
        let keys = KeyRing::load_or_create(&path, &SystemEntropy).unwrap();
        let tokens = Arc::new(Tokens::new(TokenConfig::default(), keys));
        Installation { _folder: folder, path, tokens, clock: Arc::new(SystemClock::new()) }
    }

    impl Installation {
        /// Looks at the key a few times; hours pass at once, for the runtime's time is paused.
        async fn look(&self) {
            let rotation = rotate_keys(
                Arc::clone(&self.tokens),
                self.path.clone(),
                MONTH,
                self.clock.clone(),
                Arc::new(SystemEntropy),
            );
            let _ = tokio::time::timeout(LOOK * 3, rotation).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_old_key_gives_way_and_what_it_signed_stays_good() {
        let installation = installation();
        let Installation { path, tokens, clock, .. } = &installation;
        let before = tokens.keys().signing().id().to_owned();
        let (user, session) =
            (UserId::generate(clock.now(), &SystemEntropy), SessionId::generate(clock.now(), &SystemEntropy));
        let token = tokens.issue(user, session, clock.now());
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - MONTH).unwrap();

        installation.look().await;
        let after = tokens.keys().signing().id().to_owned();
        assert_ne!(after, before);
        assert_eq!(tokens.verify(token.token.expose(), clock.now()).unwrap().session, session);
        // Kept, and not made anew at every look.
        let kept = KeyRing::load(path).unwrap();
        assert_eq!(kept.signing().id(), after);
        let restarted = Tokens::new(TokenConfig::default(), kept);
        assert!(restarted.verify(token.token.expose(), clock.now()).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_young_key_stays() {
        let installation = installation();
        let before = installation.tokens.keys().signing().id().to_owned();
        installation.look().await;
        assert_eq!(installation.tokens.keys().signing().id(), before);
    }
}

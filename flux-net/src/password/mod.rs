//! Argon2id (RFC 9106) behind [`flux_core::account::PasswordHasher`], on a bounded pool.
//!
//! A hash takes 19 MiB and tens of milliseconds of a core, on purpose. So it never runs on the reactor, as many run at
//! once as there are workers, a bounded number waits for a bounded time, and whoever comes on top of that is refused at
//! once: a flood of logins costs memory for the workers, not for the flood.

#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod memory;

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use flux_core::Secret;
use flux_core::account::{HashError, Password, PasswordHasher, VerifyPassword};
use metrics::{Counter, Gauge, Histogram};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use self::memory::Memory;
use crate::observe::{Place, metric};

/// What hashing costs, and how much of it may go on at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argon2Config {
    /// Memory of one hash: 19 MiB (19,456 KiB), the least that OWASP advises.
    pub memory_kib: u32,
    /// Passes over that memory: 2.
    pub passes: u32,
    /// Lanes: 1.
    pub lanes: u32,
    /// Hashes at once: as many as there are cores, at least 1. Each has its memory, which is kept from one hash to the next.
    pub workers: usize,
    /// How many more may wait: 64.
    pub queue: usize,
    /// How long one waits for a worker: 2 s.
    pub wait: Duration,
}

impl Default for Argon2Config {
    fn default() -> Self {
        Self {
            memory_kib: Params::DEFAULT_M_COST,
            passes: Params::DEFAULT_T_COST,
            lanes: Params::DEFAULT_P_COST,
            workers: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            queue: 64,
            wait: Duration::from_secs(2),
        }
    }
}

/// Argon2 has no such parameters, or nobody would do the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no valid parameters of Argon2id, or no workers")]
pub struct InvalidArgon2Config;

/// A kept hash that would take more memory than this is not computed: it is none of ours, and one alone would hurt.
const MOST_MEMORY_KIB: u32 = 1 << 20;

/// Nor one that would pass over more than this, its memory times its passes: 16 GiB, some ten seconds of a worker.
const MOST_WORK_KIB: u64 = 1 << 24;

/// Whether a hash with these parameters may be computed at all.
fn bearable(params: &Params) -> bool {
    let work = u64::from(params.m_cost()) * u64::from(params.t_cost());
    params.m_cost() <= MOST_MEMORY_KIB && work <= MOST_WORK_KIB
}

/// Hashes passwords with Argon2id.
#[derive(Debug, Clone)]
pub struct Argon2Hasher {
    params: Params,
    memory: Arc<Memory>,
    /// A hash with the parameters of new ones, to do the same work with where there is no account.
    dummy: Arc<str>,
    /// Those who wait and those who are served.
    places: Arc<Semaphore>,
    /// Those who are served.
    workers: Arc<Semaphore>,
    wait: Duration,
    meters: Meters,
}

/// What is counted.
#[derive(Debug, Clone)]
struct Meters {
    queue: Gauge,
    refused: Counter,
    waited: Histogram,
    hashed: Histogram,
}

impl Argon2Hasher {
    /// With these costs and bounds. Computes one hash.
    ///
    /// # Errors
    /// [`InvalidArgon2Config`].
    pub fn new(config: &Argon2Config) -> Result<Self, InvalidArgon2Config> {
        let params = Params::new(config.memory_kib, config.passes, config.lanes, None)
            .map_err(|_| InvalidArgon2Config)?;
        if config.workers == 0 || !bearable(&params) {
            return Err(InvalidArgon2Config);
        }
        let memory = Memory::new(&params);
        let dummy = hash(&params, &memory, b"nobody's password").map_err(|_| InvalidArgon2Config)?;
        Ok(Self {
            params,
            memory: Arc::new(memory),
            dummy: dummy.into(),
            places: Arc::new(Semaphore::new(config.workers.saturating_add(config.queue))),
            workers: Arc::new(Semaphore::new(config.workers)),
            wait: config.wait,
            meters: Meters {
                queue: metric::HASH_QUEUE.gauge(),
                refused: metric::HASH_REFUSED.counter(),
                waited: metric::HASH_WAIT.histogram(),
                hashed: metric::HASH_TIME.histogram(),
            },
        })
    }

    /// Runs `work` on a worker, once one is free.
    async fn on_worker<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let busy = || {
            self.meters.refused.increment(1);
            HashError::Busy
        };
        let permit = self.places.clone().try_acquire_owned().map_err(|_| busy())?;
        let place = Place::new(permit, &self.meters.queue);
        let asked = Instant::now();
        let worker: OwnedSemaphorePermit =
            tokio::time::timeout(self.wait, self.workers.clone().acquire_owned())
                .await
                .map_err(|_| busy())?
                .map_err(|_| busy())?;
        self.meters.waited.record(asked.elapsed());
        let hashed = self.meters.hashed.clone();
        // The permits go with the work, which goes on when the one who asked has hung up.
        tokio::task::spawn_blocking(move || {
            let began = std::time::Instant::now();
            let done = work();
            hashed.record(began.elapsed());
            drop((worker, place));
            done
        })
        .await
        .map_err(|_| HashError::Busy)?
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: &Password) -> Result<Secret, HashError> {
        let (params, memory, password) = (self.params.clone(), Arc::clone(&self.memory), password.clone());
        self.on_worker(move || hash(&params, &memory, password.expose().as_bytes()).map(Secret::new)).await
    }

    async fn verify(&self, password: &Password, kept: Option<&Secret>) -> Result<VerifyPassword, HashError> {
        let (params, memory, password) = (self.params.clone(), Arc::clone(&self.memory), password.clone());
        let Some(kept) = kept.cloned() else {
            let dummy = Arc::clone(&self.dummy);
            self.on_worker(move || verify(&params, &memory, password.expose().as_bytes(), &dummy)).await?;
            return Ok(VerifyPassword::Wrong);
        };
        self.on_worker(move || verify(&params, &memory, password.expose().as_bytes(), kept.expose())).await
    }
}

/// In the PHC string format, with a salt from the system's entropy.
fn hash(params: &Params, memory: &Memory, password: &[u8]) -> Result<String, HashError> {
    let (algorithm, version, salt) = (Algorithm::Argon2id, Version::V0x13, Salt::generate());
    let argon2 = Argon2::new(algorithm, version, params.clone());
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(params).map_err(|_| HashError::Unreadable)?,
        salt: Some(salt),
        hash: Some(compute(&argon2, memory, password, &salt)?),
    };
    Ok(hash.to_string())
}

fn verify(
    current: &Params,
    memory: &Memory,
    password: &[u8],
    kept: &str,
) -> Result<VerifyPassword, HashError> {
    let Kept { hash, params, argon2, salt, output } = read(kept)?;
    // Outputs are compared in constant time.
    if compute(&argon2, memory, password, &salt)? == output {
        Ok(VerifyPassword::Right { outdated: outdated(current, &hash, &params) })
    } else {
        Ok(VerifyPassword::Wrong)
    }
}

/// A kept hash, and what computes its like.
struct Kept {
    hash: PasswordHash,
    params: Params,
    argon2: Argon2<'static>,
    salt: Salt,
    output: Output,
}

/// Reads a kept hash, unless computing it would hurt.
fn read(kept: &str) -> Result<Kept, HashError> {
    let hash = PasswordHash::new(kept).map_err(|_| HashError::Unreadable)?;
    let params = Params::try_from(&hash).map_err(|_| HashError::Unreadable)?;
    let (Some(salt), Some(output)) = (hash.salt, hash.hash) else { return Err(HashError::Unreadable) };
    if !bearable(&params) {
        return Err(HashError::Unreadable);
    }
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| HashError::Unreadable)?;
    let version = hash.version.map(Version::try_from).transpose().map_err(|_| HashError::Unreadable)?;
    let argon2 = Argon2::new(algorithm, version.unwrap_or_default(), params.clone());
    Ok(Kept { hash, params, argon2, salt, output })
}

/// Fails for passwords of 4 GiB, and for outputs that nobody writes.
fn compute(argon2: &Argon2<'_>, memory: &Memory, password: &[u8], salt: &Salt) -> Result<Output, HashError> {
    let params = argon2.params();
    let mut output = [0; Output::MAX_LENGTH];
    let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let output = output.get_mut(..length).ok_or(HashError::Unreadable)?;
    let done = memory.lend(params.block_count(), |blocks| {
        argon2.hash_password_into_with_memory(password, salt, output, blocks)
    });
    done.map_err(|_| HashError::Unreadable)?;
    Output::new(output).map_err(|_| HashError::Unreadable)
}

fn outdated(current: &Params, kept: &PasswordHash, params: &Params) -> bool {
    kept.algorithm.as_str() != Algorithm::Argon2id.as_str()
        || kept.version != Some(Version::V0x13.into())
        || params.m_cost() < current.m_cost()
        || params.t_cost() < current.t_cost()
}

#[cfg(test)]
mod tests;

//! Kept hashes against bytes.

use std::sync::LazyLock;

use super::{HashError, Kept, MOST_MEMORY_KIB, MOST_WORK_KIB, Memory, Params, hash, read, verify};

/// Little work: it is done for every input.
const SMALL_KIB: u64 = 1 << 10;

static OURS: LazyLock<(Params, Memory)> = LazyLock::new(|| {
    let params = Params::new(8, 1, 1, None).expect("the least that Argon2 takes");
    let memory = Memory::new(&params);
    (params, memory)
});

/// What may stand in an account's column for its password.
pub fn password_hash(data: &[u8]) {
    let Ok(kept) = std::str::from_utf8(data) else { return };
    let (params, memory) = &*OURS;
    let read = match read(kept) {
        Err(error) => return assert_eq!(error, HashError::Unreadable),
        Ok(read) => read,
    };
    let Kept { params: costs, .. } = &read;
    let work = u64::from(costs.m_cost()) * u64::from(costs.t_cost());
    assert!(costs.m_cost() <= MOST_MEMORY_KIB && work <= MOST_WORK_KIB, "a hash that costs a server");
    if work > SMALL_KIB {
        return;
    }
    let verified = verify(params, memory, b"somebody's password", kept);
    assert!(matches!(verified, Ok(_) | Err(HashError::Unreadable)));
    let ours = hash(costs, memory, b"somebody's password").expect("costs that were taken");
    let right = verify(costs, memory, b"somebody's password", &ours);
    assert!(matches!(right, Ok(super::VerifyPassword::Right { outdated: false })), "{right:?}");
}

//! Memory to hash in.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::{Block, Params};

/// Memory that is kept from one hash to the next, as much as the hashes that go on at once need. Taken anew for each, it
/// would come from the arena of whichever thread asks: allocators keep what was freed there, many times as much as is
/// in use.
pub(super) struct Memory {
    blocks: usize,
    free: Mutex<Vec<Vec<Block>>>,
}

impl Memory {
    /// For hashes with these parameters.
    pub(super) fn new(params: &Params) -> Self {
        Self { blocks: params.block_count(), free: Mutex::default() }
    }

    /// Lends so many blocks. What an earlier hash has left there is overwritten before it is read. A kept hash that takes
    /// more than new ones gets it for this once.
    pub(super) fn lend<T>(&self, count: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        let mut blocks = self.free().pop().unwrap_or_default();
        if blocks.len() < count {
            blocks.resize(count.max(self.blocks), Block::new());
        }
        let done = work(&mut blocks[..count]);
        blocks.truncate(self.blocks);
        blocks.shrink_to_fit();
        self.free().push(blocks);
        done
    }

    fn free(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Memory {
    /// What is in it comes from passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("blocks", &self.blocks).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_taken_once_for_as_many_as_hash_at_once() {
        let memory = Memory::new(&Params::new(64, 1, 1, None).unwrap());
        let place = |blocks: &mut [Block]| (blocks.as_ptr(), blocks.len());
        let (first, count) = memory.lend(64, place);
        assert_eq!(count, 64);
        assert_eq!(memory.lend(64, place), (first, 64), "the same again");
        assert_eq!(memory.lend(8, place), (first, 8), "a smaller hash takes the start of it");
        let both = memory.lend(64, |one| (place(one).0, memory.lend(64, place).0));
        assert_ne!(both.0, both.1);
        assert_eq!(memory.lend(256, place).1, 256);
        let kept: Vec<usize> = memory.free().iter().map(Vec::capacity).collect();
        assert_eq!(kept, [64, 64], "what one large hash took is given back");
    }
}

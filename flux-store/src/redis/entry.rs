//! What is kept of a session in the directory.

use flux_core::routing::Located;
use flux_core::{Generation, NodeId, SessionId, UserId};

/// A session's place, and the incarnation of the lease that it hangs on: an entry means something exactly as long as
/// that incarnation of its node's lease lives, and no incarnation comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) generation: Generation,
    pub(super) away: bool,
    pub(super) node: NodeId,
    pub(super) incarnation: u64,
}

/// How long a generation is in digits: so that a script compares two of any size as texts.
const GENERATION: usize = 20;
const AWAY: usize = GENERATION + 1;
const NODE: usize = AWAY + 16;

/// A generation as scripts compare it.
pub(super) fn digits(generation: Generation) -> String {
    format!("{:020}", generation.get())
}

impl Entry {
    /// At most 64 bytes, which is what Redis keeps in its compact form of a hash.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = digits(self.generation).into_bytes();
        bytes.push(if self.away { b'a' } else { b'h' });
        bytes.extend_from_slice(self.node.as_bytes());
        bytes.extend_from_slice(self.incarnation.to_string().as_bytes());
        bytes
    }

    /// `None` for what no version of Flux writes.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let number = |bytes: &[u8]| -> Option<u64> {
            let digits = bytes.iter().all(u8::is_ascii_digit);
            if digits { std::str::from_utf8(bytes).ok()?.parse().ok() } else { None }
        };
        Some(Self {
            generation: Generation::new(number(bytes.get(..GENERATION)?)?),
            away: match bytes.get(GENERATION)? {
                b'a' => true,
                b'h' => false,
                _ => return None,
            },
            node: NodeId::from_slice(bytes.get(AWAY..NODE)?).ok()?,
            incarnation: number(bytes.get(NODE..)?)?,
        })
    }

    /// As the directory tells of it.
    pub(super) fn located(self, user: UserId, session: SessionId) -> Located {
        let Self { generation, away, node, .. } = self;
        Located { user, session, generation, node, away }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(generation: u64) -> Entry {
        let node = NodeId::from_slice(&[255; 16]).unwrap();
        Entry { generation: Generation::new(generation), away: true, node, incarnation: (1 << 53) - 1 }
    }

    #[test]
    fn an_entry_is_read_as_it_was_written_and_fits_the_compact_form() {
        for entry in [entry(0), Entry { away: false, ..entry(u64::MAX) }] {
            let bytes = entry.encode();
            assert!(bytes.len() <= 64, "{}", bytes.len());
            assert_eq!(Entry::decode(&bytes), Some(entry));
        }
    }

    #[test]
    fn generations_compare_as_numbers() {
        assert!(digits(Generation::new(9)) < digits(Generation::new(10)));
        assert!(digits(Generation::new(u64::MAX - 1)) < digits(Generation::new(u64::MAX)));
        assert_eq!(digits(Generation::new(u64::MAX)).len(), GENERATION);
    }

    #[test]
    fn what_is_no_entry_is_none() {
        let good = entry(1).encode();
        for length in 0..=NODE {
            assert_eq!(Entry::decode(&good[..length]), None, "{length} bytes");
        }
        for place in [0, GENERATION, NODE] {
            let mut bad = good.clone();
            bad[place] = b'+';
            assert_eq!(Entry::decode(&bad), None, "byte {place}");
        }
    }
}

//! The faults there are.

use std::str::FromStr;

use crate::chaos::random::Random;

/// Something that is broken on purpose, and made whole again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::chaos) enum Fault {
    KillNode,
    KillGate,
    KillStatus,
    KillVerify,
    KillAll,
    PauseNode,
    PauseRedis,
    PauseMariadb,
    EmptyRedis,
    KillMariadb,
    StopMariadb,
    SlowMariadb,
    LockMariadb,
    PartPeers,
    PartPeersOneWay,
    PartRedis,
    PartMariadb,
    SplitBrain,
    DelayClients,
    TrickleClients,
    HalfOpenClients,
    ResetClients,
    Rolling,
    TermTwice,
    Mixed,
}

impl Fault {
    /// All, with the name of each, and whether one process alone can have it.
    const ALL: [(Self, &'static str, bool); 25] = [
        (Self::KillNode, "kill-node", true),
        (Self::KillGate, "kill-gate", false),
        (Self::KillStatus, "kill-status", false),
        (Self::KillVerify, "kill-verify", false),
        (Self::KillAll, "kill-all", false),
        (Self::PauseNode, "pause-node", true),
        (Self::PauseRedis, "pause-redis", false),
        (Self::PauseMariadb, "pause-mariadb", false),
        (Self::EmptyRedis, "empty-redis", false),
        (Self::KillMariadb, "kill-mariadb", false),
        (Self::StopMariadb, "stop-mariadb", false),
        (Self::SlowMariadb, "slow-mariadb", false),
        (Self::LockMariadb, "lock-mariadb", false),
        (Self::PartPeers, "part-peers", false),
        (Self::PartPeersOneWay, "part-peers-one-way", false),
        (Self::PartRedis, "part-redis", false),
        (Self::PartMariadb, "part-mariadb", false),
        (Self::SplitBrain, "split-brain", false),
        (Self::DelayClients, "delay-clients", true),
        (Self::TrickleClients, "trickle-clients", true),
        (Self::HalfOpenClients, "half-open-clients", true),
        (Self::ResetClients, "reset-clients", true),
        (Self::Rolling, "rolling", true),
        (Self::TermTwice, "term-twice", true),
        (Self::Mixed, "mixed", false),
    ];

    /// Those that a shape can have.
    pub(in crate::chaos) fn all(cluster: bool) -> Vec<Self> {
        let all = Self::ALL.into_iter().filter(|(.., alone)| cluster || *alone);
        all.map(|(fault, ..)| fault).collect()
    }

    /// As in lists and reports.
    pub(in crate::chaos) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(fault, ..)| *fault == self).map_or("", |(_, name, _)| name)
    }

    /// `all`, `none`, or names with commas between them.
    pub(in crate::chaos) fn list(words: &str, cluster: bool) -> Result<Vec<Self>, String> {
        let all = Self::all(cluster);
        match words {
            "all" => Ok(all),
            "none" => Ok(Vec::new()),
            words => words
                .split(',')
                .map(|word| {
                    let fault: Self = word.trim().parse()?;
                    let here = all.contains(&fault);
                    here.then_some(fault).ok_or_else(|| format!("{word} needs a cluster (--chat)"))
                })
                .collect(),
        }
    }

    /// The next ones: each once, in an order that is drawn, before any comes again.
    pub(in crate::chaos) fn round(among: &[Self], random: &mut Random) -> Vec<Self> {
        let mut round = among.to_vec();
        for at in (1..round.len()).rev() {
            round.swap(at, random.below(at + 1));
        }
        round
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, name, _)| *name == word);
        found.map(|(fault, ..)| *fault).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|(_, name, _)| *name).collect();
            format!("there is no fault {word}; there are {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_has_each_fault_once_and_a_seed_draws_it_again() {
        let all = Fault::all(true);
        let mut round = Fault::round(&all, &mut Random::new(3));
        assert_eq!(round, Fault::round(&all, &mut Random::new(3)));
        assert_ne!(round, all);
        round.sort_unstable();
        assert_eq!(round, all);
    }

    #[test]
    fn lists_name_what_there_is() {
        assert_eq!(Fault::list("kill-node, rolling", false), Ok(vec![Fault::KillNode, Fault::Rolling]));
        assert_eq!(Fault::list("none", true), Ok(Vec::new()));
        assert!(Fault::list("kill-gate", false).unwrap_err().contains("--chat"));
        assert!(Fault::list("kil-node", true).unwrap_err().contains("kill-node"));
    }
}

//! Every target over its corpus, and over bytes that nobody chose.

use std::fs;
use std::path::{Path, PathBuf};

use flux_fuzz::TARGETS;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = folder().join("corpus").join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = files.map(|file| file.expect("a folder that can be read").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a file that can be read")).collect()
}

#[test]
fn every_target_holds_for_its_corpus() {
    for (target, body) in TARGETS {
        let inputs = corpus(target);
        assert!((1..=50).contains(&inputs.len()), "{target}: {} files", inputs.len());
        for input in &inputs {
            body(input);
        }
    }
}

#[test]
fn every_target_holds_for_any_bytes() {
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    for (target, body) in TARGETS {
        let run = runner.run(&prop::collection::vec(any::<u8>(), 0..300), |input| {
            body(&input);
            Ok(())
        });
        run.unwrap_or_else(|error| panic!("{target}: {error}"));
    }
}

/// One change of a good input: bytes replaced, cut out or put in.
type Change = (Index, usize, Vec<u8>);

#[test]
fn every_target_holds_for_changed_examples() {
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    for (target, body) in TARGETS {
        let put_in = prop::collection::vec(any::<u8>(), 0..6);
        let change = (any::<Index>(), 0_usize..6, put_in);
        let changes = prop::collection::vec(change, 1..4);
        let changed = (prop::sample::select(corpus(target)), changes).prop_map(|(mut input, changes)| {
            for (at, cut, put_in) in changes {
                apply(&mut input, (at, cut, put_in));
            }
            input
        });
        let run = runner.run(&changed, |input| {
            body(&input);
            Ok(())
        });
        run.unwrap_or_else(|error| panic!("{target}: {error}"));
    }
}

fn apply(input: &mut Vec<u8>, (at, cut, put_in): Change) {
    let from = at.index(input.len() + 1);
    let to = (from + cut).min(input.len());
    input.splice(from..to, put_in);
}

#[test]
fn every_target_can_be_fuzzed() {
    for (target, _) in TARGETS {
        let file = folder().join(format!("fuzz_targets/{target}.rs"));
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(text.contains(&format!("run(\"{target}\", data)")), "{target}");
    }
}

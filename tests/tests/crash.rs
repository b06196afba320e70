//! Power cuts and I/O errors on the simulated disk. More of them:
//! `cargo run --release -p vesalius-tests --bin soak -- crash 1000000`.
#![cfg(test)]

use vesalius_tests::crash::{Plan, in_parallel, power_cuts};
use vesalius_tests::faults::io_errors;
use vesalius_tests::workload::{INDEX_SEEDS, kinds};

fn seeds(count: u64, of: impl Fn(u64) -> Vec<u64>) -> Vec<u64> {
    let chosen = std::env::var("VESALIUS_SEED").ok().and_then(|s| s.parse().ok());
    chosen.map_or_else(|| (1..=count).flat_map(of).collect(), |seed| vec![seed])
}

/// Of workloads with indexes, which take four times as long as others, one in four.
fn fewer_with_indexes(seed: u64) -> Vec<u64> {
    let all = kinds(seed).into_iter();
    all.filter(|kind| *kind < INDEX_SEEDS || seed % 4 == 1).collect()
}

#[test]
fn no_acknowledged_commit_is_lost() {
    let plan = Plan { steps: 24, states: 23, lie: false };
    let tally = in_parallel(&seeds(14, fewer_with_indexes), |seed| power_cuts(seed, plan));
    println!("power cuts: {tally:?}");
    assert!(tally.is_clean(), "{tally:?}");
}

/// In these workloads the power goes inside a checkpoint that a deferred commit started, and the container is
/// closed next: a close that hides the error would acknowledge the commit.
#[test]
fn a_checkpoint_cut_before_a_close_acknowledges_nothing() {
    let plan = Plan { steps: 24, states: 6, lie: false };
    let tally = in_parallel(&[29, 105], |seed| power_cuts(seed, plan));
    println!("power cuts before a close: {tally:?}");
    assert!(tally.is_clean(), "{tally:?}");
}

#[test]
fn an_error_leaves_a_container_that_recovers() {
    let tally = in_parallel(&seeds(4, |seed| kinds(seed).to_vec()), |seed| io_errors(seed, 24));
    println!("I/O errors: {tally:?}");
    assert!(tally.is_clean(), "{tally:?}");
}

#[test]
fn a_disk_that_lies_is_caught() {
    let plan = Plan { steps: 24, states: 4, lie: true };
    let tally = power_cuts(1, plan);
    println!("lying disk: {tally:?}");
    assert!(tally.wrong + tally.unopened > 0, "the harness does not see lost commits: {tally:?}");
}

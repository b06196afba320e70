//! Heavy tests by command: `soak crash STATES`, `soak errors SEEDS`, `soak indexes [CASES]`. Each prints one line of
//! figures.

use std::process::ExitCode;
use std::time::Instant;

use vesalius_tests::crash::{Plan, Tally, in_parallel, power_cuts};
use vesalius_tests::differential::{Outcome, run};
use vesalius_tests::faults::io_errors;
use vesalius_tests::workload::kinds;

/// Cases of the differential tests.
const CASES: u64 = 100_000;
const SEEDS_AT_ONCE: usize = 10;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = words.get(1).and_then(|word| word.parse::<u64>().ok());
    let started = Instant::now();
    if words.first() == Some(&"indexes") {
        return indexes(number.unwrap_or(CASES), started);
    }
    let (name, tally) = match (words.first().copied(), number) {
        (Some("crash"), Some(states)) => ("crash", crash(states)),
        (Some("errors"), Some(seeds)) => {
            let seeds: Vec<u64> = (1..=seeds).flat_map(kinds).collect();
            ("errors", in_parallel(&seeds, |seed| io_errors(seed, 24)))
        }
        _ => {
            eprintln!("usage: soak crash STATES | soak errors SEEDS | soak indexes [CASES]");
            return ExitCode::from(2);
        }
    };
    let Tally { states, second_cuts, indexed, operations, wrong, unopened } = tally;
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{name} states={states} second_cuts={second_cuts} indexed={indexed} operations={operations} wrong={wrong} unopened={unopened} seconds={seconds:.1}"
    );
    if tally.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The differential tests of indexes, from the seed in `VESALIUS_SEED` on.
fn indexes(cases: u64, started: Instant) -> ExitCode {
    let seed = std::env::var("VESALIUS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let Outcome { cases, wrong } = run(seed, cases);
    let seconds = started.elapsed().as_secs_f64();
    println!("indexes VESALIUS_SEED={seed} cases={cases} wrong={wrong} seconds={seconds:.1}");
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn crash(states: u64) -> Tally {
    let plan = Plan { steps: 24, states: 46, lie: false };
    let mut tally = Tally::default();
    let mut first = 1;
    while tally.states < states {
        let seeds = (first..).take(SEEDS_AT_ONCE).flat_map(kinds);
        let seeds: Vec<u64> = seeds.collect();
        tally.add(in_parallel(&seeds, |seed| power_cuts(seed, plan)));
        first += SEEDS_AT_ONCE as u64;
    }
    tally
}

//! Exact search of many queries in one call.

use std::time::Instant;

use super::Part;
use super::contest::{Contest, Row};
use super::data::Set;
use super::ours::{Index, Ours};
use crate::Result;
use crate::measure::Rounds;
use crate::peers::fma_peak::FmaPeak;
use crate::table::{Bound, Ratio, Unit};

/// Queries, a peer, and how many times as fast with one thread.
const RACES: [(usize, &str, &str, Option<f64>); 5] = [
    (64, "faiss", "FAISS flat f32", Some(30.0)),
    (64, "numpy", "NumPy sgemm and argpartition", Some(5.0)),
    (64, "faiss16", "FAISS SQ fp16", None),
    (1000, "faiss", "FAISS flat f32", Some(7.0)),
    (1000, "numpy", "NumPy sgemm and argpartition", None),
];

/// Rounds, as one may take a quarter of a minute.
const ROUNDS: usize = 3;

/// Measures it.
pub(super) fn measure(contest: &mut Contest<'_>, set: &Set) -> Result<()> {
    contest.meet(Part::Batch, set)?;
    let mut ours = Ours::write(set)?;
    ours.build(Index::Exact, 2)?;
    let rounds = contest.options.rounds.min(ROUNDS);
    for threads in [1, 2] {
        contest.threads(threads)?;
        for (count, peer, name, bound) in RACES {
            let queries = set.taken(count);
            let what = format!("{}: top 10 of {count}, {threads} thread(s), {name}", set.name);
            let bound = bound.filter(|_| threads == 1).map_or(Bound::Free, Bound::AtLeast);
            let row = Row::times(&what, bound);
            let question = |_| format!("batch {peer} 0 {count}");
            contest.race(&row, rounds, question, |_| seconds(&ours, &queries, threads))?;
        }
    }
    contest.threads(1)?;
    against_peak(contest, set, &ours)
}

fn seconds(ours: &Ours, queries: &[f32], threads: usize) -> Result<Option<f64>> {
    let start = Instant::now();
    let found = ours.batch(queries, threads)?;
    Ok(found.map(|_| start.elapsed().as_secs_f64()))
}

/// What a core does of the products that a scan of all rows would take, of the most that it does in 8-bit products.
fn against_peak(contest: &mut Contest<'_>, set: &Set, ours: &Ours) -> Result<()> {
    let what = format!("{}: products of a top 10 of 1000, 1 thread, integer peak", set.name);
    let row =
        Row { what: &what, unit: Unit::Ops, ratio: Ratio::Share, bound: Bound::AtLeast(0.75) };
    let folder = contest.options.folder()?;
    let peak = match FmaPeak::integer(folder.path())? {
        Ok(peak) => peak,
        Err(why) => {
            contest.table.missing(&what, &why, Unit::Times, row.bound);
            return Ok(());
        }
    };
    let queries = set.taken(1000);
    let products = 2.0 * 1000.0 * set.rows as f64 * set.dim as f64;
    let (mut rounds, mut alone) = (Rounds::default(), Vec::new());
    for _ in 0..contest.options.rounds.min(ROUNDS) {
        let most = peak.run(1)?;
        alone.push(most);
        if let Some(seconds) = seconds(ours, &queries, 1)? {
            rounds.push(products / seconds, most);
        }
    }
    if rounds.ours().is_some() {
        contest.compared(&row, &rounds);
    } else {
        contest.only_theirs(&row, alone);
    }
    Ok(())
}

//! A collection of a thousand rows, where fixed costs count.

use std::hint::black_box;
use std::time::Instant;

use super::Part;
use super::contest::{Contest, Row};
use super::data::Set;
use super::ours::{Index, Ours};
use crate::Result;
use crate::measure::Spread;
use crate::table::{Bound, Unit};

/// Queries of one round.
const QUERIES: usize = 200;

const PEERS: [(&str, &str); 5] = [
    ("faiss16", "FAISS SQ fp16"),
    ("faiss", "FAISS flat f32"),
    ("numpy", "NumPy f32"),
    ("usearch", "usearch exact f16"),
    ("lancedb", "LanceDB flat f16"),
];

/// Measures it. The peers are called from Python, as they are by their users.
pub(super) fn measure(contest: &mut Contest<'_>, set: &Set) -> Result<()> {
    contest.meet(Part::Small, set)?;
    let mut ours = Ours::write(set)?;
    ours.build(Index::Exact, 1)?;
    let rounds = 0..contest.options.rounds;
    let found = rounds.map(|_| seconds(set, &ours)).collect::<Result<Vec<f64>>>()?;
    let spread = Spread::of(found).ok_or("no round was run")?;
    let what = format!("{}: top 10, exact, 1 thread", set.name);
    contest.table.alone(&what, Unit::Seconds, spread, Bound::Below(20e-6));
    for (peer, name) in PEERS {
        let what = format!("{}: top 10, exact, 1 thread, {name}", set.name);
        let question = |round| format!("exact {peer} {} {QUERIES}", round * QUERIES);
        contest.race(&Row::times(&what, Bound::Free), contest.options.rounds, question, |_| {
            Ok(Some(seconds(set, &ours)?))
        })?;
    }
    Ok(())
}

/// Seconds of one query, the median.
fn seconds(set: &Set, ours: &Ours) -> Result<f64> {
    let mut found = Vec::new();
    for number in 0..QUERIES {
        let query = set.query(number);
        let start = Instant::now();
        black_box(ours.exact(query, 1)?);
        found.push(start.elapsed().as_secs_f64());
    }
    Ok(Spread::of(found).ok_or("no query was asked")?.median)
}

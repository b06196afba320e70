//! Exact search of one query.

use std::hint::black_box;
use std::time::Instant;

use super::Part;
use super::contest::{Contest, Row};
use super::data::Set;
use super::ours::{Index, Ours};
use super::sweep::truth;
use crate::Result;
use crate::measure::{Rounds, Spread, timed};
use crate::peers::plain_read;
use crate::table::{Bound, Unit};

/// Queries of one round.
const QUERIES: usize = 5;
/// Queries whose answers are compared with those of NumPy.
const CHECKED: usize = 20;

/// How many times as fast as each peer.
const PEERS: [(&str, &str, f64); 4] = [
    ("faiss", "FAISS flat f32", 5.0),
    ("faiss16", "FAISS SQ fp16", 2.2),
    ("usearch", "usearch exact f16", 4.0),
    ("lancedb", "LanceDB flat f16", 50.0),
];

/// Measures it. `stretch` is what the best data should reach of a plain read.
pub(super) fn measure(contest: &mut Contest<'_>, set: &Set, stretch: Option<f64>) -> Result<()> {
    contest.meet(Part::Exact, set)?;
    let mut ours = Ours::write(set)?;
    if ours.build(Index::Exact, 2)?.is_none() {
        contest
            .table
            .note(format!("{}: exact search without codes, which are not built", set.name));
    }
    check(contest, set, &ours)?;
    for threads in [1, 2] {
        against_read(contest, set, &ours, threads, stretch)?;
    }
    for (peer, name, bound) in PEERS {
        let what = format!("{}: top 10, 1 thread, {name}", set.name);
        let row = Row::times(&what, Bound::AtLeast(bound));
        let question = |round| format!("exact {peer} {} {QUERIES}", round * QUERIES);
        contest.race(&row, contest.options.rounds, question, |round| {
            Ok(Some(median(set, &ours, 1, round)?))
        })?;
    }
    Ok(())
}

/// Seconds of one query, the median of a round.
fn median(set: &Set, ours: &Ours, threads: usize, round: usize) -> Result<f64> {
    let mut found = Vec::new();
    for number in 0..QUERIES {
        let query = set.query(round * QUERIES + number);
        let start = Instant::now();
        black_box(ours.exact(query, threads)?);
        found.push(start.elapsed().as_secs_f64());
    }
    Ok(Spread::of(found).ok_or("no query was asked")?.median)
}

fn against_read(
    contest: &mut Contest<'_>,
    set: &Set,
    ours: &Ours,
    threads: usize,
    stretch: Option<f64>,
) -> Result<()> {
    let words = ours.words()?;
    let read = || {
        let sums = (0..QUERIES)
            .map(|_| Ok(timed(|| Ok(black_box(plain_read::sum(black_box(&words), threads))))?.0));
        let seconds = sums.collect::<Result<Vec<f64>>>()?;
        Ok(Spread::of(seconds).ok_or("nothing was read")?.median)
    };
    read()?;
    let mut round = 0;
    let mine = || {
        round += 1;
        median(set, ours, threads, round)
    };
    let rounds = Rounds::run(contest.options.rounds, mine, read)?;
    let what = format!("{}: top 10, {threads} thread(s), plain read of the f16 rows", set.name);
    let bound = if threads == 1 { Bound::AtMost(0.53) } else { Bound::Free };
    contest.compared(&Row::share(&what, Unit::Seconds, bound), &rounds);
    if let (Some(stretch), 1) = (stretch, threads) {
        let what = format!("{what}, stretch");
        contest.compared(&Row::share(&what, Unit::Seconds, Bound::AtMost(stretch)), &rounds);
    }
    if let (Some(ours), Some(peer)) = (rounds.ours(), rounds.peer()) {
        let rate = |seconds: f64| Unit::Rate.show(set.bytes() / seconds);
        contest.table.note(format!(
            "{}, {threads} thread(s): {} of f16 rows, plain read {}",
            set.name,
            rate(ours.median),
            rate(peer.median),
        ));
    }
    Ok(())
}

/// Whether the answers are those of NumPy, by scores in f64.
fn check(contest: &mut Contest<'_>, set: &Set, ours: &Ours) -> Result<()> {
    let found = truth(ours, set, CHECKED, None)?;
    let count = found.len();
    let rows: Vec<u64> = found.concat();
    let path = contest.folder.join("ours.ids");
    std::fs::write(&path, bytemuck::cast_slice(&rows))?;
    if let Ok((_, bad)) = contest.ask(&format!("check {count}")) {
        let equal = if bad == [0] { "yes" } else { "NO" };
        let text =
            format!("{}: top 10 of {count} queries equal to those of NumPy: {equal}", set.name);
        contest.table.note(text);
    }
    Ok(std::fs::remove_file(path)?)
}

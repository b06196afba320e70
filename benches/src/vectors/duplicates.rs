//! All pairs of rows that are alike.

use std::time::Instant;

use super::Part;
use super::contest::{Contest, Row};
use super::data::Set;
use super::ours::{Index, Ours};
use crate::Result;
use crate::measure::Rounds;
use crate::table::Bound;

const THRESHOLD: f32 = 0.95;
/// The peer looks for the like of one in so many rows; its time is times this.
const PART: u64 = 20;
/// Rounds, as one may take a quarter of a minute.
const ROUNDS: usize = 3;

/// Measures it.
pub(super) fn measure(contest: &mut Contest<'_>, set: &Set) -> Result<()> {
    contest.meet(Part::Duplicates, set)?;
    let mut ours = Ours::write(set)?;
    ours.build(Index::Exact, 2)?;
    for threads in [1, 2] {
        contest.threads(threads)?;
        against(contest, set, &ours, threads)?;
    }
    contest.threads(1)?;
    contest.table.note(format!(
        "{}: the peer looks for the like of a {PART}th of the rows; its time is times {PART}",
        set.name
    ));
    let Some(pairs) = ours.duplicates(THRESHOLD, 2)? else { return Ok(()) };
    contest.table.note(format!("{}: {pairs} pairs", set.name));
    if set.rows <= 20_000
        && let Ok((_, hits)) = contest.ask(&range(0, set.rows))
    {
        // Each pair from both sides, and each row with itself.
        let equal = if hits == [2 * pairs + set.rows] { "yes" } else { "NO" };
        contest.table.note(format!("{}: pairs equal to those of FAISS: {equal}", set.name));
    }
    Ok(())
}

fn against(contest: &mut Contest<'_>, set: &Set, ours: &Ours, threads: usize) -> Result<()> {
    let what = format!(
        "{}: pairs from {THRESHOLD} on, {threads} thread(s), FAISS range_search of all rows",
        set.name
    );
    let bound = if threads == 1 { Bound::AtLeast(10.0) } else { Bound::Free };
    let row = Row::times(&what, bound);
    let count = set.rows.div_ceil(PART);
    let (mut rounds, mut alone) = (Rounds::default(), Vec::new());
    for round in 0..contest.options.rounds.min(ROUNDS) as u64 {
        let theirs = match contest.ask(&range(round * count % (set.rows - count + 1), count)) {
            Ok((seconds, _)) => seconds * set.rows as f64 / count as f64,
            Err(why) => {
                contest.table.absent(&what, &why, row.bound);
                return Ok(());
            }
        };
        alone.push(theirs);
        let start = Instant::now();
        if ours.duplicates(THRESHOLD, threads)?.is_some() {
            rounds.push(start.elapsed().as_secs_f64(), theirs);
        }
    }
    if rounds.ours().is_some() {
        contest.compared(&row, &rounds);
    } else {
        contest.only_theirs(&row, alone);
    }
    Ok(())
}

fn range(first: u64, count: u64) -> String {
    format!("range {} {first} {count}", (THRESHOLD * 10_000.0).round())
}

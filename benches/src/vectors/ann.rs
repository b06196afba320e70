//! Approximate search: time at a recall.

use super::Part;
use super::contest::{Contest, Row};
use super::data::Set;
use super::front::{Point, seconds_at};
use super::ours::{Effort, Index, Ours};
use super::sweep::{self, Peer, Questions, one, truth};
use crate::Result;
use crate::measure::{Rounds, Spread};
use crate::table::{Bound, Unit};

/// Recalls at which times are compared.
const RECALLS: [f64; 3] = [0.95, 0.99, 0.999];
const QUERIES: usize = 1_000;

/// How many times as fast as each peer, at each recall.
pub(super) struct Bounds {
    ivfpq: [f64; 3],
    hnswlib: [f64; 3],
    /// A stretch on data that are hard for lists.
    symphony: [f64; 3],
}

pub(super) const FASHION: Bounds =
    Bounds { ivfpq: [2.0, 2.0, 2.5], hnswlib: [4.0, 5.0, 10.0], symphony: [1.0; 3] };
pub(super) const CLUSTERED: Bounds =
    Bounds { ivfpq: [1.1; 3], hnswlib: [3.0; 3], symphony: [1.0; 3] };

/// Measures it.
pub(super) fn measure(contest: &mut Contest<'_>, set: &Set, bounds: &Bounds) -> Result<()> {
    contest.meet(Part::Ann, set)?;
    let mut ours = Ours::write(set)?;
    ours.build(Index::Approximate, 2)?;
    let truth = truth(&ours, set, QUERIES, None)?;
    let questions = Questions { set, truth: &truth, among: None };
    defaults(contest, &ours, questions)?;
    let peers = [
        (Peer::ivfpq(), "FAISS IVF-PQ fast scan, refined", bounds.ivfpq),
        (Peer::graph("hnswlib"), "hnswlib", bounds.hnswlib),
        (Peer::graph("symqg"), "SymphonyQG", bounds.symphony),
    ];
    for (mut peer, name, bounds) in peers {
        against(contest, &ours, questions, &mut peer, name, bounds)?;
    }
    Ok(())
}

/// What is found by whoever does not choose an effort.
fn defaults(contest: &mut Contest<'_>, ours: &Ours, questions: Questions<'_>) -> Result<()> {
    let what = format!("{}: recall by default", questions.set.name);
    let bound = Bound::AtLeast(0.99);
    let mut points = Vec::new();
    for _ in 0..contest.options.rounds {
        points.extend(one(ours, questions, Effort::Default)?);
    }
    let Some(recall) = Spread::of(points.iter().map(|point| point.recall)) else {
        contest.table.missing(&what, "not built", Unit::Recall, bound);
        return Ok(());
    };
    contest.table.alone(&what, Unit::Recall, recall, bound);
    if let Some(seconds) = Spread::of(points.iter().map(|point| point.seconds)) {
        let what = format!("{}: one query by default", questions.set.name);
        contest.table.alone(&what, Unit::Seconds, seconds, Bound::Free);
    }
    Ok(())
}

fn against(
    contest: &mut Contest<'_>,
    ours: &Ours,
    questions: Questions<'_>,
    peer: &mut Peer,
    name: &str,
    bounds: [f64; 3],
) -> Result<()> {
    let task = format!("ann {} {}", peer.name, questions.truth.len());
    let rows: Vec<String> = RECALLS
        .iter()
        .map(|recall| format!("{}: recall {recall}, 1 thread, {name}", questions.set.name))
        .collect();
    let mut rounds: Vec<(Option<Vec<Point>>, Vec<Point>)> = Vec::new();
    // The first is to warm up, and to find the settings that matter.
    for round in 0..=contest.options.rounds {
        let first = if round % 2 == 0 { sweep::ours(ours, questions)? } else { None };
        let theirs = match peer.sweep(contest, &task, questions.truth) {
            Ok(points) => points,
            Err(why) => {
                for (what, bound) in rows.iter().zip(bounds) {
                    contest.table.absent(what, &why, Bound::AtLeast(bound));
                }
                return Ok(());
            }
        };
        let second = if round % 2 == 1 { sweep::ours(ours, questions)? } else { None };
        if round > 0 {
            rounds.push((first.or(second), theirs));
        }
    }
    for ((what, bound), recall) in rows.iter().zip(bounds).zip(RECALLS) {
        at_recall(contest, &Row::times(what, Bound::AtLeast(bound)), &rounds, recall);
    }
    Ok(())
}

/// A row of times at a recall.
pub(super) fn at_recall(
    contest: &mut Contest<'_>,
    row: &Row<'_>,
    rounds: &[(Option<Vec<Point>>, Vec<Point>)],
    recall: f64,
) {
    let (mut pairs, mut mine, mut theirs) = (Rounds::default(), Vec::new(), Vec::new());
    for (ours, peer) in rounds {
        let ours = ours.as_ref().and_then(|points| seconds_at(points, recall));
        let peer = seconds_at(peer, recall);
        if let (Some(ours), Some(peer)) = (ours, peer) {
            pairs.push(ours, peer);
        }
        mine.extend(ours);
        theirs.extend(peer);
    }
    let built = rounds.iter().any(|(ours, _)| ours.is_some());
    if pairs.ours().is_some() {
        contest.compared(row, &pairs);
    } else if theirs.is_empty() {
        contest.only_ours(row, mine, "the peer does not reach it");
    } else if built {
        contest.table.absent(row.what, "ours does not reach it", row.bound);
    } else {
        contest.only_theirs(row, theirs);
    }
}

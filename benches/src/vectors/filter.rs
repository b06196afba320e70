//! Approximate search among some rows.

use vesalius::Bitmap;

use super::Part;
use super::ann::at_recall;
use super::contest::{Contest, Row};
use super::data::{GROUPS, Set};
use super::front::{Point, seconds_at};
use super::ours::{Effort, Index, Ours};
use super::sweep::{self, Peer, Questions, one, truth};
use crate::Result;
use crate::measure::Spread;
use crate::table::{Bound, Unit};

/// Groups that may be found, of 1,000, and what is required against the best peer and against inverted lists.
const SHARES: [(u64, Bound, Bound); 4] = [
    (500, Bound::AtLeast(4.0), Bound::Free),
    (100, Bound::AtLeast(4.0), Bound::Free),
    (10, Bound::Free, Bound::AtLeast(1.0)),
    (1, Bound::Free, Bound::Free),
];
const RECALL: f64 = 0.99;
const QUERIES: usize = 200;

/// Points of ours and of each peer, of one round.
type Round = (Option<Vec<Point>>, Vec<Vec<Point>>);

/// Measures it.
pub(super) fn measure(contest: &mut Contest<'_>, set: &Set) -> Result<()> {
    contest.meet(Part::Filter, set)?;
    let mut ours = Ours::write(set)?;
    ours.build(Index::Approximate, 2)?;
    let unfiltered = truth(&ours, set, QUERIES, None)?;
    let all = Questions { set, truth: &unfiltered, among: None };
    let without = one(&ours, all, Effort::Default)?.map(|point| point.recall);
    for (end, best, lists) in SHARES {
        let among = ours.groups_below(end)?;
        let truth = truth(&ours, set, QUERIES, Some(&among))?;
        let questions = Questions { set, truth: &truth, among: Some(&among) };
        recall_row(contest, &ours, questions, end, without)?;
        let peers = vec![Peer::ivfflat(), Peer::graph("hnsw"), Peer::flat()];
        race(contest, &ours, questions, end, peers, (best, lists))?;
    }
    Ok(())
}

fn percent(end: u64) -> f64 {
    100.0 * end as f64 / GROUPS as f64
}

/// That recall is no lower than without a filter.
fn recall_row(
    contest: &mut Contest<'_>,
    ours: &Ours,
    questions: Questions<'_>,
    end: u64,
    without: Option<f64>,
) -> Result<()> {
    let what =
        format!("{}: recall by default, {} % may be found", questions.set.name, percent(end));
    let found = one(ours, questions, Effort::Default)?;
    let rows = questions.among.map_or(0, Bitmap::count);
    let name = &questions.set.name;
    contest.table.note(format!("{name}: {} % are {rows} rows", percent(end)));
    match (found.and_then(|point| Spread::of([point.recall])), without) {
        (Some(found), Some(without)) => {
            // Of 200 queries one row more or less is 0.0005.
            contest.table.alone(&what, Unit::Recall, found, Bound::AtLeast(without - 0.001));
        }
        _ => contest.table.missing(&what, "not built", Unit::Recall, Bound::Free),
    }
    Ok(())
}

fn race(
    contest: &mut Contest<'_>,
    ours: &Ours,
    questions: Questions<'_>,
    end: u64,
    mut peers: Vec<Peer>,
    (bound, bound_lists): (Bound, Bound),
) -> Result<()> {
    let what = |peer: &str| {
        format!("{}: recall {RECALL}, {} % may be found, {peer}", questions.set.name, percent(end))
    };
    let mut rounds: Vec<Round> = Vec::new();
    // The first is to warm up, and to find the settings that matter.
    for round in 0..=contest.options.rounds {
        let first = if round % 2 == 0 { sweep::ours(ours, questions)? } else { None };
        let mut theirs = Vec::new();
        for peer in &mut peers {
            let task = format!("filtered {} {end} {}", peer.name, questions.truth.len());
            match peer.sweep(contest, &task, questions.truth) {
                Ok(points) => theirs.push(points),
                Err(why) => {
                    contest.table.absent(&what("best peer"), &why, bound);
                    contest.table.absent(&what(label("ivfflat")), &why, bound_lists);
                    return Ok(());
                }
            }
        }
        let second = if round % 2 == 1 { sweep::ours(ours, questions)? } else { None };
        if round > 0 {
            rounds.push((first.or(second), theirs));
        }
    }
    let of = |place: usize| -> Vec<_> {
        let one = |(ours, theirs): &Round| Some((ours.clone(), theirs.get(place)?.clone()));
        rounds.iter().filter_map(one).collect()
    };
    let median = |place: &usize| {
        let times = of(*place).into_iter().filter_map(|(_, points)| seconds_at(&points, RECALL));
        Spread::of(times).map_or(f64::INFINITY, |spread| spread.median)
    };
    let best = (0..peers.len()).min_by(|a, b| median(a).total_cmp(&median(b))).unwrap_or(0);
    for (place, peer) in peers.iter().enumerate() {
        let best_peer = format!("best peer ({})", label(peer.name));
        let text = what(if place == best { &best_peer } else { label(peer.name) });
        let bound = match (place == best, peer.name == "ivfflat") {
            (_, true) if !matches!(bound_lists, Bound::Free) => bound_lists,
            (true, _) => bound,
            _ => Bound::Free,
        };
        at_recall(contest, &Row::times(&text, bound), &of(place), RECALL);
    }
    Ok(())
}

fn label(peer: &str) -> &'static str {
    match peer {
        "ivfflat" => "FAISS IVF-flat with a bitmap",
        "hnsw" => "FAISS HNSW with a bitmap",
        _ => "FAISS SQ fp16 with a bitmap",
    }
}

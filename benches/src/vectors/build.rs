//! Building and opening indexes.

use super::Part;
use super::contest::{Contest, Row};
use super::data::Set;
use super::ours::{Effort, Index, Ours};
use super::sweep::{Questions, one, truth};
use crate::Result;
use crate::measure::Rounds;
use crate::table::{Bound, Unit};

/// Queries that warm an index up.
const QUERIES: usize = 100;

/// Peers and what part of their time we may take.
const PEERS: [(&str, &str, f64); 2] = [
    ("ivfpq", "FAISS IVF-PQ fast scan, refined", 0.35),
    ("hnswlib", "hnswlib, M 16, ef 200", 1.0 / 15.0),
];

/// Measures it: one build of each, with one thread, as one may take minutes.
pub(super) fn measure(contest: &mut Contest<'_>, set: &Set) -> Result<()> {
    contest.meet(Part::Build, set)?;
    let mut ours = Ours::write(set)?;
    let built = ours.build(Index::Approximate, 1)?;
    for (peer, name, bound) in PEERS {
        let time = format!("{}: building, 1 thread, {name}", set.name);
        let size = format!("{}: bytes of the index beside those of {name}", set.name);
        let time = Row::share(&time, Unit::Seconds, Bound::AtMost(bound));
        let size = Row::share(&size, Unit::Bytes, Bound::Free);
        let (seconds, bytes) = match contest.ask(&format!("build {peer}")) {
            Ok((seconds, bytes)) => (seconds, bytes.iter().sum::<u64>() as f64),
            Err(why) => {
                contest.only_ours(&time, built.map(|built| built.seconds), &why);
                continue;
            }
        };
        for (row, ours, peer) in [
            (time, built.map(|built| built.seconds), seconds),
            (size, built.map(|built| built.bytes), bytes),
        ] {
            match ours {
                Some(ours) => contest.compared(&row, &once(ours, peer)),
                None => contest.only_theirs(&row, [peer]),
            }
        }
    }
    let what = format!("{}: bytes of the index, f16 rows", set.name);
    let row = Row::share(&what, Unit::Bytes, Bound::AtMost(0.12));
    match built {
        Some(built) => contest.compared(&row, &once(built.bytes, set.bytes())),
        None => contest.only_theirs(&row, [set.bytes()]),
    }
    opening(contest, set, &ours)
}

fn once(ours: f64, peer: f64) -> Rounds {
    let mut rounds = Rounds::default();
    rounds.push(ours, peer);
    rounds
}

/// Opening, beside a container of a tenth of the rows; the first answer, beside those that follow.
fn opening(contest: &mut Contest<'_>, set: &Set, ours: &Ours) -> Result<()> {
    let opens = format!("{}: opening, with a tenth of the rows", set.name);
    let first = format!("{}: the first answer, pages warm, the others", set.name);
    let opens = Row::share(&opens, Unit::Seconds, Bound::AtMost(1.5));
    let first = Row::share(&first, Unit::Seconds, Bound::AtMost(2.0));
    let warm = truth(ours, set, QUERIES, None)?;
    let questions = Questions { set, truth: &warm, among: None };
    let Some(_) = one(ours, questions, Effort::Default)? else {
        contest.table.absent(opens.what, "not built", opens.bound);
        contest.table.absent(first.what, "not built", first.bound);
        return Ok(());
    };
    let mut less = Ours::write(&set.part(set.rows / 10))?;
    less.build(Index::Approximate, 2)?;
    let (mut open, mut answer) = (Rounds::default(), Rounds::default());
    for round in 0..contest.options.rounds {
        let query = set.query(round);
        let steady = one(ours, questions, Effort::Default)?.map_or(0.0, |point| point.seconds);
        let (Some(whole), Some(part)) = (ours.open_and_ask(query)?, less.open_and_ask(query)?)
        else {
            continue;
        };
        open.push(whole.0, part.0);
        answer.push(whole.1, steady);
    }
    contest.compared(&opens, &open);
    contest.compared(&first, &answer);
    Ok(())
}

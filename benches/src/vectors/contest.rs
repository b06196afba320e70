//! Ours against a peer in Python, in turns.

use std::path::Path;

use super::data::Set;
use super::{Part, ours};
use crate::Result;
use crate::measure::{Rounds, Spread};
use crate::options::Options;
use crate::peers::python::Server;
use crate::table::{Bound, Ratio, Table, Unit};

/// What a peer answers, seconds and numbers, or why it does not.
pub(super) type Answer = std::result::Result<(f64, Vec<u64>), String>;

/// What all measurements of vectors need.
pub(super) struct Contest<'a> {
    pub(super) options: &'a Options,
    pub(super) table: &'a mut Table,
    /// Where the peers look for files.
    pub(super) folder: &'a Path,
    /// The peers, or why there are none.
    pub(super) peers: std::result::Result<Server, String>,
}

/// One comparison.
pub(super) struct Row<'a> {
    pub(super) what: &'a str,
    pub(super) unit: Unit,
    pub(super) ratio: Ratio,
    pub(super) bound: Bound,
}

impl<'a> Row<'a> {
    /// How many times as fast as a peer we must be.
    pub(super) fn times(what: &'a str, bound: Bound) -> Self {
        Self { what, unit: Unit::Seconds, ratio: Ratio::Speedup, bound }
    }

    /// What part of the peer's time, or memory, we may take.
    pub(super) fn share(what: &'a str, unit: Unit, bound: Bound) -> Self {
        Self { what, unit, ratio: Ratio::Share, bound }
    }
}

impl Contest<'_> {
    /// Asks the peers. Why one does not answer is also said to whoever waits for the table.
    pub(super) fn ask(&mut self, question: &str) -> Answer {
        let server = self.peers.as_mut().map_err(|why| why.clone())?;
        server.ask(question).map_err(|why| {
            eprintln!("PEER SKIPPED: {question}: {why}");
            why.to_string()
        })
    }

    /// Lets the peers know which set is meant from here on, and whoever waits for the table what is measured.
    pub(super) fn meet(&mut self, part: Part, set: &Set) -> Result<()> {
        self.table.say();
        eprintln!("  {}: {} ...", part.name(), set.name);
        if self.peers.is_ok() {
            let question = format!("use {} {}", set.name, ours::metric(set.metric));
            self.ask(&question)?;
        }
        Ok(())
    }

    /// So many threads for the peers.
    pub(super) fn threads(&mut self, threads: usize) -> Result<()> {
        if self.peers.is_ok() {
            self.ask(&format!("threads {threads}"))?;
        }
        Ok(())
    }

    /// Adds a row of rounds of ours and of the peer, each in seconds, after one to warm up. `question` is given the
    /// number of the round.
    pub(super) fn race(
        &mut self,
        row: &Row<'_>,
        rounds: usize,
        question: impl Fn(usize) -> String,
        mut ours: impl FnMut(usize) -> Result<Option<f64>>,
    ) -> Result<Option<Rounds>> {
        let mine = ours(0)?;
        if let Err(why) = self.ask(&question(0)) {
            match mine {
                Some(_) => {
                    let found = (0..rounds).map(&mut ours).collect::<Result<Vec<_>>>()?;
                    self.only_ours(row, found.into_iter().flatten(), &why);
                }
                None => self.table.absent(row.what, &why, row.bound),
            }
            return Ok(None);
        }
        let (mut pairs, mut alone) = (Rounds::default(), Vec::new());
        for round in 0..rounds {
            // Whoever goes first goes second in the next round.
            let first = if round % 2 == 0 { ours(round)? } else { None };
            let (peer, _) = self.ask(&question(round))?;
            let second = if round % 2 == 1 { ours(round)? } else { None };
            alone.push(peer);
            if let Some(seconds) = first.or(second) {
                pairs.push(seconds, peer);
            }
        }
        if mine.is_none() {
            self.only_theirs(row, alone);
            return Ok(None);
        }
        self.table.compare(row.what, row.unit, &pairs, row.ratio, row.bound);
        Ok(Some(pairs))
    }

    /// A row of what was compared elsewhere.
    pub(super) fn compared(&mut self, row: &Row<'_>, rounds: &Rounds) {
        self.table.compare(row.what, row.unit, rounds, row.ratio, row.bound);
    }

    /// A row of a peer alone.
    pub(super) fn only_theirs(&mut self, row: &Row<'_>, peer: impl IntoIterator<Item = f64>) {
        match Spread::of(peer) {
            Some(peer) => self.table.unopposed(row.what, "not built", row.unit, peer, row.bound),
            None => self.table.absent(row.what, "no round was run", row.bound),
        }
    }

    /// A row of ours alone, where a peer should be.
    pub(super) fn only_ours(
        &mut self,
        row: &Row<'_>,
        ours: impl IntoIterator<Item = f64>,
        why: &str,
    ) {
        match Spread::of(ours) {
            Some(ours) => self.table.peerless(row.what, row.unit, ours, why, row.bound),
            None => self.table.absent(row.what, why, row.bound),
        }
    }
}

/// What part of the rows of `truth` was found, where there is any truth.
pub(super) fn recall(truth: &[Vec<u64>], found: &[u64]) -> f64 {
    let (mut hits, mut all) = (0.0, 0.0);
    for (truth, found) in truth.iter().zip(found.chunks(ours::K)) {
        hits += truth.iter().filter(|row| found.contains(row)).count() as f64;
        all += truth.len() as f64;
    }
    if all == 0.0 { 1.0 } else { hits / all }
}

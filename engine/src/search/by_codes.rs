//! The exact search of a piece by the codes of its row group, where it has some.

#![deny(clippy::arithmetic_side_effects)]

use std::cell::Cell;

use super::codes::CodesView;
use super::codes::cascade::{Aim, Cascade, Entries, Level, Piece as Part, Scan};
use super::series::{Singles, Stretch};
use super::similarity::Scorer;
use super::sweep::{Eligible, mismatch};
use super::top_k::TopK;
use super::work::Work;
use crate::error::Result;

/// Features of fewer bytes than this lie in the second-level cache, from where they are scored as fast.
pub(super) const BYTES_LEAST: u64 = if cfg!(test) { 1 } else { 5 << 18 };

/// What one thread keeps between pieces.
#[derive(Debug, Default)]
pub(super) struct ByCodes {
    scan: Scan,
    /// The query as it is for the row group at hand, and its identity.
    ready: Option<(u64, Option<Cascade>)>,
}

/// A piece that is searched.
#[derive(Debug)]
pub(super) struct Search<'a> {
    pub(super) stretch: &'a Stretch<'a>,
    pub(super) eligible: &'a Eligible<'a>,
    pub(super) scorer: &'a Scorer<'a>,
    pub(super) aim: Aim<'a>,
    pub(super) top: &'a mut TopK,
    pub(super) matched: &'a mut u64,
    pub(super) work: Option<&'a Work>,
    /// Fewer bytes of features than this are scored without codes.
    pub(super) least: u64,
}

impl ByCodes {
    /// Searches a piece by its codes. False where that cannot be, or is of no use: nothing is done then.
    pub(super) fn search(&mut self, codes: CodesView<'_>, search: Search<'_>) -> Result<bool> {
        let Search { stretch, eligible, scorer, aim, top, matched, work, least } = search;
        let fits = codes.dim == scorer.query().len() && codes.count == stretch.len();
        let scanned = count(stretch, eligible);
        if !fits || scanned.saturating_mul(stretch.stride()) < least {
            return Ok(false);
        }
        let group = stretch.group().desc().id;
        if self.ready.as_ref().is_none_or(|(ready, _)| *ready != group) {
            self.ready = Some((group, Cascade::new(scorer, codes.centre)));
        }
        let Some((_, Some(cascade))) = &self.ready else { return Ok(false) };
        let level = self.scan.level();
        if level == Level::Whole {
            return Ok(false);
        }
        stretch.check(eligible.len())?;
        let (singles, scored) = (stretch.singles()?, Cell::new(0));
        let count = scanned;
        let rows = Features { stretch, singles, eligible, scorer, count, scored: &scored };
        self.scan.piece(level, Part { cascade, codes, rows, aim, top, matched })?;
        if let Some(work) = work {
            work.add(0, scanned, scanned.saturating_sub(scored.get()), scored.get());
        }
        Ok(true)
    }
}

/// How many features count.
fn count(stretch: &Stretch<'_>, eligible: &Eligible<'_>) -> u64 {
    if let Some(positions) = stretch.positions() {
        return eligible.count(positions);
    }
    let row = |index| stretch.position(index).and_then(|position| eligible.row(position));
    (0..stretch.len()).filter_map(row).count() as u64
}

struct Features<'a> {
    stretch: &'a Stretch<'a>,
    singles: Singles<'a>,
    eligible: &'a Eligible<'a>,
    scorer: &'a Scorer<'a>,
    count: u64,
    scored: &'a Cell<u64>,
}

impl Entries for Features<'_> {
    fn eligible(&self) -> u64 {
        self.count
    }

    #[inline]
    fn row(&self, index: usize) -> Option<u64> {
        self.eligible.row(self.stretch.position(index)?)
    }

    fn each(&self, mut each: impl FnMut(usize)) -> Result<()> {
        self.eligible.features(self.stretch, 0..self.stretch.len(), |chosen| each(chosen.index))
    }

    fn fetch(&self, index: usize) {
        // Damage is told when the row is scored.
        if let Ok(row) = self.singles.row(index) {
            self.scorer.kernel().fetch(row);
        }
    }

    fn score(&self, index: usize) -> Result<f32> {
        self.scored.set(self.scored.get().saturating_add(1));
        self.scorer.score(self.singles.row(index)?).map_err(mismatch)
    }
}

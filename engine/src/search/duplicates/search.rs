//! Joins over all slabs: of one field with itself, or of two.

#![deny(clippy::arithmetic_side_effects)]

use std::ops::Range;

use super::super::kernels::tiles::PANEL;
use super::super::parallel;
use super::coder::Coder;
use super::features::Features;
use super::groups::{All, Components, Stars, Unsettled};
use super::join::{Join, Near, Rules, Sink, Step};
use super::slab::Slab;
use super::{DuplicateGroup, DuplicateOptions, DuplicatePair, Grouping, Labels};
use crate::container::compact::Progress;
use crate::container::state::State;
use crate::error::{Error, Result};
use crate::format::schema::FieldDef;

/// Bytes of the codes of a slab.
const SLAB_BYTES: usize = 128 << 20;
/// Rows of a star join that are settled at once, a multiple of the queries of a panel.
const WAVE: usize = 3072;

/// Pairs within a field, handed to `each` in no particular order, some thousands at once, on this
/// thread; the number of them. An error of `each` ends the search. With labels, only pairs whose
/// labels differ.
///
/// `progress` is told pairs settled and pairs in all.
///
/// # Errors
///
/// [`Error::WrongKind`] for other fields than vectors and regions, [`Error::Invalid`] where regions
/// need one named, [`Error::Cancelled`], [`Error::OutOfMemory`], [`Error::Corrupt`].
pub fn pairs(
    state: &State,
    field: &FieldDef,
    options: &DuplicateOptions<'_>,
    labels: Option<&Labels>,
    each: &mut dyn FnMut(&[DuplicatePair]) -> Result<()>,
    progress: Progress<'_>,
) -> Result<u64> {
    let features = Features::new(state, field, options, labels, true)?;
    let plan = Plan::new(&features, None, field, options, labels.is_some())?;
    plan.pairs(each, progress)
}

/// Pairs of a feature of one container and one of another, or of two fields of one; see [`pairs`].
/// The region and the filter are those of the first; of the second, the region of the same index
/// and all rows.
pub fn pairs_between(
    (state, field): (&State, &FieldDef),
    (other, other_field): (&State, &FieldDef),
    options: &DuplicateOptions<'_>,
    each: &mut dyn FnMut(&[DuplicatePair]) -> Result<()>,
    progress: Progress<'_>,
) -> Result<u64> {
    if field.dim != other_field.dim {
        let (given, dim) = (other_field.dim as usize, field.dim as usize);
        return Err(Error::WrongDimension { field: field.name.clone(), given, dim });
    }
    let left = Features::new(state, field, options, None, false)?;
    let all = DuplicateOptions { filter: None, ..*options };
    let right = Features::new(other, other_field, &all, None, false)?;
    Plan::new(&left, Some(&right), field, options, false)?.pairs(each, progress)
}

/// Groups within a field, by lowest row; see [`pairs`]. 4 bytes a feature, and the groups.
///
/// For components, what is known to belong together is not scored again; for stars, what is no
/// representative is not compared in full.
pub fn groups(
    state: &State,
    field: &FieldDef,
    options: &DuplicateOptions<'_>,
    labels: Option<&Labels>,
    grouping: Grouping,
    progress: Progress<'_>,
) -> Result<Vec<DuplicateGroup>> {
    let by_label = grouping == Grouping::Components;
    let features = Features::new(state, field, options, labels, by_label)?;
    Plan::new(&features, None, field, options, labels.is_some())?.groups(grouping, progress)
}

/// A search, checked and ready.
pub(super) struct Plan<'a> {
    left: &'a Features<'a>,
    /// The rows where they are not those of the queries.
    right: Option<&'a Features<'a>>,
    coder: Coder,
    rules: Rules,
    pub(super) slab_rows: usize,
    pub(super) wave: usize,
}

/// What is settled, and whom to tell.
struct Counter<'p> {
    done: u64,
    total: u64,
    progress: Progress<'p>,
}

impl Counter<'_> {
    fn add(&mut self, settled: u64) -> Result<()> {
        self.done = self.done.saturating_add(settled).min(self.total);
        if settled > 0 && !(self.progress)(self.done, self.total) {
            return Err(Error::Cancelled);
        }
        Ok(())
    }
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        left: &'a Features<'a>,
        right: Option<&'a Features<'a>>,
        field: &FieldDef,
        options: &DuplicateOptions<'_>,
        across: bool,
    ) -> Result<Self> {
        let (metric, kernel) = options.check(field)?;
        let coder = Coder::new(metric, kernel, options.threshold, left);
        let products = (left.len() as u64).saturating_mul(right.unwrap_or(left).len() as u64);
        let threads =
            parallel::threads(options.threads, products.saturating_mul(u64::from(field.dim)) / 64);
        let rules = Rules { metric, kernel, threshold: options.threshold, across, threads };
        let slab_rows = Slab::rows_for(SLAB_BYTES, coder.padded());
        Ok(Self { left, right, coder, rules, slab_rows, wave: WAVE })
    }

    fn total(&self) -> u64 {
        let count = self.left.len() as u64;
        match self.right {
            Some(right) => count.saturating_mul(right.len() as u64),
            None => count.saturating_mul(count.saturating_sub(1)) / 2,
        }
    }

    pub(super) fn pairs(
        &self,
        each: &mut dyn FnMut(&[DuplicatePair]) -> Result<()>,
        progress: Progress<'_>,
    ) -> Result<u64> {
        let mut counter = Counter { done: 0, total: self.total(), progress };
        let (mut count, mut batch) = (0_u64, Vec::new());
        self.joins(|join| {
            let (rows, panels) = whole(join);
            join.run(&rows, &panels, &All, |step| {
                batch.clear();
                batch.extend(step.found.iter().map(|near| self.pair(near)));
                if !batch.is_empty() {
                    count = count.saturating_add(batch.len() as u64);
                    each(&batch)?;
                }
                counter.add(step.settled)
            })
        })?;
        Ok(count)
    }

    fn pair(&self, near: &Near) -> DuplicatePair {
        let (query, score) = (self.left.number(near.query), near.score);
        if let Some(right) = self.right {
            return DuplicatePair { first: query, second: right.number(near.row), score };
        }
        let row = self.left.number(near.row);
        DuplicatePair { first: query.min(row), second: query.max(row), score }
    }

    pub(super) fn groups(
        &self,
        grouping: Grouping,
        progress: Progress<'_>,
    ) -> Result<Vec<DuplicateGroup>> {
        let mut counter = Counter { done: 0, total: self.total(), progress };
        match grouping {
            Grouping::Components => {
                let sink = Components::new(self.left.len())?;
                self.joins(|join| quiet(join, &whole(join), &sink, &mut counter))?;
                sink.groups(self.left)
            }
            Grouping::Stars => {
                let sink = Stars::new(self.left.len())?;
                self.joins(|join| {
                    if join.same {
                        return self.waves(join, &sink, &mut counter);
                    }
                    quiet(join, &whole(join), &sink, &mut counter)
                })?;
                sink.groups(self.left)
            }
        }
    }

    /// A slab with itself, for stars: wave by wave, against what is settled before it, then within.
    fn waves(&self, join: &Join<'_>, stars: &Stars, counter: &mut Counter<'_>) -> Result<()> {
        let count = join.rows.len();
        for start in (0..count).step_by(self.wave.max(1)) {
            let rows = start..start.saturating_add(self.wave).min(count);
            let (first, last) = (start / PANEL, rows.end.div_ceil(PANEL));
            quiet(join, &(rows.clone(), 0..first), stars, counter)?;
            let mut pairs = Vec::new();
            join.run(&rows, &(first..last), &Unsettled(stars), |step| {
                let places = |near: &Near| {
                    let place = |place| u32::try_from(place).unwrap_or(u32::MAX);
                    (place(near.row), place(near.query))
                };
                pairs.extend(step.found.iter().map(places));
                counter.add(step.settled)
            })?;
            stars.settle(pairs);
        }
        Ok(())
    }

    /// All pairs of slabs: each slab of rows meets the slabs of queries before it in order, itself
    /// last.
    fn joins(&self, mut each: impl FnMut(&Join<'_>) -> Result<()>) -> Result<()> {
        let right = self.right.unwrap_or(self.left);
        let features = [self.left, right];
        let mut kept: Option<Slab> = None;
        for first in (0..right.len()).step_by(self.slab_rows.max(1)) {
            let rows = self.slab(right, first)?;
            let last = if self.right.is_none() { first } else { self.left.len() };
            for before in (0..last).step_by(self.slab_rows.max(1)) {
                // One slab of queries stays as it is for all rows.
                let queries = match kept.take().filter(|slab| slab.first == before) {
                    Some(slab) => slab,
                    None => self.slab(self.left, before)?,
                };
                let (rules, same) = (self.rules, false);
                each(&Join { rules, features, queries: &queries, rows: &rows, same })?;
                kept = Some(queries);
            }
            if self.right.is_none() {
                let rules = self.rules;
                each(&Join { rules, features, queries: &rows, rows: &rows, same: true })?;
            }
        }
        Ok(())
    }

    fn slab(&self, features: &Features<'_>, first: usize) -> Result<Slab> {
        let count = features.len().saturating_sub(first).min(self.slab_rows);
        Slab::new(&self.coder, self.rules.kernel, features, first, count, self.rules.threads)
    }
}

/// All rows and panels of a join.
fn whole(join: &Join<'_>) -> (Range<usize>, Range<usize>) {
    (0..join.rows.len(), 0..join.queries.panels.panels())
}

/// A join whose sink keeps what it finds.
fn quiet(
    join: &Join<'_>,
    (rows, panels): &(Range<usize>, Range<usize>),
    sink: &impl Sink,
    counter: &mut Counter<'_>,
) -> Result<()> {
    join.run(rows, panels, sink, |step: Step| counter.add(step.settled))
}

//! The pass over a stretch of features: block by block, live rows only, nothing allocated on the way.

#![deny(clippy::arithmetic_side_effects)]

use super::kernels::{Matrix, ShapeMismatch};
use super::series::Stretch;
use super::similarity::Scorer;
use crate::container::column::GroupRef;
use crate::container::group::Rows;
use crate::error::{Error, Result};
use crate::format::Rule;
use crate::format::bitmap::Bitmap;
use std::ops::Range;

/// Bytes of a block: it stays in the second-level cache between its checksum and its scores.
const BLOCK_BYTES: u64 = 512 << 10;
/// Most features of a block.
const BLOCK_ROWS: u64 = 1024;
/// Features are scored block by block when at least one in so many counts.
const WHOLE_FROM: usize = 4;
/// Features that are asked for before they are scored one by one.
const FETCHED: usize = 3;

/// Which entries of a row group count: alive, let through by the filter, not the query itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Eligible<'a> {
    rows: Rows<'a>,
    dead: Option<&'a Bitmap>,
    filter: Option<&'a Bitmap>,
    /// The position of the query itself.
    excluded: Option<usize>,
}

impl<'a> Eligible<'a> {
    /// The entries of a row group that are alive and let through.
    pub(super) fn new(
        group: &'a GroupRef,
        filter: Option<&'a Bitmap>,
        exclude: Option<u64>,
    ) -> Result<Self> {
        let rows = group.group().rows()?;
        let excluded = exclude.and_then(|row| rows.position(row));
        Ok(Self { rows, dead: group.dead_bits()?, filter, excluded })
    }

    /// Number of entries, eligible or not.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The first row of a range of positions, where all in it are alive and their rows a range too.
    pub(super) fn run(&self, positions: Range<usize>) -> Option<u64> {
        match self.rows {
            Rows::Dense { first, .. } if self.dead.is_none() && positions.end <= self.len() => {
                first.checked_add(positions.start as u64)
            }
            _ => None,
        }
    }

    /// The row at a position, if it is alive.
    #[inline]
    pub(super) fn live(&self, position: usize) -> Option<u64> {
        let dead = self.dead.is_some_and(|dead| dead.get(position as u64));
        if dead { None } else { self.rows.get(position) }
    }

    /// The position of a row.
    pub(super) fn position(&self, row: u64) -> Option<usize> {
        self.rows.position(row)
    }

    /// How many entries of a range of positions count.
    pub(super) fn count(&self, positions: Range<usize>) -> u64 {
        let mut sum = 0_u64;
        self.words(positions, |_, word| sum = sum.saturating_add(u64::from(word.count_ones())));
        sum
    }

    /// Hands out the positions of a range that count, with their rows, in order.
    pub(super) fn each(&self, positions: Range<usize>, mut each: impl FnMut(usize, u64)) {
        if let (Some(filter), Rows::Dense { first, .. }) = (self.filter, self.rows) {
            return self.each_passed(filter, first, positions, each);
        }
        self.words(positions, |start, mut word| {
            while word != 0 {
                let position = start.saturating_add(word.trailing_zeros() as usize);
                word &= word.wrapping_sub(1);
                if let Some(row) = self.rows.get(position) {
                    each(position, row);
                }
            }
        });
    }

    /// The same by the words of the filter, of which most may be empty.
    fn each_passed(
        &self,
        filter: &Bitmap,
        first: u64,
        positions: Range<usize>,
        mut each: impl FnMut(usize, u64),
    ) {
        let end = first.saturating_add(positions.end.min(self.len()) as u64);
        let start = first.saturating_add(positions.start as u64);
        let words = filter.words().get(usize::try_from(start / 64).unwrap_or(usize::MAX)..);
        let base = start.saturating_sub(start % 64);
        let bases = (base..end).step_by(64);
        for (base, &word) in bases.zip(words.unwrap_or_default()) {
            let mut word = word;
            while word != 0 {
                let row = base.saturating_add(u64::from(word.trailing_zeros()));
                word &= word.wrapping_sub(1);
                if row < start || row >= end {
                    continue;
                }
                let Ok(position) = usize::try_from(row.saturating_sub(first)) else { return };
                if self.live(position).is_some() && self.excluded != Some(position) {
                    each(position, row);
                }
            }
        }
    }

    /// Hands out which positions of a range count, 64 at a time, and where these begin.
    fn words(&self, positions: Range<usize>, mut each: impl FnMut(usize, u64)) {
        let end = positions.end.min(self.len());
        for start in (positions.start..end).step_by(64) {
            let over = 64_usize.saturating_sub(end.saturating_sub(start));
            let below = u64::MAX.wrapping_shr(u32::try_from(over).unwrap_or(0));
            each(start, self.word(start) & below);
        }
    }

    /// Which of the 64 positions from `start` on count; those from the end on may seem to.
    fn word(&self, start: usize) -> u64 {
        let dead = self.dead.map_or(0, |dead| dead.bits_at(start as u64));
        let passed = match (self.filter, &self.rows) {
            (None, _) => u64::MAX,
            (Some(filter), Rows::Dense { first, .. }) => {
                filter.bits_at(first.saturating_add(start as u64))
            }
            (Some(filter), Rows::List(rows)) => {
                let rows = rows.get(start..).unwrap_or_default().iter().take(64);
                let bits = (0_u32..).zip(rows);
                bits.fold(0, |word, (bit, row)| {
                    word | u64::from(filter.get(*row)).wrapping_shl(bit)
                })
            }
        };
        let excluded = self.excluded.and_then(|position| position.checked_sub(start));
        let excluded = excluded.and_then(|place| 1_u64.checked_shl(u32::try_from(place).ok()?));
        passed & !dead & !excluded.unwrap_or(0)
    }

    /// The row at a position, if it counts.
    #[inline]
    pub(super) fn row(&self, position: usize) -> Option<u64> {
        let row = self.live(position)?;
        let passed = self.filter.is_none_or(|filter| filter.get(row));
        (passed && self.excluded != Some(position)).then_some(row)
    }

    /// Hands out the features of a range that count, in order: the place of each in the stretch, its position, its row.
    pub(super) fn features(
        &self,
        stretch: &Stretch<'_>,
        range: Range<usize>,
        mut each: impl FnMut(Chosen),
    ) -> Result<()> {
        if let Some(positions) = stretch.positions() {
            let first = positions.start;
            let wanted = first.saturating_add(range.start)..first.saturating_add(range.end);
            if wanted.end > self.len() {
                return Err(unordered(stretch));
            }
            self.each(wanted, |position, row| {
                each(Chosen { index: position.saturating_sub(first), position, row });
            });
            return Ok(());
        }
        let before = range.start.checked_sub(1).and_then(|before| stretch.position(before));
        let mut next = before.map_or(0, |before| before.saturating_add(1));
        for index in range {
            let position = stretch.position(index).filter(|p| *p >= next && *p < self.len());
            let position = position.ok_or_else(|| unordered(stretch))?;
            next = position.saturating_add(1);
            if let Some(row) = self.row(position) {
                each(Chosen { index, position, row });
            }
        }
        Ok(())
    }
}

fn unordered(stretch: &Stretch<'_>) -> Error {
    let text = "the images of a region do not ascend or are out of bounds";
    stretch.group().damage(Rule::RegionRows, text)
}

/// A feature that counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen {
    /// Its place in the matrix at hand.
    pub(super) index: usize,
    /// The position of its image in the row group.
    pub(super) position: usize,
    /// The row of its image.
    pub(super) row: u64,
}

/// The buffers of one worker.
#[derive(Debug, Default)]
pub(super) struct Sweep {
    chosen: Vec<Chosen>,
    scores: Vec<f32>,
}

impl Sweep {
    /// Hands out the features that count, block by block, in order. A block without any is not read.
    pub(super) fn blocks<'a>(
        &mut self,
        stretch: &Stretch<'a>,
        eligible: &Eligible<'_>,
        mut each: impl FnMut(Matrix<'a>, &[Chosen]) -> Result<()>,
    ) -> Result<()> {
        let rows = BLOCK_BYTES.checked_div(stretch.stride()).unwrap_or(1);
        let step = usize::try_from(rows.clamp(1, BLOCK_ROWS)).unwrap_or(1);
        for start in (0..stretch.len()).step_by(step) {
            let end = start.saturating_add(step).min(stretch.len());
            self.chosen.clear();
            eligible.features(stretch, start..end, |chosen| self.chosen.push(chosen))?;
            let Some((first, last)) = self.chosen.first().zip(self.chosen.last()) else { continue };
            let (first, last) = (first.index, last.index);
            let matrix = stretch.matrix(&(first..last.saturating_add(1)))?;
            for chosen in &mut self.chosen {
                chosen.index = chosen.index.saturating_sub(first);
            }
            each(matrix, &self.chosen)?;
        }
        Ok(())
    }

    /// Hands out the score of each feature that counts, in order.
    pub(super) fn scores(
        &mut self,
        stretch: &Stretch<'_>,
        eligible: &Eligible<'_>,
        scorer: &Scorer<'_>,
        mut each: impl FnMut(Chosen, f32),
    ) -> Result<()> {
        if eligible.filter.is_some() && self.few(stretch, eligible)? {
            return self.singly(stretch, scorer, each);
        }
        let mut scores = std::mem::take(&mut self.scores);
        let swept = self.blocks(stretch, eligible, |matrix, chosen| {
            scores.resize(matrix.count(), 0.0);
            scorer.score_rows(matrix, &mut scores).map_err(mismatch)?;
            for &one in chosen {
                if let Some(&score) = scores.get(one.index) {
                    each(one, score);
                }
            }
            Ok(())
        });
        self.scores = scores;
        swept
    }

    /// Whether only few features count; they are chosen then.
    fn few(&mut self, stretch: &Stretch<'_>, eligible: &Eligible<'_>) -> Result<bool> {
        self.chosen.clear();
        eligible.features(stretch, 0..stretch.len(), |chosen| self.chosen.push(chosen))?;
        Ok(self.chosen.len().saturating_mul(WHOLE_FROM) < stretch.len())
    }

    /// Hands out the scores of the chosen features, each read by itself.
    fn singly(
        &self,
        stretch: &Stretch<'_>,
        scorer: &Scorer<'_>,
        mut each: impl FnMut(Chosen, f32),
    ) -> Result<()> {
        let features = stretch.singles()?;
        for (place, &one) in self.chosen.iter().enumerate() {
            let later = self.chosen.get(place.saturating_add(FETCHED));
            if let Some(later) = later {
                scorer.kernel().fetch(features.row(later.index)?);
            }
            each(one, scorer.score(features.row(one.index)?).map_err(mismatch)?);
        }
        Ok(())
    }
}

/// Queries are checked against their field before, so this is for the compiler rather than for callers.
pub(crate) fn mismatch(error: ShapeMismatch) -> Error {
    Error::Invalid(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::sample::Random;

    #[test]
    fn words_are_those_of_single_positions() {
        let mut random = Random::from_env();
        for case in 0..400_u64 {
            let count = usize::try_from(random.below(300)).unwrap();
            let first = random.below(200);
            let mut listed: Vec<u64> = (first..).filter(|_| random.one_in(2)).take(count).collect();
            listed.sort_unstable();
            let dense = Rows::Dense { first, count: count as u64 };
            let rows = if case % 2 == 0 { dense } else { Rows::List(&listed) };
            let (dead, filter) = (random.bitmap(count as u64, 4), random.bitmap(500, 3));
            let eligible = Eligible {
                rows,
                dead: (case % 3 > 0).then_some(&dead),
                filter: (case % 5 > 0).then_some(&filter),
                excluded: (case % 7 > 0).then(|| usize::try_from(random.below(310)).unwrap()),
            };
            let start = usize::try_from(random.below(count as u64 + 3)).unwrap();
            let end = start + usize::try_from(random.below(150)).unwrap();
            let plain: Vec<(usize, u64)> =
                (start..end).filter_map(|at| Some((at, eligible.row(at)?))).collect();
            let mut found = Vec::new();
            eligible.each(start..end, |position, row| found.push((position, row)));
            assert_eq!(found, plain, "case {case}");
            assert_eq!(eligible.count(start..end), plain.len() as u64, "case {case}");
        }
    }
}

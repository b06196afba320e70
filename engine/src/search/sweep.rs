//! The pass over a stretch of features: block by block, live rows only, nothing allocated on the way.

#![deny(clippy::arithmetic_side_effects)]

use super::kernels::{Matrix, ShapeMismatch};
use super::series::Stretch;
use super::similarity::Scorer;
use std::ops::Range;
use crate::container::column::GroupRef;
use crate::container::group::Rows;
use crate::error::{Error, Result};
use crate::format::Rule;
use crate::format::bitmap::Bitmap;

/// Bytes of a block: it stays in the second-level cache between its checksum and its scores.
const BLOCK_BYTES: u64 = 512 << 10;
/// Most features of a block.
const BLOCK_ROWS: u64 = 1024;
/// A block is scored as a whole when at least one in so many of its features counts.
const WHOLE_FROM: usize = 4;

/// Which entries of a row group count: alive, let through by the filter, not the query itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Eligible<'a> {
    rows: Rows<'a>,
    dead: Option<&'a Bitmap>,
    filter: Option<&'a Bitmap>,
    exclude: Option<u64>,
}

impl<'a> Eligible<'a> {
    /// The entries of a row group that are alive and let through.
    pub(super) fn new(
        group: &'a GroupRef,
        filter: Option<&'a Bitmap>,
        exclude: Option<u64>,
    ) -> Result<Self> {
        Ok(Self { rows: group.group().rows()?, dead: group.dead_bits()?, filter, exclude })
    }

    /// Number of entries, eligible or not.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many entries of a range of positions count. Looks at each where both the dead and a filter have a say.
    pub(super) fn count(&self, positions: Range<usize>) -> u64 {
        let all = positions.len() as u64;
        let first = self.rows.get(positions.start);
        let last = positions.end.checked_sub(1).and_then(|last| self.rows.get(last));
        let (Some(first), Some(last)) = (first, last) else { return 0 };
        let neighbours = last.checked_sub(first).is_some_and(|span| span == all.saturating_sub(1));
        let end = last.saturating_add(1);
        let counted = match (self.dead, self.filter) {
            (None, None) => all,
            (Some(dead), None) => {
                all.saturating_sub(ones(dead, positions.start as u64..positions.end as u64))
            }
            (None, Some(filter)) if neighbours => ones(filter, first..end),
            _ => return positions.filter(|position| self.row(*position).is_some()).count() as u64,
        };
        let excluded = self.exclude.and_then(|row| self.rows.position(row));
        let excluded = excluded.filter(|position| positions.contains(position));
        let let_through = Self { exclude: None, ..*self };
        let excluded = excluded.and_then(|position| let_through.row(position));
        counted.saturating_sub(u64::from(excluded.is_some()))
    }

    /// The row at a position, if it counts.
    #[inline]
    pub(super) fn row(&self, position: usize) -> Option<u64> {
        if self.dead.is_some_and(|dead| dead.get(position as u64)) {
            return None;
        }
        let row = self.rows.get(position)?;
        let passed = self.filter.is_none_or(|filter| filter.get(row));
        (passed && self.exclude != Some(row)).then_some(row)
    }
}

/// How many bits of a range are set.
fn ones(bits: &Bitmap, range: Range<u64>) -> u64 {
    let (first, last) = (range.start / 64, range.end.saturating_sub(1) / 64);
    let words = usize::try_from(first).ok().and_then(|first| bits.words().get(first..));
    let mut sum = 0_u64;
    for (number, word) in (first..=last).zip(words.unwrap_or_default()) {
        let start = range.start.saturating_sub(number.saturating_mul(64)).min(63);
        let left = range.end.saturating_sub(number.saturating_mul(64)).min(64);
        let below = u64::MAX.checked_shr(64_u32.saturating_sub(u32::try_from(left).unwrap_or(0)));
        let from = u64::MAX.checked_shl(u32::try_from(start).unwrap_or(0));
        let wanted = word & below.unwrap_or(0) & from.unwrap_or(0);
        sum = sum.saturating_add(u64::from(wanted.count_ones()));
    }
    sum
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
        let mut next_position = 0;
        for start in (0..stretch.len()).step_by(step) {
            let end = start.saturating_add(step).min(stretch.len());
            self.chosen.clear();
            for index in start..end {
                let position = stretch.position(index).filter(|p| *p >= next_position);
                let Some(position) = position.filter(|p| *p < eligible.len()) else {
                    let text = "the images of a region do not ascend or are out of bounds";
                    return Err(stretch.group().damage(Rule::RegionRows, text));
                };
                next_position = position.saturating_add(1);
                if let Some(row) = eligible.row(position) {
                    self.chosen.push(Chosen { index, position, row });
                }
            }
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
        let mut scores = std::mem::take(&mut self.scores);
        let swept = self.blocks(stretch, eligible, |matrix, chosen| {
            if chosen.len().saturating_mul(WHOLE_FROM) < matrix.count() {
                for &one in chosen {
                    if let Some(row) = matrix.row(one.index) {
                        each(one, scorer.score(row).map_err(mismatch)?);
                    }
                }
                return Ok(());
            }
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
}

/// Queries are checked against their field before, so this is for the compiler rather than for callers.
pub(crate) fn mismatch(error: ShapeMismatch) -> Error {
    Error::Invalid(error.to_string())
}

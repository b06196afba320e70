//! Features as f32, some at a time, and work over all of them.

use std::ops::Range;

use super::super::duplicates::{Features, append};
use super::super::exact::rounded;
use super::super::kernels::{Matrix, Rows};
use super::super::parallel;
use super::Progress;
use crate::error::{Error, Result};

/// Bytes of the rows of a block.
const BLOCK_BYTES: usize = 4 << 20;
/// Most rows of a block.
const BLOCK_ROWS: usize = 4096;
/// Blocks for each thread between two words to the caller.
const WAVE: usize = 4;

/// Features, as they are or at length 1.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) features: &'a Features<'a>,
    pub(super) unit: bool,
    pub(super) threads: usize,
}

impl<'a> Source<'a> {
    pub(super) fn new(features: &'a Features<'a>, unit: bool, threads: usize) -> Self {
        let bytes = (features.len() as u64).saturating_mul(features.dim() as u64 * 4);
        Self { features, unit, threads: parallel::threads(threads, bytes) }
    }

    pub(super) fn dim(&self) -> usize {
        self.features.dim()
    }

    pub(super) fn len(&self) -> usize {
        self.features.len()
    }

    /// The rows of all features.
    pub(super) fn rows(&self) -> Vec<u64> {
        (0..self.len()).map(|place| self.features.number(place)).collect()
    }

    /// Some features, in the place of what was in the buffer.
    pub(super) fn gather<'b>(
        &self,
        places: impl Iterator<Item = usize>,
        out: &'b mut Vec<f32>,
    ) -> Result<Matrix<'b>> {
        let dim = self.dim();
        out.clear();
        for place in places {
            let start = out.len();
            append(self.features.row(place), dim, out);
            if self.unit {
                shorten(out.get_mut(start..).unwrap_or_default());
            }
        }
        matrix(out, dim)
    }

    /// Calls `work` with each block of features, over all threads, and `take` with what it gives, in order.
    pub(super) fn blocks<T: Send>(
        &self,
        progress: Progress<'_>,
        work: impl Fn(Range<usize>, Matrix<'_>) -> Result<T> + Sync,
        mut take: impl FnMut(T),
    ) -> Result<()> {
        let step = (BLOCK_BYTES / 4 / self.dim().max(1)).clamp(1, BLOCK_ROWS);
        let (tasks, wave) = (self.len().div_ceil(step), self.threads.max(1).saturating_mul(WAVE));
        for first in (0..tasks).step_by(wave) {
            tell(progress, first, tasks)?;
            let count = wave.min(tasks.saturating_sub(first));
            let done = parallel::map(self.threads, count, |task| {
                let start = first.saturating_add(task).saturating_mul(step);
                let range = start..start.saturating_add(step).min(self.len());
                let mut values = Vec::new();
                work(range.clone(), self.gather(range, &mut values)?)
            })?;
            done.into_iter().for_each(&mut take);
        }
        tell(progress, tasks, tasks)
    }
}

/// A word to the caller, who may stop the work.
pub(super) fn tell(progress: Progress<'_>, done: usize, total: usize) -> Result<()> {
    if progress(done as u64, total as u64) { Ok(()) } else { Err(Error::Cancelled) }
}

/// Rows one after another.
pub(super) fn matrix(values: &[f32], dim: usize) -> Result<Matrix<'_>> {
    let count = values.len().checked_div(dim).unwrap_or(0);
    let matrix = Matrix::new(Rows::F32(values), dim, dim, count);
    matrix.ok_or_else(|| Error::Invalid("features of no elements".into()))
}

/// To length 1, in f64; a zero vector stays what it is.
fn shorten(row: &mut [f32]) {
    let squared: f64 = row.iter().map(|value| f64::from(*value) * f64::from(*value)).sum();
    if squared > 0.0 {
        let scale = squared.sqrt().recip();
        for value in row {
            *value = rounded(f64::from(*value) * scale);
        }
    }
}

/// A vector of so many equal values, or [`Error::OutOfMemory`].
pub(super) fn filled<T: Clone>(value: T, count: usize) -> Result<Vec<T>> {
    let mut vector = Vec::new();
    let bytes = (count as u64).saturating_mul(size_of::<T>() as u64);
    vector.try_reserve_exact(count).map_err(|_| Error::OutOfMemory { bytes })?;
    vector.resize(count, value);
    Ok(vector)
}

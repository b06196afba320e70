//! Rows to codes.

use super::super::kernels::{Kernel, Matrix, Row};
use super::super::rotation::Rotation;
use super::super::{parallel, sweep};
use super::view::Codes;
use super::{LENGTH_MAX, rotation, up};
use crate::error::{Error, Result};
use half::slice::HalfFloatSliceExt;
use parking_lot::Mutex;
use std::sync::Arc;

/// Rows that the centre is the mean of.
const SAMPLE: usize = 4096;
/// Rows that a thread takes at once.
const ROWS_AT_ONCE: usize = 512;
/// Rows with no element above this are coded as zeros.
const TINY: f32 = 1.0 / (1_u64 << 60) as f32;
/// More than what squares lose that are too small for an f32, over 65,536 elements.
const LOST: f64 = 1.0 / 18_446_744_073_709_551_616.0;
/// Half the distance of 1 to the next f32.
const U: f64 = 1.0 / 16_777_216.0;

/// Codes of all rows of a matrix, on so many threads (0: as many as the machine has).
///
/// Errors: [`Error::OutOfMemory`].
pub fn encode(rows: Matrix<'_>, threads: usize) -> Result<Codes> {
    Encoder::new(centre(rows)).encode(rows, threads)
}

/// The mean of some of the rows, evenly spaced; zeros where that is not one for codes.
pub fn centre(rows: Matrix<'_>) -> Vec<f32> {
    let mut sums = vec![0.0_f64; rows.dim()];
    let mut row = vec![0.0_f32; rows.dim()];
    let step = (rows.count() / SAMPLE).max(1);
    let mut count = 0_u32;
    for index in (0..rows.count()).step_by(step) {
        let Some(stored) = rows.row(index) else { break };
        widen(stored, &mut row);
        if row.iter().all(|value| value.abs() <= LENGTH_MAX) {
            count += 1;
            sums.iter_mut().zip(&row).for_each(|(sum, value)| *sum += f64::from(*value));
        }
    }
    let count = f64::from(count.max(1));
    let centre: Vec<f32> = sums.iter().map(|sum| nearest(sum / count)).collect();
    let length = centre.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    if length <= f64::from(LENGTH_MAX) { centre } else { vec![0.0; rows.dim()] }
}

/// Makes codes around one centre.
#[derive(Clone, Debug)]
pub struct Encoder {
    centre: Vec<f32>,
    rotation: Arc<Rotation>,
    kernel: Kernel,
}

/// Where the codes of some rows go.
struct Part<'a> {
    first: usize,
    high: &'a mut [u8],
    low: &'a mut [u8],
    step: &'a mut [f32],
    e8: &'a mut [f32],
    e4: &'a mut [f32],
    norm: &'a mut [f32],
    ynorm2: &'a mut [f32],
}

impl Encoder {
    /// An encoder around a centre `[D]`; one that is too long for codes is taken for zero.
    pub fn new(mut centre: Vec<f32>) -> Self {
        let length = centre.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        if length.is_nan() || length > f64::from(LENGTH_MAX) {
            centre.fill(0.0);
        }
        let rotation = rotation(centre.len());
        Self { centre, rotation, kernel: Kernel::best() }
    }

    /// Codes of the rows `[N, D]`.
    pub fn encode(&self, rows: Matrix<'_>, threads: usize) -> Result<Codes> {
        rows.check(self.centre.len(), rows.count()).map_err(sweep::mismatch)?;
        let (count, bytes) = (rows.count(), self.rotation.padded() / 2);
        let mut codes = Codes {
            centre: self.centre.clone(),
            high: zeros(count.saturating_mul(bytes))?,
            low: zeros(count.saturating_mul(bytes))?,
            step: zeros(count)?,
            e8: zeros(count)?,
            e4: zeros(count)?,
            norm: zeros(count)?,
            ynorm2: zeros(count)?,
        };
        let parts: Vec<_> = parts(&mut codes, bytes).into_iter().map(|p| Mutex::new(Some(p))).collect();
        let work = (count as u64).saturating_mul(bytes as u64).saturating_mul(4);
        parallel::run(
            parallel::threads(threads, work),
            parts.len(),
            || Ok(Room::new(self.rotation.padded())),
            |room, task| match parts.get(task).and_then(|part| part.lock().take()) {
                Some(part) => self.part(rows, part, room),
                None => Ok(()),
            },
        )?;
        drop(parts);
        Ok(codes)
    }

    fn part(&self, rows: Matrix<'_>, part: Part<'_>, room: &mut Room) -> Result<()> {
        let Part { first, high, low, step, e8, e4, norm, ynorm2 } = part;
        let block = rows.slice(first..first.saturating_add(norm.len()));
        let Some(block) = block else { return Ok(()) };
        // The dot products are not wanted; they come along.
        self.kernel.dot_norm_rows(&self.centre, block, step, norm).map_err(sweep::mismatch)?;
        let bytes = self.rotation.padded() / 2;
        let planes = high.chunks_exact_mut(bytes).zip(low.chunks_exact_mut(bytes));
        let facts = step.iter_mut().zip(e8).zip(e4).zip(norm).zip(ynorm2);
        for (index, ((high, low), ((((step, e8), e4), norm), ynorm2))) in planes.zip(facts).enumerate()
        {
            let Some(row) = block.row(index) else { break };
            *norm = norm.sqrt();
            let facts = self.row(row, *norm, high, low, room)?;
            (*step, *e8, *e4, *ynorm2) = (facts.step, facts.e8, facts.e4, facts.ynorm2);
        }
        Ok(())
    }

    fn row(
        &self,
        row: Row<'_>,
        norm: f32,
        high: &mut [u8],
        low: &mut [u8],
        room: &mut Room,
    ) -> Result<Facts> {
        let dim = self.centre.len();
        let Room { turned, spare } = room;
        turned.fill(0.0);
        let Some(moved) = turned.get_mut(..dim) else { return Ok(Facts::UNFIT) };
        widen(row, moved);
        moved.iter_mut().zip(&self.centre).for_each(|(value, centre)| *value -= centre);
        let ynorm2 = self.kernel.dot(moved, Row::F32(moved)).map_err(sweep::mismatch)?;
        let most = LENGTH_MAX * LENGTH_MAX;
        if norm.is_nan() || norm > LENGTH_MAX || ynorm2.is_nan() || ynorm2 > most {
            return Ok(Facts::UNFIT);
        }
        let largest = self.kernel.widely(|| {
            self.rotation.apply(turned, spare);
            turned.iter().fold(0.0_f32, |most, value| most.max(value.abs()))
        });
        // The canonical sum is off by its rounding; `LOST` is what squares lose below the smallest f32.
        let length = f64::from(ynorm2).sqrt() * (1.0 + (dim.div_ceil(64) as f64 + 16.0) * U) + LOST;
        // Rounding of the differences, one u, and of the rotation.
        let moved_and_turned = length * (2.0 * U + f64::from(Rotation::RELATIVE_ERROR));
        if largest < TINY {
            let e = up(length + moved_and_turned + LOST);
            return Ok(Facts { step: 0.0, e8: e, e4: e, ynorm2 });
        }
        let [sum8, sum4] = self.kernel.code_row(turned, largest, high, low);
        // A residue is off by at most 2 u of the largest element before it is squared, its square and the sum by u each
        // of what stands there; a lane adds 1 in 32 of them.
        let padded = turned.len() as f64;
        let residues = padded.sqrt() * f64::from(largest) * 4.0 * U;
        let summed = 1.0 + (padded / 32.0 + 32.0) * U;
        let bound = |sum: f32| {
            up(f64::from(sum).sqrt() * summed + residues + moved_and_turned + 2.0 * LOST)
        };
        Ok(Facts { step: largest / 128.0, e8: bound(sum8), e4: bound(sum4), ynorm2 })
    }
}

/// Buffers of a thread.
struct Room {
    turned: Vec<f32>,
    spare: Vec<f32>,
}

impl Room {
    fn new(padded: usize) -> Self {
        Self { turned: vec![0.0; padded], spare: vec![0.0; padded] }
    }
}

struct Facts {
    step: f32,
    e8: f32,
    e4: f32,
    ynorm2: f32,
}

impl Facts {
    /// Of a row whose scores no code can bound.
    const UNFIT: Self = Self { step: 0.0, e8: f32::INFINITY, e4: f32::INFINITY, ynorm2: 0.0 };
}

fn widen(row: Row<'_>, to: &mut [f32]) {
    match row {
        Row::F32(row) if row.len() == to.len() => to.copy_from_slice(row),
        Row::F16(row) if row.len() == to.len() => row.convert_to_f32_slice(to),
        _ => to.fill(f32::NAN),
    }
}

fn zeros<T: Clone + Default>(len: usize) -> Result<Vec<T>> {
    let mut made = Vec::new();
    let bytes = (len as u64).saturating_mul(size_of::<T>() as u64);
    made.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { bytes })?;
    made.resize(len, T::default());
    Ok(made)
}

fn parts(codes: &mut Codes, bytes: usize) -> Vec<Part<'_>> {
    let planes = |plane| <[u8]>::chunks_mut(plane, ROWS_AT_ONCE * bytes);
    let facts = |fact| <[f32]>::chunks_mut(fact, ROWS_AT_ONCE);
    let planes = planes(&mut codes.high).zip(planes(&mut codes.low));
    let first = facts(&mut codes.step).zip(facts(&mut codes.e8)).zip(facts(&mut codes.e4));
    let all = planes.zip(first).zip(facts(&mut codes.norm)).zip(facts(&mut codes.ynorm2));
    let made = all.enumerate().map(|(number, ((((high, low), ((step, e8), e4)), norm), ynorm2))| {
        Part { first: number * ROWS_AT_ONCE, high, low, step, e8, e4, norm, ynorm2 }
    });
    made.collect()
}

#[expect(clippy::cast_possible_truncation, reason = "to the nearest")]
fn nearest(value: f64) -> f32 {
    value as f32
}

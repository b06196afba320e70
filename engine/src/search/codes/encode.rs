//! Rows to codes.

use super::super::kernels::{Kernel, Matrix, Row};
use super::super::rotation::Rotation;
use super::super::{parallel, sweep};
use super::turn::Largest;
use super::view::{Codes, row_bytes};
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
    planes: [&'a mut [u8]; 3],
    step: &'a mut [f32],
    e8: &'a mut [f32],
    e6: &'a mut [f32],
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
        let (count, padded) = (rows.count(), self.rotation.padded());
        let [half, quarter, _] = row_bytes(padded);
        let mut codes = Codes {
            centre: self.centre.clone(),
            high: zeros(count.saturating_mul(half))?,
            middle: zeros(count.saturating_mul(quarter))?,
            low: zeros(count.saturating_mul(quarter))?,
            step: zeros(count)?,
            e8: zeros(count)?,
            e6: zeros(count)?,
            e4: zeros(count)?,
            norm: zeros(count)?,
            ynorm2: zeros(count)?,
        };
        let parts: Vec<_> =
            parts(&mut codes, padded).into_iter().map(|p| Mutex::new(Some(p))).collect();
        let work = (count as u64).saturating_mul(padded as u64).saturating_mul(2);
        parallel::run(
            parallel::threads(threads, work),
            parts.len(),
            || Ok(Room::new(padded)),
            |room, task| match parts.get(task).and_then(|part| part.lock().take()) {
                Some(part) => self.part(rows, part, room),
                None => Ok(()),
            },
        )?;
        drop(parts);
        Ok(codes)
    }

    fn part(&self, rows: Matrix<'_>, part: Part<'_>, room: &mut Room) -> Result<()> {
        let Part { first, planes, step, e8, e6, e4, norm, ynorm2 } = part;
        let block = rows.slice(first..first.saturating_add(norm.len()));
        let Some(block) = block else { return Ok(()) };
        // The dot products are not wanted; they come along.
        self.kernel.dot_norm_rows(&self.centre, block, step, norm).map_err(sweep::mismatch)?;
        let ([half, quarter, _], [high, middle, low]) = (row_bytes(self.rotation.padded()), planes);
        let twos = middle.chunks_exact_mut(quarter).zip(low.chunks_exact_mut(quarter));
        let planes = high.chunks_exact_mut(half).zip(twos);
        let facts = step.iter_mut().zip(e8.iter_mut().zip(e6).zip(e4)).zip(norm).zip(ynorm2);
        for (index, ((high, (middle, low)), facts)) in planes.zip(facts).enumerate() {
            let (((step, ((e8, e6), e4)), norm), ynorm2) = facts;
            let Some(row) = block.row(index) else { break };
            *norm = norm.sqrt();
            let facts = self.row(row, *norm, [high, middle, low], room)?;
            ([*e8, *e6, *e4], *step, *ynorm2) = (facts.errors, facts.step, facts.ynorm2);
        }
        Ok(())
    }

    fn row(
        &self,
        row: Row<'_>,
        norm: f32,
        planes: [&mut [u8]; 3],
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
        self.rotation.apply(turned, spare);
        let largest = self.kernel.widely(Largest(turned));
        // The canonical sum is off by its rounding; `LOST` is what squares lose below the smallest f32.
        let length = f64::from(ynorm2).sqrt() * (1.0 + (dim.div_ceil(64) as f64 + 16.0) * U) + LOST;
        // Rounding of the differences, one u, and of the rotation.
        let moved_and_turned = length * (2.0 * U + f64::from(Rotation::RELATIVE_ERROR));
        if largest < TINY {
            let e = up(length + moved_and_turned + LOST);
            return Ok(Facts { step: 0.0, errors: [e; 3], ynorm2 });
        }
        let sums = self.kernel.code_row(turned, largest, planes);
        // A residue is off by at most 2 u of the largest element before it is squared, its square
        // and the sum by u each of what stands there; a lane adds 1 in 32 of them.
        let padded = turned.len() as f64;
        let residues = padded.sqrt() * f64::from(largest) * 4.0 * U;
        let summed = 1.0 + (padded / 32.0 + 32.0) * U;
        let bound = |sum: f32| {
            up(f64::from(sum).sqrt() * summed + residues + moved_and_turned + 2.0 * LOST)
        };
        Ok(Facts { step: largest / 128.0, errors: sums.map(bound), ynorm2 })
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
    /// Of eight, six and four bits.
    errors: [f32; 3],
    ynorm2: f32,
}

impl Facts {
    /// Of a row whose scores no code can bound.
    const UNFIT: Self = Self { step: 0.0, errors: [f32::INFINITY; 3], ynorm2: 0.0 };
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

fn parts(codes: &mut Codes, padded: usize) -> Vec<Part<'_>> {
    let [half, quarter, _] = row_bytes(padded);
    let plane = |plane, each| <[u8]>::chunks_mut(plane, ROWS_AT_ONCE * each);
    let facts = |fact| <[f32]>::chunks_mut(fact, ROWS_AT_ONCE);
    let twos = plane(&mut codes.middle, quarter).zip(plane(&mut codes.low, quarter));
    let planes = plane(&mut codes.high, half).zip(twos);
    let errors = facts(&mut codes.e8).zip(facts(&mut codes.e6)).zip(facts(&mut codes.e4));
    let others = facts(&mut codes.step).zip(facts(&mut codes.norm)).zip(facts(&mut codes.ynorm2));
    let all = planes.zip(errors.zip(others)).enumerate();
    let made = all.map(|(number, ((high, (middle, low)), (errors, others)))| {
        let (((e8, e6), e4), ((step, norm), ynorm2)) = (errors, others);
        let planes = [high, middle, low];
        Part { first: number * ROWS_AT_ONCE, planes, step, e8, e6, e4, norm, ynorm2 }
    });
    made.collect()
}

#[expect(clippy::cast_possible_truncation, reason = "to the nearest")]
fn nearest(value: f64) -> f32 {
    value as f32
}

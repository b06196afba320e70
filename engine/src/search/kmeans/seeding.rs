//! Where the centroids start.

use super::super::kernels::{Matrix, Row};
use super::super::parallel;
use super::Params;
use crate::error::{Error, Result};
use half::slice::HalfFloatSliceExt;

/// Rows of a task.
const ROWS: usize = 8192;

/// Random numbers (Sebastiano Vigna's `splitmix64`).
#[derive(Clone, Debug)]
pub(crate) struct Draw(u64);

impl Draw {
    /// From a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0..1`.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// So many different numbers below `total`, ascending; all where there are fewer.
    ///
    /// Selection sampling: each number is taken with the chance (still wanted) / (still left)
    /// (Knuth, The Art of Computer Programming 2, 3.4.2 S).
    pub(crate) fn choose(&mut self, wanted: usize, total: usize) -> Vec<usize> {
        let mut chosen = Vec::with_capacity(wanted.min(total));
        for number in 0..total {
            let left = (total - number) as u64;
            if self.next() % left < wanted.saturating_sub(chosen.len()) as u64 {
                chosen.push(number);
            }
        }
        chosen
    }
}

/// The centroids to start from, at most as many as rows.
pub(crate) fn start(rows: Matrix<'_>, params: &Params) -> Result<Vec<f32>> {
    let mut draw = Draw::new(params.seed);
    let wanted = params.clusters.min(rows.count());
    let mut centroids = Vec::new();
    let bytes = (wanted as u64).saturating_mul(rows.dim() as u64).saturating_mul(4);
    let room = centroids.try_reserve_exact(wanted.saturating_mul(rows.dim()));
    room.map_err(|_| Error::OutOfMemory { bytes })?;
    if params.careful {
        carefully(rows, wanted, params, &mut draw, &mut centroids)?;
    } else {
        for number in draw.choose(wanted, rows.count()) {
            extend(&mut centroids, rows, number);
        }
    }
    Ok(centroids)
}

fn carefully(
    rows: Matrix<'_>,
    wanted: usize,
    params: &Params,
    draw: &mut Draw,
    centroids: &mut Vec<f32>,
) -> Result<()> {
    let mut least = vec![f32::INFINITY; rows.count()];
    let threads = parallel::threads(params.threads, u64::MAX);
    let mut next = usize::try_from(draw.next() % rows.count().max(1) as u64).unwrap_or(0);
    for _ in 0..wanted {
        let start = centroids.len();
        extend(centroids, rows, next);
        let newest = centroids.get(start..).unwrap_or_default();
        let found = parallel::map(threads, rows.count().div_ceil(ROWS), |task| {
            let start = task.saturating_mul(ROWS);
            let end = start.saturating_add(ROWS).min(rows.count());
            let Some(rows) = rows.slice(start..end) else { return Ok(Vec::new()) };
            let mut squared = vec![0.0; rows.count()];
            let shape = |_| Error::Invalid("rows and centroids differ in dimension".into());
            params.kernel.squared_l2_rows(newest, rows, &mut squared).map_err(shape)?;
            Ok(squared)
        })?;
        for (least, squared) in least.iter_mut().zip(found.into_iter().flatten()) {
            *least = least.min(squared);
        }
        let total: f64 = least.iter().map(|squared| f64::from(*squared)).sum();
        let mut left = draw.unit() * total;
        let passed = |squared: &f32| {
            left -= f64::from(*squared);
            left < 0.0
        };
        next = least.iter().position(passed).unwrap_or(next);
    }
    Ok(())
}

/// Puts a row behind what is there, as f32.
pub(super) fn extend(out: &mut Vec<f32>, rows: Matrix<'_>, number: usize) {
    match rows.row(number) {
        Some(Row::F32(row)) => out.extend_from_slice(row),
        Some(Row::F16(row)) => {
            let start = out.len();
            out.resize(start.saturating_add(row.len()), 0.0);
            row.convert_to_f32_slice(out.get_mut(start..).unwrap_or_default());
        }
        None => {}
    }
}

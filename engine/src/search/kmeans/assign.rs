//! Each row to its nearest centroid.

use super::super::kernels::{Matrix, QueryBlock, Row, Rows, Scratch};
use super::super::parallel;
use super::Params;
use crate::error::{Error, Result};

/// Products that are held at once.
const PRODUCTS: usize = 1 << 18;
/// Most rows of a task.
const ROWS: usize = 512;

/// The nearest centroid of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Nearest {
    /// Its number.
    pub(crate) cluster: u32,
    /// The squared distance.
    pub(crate) squared: f32,
}

impl Default for Nearest {
    /// None yet.
    fn default() -> Self {
        Self { cluster: u32::MAX, squared: f32::INFINITY }
    }
}

/// A way to find the nearest centroid of each row.
pub(crate) trait Assign {
    /// Finds them, and says whether any has changed.
    fn assign(&self, centroids: &[f32], nearest: &mut [Nearest]) -> Result<bool>;
}

/// By all products. The nearest is that whose `|c|^2 / 2 - <x, c>` is least, of equal ones the
/// first.
pub(crate) struct Exactly<'a> {
    pub(crate) rows: Matrix<'a>,
    pub(crate) params: &'a Params,
}

impl Assign for Exactly<'_> {
    fn assign(&self, centroids: &[f32], nearest: &mut [Nearest]) -> Result<bool> {
        let (rows, kernel) = (self.rows, self.params.kernel);
        let dim = rows.dim();
        let count = centroids.len() / dim;
        let Some(matrix) = Matrix::new(Rows::F32(centroids), dim, dim, count) else {
            return Ok(false);
        };
        let block = QueryBlock::new(kernel, matrix)?;
        let halves: Vec<f32> = centroids
            .chunks(dim)
            .map(|c| kernel.dot(c, Row::F32(c)).unwrap_or(f32::NAN) / 2.0)
            .collect();
        let step = (PRODUCTS / count.max(1)).clamp(1, ROWS);
        let tasks = rows.count().div_ceil(step);
        let threads = parallel::threads(self.params.threads, u64::MAX);
        let found = parallel::map(threads, tasks, |task| {
            let start = task.saturating_mul(step);
            let end = start.saturating_add(step).min(rows.count());
            let Some(rows) = rows.slice(start..end) else { return Ok(Vec::new()) };
            let mut products = vec![0.0; rows.count().saturating_mul(count)];
            let shape = |_| Error::Invalid("rows and centroids differ in dimension".into());
            block.products(rows, &mut Scratch::default(), &mut products).map_err(shape)?;
            let mut found = Vec::with_capacity(rows.count());
            for (number, products) in products.chunks(count).enumerate() {
                let cluster = least(products, &halves);
                let centroid = matrix.row(cluster as usize);
                let Some((Row::F32(centroid), row)) = centroid.zip(rows.row(number)) else {
                    continue;
                };
                let squared = kernel.squared_l2(centroid, row).map_err(shape)?;
                found.push(Nearest { cluster, squared });
            }
            Ok(found)
        })?;
        Ok(replace(nearest, found.into_iter().flatten()))
    }
}

/// Puts new ones in the place of old ones; whether any cluster differs.
pub(crate) fn replace(old: &mut [Nearest], new: impl Iterator<Item = Nearest>) -> bool {
    let mut moved = false;
    for (old, new) in old.iter_mut().zip(new) {
        moved |= old.cluster != new.cluster;
        *old = new;
    }
    moved
}

/// The place of the least difference, of equal ones the first.
fn least(products: &[f32], halves: &[f32]) -> u32 {
    const LANES: usize = 16;
    let (mut best, mut place) = ([f32::INFINITY; LANES], [0_u32; LANES]);
    for (step, (products, halves)) in
        (0_u32..).step_by(LANES).zip(products.chunks(LANES).zip(halves.chunks(LANES)))
    {
        let lanes = best.iter_mut().zip(&mut place).zip(step..);
        for (((best, place), number), (product, half)) in lanes.zip(products.iter().zip(halves)) {
            let merit = half - product;
            let better = merit < *best;
            *best = if better { merit } else { *best };
            *place = if better { number } else { *place };
        }
    }
    let mut least = (f32::INFINITY, 0);
    for (best, place) in best.into_iter().zip(place) {
        if best < least.0 || (best <= least.0 && place < least.1) {
            least = (best, place);
        }
    }
    least.1
}

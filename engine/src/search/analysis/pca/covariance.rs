//! The covariance of features: exact sums in f64 of products of blocks in f32.

use super::super::super::exact::rounded;
use super::super::super::kernels::{Kernel, Matrix, QueryBlock, Row, Scratch};
use super::super::super::parallel;
use super::super::super::sweep::mismatch;
use super::super::Progress;
use super::super::source::{Source, filled, matrix, tell};
use crate::error::{Error, Result};

/// Rows that are multiplied at once: the sums in f32 are this long.
const ROWS: usize = 1024;
/// Dimensions of a task.
const STRIP: usize = 48;

/// Mean and covariance.
pub(super) struct Covariance {
    /// The mean `[D]`.
    pub(super) mean: Vec<f64>,
    /// The covariance `[D, D]` of features brought within -2 to 2, so that squares neither overflow nor vanish.
    pub(super) matrix: Vec<f64>,
    /// The factor that undoes this.
    pub(super) unscale: f64,
}

pub(super) fn covariance(
    source: &Source<'_>,
    kernel: Kernel,
    progress: Progress<'_>,
) -> Result<Covariance> {
    let (count, dim) = (source.len(), source.dim());
    let (mean, largest) = mean(source, progress)?;
    let scale = if largest > 0.0 { largest.recip() } else { 1.0 };
    let mut sums = filled(0.0_f64, dim.saturating_mul(dim))?;
    let (mut rows, mut centred, mut turned) = (Vec::new(), Vec::new(), Vec::new());
    for start in (0..count).step_by(ROWS) {
        tell(progress, start, count)?;
        let end = start.saturating_add(ROWS).min(count);
        let block = source.gather(start..end, &mut rows)?;
        centred.clear();
        centre(block, &mean, scale, &mut centred);
        transpose(&centred, dim, &mut turned);
        add(&mut sums, matrix(&turned, end - start)?, kernel, source.threads)?;
    }
    let divisor = count.saturating_sub(1).max(1) as f64;
    for sum in &mut sums {
        *sum /= divisor;
    }
    Ok(Covariance {
        mean,
        matrix: sums,
        unscale: largest.max(f64::from(f32::MIN_POSITIVE)).powi(2),
    })
}

/// The mean and the largest magnitude.
fn mean(source: &Source<'_>, progress: Progress<'_>) -> Result<(Vec<f64>, f64)> {
    let (mut total, mut largest) = (filled(0.0_f64, source.dim())?, 0.0_f32);
    source.blocks(
        progress,
        |_, rows| {
            let (mut sums, mut largest) = (vec![0.0_f64; rows.dim()], 0.0_f32);
            for number in 0..rows.count() {
                let Some(Row::F32(row)) = rows.row(number) else { continue };
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += f64::from(*value);
                    largest = largest.max(value.abs());
                }
            }
            Ok((sums, largest))
        },
        |(sums, most)| {
            largest = largest.max(most);
            total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
        },
    )?;
    let count = source.len().max(1) as f64;
    for sum in &mut total {
        *sum /= count;
    }
    Ok((total, f64::from(largest)))
}

/// Appends rows less their mean, times a scale.
pub(super) fn centre(rows: Matrix<'_>, mean: &[f64], scale: f64, out: &mut Vec<f32>) {
    for number in 0..rows.count() {
        let Some(Row::F32(row)) = rows.row(number) else { continue };
        out.extend(row.iter().zip(mean).map(|(x, mean)| rounded((f64::from(*x) - mean) * scale)));
    }
}

/// `[N, D]` to `[D, N]`.
fn transpose(rows: &[f32], dim: usize, out: &mut Vec<f32>) {
    let count = rows.len().checked_div(dim).unwrap_or(0);
    out.clear();
    out.resize(rows.len(), 0.0);
    for (column, out) in out.chunks_exact_mut(count.max(1)).enumerate() {
        for (slot, row) in out.iter_mut().zip(rows.chunks_exact(dim)) {
            *slot = row.get(column).copied().unwrap_or(0.0);
        }
    }
}

/// Adds the products of all pairs of dimensions of `[D, N]`.
fn add(sums: &mut [f64], turned: Matrix<'_>, kernel: Kernel, threads: usize) -> Result<()> {
    let dim = turned.count();
    let block = QueryBlock::new(kernel, turned)?;
    let strips = parallel::map(threads, dim.div_ceil(STRIP), |task| {
        let start = task.saturating_mul(STRIP);
        let strip = turned.slice(start..start.saturating_add(STRIP).min(dim));
        let strip = strip.ok_or_else(|| Error::Invalid("a strip without dimensions".into()))?;
        let mut products = vec![0.0; strip.count().saturating_mul(dim)];
        block.products(strip, &mut Scratch::default(), &mut products).map_err(mismatch)?;
        Ok(products)
    })?;
    let products = strips.into_iter().flatten();
    sums.iter_mut().zip(products).for_each(|(sum, product)| *sum += f64::from(product));
    Ok(())
}

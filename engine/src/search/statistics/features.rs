//! The mean and the norms of a series of features.

#![deny(clippy::arithmetic_side_effects)]

use super::super::exact::rounded;
use super::super::kernels::{Kernel, Matrix, Row};
use super::super::series::Series;
use super::super::sweep::{Eligible, Sweep, mismatch};
use crate::container::column::Column;
use crate::error::Result;
use crate::format::schema::FieldDef;

/// What some features are like. Norms are Euclidean; all is 0 where there are no features.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeatureStatistics {
    /// Number of features.
    pub count: u64,
    /// The mean feature `[D]`, summed in f64.
    pub mean: Vec<f32>,
    /// The mean of the norms.
    pub mean_norm: f64,
    /// The smallest norm.
    pub min_norm: f32,
    /// The largest norm.
    pub max_norm: f32,
}

/// Statistics of the live features of a series, one pass, on one thread. `norms` receives the norm of each
/// feature, in the order of the row groups.
pub(in super::super) fn summarize(
    column: Option<&Column>,
    field: &FieldDef,
    series: Series,
    mut norms: impl FnMut(u64, f32),
) -> Result<FeatureStatistics> {
    let kernel = Kernel::best();
    let dim = field.dim as usize;
    let zeros = vec![0.0_f32; dim];
    let mut sums = vec![0.0_f64; dim];
    let mut sum_of_norms = 0.0_f64;
    let mut done = FeatureStatistics::default();
    let (mut dots, mut norms_sq) = (Vec::new(), Vec::new());
    let mut sweep = Sweep::default();
    for group in column.map_or(&[][..], Column::groups) {
        let Some(stretch) = series.stretch(group.group(), field)? else { continue };
        let eligible = Eligible::new(group, None, None)?;
        sweep.blocks(&stretch, &eligible, |matrix, chosen| {
            dots.resize(matrix.count(), 0.0);
            norms_sq.resize(matrix.count(), 0.0);
            let norms_done = kernel.dot_norm_rows(&zeros, matrix, &mut dots, &mut norms_sq);
            norms_done.map_err(mismatch)?;
            for one in chosen {
                let norm = norms_sq.get(one.index).map_or(0.0, |norm_sq: &f32| norm_sq.sqrt());
                let first = done.count == 0;
                done.min_norm = if first { norm } else { done.min_norm.min(norm) };
                done.max_norm = if first { norm } else { done.max_norm.max(norm) };
                done.count = done.count.saturating_add(1);
                sum_of_norms += f64::from(norm);
                add(&mut sums, matrix, one.index);
                norms(one.row, norm);
            }
            Ok(())
        })?;
    }
    let count = done.count.max(1) as f64;
    done.mean_norm = sum_of_norms / count;
    done.mean = sums.into_iter().map(|sum| rounded(sum / count)).collect();
    Ok(done)
}

fn add(sums: &mut [f64], matrix: Matrix<'_>, index: usize) {
    match matrix.row(index) {
        Some(Row::F32(row)) => {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += f64::from(*value);
            }
        }
        Some(Row::F16(row)) => {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += f64::from(value.to_f32());
            }
        }
        None => {}
    }
}

//! Each centroid to the mean of its rows.

use super::super::kernels::Matrix;
use super::super::parallel;
use super::seeding::extend;
use super::{Nearest, Params};
use crate::error::Result;

/// Clusters of a task.
const CLUSTERS: usize = 16;

/// Moves the centroids. A cluster without rows takes the row that is farthest from its own centroid, the second one the
/// next farthest.
pub(super) fn move_centroids(
    rows: Matrix<'_>,
    nearest: &mut [Nearest],
    centroids: &mut [f32],
    params: &Params,
) -> Result<()> {
    let dim = rows.dim();
    let count = centroids.len() / dim;
    let mut starts = starts(nearest, count);
    fill_empty(nearest, &mut starts);
    let members = members(nearest, &starts);
    let means = parallel::map(
        parallel::threads(params.threads, u64::MAX),
        count.div_ceil(CLUSTERS),
        |task| {
            let first = task.saturating_mul(CLUSTERS);
            let mut means = Vec::with_capacity(CLUSTERS.saturating_mul(dim));
            let mut row = Vec::with_capacity(dim);
            for cluster in first..first.saturating_add(CLUSTERS).min(count) {
                let bounds = starts.get(cluster).copied().zip(starts.get(cluster + 1).copied());
                let of = bounds.and_then(|(start, end)| members.get(start..end));
                mean(rows, of.unwrap_or_default(), &mut row, &mut means);
            }
            Ok(means)
        },
    )?;
    for (slot, mean) in centroids.iter_mut().zip(means.into_iter().flatten()) {
        *slot = mean;
    }
    Ok(())
}

/// The mean, in f64, rows in their order.
#[expect(clippy::cast_possible_truncation, reason = "the one rounding to f32")]
fn mean(rows: Matrix<'_>, members: &[u32], row: &mut Vec<f32>, means: &mut Vec<f32>) {
    let mut sums = vec![0.0_f64; rows.dim()];
    for member in members {
        row.clear();
        extend(row, rows, *member as usize);
        for (sum, value) in sums.iter_mut().zip(&*row) {
            *sum += f64::from(*value);
        }
    }
    let count = members.len().max(1) as f64;
    means.extend(sums.iter().map(|sum| (sum / count) as f32));
}

/// Where the members of each cluster start, and the end.
fn starts(nearest: &[Nearest], count: usize) -> Vec<usize> {
    let mut starts = vec![0; count + 1];
    for near in nearest {
        if let Some(slot) = starts.get_mut(near.cluster as usize + 1) {
            *slot += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    starts
}

/// The rows by cluster, ascending.
fn members(nearest: &[Nearest], starts: &[usize]) -> Vec<u32> {
    let mut next = starts.to_vec();
    let mut members = vec![0; nearest.len()];
    for (row, near) in (0_u32..).zip(nearest) {
        if let Some(place) = next.get_mut(near.cluster as usize) {
            if let Some(slot) = members.get_mut(*place) {
                *slot = row;
            }
            *place += 1;
        }
    }
    members
}

fn fill_empty(nearest: &mut [Nearest], counts: &mut Vec<usize>) {
    let sizes = |starts: &[usize]| -> Vec<usize> {
        starts.windows(2).map(|pair| pair.iter().rev().copied().reduce(|a, b| a - b).unwrap_or(0)).collect()
    };
    let mut sizes = sizes(counts);
    let empty: Vec<usize> = (0..sizes.len()).filter(|i| sizes.get(*i) == Some(&0)).collect();
    if empty.is_empty() {
        return;
    }
    let mut far: Vec<usize> = (0..nearest.len()).collect();
    let squared = |row: &usize| nearest.get(*row).map_or(0.0, |near| near.squared);
    far.sort_by(|a, b| squared(b).total_cmp(&squared(a)).then(a.cmp(b)));
    let mut far = far.into_iter();
    for cluster in empty {
        // A cluster's last row stays.
        let free = far.find(|row| {
            let of = nearest.get(*row).map_or(usize::MAX, |near| near.cluster as usize);
            sizes.get(of).is_some_and(|size| *size > 1)
        });
        let Some(near) = free.and_then(|row| nearest.get_mut(row)) else { break };
        if let Some(size) = sizes.get_mut(near.cluster as usize) {
            *size -= 1;
        }
        near.cluster = u32::try_from(cluster).unwrap_or(u32::MAX);
        near.squared = 0.0;
        if let Some(size) = sizes.get_mut(cluster) {
            *size = 1;
        }
    }
    *counts = starts(nearest, sizes.len());
}

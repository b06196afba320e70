//! Each centroid to the mean of its rows.

use super::super::kernels::Matrix;
use super::super::parallel;
use super::seeding::extend;
use super::{Nearest, Params};
use crate::error::Result;

/// Clusters of a task.
const CLUSTERS: usize = 16;
/// How many times as much inertia a cluster must have for another one to move there.
const SEVERAL: f64 = 3.0;

/// Moves the centroids. A cluster without rows takes the row that is farthest from its own
/// centroid, the second one the next farthest.
pub(super) fn move_centroids(
    rows: Matrix<'_>,
    nearest: &mut [Nearest],
    centroids: &mut [f32],
    params: &Params,
    moving: f32,
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
    relocate(rows, nearest, &starts, &members, centroids, moving);
    Ok(())
}

/// Moves the share of the clusters that have the least inertia, each to the middle one of the rows
/// of a cluster that has much, as long as that is several times as much.
fn relocate(
    rows: Matrix<'_>,
    nearest: &[Nearest],
    starts: &[usize],
    members: &[u32],
    centroids: &mut [f32],
    share: f32,
) {
    let of = |cluster: usize| {
        let bounds = starts.get(cluster).copied().zip(starts.get(cluster + 1).copied());
        bounds.and_then(|(start, end)| members.get(start..end)).unwrap_or_default()
    };
    let squared = |row: &u32| nearest.get(*row as usize).map_or(0.0, |near| near.squared);
    let count = starts.len().saturating_sub(1);
    let inertia = |cluster| of(cluster).iter().map(|row| f64::from(squared(row))).sum::<f64>();
    let mut sorted: Vec<(f64, usize)> = (0..count).map(|c| (inertia(c), c)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut row = Vec::with_capacity(rows.dim());
    let mut left = f64::from(share) * count as f64;
    for ((little, from), (much, to)) in sorted.iter().zip(sorted.iter().rev()) {
        left -= 1.0;
        if left < 0.0 || *much < *little * SEVERAL {
            break;
        }
        row.clear();
        let members = of(*to);
        extend(&mut row, rows, members.get(members.len() / 2).map_or(0, |row| *row as usize));
        let centroids = centroids.chunks_mut(rows.dim()).nth(*from).unwrap_or_default();
        for (slot, value) in centroids.iter_mut().zip(&row) {
            *slot = *value;
        }
    }
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
        starts
            .windows(2)
            .map(|pair| pair.iter().rev().copied().reduce(|a, b| a - b).unwrap_or(0))
            .collect()
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

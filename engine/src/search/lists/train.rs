//! Where the centroids are: k-means on a sample, the nearest centroids by their bits.

use super::super::kernels::{Kernel, Matrix, Rows};
use super::super::kmeans::{self, Assign, Clusters, Nearest, Progress};
use super::super::parallel;
use super::coarse::{Centroids, RankRoom};
use super::ready::Ready;
use crate::error::{Error, Result};

/// Rows of a task.
const ROWS: usize = 256;

struct ByBits<'a> {
    rows: &'a [f32],
    padded: usize,
    kernel: Kernel,
    threads: usize,
}

impl Assign for ByBits<'_> {
    fn assign(&self, centroids: &[f32], nearest: &mut [Nearest]) -> Result<bool> {
        let made = Centroids::new(self.kernel, centroids, self.padded);
        let coarse = made.view();
        let threads = parallel::threads(self.threads, u64::MAX);
        let step = ROWS.saturating_mul(self.padded);
        let found = parallel::map(threads, self.rows.len().div_ceil(step), |task| {
            let start = task.saturating_mul(step);
            let end = start.saturating_add(step).min(self.rows.len());
            let rows = self.rows.get(start..end).unwrap_or_default();
            let mut found = Vec::with_capacity(ROWS);
            let (mut ready, mut room) = (Ready::default(), RankRoom::default());
            for row in rows.chunks(self.padded) {
                ready.turned(self.kernel, row);
                let near = coarse.nearest_list(self.kernel, &ready, &mut room);
                let near = near.map(|near| Nearest { cluster: near.list, squared: near.merit });
                found.push(near.unwrap_or_default());
            }
            Ok(found)
        })?;
        Ok(kmeans::replace(nearest, found.into_iter().flatten()))
    }
}

/// Centroids of turned rows `[N, P]`.
pub(super) fn train(
    rows: &[f32],
    padded: usize,
    params: &kmeans::Params,
    progress: Progress<'_>,
) -> Result<Clusters> {
    let matrix = Matrix::new(Rows::F32(rows), padded, padded, rows.len() / padded.max(1));
    let matrix = matrix.ok_or_else(|| Error::Invalid("rows without elements".into()))?;
    let by_bits = ByBits { rows, padded, kernel: params.kernel, threads: params.threads };
    let start = kmeans::start(matrix, params)?;
    kmeans::lloyd(matrix, start, params, &by_bits, progress)
}

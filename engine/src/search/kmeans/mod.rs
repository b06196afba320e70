//! k-means: centroids, the cluster of each row, and how far the rows are from their centroids.
//!
//! Lloyd's algorithm: each row to its nearest centroid, each centroid to the mean of its rows,
//! again and again (S. P. Lloyd, "Least squares quantization in PCM", IEEE Transactions on
//! Information Theory, 1982). The start are rows drawn at random, or rows drawn with a chance that
//! grows with the squared distance to those drawn before (Arthur and Vassilvitskii, "k-means++: the
//! advantages of careful seeding", SODA 2007). A cluster that has lost all its rows gets the row
//! that is farthest from its centroid. Distances are squared l2; for cosines give rows of length 1.
//!
//! The outcome follows from the rows and the parameters alone: the same bits for any number of
//! threads and on any machine.

mod assign;
mod seeding;
#[cfg(test)]
mod tests;
mod update;

pub(crate) use assign::{Assign, Exactly, Nearest, replace};
pub(crate) use seeding::{Draw, start};

use super::kernels::{Kernel, Matrix};
use crate::error::{Error, Result};

/// What k-means may be told.
#[derive(Clone, Copy, Debug)]
pub struct Params {
    /// Number of clusters, at least 1; fewer come out where there are fewer rows.
    pub clusters: usize,
    /// Most rounds; it ends before when no row changes its cluster.
    pub rounds: usize,
    /// Where the random numbers start.
    pub seed: u64,
    /// The start: careful, one more pass over the rows a cluster; or just drawn.
    pub careful: bool,
    /// Share of the clusters that move in each of the first half of the rounds: those with the
    /// least inertia, each to a row of one with much. What a start that was just drawn needs where
    /// rows lie in many heaps.
    pub moves: f32,
    /// Threads; 0 leaves it to the engine.
    pub threads: usize,
    /// The kernels.
    pub kernel: Kernel,
}

impl Params {
    /// Some clusters; 25 rounds from a careful start.
    pub fn new(clusters: usize) -> Self {
        let kernel = Kernel::best();
        Self { clusters, rounds: 25, seed: 1, careful: true, moves: 0.0, threads: 0, kernel }
    }
}

/// Told the steps done and the steps in all; false stops the work with [`Error::Cancelled`].
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64) -> bool;

/// What k-means finds.
#[derive(Clone, Debug, PartialEq)]
pub struct Clusters {
    /// The centroids `[K, D]`.
    pub centroids: Vec<f32>,
    /// The cluster of each row.
    pub assignment: Vec<u32>,
    /// The squared distance of each row from its centroid.
    pub squared: Vec<f32>,
    /// The sum of them.
    pub inertia: f64,
    /// Rounds that were needed.
    pub rounds: usize,
}

/// Clusters rows `[N, D]`. About `2 N K D` operations a round.
///
/// Errors: [`Error::Invalid`] without clusters, [`Error::Cancelled`], [`Error::OutOfMemory`].
pub fn cluster(rows: Matrix<'_>, params: &Params, progress: Progress<'_>) -> Result<Clusters> {
    if params.clusters == 0 {
        return Err(Error::Invalid("no clusters were asked for; ask for at least 1".into()));
    }
    let centroids = start(rows, params)?;
    lloyd(rows, centroids, params, &Exactly { rows, params }, progress)
}

/// The rounds, from a start and with a way to find the nearest centroid.
pub(crate) fn lloyd(
    rows: Matrix<'_>,
    mut centroids: Vec<f32>,
    params: &Params,
    assign: &dyn Assign,
    progress: Progress<'_>,
) -> Result<Clusters> {
    let total = params.rounds as u64 + 1;
    let mut nearest = vec![Nearest::default(); rows.count()];
    let mut rounds = 0;
    for round in 0..=params.rounds {
        if !progress(round as u64, total) {
            return Err(Error::Cancelled);
        }
        let moved = assign.assign(&centroids, &mut nearest)?;
        rounds = round;
        if !moved || round == params.rounds {
            break;
        }
        let moving = if round < params.rounds / 2 { params.moves } else { 0.0 };
        update::move_centroids(rows, &mut nearest, &mut centroids, params, moving)?;
    }
    Ok(Clusters {
        inertia: nearest.iter().map(|nearest| f64::from(nearest.squared)).sum(),
        assignment: nearest.iter().map(|nearest| nearest.cluster).collect(),
        squared: nearest.iter().map(|nearest| nearest.squared).collect(),
        centroids,
        rounds,
    })
}

//! k-means over a field.
//!
//! Where all features fit the memory that is given, this is [`kmeans`](crate::search::kmeans) on them. Where they do
//! not, k-means runs on a sample that fits; then all features, block by block, are assigned and move the centroids, a
//! few rounds, and are assigned once more. By cosine features are brought to length 1 first, and centroids are the
//! plain means of these, so inertia is the sum of `|x / |x| - c|^2`.

use super::super::kernels::Kernel;
use super::super::kmeans::{self, Assign, Draw, Exactly, Nearest, replace};
use super::super::similarity::Metric;
use super::Progress;
use super::classes::means;
use super::options::AnalysisOptions;
use super::source::{Source, filled};
use crate::container::state::State;
use crate::error::{Error, Result};
use crate::format::schema::FieldDef;

/// Most clusters.
const CLUSTERS_MAX: usize = 1 << 16;
/// Rounds over all features after those over a sample.
const ROUNDS_OF_ALL: usize = 3;

/// What k-means may be told.
#[derive(Clone, Copy, Debug)]
pub struct ClusterParams {
    /// Clusters, from 1 to 65,536; fewer come out where there are fewer features.
    pub clusters: usize,
    /// Most rounds; it ends before when no feature changes its cluster.
    pub rounds: usize,
    /// Where the random numbers start.
    pub seed: u64,
    /// Bytes for features as f32, at least as many as the clusters need. Beyond, a sample is used.
    pub memory: usize,
}

impl ClusterParams {
    /// Some clusters, at most 50 rounds, 1 GiB.
    pub fn new(clusters: usize) -> Self {
        Self { clusters, rounds: 50, seed: 1, memory: 1 << 30 }
    }

    /// Sets [`ClusterParams::rounds`].
    #[must_use]
    pub fn rounds(self, rounds: usize) -> Self {
        Self { rounds, ..self }
    }

    /// Sets [`ClusterParams::seed`].
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets [`ClusterParams::memory`].
    #[must_use]
    pub fn memory(self, memory: usize) -> Self {
        Self { memory, ..self }
    }
}

/// What k-means finds.
#[derive(Clone, Debug, PartialEq)]
pub struct Clustering {
    /// The centroids `[K, D]`.
    pub centroids: Vec<f32>,
    /// The rows.
    pub rows: Vec<u64>,
    /// The cluster of each row.
    pub assignment: Vec<u32>,
    /// The squared distance of each row from its centroid.
    pub squared: Vec<f32>,
    /// Rows of each cluster.
    pub sizes: Vec<u64>,
    /// The sum of the squared distances.
    pub inertia: f64,
    /// Rounds that were needed.
    pub rounds: usize,
    /// Features that the centroids were first made of; fewer than rows where memory did not hold all.
    pub sampled: usize,
}

/// Clusters the features of a field. About `2 N K D` operations a round; memory: that of the parameters, 40 bytes a
/// feature, the centroids.
///
/// Errors: [`Error::Invalid`] without clusters, [`Error::Limit`], [`Error::WrongKind`], [`Error::Cancelled`],
/// [`Error::OutOfMemory`], [`Error::Corrupt`].
pub fn cluster(
    state: &State,
    field: &FieldDef,
    params: &ClusterParams,
    options: &AnalysisOptions<'_>,
    progress: Progress<'_>,
) -> Result<Clustering> {
    if params.clusters > CLUSTERS_MAX {
        let (value, limit) = (params.clusters as u64, CLUSTERS_MAX as u64);
        return Err(Error::Limit { what: "clusters", value, limit });
    }
    let (features, kernel) = (options.features(state, field)?, options.kernel()?);
    let unit = options.metric_for(field) == Metric::Cosine;
    let source = Source::new(&features, unit, options.threads);
    run(&source, kernel, params, progress)
}

pub(super) fn run(
    source: &Source<'_>,
    kernel: Kernel,
    params: &ClusterParams,
    progress: Progress<'_>,
) -> Result<Clustering> {
    let (count, dim) = (source.len(), source.dim());
    let fitting = (params.memory / 4 / dim.max(1)).max(params.clusters).min(count);
    let total =
        params.rounds as u64 + 1 + if fitting < count { ROUNDS_OF_ALL as u64 + 1 } else { 0 };
    let rest = |done: u64| (params.rounds as u64).saturating_add(1).saturating_add(done);
    let mut sample = filled(0.0_f32, fitting.saturating_mul(dim))?;
    let places = Draw::new(params.seed).choose(fitting, count);
    let rows = source.gather(places.into_iter(), &mut sample)?;
    let mut plain = kmeans::Params::new(params.clusters);
    (plain.rounds, plain.seed) = (params.rounds, params.seed);
    (plain.threads, plain.kernel) = (source.threads, kernel);
    let made = kmeans::cluster(rows, &plain, &mut |done, _| progress(done, total))?;
    drop(sample);
    if fitting == count {
        if !progress(total, total) {
            return Err(Error::Cancelled);
        }
        return Ok(Clustering {
            sizes: sizes(&made.assignment, made.centroids.len() / dim.max(1)),
            centroids: made.centroids,
            rows: source.rows(),
            assignment: made.assignment,
            squared: made.squared,
            inertia: made.inertia,
            rounds: made.rounds,
            sampled: fitting,
        });
    }
    let (mut centroids, mut rounds) = (made.centroids, made.rounds);
    let mut nearest = filled(Nearest::default(), count)?;
    for round in 0..=ROUNDS_OF_ALL {
        let moved = assign(source, &centroids, &plain, &mut nearest, &mut |_, _| {
            progress(rest(round as u64), total)
        })?;
        if !moved || round == ROUNDS_OF_ALL {
            break;
        }
        rounds = rounds.saturating_add(1);
        let of: Vec<u32> = nearest.iter().map(|nearest| nearest.cluster).collect();
        let found = means(source, &of, centroids.len() / dim)?;
        let pairs = centroids.chunks_exact_mut(dim).zip(found.centroids.chunks_exact(dim));
        // A cluster without features stays where it is.
        for ((old, new), _) in pairs.zip(&found.sizes).filter(|(_, size)| **size > 0) {
            old.copy_from_slice(new);
        }
    }
    if !progress(total, total) {
        return Err(Error::Cancelled);
    }
    let assignment: Vec<u32> = nearest.iter().map(|nearest| nearest.cluster).collect();
    Ok(Clustering {
        sizes: sizes(&assignment, centroids.len() / dim),
        centroids,
        rows: source.rows(),
        assignment,
        squared: nearest.iter().map(|nearest| nearest.squared).collect(),
        inertia: nearest.iter().map(|nearest| f64::from(nearest.squared)).sum(),
        rounds,
        sampled: fitting,
    })
}

/// All features to their nearest centroids; whether any has moved.
fn assign(
    source: &Source<'_>,
    centroids: &[f32],
    params: &kmeans::Params,
    nearest: &mut [Nearest],
    progress: Progress<'_>,
) -> Result<bool> {
    // The blocks are spread over the threads already.
    let alone = kmeans::Params { threads: 1, ..*params };
    let mut all = Vec::new();
    source.blocks(
        progress,
        |range, rows| {
            let mut found = vec![Nearest::default(); range.len()];
            Exactly { rows, params: &alone }.assign(centroids, &mut found)?;
            Ok(found)
        },
        |found| all.extend(found),
    )?;
    Ok(replace(nearest, all.into_iter()))
}

fn sizes(assignment: &[u32], count: usize) -> Vec<u64> {
    let mut sizes = vec![0_u64; count];
    for cluster in assignment {
        if let Some(size) = sizes.get_mut(*cluster as usize) {
            *size = size.saturating_add(1);
        }
    }
    sizes
}

//! Principal components: the directions of most variance (Pearson, "On lines and planes of closest fit to systems of
//! points in space", Philosophical Magazine, 1901).
//!
//! The covariance is exact but for rounding: features less their mean are multiplied in blocks, in f32, and the blocks
//! are added in f64. Its first eigenvectors come from a filtered subspace iteration (`eigen.rs`), which says how far it
//! is off.

mod covariance;
mod eigen;
#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "small numbers of a test")]
mod tests;

use super::super::exact::rounded;
use super::super::kernels::{QueryBlock, Scratch};
use super::super::sweep::mismatch;
use super::Progress;
use super::options::AnalysisOptions;
use super::source::{Source, matrix};
use crate::container::state::State;
use crate::error::{Error, Result};
use crate::format::schema::FieldDef;
use crate::search::similarity::Metric;

/// Most components.
pub const COMPONENTS_MAX: usize = 256;
/// Most dimensions of a field: the covariance of so many takes 128 MiB.
pub const DIM_MAX: usize = 4096;

/// Principal components.
#[derive(Clone, Debug, PartialEq)]
pub struct Pca {
    /// The mean `[D]`.
    pub mean: Vec<f64>,
    /// The components `[d, D]`, each of length 1, that of most variance first. The element of the largest magnitude, of
    /// equal ones the first, is positive.
    pub components: Vec<f64>,
    /// The variance along each (divided by `N - 1`).
    pub variances: Vec<f64>,
    /// The variance of all dimensions together.
    pub total_variance: f64,
    /// Features that took part.
    pub count: u64,
    /// Whether features were brought to length 1 first.
    pub unit: bool,
    /// The largest `|A v - l v| / l_1` of the components: what the iteration left.
    pub residual: f64,
}

/// Features by their components.
#[derive(Clone, Debug, PartialEq)]
pub struct Projected {
    /// The rows.
    pub rows: Vec<u64>,
    /// The coordinates `[N, d]`.
    pub values: Vec<f32>,
}

impl Pca {
    /// Number of components, `d`.
    pub fn len(&self) -> usize {
        self.variances.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.variances.is_empty()
    }

    /// The share of each component in the whole variance; zeros where nothing varies.
    pub fn ratios(&self) -> Vec<f64> {
        let share = |variance: &f64| {
            if self.total_variance > 0.0 { variance / self.total_variance } else { 0.0 }
        };
        self.variances.iter().map(share).collect()
    }
}

/// The first `components` of the features of a field, from 1 to 256; as many as dimensions where these are fewer.
/// Features are taken as they are; with the metric set to [`Metric::Cosine`] in the options, at length 1.
///
/// `2 N D^2` operations and two passes; memory `12 D^2` bytes. Errors: [`Error::Invalid`] for no components,
/// [`Error::Limit`] for too many or a dimension above 4096, [`Error::WrongKind`], [`Error::Cancelled`],
/// [`Error::OutOfMemory`], [`Error::Corrupt`].
pub fn pca(
    state: &State,
    field: &FieldDef,
    components: usize,
    options: &AnalysisOptions<'_>,
    progress: Progress<'_>,
) -> Result<Pca> {
    let dim = field.dim as usize;
    if components == 0 {
        return Err(Error::Invalid("no components were asked for; ask for at least 1".into()));
    }
    for (what, value, limit) in [
        ("components", components, COMPONENTS_MAX),
        ("dimensions of a field for principal components", dim, DIM_MAX),
    ] {
        if value > limit {
            return Err(Error::Limit { what, value: value as u64, limit: limit as u64 });
        }
    }
    let features = options.features(state, field)?;
    let unit = options.metric == Some(Metric::Cosine);
    let source = Source::new(&features, unit, options.threads);
    let made = covariance::covariance(&source, options.kernel()?, progress)?;
    let eigen = eigen::largest(&made.matrix, dim, components.min(dim), source.threads, progress)?;
    let total = (0..dim).filter_map(|i| made.matrix.get(i.saturating_mul(dim + 1))).sum::<f64>();
    // An eigenvalue is not below zero but for rounding.
    let variance = |value: &f64| value.max(0.0) * made.unscale;
    Ok(Pca {
        mean: made.mean,
        variances: eigen.values.iter().map(variance).collect(),
        components: eigen.vectors,
        total_variance: total * made.unscale,
        count: source.len() as u64,
        unit,
        residual: eigen.residual,
    })
}

/// The coordinates of features along components: of those less the mean, in f32. `2 N d D` operations.
///
/// Errors: [`Error::WrongDimension`] where the components are of other features; as [`pca`].
pub fn project(
    state: &State,
    field: &FieldDef,
    pca: &Pca,
    options: &AnalysisOptions<'_>,
    progress: Progress<'_>,
) -> Result<Projected> {
    let dim = field.dim as usize;
    if pca.mean.len() != dim || pca.components.len() != dim.saturating_mul(pca.len()) {
        let (field, given) = (field.name.clone(), pca.mean.len());
        return Err(Error::WrongDimension { field, given, dim });
    }
    let features = options.features(state, field)?;
    let source = Source::new(&features, pca.unit, options.threads);
    let components: Vec<f32> = pca.components.iter().map(|value| rounded(*value)).collect();
    let block = QueryBlock::new(options.kernel()?, matrix(&components, dim)?)?;
    let mut values = Vec::new();
    source.blocks(
        progress,
        |range, rows| {
            let mut centred = Vec::with_capacity(range.len().saturating_mul(dim));
            covariance::centre(rows, &pca.mean, 1.0, &mut centred);
            let mut products = vec![0.0; range.len().saturating_mul(pca.len())];
            let rows = matrix(&centred, dim)?;
            block.products(rows, &mut Scratch::default(), &mut products).map_err(mismatch)?;
            Ok(products)
        },
        |products| values.extend(products),
    )?;
    Ok(Projected { rows: source.rows(), values })
}

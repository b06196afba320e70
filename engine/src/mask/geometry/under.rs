//! Tokens and heat maps under a segment, weighted by how much of each cell it covers.

use super::{CellCoverage, GeometryError};
use crate::container::view::FeatureMatrix;

/// The mean `[D]` of the tokens `[T, D]` under a segment, each weighted by the covered fraction of
/// its cell, summed in f64; `None` when no cell is covered. `tokens` are in C order of the grid.
/// O(cells + covered cells * D).
///
/// # Errors
///
/// [`GeometryError::Values`] when there is not one token a cell.
pub fn mean_under(
    coverage: &CellCoverage,
    tokens: &FeatureMatrix<'_>,
) -> Result<Option<Vec<f32>>, GeometryError> {
    one_each(coverage, tokens.len())?;
    let mut sums = vec![0.0_f64; tokens.dim()];
    let (mut weights, mut token) = (0.0, Vec::with_capacity(tokens.dim()));
    for (index, fraction) in coverage.covered() {
        token.clear();
        tokens.extend_f32(index, &mut token);
        for (sum, value) in sums.iter_mut().zip(&token) {
            *sum += fraction * f64::from(*value);
        }
        weights += fraction;
    }
    Ok((weights > 0.0).then(|| sums.into_iter().map(|sum| narrow(sum / weights)).collect()))
}

/// The largest value `[D]` in each dimension of the tokens `[T, D]` whose cells are covered by at
/// least the fraction `least`; with 0, of all cells that are touched. `None` when there is no such
/// cell. O(cells + covered cells * D).
///
/// # Errors
///
/// [`GeometryError::Values`] when there is not one token a cell.
pub fn max_under(
    coverage: &CellCoverage,
    tokens: &FeatureMatrix<'_>,
    least: f64,
) -> Result<Option<Vec<f32>>, GeometryError> {
    one_each(coverage, tokens.len())?;
    let mut largest: Option<Vec<f32>> = None;
    let mut token = Vec::with_capacity(tokens.dim());
    for (index, _) in coverage.covered().filter(|(_, fraction)| *fraction >= least) {
        token.clear();
        tokens.extend_f32(index, &mut token);
        match &mut largest {
            Some(largest) => {
                for (most, value) in largest.iter_mut().zip(&token) {
                    *most = most.max(*value);
                }
            }
            None => largest = Some(token.clone()),
        }
    }
    Ok(largest)
}

/// A heat map under a segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeatSummary {
    /// The mean of the cells, each weighted by its covered fraction.
    pub mean: f32,
    /// The largest value of the cells that are touched.
    pub max: f32,
    /// The fraction of the covered volume that lies in cells of more than the threshold.
    pub above: f64,
    /// Cells that are touched.
    pub cells: usize,
}

/// A heat map, one value a cell in C order of the grid, under a segment; `None` when no cell is
/// covered. O(cells).
///
/// # Errors
///
/// [`GeometryError::Values`] when there is not one value a cell.
pub fn heat_under(
    coverage: &CellCoverage,
    values: &[f32],
    threshold: f32,
) -> Result<Option<HeatSummary>, GeometryError> {
    one_each(coverage, values.len())?;
    let (mut sum, mut weights, mut above) = (0.0_f64, 0.0_f64, 0.0_f64);
    let (mut max, mut cells) = (f32::NEG_INFINITY, 0_usize);
    for (index, fraction) in coverage.covered() {
        let Some(&value) = values.get(index) else { continue };
        sum += fraction * f64::from(value);
        weights += fraction;
        above += if value > threshold { fraction } else { 0.0 };
        max = max.max(value);
        cells = cells.saturating_add(1);
    }
    let summary =
        || HeatSummary { mean: narrow(sum / weights), max, above: above / weights, cells };
    Ok((weights > 0.0).then(summary))
}

fn one_each(coverage: &CellCoverage, given: usize) -> Result<(), GeometryError> {
    let wanted = coverage.voxels().len();
    if given == wanted { Ok(()) } else { Err(GeometryError::Values { given, wanted }) }
}

#[expect(clippy::cast_possible_truncation, reason = "rounded to the nearest, as it is stored")]
fn narrow(value: f64) -> f32 {
    value as f32
}

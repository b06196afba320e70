//! Features that are too short, or too far from the others.

#![deny(clippy::arithmetic_side_effects)]

use super::super::kernels::Kernel;
use super::super::series::Series;
use super::super::similarity::{Metric, Scorer};
use super::super::statistics::summarize;
use super::super::sweep::{Eligible, Sweep};
use super::{Listed, region_of};
use crate::container::column::Column;
use crate::error::Result;
use crate::format::schema::FieldDef;

/// A norm below this share of the median is short.
const SHORT: f64 = 1e-6;
/// Distances are judged from this many on.
const SAMPLES_MIN: usize = 8;
/// A distance this many standard deviations over the mean is far.
const FAR: f64 = 4.0;

/// A feature of hardly any length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShortFeature {
    /// Its region; `None` in a vector field.
    pub region: Option<u16>,
    /// The row of its image.
    pub row: u64,
    /// Its norm.
    pub norm: f32,
    /// The median norm of the region.
    pub median: f32,
}

/// A feature unlike the others of its region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FarFeature {
    /// Its region; `None` in a vector field.
    pub region: Option<u16>,
    /// The row of its image.
    pub row: u64,
    /// Its cosine distance, 1 - cosine, to the centroid.
    pub distance: f64,
    /// How many standard deviations that is over the mean distance.
    pub z: f64,
}

/// Number of features, those too short by row, and those too far, the largest z first.
pub(super) fn judge(
    column: Option<&Column>,
    field: &FieldDef,
    series: Series,
    limit: usize,
) -> Result<(u64, Listed<ShortFeature>, Listed<FarFeature>)> {
    let mut norms: Vec<(u64, f32)> = Vec::new();
    let summary = summarize(column, field, series, |row, norm| norms.push((row, norm)))?;
    let median = lower_median(&norms);
    let is_short = |norm: f32| norm == 0.0 || f64::from(norm) < SHORT * f64::from(median);
    let region = region_of(series);
    let short = norms.iter().filter(|(_, norm)| is_short(*norm));
    let mut short: Vec<ShortFeature> =
        short.map(|&(row, norm)| ShortFeature { region, row, norm, median }).collect();
    short.sort_unstable_by_key(|found| found.row);
    let mut norms = norms.into_iter();
    let mut distances = Vec::new();
    let centroid = Scorer::new(Metric::Cosine, Kernel::best(), &summary.mean);
    let mut sweep = Sweep::default();
    for group in column.map_or(&[][..], Column::groups) {
        let Some(stretch) = series.stretch(group.group(), field)? else { continue };
        let eligible = Eligible::new(group, None, None)?;
        sweep.scores(&stretch, &eligible, &centroid, |chosen, cosine| {
            // The same pass as that of the norms: the n-th here is the n-th there.
            let norm = norms.next().map_or(0.0, |(_, norm)| norm);
            if norm.is_finite() && !is_short(norm) && !cosine.is_nan() {
                distances.push((chosen.row, 1.0 - f64::from(cosine)));
            }
        })?;
    }
    let far = far_ones(region, &distances);
    Ok((summary.count, Listed::cut(short, limit), Listed::cut(far, limit)))
}

fn lower_median(norms: &[(u64, f32)]) -> f32 {
    let mut sorted: Vec<f32> = norms.iter().map(|(_, norm)| *norm).collect();
    let middle = sorted.len().saturating_sub(1) / 2;
    if sorted.is_empty() {
        return 0.0;
    }
    *sorted.select_nth_unstable_by(middle, f32::total_cmp).1
}

fn far_ones(region: Option<u16>, distances: &[(u64, f64)]) -> Vec<FarFeature> {
    if distances.len() < SAMPLES_MIN {
        return Vec::new();
    }
    let count = distances.len() as f64;
    let mean = distances.iter().map(|(_, distance)| distance).sum::<f64>() / count;
    let squares = distances.iter().map(|(_, distance)| (distance - mean) * (distance - mean));
    let sd = (squares.sum::<f64>() / count).sqrt();
    let is_far = |distance: f64| sd > 0.0 && distance > mean + FAR * sd;
    let far = distances.iter().filter(|(_, distance)| is_far(*distance));
    let mut far: Vec<FarFeature> = far
        .map(|&(row, distance)| FarFeature { region, row, distance, z: (distance - mean) / sd })
        .collect();
    far.sort_unstable_by(|a, b| b.z.total_cmp(&a.z).then(a.row.cmp(&b.row)));
    far
}

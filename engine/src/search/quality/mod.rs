//! A report on what may be wrong with the values of a field.
//!
//! | finding | is |
//! |---|---|
//! | short | a feature of norm 0, or below 1e-6 of the median norm of its region |
//! | far | a feature whose cosine distance to the centroid of its region exceeds mean + 4 sd of those distances |
//! | unusual count | an image with a number of regions outside the fences of Tukey, 1.5 IQR beyond the quartiles |
//! | duplicates | features of one region in several images, equal to the last bit |
//!
//! In a vector field all vectors count as one region, and there are no counts. The centroid is the mean of all
//! features of a region; short features have no direction and take no part in the distances, nor do those
//! whose norm overflows. Distances are judged in regions of at least 8; sd is that of the population, so that
//! the largest possible z of n distances is sqrt(n - 1) and nothing is far among fewer than 18. The median is
//! the lower one; quartiles are interpolated linearly (Hyndman and Fan, "Sample quantiles in statistical
//! packages", 1996, type 7). Zero features are reported as short and not as duplicates of each other.
//!
//! Counts are exact, lists are cut to the limit that the caller gives. The same state gives the same report
//! for any number of threads.

mod counts;
mod duplicates;
mod features;
#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small numbers of a test"
)]
mod tests;

pub use counts::UnusualCount;
pub use duplicates::Duplicates;
pub use features::{FarFeature, ShortFeature};

use super::parallel;
use super::series::Series;
use super::statistics::features_bytes;
use crate::container::state::State;
use crate::error::{Error, Result};
use crate::format::schema::{FieldDef, FieldKind};

/// Findings of one kind: how many, and the first of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    /// All findings.
    pub count: u64,
    /// As many as the limit allows.
    pub items: Vec<T>,
}

/// What may be wrong with a field.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QualityReport {
    /// Features looked at.
    pub features: u64,
    /// Short features, by region and row.
    pub short: Listed<ShortFeature>,
    /// Far features, the largest z first, then by region and row.
    pub far: Listed<FarFeature>,
    /// Images with unusually few or many regions, by row.
    pub unusual_counts: Listed<UnusualCount>,
    /// Numbers of regions from the first to the second are usual; `None` without images and for vectors.
    pub usual_counts: Option<(f64, f64)>,
    /// Groups of equal features, by region and lowest row.
    pub duplicates: Listed<Duplicates>,
}

/// What was found in one series.
#[derive(Debug, Default)]
struct Findings {
    features: u64,
    short: Listed<ShortFeature>,
    far: Listed<FarFeature>,
    duplicates: Listed<Duplicates>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { count: 0, items: Vec::new() }
    }
}

impl<T> Listed<T> {
    /// All of some findings, cut to a limit.
    fn cut(mut items: Vec<T>, limit: usize) -> Self {
        let count = items.len() as u64;
        items.truncate(limit);
        items.shrink_to_fit();
        Self { count, items }
    }

    /// Adds later findings.
    fn extend(&mut self, more: Self, limit: usize) {
        self.count = self.count.saturating_add(more.count);
        let room = limit.saturating_sub(self.items.len());
        self.items.extend(more.items.into_iter().take(room));
    }
}

/// Reports on a vector field or a regions field, with at most `limit` findings of a kind and rows of a group
/// of duplicates. Three passes over the features; regions are worked on side by side, `threads` 0 leaves
/// the number of threads to the engine. Memory: some 64 bytes a feature of a region, for each thread.
///
/// # Errors
///
/// [`Error::WrongKind`] for other fields, [`Error::Corrupt`].
pub fn quality(
    state: &State,
    field: &FieldDef,
    limit: usize,
    threads: usize,
) -> Result<QualityReport> {
    let series = match field.kind {
        FieldKind::Vector => vec![Series::Vectors],
        FieldKind::Regions => {
            let regions = (0..u16::MAX).take(field.regions.len());
            regions.map(Series::Region).collect()
        }
        other => {
            let (is, wanted) = (other.to_string(), "vector or regions".into());
            return Err(Error::WrongKind { name: field.name.clone(), is, wanted });
        }
    };
    let column = state.column(field.column);
    let workers = parallel::threads(threads, features_bytes(column, field));
    let findings = parallel::map(workers, series.len(), |task| {
        let Some(&series) = series.get(task) else { return Ok(Findings::default()) };
        let (features, short, far) = features::judge(column, field, series, limit)?;
        let duplicates = duplicates::find(column, field, series, limit)?;
        Ok(Findings { features, short, far, duplicates })
    })?;
    let mut report = QualityReport::default();
    for found in findings {
        report.features = report.features.saturating_add(found.features);
        report.short.extend(found.short, limit);
        report.far.extend(found.far, usize::MAX);
        report.duplicates.extend(found.duplicates, limit);
    }
    // Stable, so that equal ones stay in the order of regions and rows.
    report.far.items.sort_by(|a, b| b.z.total_cmp(&a.z));
    report.far.items.truncate(limit);
    if field.kind == FieldKind::Regions {
        (report.usual_counts, report.unusual_counts) =
            counts::judge(column, field, limit, threads)?;
    }
    Ok(report)
}

/// The region of a series, for a finding.
fn region_of(series: Series) -> Option<u16> {
    match series {
        Series::Vectors => None,
        Series::Region(region) => Some(region),
    }
}

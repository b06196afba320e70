//! Images with unusually few or many regions.

#![deny(clippy::arithmetic_side_effects)]

use super::super::parallel;
use super::super::statistics::{PIECE_POSITIONS, detected, each_set};
use super::super::sweep::Eligible;
use super::Listed;
use crate::container::column::Column;
use crate::error::Result;
use crate::format::schema::FieldDef;

/// How far beyond the quartiles a count may lie, in interquartile ranges (Tukey, "Exploratory Data
/// Analysis", 1977).
const FENCE: f64 = 1.5;

/// Numbers of regions from the first to the second are usual.
type Fences = (f64, f64);

/// An image with unusually few or many regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnusualCount {
    /// Its row.
    pub row: u64,
    /// How many regions it has.
    pub regions: u32,
}

/// The fences, and the images outside of them by row.
pub(super) fn judge(
    column: Option<&Column>,
    field: &FieldDef,
    limit: usize,
    threads: usize,
) -> Result<(Option<Fences>, Listed<UnusualCount>)> {
    let histogram = detected(column, field, threads)?;
    let images: u64 = histogram.iter().sum();
    if images == 0 {
        return Ok((None, Listed::default()));
    }
    let (low, high) = (quantile(&histogram, images, 0.25), quantile(&histogram, images, 0.75));
    let fences = (low - FENCE * (high - low), high + FENCE * (high - low));
    let pieces = parallel::pieces(column, 1, 0, PIECE_POSITIONS)?;
    let lists = parallel::map(threads.max(1), pieces.len(), |task| {
        let mut list = Vec::new();
        let Some(piece) = pieces.get(task) else { return Ok(Listed::default()) };
        let eligible = Eligible::new(piece.group, None, None)?;
        each_set(piece, &eligible, |row, set| {
            let count = set.len() as f64;
            if count < fences.0 || count > fences.1 {
                let regions = u32::try_from(set.len()).unwrap_or(u32::MAX);
                list.push(UnusualCount { row, regions });
            }
            Ok(())
        })?;
        Ok(Listed::cut(list, limit))
    })?;
    let mut all = Listed::default();
    for list in lists {
        all.extend(list, usize::MAX);
    }
    all.items.sort_unstable_by_key(|found: &UnusualCount| found.row);
    all.items.truncate(limit);
    Ok((Some(fences), all))
}

/// The quantile `p` of the counts of `images` images, interpolated linearly between neighbours.
fn quantile(histogram: &[u64], images: u64, p: f64) -> f64 {
    let place = p * images.saturating_sub(1) as f64;
    let below = place.floor();
    let low = nth(histogram, below);
    let high = nth(histogram, place.ceil());
    low + (place - below) * (high - low)
}

/// The n-th smallest count, n from 0.
fn nth(histogram: &[u64], n: f64) -> f64 {
    let mut before = 0_u64;
    for (count, images) in histogram.iter().enumerate() {
        before = before.saturating_add(*images);
        if (before as f64) > n {
            return count as f64;
        }
    }
    histogram.len().saturating_sub(1) as f64
}

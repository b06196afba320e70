//! Statistics of a regions field.

#![deny(clippy::arithmetic_side_effects)]

use super::super::parallel;
use super::super::series::Series;
use super::super::sweep::Eligible;
use super::super::vectors::check_kind;
use super::presence::{PIECE_POSITIONS, bytes_of};
use super::{FeatureStatistics, each_set, summarize};
use crate::container::column::Column;
use crate::container::state::State;
use crate::error::{Error, Result};
use crate::format::schema::{FieldDef, FieldKind};

/// Most bytes of all mean features together.
const MEANS_BYTES_MAX: u64 = 1 << 30;

/// Statistics of a regions field.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegionsStatistics {
    /// Live images of the container.
    pub images: u64,
    /// Those with a value in the field, though it may be of no region.
    pub with_value: u64,
    /// Regions per image with a value: their mean; 0 without images.
    pub mean_detected: f64,
    /// The fewest regions of an image with a value.
    pub min_detected: u32,
    /// The most.
    pub max_detected: u32,
    /// How many images have 0, 1, 2, ... regions, up to `max_detected`.
    pub histogram: Vec<u64>,
    /// Every region of the field, by index.
    pub regions: Vec<RegionStatistics>,
}

/// Statistics of one region.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionStatistics {
    /// Index of the region.
    pub region: u16,
    /// Its share of the images with a value; 0 without images. How many they are says `features.count`.
    pub rate: f64,
    /// Its features.
    pub features: FeatureStatistics,
}

/// Statistics of a regions field. One pass over it; `threads` 0 leaves their number to the engine.
///
/// # Errors
///
/// [`Error::Limit`] where the mean features would be over 1 GiB, [`Error::WrongKind`],
/// [`Error::Corrupt`].
pub fn regions(state: &State, field: &FieldDef, threads: usize) -> Result<RegionsStatistics> {
    check_kind(field, FieldKind::Regions)?;
    let means = (field.regions.len() as u64).saturating_mul(u64::from(field.dim).saturating_mul(4));
    if means > MEANS_BYTES_MAX {
        let (what, limit) = ("bytes of mean features", MEANS_BYTES_MAX);
        return Err(Error::Limit { what, value: means, limit });
    }
    let column = state.column(field.column);
    let histogram = detected(column, field, threads)?;
    let with_value: u64 = histogram.iter().sum();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let sum = (0_u64..).zip(&histogram).map(|(n, images)| n.saturating_mul(*images));
    let sum = sum.fold(0, u64::saturating_add);
    let bytes = features_bytes(column, field);
    let threads = parallel::threads(threads, bytes);
    let regions = parallel::map(threads, field.regions.len(), |index| {
        let region = u16::try_from(index).unwrap_or(u16::MAX);
        let features = summarize(column, field, Series::Region(region), |_, _| {})?;
        Ok(RegionStatistics { region, rate: share(features.count, with_value), features })
    })?;
    Ok(RegionsStatistics {
        images: state.images(),
        with_value,
        mean_detected: share(sum, with_value),
        min_detected: number(histogram.iter().position(|images| *images > 0).unwrap_or(0)),
        max_detected: number(histogram.len().saturating_sub(1)),
        histogram,
        regions,
    })
}

/// How many images have 0, 1, 2, ... regions; the last is not 0.
pub(in super::super) fn detected(
    column: Option<&Column>,
    field: &FieldDef,
    threads: usize,
) -> Result<Vec<u64>> {
    let threads = parallel::threads(threads, bytes_of(column));
    let pieces = parallel::pieces(column, threads, 0, PIECE_POSITIONS)?;
    let most = field.regions.len();
    let make = || Ok(vec![0_u64; most.saturating_add(1)]);
    let workers = parallel::run(threads, pieces.len(), make, |counts, task| {
        let Some(piece) = pieces.get(task) else { return Ok(()) };
        let eligible = Eligible::new(piece.group, None, None)?;
        each_set(piece, &eligible, |_, set| {
            if let Some(count) = counts.get_mut(set.len().min(most)) {
                *count = count.saturating_add(1);
            }
            Ok(())
        })
    })?;
    let mut histogram = make()?;
    for counts in workers {
        for (sum, count) in histogram.iter_mut().zip(counts) {
            *sum = sum.saturating_add(count);
        }
    }
    let used =
        histogram.iter().rposition(|images| *images > 0).map_or(0, |last| last.saturating_add(1));
    histogram.truncate(used);
    Ok(histogram)
}

/// Bytes of all features of a field.
pub(in super::super) fn features_bytes(column: Option<&Column>, field: &FieldDef) -> u64 {
    let groups = column.map_or(&[][..], Column::groups).iter();
    let total = groups.fold(0_u64, |sum, group| sum.saturating_add(group.group().desc().total));
    total.saturating_mul(field.stride())
}

fn share(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

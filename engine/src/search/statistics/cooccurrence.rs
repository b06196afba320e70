//! Which regions are found in the same images.

#![deny(clippy::arithmetic_side_effects)]

use super::super::parallel;
use super::super::sweep::Eligible;
use super::super::vectors::check_kind;
use super::each_set;
use super::presence::{PIECE_POSITIONS, bytes_of};
use crate::container::state::State;
use crate::error::{Error, Result};
use crate::format::Rule;
use crate::format::schema::{FieldDef, FieldKind};

/// Most regions: 32 MiB of counts.
const REGIONS_MAX: usize = 2048;
/// Most bytes of the counts of all threads.
const COUNTS_BYTES_MAX: usize = 256 << 20;

/// For each pair of regions the number of images that have both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoOccurrence {
    regions: usize,
    counts: Vec<u64>,
}

impl CoOccurrence {
    /// Number of regions, R.
    pub fn regions(&self) -> usize {
        self.regions
    }

    /// The counts `[R, R]`, symmetric; on the diagonal the images that have the region.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Images that have both regions; 0 for a region that is not there.
    pub fn count(&self, a: u16, b: u16) -> u64 {
        let (a, b) = (usize::from(a), usize::from(b));
        let place = a.checked_mul(self.regions).and_then(|row| row.checked_add(b));
        let place = place.filter(|_| b < self.regions);
        place.and_then(|place| self.counts.get(place)).copied().unwrap_or(0)
    }
}

/// Counts in how many live images each pair of regions occurs. O(sum over images of regions squared), no
/// feature is read; `threads` 0 leaves their number to the engine.
///
/// # Errors
///
/// [`Error::Limit`] for a field of more than 2,048 regions, [`Error::WrongKind`], [`Error::Corrupt`].
pub fn cooccurrence(state: &State, field: &FieldDef, threads: usize) -> Result<CoOccurrence> {
    check_kind(field, FieldKind::Regions)?;
    let regions = field.regions.len();
    if regions > REGIONS_MAX {
        let (value, limit) = (regions as u64, REGIONS_MAX as u64);
        return Err(Error::Limit { what: "regions of a co-occurrence matrix", value, limit });
    }
    let cells = regions.saturating_mul(regions);
    let column = state.column(field.column);
    let affordable = COUNTS_BYTES_MAX.checked_div(cells.saturating_mul(8)).unwrap_or(1).max(1);
    let threads = parallel::threads(threads, bytes_of(column)).min(affordable);
    let pieces = parallel::pieces(column, threads, 0, PIECE_POSITIONS)?;
    let make = || Ok(vec![0_u64; cells]);
    let workers = parallel::run(threads, pieces.len(), make, |counts, task| {
        let Some(piece) = pieces.get(task) else { return Ok(()) };
        let eligible = Eligible::new(piece.group, None, None)?;
        each_set(piece, &eligible, |_, set| {
            if set.last().is_some_and(|&last| usize::from(last) >= regions) {
                let text = "a region has a number that the field does not have";
                return Err(piece.group.group().damage(Rule::RegionRows, text));
            }
            count_pairs(counts, regions, set);
            Ok(())
        })
    })?;
    let mut counts = make()?;
    for worker in workers {
        for (sum, count) in counts.iter_mut().zip(worker) {
            *sum = sum.saturating_add(count);
        }
    }
    Ok(CoOccurrence { regions, counts })
}

/// Counts one image.
fn count_pairs(counts: &mut [u64], regions: usize, set: &[u16]) {
    for &a in set {
        let start = usize::from(a).saturating_mul(regions);
        let Some(row) = counts.get_mut(start..start.saturating_add(regions)) else { return };
        for &b in set {
            if let Some(count) = row.get_mut(usize::from(b)) {
                *count = count.saturating_add(1);
            }
        }
    }
}

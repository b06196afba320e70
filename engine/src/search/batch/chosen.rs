//! Which rows of a block count.

#![deny(clippy::arithmetic_side_effects)]

use std::ops::Range;

use super::super::kernels::tiles::Hit;
use super::super::series::Stretch;
use super::super::sweep::Eligible;
use crate::error::Result;

/// Drops rows that do not count and lanes without a query; how many pairs are left.
pub(super) fn keep(hits: &mut Vec<Hit>, chosen: &[Option<u64>], mask: u64) -> usize {
    let mut left = 0_usize;
    hits.retain_mut(|hit| {
        hit.lanes &= mask;
        let counts = hit.lanes != 0 && chosen.get(hit.row).is_some_and(Option::is_some);
        if counts {
            left = left.saturating_add(hit.lanes.count_ones() as usize);
        }
        counts
    });
    left
}

/// The rows of a block that count; how many.
pub(super) fn choose(
    chosen: &mut Vec<Option<u64>>,
    stretch: &Stretch<'_>,
    eligible: &Eligible<'_>,
    range: &Range<usize>,
) -> Result<usize> {
    chosen.clear();
    chosen.resize(range.len(), None);
    let mut count = 0_usize;
    eligible.features(stretch, range.clone(), |one| {
        let slot = chosen.get_mut(one.index.saturating_sub(range.start));
        count = count.saturating_add(usize::from(slot.is_some()));
        if let Some(slot) = slot {
            *slot = Some(one.row);
        }
    })?;
    Ok(count)
}

//! The set of regions of each image, read without any feature.

#![deny(clippy::arithmetic_side_effects)]

use super::super::parallel::Piece;
use super::super::sweep::Eligible;
use crate::container::column::Column;
use crate::error::Result;
use crate::format::Rule;
use crate::format::group::layout::section;

/// Most images whose sets are read at once.
pub(in super::super) const PIECE_POSITIONS: usize = 65_536;

/// Hands out row and regions, ascending, of each image of a piece that counts.
pub(in super::super) fn each_set(
    piece: &Piece<'_>,
    eligible: &Eligible<'_>,
    mut each: impl FnMut(u64, &[u16]) -> Result<()>,
) -> Result<()> {
    let group = piece.group.group();
    let range = piece.positions.start..piece.positions.end.saturating_add(1);
    let starts: &[u32] = group.part(section::IMAGE_STARTS, range)?;
    let (Some(&base), Some(&end)) = (starts.first(), starts.last()) else { return Ok(()) };
    let regions: &[u16] = group.part(section::IMAGE_REGIONS, base as usize..end as usize)?;
    let bad = || group.damage(Rule::RegionRows, "the regions of an image are out of bounds");
    for (position, ends) in piece.positions.clone().zip(starts.windows(2)) {
        let &[start, end] = ends else { continue };
        let Some(row) = eligible.row(position) else { continue };
        let place = |at: u32| at.checked_sub(base).map(|at| at as usize);
        let range = place(start).zip(place(end)).filter(|(start, end)| start <= end);
        let set = range.and_then(|(start, end)| regions.get(start..end)).ok_or_else(bad)?;
        if !set.is_sorted_by(|a, b| a < b) {
            return Err(bad());
        }
        each(row, set)?;
    }
    Ok(())
}

/// Rough bytes that a pass over the sets of a column reads, for the choice of threads.
pub(super) fn bytes_of(column: Option<&Column>) -> u64 {
    let groups = column.map_or(&[][..], Column::groups).iter();
    groups.fold(0_u64, |sum, group| {
        let desc = group.group().desc();
        sum.saturating_add(desc.count.saturating_mul(4))
            .saturating_add(desc.total.saturating_mul(2))
    })
}

//! All parts as one list of runs, and that list as slices of labels.

use std::ops::Range;

use super::super::{Bounds, Runs, VoxelShape};
use super::{PARTS_MAX, SLICE_VOXELS_MAX};

/// A run with its label: the ordinal of the part plus one.
#[derive(Clone, Copy)]
struct Labelled {
    start: u64,
    end: u64,
    label: u16,
}

/// Disjoint parts, ready to be painted slice by slice.
pub(super) struct Painter {
    pub(super) shape: VoxelShape,
    pub(super) bounds: Bounds,
    pub(super) parts: u16,
    runs: Vec<Labelled>,
    next: usize,
}

impl Painter {
    /// `None` when parts overlap, have other shapes, are too many, or their box has slices that are too large.
    pub(super) fn new(parts: &[&Runs]) -> Option<Self> {
        let shape = parts.first()?.shape();
        if parts.len() > PARTS_MAX || parts.iter().any(|part| part.shape() != shape) {
            return None;
        }
        let mut bounds = Bounds::default();
        let mut runs = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
        for (part, label) in parts.iter().zip(1..=u16::MAX) {
            bounds = bounds.union(&part.bounds().unwrap_or_default());
            let labelled =
                |run: &super::super::Run| Labelled { start: run.start, end: run.end, label };
            runs.extend(part.as_slice().iter().map(labelled));
        }
        runs.sort_unstable_by_key(|run| run.start);
        let overlap = runs.windows(2).any(|pair| matches!(pair, [a, b] if a.end > b.start));
        if overlap || slice_voxels(&bounds) > SLICE_VOXELS_MAX {
            return None;
        }
        let parts = u16::try_from(parts.len()).ok()?;
        Some(Self { shape, bounds, parts, runs, next: 0 })
    }

    /// Columns of the box.
    pub(super) fn width(&self) -> usize {
        length(&self.bounds.columns)
    }

    /// Rows of the box.
    pub(super) fn height(&self) -> usize {
        length(&self.bounds.rows)
    }

    /// Paints a slice of the box into `labels`, which has one value a voxel of it. Slices must be asked for in
    /// ascending order. Returns whether there is any voxel.
    pub(super) fn paint(&mut self, slice: u64, labels: &mut [u16]) -> bool {
        labels.fill(0);
        let width = self.shape.width().max(1);
        let first_row =
            slice.saturating_mul(self.shape.height()).saturating_add(self.bounds.rows.start);
        let end = slice.saturating_add(1).saturating_mul(self.shape.slice_voxels());
        let rest = self.runs.get(self.next..).unwrap_or(&[]);
        let (here, _) = rest.split_at(rest.partition_point(|run| run.start < end));
        for run in here {
            let row = (run.start / width).saturating_sub(first_row);
            let x = (run.start % width).saturating_sub(self.bounds.columns.start);
            let at = row.saturating_mul(self.width() as u64).saturating_add(x);
            let range = usize::try_from(at).ok().zip(usize::try_from(run.end - run.start).ok());
            let range = range.and_then(|(at, len)| labels.get_mut(at..at.checked_add(len)?));
            if let Some(range) = range {
                range.fill(run.label);
            }
        }
        self.next += here.len();
        !here.is_empty()
    }
}

/// Voxels of a slice of a box.
pub(super) fn slice_voxels(bounds: &Bounds) -> u64 {
    let axis = |range: &Range<u64>| range.end.saturating_sub(range.start);
    axis(&bounds.rows).saturating_mul(axis(&bounds.columns))
}

/// Length of an axis of a box.
pub(super) fn length(range: &Range<u64>) -> usize {
    usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX)
}

/// The slabs that the slices of a box are in.
pub(super) fn slabs(slices: &Range<u64>) -> Range<u64> {
    if slices.is_empty() {
        return 0..0;
    }
    slices.start / super::SLAB_SLICES..slices.end.div_ceil(super::SLAB_SLICES)
}

/// The slices of a box that are in a slab.
pub(super) fn slices_of(slab: u64, slices: &Range<u64>) -> Range<u64> {
    let start = slab.saturating_mul(super::SLAB_SLICES);
    start.max(slices.start)..start.saturating_add(super::SLAB_SLICES).min(slices.end)
}

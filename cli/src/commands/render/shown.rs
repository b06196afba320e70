//! The segments on a slice.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use vesalius::{Axis, Run, Runs, SegmentRef, Space, VoxelShape, voxel_mm3};
use vesalius_convert::picture::SliceSegment;

use super::super::heatmap::ascii;
use super::super::segments::{full_name, refused};
use super::view::{Cut, View};
use crate::Result;
use crate::output::volume;

/// A segment on a slice.
pub(super) struct Shown<'s> {
    pub(super) segment: SegmentRef<'s>,
    /// Its voxels on the slice, as a set in two dimensions.
    pub(super) runs: Runs,
    name: String,
    detail: String,
    /// What gives it a colour when it has none.
    label: u32,
}

impl Shown<'_> {
    /// As it is drawn.
    pub(super) fn drawn(&self) -> SliceSegment<'_> {
        let colour = self.segment.segment().colour.map(|[r, g, b, _]| [r, g, b]);
        let (name, detail, runs) = (&self.name, &self.detail, self.runs.as_slice());
        SliceSegment { name, detail, label: self.label, colour, runs }
    }
}

/// The slice that a cut means, and the segments on it in the order in which they are drawn. Of the segments, only
/// the slabs that the slice needs are decoded; all of the frame where the slice is to be found first.
pub(super) fn on_slice<'s>(
    mut segments: Vec<SegmentRef<'s>>,
    space: &Space,
    cut: Cut,
    frame: u64,
) -> Result<(View, Vec<Shown<'s>>)> {
    let shape = VoxelShape::of_space(space).map_err(|error| refused(&error))?;
    let start = View { shape, axis: cut.axis, at: cut.at.unwrap_or(0), frame }.check()?;
    let view = View { at: cut.at.map_or_else(|| fullest(&segments, &start), Ok)?, ..start };
    // The larger below the smaller, so that what lies in something else is seen.
    segments.sort_by_key(|s| (s.priority(), u64::MAX.saturating_sub(s.voxels()), s.order()));
    let labels: BTreeSet<u32> = segments.iter().map(SegmentRef::label).collect();
    let distinct = labels.len() == segments.len();
    let names = segments.iter().map(SegmentRef::name);
    let alone: BTreeMap<String, u32> = names.fold(BTreeMap::new(), |mut counts, name| {
        counts
            .entry(name.to_owned())
            .and_modify(|n: &mut u32| *n = n.saturating_add(1))
            .or_insert(1);
        counts
    });
    let mut shown = Vec::new();
    for segment in segments {
        let runs = slice_of(&segment, &view)?;
        if runs.is_empty() {
            continue;
        }
        let unique = alone.get(segment.name()) == Some(&1);
        let group = if unique { "" } else { segment.group() };
        let number = u32::try_from(segment.order()).unwrap_or(u32::MAX).saturating_add(1);
        shown.push(Shown {
            name: ascii(&full_name(group, segment.name())),
            detail: volume(mm3(&segment, &view)?),
            label: if distinct { segment.label() } else { number },
            runs,
            segment,
        });
    }
    Ok((view, shown))
}

/// The volume of a segment in the frame.
fn mm3(segment: &SegmentRef<'_>, view: &View) -> Result<f64> {
    if view.shape.frames() == 1 {
        return Ok(segment.volume_mm3());
    }
    let runs = segment.runs_of_slices(slices(view))?;
    Ok(runs.voxels() as f64 * voxel_mm3(segment.space()))
}

/// The slices of the frame.
fn slices(view: &View) -> Range<u64> {
    let depth = view.shape.depth();
    let first = view.frame.saturating_mul(depth);
    first..first.saturating_add(depth)
}

/// The voxels of a segment on the slice.
fn slice_of(segment: &SegmentRef<'_>, view: &View) -> Result<Runs> {
    let all = slices(view);
    let wanted = match view.axis {
        Axis::Z => {
            let slice = all.start.saturating_add(view.at);
            slice..slice.saturating_add(1)
        }
        Axis::Y | Axis::X => all,
    };
    let near = segment.bounds().is_some_and(|bounds| match view.axis {
        Axis::Z => bounds.slices.contains(&wanted.start),
        Axis::Y => bounds.rows.contains(&view.at),
        Axis::X => bounds.columns.contains(&view.at),
    });
    let runs = if near { segment.runs_of_slices(wanted)? } else { Runs::empty(segment.shape()) };
    runs.slice(view.frame, view.axis, view.at).map_err(|error| refused(&error))
}

/// The slice of the frame with the most voxels of segments, the first of several; the middle one where there is
/// none. O(runs of the frame * log slices with voxels).
fn fullest(segments: &[SegmentRef<'_>], view: &View) -> Result<u64> {
    let mut changes = BTreeMap::new();
    for segment in segments {
        let runs = segment.runs_of_slices(slices(view))?;
        runs.as_slice().iter().for_each(|run| count(run, view, &mut changes));
    }
    let (mut here, mut best) = (0_i128, None::<(i128, u64)>);
    for (at, change) in changes {
        here = here.saturating_add(change);
        if best.is_none_or(|(most, _)| here > most) {
            best = Some((here, at));
        }
    }
    let [depth, height, width] = view.shape.zyx();
    let middle = match view.axis {
        Axis::Z => depth / 2,
        Axis::Y => height / 2,
        Axis::X => width / 2,
    };
    Ok(best.map_or(middle, |(_, at)| at))
}

/// Adds a run: how many voxels more or fewer a slice has than the one before it.
fn count(run: &Run, view: &View, changes: &mut BTreeMap<u64, i128>) {
    let [_, z, y, x] = view.shape.position(run.start);
    let mut add = |from: u64, to: u64, voxels: i128| {
        let mut change = |at: u64, by: i128| {
            let value = changes.entry(at).or_insert(0);
            *value = value.saturating_add(by);
        };
        change(from, voxels);
        change(to, voxels.saturating_neg());
    };
    let length = i128::from(run.len());
    match view.axis {
        Axis::Z => add(z, z.saturating_add(1), length),
        Axis::Y => add(y, y.saturating_add(1), length),
        Axis::X => add(x, x.saturating_add(run.len()), 1),
    }
}

//! Sets of voxels in another space: nearest neighbour.

#![deny(clippy::arithmetic_side_effects)]

use std::ops::Range;

use super::algebra::{between, push};
use super::index_map::{IndexMap, steps_to};
use super::rows::{FrameRuns, RowStarts};
use super::world::nearest;
use super::{Run, Runs, RunsError, VoxelShape};
use crate::format::space::Space;

impl Runs {
    /// The set in another space. A voxel of `to` is in the result if the voxel of `from` nearest to its centre is in
    /// this set; what lies outside `from` is not.
    ///
    /// Exactly: the centre (z, y, x) of `to` has the index position `p = m (z, y, x) + o` in `from`, where `m` and `o`
    /// follow from the two spaces, and an entry of `m` that moves `p` by less than 1e-6 voxels over all of `to` is
    /// zero. The voxel is `floor(p + 1/2 + 1e-6)` along each axis: rounded half up, with the noise of headers
    /// ([`TIE_VOXELS`](crate::mask::TIE_VOXELS)) kept from deciding ties. Frames are taken one by one.
    ///
    /// Where rows of `to` lie along rows of `from`, O(rows of `to` that may have voxels * log runs + their runs);
    /// otherwise each voxel of those rows is looked up.
    ///
    /// # Errors
    ///
    /// [`RunsError::Shapes`] when `from` has another shape than the set, or `to` another number of frames;
    /// [`RunsError::Space`] when a space has no inverse; [`RunsError::Shape`] and [`RunsError::Memory`].
    pub fn resample(&self, from: &Space, to: &Space) -> Result<Self, RunsError> {
        let (left, right) = (VoxelShape::of_space(from)?, VoxelShape::of_space(to)?);
        self.same_shape(&Self::empty(left))?;
        if left.frames() != right.frames() {
            return Err(RunsError::Shapes { left, right });
        }
        let map = IndexMap::new(to, from)?;
        let Some(bounds) = self.bounds() else { return Ok(Self::empty(right)) };
        let z = if left.frames() == 1 { bounds.slices } else { 0..left.depth() };
        let ranges = IndexMap::new(from, to)?.ranges([z, bounds.rows, bounds.columns], right);
        let mut work = Work {
            source: self,
            to: right,
            starts: RowStarts::new(right),
            map,
            columns: ranges[2].clone(),
            out: Vec::new(),
        };
        for (t, _) in FrameRuns::new(left, self.as_slice()) {
            work.frame(t, &ranges)?;
        }
        Ok(Self::from_canonical(right, work.out))
    }
}

struct Work<'a> {
    source: &'a Runs,
    to: VoxelShape,
    starts: RowStarts,
    map: IndexMap,
    /// Outside these no voxel can be set.
    columns: Range<u64>,
    out: Vec<Run>,
}

impl Work<'_> {
    fn frame(&mut self, t: u64, [depth, height, _]: &[Range<u64>; 3]) -> Result<(), RunsError> {
        for z in depth.clone() {
            for y in height.clone() {
                let Some(origin) = self.to.index([t, z, y, 0]) else { continue };
                if self.map.keeps_rows() {
                    self.row(t, [z, y], origin)?;
                } else {
                    self.voxels(t, [z, y], origin)?;
                }
            }
        }
        Ok(())
    }

    /// A row of the result whose voxels are all of one row of the source.
    fn row(&mut self, t: u64, [z, y]: [u64; 2], origin: u64) -> Result<(), RunsError> {
        let shape = self.source.shape();
        let [along_z, along_y, _] = self.map.at([z as f64, y as f64, 0.0]);
        let place = nearest(along_z, shape.depth()).zip(nearest(along_y, shape.height()));
        let Some(start) = place.and_then(|(sz, sy)| shape.index([t, sz, sy, 0])) else {
            return Ok(());
        };
        let runs = between(self.source.as_slice(), start, start.saturating_add(shape.width()));
        let (offset, step) = self.map.along_x();
        let mut put = |run: &Run| {
            let ends = [run.start, run.end].map(|end| end.saturating_sub(start));
            let Range { start, end } = steps_to(offset, step, ends, self.to.width());
            let run = Run { start: origin.saturating_add(start), end: origin.saturating_add(end) };
            put(&mut self.out, &self.starts, run)
        };
        if step > 0.0 {
            runs.iter().try_for_each(&mut put)
        } else {
            runs.iter().rev().try_for_each(&mut put)
        }
    }

    /// A row of the result, voxel by voxel.
    fn voxels(&mut self, t: u64, [z, y]: [u64; 2], origin: u64) -> Result<(), RunsError> {
        let shape = self.source.shape();
        let [depth, height, width] = shape.zyx();
        let mut near = Near { runs: self.source.as_slice(), start: 0, end: 0, inside: false };
        for x in self.columns.clone() {
            let [along_z, along_y, along_x] = self.map.at([z as f64, y as f64, x as f64]);
            let found = nearest(along_z, depth)
                .zip(nearest(along_y, height))
                .zip(nearest(along_x, width))
                .and_then(|((sz, sy), sx)| shape.index([t, sz, sy, sx]));
            let Some(voxel) = found else { continue };
            if near.contains(voxel) {
                let start = origin.saturating_add(x);
                put(&mut self.out, &self.starts, Run { start, end: start.saturating_add(1) })?;
            }
        }
        Ok(())
    }
}

/// Looks up voxels that are mostly near the one before: in the same run or the same gap.
struct Near<'a> {
    runs: &'a [Run],
    /// The run or gap of the last voxel.
    start: u64,
    end: u64,
    inside: bool,
}

impl Near<'_> {
    fn contains(&mut self, voxel: u64) -> bool {
        if !(self.start..self.end).contains(&voxel) {
            let at = self.runs.partition_point(|run| run.end <= voxel);
            let before = at.checked_sub(1).and_then(|at| self.runs.get(at));
            let gap = (before.map_or(0, |run| run.end), u64::MAX);
            (self.start, self.end, self.inside) = match self.runs.get(at) {
                Some(run) if run.start <= voxel => (run.start, run.end, true),
                Some(run) => (gap.0, run.start, false),
                None => (gap.0, gap.1, false),
            };
        }
        self.inside
    }
}

/// Adds a run behind the others, joined with the last one if they touch within a row.
fn put(out: &mut Vec<Run>, starts: &RowStarts, run: Run) -> Result<(), RunsError> {
    match out.last_mut() {
        _ if run.is_empty() => Ok(()),
        Some(last) if last.end == run.start && !starts.has(run.start) => {
            last.end = run.end;
            Ok(())
        }
        _ => push(out, run),
    }
}

#[cfg(test)]
mod tests;

//! Parts of sets: a box, a frame, a slice, a point.

#![deny(clippy::arithmetic_side_effects)]

use super::algebra::{between, push};
use super::rows::{RowRuns, RowStarts, frame_of};
use super::{Run, Runs, RunsError, VoxelBox, VoxelShape, WorldToVoxel};

/// An axis in space that slices are cut across.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Slices of rows y and columns x.
    Z,
    /// Slices of rows z and columns x.
    Y,
    /// Slices of rows z and columns y.
    X,
}

impl Runs {
    /// Whether a voxel, by its number, is in the set. O(log runs).
    pub fn contains(&self, voxel: u64) -> bool {
        let runs = self.as_slice();
        let at = runs.partition_point(|run| run.end <= voxel);
        runs.get(at).is_some_and(|run| run.start <= voxel)
    }

    /// Whether the voxel (t, z, y, x) is in the set; false outside the array. O(log runs).
    pub fn contains_at(&self, position: [u64; 4]) -> bool {
        self.shape().index(position).is_some_and(|voxel| self.contains(voxel))
    }

    /// Whether the voxel of a frame that a point of the world (L, P, S) in mm is in, is in the set; false outside.
    pub fn contains_point(&self, places: &WorldToVoxel, frame: u64, world: [f64; 3]) -> bool {
        places.voxel(world).is_some_and(|[z, y, x]| self.contains_at([frame, z, y, x]))
    }

    /// The runs in a box, numbered as before.
    ///
    /// # Errors
    ///
    /// [`RunsError::Outside`] when the box is empty or not within the shape, [`RunsError::Memory`].
    pub fn within(&self, part: &VoxelBox) -> Result<Self, RunsError> {
        let shape = self.shape();
        let (height, width) = (shape.height(), shape.width());
        let number =
            |slice: u64, y: u64| slice.wrapping_mul(height).wrapping_add(y).wrapping_mul(width);
        self.part(shape, part, |[t, z, y]| number(t.wrapping_mul(shape.depth()).wrapping_add(z), y))
    }

    /// What is in a box, as a set of the shape of the box.
    ///
    /// # Errors
    ///
    /// [`RunsError::Outside`] when the box is empty or not within the shape, [`RunsError::Memory`].
    pub fn crop(&self, part: &VoxelBox) -> Result<Self, RunsError> {
        part.check(self.shape())?;
        let to = part.shape()?;
        let [t0, z0, y0, x0] = part.start;
        self.part(to, part, |[t, z, y]| {
            let slice =
                t.wrapping_sub(t0).wrapping_mul(to.depth()).wrapping_add(z.wrapping_sub(z0));
            let row = slice.wrapping_mul(to.height()).wrapping_add(y.wrapping_sub(y0));
            row.wrapping_mul(to.width()).wrapping_sub(x0)
        })
    }

    /// One frame, as a set of that frame alone.
    ///
    /// # Errors
    ///
    /// [`RunsError::Outside`] when there is no such frame, [`RunsError::Memory`].
    pub fn frame(&self, t: u64) -> Result<Self, RunsError> {
        let mut part = VoxelBox::of_shape(self.shape());
        (part.start, part.end) = (with(part.start, 0, t), with(part.end, 0, t.saturating_add(1)));
        self.crop(&part)
    }

    /// One slice of a frame, as a set in two dimensions (a depth of 1): rows and columns as of [`Axis`]. Across z
    /// and y O(runs in the slice + slices * log runs), across x O(runs of the frame).
    ///
    /// # Errors
    ///
    /// [`RunsError::Outside`] when there is no such frame or slice, [`RunsError::Memory`].
    pub fn slice(&self, frame: u64, axis: Axis, at: u64) -> Result<Self, RunsError> {
        let shape = self.shape();
        let whole = VoxelBox::of_shape(shape);
        let place = match axis {
            Axis::Z => 1,
            Axis::Y => 2,
            Axis::X => 3,
        };
        let start = with(with(whole.start, 0, frame), place, at);
        let end = with(with(whole.end, 0, frame.saturating_add(1)), place, at.saturating_add(1));
        let part = VoxelBox { start, end };
        part.check(shape)?;
        let [depth, height, width] = shape.zyx();
        let flat = match axis {
            Axis::Z => VoxelShape::new(1, [1, height, width])?,
            Axis::Y => VoxelShape::new(1, [1, depth, width])?,
            Axis::X => VoxelShape::new(1, [1, depth, height])?,
        };
        match axis {
            Axis::Z => self.part(flat, &part, |[_, _, y]| y.wrapping_mul(width)),
            Axis::Y => self.part(flat, &part, |[_, z, _]| z.wrapping_mul(width)),
            // Columns y of a row z follow each other in the runs, too.
            Axis::X => self.part(flat, &part, |[_, z, y]| {
                z.wrapping_mul(height).wrapping_add(y).wrapping_sub(at)
            }),
        }
    }

    /// The runs in a box that is within the shape, moved: x of the row (t, z, y) becomes the voxel
    /// `origin([t, z, y]) + x`. Moved runs that touch within a row of the new shape are joined.
    fn part(
        &self,
        to: VoxelShape,
        part: &VoxelBox,
        origin: impl Fn([u64; 3]) -> u64,
    ) -> Result<Self, RunsError> {
        part.check(self.shape())?;
        let shape = self.shape();
        let ([t0, z0, y0, x0], [t1, z1, y1, x1]) = (part.start, part.end);
        let starts = RowStarts::new(to);
        let mut out: Vec<Run> = Vec::new();
        let number = |t: u64, z: u64| {
            t.wrapping_mul(shape.depth()).wrapping_add(z).wrapping_mul(shape.slice_voxels())
        };
        let last = number(t1.wrapping_sub(1), z1);
        let mut rest = between(self.as_slice(), number(t0, z0), last);
        // From one slice with voxels to the next, so that empty ones cost nothing.
        while let Some(first) = rest.first() {
            let slice = first.start.checked_div(shape.slice_voxels()).unwrap_or(0);
            let (t, z) = frame_of(shape, slice);
            let row = |y: u64| number(t, z).wrapping_add(y.wrapping_mul(shape.width()));
            let rows = if (z0..z1).contains(&z) { row(y0)..row(y1) } else { 0..0 };
            for run in RowRuns::new(shape, between(rest, rows.start, rows.end)) {
                let (start, end) = (run.start.max(x0), run.end.min(x1));
                if start < end {
                    let first = origin([t, z, run.y]);
                    let (start, end) = (first.wrapping_add(start), first.wrapping_add(end));
                    match out.last_mut() {
                        Some(last) if last.end == start && !starts.has(start) => last.end = end,
                        _ => push(&mut out, Run { start, end })?,
                    }
                }
            }
            let next = row(shape.height());
            rest = rest.get(rest.partition_point(|run| run.end <= next)..).unwrap_or(&[]);
        }
        Ok(Self::from_canonical(to, out))
    }
}

/// The values with one of them changed.
fn with(mut values: [u64; 4], place: usize, value: u64) -> [u64; 4] {
    if let Some(slot) = values.get_mut(place) {
        *slot = value;
    }
    values
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test arithmetic may panic")]
mod tests;

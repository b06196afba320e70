//! Planes of labels become segments.

use std::collections::BTreeMap;

use vesalius::{LabelValue, Run, Runs, Space, VoxelShape, split_labels};

use super::error::VolumeErrorKind;
use super::labels::{Labels, NoLabel};
use super::limits::{Budget, Limits};
use crate::nifti::{Scaling, Values};

/// Collects the runs of every label of every layer.
pub(in crate::masks) struct Gather<'a> {
    shape: VoxelShape,
    plane: VoxelShape,
    limits: &'a Limits,
    budget: &'a Budget,
    parts: BTreeMap<(u64, u32), Vec<Run>>,
}

impl<'a> Gather<'a> {
    /// Nothing yet, of this shape.
    pub(in crate::masks) fn new(
        shape: VoxelShape,
        limits: &'a Limits,
        budget: &'a Budget,
    ) -> Result<Self, VolumeErrorKind> {
        let plane = VoxelShape::new(1, [1, shape.height(), shape.width()])?;
        Ok(Self { shape, plane, limits, budget, parts: BTreeMap::new() })
    }

    /// Takes the plane of one slice (`frame * depth + z`) of one layer.
    pub(in crate::masks) fn add(
        &mut self,
        layer: u64,
        slice: u64,
        values: &Values,
        scaling: &Scaling,
    ) -> Result<(), VolumeErrorKind> {
        self.add_each(1, values, scaling, |_| (layer, slice))
    }

    /// Takes a plane of `count` values at each voxel; `place` gives the layer and slice of each of them.
    pub(in crate::masks) fn add_each(
        &mut self,
        count: usize,
        values: &Values,
        scaling: &Scaling,
        place: impl Fn(usize) -> (u64, u64),
    ) -> Result<(), VolumeErrorKind> {
        let count = count.max(1);
        let labels = Labels::of(values, scaling).map_err(|no| {
            let NoLabel { place: at, value } = no;
            let (_, slice) = place(at.checked_rem(count).unwrap_or(0));
            let at = at.checked_div(count).unwrap_or(0) as u64;
            let first = slice.saturating_mul(self.shape.slice_voxels());
            VolumeErrorKind::Value { value, voxel: self.shape.position(first.saturating_add(at)) }
        })?;
        match labels {
            Labels::U8(values) => self.split_each(count, values, place),
            Labels::U16(values) => self.split_each(count, values, place),
            Labels::U32(values) => self.split_each(count, &values, place),
        }
    }

    fn split_each<T: LabelValue>(
        &mut self,
        count: usize,
        values: &[T],
        place: impl Fn(usize) -> (u64, u64),
    ) -> Result<(), VolumeErrorKind> {
        if count == 1 {
            let (layer, slice) = place(0);
            return self.split(layer, slice, values);
        }
        let mut one: Vec<T> = Vec::new();
        for number in 0..count {
            one.clear();
            one.extend(values.iter().skip(number).step_by(count));
            let (layer, slice) = place(number);
            self.split(layer, slice, &one)?;
        }
        Ok(())
    }

    fn split<T: LabelValue>(
        &mut self,
        layer: u64,
        slice: u64,
        values: &[T],
    ) -> Result<(), VolumeErrorKind> {
        let first = slice.saturating_mul(self.shape.slice_voxels());
        // Most planes of a mask of one organ are empty.
        if values.iter().all(|v| *v == T::zeroed()) && values.len() as u64 == self.plane.voxels() {
            return Ok(());
        }
        for (label, runs) in split_labels(self.plane, values)? {
            self.budget.spend(runs.len())?;
            let part = self.parts.entry((layer, label)).or_default();
            part.extend(runs.as_slice().iter().map(|run| Run {
                start: run.start.saturating_add(first),
                end: run.end.saturating_add(first),
            }));
        }
        self.limits.admit_segments(self.parts.len())
    }

    /// The voxels of every label but 0, by layer and label.
    pub(in crate::masks) fn finish(self) -> Result<BTreeMap<(u64, u32), Runs>, VolumeErrorKind> {
        let mut found = BTreeMap::new();
        for (key, mut runs) in self.parts {
            // Files whose fastest axis is time give the planes in another order.
            if !runs.is_sorted_by_key(|run| run.start) {
                runs.sort_unstable_by_key(|run| run.start);
            }
            runs.shrink_to_fit();
            found.insert(key, Runs::new(self.shape, runs)?);
        }
        Ok(found)
    }
}

/// The shape of a space, when the space is possible.
pub(in crate::masks) fn check_space(space: &Space) -> Result<VoxelShape, VolumeErrorKind> {
    let shape = VoxelShape::of_space(space)?;
    space.check(0).map_err(|damage| VolumeErrorKind::Space(damage.to_string()))?;
    Ok(shape)
}

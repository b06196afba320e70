//! Dense blocks to runs.
#![deny(clippy::arithmetic_side_effects)]

use std::ops::Range;

use crate::mask::{Bounds, VoxelShape};

use super::block::Coding;
use super::error::CodecError;
use super::raw::{LZ4_TIMES, box_voxels};

/// Where a dense block lies.
pub(super) struct Dense<'a> {
    pub(super) shape: VoxelShape,
    pub(super) bounds: &'a Bounds,
}

impl Dense<'_> {
    /// Calls `sink` as [`super::Decoder::for_each`] does.
    pub(super) fn for_each(
        &self,
        coding: Coding,
        body: &[u8],
        slices: &Range<u64>,
        mut sink: impl FnMut(u64, u64, u64),
    ) -> Result<(), CodecError> {
        let given = body.len() as u64;
        let voxels = box_voxels(self.bounds);
        match coding {
            Coding::Bits => {
                let wanted = voxels.div_ceil(8);
                let spare = wanted.saturating_mul(8).saturating_sub(voxels);
                let tail = body.last().is_some_and(|last| u64::from(last.leading_zeros()) >= spare);
                if given != wanted || !tail {
                    return Err(CodecError::Dense { wanted, given });
                }
                let bit = |voxel: u64| {
                    let byte = usize::try_from(voxel / 8).ok().and_then(|at| body.get(at));
                    byte.is_some_and(|byte| byte >> (voxel % 8) & 1 == 1)
                };
                self.rows(self.bounds, slices, bit, &mut sink)
            }
            Coding::PackedBox => {
                let bytes = unpack(body, voxels)?;
                self.rows(self.bounds, slices, |voxel| set(&bytes, voxel), &mut sink)
            }
            _ => {
                let bytes = unpack(body, self.shape.voxels())?;
                self.none_outside(&bytes)?;
                let all = Bounds {
                    slices: 0..self.shape.slices(),
                    rows: 0..self.shape.height(),
                    columns: 0..self.shape.width(),
                };
                self.rows(&all, slices, |voxel| set(&bytes, voxel), &mut sink)
            }
        }
    }

    /// Refuses voxels of the array on slices that the box does not have: no one asks for those.
    fn none_outside(&self, array: &[u8]) -> Result<(), CodecError> {
        let place = |slice: u64| {
            let voxel = slice.saturating_mul(self.shape.slice_voxels());
            usize::try_from(voxel).unwrap_or(usize::MAX).min(array.len())
        };
        let (start, end) = (place(self.bounds.slices.start), place(self.bounds.slices.end));
        let parts = [array.get(..start), array.get(end..)];
        if parts.into_iter().flatten().flatten().any(|&byte| byte != 0) {
            return Err(outside(self.shape.slices(), span(&self.bounds.slices)));
        }
        Ok(())
    }

    /// Goes through the wanted slices of a dense array that lies at `frame`.
    fn rows(
        &self,
        frame: &Bounds,
        slices: &Range<u64>,
        value: impl Fn(u64) -> bool,
        sink: &mut impl FnMut(u64, u64, u64),
    ) -> Result<(), CodecError> {
        let columns = span(&frame.columns);
        let wanted = frame.slices.start.max(slices.start)..frame.slices.end.min(slices.end);
        for slice in wanted {
            let before = slice.saturating_sub(frame.slices.start).saturating_mul(span(&frame.rows));
            for y in frame.rows.clone() {
                let line = before.saturating_add(y.saturating_sub(frame.rows.start));
                let first = line.saturating_mul(columns);
                let row = slice.saturating_mul(self.shape.height()).saturating_add(y);
                let is_set = |x: u64| value(first.saturating_add(x));
                let mut x = 0;
                while let Some(start) = (x..columns).find(|&x| is_set(x)) {
                    let end = (start..columns).find(|&x| !is_set(x)).unwrap_or(columns);
                    x = end;
                    let left = frame.columns.start;
                    let (start, end) = (left.saturating_add(start), left.saturating_add(end));
                    if !self.is_inside(slice, y, start..end) {
                        return Err(outside(columns, span(&self.bounds.columns)));
                    }
                    sink(row, start, end);
                }
            }
        }
        Ok(())
    }

    fn is_inside(&self, slice: u64, y: u64, x: Range<u64>) -> bool {
        let bounds = self.bounds;
        bounds.slices.contains(&slice)
            && bounds.rows.contains(&y)
            && bounds.columns.start <= x.start
            && x.end <= bounds.columns.end
    }
}

fn span(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

fn outside(given: u64, wanted: u64) -> CodecError {
    CodecError::Dense { wanted, given }
}

fn set(bytes: &[u8], voxel: u64) -> bool {
    let byte = usize::try_from(voxel).ok().and_then(|at| bytes.get(at));
    byte.is_some_and(|&byte| byte == 1)
}

/// So many bytes of LZ4, zeros and ones. Nothing is allocated that so short an input cannot give.
fn unpack(body: &[u8], wanted: u64) -> Result<Vec<u8>, CodecError> {
    let given = body.len() as u64;
    let len = usize::try_from(wanted).ok();
    let Some(len) = len.filter(|_| wanted <= given.saturating_mul(LZ4_TIMES)) else {
        return Err(CodecError::Dense { wanted, given });
    };
    let mut bytes = vec![0; len];
    let got = lz4_flex::block::decompress_into(body, &mut bytes).unwrap_or(0);
    if got != len || bytes.iter().any(|&byte| byte > 1) {
        return Err(CodecError::Dense { wanted, given: got as u64 });
    }
    Ok(bytes)
}

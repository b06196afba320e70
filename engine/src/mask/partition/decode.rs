//! A block to parts.

use std::ops::Range;

use super::super::{Bounds, Run, Runs, VoxelShape};
use super::coder::BitDecoder;
use super::encode::{MODE_DENSE, MODE_WALK};
use super::paint::{length, slabs, slice_voxels, slices_of};
use super::plane::Plane;
use super::walk::Walk;
use super::{PARTS_MAX, PartitionError, SLICE_VOXELS_MAX, dense, tables};
use crate::format::varint;

/// No length of a slab needs more.
const NUMBER_MAX: u64 = u32::MAX as u64;

/// A block whose head is checked. Slabs are decoded, and checked, when they are asked for.
#[derive(Clone, Debug)]
pub struct Decoder<'a> {
    shape: VoxelShape,
    bounds: Bounds,
    parts: u16,
    first_slab: u64,
    slabs: Vec<&'a [u8]>,
}

impl<'a> Decoder<'a> {
    /// A block of parts of `shape` that [`encode`](super::encode) made; `bounds` is the box around all parts.
    /// O(slabs).
    ///
    /// # Errors
    ///
    /// [`PartitionError`] when the box or the head is wrong.
    pub fn new(
        bytes: &'a [u8],
        shape: VoxelShape,
        bounds: &Bounds,
    ) -> Result<Self, PartitionError> {
        let bounds = if bounds.is_empty() { Bounds::default() } else { bounds.clone() };
        let inside = bounds.slices.end <= shape.slices()
            && bounds.rows.end <= shape.height()
            && bounds.columns.end <= shape.width();
        if !inside {
            return Err(PartitionError::Bounds);
        }
        let voxels = slice_voxels(&bounds);
        if voxels > SLICE_VOXELS_MAX {
            return Err(PartitionError::Slice { voxels });
        }
        let mut rest = bytes;
        let parts = varint::take(&mut rest, NUMBER_MAX).ok_or(PartitionError::Head)?;
        let parts = u16::try_from(parts).map_err(|_| PartitionError::Parts { parts })?;
        debug_assert!(usize::from(parts) <= PARTS_MAX);
        let numbers = slabs(&bounds.slices);
        let count = numbers.end.saturating_sub(numbers.start);
        if count > rest.len() as u64 {
            return Err(PartitionError::Head);
        }
        let slabs = cut(rest, count)?;
        Ok(Self { shape, bounds, parts, first_slab: numbers.start, slabs })
    }

    /// Number of parts.
    pub fn len(&self) -> u32 {
        u32::from(self.parts)
    }

    /// Whether there are no parts.
    pub fn is_empty(&self) -> bool {
        self.parts == 0
    }

    /// Calls `sink` with each run of the slices, in the order of voxels: ordinal of the part, number of the row
    /// in the whole array, columns. About 15 ns for each voxel that touches a boundary; decoding begins at the
    /// slab of the first slice and ends with the last slice.
    ///
    /// # Errors
    ///
    /// [`PartitionError::Slab`] when a slab is wrong. `sink` may have seen runs of it by then; those are inside
    /// the box, in order, disjoint, and of parts that exist.
    pub fn for_each(
        &self,
        slices: Range<u64>,
        mut sink: impl FnMut(u32, u64, u64, u64),
    ) -> Result<(), PartitionError> {
        let wanted =
            slices.start.max(self.bounds.slices.start)..slices.end.min(self.bounds.slices.end);
        let mut plane = None;
        for slab in slabs(&wanted) {
            let at = usize::try_from(slab.saturating_sub(self.first_slab)).ok();
            let bytes = at.and_then(|at| self.slabs.get(at)).copied().unwrap_or(&[]);
            let fail = |what| PartitionError::Slab { slab, what };
            match bytes.split_first() {
                None => {}
                Some((&MODE_WALK, rest)) => {
                    self.walk(slab, rest, &wanted, &mut plane, &mut sink).map_err(fail)?;
                }
                Some((&MODE_DENSE, rest)) => {
                    self.dense(slab, rest, &wanted, &mut sink).map_err(fail)?;
                }
                Some(_) => return Err(fail("its mode is unknown")),
            }
        }
        Ok(())
    }

    /// One part. Decodes the whole block.
    ///
    /// # Errors
    ///
    /// [`PartitionError::Ordinal`], [`PartitionError::Slab`].
    pub fn part(&self, ordinal: u32) -> Result<Runs, PartitionError> {
        if ordinal >= self.len() {
            return Err(PartitionError::Ordinal { ordinal, parts: self.len() });
        }
        let mut runs = Vec::new();
        let width = self.shape.width();
        self.for_each(self.bounds.slices.clone(), |other, row, start, end| {
            if other == ordinal {
                runs.push(in_row(width, row, start, end));
            }
        })?;
        Ok(Runs::from_canonical(self.shape, runs))
    }

    /// All parts, by ordinal.
    ///
    /// # Errors
    ///
    /// [`PartitionError::Slab`].
    pub fn parts(&self) -> Result<Vec<Runs>, PartitionError> {
        let mut parts = vec![Vec::new(); usize::from(self.parts)];
        let width = self.shape.width();
        self.for_each(self.bounds.slices.clone(), |ordinal, row, start, end| {
            if let Some(part) = parts.get_mut(ordinal as usize) {
                part.push(in_row(width, row, start, end));
            }
        })?;
        Ok(parts.into_iter().map(|runs| Runs::from_canonical(self.shape, runs)).collect())
    }

    /// A slab of decisions.
    fn walk(
        &self,
        slab: u64,
        bytes: &[u8],
        wanted: &Range<u64>,
        plane: &mut Option<Plane>,
        sink: &mut impl FnMut(u32, u64, u64, u64),
    ) -> Result<(), &'static str> {
        let new = || Plane::new(length(&self.bounds.columns), length(&self.bounds.rows));
        let plane = plane.get_or_insert_with(new);
        let mut coder = BitDecoder::new(tables::start(), bytes).ok_or("it has no state")?;
        let mut walk = Walk::new(plane, self.parts);
        walk.begin(&mut coder);
        let slices = slices_of(slab, &self.bounds.slices);
        for slice in slices.clone() {
            if slice >= wanted.end {
                return Ok(());
            }
            let place = Place::of(self, slice);
            let found = if slice < wanted.start {
                walk.slice(coder, &[], &mut |_, _, _, _| {})
            } else {
                walk.slice(coder, &[], &mut |label, row, start, end| {
                    place.call(sink, label, row, start, end);
                })
            };
            coder = found.ok_or("a label is wrong")?;
        }
        if coder.is_done() { Ok(()) } else { Err("its decisions do not end where it ends") }
    }

    /// A slab of dense labels.
    fn dense(
        &self,
        slab: u64,
        bytes: &[u8],
        wanted: &Range<u64>,
        sink: &mut impl FnMut(u32, u64, u64, u64),
    ) -> Result<(), &'static str> {
        let slices = slices_of(slab, &self.bounds.slices);
        let (width, height) = (length(&self.bounds.columns), length(&self.bounds.rows));
        let voxels = width.saturating_mul(height).saturating_mul(length(&slices));
        let labels = dense::unpack(bytes, voxels, self.parts)?;
        let of_slice = (labels.len() / length(&slices).max(1)).max(1);
        for (slice, labels) in slices.zip(labels.chunks(of_slice)) {
            let place = Place::of(self, slice);
            let wanted = wanted.contains(&slice);
            dense::runs(labels, width, self.parts, &mut |label, row, start, end| {
                if wanted {
                    place.call(sink, label, row, start, end);
                }
            })
            .ok_or("a label is over the number of parts")?;
        }
        Ok(())
    }
}

/// Where a slice of the box lies in the array.
struct Place {
    first_row: u64,
    first_column: u64,
}

impl Place {
    fn of(decoder: &Decoder<'_>, slice: u64) -> Self {
        let first_row = slice.saturating_mul(decoder.shape.height());
        Self {
            first_row: first_row.saturating_add(decoder.bounds.rows.start),
            first_column: decoder.bounds.columns.start,
        }
    }

    #[inline(always)]
    fn call(
        &self,
        sink: &mut impl FnMut(u32, u64, u64, u64),
        label: u16,
        row: usize,
        start: usize,
        end: usize,
    ) {
        let column = |x: usize| self.first_column + x as u64;
        sink(u32::from(label) - 1, self.first_row + row as u64, column(start), column(end));
    }
}

fn in_row(width: u64, row: u64, start: u64, end: u64) -> Run {
    let first = row.saturating_mul(width);
    Run { start: first.saturating_add(start), end: first.saturating_add(end) }
}

/// Cuts the slabs out by the table of their lengths.
fn cut(mut rest: &[u8], count: u64) -> Result<Vec<&[u8]>, PartitionError> {
    let mut lengths = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
    for _ in 0..count {
        lengths.push(varint::take(&mut rest, NUMBER_MAX).ok_or(PartitionError::Head)?);
    }
    let claimed = lengths.iter().fold(0_u64, |sum, &len| sum.saturating_add(len));
    let there = rest.len() as u64;
    if claimed != there {
        return Err(PartitionError::Length { claimed, there });
    }
    let mut slabs = Vec::with_capacity(lengths.len());
    for length in lengths {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let (slab, behind) = rest.split_at_checked(length).ok_or(PartitionError::Head)?;
        slabs.push(slab);
        rest = behind;
    }
    Ok(slabs)
}

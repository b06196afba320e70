//! Several segments in one block: where they do not overlap and touch each other everywhere, each boundary is written
//! once.
//!
//! The block starts with the box around all parts, six varints (start and length of slices, rows, columns), and goes
//! on as [`super::partition`] says.

use std::ops::Range;

use super::facts::Counter;
use super::partition;
use super::{Bounds, Run, Runs, VoxelShape};
use crate::format::Rule;
use crate::format::limits::{AXIS_MAX, MASK_VOXELS_MAX};
use crate::format::segment::VoxelFacts;
use crate::format::varint::{Varints, put};

/// Segments are coded together when that takes less than this part of their own blocks: a segment of a common block
/// is decoded with all others, which takes a hundred times as long.
const WORTH: f64 = 0.6;
/// Own blocks are compared with LZ4 of the dense array up to this many voxels.
const LZ4_VOXELS_MAX: u64 = 1 << 28;
/// LZ4 makes no array smaller than this part.
const LZ4_LEAST: u64 = 255;
/// Segments whose runs are longer than this on average are far from having common boundaries everywhere.
const VOXELS_PER_RUN_MAX: u64 = 32;
/// Where fewer runs than one in so many begin where another ends, a common block is not that much smaller: a boundary
/// written once instead of twice is most of what it spares.
const TOUCHING_LEAST: usize = 3;

/// The common block of segments that take `own` bytes in blocks of their own, if it is worth it: when it is three
/// fifths as large, or when their own blocks are larger than LZ4 of the label map.
pub(super) fn encode(parts: &[&Runs], own: usize) -> Option<Vec<u8>> {
    let [first, _, ..] = parts else { return None };
    let voxels: u64 = parts.iter().map(|part| part.voxels()).sum();
    let runs: u64 = parts.iter().map(|part| part.len() as u64).sum();
    if voxels / runs.max(1) > VOXELS_PER_RUN_MAX {
        return None;
    }
    let exceeds_lz4 = || own > lz4_of_labels(first.shape(), parts);
    // Encoding takes several times as long as all own blocks: not where it is known to be of no use.
    let apart = (touching(parts).saturating_mul(TOUCHING_LEAST) as u64) < runs;
    if apart && !exceeds_lz4() {
        return None;
    }
    let bounds =
        parts.iter().filter_map(|part| part.bounds()).fold(Bounds::default(), |a, b| a.union(&b));
    let mut block = Vec::new();
    for range in [&bounds.slices, &bounds.rows, &bounds.columns] {
        put(u128::from(range.start), &mut block);
        put(u128::from(range.end.saturating_sub(range.start)), &mut block);
    }
    block.extend(partition::encode(parts)?);
    let worth = (block.len() as f64) < own as f64 * WORTH
        || (block.len() < own && (apart || exceeds_lz4()));
    worth.then_some(block)
}

/// How many runs begin where another ends.
fn touching(parts: &[&Runs]) -> usize {
    let mut runs: Vec<&Run> = parts.iter().flat_map(|part| part.as_slice()).collect();
    runs.sort_unstable_by_key(|run| run.start);
    runs.windows(2).filter(|pair| matches!(pair, [a, b] if a.end == b.start)).count()
}

/// Bytes of the label map under LZ4, and one part in a hundred; as good as infinite where that need not be known.
fn lz4_of_labels(shape: VoxelShape, parts: &[&Runs]) -> usize {
    if shape.voxels() > LZ4_VOXELS_MAX {
        return usize::MAX;
    }
    let wide = parts.len() > usize::from(u8::MAX);
    let bytes = if wide { lz4::<u16>(shape, parts) } else { lz4::<u8>(shape, parts) };
    bytes.saturating_add(bytes / 100)
}

fn lz4<T: bytemuck::Pod + TryFrom<usize>>(shape: VoxelShape, parts: &[&Runs]) -> usize {
    let Ok(voxels) = usize::try_from(shape.voxels()) else { return usize::MAX };
    let mut labels = vec![T::zeroed(); voxels];
    for (number, part) in parts.iter().enumerate() {
        if let Ok(label) = T::try_from(number.saturating_add(1)) {
            // The shape is that of the array.
            drop(part.paint(&mut labels, label));
        }
    }
    lz4_flex::block::compress(bytemuck::cast_slice(&labels)).len()
}

/// Whether blocks of `own` bytes could be larger than LZ4 of an array.
pub(super) fn may_exceed_lz4(shape: VoxelShape, own: usize) -> bool {
    own as u64 > shape.voxels() / LZ4_LEAST
}

/// A common block whose head is checked.
pub(super) struct Together<'a> {
    decoder: partition::Decoder<'a>,
    shape: VoxelShape,
}

impl<'a> Together<'a> {
    pub(super) fn new(block: &'a [u8], shape: VoxelShape) -> Result<Self, String> {
        let mut r = Varints::new(block, 0, Rule::MaskBlock);
        let mut range = |max: u64| -> Result<Range<u64>, String> {
            let mut number = || r.number(max).map_err(|damage| damage.message);
            let (start, len) = (number()?, number()?);
            let end = start.checked_add(len).filter(|&end| len > 0 && end <= max);
            end.map(|end| start..end).ok_or_else(|| "the box of a block is not possible".to_owned())
        };
        let slices = range(MASK_VOXELS_MAX)?;
        let bounds = Bounds { slices, rows: range(AXIS_MAX)?, columns: range(AXIS_MAX)? };
        let decoder = partition::Decoder::new(r.rest(), shape, &bounds);
        Ok(Self { decoder: decoder.map_err(|error| error.to_string())?, shape })
    }

    /// The runs of a part on some slices, `most` at most.
    pub(super) fn part(&self, part: u32, slices: Range<u64>, most: u64) -> Result<Runs, String> {
        if part >= self.decoder.len() {
            return Err(format!("part {part} of {}", self.decoder.len()));
        }
        let (mut runs, mut count) = (Vec::new(), 0_u64);
        let width = self.shape.width();
        let done = self.decoder.for_each(slices, |ordinal, row, start, end| {
            if ordinal != part {
                return;
            }
            count = count.saturating_add(1);
            if count <= most {
                let first = row.saturating_mul(width);
                runs.push(Run {
                    start: first.saturating_add(start),
                    end: first.saturating_add(end),
                });
            }
        });
        done.map_err(|error| error.to_string())?;
        if count > most {
            return Err(format!("part {part} has more runs than its record states"));
        }
        Runs::new(self.shape, runs).map_err(|error| error.to_string())
    }

    /// All parts. One pass.
    pub(super) fn parts(&self) -> Result<Vec<Runs>, String> {
        self.decoder.parts().map_err(|error| error.to_string())
    }

    /// Whether the parts are those that the facts of segments state. One pass; nothing is collected.
    pub(super) fn check(&self, segments: &[(Option<u32>, VoxelFacts)]) -> Result<(), String> {
        let mut counters: Vec<Counter> =
            (0..self.decoder.len()).map(|_| Counter::new(self.shape)).collect();
        let done = self.decoder.for_each(0..u64::MAX, |ordinal, row, start, end| {
            if let Some(counter) = counters.get_mut(ordinal as usize) {
                counter.add(row, start, end);
            }
        });
        done.map_err(|error| error.to_string())?;
        for (part, facts) in segments {
            let counter = part.and_then(|part| counters.get(part as usize)).cloned();
            if counter.and_then(Counter::facts).as_ref() != Some(facts) {
                return Err(format!("part {part:?} is not what its record states"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Run, Runs, VoxelShape};
    use super::touching;

    #[test]
    fn runs_touch_where_one_begins_at_the_end_of_another() {
        let shape = VoxelShape::new(1, [1, 2, 10]).unwrap();
        let of = |runs: &[(u64, u64)]| {
            let runs = runs.iter().map(|&(start, end)| Run { start, end }).collect();
            Runs::new(shape, runs).unwrap()
        };
        let (a, b) = (of(&[(0, 3), (5, 7)]), of(&[(3, 5), (8, 10), (12, 13)]));
        assert_eq!((touching(&[&a, &b]), touching(&[&a]), touching(&[])), (2, 0, 0));
    }
}

//! The voxels of each segment, from the frames in the order of their slices.

use std::collections::BTreeMap;

use vesalius::{Run, Runs, VoxelShape};

use super::error::DicomSegError;
use super::frames::Frame;
use super::limits::RUNS_MAX;
use super::pixels::Pixels;

/// What the pixels mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Not zero is inside.
    Binary,
    /// Parts of this number; from half of it on is inside.
    Fraction(u16),
    /// The number of the segment.
    LabelMap,
}

/// The voxels by segment number.
pub(super) fn voxels(
    pixels: &Pixels<'_>,
    meaning: Meaning,
    frames: &[Frame],
    slices: &[u64],
    shape: VoxelShape,
) -> Result<BTreeMap<u16, Runs>, DicomSegError> {
    let mut order: Vec<(u64, u64, &Frame)> = (0..)
        .zip(slices)
        .zip(frames)
        .map(|((number, &slice), frame)| (slice, number, frame))
        .collect();
    order.sort_by_key(|&(slice, number, _)| (slice, number));
    let mut parts: BTreeMap<u16, Part> = BTreeMap::new();
    let mut count = 0_u64;
    for (slice, number, frame) in order {
        let own = if meaning == Meaning::LabelMap { None } else { frame.segment };
        // A label map names its segments by values: all of its frames are of one kind.
        let part = parts.entry(own.unwrap_or(0)).or_default();
        if part.slice.replace(slice) == Some(slice) {
            let what = format!(
                "a second frame of segment {} at slice {slice}; only one volume is read: split the object",
                own.unwrap_or(0)
            );
            return Err(DicomSegError::Frame(number.saturating_add(1), what));
        }
        let offset = slice.saturating_mul(shape.slice_voxels());
        let kept = |value: u16| match meaning {
            Meaning::Binary => u16::from(value != 0),
            Meaning::Fraction(most) => u16::from(u32::from(value) << 1 >= u32::from(most)),
            Meaning::LabelMap => value,
        };
        pixels.each_run(number, kept, |value, start, end| {
            count = count.saturating_add(1);
            if count > RUNS_MAX {
                return Err(DicomSegError::Limit("runs", count, RUNS_MAX));
            }
            let run = Run { start: offset.saturating_add(start), end: offset.saturating_add(end) };
            parts.entry(own.unwrap_or(value)).or_default().runs.push(run);
            Ok(())
        })?;
    }
    if meaning == Meaning::LabelMap {
        parts.remove(&0);
    }
    let whole = |(number, part): (u16, Part)| Ok((number, Runs::new(shape, part.runs)?));
    parts.into_iter().map(whole).collect()
}

#[derive(Default)]
struct Part {
    /// The slice of the last frame.
    slice: Option<u64>,
    runs: Vec<Run>,
}

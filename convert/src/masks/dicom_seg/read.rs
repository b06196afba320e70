//! A segmentation object as a set of segments.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use vesalius::{Runs, Segment, SegmentValue, VoxelShape};

use super::element::Set;
use super::error::DicomSegError;
use super::file::{Body, uid};
use super::frames::frames;
use super::limits::FILE_BYTES_MAX;
use super::pixels::Pixels;
use super::planes::stack;
use super::segments::segments;
use super::tags::{COLUMNS, FRACTION_TYPE, MAXIMUM_FRACTION, ROWS, SEGMENTATION_TYPE, SOP_CLASS};
use super::text::{Charset, ascii, wrong};
use super::voxels::{Meaning, voxels};
use crate::masks::SegmentSet;

/// Segmentation Storage and Label Map Segmentation Storage.
const CLASSES: [&str; 2] = ["1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"];

/// Reads a file. As [`read_dicom_seg`].
///
/// # Errors
///
/// As [`read_dicom_seg`]; the system refused.
pub fn open_dicom_seg(path: &Path) -> Result<SegmentSet, DicomSegError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX.saturating_add(1)).read_to_end(&mut bytes)?;
    read_dicom_seg(&bytes)
}

/// The segments of a DICOM Segmentation file.
///
/// A segment has its label as name (with `_` and its number where labels repeat), its number as label, its display
/// colour, and as codes its property category, property type, type modifiers and anatomic regions, in this order.
/// Its JSON has what there is of `description`, `algorithm_type`, `algorithm_name`, `tracking_id` and `tracking_uid`.
/// Overlap is kept. Of fractions, half of the maximum and more is inside. Slices ascend along the normal of the
/// planes, so that x, y, z are right-handed; slices without a frame are empty, and a note says so.
///
/// Read are implicit and explicit little endian, deflated, and RLE Lossless. O(bytes + runs); memory: the runs,
/// one frame when it is compressed, and an inflated data set.
///
/// # Errors
///
/// Another file or transfer syntax; elements that are damaged, missing or impossible; frames that are no stack of
/// parallel, equally spaced slices, or of which two are of one segment and slice.
pub fn read_dicom_seg(bytes: &[u8]) -> Result<SegmentSet, DicomSegError> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(DicomSegError::TooLong(bytes.len() as u64));
    }
    let body = Body::of(bytes)?;
    let set = body.set();
    let class = uid(set, SOP_CLASS)?;
    if !CLASSES.contains(&class.as_str()) {
        return Err(DicomSegError::Class(class));
    }
    let charset = Charset::of(set)?;
    let mut notes = Vec::new();
    let meaning = meaning(set, charset, &mut notes)?;
    let described = segments(set, charset)?;
    let size = [u64::from(set.word(ROWS)?), u64::from(set.word(COLUMNS)?)];
    VoxelShape::new(1, [1, size[0], size[1]])?;
    let (shared, frames) = frames(set, meaning == Meaning::LabelMap)?;
    let stack = stack(&shared, &frames, size)?;
    notes.extend(stack.notes);
    let shape = VoxelShape::of_space(&stack.space)?;
    let pixels = Pixels::of(set, body.rle, frames.len() as u64, size)?;
    let mut voxels = voxels(&pixels, meaning, &frames, &stack.slices, shape)?;
    let mut values = Vec::new();
    for (number, segment) in described {
        if number == 0 && meaning == Meaning::LabelMap {
            continue;
        }
        let runs = voxels.remove(&number).unwrap_or_else(|| Runs::empty(shape));
        values.push(SegmentValue { segment, runs });
    }
    for (number, runs) in voxels {
        notes.push(format!("segment {number} has voxels, but is not described"));
        let segment = Segment::new(format!("undescribed {number}"), u32::from(number));
        values.push(SegmentValue { segment, runs });
    }
    Ok(SegmentSet { space: stack.space, segments: values, notes })
}

fn meaning(
    set: Set<'_>,
    charset: Charset,
    notes: &mut Vec<String>,
) -> Result<Meaning, DicomSegError> {
    let kind = ascii(set.need(SEGMENTATION_TYPE)?.value);
    match kind.as_str() {
        "BINARY" => Ok(Meaning::Binary),
        "LABELMAP" => Ok(Meaning::LabelMap),
        "FRACTIONAL" => {
            let most = set.word(MAXIMUM_FRACTION)?;
            if most == 0 {
                return Err(wrong(MAXIMUM_FRACTION, "is 0"));
            }
            let of = set.text(FRACTION_TYPE, charset)?.unwrap_or_else(|| "fraction".into());
            notes.push(format!(
                "{} of 0.5 and more is inside; the values themselves are not kept",
                of.to_lowercase()
            ));
            Ok(Meaning::Fraction(most))
        }
        _ => Err(wrong(
            SEGMENTATION_TYPE,
            format!("is {kind:?}; expected BINARY, FRACTIONAL or LABELMAP"),
        )),
    }
}

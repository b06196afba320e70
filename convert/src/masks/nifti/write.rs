//! Segments become a label map.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufWriter, Write};
use std::path::Path;

use vesalius::{SegmentValue, Space};

use super::label_table;
use crate::masks::SegmentSet;
use crate::masks::volumes::{Painter, VolumeError, VolumeErrorKind, by_sight, check_set};
use crate::nifti::{Description, Dtype, Geometry, NiftiWriter, is_compressed_name};
use crate::part;

/// The code of "labels" among the meanings of values.
const LABELS: i16 = 1002;

/// What a label map does not show as the segments had it. One entry per segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flattened {
    /// Voxels of the segment that another one covers.
    pub covered: Vec<u64>,
    /// The label of the segment in the file: its own, or the smallest free one where its own is 0 or that of a
    /// segment before it.
    pub labels: Vec<u32>,
}

impl Flattened {
    /// Voxels of all segments that others cover.
    pub fn total(&self) -> u64 {
        self.covered.iter().fold(0, |all, n| all.saturating_add(*n))
    }
}

/// Writes a label map of the narrowest of `u8`, `u16`, `u32`, compressed if the name ends in `.gz`; the file
/// appears when it is complete. Where segments overlap, the one of the highest priority is seen, the later one
/// among equals. Names and colours are in the label table of the header (extension code 30, intent 1002); a name
/// that two groups have is `group/name`. Groups, codes, priorities and JSON have no place in this format.
/// Memory: a plane.
///
/// # Errors
/// Runs of another shape than the space's, a space that `NIfTI`-1 cannot say, or the medium failed.
pub fn write_label_map(set: &SegmentSet, path: &Path) -> Result<Flattened, VolumeError> {
    let write = || {
        let shape = check_set(&set.space, &set.segments)?;
        let labels = labels_of(&set.segments)?;
        let most = labels.iter().copied().max().unwrap_or(0);
        let mut painter = Painter::new(shape, &set.segments, by_sight(&set.segments))?;
        let mut description = describe(&set.space, dtype_of(most));
        description.extensions = vec![table_of(&set.segments, &labels)];
        let file = part::create(path)?;
        let compress = is_compressed_name(path);
        let mut writer = NiftiWriter::new(BufWriter::new(file), &description, compress)?;
        for slice in 0..shape.slices() {
            put(&mut writer, description.dtype, painter.slice(slice), &labels)?;
        }
        let file = writer.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        part::finish(file.into_temp_path(), path)?;
        Ok(Flattened { covered: painter.into_covered(), labels })
    };
    write().map_err(|kind: VolumeErrorKind| kind.of(path))
}

/// Writes the labels of the segments that are seen.
pub(super) fn put<W: Write>(
    writer: &mut NiftiWriter<W>,
    dtype: Dtype,
    plane: &[u32],
    labels: &[u32],
) -> Result<(), VolumeErrorKind> {
    // What is free is the place of no segment.
    let seen = plane.iter().map(|owner| labels.get(*owner as usize).copied().unwrap_or(0));
    // Labels fit: the type was chosen by the largest.
    match dtype {
        Dtype::U8 => {
            let values: Vec<u8> = seen.map(|v| u8::try_from(v).unwrap_or(u8::MAX)).collect();
            writer.write(&values)?;
        }
        Dtype::U16 => {
            let values: Vec<u16> = seen.map(|v| u16::try_from(v).unwrap_or(u16::MAX)).collect();
            writer.write(&values)?;
        }
        _ => writer.write(&seen.collect::<Vec<u32>>())?,
    }
    Ok(())
}

pub(super) fn describe(space: &Space, dtype: Dtype) -> Description {
    let mut description = Description::new(Geometry::from(space), dtype);
    description.intent_code = LABELS;
    description
}

fn dtype_of(label: u32) -> Dtype {
    match label {
        0..=0xff => Dtype::U8,
        0x100..=0xffff => Dtype::U16,
        _ => Dtype::U32,
    }
}

/// Labels that differ: the first segment of a label keeps it.
fn labels_of(segments: &[SegmentValue]) -> Result<Vec<u32>, VolumeErrorKind> {
    let mut taken = HashSet::from([0]);
    let kept: Vec<Option<u32>> = segments
        .iter()
        .map(|value| Some(value.segment.label).filter(|label| taken.insert(*label)))
        .collect();
    let mut free = (1..=u32::MAX).filter(|label| !taken.contains(label));
    let labels = kept.into_iter().map(|label| label.or_else(|| free.next()));
    labels.collect::<Option<_>>().ok_or(VolumeErrorKind::Labels)
}

fn table_of(segments: &[SegmentValue], labels: &[u32]) -> crate::nifti::Extension {
    let mut count: BTreeMap<&str, u32> = BTreeMap::new();
    for value in segments {
        let known = count.entry(&value.segment.name).or_default();
        *known = known.saturating_add(1);
    }
    let name = |value: &SegmentValue| {
        let segment = &value.segment;
        let alone = count.get(segment.name.as_str()).is_some_and(|n| *n == 1);
        if alone || segment.group.is_empty() {
            segment.name.clone()
        } else {
            format!("{}/{}", segment.group, segment.name)
        }
    };
    let names: Vec<String> = segments.iter().map(name).collect();
    let rows = labels.iter().zip(&names).zip(segments);
    label_table::encode(rows.map(|((label, name), value)| (*label, name.as_str(), &value.segment)))
}

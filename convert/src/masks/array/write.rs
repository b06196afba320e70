//! Writing label maps.

use std::collections::HashSet;
use std::io::{BufWriter, Write};
use std::path::Path;

use vesalius::{SegmentValue, Space, VoxelShape};

use super::super::SegmentSet;
use super::super::paint::Painter;
use super::error::{ArrayError, ArrayErrorKind};
use super::place::{self, AFFINE, SPACING};
use crate::npy::{NpyWriter, Scalar};
use crate::npz::{Compression, NpzWriter};
use crate::part;

/// Voxels that are painted at a time.
const VOXELS: u64 = 1 << 16;

/// Writes all segments as one label map, in the smallest unsigned type. Where segments overlap the one of the
/// higher priority is seen. Returns what the file cannot say: names, and how many voxels were hidden. The file
/// appears when it is complete.
///
/// # Errors
/// [`ArrayErrorKind::Unwritable`] for voxels with label 0 or segments of another shape than the space; the
/// medium failed.
pub fn write_npy(set: &SegmentSet, path: &Path) -> Result<Vec<String>, ArrayError> {
    let shape = shape(set)?;
    set.segments.iter().try_for_each(check_label)?;
    let all: Vec<&SegmentValue> = set.segments.iter().collect();
    let out = BufWriter::new(part::create(path)?);
    let mut notes = vec!["names and colours are not in the file".to_owned()];
    let (out, covered) = label_map(out, &all, shape, &axes(&set.space))?;
    let file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    part::finish(file.into_temp_path(), path)?;
    notes.extend(hidden("", covered));
    Ok(notes)
}

/// Writes one segment as truth values. The file appears when it is complete.
///
/// # Errors
/// [`ArrayErrorKind::Unwritable`] for a segment of another shape than the space; the medium failed.
pub fn write_npy_truth(value: &SegmentValue, space: &Space, path: &Path) -> Result<(), ArrayError> {
    let shape = VoxelShape::of_space(space).ok().filter(|shape| *shape == value.runs.shape());
    let shape = shape.ok_or_else(|| other_shape(value))?;
    let out = BufWriter::new(part::create(path)?);
    let file = truth(out, value, shape, &axes(space))?;
    let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    Ok(part::finish(file.into_temp_path(), path)?)
}

/// Writes each group as a label map of its name, each segment without a group as truth values of its name, and
/// `affine` and `spacing`. Returns what the file cannot say. The file appears when it is complete.
///
/// # Errors
/// As [`write_npy`].
pub fn write_npz(
    set: &SegmentSet,
    path: &Path,
    compression: Compression,
) -> Result<Vec<String>, ArrayError> {
    let shape = shape(set)?;
    let axes = axes(&set.space);
    let mut notes =
        vec!["names of segments that have a group, and colours, are not in the file".into()];
    let mut writer = NpzWriter::new(BufWriter::new(part::create(path)?), compression);
    let (affine, spacing) = place::of(&set.space);
    writer.array(AFFINE, &[4, 4], &affine)?;
    writer.array(SPACING, &[3], &spacing)?;
    let mut taken = HashSet::from([AFFINE.to_owned(), SPACING.to_owned()]);
    let mut groups = HashSet::new();
    for value in &set.segments {
        let group = value.segment.group.as_str();
        if !group.is_empty() && !groups.insert(group) {
            continue;
        }
        let wanted = if group.is_empty() { &value.segment.name } else { group };
        let name = free(wanted, &mut taken);
        if name != wanted {
            notes.push(format!("{wanted:?} is written as {name:?}"));
        }
        let member = writer.member(&name)?;
        if group.is_empty() {
            truth(member, value, shape, &axes).map_err(|error| error.of(&name))?;
            continue;
        }
        let members = set.segments.iter().filter(|other| other.segment.group == group);
        let members: Vec<&SegmentValue> = members.collect();
        members.iter().try_for_each(|value| check_label(value))?;
        let (_, covered) =
            label_map(member, &members, shape, &axes).map_err(|error| error.of(&name))?;
        notes.extend(hidden(group, covered));
    }
    let out = writer.finish()?;
    let file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    part::finish(file.into_temp_path(), path)?;
    Ok(notes)
}

fn shape(set: &SegmentSet) -> Result<VoxelShape, ArrayError> {
    let unwritable = |why: String| ArrayErrorKind::Unwritable(why).bare();
    let shape = VoxelShape::of_space(&set.space).map_err(|error| unwritable(error.to_string()))?;
    match set.segments.iter().find(|value| value.runs.shape() != shape) {
        None => Ok(shape),
        Some(value) => Err(other_shape(value)),
    }
}

fn other_shape(value: &SegmentValue) -> ArrayError {
    let name = &value.segment.name;
    let why = format!("segment {name:?} has another shape than the space");
    ArrayErrorKind::Unwritable(why).bare()
}

/// The axes of an array: time only if there is any.
fn axes(space: &Space) -> Vec<u64> {
    let time = (space.frames > 1).then_some(space.frames);
    time.into_iter().chain(space.shape).collect()
}

fn check_label(value: &SegmentValue) -> Result<(), ArrayError> {
    if value.segment.label != 0 || value.runs.is_empty() {
        return Ok(());
    }
    let name = &value.segment.name;
    let why =
        format!("segment {name:?} has label 0, which is the background: give it another label");
    Err(ArrayErrorKind::Unwritable(why).bare())
}

fn hidden(group: &str, covered: u64) -> Option<String> {
    let place = if group.is_empty() { String::new() } else { format!(" of {group:?}") };
    (covered > 0).then(|| format!("segments{place} overlap: {covered} voxels are hidden"))
}

fn free(wanted: &str, taken: &mut HashSet<String>) -> String {
    let mut name = wanted.to_owned();
    while !taken.insert(name.clone()) {
        name.push('_');
    }
    name
}

/// Returns the output and how many voxels were painted over.
fn label_map<W: Write>(
    out: W,
    segments: &[&SegmentValue],
    shape: VoxelShape,
    axes: &[u64],
) -> Result<(W, u64), ArrayError> {
    let most = segments.iter().map(|value| value.segment.label).max().unwrap_or(0);
    let scalar = match most {
        0..=0xFF => Scalar::U8,
        0x100..=0xFFFF => Scalar::U16,
        _ => Scalar::U32,
    };
    let mut writer = NpyWriter::new(out, scalar, axes)?;
    let mut painter = Painter::new(segments.iter().copied());
    each_piece(&mut painter, shape, |piece| {
        match scalar {
            Scalar::U8 => {
                let narrow = |v: &u32| u8::try_from(*v).unwrap_or(0);
                writer.write(&piece.iter().map(narrow).collect::<Vec<_>>())?;
            }
            Scalar::U16 => {
                let narrow = |v: &u32| u16::try_from(*v).unwrap_or(0);
                writer.write(&piece.iter().map(narrow).collect::<Vec<_>>())?;
            }
            _ => writer.write(piece)?,
        }
        Ok(())
    })?;
    Ok((writer.finish()?, painter.covered()))
}

fn truth<W: Write>(
    out: W,
    value: &SegmentValue,
    shape: VoxelShape,
    axes: &[u64],
) -> Result<W, ArrayError> {
    let mut writer = NpyWriter::new(out, Scalar::Bool, axes)?;
    each_piece(&mut Painter::of_runs(&value.runs), shape, |piece| {
        writer.write(&piece.iter().map(|v| *v != 0).collect::<Vec<_>>())?;
        Ok(())
    })?;
    Ok(writer.finish()?)
}

fn each_piece(
    painter: &mut Painter<'_>,
    shape: VoxelShape,
    mut give: impl FnMut(&[u32]) -> Result<(), ArrayError>,
) -> Result<(), ArrayError> {
    let mut left = shape.voxels();
    let mut piece = Vec::new();
    while left > 0 {
        let count = usize::try_from(left.min(VOXELS)).unwrap_or(0);
        piece.resize(count, 0);
        painter.paint(&mut piece);
        give(&piece)?;
        left = left.saturating_sub(count as u64);
    }
    Ok(())
}

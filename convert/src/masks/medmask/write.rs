//! Writing `.msk` and `.mska`.

use std::collections::HashSet;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::{Map, Value, json};
use vesalius::{SegmentValue, Space, VoxelShape};

use super::super::SegmentSet;
use super::error::{MedMaskError, MedMaskErrorKind};
use super::header::{Header, Kind, Part};
use super::plan::{self, Planned};
use super::{assemble, encode, geometry, index_text};
use crate::part;

/// Bytes that `MedMask` reserves for an index at first.
const RESERVE: u64 = 4000;
/// Bytes that stay free: `MedMask` writes an entry without a look at how long it is.
const SPARE: u64 = 4000;

/// Writes segments that do not overlap as a `.msk`. Returns what such a file cannot say. The file appears when
/// it is complete.
///
/// # Errors
/// [`MedMaskErrorKind::Unwritable`] for segments that overlap or share a label, or a geometry that `MedMask`
/// refuses; the medium failed.
pub fn write_msk(set: &SegmentSet, path: &Path) -> Result<Vec<String>, MedMaskError> {
    let shape = shape(set)?;
    let segments = plan::one(&set.segments).map_err(|kind| kind.at(0))?;
    let mapping = index_text::text(&mapping(&segments));
    let data = encode::array(&segments, shape).map_err(|kind| kind.at(0))?;
    let index = mapping.into_bytes();
    let length = index.len() as u64;
    write(path, Kind::Mask, &set.space, &index, length, &[data])?;
    let mut notes = left_out(&set.segments);
    if set.segments.iter().any(|value| !value.segment.group.is_empty()) {
        notes.push("a .msk has no groups: they are left out".into());
    }
    Ok(notes)
}

/// Writes segments as a `.mska`. Which become one entry is told at [the module](super). Returns what such a
/// file cannot say. The file appears when it is complete.
///
/// The index has room to spare, so that `MedMask` can add masks to it. Memory: the packed arrays.
///
/// # Errors
/// [`MedMaskErrorKind::Unwritable`] for a segment with label 0, no segment at all, or a geometry that
/// `MedMask` refuses; the medium failed.
pub fn write_mska(set: &SegmentSet, path: &Path) -> Result<Vec<String>, MedMaskError> {
    let shape = shape(set)?;
    let planned = plan::entries(&set.segments).map_err(|kind| kind.at(0))?;
    if planned.is_empty() {
        let why = "MedMask cannot read an archive without masks: write at least one".to_owned();
        return Err(MedMaskErrorKind::Unwritable(why).at(0));
    }
    let arrays = planned.iter().map(|entry| encode::array(&entry.segments, shape));
    let arrays = arrays.collect::<Result<Vec<_>, _>>().map_err(|kind| kind.at(0))?;
    // The longest index that there could be tells how much room it needs.
    let longest = index(&planned, &arrays, u64::from(u32::MAX) << 16).len() as u64;
    let mut reserve = RESERVE;
    while reserve < longest.saturating_add(SPARE) {
        reserve = reserve.saturating_mul(2);
    }
    let space = space_text(&set.space)?;
    let start = (Kind::Archive.bytes() as u64).saturating_add(space.len() as u64);
    let index = index(&planned, &arrays, start.saturating_add(reserve)).into_bytes();
    write(path, Kind::Archive, &set.space, &index, reserve, &arrays)?;
    Ok(left_out(&set.segments))
}

fn shape(set: &SegmentSet) -> Result<VoxelShape, MedMaskError> {
    let unwritable = |why: String| MedMaskErrorKind::Unwritable(why).at(0);
    let shape = VoxelShape::of_space(&set.space).map_err(|error| unwritable(error.to_string()))?;
    match set.segments.iter().find(|value| value.runs.shape() != shape) {
        None => Ok(shape),
        Some(value) => {
            let name = &value.segment.name;
            Err(unwritable(format!("segment {name:?} has another shape than the space")))
        }
    }
}

fn space_text(space: &Space) -> Result<String, MedMaskError> {
    Ok(index_text::text(&geometry::encode(space).map_err(|kind| kind.at(0))?))
}

/// Names and labels. A label that is named as the reader names it had no name, and is left without.
fn mapping(segments: &[&SegmentValue]) -> Value {
    let named = |v: &&&SegmentValue| {
        v.runs.is_empty() || v.segment.name != assemble::unnamed(v.segment.label)
    };
    let pair = |v: &&SegmentValue| (v.segment.name.clone(), Value::from(v.segment.label));
    Value::Object(segments.iter().filter(named).map(pair).collect::<Map<_, _>>())
}

/// The index of arrays that lie one behind the other from `start` on.
fn index(planned: &[Planned<'_>], arrays: &[Vec<u8>], start: u64) -> String {
    let mut offset = start;
    let entry = |(entry, array): (&Planned<'_>, &Vec<u8>)| {
        let at = offset;
        offset = offset.saturating_add(array.len() as u64);
        let mapping = mapping(&entry.segments);
        let mut value =
            json!({"name": entry.name, "offset": at, "length": array.len(), "mapping": mapping});
        if let (Some(group), Some(object)) = (entry.group, value.as_object_mut()) {
            object.insert("group".into(), group.into());
        }
        value
    };
    index_text::text(&planned.iter().zip(arrays).map(entry).collect())
}

/// Writes the parts one behind the other, the index filled up to `reserve` bytes.
fn write(
    path: &Path,
    kind: Kind,
    space: &Space,
    index: &[u8],
    reserve: u64,
    arrays: &[Vec<u8>],
) -> Result<(), MedMaskError> {
    let space = space_text(space)?;
    let behind = |part: Part, length: u64| Part { offset: part.end(), length };
    let all = arrays.iter().map(|array| array.len() as u64).sum();
    let head = Part { offset: 0, length: kind.bytes() as u64 };
    let space_part = behind(head, space.len() as u64);
    let index_part = behind(space_part, reserve);
    let data = behind(index_part, all);
    let masks = arrays.len() as u64;
    let header = Header { space: space_part, index: index_part, data, masks };
    let mut out = BufWriter::new(part::create(path)?);
    out.write_all(&header.encode(kind))?;
    out.write_all(space.as_bytes())?;
    out.write_all(index)?;
    let fill = reserve.saturating_sub(index.len() as u64);
    out.write_all(&vec![0; usize::try_from(fill).unwrap_or(0)])?;
    for array in arrays {
        out.write_all(array)?;
    }
    let file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    Ok(part::finish(file.into_temp_path(), path)?)
}

/// What is known of the segments and has no place in the file.
fn left_out(segments: &[SegmentValue]) -> Vec<String> {
    let mut kinds = HashSet::new();
    for value in segments {
        let segment = &value.segment;
        let present = [
            (segment.colour.is_some(), "colours"),
            (!segment.codes.is_empty(), "codes"),
            (segment.priority != 0, "priorities"),
            (!segment.json.is_empty(), "JSON"),
        ];
        kinds.extend(present.into_iter().filter(|(there, _)| *there).map(|(_, kind)| kind));
    }
    let mut kinds: Vec<&str> = kinds.into_iter().collect();
    kinds.sort_unstable();
    let note = |kind: &&str| format!("MedMask files have no {kind}: they are left out");
    kinds.iter().map(note).collect()
}

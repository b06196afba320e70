//! Label maps become segments.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use std::path::Path;

use vesalius::{Runs, Segment, SegmentValue, Space};

use super::label_table::Table;
use crate::masks::SegmentSet;
use crate::masks::volumes::{
    Budget, Gather, Limits, Names, VolumeError, VolumeErrorKind, check_space,
};
use crate::nifti::{self, NiftiReader};

/// How many labels a note names.
const NAMED: usize = 8;

/// Reads a label map: `.nii`, `.nii.gz`, or the `.hdr` or `.img` of a pair; 2D, 3D, or with frames in time. All
/// number types, if the values are whole numbers from 0 to 2^32 - 1 when scaled as the header says; 0 is
/// background.
///
/// Segments are in the order of their labels. A name and a colour come from the label table in the header; what
/// has no name is `label_N`, and what has a name but no voxels is an empty segment. Memory: the runs and a plane.
///
/// # Errors
/// A file or header that is refused, a value that is no label, a limit.
pub fn read_label_map(path: &Path, limits: &Limits) -> Result<SegmentSet, VolumeError> {
    let read = || set_of(open(path, limits)?, limits);
    read().map_err(|kind: VolumeErrorKind| kind.of(path))
}

/// Reads a label map in one file from a stream whose length is not known.
///
/// # Errors
/// As [`read_label_map`]; the header of a pair.
pub fn read_label_map_stream<R: BufRead + Send + 'static>(
    stream: R,
    limits: &Limits,
) -> Result<SegmentSet, VolumeError> {
    let reader = NiftiReader::from_stream(stream, &nifti_limits(limits));
    let read = || set_of(reader?, limits);
    read().map_err(|kind: VolumeErrorKind| VolumeError { file: None, kind })
}

pub(super) fn open(path: &Path, limits: &Limits) -> Result<NiftiReader, VolumeErrorKind> {
    Ok(NiftiReader::open(path, &nifti_limits(limits))?)
}

fn nifti_limits(limits: &Limits) -> nifti::Limits {
    nifti::Limits { max_value_bytes: limits.max_value_bytes, ..nifti::Limits::default() }
}

/// The voxels of every label, and the table that names them.
pub(super) struct Found {
    pub(super) parts: BTreeMap<u32, Runs>,
    pub(super) table: Table,
}

impl Found {
    pub(super) fn read(
        mut reader: NiftiReader,
        space: &Space,
        limits: &Limits,
        budget: &Budget,
    ) -> Result<Self, VolumeErrorKind> {
        let table = Table::read(reader.extensions(), limits)?;
        let scaling = reader.header().scaling;
        let mut gather = Gather::new(check_space(space)?, limits, budget)?;
        let mut slice = 0_u64;
        while let Some(plane) = reader.next_plane()? {
            gather.add(0, slice, &plane, &scaling)?;
            slice = slice.saturating_add(1);
        }
        let parts = gather.finish()?;
        let parts = parts.into_iter().map(|((_, label), runs)| (label, runs)).collect();
        Ok(Self { parts, table })
    }
}

fn set_of(reader: NiftiReader, limits: &Limits) -> Result<SegmentSet, VolumeErrorKind> {
    let space = Space::from(reader.geometry());
    let found = Found::read(reader, &space, limits, &Budget::new(limits))?;
    let (Found { mut parts, mut table }, shape) = (found, check_space(&space)?);
    let labels: BTreeSet<u32> = parts.keys().chain(table.entries.keys()).copied().collect();
    limits.admit_segments(labels.len())?;
    let named = |label: &u32| table.entries.get(label).is_some_and(|e| !e.name.is_empty());
    let nameless: Vec<u32> = parts.keys().filter(|label| !named(label)).copied().collect();
    let empty = labels.len().saturating_sub(parts.len());
    let mut names = Names::default();
    let mut segments = Vec::new();
    for label in labels {
        let entry = table.entries.remove(&label).unwrap_or_default();
        let mut segment = Segment { colour: entry.colour, ..Segment::new(entry.name, label) };
        names.settle(&mut segment);
        let runs = parts.remove(&label).unwrap_or_else(|| Runs::empty(shape));
        segments.push(SegmentValue { segment, runs });
    }
    let mut notes = table.notes;
    if !nameless.is_empty() {
        let text = "labels have no name in the file and are called label_N";
        notes.push(format!("{} {text}: {}", nameless.len(), list(&nameless)));
    }
    if empty > 0 {
        notes.push(format!("{empty} names have no voxels and are empty segments"));
    }
    notes.extend(names.note());
    Ok(SegmentSet { space, segments, notes })
}

/// The first few of them.
fn list(labels: &[u32]) -> String {
    let shown: Vec<String> = labels.iter().take(NAMED).map(u32::to_string).collect();
    let more = if labels.len() > NAMED { ", ..." } else { "" };
    format!("{}{more}", shown.join(", "))
}

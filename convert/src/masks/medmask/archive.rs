//! Reading a `.mska`.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use vesalius::SegmentValue;

use super::super::SegmentSet;
use super::super::limits::Limits;
use super::error::{MedMaskError, MedMaskErrorKind};
use super::header::{Header, Kind};
use super::{assemble, blob, index, mask, salvage};
use crate::npy::{ByteSource, FileSource};

/// Reads a `.mska`. What becomes what is told at [the module](super).
///
/// With `salvage`, of an archive that cannot be read as a whole what is whole is taken: the index is read as
/// far as it goes, beyond its end too, and arrays are looked for where they should be and anywhere else. What
/// was saved under which name, and what was lost, is in the notes. This reads the file into memory. An archive
/// that is not broken is read as without `salvage`.
///
/// # Errors
/// As [`read_msk`](super::read_msk); [`MedMaskErrorKind::Overflowed`] for an index that ran over, as `MedMask`
/// lets it; [`MedMaskErrorKind::NothingSaved`].
pub fn read_mska(path: &Path, limits: &Limits, salvage: bool) -> Result<SegmentSet, MedMaskError> {
    let source: Arc<dyn ByteSource> = Arc::new(FileSource::open(path)?);
    open(&source, limits, salvage)
}

/// Reads a `.mska` from any source.
pub(super) fn open(
    source: &Arc<dyn ByteSource>,
    limits: &Limits,
    salvage: bool,
) -> Result<SegmentSet, MedMaskError> {
    match read(source, limits) {
        Err(error) if salvage && !matches!(error.kind, MedMaskErrorKind::Io(_)) => {
            salvage::read(source, limits, &error)
        }
        other => other,
    }
}

fn read(source: &Arc<dyn ByteSource>, limits: &Limits) -> Result<SegmentSet, MedMaskError> {
    let header = Header::read(&**source, Kind::Archive)?;
    let (space, shape) = mask::space(&**source, header.space)?;
    let text = header.index.read(&**source, "the index", limits.max_text_bytes)?;
    let entries = index::parse(&text).map_err(|mut error| {
        error.offset = header.index.offset;
        error
    })?;
    if entries.len() as u64 > limits.max_arrays {
        let (asked, allowed) = (entries.len() as u64, limits.max_arrays);
        return Err(MedMaskErrorKind::OverLimit("masks", asked, allowed).at(header.index.offset));
    }
    let mut collected = Collected::default();
    if header.masks != entries.len() as u64 {
        let (told, found) = (header.masks, entries.len());
        collected.notes.push(format!("the head tells of {told} masks, the index of {found}"));
    }
    for entry in entries {
        let voxels = blob::read(source, entry.part, shape, limits, collected.runs)
            .map_err(|error| error.of(&entry.name))?;
        let mut notes = Vec::new();
        let segments = assemble::segments(entry.mapping, voxels, &entry.group, shape, &mut notes);
        collected.add(segments, notes);
    }
    let Collected { segments, notes, .. } = collected;
    Ok(SegmentSet { space, segments, notes })
}

/// Segments of several arrays, no two of one name in one group.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) segments: Vec<SegmentValue>,
    pub(super) notes: Vec<String>,
    /// Runs of all of them.
    pub(super) runs: u64,
    names: HashSet<(String, String)>,
}

impl Collected {
    pub(super) fn add(&mut self, segments: Vec<SegmentValue>, notes: Vec<String>) {
        self.notes.extend(notes);
        for mut value in segments {
            let (group, name) = (value.segment.group.clone(), value.segment.name.clone());
            let mut own = name.clone();
            while !self.names.insert((group.clone(), own.clone())) {
                own.push('_');
            }
            if own != name {
                self.notes.push(format!("{name:?} is twice in {group:?}: one is called {own:?}"));
            }
            value.segment.name = own;
            self.runs = self.runs.saturating_add(value.runs.len() as u64);
            self.segments.push(value);
        }
    }
}

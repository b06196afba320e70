//! What is whole of an archive that is not.
//!
//! `MedMask` 0.1.3 sees that an index grows over its reserve only when the mask after it is added. So the text
//! of the index lies over the first arrays, or the new array lies over the end of the text. It also moves all
//! arrays before the index that tells where they are.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use vesalius::{Runs, VoxelShape};

use super::super::SegmentSet;
use super::super::limits::Limits;
use super::archive::Collected;
use super::error::{MedMaskError, MedMaskErrorKind};
use super::header::{Header, Kind, Part};
use super::tolerant::{self, Partial};
use super::{assemble, blob, mask, search};
use crate::npy::ByteSource;

/// Reads what can be read. `reason` is why the archive cannot be read as a whole.
pub(super) fn read(
    source: &Arc<dyn ByteSource>,
    limits: &Limits,
    reason: &MedMaskError,
) -> Result<SegmentSet, MedMaskError> {
    let header = Header::read(&**source, Kind::Archive)?;
    let (space, shape) = mask::space(&**source, header.space)?;
    let offset = header.index.offset;
    let rest = Part { offset, length: source.len().saturating_sub(offset) };
    let bytes = rest.read(&**source, "the archive", limits.max_value_bytes)?;
    let most = usize::try_from(limits.max_text_bytes).unwrap_or(usize::MAX);
    let (mut entries, _) = tolerant::entries(bytes.get(..most).unwrap_or(&bytes));
    entries.truncate(usize::try_from(limits.max_arrays).unwrap_or(usize::MAX));

    let mut out = Collected::default();
    out.notes.push(format!("salvaged, for {}", reason.kind));
    let mut wreck = Wreck { source, shape, limits, base: offset, bytes: &bytes };
    let places = wreck.places(&entries);
    complete_last(&mut entries, &places, &wreck);
    let taken: Vec<Part> = places.iter().flatten().copied().collect();
    for (entry, place) in entries.into_iter().zip(places) {
        wreck.take(entry, place, &mut out);
    }
    for (part, number) in wreck.strangers(&taken).into_iter().zip(1_u64..) {
        let name = format!("recovered_{number}");
        let Ok(voxels) = wreck.voxels(part, out.runs) else { continue };
        let at = part.offset;
        out.notes.push(format!("an array without a name at byte {at} is saved as {name:?}"));
        let mut notes = Vec::new();
        let segments = assemble::segments(Vec::new(), voxels, &name, shape, &mut notes);
        out.add(segments, notes);
    }
    if out.segments.is_empty() {
        return Err(MedMaskErrorKind::NothingSaved.at(offset));
    }
    let Collected { segments, notes, .. } = out;
    Ok(SegmentSet { space, segments, notes })
}

/// A damaged archive from its index on.
struct Wreck<'a> {
    source: &'a Arc<dyn ByteSource>,
    shape: VoxelShape,
    limits: &'a Limits,
    base: u64,
    bytes: &'a [u8],
}

impl Wreck<'_> {
    fn voxels(&self, part: Part, runs: u64) -> Result<BTreeMap<u32, Runs>, MedMaskError> {
        blob::read(self.source, part, self.shape, self.limits, runs)
    }

    fn slice(&self, part: Part) -> &[u8] {
        let start = part.offset.checked_sub(self.base).and_then(|at| usize::try_from(at).ok());
        let length = usize::try_from(part.length).ok();
        let range = start.zip(length).and_then(|(at, n)| Some(at..at.checked_add(n)?));
        range.and_then(|range| self.bytes.get(range)).unwrap_or_default()
    }

    /// Where the array of each entry is: where the index says, or where one of its length was found.
    fn places(&self, entries: &[Partial]) -> Vec<Option<Part>> {
        let whole = |entry: &Partial| entry.part().filter(|part| self.voxels(*part, 0).is_ok());
        let mut places: Vec<Option<Part>> = entries.iter().map(whole).collect();
        if !places.contains(&None) {
            return places;
        }
        let taken: Vec<Part> = places.iter().flatten().copied().collect();
        let mut found: HashMap<u64, Vec<Part>> = HashMap::new();
        for part in self.strangers(&taken) {
            found.entry(part.length).or_default().push(part);
        }
        let mut wanted: HashMap<u64, Vec<usize>> = HashMap::new();
        for (number, (entry, place)) in entries.iter().zip(&places).enumerate() {
            if let (None, Some(length)) = (place, entry.length) {
                wanted.entry(length).or_default().push(number);
            }
        }
        // Arrays are written in the order of the index. With one too few it is not known which is missing.
        for (length, numbers) in wanted {
            let parts = found.remove(&length).unwrap_or_default();
            if parts.len() != numbers.len() {
                continue;
            }
            for (number, part) in numbers.into_iter().zip(parts) {
                if let Some(place) = places.get_mut(number) {
                    *place = Some(part);
                }
            }
        }
        places
    }

    /// Whole arrays that are not among `taken`, and no copies of them.
    fn strangers(&self, taken: &[Part]) -> Vec<Part> {
        let budget = self.limits.max_value_bytes;
        let all = search::arrays(self.bytes, self.base, self.shape, budget);
        let known = |part: &Part| {
            taken.iter().any(|old| {
                old == part || (old.length == part.length && self.slice(*old) == self.slice(*part))
            })
        };
        all.into_iter().filter(|part| !known(part)).collect()
    }

    fn take(&mut self, entry: Partial, place: Option<Part>, out: &mut Collected) {
        let name = &entry.name;
        let read = place.map(|part| (part, self.voxels(part, out.runs)));
        let (part, voxels) = match read {
            Some((part, Ok(voxels))) => (part, voxels),
            Some((_, Err(error))) => {
                out.notes.push(format!("mask {name:?} is lost: {}", error.kind));
                return;
            }
            None => {
                out.notes.push(format!("mask {name:?} is lost: its array was overwritten"));
                return;
            }
        };
        let moved = if entry.part() == Some(part) { "" } else { ", found at another place" };
        let cut = if entry.whole { "" } else { "; names of its labels were overwritten" };
        out.notes.push(format!("mask {name:?} is saved{moved}{cut}"));
        let group = entry.group().to_owned();
        let mut notes = Vec::new();
        let segments = assemble::segments(entry.mapping, voxels, &group, self.shape, &mut notes);
        out.add(segments, notes);
    }
}

/// The text of a long index goes on behind the array that was written over it.
fn complete_last(entries: &mut [Partial], places: &[Option<Part>], wreck: &Wreck<'_>) {
    let Some(last) = entries.last_mut().filter(|entry| !entry.whole) else { return };
    let Some(part) = places.last().copied().flatten() else { return };
    let length = wreck.base.saturating_add(wreck.bytes.len() as u64).saturating_sub(part.end());
    let pairs = tolerant::tail(wreck.slice(Part { offset: part.end(), length }));
    for (name, label) in pairs {
        if !last.mapping.iter().any(|(known, _)| *known == name) {
            last.mapping.push((name, label));
        }
    }
}

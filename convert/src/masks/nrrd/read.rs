//! NRRD files become segments.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use vesalius::{Runs, Segment, SegmentValue};

use super::axes::Axes;
use super::data::{Bytes, of_stream};
use super::error::NrrdErrorKind;
use super::fields::Storage;
use super::files;
use super::header::Header;
use super::segments::{Described, Keys};
use super::space::World;
use crate::masks::SegmentSet;
use crate::masks::volumes::{
    Budget, Gather, Limits, Names, VolumeError, VolumeErrorKind, check_space,
};
use crate::nifti::{NiftiErrorKind, Scaling, Values};

/// How far behind the values the end of a compressed stream, and its checksum, is looked for.
const TAIL_BYTES: u64 = 1 << 20;
/// How many keys a note names.
const NAMED: usize = 8;

/// Reads `.seg.nrrd`, `.nrrd` or `.nhdr`: raw or gzip, 2D or 3D, with a list axis of layers, with frames in time.
///
/// Described segments come first, in the order of their numbers, also those without voxels; then the values that
/// no description claims, as `label_N`, in a group `layer_N` where there are several layers. Two segments of
/// different layers may have one label. Data files are read from the folder of the header only. Memory: the runs
/// and a plane.
///
/// # Errors
/// A file or header that is refused, a value that is no label, a limit.
pub fn read_nrrd(path: &Path, limits: &Limits) -> Result<SegmentSet, VolumeError> {
    let read = || {
        let mut file = BufReader::new(File::open(path)?);
        let header = Header::read(&mut file)?;
        let files = files::of(&header, path)?;
        set_of(&header, limits, |storage, needed| {
            if let Some(files) = files {
                return Bytes::of_files(files, *storage, needed);
            }
            let stored = file.get_ref().metadata()?.len().saturating_sub(header.bytes);
            Bytes::unpack(file, storage, Some(stored), needed)
        })
    };
    read().map_err(|kind: VolumeErrorKind| kind.of(path))
}

/// Reads a file with its values behind the header from a stream whose length is not known.
///
/// # Errors
/// As [`read_nrrd`]; values in other files, or at the end of the stream (`byte skip: -1`).
pub fn read_nrrd_stream<R: BufRead + Send + 'static>(
    mut stream: R,
    limits: &Limits,
) -> Result<SegmentSet, VolumeError> {
    let read = || {
        let header = Header::read(&mut stream)?;
        if let Some(name) = header.get("data file") {
            let name = name.chars().take(200).collect();
            return Err(NrrdErrorKind::DataFile(name, "is not in the stream").into());
        }
        set_of(&header, limits, |storage, needed| Bytes::unpack(stream, storage, None, needed))
    };
    read().map_err(|kind: VolumeErrorKind| VolumeError { file: None, kind })
}

fn set_of(
    header: &Header,
    limits: &Limits,
    open: impl FnOnce(&Storage, u64) -> Result<Bytes, VolumeErrorKind>,
) -> Result<SegmentSet, VolumeErrorKind> {
    let mut notes = Vec::new();
    let storage = Storage::of(header)?;
    let keys = Keys::of(&header.keys, limits)?;
    let world = World::of(header)?;
    let axes = Axes::of(header, world.spatial(), !keys.is_empty())?;
    let space = world.space(header, &axes, &mut notes)?;
    note_unknown(header, &keys, &mut notes);
    let shape = check_space(&space)?;
    limits.admit_segments(usize::try_from(axes.layers()).unwrap_or(usize::MAX))?;
    let bytes = axes.values().and_then(|n| n.checked_mul(u64::from(storage.dtype.bytes())));
    let bytes = bytes.filter(|bytes| *bytes <= limits.max_value_bytes);
    let needed = bytes.ok_or(VolumeErrorKind::OverLimit {
        name: "bytes of values",
        asked: bytes.unwrap_or(u64::MAX),
        allowed: limits.max_value_bytes,
    })?;
    let mut data = open(&storage, needed)?;
    if let Some(available) = data.most.filter(|most| *most < needed) {
        return Err(NrrdErrorKind::Truncated { needed, available }.into());
    }
    let budget = Budget::new(limits);
    let mut gather = Gather::new(shape, limits, &budget)?;
    fill(&mut gather, &mut data, &storage, &axes)?;
    let parts = gather.finish()?;
    let described = keys.describe(axes.layers(), &mut notes);
    let segments = combine(described, parts, &axes, &budget, &Runs::empty(shape), &mut notes)?;
    limits.admit_segments(segments.len())?;
    Ok(SegmentSet { space, segments, notes })
}

fn note_unknown(header: &Header, keys: &Keys, notes: &mut Vec<String>) {
    for (what, names) in [("fields", &header.unknown), ("keys", &keys.others)] {
        if !names.is_empty() {
            let shown: Vec<String> = names
                .iter()
                .take(NAMED)
                .map(|n| format!("{:?}", n.chars().take(80).collect::<String>()))
                .collect();
            notes.push(format!(
                "{} {what} of the header are left out: {}",
                names.len(),
                shown.join(", ")
            ));
        }
    }
}

/// Reads all planes.
fn fill(
    gather: &mut Gather<'_>,
    data: &mut Bytes,
    storage: &Storage,
    axes: &Axes,
) -> Result<(), VolumeErrorKind> {
    let [depth, height, width] = axes.shape;
    let inner = axes.inner();
    let count = inner.saturating_mul(height).saturating_mul(width);
    let each = usize::try_from(inner).map_err(|_| NrrdErrorKind::Memory(count))?;
    let sure = data.most.is_some();
    for outer in 0..axes.outer() {
        for z in 0..depth {
            let plane = Values::read(storage.dtype, &mut data.from, storage.order, count, sure);
            let plane = plane.map_err(of_values)?;
            gather.add_each(each, &plane, &Scaling::NONE, |number| {
                let (layer, frame) = axes.layer_frame(number as u64, outer);
                (layer, frame.saturating_mul(depth).saturating_add(z))
            })?;
        }
    }
    io::copy(&mut (&mut data.from).take(TAIL_BYTES), &mut io::sink()).map_err(of_stream)?;
    Ok(())
}

fn of_values(kind: NiftiErrorKind) -> VolumeErrorKind {
    match kind {
        NiftiErrorKind::Io(error) => VolumeErrorKind::Io(error),
        other => NrrdErrorKind::from(other).into(),
    }
}

/// Described segments with their voxels, then the voxels that none of them claims.
fn combine(
    described: Vec<Described>,
    mut parts: BTreeMap<(u64, u32), Runs>,
    axes: &Axes,
    budget: &Budget,
    none: &Runs,
    notes: &mut Vec<String>,
) -> Result<Vec<SegmentValue>, VolumeErrorKind> {
    let mut names = Names::default();
    let mut segments = Vec::new();
    let mut claimed = BTreeSet::new();
    for Described { mut segment, layer, value } in described {
        names.settle(&mut segment);
        if layer >= axes.layers() {
            notes.push(format!("{:?} is in layer {layer}, which is not there", segment.name));
        }
        let runs = parts.get(&(layer, value)).unwrap_or(none).clone();
        if !claimed.insert((layer, value)) {
            notes.push(format!("{:?} has the voxels of a segment before it", segment.name));
            budget.spend(runs.len())?;
        }
        segments.push(SegmentValue { segment, runs });
    }
    parts.retain(|key, _| !claimed.contains(key));
    if !parts.is_empty() {
        notes.push(format!(
            "{} values have no name in the file and are called label_N",
            parts.len()
        ));
    }
    for ((layer, value), runs) in parts {
        let mut segment = Segment::new("", value);
        if axes.layers() > 1 {
            segment.group = format!("layer_{layer}");
        }
        names.settle(&mut segment);
        segments.push(SegmentValue { segment, runs });
    }
    notes.extend(names.note());
    Ok(segments)
}

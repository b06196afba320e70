//! Segments of an image on their way to a file, whichever format it gets.

mod notes;
mod numbers;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufWriter, Read as _};
use std::path::Path;

use vesalius::{Image, SegmentKey, SegmentRef, SegmentValue, Space};

use crate::error::ConvertError;
use crate::masks::SegmentSet;
use crate::masks::array::{write_npy, write_npy_truth, write_npz};
use crate::masks::coco::{CocoError, write_dataset};
use crate::masks::file_error::MaskFileError;
use crate::masks::format::MaskFormat;
use crate::masks::medmask::{write_msk, write_mska};
use crate::masks::nifti::{write_folder, write_label_map};
use crate::masks::nrrd::write_seg_nrrd;
use crate::masks::open::failed;
use crate::npz::Compression;
use crate::part;
use notes::{hidden, left_out, renamed, renumbered};
use numbers::{map_of_group, numbered, one_map};

/// Which segments of an image; all where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentFilter {
    /// Those of this group.
    pub group: Option<String>,
    /// Those of these keys, see [`SegmentKey::parse`].
    pub keys: Vec<String>,
}

/// The segments of an image, in their order. Memory: their runs.
///
/// # Errors
/// No such field, segment or group; the container is damaged.
pub fn of_image(
    image: &Image<'_>,
    field: &str,
    filter: &SegmentFilter,
) -> Result<SegmentSet, ConvertError> {
    let mut segments = image.segments(field)?;
    if !filter.keys.is_empty() {
        let keys = filter.keys.iter().map(|key| image.segment(field, SegmentKey::parse(key)));
        let orders = keys.map(|found| found.map(|segment| segment.order()));
        let orders = orders.collect::<Result<BTreeSet<u64>, _>>()?;
        segments.retain(|segment| orders.contains(&segment.order()));
    }
    if let Some(group) = &filter.group {
        let known: BTreeSet<String> = segments.iter().map(|s| s.group().to_owned()).collect();
        if !known.contains(group) {
            let (what, name) = ("group", group.clone());
            let known = known.into_iter().filter(|group| !group.is_empty()).collect();
            return Err(vesalius::Error::NoSuch { what, name, known }.into());
        }
        segments.retain(|segment| segment.group() == group);
    }
    let space = image.space()?.clone();
    let segments = segments.iter().map(value).collect::<Result<_, _>>()?;
    Ok(SegmentSet { space, segments, notes: Vec::new() })
}

/// A segment with its voxels.
fn value(of: &SegmentRef<'_>) -> Result<SegmentValue, ConvertError> {
    Ok(SegmentValue { segment: of.segment(), runs: of.runs()? })
}

/// Writes segments as a file or folder; a file that is there is replaced when the new one is complete, a folder must
/// be empty. `key` is that of the image, which COCO names. Returns what the file cannot say.
///
/// # Errors
/// [`ConvertError::Refused`] for a format that is only read, or a folder with files in it; segments that the format
/// cannot hold; the medium failed.
pub fn save(
    key: &str,
    set: &SegmentSet,
    format: MaskFormat,
    path: &Path,
) -> Result<Vec<String>, ConvertError> {
    if format == MaskFormat::DicomSeg {
        let what =
            "DICOM segmentations are read, not written; write seg-nrrd, which keeps the codes";
        return Err(ConvertError::Refused(what.into()));
    }
    if format == MaskFormat::NiftiFolder {
        refuse_full(path)?;
    }
    refuse_pair(format, path)?;
    refuse_container(path)?;
    refuse_axes(&set.space, format)?;
    write(key, set, format, path).map_err(|error| failed(path, error))
}

/// Writes one segment as an array of truth values, `.npy`.
///
/// # Errors
/// A segment of another shape than the space; the medium failed.
pub fn save_truth(value: &SegmentValue, space: &Space, path: &Path) -> Result<(), ConvertError> {
    write_npy_truth(value, space, path).map_err(|error| failed(path, error))
}

/// The longest axis of a `NIfTI`-1 file.
const NIFTI_AXIS: u64 = 32_767;

/// An array that a `NIfTI` file cannot hold, before anything is written.
fn refuse_axes(space: &Space, format: MaskFormat) -> Result<(), ConvertError> {
    let nifti = matches!(format, MaskFormat::NiftiLabelMap | MaskFormat::NiftiFolder);
    let longest = space.shape.into_iter().chain([space.frames]).max().unwrap_or(0);
    if !nifti || longest <= NIFTI_AXIS {
        return Ok(());
    }
    let what = format!(
        "NIfTI files have axes of {NIFTI_AXIS} voxels at most, the image has one of {longest}; write seg-nrrd or npy"
    );
    Err(ConvertError::Refused(what))
}

/// What is in a container would be lost: an export is never meant to take its place.
fn refuse_container(path: &Path) -> Result<(), ConvertError> {
    let mut head = Vec::new();
    let magic = vesalius::format::superblock::MAGIC;
    let read =
        fs::File::open(path).and_then(|file| file.take(magic.len() as u64).read_to_end(&mut head));
    if read.is_err() || head != magic {
        return Ok(());
    }
    let what = "is a container of Vesalius, which would be overwritten; name another file";
    Err(ConvertError::Refused(format!("{} {what}", path.display())))
}

/// A name that stands for a header whose values are in another file, which other programs would look for.
fn refuse_pair(format: MaskFormat, path: &Path) -> Result<(), ConvertError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let pairs = [".hdr", ".hdr.gz", ".img", ".img.gz"];
    if format != MaskFormat::NiftiLabelMap || !pairs.iter().any(|ending| name.ends_with(ending)) {
        return Ok(());
    }
    let what = "a NIfTI label map is written as one file; let its name end in .nii or .nii.gz";
    Err(ConvertError::Refused(format!("{}: {what}", path.display())))
}

fn refuse_full(folder: &Path) -> Result<(), ConvertError> {
    let first = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(ConvertError::from(error).in_file(folder)),
    };
    match first {
        None => Ok(()),
        Some(_) => Err(ConvertError::Refused(format!(
            "{} is not empty, and what is in it would look like segments; name a new folder",
            folder.display()
        ))),
    }
}

fn write(
    key: &str,
    set: &SegmentSet,
    format: MaskFormat,
    path: &Path,
) -> Result<Vec<String>, MaskFileError> {
    let mut notes = Vec::new();
    match format {
        MaskFormat::NiftiLabelMap => {
            let flat = write_label_map(set, path)?;
            notes.extend(hidden(set, &flat));
            notes.extend(renumbered(set, &flat));
            notes.extend(left_out(set, "a NIfTI label map", &["groups", "codes", "JSON"]));
        }
        MaskFormat::NiftiFolder => {
            let paths = write_folder(set, path, true)?;
            notes.extend(renamed(set, &paths));
            let kinds = ["groups", "colours", "codes", "JSON"];
            notes.extend(left_out(set, "a folder of NIfTI files", &kinds));
        }
        MaskFormat::SegNrrd => {
            let layers = write_seg_nrrd(set, path, true)?.layers;
            if layers > 1 {
                notes.push(format!("segments overlap: they are in {layers} layers"));
            }
        }
        MaskFormat::Msk => notes = write_msk(set, path)?,
        MaskFormat::Mska => notes = write_mska(set, path)?,
        MaskFormat::Coco => {
            notes = write_coco(key, set, path)?;
            notes.extend(left_out(set, "COCO JSON", &["groups", "colours", "codes"]));
        }
        MaskFormat::Npy => {
            let set = numbered(set, one_map, &mut notes);
            notes.extend(write_npy(&set, path)?);
            notes.extend(left_out(&set, "a NumPy array", &["groups", "codes", "JSON"]));
        }
        MaskFormat::Npz => {
            let set = numbered(set, map_of_group, &mut notes);
            notes.extend(write_npz(&set, path, Compression::Deflated)?);
            notes.extend(left_out(&set, "a NumPy archive", &["codes", "JSON"]));
        }
        // Refused by the caller.
        MaskFormat::DicomSeg => {}
    }
    Ok(notes)
}

fn write_coco(key: &str, set: &SegmentSet, path: &Path) -> Result<Vec<String>, CocoError> {
    let mut file = BufWriter::new(part::create(path)?);
    let notes = write_dataset(&mut file, &[(key, set)])?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    part::finish(file.into_temp_path(), path)?;
    Ok(notes)
}

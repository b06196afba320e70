//! Reading a file of masks, whichever format it has.

use std::path::{Path, PathBuf};

use vesalius::SegmentValue;

use super::array::{read_npy, read_npz};
use super::coco::CocoFile;
use super::dicom_seg::open_dicom_seg;
use super::file_error::MaskFileError;
use super::format::MaskFormat;
use super::label_table::LabelTable;
use super::medmask::{read_msk, read_mska};
use super::naming::listed;
use super::nifti::{read_folder_within, read_label_map};
use super::nrrd::read_nrrd;
use super::{Limits, SegmentSet, volumes};
use crate::error::ConvertError;
use crate::npz::Archive;

/// How far apart, in voxels, the corners of the files of one folder may be unless [`ReadOptions::tolerance`] says
/// otherwise. The files of one run of a model have headers that were rounded to f32 in different ways; what is
/// further apart was not made in one run.
pub const FOLDER_TOLERANCE: f64 = 0.05;

/// How to read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadOptions {
    /// The format; else what [`MaskFormat::recognise`] finds.
    pub format: Option<MaskFormat>,
    /// Takes what is whole of an archive of `MedMask` that overflowed.
    pub salvage: bool,
    /// A table that names the labels, see [`label_table`](super::label_table).
    pub labels: Option<PathBuf>,
    /// How far apart, in voxels, the corners of the files of a folder may be; else [`FOLDER_TOLERANCE`].
    pub tolerance: Option<f64>,
}

/// The segments of one image.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageSegments {
    /// The key, where the file has several images or names its one.
    pub key: Option<String>,
    /// The segments.
    pub set: SegmentSet,
    /// Whether the file says where the voxels are. If not, all but the shape of the space is made up.
    pub space_known: bool,
}

/// Reads all images of a file or folder.
///
/// # Errors
/// No file of masks, one that is refused, or a table of labels that is none.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Vec<ImageSegments>, ConvertError> {
    let mut images = Vec::new();
    for_each_image(path, options, &mut |image| {
        images.push(image);
        Ok(true)
    })?;
    Ok(images)
}

/// Calls `each` with the images of a file or folder until it says stop. COCO files have any number of them, other
/// files one. Only one is in memory at a time, but the text of a COCO file is.
///
/// # Errors
/// As [`read`]; those of `each`.
pub fn for_each_image(
    path: &Path,
    options: &ReadOptions,
    each: &mut dyn FnMut(ImageSegments) -> Result<bool, ConvertError>,
) -> Result<(), ConvertError> {
    let format = match options.format {
        Some(format) => format,
        None => recognised(path)?,
    };
    let table = match &options.labels {
        None => None,
        Some(file) => {
            let table = LabelTable::read(file, &Limits::default());
            Some(table.map_err(|error| failed(file, error))?)
        }
    };
    let named = |mut image: ImageSegments| {
        if let Some(table) = &table {
            let notes = table.apply(&mut image.set, false);
            // What the file said of names that it lacks is not so any more.
            image.set.notes.retain(|note| !note.contains(CALLED));
            image.set.notes.extend(notes);
            image.set.notes.extend(nameless(&image.set));
        }
        image
    };
    if let Some(image) = one(path, format, options).map_err(|error| failed(path, error))? {
        return each(named(image)).map(drop);
    }
    let file = CocoFile::open(path).map_err(|error| failed(path, error))?;
    for (place, image) in file.images().iter().enumerate() {
        let mut set = file.segments(place).map_err(|error| failed(path, error))?;
        if place == 0 {
            set.notes.extend_from_slice(file.notes());
        }
        let key = Some(image.key.clone());
        if !each(named(ImageSegments { key, set, space_known: false }))? {
            break;
        }
    }
    Ok(())
}

/// What notes say of labels that nothing names.
const CALLED: &str = "are called label_N";

/// A note of the labels that are in neither the file nor the table.
fn nameless(set: &SegmentSet) -> Option<String> {
    let is = |value: &&SegmentValue| value.segment.name == format!("label_{}", value.segment.label);
    let labels = set.segments.iter().filter(is).map(|value| value.segment.label.to_string());
    let labels: Vec<String> = labels.collect();
    let text = "labels have no name in the file or the table and";
    (!labels.is_empty()).then(|| format!("{} {text} {CALLED}: {}", labels.len(), listed(&labels)))
}

/// Reads a file that is of one image; `None` for COCO, which may have any number.
fn one(
    path: &Path,
    format: MaskFormat,
    options: &ReadOptions,
) -> Result<Option<ImageSegments>, MaskFileError> {
    let limits = Limits::default();
    let volume = volumes::Limits::default();
    let mut space_known = true;
    let set = match format {
        MaskFormat::NiftiLabelMap => read_label_map(path, &volume)?,
        MaskFormat::NiftiFolder => {
            let tolerance = options.tolerance.unwrap_or(FOLDER_TOLERANCE);
            read_folder_within(path, tolerance, &volume)?
        }
        MaskFormat::SegNrrd => read_nrrd(path, &volume)?,
        MaskFormat::Msk => read_msk(path, &limits)?,
        MaskFormat::Mska => read_mska(path, &limits, options.salvage)?,
        MaskFormat::DicomSeg => open_dicom_seg(path)?,
        MaskFormat::Npy => {
            space_known = false;
            read_npy(path, &limits)?
        }
        MaskFormat::Npz => {
            space_known = tells_space(path)?;
            read_npz(path, &limits)?
        }
        MaskFormat::Coco => return Ok(None),
    };
    Ok(Some(ImageSegments { key: None, set, space_known }))
}

/// Whether an archive has an array that tells the space.
fn tells_space(path: &Path) -> Result<bool, MaskFileError> {
    let archive = Archive::open(path).map_err(super::array::ArrayError::from)?;
    let tells = |name: &str| name == "affine" || name == "spacing";
    Ok(archive.members().iter().any(|member| tells(member.array_name())))
}

fn recognised(path: &Path) -> Result<MaskFormat, ConvertError> {
    let format = MaskFormat::recognise(path);
    let format = format.map_err(|error| ConvertError::from(error).in_file(path))?;
    format.ok_or_else(|| {
        let what = "no file of masks that is known: expected NIfTI, NRRD, .msk, .mska, COCO JSON, DICOM SEG, .npy, \
                    .npz, or a folder of NIfTI files";
        ConvertError::layout(path, what)
    })
}

pub(super) fn failed(path: &Path, error: impl Into<MaskFileError>) -> ConvertError {
    ConvertError::Masks { path: path.to_owned(), error: Box::new(error.into()) }
}

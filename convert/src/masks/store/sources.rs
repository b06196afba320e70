//! What there is to import under a path: files, folders of masks, folders of cases.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::ConvertError;
use crate::masks::format::{MaskFormat, holds, stem};
use crate::npy::{Dtype, NpyFile, Scalar};
use crate::npz::Archive;

/// The folder of masks in a case of TotalSegmentator's data.
const SEGMENTATIONS: &str = "segmentations";
/// Files that are an image each where a folder has them.
const FILES: [MaskFormat; 4] =
    [MaskFormat::SegNrrd, MaskFormat::Msk, MaskFormat::Mska, MaskFormat::DicomSeg];

/// A file or folder that is read at once.
#[derive(Debug, PartialEq)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) format: MaskFormat,
    /// The key of its image, if it has one image without a key of its own.
    pub(super) key: String,
}

/// Whether a path is surely of masks: no table of features looks like it. `NumPy` arrays are if they are truth
/// values, or integers with three or four axes, archives if they tell a space.
///
/// # Errors
/// The file cannot be read.
pub fn is_mask_source(path: &Path) -> Result<bool, ConvertError> {
    let failed = |error: io::Error| ConvertError::from(error).in_file(path);
    if path.is_dir() {
        return Ok(!folder(path, false).map_err(failed)?.is_empty());
    }
    let sure = match MaskFormat::recognise(path).map_err(failed)? {
        None => false,
        Some(MaskFormat::Npy) => NpyFile::open(path).is_ok_and(|array| is_label_map(&array)),
        Some(MaskFormat::Npz) => Archive::open(path).is_ok_and(|archive| {
            let tells = |name: &str| name == "affine" || name == "spacing";
            archive.members().iter().any(|member| tells(member.array_name()))
        }),
        Some(_) => true,
    };
    Ok(sure)
}

fn is_label_map(array: &NpyFile) -> bool {
    match array.dtype() {
        Dtype::Number(Scalar::Bool, _) => true,
        Dtype::Number(scalar, _) => scalar.is_integer() && matches!(array.shape().len(), 3 | 4),
        _ => false,
    }
}

/// The sources under a path, in the order of names.
pub(super) fn sources(
    path: &Path,
    format: Option<MaskFormat>,
    each_file: bool,
) -> Result<Vec<Source>, ConvertError> {
    let failed = |error: io::Error| ConvertError::from(error).in_file(path);
    if let Some(format) = format {
        return Ok(vec![Source { path: path.to_owned(), format, key: key_of(path) }]);
    }
    let found = if path.is_dir() {
        folder(path, each_file).map_err(failed)?
    } else {
        let format = MaskFormat::recognise(path).map_err(failed)?;
        let source = |format| Source { path: path.to_owned(), format, key: key_of(path) };
        format.map(source).into_iter().collect()
    };
    if found.is_empty() {
        let what = "no masks that are known: expected NIfTI, NRRD, .msk, .mska, COCO JSON, DICOM SEG, .npy, .npz, \
                    a folder of NIfTI files, or a folder of such files or folders";
        return Err(ConvertError::layout(path, what));
    }
    Ok(found)
}

/// A folder of masks of one image; else its cases, which are folders of masks; else its files, which come first when
/// each is to be an image.
fn folder(path: &Path, each_file: bool) -> io::Result<Vec<Source>> {
    if !each_file && let Some(masks) = masks_of(path)? {
        let format = MaskFormat::NiftiFolder;
        return Ok(vec![Source { key: key_of(path), path: masks, format }]);
    }
    // JSON beside masks tells of them more often than it has some.
    let wanted = |format| {
        if each_file { format != MaskFormat::Coco } else { FILES.contains(&format) }
    };
    let mut cases = Vec::new();
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        let key = key_of(&path);
        if path.is_dir() {
            if let Some(masks) = masks_of(&path)? {
                cases.push(Source { path: masks, format: MaskFormat::NiftiFolder, key });
            }
        } else if MaskFormat::of_name(&path).is_some_and(wanted)
            && let Some(format) = MaskFormat::recognise(&path)?
        {
            files.push(Source { path, format, key });
        }
    }
    let mut found = if each_file || cases.is_empty() { files } else { cases };
    found.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(found)
}

/// The folder of the masks of a case: its `segmentations`, or itself.
fn masks_of(case: &Path) -> io::Result<Option<PathBuf>> {
    let inner = case.join(SEGMENTATIONS);
    if inner.is_dir() && holds(&inner, MaskFormat::NiftiLabelMap)? {
        return Ok(Some(inner));
    }
    Ok(holds(case, MaskFormat::NiftiLabelMap)?.then(|| case.to_owned()))
}

/// The name of a file or case.
fn key_of(path: &Path) -> String {
    // `.` and `..` have no name of their own.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = stem(&path);
    if name == SEGMENTATIONS && path.is_dir() {
        return path.parent().map_or(name, stem);
    }
    name
}

//! Segments become a folder of one file each.

use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use super::file_names::FileNames;
use super::write::{describe, put};
use crate::masks::SegmentSet;
use crate::masks::volumes::{Painter, VolumeError, VolumeErrorKind, check_set};
use crate::nifti::{Dtype, NiftiWriter};
use crate::part;

/// Writes a file of 0 and 1 for each segment, compressed or not, into a folder that is made if it is not there.
/// Overlaps and empty segments stay. A file is named by its segment; characters that a file name cannot have
/// become `_`, and where two names would be one, the second is `group_name` or gets a number. Returns the path of
/// each segment's file. Memory: a plane.
///
/// # Errors
/// Runs of another shape than the space's, a space that `NIfTI`-1 cannot say, or the medium failed.
pub fn write_folder(
    set: &SegmentSet,
    folder: &Path,
    compress: bool,
) -> Result<Vec<PathBuf>, VolumeError> {
    let start = || {
        let shape = check_set(&set.space, &set.segments)?;
        fs::create_dir_all(folder)?;
        Ok(shape)
    };
    let shape = start().map_err(|kind: VolumeErrorKind| kind.of(folder))?;
    let description = describe(&set.space, Dtype::U8);
    let ending = if compress { "nii.gz" } else { "nii" };
    let mut names = FileNames::default();
    let mut paths = Vec::new();
    for value in &set.segments {
        let path = folder.join(format!("{}.{ending}", names.settle(&value.segment)));
        let write = || {
            let one = std::slice::from_ref(value);
            let mut painter = Painter::new(shape, one, [0])?;
            let file = BufWriter::new(part::create(&path)?);
            let mut writer = NiftiWriter::new(file, &description, compress)?;
            for slice in 0..shape.slices() {
                put(&mut writer, Dtype::U8, painter.slice(slice), &[1])?;
            }
            let file = writer.finish()?.into_inner();
            let file = file.map_err(std::io::IntoInnerError::into_error)?;
            Ok(part::finish(file.into_temp_path(), &path)?)
        };
        write().map_err(|kind: VolumeErrorKind| kind.of(&path))?;
        paths.push(path);
    }
    Ok(paths)
}

//! A heat map as an array.

use std::io::BufWriter;
use std::path::Path;

use vesalius::{HeatMap, Space};

use super::error::HeatError;
use super::volume::Placed;
use crate::nifti::resample::Resampling;
use crate::npy::{NpyWriter, Scalar};
use crate::part;

/// Writes the scores `[d, h, w]` as f32. The file appears when it is complete.
///
/// # Errors
/// The medium failed.
pub fn write_array(map: &HeatMap, path: &Path) -> Result<(), HeatError> {
    write(path, map.grid.map(|side| side as u64), |writer| Ok(writer.write(&map.values)?))
}

/// Writes the scores of the voxels `[z, y, x]` as f32; those that no token covers are NaN with
/// [`Resampling::Nearest`]. The file appears when it is complete.
///
/// # Errors
/// The space or the mapping is not known; the medium failed.
pub fn write_resampled_array(
    map: &HeatMap,
    space: &Space,
    how: Resampling,
    path: &Path,
) -> Result<(), HeatError> {
    let placed = Placed::of(map, space)?;
    write(path, space.shape, |writer| placed.each_plane(how, |plane| writer.write(plane)))
}

type Writer = NpyWriter<BufWriter<tempfile::NamedTempFile>>;

fn write(
    path: &Path,
    shape: [u64; 3],
    fill: impl FnOnce(&mut Writer) -> Result<(), HeatError>,
) -> Result<(), HeatError> {
    let part = BufWriter::new(part::create(path)?);
    let mut writer = NpyWriter::new(part, Scalar::F32, &shape)?;
    fill(&mut writer)?;
    let part = writer.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    Ok(part::finish(part.into_temp_path(), path)?)
}

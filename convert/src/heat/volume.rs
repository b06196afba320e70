//! A heat map as a volume in the space of its image.

use std::io::BufWriter;
use std::path::Path;

use vesalius::{HeatMap, Space};

use super::error::HeatError;
use super::laid::Laid;
use crate::nifti::resample::{CellAxis, Cells, Resampling, resample};
use crate::nifti::{Description, Dtype, Geometry, NiftiWriter, is_compressed_name};
use crate::part;

/// Writes a `NIfTI` file of f32 in the space of the image, compressed if the name ends in `.gz`.
/// Voxels that no token covers are NaN with [`Resampling::Nearest`]. Memory: a slice and the cells.
/// The file appears when it is complete.
///
/// # Errors
/// The space or the mapping is not known; a shape that `NIfTI`-1 cannot say; the medium failed.
pub fn write_volume(
    map: &HeatMap,
    space: &Space,
    how: Resampling,
    path: &Path,
) -> Result<(), HeatError> {
    let placed = Placed::of(map, space)?;
    let geometry = Geometry { frames: 1, frame_seconds: 0.0, ..Geometry::from(space) };
    let mut description = Description::new(geometry, Dtype::F32);
    description.description = "heat map".into();
    let compress = is_compressed_name(path);
    let part = part::create(path)?;
    let mut writer = NiftiWriter::new(BufWriter::new(part), &description, compress)?;
    placed.each_plane(how, |plane| writer.write(plane))?;
    let part = writer.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    Ok(part::finish(part.into_temp_path(), path)?)
}

/// A heat map whose place among the voxels of a space is known.
pub(super) struct Placed {
    laid: Laid,
    axes: [CellAxis; 3],
    shape: [usize; 3],
}

impl Placed {
    pub(super) fn of(map: &HeatMap, space: &Space) -> Result<Self, HeatError> {
        let laid = Laid::of(map)?;
        let Some(axes) = laid.axes else {
            let text = "nothing is known of where the tokens of this image lie; store them with a mapping, \
                        or write the map as it is to .npy or .png";
            return Err(HeatError::Refused(text.into()));
        };
        if !space.is_known() {
            let text = "the space of this image is not known; store it, or write the map as it is to .npy \
                        or .png";
            return Err(HeatError::Refused(text.into()));
        }
        let shape = space.shape.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        Ok(Self { laid, axes, shape })
    }

    /// Hands out the values of the voxels, slice by slice `[y, x]`.
    pub(super) fn each_plane<E: Into<HeatError> + std::fmt::Display>(
        &self,
        how: Resampling,
        mut each: impl FnMut(&[f32]) -> Result<(), E>,
    ) -> Result<(), HeatError> {
        let (shape, values) = (self.laid.shape, self.laid.values.as_slice());
        let cells = Cells { shape, axes: self.axes, values };
        Ok(resample(&cells, self.shape, how, f32::NAN, |_, plane| each(plane))?)
    }
}

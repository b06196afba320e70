//! One slice of a volume as a picture.

use std::path::Path;

use super::error::HeatError;
use super::laid::Plane;
use crate::nifti::{Geometry, Limits, NiftiReader};
use crate::picture::{Channels, Image, Samples};

/// The darkest and the brightest of this part of the voxels are cut off.
const CUT: f64 = 0.01;

/// A slice across z, and where its volume is.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// The volume's geometry.
    pub geometry: Geometry,
    /// Its index along z.
    pub index: usize,
    plane: Plane,
}

/// The geometry of a volume. Reads the header.
pub(super) fn geometry_of(path: &Path) -> Result<Geometry, HeatError> {
    Ok(NiftiReader::open(path, &Limits::default())?.geometry().clone())
}

impl Slice {
    /// Reads a slice of a `NIfTI` volume. Memory: one slice.
    ///
    /// # Errors
    /// A file that is refused; no such slice.
    pub fn read(path: &Path, index: usize) -> Result<Self, HeatError> {
        let mut reader = NiftiReader::open(path, &Limits::default())?;
        let (geometry, scaling) = (reader.geometry().clone(), reader.header().scaling);
        let [depth, height, width] = geometry.shape_zyx;
        if index as u64 >= depth {
            let text = format!("{} has {depth} slices, no {index}", path.display());
            return Err(HeatError::Refused(format!("{text}; they are counted from 0")));
        }
        let mut at = 0;
        while let Some(values) = reader.next_plane()? {
            if at == index {
                let values = values.to_f32(&scaling);
                let side = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
                let plane = Plane { height: side(height), width: side(width), values };
                return Ok(Self { geometry, index, plane });
            }
            at = at.saturating_add(1);
        }
        Err(HeatError::Refused(format!("{} ends before slice {index}", path.display())))
    }

    /// Whether rows, and whether columns, have to be turned for the patient's front to be at the
    /// top and right side at the left, as radiologists look at axial slices.
    pub(super) fn turns(&self) -> (bool, bool) {
        let [[_, _, left], [_, posterior, _], _] = self.geometry.direction;
        (posterior < 0.0, left < 0.0)
    }

    /// The slice in grey, from its 1st to its 99th percentile, turned as [`Slice::turns`] says.
    pub(super) fn image(&self) -> Result<Image, HeatError> {
        let (rows, columns) = self.turns();
        let (low, high) = window(&self.plane.values);
        let plane = self.plane.clone().flipped(rows, columns);
        let grey = |value: &f32| {
            let part = (f64::from(*value) - low) / (high - low) * 255.0;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
            let grey = part.clamp(0.0, 255.0).round() as u8;
            grey
        };
        let samples = Samples::Eight(plane.values.iter().map(grey).collect());
        Ok(Image::new(plane.height, plane.width, Channels::Grey, samples)?)
    }
}

/// The values that become black and white.
fn window(values: &[f32]) -> (f64, f64) {
    let mut finite: Vec<f32> = values.iter().copied().filter(|value| value.is_finite()).collect();
    finite.sort_unstable_by(f32::total_cmp);
    let last = finite.len().saturating_sub(1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of it")]
    let cut = (last as f64 * CUT) as usize;
    let at = |place: usize| finite.get(place).copied().map_or(0.0, f64::from);
    let (low, high) = (at(cut), at(last.saturating_sub(cut)));
    if low < high { (low, high) } else { (low, low + 1.0) }
}

//! Which of a header's three ways to place a volume counts.

use super::error::NiftiErrorKind;
use super::geometry::{Affine, Geometry};
use super::header::Header;
use super::quaternion::rotation;

impl Header {
    /// The affine in RAS and in the header's own unit: the sform if it has a code, else the qform
    /// if it has one, else spacing alone with the centre of the volume at the origin and x to the
    /// left.
    ///
    /// This order, and the last rule, which the standard leaves open, are those of `nibabel`.
    ///
    /// # Errors
    /// A quaternion that is no rotation.
    pub fn affine(&self) -> Result<Affine, NiftiErrorKind> {
        if self.sform_code > 0 {
            return Ok(self.srow);
        }
        if self.qform_code > 0 { self.qform() } else { Ok(self.centred()) }
    }

    /// Where the voxels are, in millimetres. A header in metres or micrometres is converted.
    ///
    /// # Errors
    /// As [`Header::affine`] and [`Geometry::from_affine`].
    pub fn geometry(&self) -> Result<Geometry, NiftiErrorKind> {
        let unit = self.millimetres();
        let affine = self.affine()?.map(|row| row.map(|v| v * unit));
        let [x, y, z, ..] = self.dim;
        let mut geometry = Geometry::from_affine([z, y, x], &affine)?;
        geometry.frames = self.frames();
        geometry.frame_seconds = self.frame_seconds();
        Ok(geometry)
    }

    fn qform(&self) -> Result<Affine, NiftiErrorKind> {
        let [sign, ..] = self.pixdim;
        let [dx, dy, dz] = self.spacing();
        let dz = if (sign + 1.0).abs() < f64::EPSILON { -dz } else { dz };
        let [x, y, z] = rotation(self.quaternion, self.version == 2)?;
        let [tx, ty, tz] = self.qoffset;
        let row = |[i, j, k]: [f64; 3], t: f64| [i * dx, j * dy, k * dz, t];
        Ok([row(x, tx), row(y, ty), row(z, tz)])
    }

    fn centred(&self) -> Affine {
        let mut spacing = self.spacing();
        // What stands behind the last dimension of a plane or a line says nothing.
        spacing.iter_mut().skip(self.dimensions).for_each(|d| *d = 1.0);
        let [dx, dy, dz] = spacing;
        let [nx, ny, nz, ..] = self.dim.map(|n| (n as f64 - 1.0) / 2.0);
        [[-dx, 0.0, 0.0, nx * dx], [0.0, dy, 0.0, -ny * dy], [0.0, 0.0, dz, -nz * dz]]
    }

    /// Spacing along x, y, z. A sign has no meaning, and zero means "not known".
    fn spacing(&self) -> [f64; 3] {
        let [_, dx, dy, dz, ..] = self.pixdim;
        [dx, dy, dz].map(|d| if d == 0.0 { 1.0 } else { d.abs() })
    }
}

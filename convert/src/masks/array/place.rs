//! The arrays of an archive that tell the space.

use vesalius::{Space, VoxelShape};

use super::error::{ArrayError, ArrayErrorKind};
use crate::nifti::{Affine, Geometry};
use crate::npy::{ByteSource, Dtype, NpyFile, Order, Scalar};
use crate::npz::Archive;

/// The array of the affine, and that of the spacing.
pub(super) const AFFINE: &str = "affine";
pub(super) const SPACING: &str = "spacing";

/// What an archive tells of its space.
#[derive(Default)]
pub(super) struct Place {
    affine: Option<Affine>,
    spacing: Option<Vec<f64>>,
}

impl Place {
    /// Takes an array, if it is one of the two.
    pub(super) fn take(&mut self, archive: &mut Archive, name: &str) -> Result<bool, ArrayError> {
        if name != AFFINE && name != SPACING {
            return Ok(false);
        }
        let file = archive.open_npy(name)?;
        let fits = match *file.shape() {
            [3 | 4, 4] => name == AFFINE,
            [2 | 3] => name == SPACING,
            _ => false,
        };
        if !fits {
            return Ok(false);
        }
        let member =
            if archive.member(name).is_ok() { name.to_owned() } else { format!("{name}.npy") };
        let source = archive.member_source(&member)?;
        let values = numbers(&file, &*source)?;
        if name == SPACING {
            self.spacing = Some(values);
            return Ok(true);
        }
        let mut affine = [[0.0; 4]; 3];
        for (row, found) in affine.iter_mut().zip(values.as_chunks::<4>().0) {
            *row = *found;
        }
        self.affine = Some(affine);
        Ok(true)
    }

    /// The space of arrays of this shape.
    ///
    /// # Errors
    /// An affine that cannot be inverted, a spacing that is not positive.
    pub(super) fn space(&self, shape: VoxelShape) -> Result<Space, ArrayError> {
        let refused = |why: String| ArrayErrorKind::Space(why).bare();
        let zyx = shape.zyx();
        let mut space = match (&self.affine, self.spacing.as_deref()) {
            (Some(affine), _) => {
                let placed = Geometry::from_affine(zyx, affine);
                Space::from(&placed.map_err(|kind| refused(kind.to_string()).of(AFFINE))?)
            }
            (None, Some(&[dz, dy, dx])) => Space::new(zyx, [dz, dy, dx]),
            (None, Some(&[dy, dx])) => Space::new(zyx, [1.0, dy, dx]),
            _ => Space::new(zyx, [1.0; 3]),
        };
        space.frames = shape.frames();
        space.check(0).map_err(|damage| refused(damage.to_string()))?;
        Ok(space)
    }
}

/// A few numbers in full precision, C order.
fn numbers(file: &NpyFile, source: &dyn ByteSource) -> Result<Vec<f64>, ArrayError> {
    let rows = usize::try_from(file.rows()).unwrap_or(0);
    let count = rows.saturating_mul(file.row_len());
    let Dtype::Number(Scalar::F64, order) = file.dtype() else {
        let mut out = Vec::new();
        file.read_rows_f32(0, rows, &mut out)?;
        return Ok(out.into_iter().map(f64::from).collect());
    };
    let mut raw = vec![0; count.saturating_mul(8)];
    source.read_at(file.header().data_offset, &mut raw)?;
    let values = raw.as_chunks::<8>().0.iter().map(|bytes| {
        let mut bytes = *bytes;
        if order == Order::Big {
            bytes.reverse();
        }
        f64::from_le_bytes(bytes)
    });
    let values: Vec<f64> = values.collect();
    if !file.header().fortran_order {
        return Ok(values);
    }
    let row = |r: usize| values.iter().skip(r).step_by(rows.max(1)).copied();
    Ok((0..rows).flat_map(row).collect())
}

/// The affine of a space, 4 x 4, and its spacing (z, y, x).
pub(super) fn of(space: &Space) -> ([f64; 16], [f64; 3]) {
    let [x, y, z] = Geometry::from(space).to_affine();
    let mut affine = [0.0; 16];
    let rows = [x, y, z, [0.0, 0.0, 0.0, 1.0]];
    affine.iter_mut().zip(rows.into_iter().flatten()).for_each(|(out, v)| *out = v);
    (affine, space.spacing)
}

//! Where voxels are.

use super::error::NiftiErrorKind;

/// Rows x, y, z of an affine in RAS; columns i, j, k and the translation.
pub type Affine = [[f64; 4]; 3];

/// What has to be left of the volume of three unit directions.
const LEAST_DETERMINANT: f64 = 1e-6;

/// Where the voxels of a volume are. Index space is (z, y, x); world space is LPS in millimetres.
///
/// The world position of voxel `i` is `origin + sum over axes a of direction[.][a] * spacing[a] *
/// i[a]`.
/// `NIfTI` itself counts (x, y, z) and works in RAS; [`Geometry::from_affine`] and
/// [`Geometry::to_affine`] translate.
#[derive(Debug, Clone, PartialEq)]
pub struct Geometry {
    /// Voxels along z, y, x.
    pub shape_zyx: [u64; 3],
    /// Frames: the product of all dimensions behind the third, at least 1.
    pub frames: u64,
    /// Millimetres between voxel centres along z, y, x.
    pub spacing_zyx: [f64; 3],
    /// Seconds between frames; 0 when not known.
    pub frame_seconds: f64,
    /// World position (L, P, S) in millimetres of the centre of voxel (0, 0, 0).
    pub origin_lps: [f64; 3],
    /// World directions of the axes: rows L, P, S; columns z, y, x. Sheared affines keep their
    /// shear.
    pub direction: [[f64; 3]; 3],
}

impl Geometry {
    /// One frame at the origin, axes along the world's.
    pub fn new(shape_zyx: [u64; 3], spacing_zyx: [f64; 3]) -> Self {
        Self {
            shape_zyx,
            frames: 1,
            spacing_zyx,
            frame_seconds: 0.0,
            origin_lps: [0.0; 3],
            direction: [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
        }
    }

    /// One frame of this shape (z, y, x) placed by an affine in RAS millimetres.
    ///
    /// # Errors
    /// Elements that are not finite, a column of zeros, columns in one plane.
    pub fn from_affine(shape_zyx: [u64; 3], affine: &Affine) -> Result<Self, NiftiErrorKind> {
        if !affine.iter().flatten().all(|v| v.is_finite()) {
            return Err(NiftiErrorKind::NotFinite("affine"));
        }
        let [x, y, z] = affine;
        // Left is minus right, posterior is minus anterior. Adding 0 makes no zero negative.
        let lps = [x.map(|v| 0.0 - v), y.map(|v| 0.0 - v), z.map(|v| v + 0.0)];
        let spacing_zyx = [2, 1, 0].map(|column: usize| length(&lps, column));
        if spacing_zyx.iter().any(|s| !s.is_finite() || *s <= 0.0) {
            return Err(NiftiErrorKind::SingularAffine);
        }
        let [dz, dy, dx] = spacing_zyx;
        let direction = lps.map(|[i, j, k, _]| [k / dz, j / dy, i / dx]);
        let geometry = Self {
            origin_lps: lps.map(|[.., t]| t),
            direction,
            ..Self::new(shape_zyx, spacing_zyx)
        };
        // Not finite when the spacing is so small that dividing by it overflows.
        let determinant = geometry.determinant().abs();
        if determinant.is_finite() && determinant > LEAST_DETERMINANT {
            Ok(geometry)
        } else {
            Err(NiftiErrorKind::SingularAffine)
        }
    }

    /// The affine in RAS millimetres.
    pub fn to_affine(&self) -> Affine {
        let [dz, dy, dx] = self.spacing_zyx;
        let row = |[k, j, i]: [f64; 3], t: f64, sign: f64| {
            [sign * i * dx + 0.0, sign * j * dy + 0.0, sign * k * dz + 0.0, sign * t + 0.0]
        };
        let ([left, posterior, superior], [l, p, s]) = (self.direction, self.origin_lps);
        [row(left, l, -1.0), row(posterior, p, -1.0), row(superior, s, 1.0)]
    }

    /// World position (L, P, S) in mm of an index position (z, y, x) in voxels.
    pub fn to_world(&self, index_zyx: [f64; 3]) -> [f64; 3] {
        let mut world = self.origin_lps;
        for (out, row) in world.iter_mut().zip(self.direction) {
            for ((d, s), i) in row.into_iter().zip(self.spacing_zyx).zip(index_zyx) {
                *out += d * s * i;
            }
        }
        world
    }

    /// Voxels of all frames; `None` over 2^64.
    pub fn voxels(&self) -> Option<u64> {
        self.shape_zyx.iter().try_fold(self.frames, |product, n| product.checked_mul(*n))
    }

    pub(super) fn determinant(&self) -> f64 {
        let [[a, b, c], [d, e, f], [g, h, i]] = self.direction;
        a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    }
}

/// The length of a column, safe from overflow and underflow of its square.
fn length(rows: &[[f64; 4]; 3], column: usize) -> f64 {
    let [x, y, z] = rows.map(|row| row.get(column).copied().unwrap_or(0.0));
    x.hypot(y).hypot(z)
}

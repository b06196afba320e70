//! Where the voxels are.

use vesalius::Space;

use super::axes::Axes;
use super::error::NrrdErrorKind;
use super::fields::{spacings, vectors};
use super::header::Header;
use crate::nifti::Geometry;

/// What the header says of the world.
pub(super) struct World {
    /// From the axes of the file's world to left, posterior, superior.
    signs: [f64; 3],
    dimension: usize,
    /// For each axis, where the file says it.
    directions: Option<Vec<Option<[f64; 3]>>>,
    /// Whether the world is not that of a patient.
    unknown: bool,
}

impl World {
    pub(super) fn of(header: &Header) -> Result<Self, NrrdErrorKind> {
        let (signs, dimension, unknown) = match (header.get("space"), header.get("space dimension"))
        {
            (Some(text), _) => named(text)?,
            (None, None | Some("3")) => ([1.0; 3], 3, true),
            (None, Some("2")) => ([1.0; 3], 2, true),
            (None, Some(text)) => {
                return Err(NrrdErrorKind::field("space dimension", text, "2 or 3"));
            }
        };
        let parse = |text| vectors("space directions", text, dimension);
        let directions = header.get("space directions").map(parse).transpose()?;
        Ok(Self { signs, dimension, directions, unknown })
    }

    /// For each axis, whether it is of space, where directions say so.
    pub(super) fn spatial(&self) -> Option<Vec<bool>> {
        let directions = self.directions.as_ref()?;
        Some(directions.iter().map(Option::is_some).collect())
    }

    pub(super) fn space(
        &self,
        header: &Header,
        axes: &Axes,
        notes: &mut Vec<String>,
    ) -> Result<Space, NrrdErrorKind> {
        let spacings = spacings(header, axes.count)?;
        let spacing = |axis| spacings.as_ref().and_then(|all| all.get(axis).copied().flatten());
        let unit = unit(header)?;
        let mut columns = [[0.0; 3]; 3];
        for ((column, number), axis) in columns.iter_mut().zip(0_usize..).zip(axes.first..) {
            if number == 2 && !axes.deep {
                continue;
            }
            let given = self.directions.as_ref().and_then(|all| all.get(axis).copied().flatten());
            *column = given.unwrap_or_else(|| {
                let mut along = [0.0; 3];
                if let Some(out) = along.get_mut(number) {
                    *out = spacing(axis).unwrap_or(1.0);
                }
                along
            });
        }
        if let [x, y, z] = &mut columns
            && !axes.deep
        {
            *z = normal(x, y);
        }
        if self.unknown || self.directions.is_none() {
            let text = "the file does not say how its axes lie in a patient: taken as left, posterior, superior";
            notes.push(text.into());
        }
        let origin = match header.get("space origin") {
            None => [0.0; 3],
            Some(text) => match vectors("space origin", text, self.dimension)?.as_slice() {
                [Some(origin)] => *origin,
                // Not known.
                [None] => [0.0; 3],
                _ => return Err(NrrdErrorKind::field("space origin", text, "one vector")),
            },
        };
        let [x, y, z] = columns;
        let [left, posterior, superior] = self.signs;
        // `from_affine` takes right, anterior, superior.
        let row = |i: [f64; 4], sign: f64| i.map(|v| v * sign * unit);
        let [o0, o1, o2] = origin;
        let ([x0, x1, x2], [y0, y1, y2], [z0, z1, z2]) = (x, y, z);
        let affine = [
            row([x0, y0, z0, o0], -left),
            row([x1, y1, z1, o1], -posterior),
            row([x2, y2, z2, o2], superior),
        ];
        let geometry = Geometry::from_affine(axes.shape, &affine)?;
        let seconds = axes.time().and_then(spacing).filter(|seconds| *seconds > 0.0);
        Ok(Space {
            frames: axes.frames(),
            frame_spacing: seconds.unwrap_or(0.0),
            ..Space::from(&geometry)
        })
    }
}

/// Signs towards left, posterior, superior; the dimension; whether the relation to a patient is not known.
fn named(text: &str) -> Result<([f64; 3], usize, bool), NrrdErrorKind> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "left-posterior-superior" | "lps" => ([1.0; 3], 3, false),
        "right-anterior-superior" | "ras" => ([-1.0, -1.0, 1.0], 3, false),
        "left-anterior-superior" | "las" => ([1.0, -1.0, 1.0], 3, false),
        "scanner-xyz" | "3d-right-handed" | "3d-left-handed" => ([1.0; 3], 3, true),
        _ => {
            let text: String = text.chars().take(80).collect();
            return Err(NrrdErrorKind::Unsupported(format!("the space {text:?} is not read")));
        }
    })
}

/// Millimetres of a unit of the space.
fn unit(header: &Header) -> Result<f64, NrrdErrorKind> {
    let Some(text) = header.get("space units") else { return Ok(1.0) };
    let factor = |unit: &str| match unit.trim_matches('"') {
        "" | "mm" | "millimeter" | "millimetre" => Some(1.0),
        "cm" => Some(10.0),
        "m" => Some(1000.0),
        "um" | "\u{b5}m" | "\u{3bc}m" | "micron" => Some(0.001),
        _ => None,
    };
    let mut factors = text.split_whitespace().take(4).map(factor);
    let first = factors.next().unwrap_or(Some(1.0));
    let wanted = "one unit of length for all axes";
    let bad = || NrrdErrorKind::field("space units", text, wanted);
    if factors.any(|other| other != first) {
        return Err(bad());
    }
    first.ok_or_else(bad)
}

/// A third direction for a picture: one unit along the normal.
fn normal([a, b, c]: &[f64; 3], [d, e, f]: &[f64; 3]) -> [f64; 3] {
    let cross = [b * f - c * e, c * d - a * f, a * e - b * d];
    let [x, y, z] = cross;
    let length = x.hypot(y).hypot(z);
    cross.map(|v| v / length)
}

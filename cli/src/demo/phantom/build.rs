//! What differs between patients, and the way from the anatomical chart to the picture.

use super::finding::Finding;
use super::rng::Rng;
use super::shapes::Point;

/// Pixels of a picture along each side.
pub(super) const SIDE: usize = 256;

/// The middle of the chart: the chart is drawn for a patient in a frame of 256 x 256.
pub(super) const MIDLINE: f32 = 128.0;

/// The chart height of the lung apices, which stay in place when the lungs grow.
const APEX: f32 = 30.0;

/// The parameters of one patient and one exposure.
#[derive(Debug, Clone)]
pub(super) struct Build {
    /// What the patient suffers from.
    pub(super) finding: Finding,
    /// Years.
    pub(super) age: u8,
    /// Width of the heart, 1 for the chart's.
    pub(super) heart: f32,
    /// Width of the thorax, 1 for the chart's.
    pub(super) chest: f32,
    /// Height of the thorax (depth of inspiration), 1 for the chart's.
    pub(super) inspiration: f32,
    /// Height of the domes above the costophrenic angles, 1 for the chart's.
    pub(super) doming: f32,
    /// Sideways shift of what lies in front of the spine, in pixels (rotation about the long axis).
    pub(super) rotation: f32,
    /// Soft tissue, 0 slender to 1 stout.
    pub(super) habitus: f32,
    /// Calcium in the bones, 1 for the chart's.
    pub(super) bone: f32,
    /// Radius of the aortic arch, in pixels.
    pub(super) arch: f32,
    /// Attenuation that looks as 1 does on the chart.
    pub(super) exposure: f32,
    zoom: f32,
    /// Tangent of half the tilt within the picture.
    half_tilt: f32,
    shift: Point,
}

impl Build {
    /// The average patient, whom descriptors are compared to.
    pub(super) fn typical() -> Self {
        Self {
            finding: Finding::None,
            age: 55,
            heart: 1.03,
            chest: 1.0,
            inspiration: 1.0,
            doming: 1.0,
            rotation: 0.0,
            habitus: 0.45,
            bone: 1.0,
            arch: 10.0,
            exposure: 1.0,
            zoom: 1.0,
            half_tilt: 0.0,
            shift: Point::new(0.0, 0.0),
        }
    }

    /// The patient at `index`.
    pub(super) fn of(index: usize, finding: Finding) -> Self {
        let mut rng = Rng::new(index as u64, 1);
        let years = (56.0 + 16.0 * rng.bell()).clamp(21.0, 92.0);
        let old = (years - 56.0) / 36.0;
        let stout = (0.45 + 0.22 * rng.bell()).clamp(0.0, 1.0);
        let heart = if finding == Finding::Cardiomegaly {
            rng.range(1.34, 1.54)
        } else {
            (1.03 + 0.045 * rng.bell()).min(1.14)
        };
        let clipped = if rng.unit() < 0.12 { -rng.range(36.0, 54.0) } else { 0.0 };
        Self {
            finding,
            age: u8::try_from(super::plane::cell(years)).unwrap_or(56),
            heart,
            chest: 1.0 + 0.025 * rng.bell() + 0.04 * (stout - 0.45),
            inspiration: 1.0 + 0.03 * rng.bell() - 0.06 * (stout - 0.45),
            doming: 1.0 + 0.12 * rng.bell(),
            rotation: 2.2 * rng.bell(),
            habitus: stout,
            bone: 1.0 - 0.18 * old + 0.07 * rng.bell(),
            arch: 10.0 + 1.4 * old + 0.5 * rng.bell(),
            exposure: 1.0 + 0.05 * rng.bell(),
            zoom: 1.0 + 0.02 * rng.bell(),
            half_tilt: 0.008 * rng.bell(),
            shift: Point::new(3.0 * rng.bell(), 2.5 * rng.bell() + clipped),
        }
    }

    /// Where the chart's point (`x`, `y`) lies in the picture: thorax scaled about midline and
    /// apices, then zoom, tilt and shift of the frame. The tilt uses the rational parametrisation
    /// of a rotation.
    pub(super) fn at(&self, x: f32, y: f32) -> Point {
        let side = (x - MIDLINE) * self.chest * self.zoom;
        let down = (APEX + (y - APEX) * self.inspiration - MIDLINE) * self.zoom;
        let norm = 1.0 + self.half_tilt * self.half_tilt;
        let cosine = (1.0 - self.half_tilt * self.half_tilt) / norm;
        let sine = 2.0 * self.half_tilt / norm;
        Point::new(
            MIDLINE + side * cosine - down * sine + self.shift.x,
            MIDLINE + side * sine + down * cosine + self.shift.y,
        )
    }

    /// [`Build::at`] for many points.
    pub(super) fn place(&self, chart: &[(f32, f32)]) -> Vec<Point> {
        chart.iter().map(|&(x, y)| self.at(x, y)).collect()
    }
}

/// A side of the patient. The patient faces the reader, whose left is the patient's right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Drawn on the left of the picture.
    Right,
    /// Drawn on the right of the picture.
    Left,
}

impl Side {
    /// A chart abscissa given for the right side, on this side.
    pub(super) fn x(self, right: f32) -> f32 {
        match self {
            Self::Right => right,
            Self::Left => 2.0 * MIDLINE - right,
        }
    }

    /// Chart points given for the right side, on this side.
    pub(super) fn mirror<const N: usize>(self, chart: [(f32, f32); N]) -> [(f32, f32); N] {
        chart.map(|(x, y)| (self.x(x), y))
    }
}

//! The spatial header.

use super::limits::{AXIS_MAX, PAGE_BYTES};
use super::reader::Reader;
use super::writer::Writer;
use super::{Damage, Rule};

/// Encoded bytes of a [`Space`].
pub const SPACE_BYTES: usize = 256;

/// Where voxels are. Index space is (z, y, x); world space is LPS in millimetres.
///
/// The world position of voxel `i` is `origin + sum over axes a of direction[.][a] * spacing[a] * i[a]`,
/// with axes in the order (z, y, x) and world components in the order (L, P, S).
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    /// Voxels along z, y, x. All zero for a space that nothing is known of.
    pub shape: [u64; 3],
    /// Frames in time, at least 1.
    pub frames: u64,
    /// Millimetres between voxel centres along z, y, x.
    pub spacing: [f64; 3],
    /// Seconds between frames; zero when not known.
    pub frame_spacing: f64,
    /// World position (L, P, S) in millimetres of the centre of voxel (0, 0, 0).
    pub origin: [f64; 3],
    /// World directions of the axes: rows L, P, S; columns z, y, x.
    pub direction: [[f64; 3]; 3],
}

impl Default for Space {
    /// The space that nothing is known of: no shape, unit spacing, axes along the world's.
    fn default() -> Self {
        Self {
            shape: [0; 3],
            frames: 1,
            spacing: [1.0; 3],
            frame_spacing: 0.0,
            origin: [0.0; 3],
            direction: [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
        }
    }
}

impl Space {
    /// A space of this shape (z, y, x) and spacing (mm), origin at zero, axes along the world's.
    pub fn new(shape: [u64; 3], spacing: [f64; 3]) -> Self {
        Self { shape, spacing, ..Self::default() }
    }

    /// Whether anything is known of this space.
    pub fn is_known(&self) -> bool {
        self.shape != [0; 3]
    }

    /// World position (L, P, S) in mm of an index position (z, y, x) in voxels.
    pub fn to_world(&self, index: [f64; 3]) -> [f64; 3] {
        let mut world = self.origin;
        for (out, row) in world.iter_mut().zip(self.direction) {
            for ((d, s), i) in row.into_iter().zip(self.spacing).zip(index) {
                *out += d * s * i;
            }
        }
        world
    }

    /// The determinant of the direction.
    pub(crate) fn determinant(&self) -> f64 {
        let [[a, b, c], [d, e, f], [g, h, i]] = self.direction;
        a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    }

    /// Checks rule V011 (axes, spacing, origin, direction).
    pub fn check(&self, at: u64) -> Result<(), Damage> {
        let shape_ok =
            self.shape == [0; 3] || self.shape.iter().all(|&n| (1..=AXIS_MAX).contains(&n));
        let frames_ok = (1..=AXIS_MAX).contains(&self.frames);
        let spacing_ok = self.spacing.iter().all(|s| s.is_finite() && *s > 0.0);
        let time_ok = self.frame_spacing.is_finite() && self.frame_spacing >= 0.0;
        let origin_ok = self.origin.iter().all(|o| o.is_finite());
        let direction_ok = self.direction.iter().flatten().all(|d| d.is_finite() && d.abs() <= 1e3)
            && self.determinant().abs() > 1e-6;
        let bad = [
            (shape_ok, "shape"),
            (frames_ok, "number of frames"),
            (spacing_ok, "spacing"),
            (time_ok, "frame spacing"),
            (origin_ok, "origin"),
            (direction_ok, "direction"),
        ];
        match bad.iter().find(|(ok, _)| !ok) {
            Some((_, what)) => {
                let text = format!("the {what} of a space is not possible: {self:?}");
                Err(Damage::new(Rule::SpaceValues, at, text))
            }
            None => Ok(()),
        }
    }

    /// Largest distance, in voxels of `self`, between the corners of the two spaces; `None` when the
    /// shapes differ.
    pub fn corner_distance(&self, other: &Self) -> Option<f64> {
        if self.shape != other.shape || self.frames != other.frames {
            return None;
        }
        let voxel = self.spacing.iter().copied().fold(f64::INFINITY, f64::min);
        let mut worst: f64 = 0.0;
        for corner in 0..8_u32 {
            let mut index = [0.0; 3];
            for (axis, (out, n)) in index.iter_mut().zip(self.shape).enumerate() {
                if corner & (1 << axis) != 0 {
                    *out = n.saturating_sub(1) as f64;
                }
            }
            let (a, b) = (self.to_world(index), other.to_world(index));
            let squared: f64 = a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum();
            worst = worst.max(squared.sqrt() / voxel);
        }
        Some(worst)
    }

    /// Appends the record of 256 bytes.
    pub fn encode(&self, w: &mut Writer) {
        let start = w.len();
        for n in self.shape {
            w.u64(n);
        }
        w.u64(self.frames);
        for s in self.spacing {
            w.f64(s);
        }
        w.f64(self.frame_spacing);
        for o in self.origin {
            w.f64(o);
        }
        for d in self.direction.into_iter().flatten() {
            w.f64(d);
        }
        w.pad_to(start.saturating_add(SPACE_BYTES));
    }

    /// Reads and checks a record.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, Damage> {
        let at = r.offset();
        let mut space = Self { shape: [r.u64()?, r.u64()?, r.u64()?], ..Self::default() };
        space.frames = r.u64()?;
        for s in &mut space.spacing {
            *s = r.f64()?;
        }
        space.frame_spacing = r.f64()?;
        for o in &mut space.origin {
            *o = r.f64()?;
        }
        for d in space.direction.iter_mut().flatten() {
            *d = r.f64()?;
        }
        r.zeros(96)?;
        space.check(at)?;
        Ok(space)
    }

    /// The whole of page 2.
    pub fn encode_page(&self) -> Vec<u8> {
        let mut w = Writer::new();
        self.encode(&mut w);
        w.pad_to(usize::try_from(PAGE_BYTES).unwrap_or(4096));
        w.into_bytes()
    }
}

//! A space of a container as the geometry of a volume, and back: the same numbers under other names.

use vesalius::Space;

use crate::nifti::Geometry;

impl From<&Space> for Geometry {
    fn from(space: &Space) -> Self {
        Self {
            shape_zyx: space.shape,
            frames: space.frames,
            spacing_zyx: space.spacing,
            frame_seconds: space.frame_spacing,
            origin_lps: space.origin,
            direction: space.direction,
        }
    }
}

impl From<&Geometry> for Space {
    fn from(geometry: &Geometry) -> Self {
        Self {
            shape: geometry.shape_zyx,
            frames: geometry.frames,
            spacing: geometry.spacing_zyx,
            frame_spacing: geometry.frame_seconds,
            origin: geometry.origin_lps,
            direction: geometry.direction,
        }
    }
}

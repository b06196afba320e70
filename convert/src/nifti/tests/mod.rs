//! What the tests of this room share.

mod affine;
mod files;
mod hostile;
mod nibabel;
mod resample;
mod round;

use super::*;
use std::path::{Path, PathBuf};

/// A fixed sequence, another one for every seed: splitmix64.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new() -> Self {
        let seed = std::env::var("VESALIUS_SEED").ok().and_then(|text| text.parse().ok());
        let seed = seed.unwrap_or(20_260);
        println!("VESALIUS_SEED={seed}");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, limit: u64) -> usize {
        usize::try_from(self.next() % limit).unwrap()
    }

    /// From -1 to 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    /// A proper or mirrored rotation, from a random quaternion; every fourth is a permutation.
    fn rotation(&mut self) -> [[f64; 3]; 3] {
        let bcd = if self.below(4) == 0 {
            [[0.5; 3], [0.0, 0.0, 1.0], [-0.5, 0.5, 0.5], [0.0; 3]][self.below(4)]
        } else {
            let q = [self.unit(), self.unit(), self.unit(), self.unit()];
            let length = q.iter().map(|v| v * v).sum::<f64>().sqrt();
            let q = q.map(|v| v / length);
            [q[1], q[2], q[3]]
        };
        let rows = super::quaternion::rotation(bcd, true).unwrap();
        let sign = if self.below(2) == 0 { 1.0 } else { -1.0 };
        rows.map(|[a, b, c]| [a, b, sign * c])
    }

    /// A geometry of a few voxels somewhere, its direction a proper or mirrored rotation.
    pub(super) fn geometry(&mut self) -> Geometry {
        let mut shape = || u64::try_from(1 + self.below(6)).unwrap();
        let shape = [shape(), shape(), shape()];
        let spacing = [(); 3].map(|()| 0.2 + self.unit().abs() * 5.0);
        let mut geometry = Geometry::new(shape, spacing);
        geometry.direction = self.rotation();
        geometry.origin_lps = [(); 3].map(|()| self.unit() * 400.0);
        geometry
    }
}

/// A file of the shared data, or `None` and a word about it.
pub(super) fn data(name: &str) -> Option<PathBuf> {
    let root = std::env::var("VESALIUS_SHARED").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/masks"),
        PathBuf::from,
    );
    let path = root.join(name);
    if !path.exists() {
        println!("SKIPPED: ../shared/data absent ({})", path.display());
        return None;
    }
    Some(path)
}

/// A plain file of `volume`.
pub(super) fn bytes_of(volume: &Volume) -> Vec<u8> {
    let mut writer = NiftiWriter::new(Vec::new(), &Description::of(volume), false).unwrap();
    writer.write_values(&volume.values).unwrap();
    writer.finish().unwrap()
}

/// A volume of zeros.
pub(super) fn zeros(geometry: &Geometry) -> Volume {
    let count = usize::try_from(geometry.voxels().unwrap()).unwrap();
    Volume::new(geometry.clone(), Values::U8(vec![0; count]))
}

pub(super) fn parse(bytes: Vec<u8>) -> Result<Volume, NiftiError> {
    NiftiReader::from_stream(std::io::Cursor::new(bytes), &Limits::default())?.into_volume()
}

/// Overwrites bytes of a header.
pub(super) fn patch(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// The eight corners in the world.
pub(super) fn corners(geometry: &Geometry) -> Vec<[f64; 3]> {
    let [z, y, x] = geometry.shape_zyx.map(|n| (n - 1) as f64);
    let bit = |corner: u8, bit: u8, end: f64| if corner & bit == 0 { 0.0 } else { end };
    (0..8).map(|c| geometry.to_world([bit(c, 4, z), bit(c, 2, y), bit(c, 1, x)])).collect()
}

/// The largest distance between corners along any axis of the world.
pub(super) fn apart(a: &Geometry, b: &Geometry) -> f64 {
    assert_eq!(a.shape_zyx, b.shape_zyx);
    let (a, b) = (corners(a), corners(b));
    let pairs = a.iter().flatten().zip(b.iter().flatten());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

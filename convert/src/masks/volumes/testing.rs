//! What the tests of masks in volumes share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use vesalius::{Runs, Segment, SegmentValue, Space, VoxelShape};

use crate::masks::SegmentSet;

/// A fixed sequence, another one for every seed: splitmix64.
pub(in crate::masks) struct Random(u64);

impl Random {
    pub(in crate::masks) fn new() -> Self {
        let seed = std::env::var("VESALIUS_SEED").ok().and_then(|text| text.parse().ok());
        let seed = seed.unwrap_or(20_260);
        println!("VESALIUS_SEED={seed}");
        Self(seed)
    }

    pub(in crate::masks) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }

    pub(in crate::masks) fn place(&mut self, limit: usize) -> usize {
        usize::try_from(self.below(limit as u64)).unwrap()
    }

    pub(in crate::masks) fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }

    fn unit(&mut self) -> f64 {
        self.below(2_000_001) as f64 / 1e6 - 1.0
    }

    /// An oblique or mirrored space of a few voxels; its numbers are those that a file of `f32` keeps.
    pub(in crate::masks) fn space(&mut self, frames: u64) -> Space {
        let mut shape = || 1 + self.below(6);
        let shape = [shape(), shape(), shape()];
        let spacing = [(); 3].map(|()| 0.25 + self.below(16) as f64 / 8.0);
        let (a, b) = (self.unit() * 3.0, self.unit() * 3.0);
        let turn = |v: [f64; 3]| {
            let [x, y, z] = v;
            let (x, y) = (x * a.cos() - y * a.sin(), x * a.sin() + y * a.cos());
            [x, y * b.cos() - z * b.sin(), y * b.sin() + z * b.cos()]
        };
        let sign = if self.below(2) == 0 { 1.0 } else { -1.0 };
        let [z, y, x] = [turn([0.0, 0.0, 1.0]), turn([0.0, 1.0, 0.0]), turn([sign, 0.0, 0.0])];
        let direction = std::array::from_fn(|i| [z[i], y[i], x[i]]);
        let origin = [(); 3].map(|()| self.unit() * 400.0);
        Space { frames, direction, origin, ..Space::new(shape, spacing) }
    }

    pub(in crate::masks) fn runs(&mut self, shape: VoxelShape) -> Runs {
        let most = self.below(3);
        let count = usize::try_from(shape.voxels()).unwrap();
        let values: Vec<u8> = (0..count).map(|_| u8::from(self.below(4) < most)).collect();
        Runs::from_dense(shape, &values).unwrap()
    }

    /// Segments that overlap, some of them empty.
    pub(in crate::masks) fn set(&mut self, frames: u64, count: u32) -> SegmentSet {
        let space = self.space(frames);
        let shape = VoxelShape::of_space(&space).unwrap();
        let mut value = |label| {
            let mut segment = Segment::new(format!("part <{label}> & \u{fc}"), label);
            segment.priority = i32::try_from(self.below(3)).unwrap() - 1;
            segment.colour = Some([self.byte(), 7, 255, 255]);
            SegmentValue { segment, runs: self.runs(shape) }
        };
        let segments = (1..=count).map(&mut value).collect();
        SegmentSet { space, segments, notes: Vec::new() }
    }
}

/// The labels that are seen, the slow and obvious way.
pub(in crate::masks) fn dense(set: &SegmentSet) -> Vec<u32> {
    let shape = VoxelShape::of_space(&set.space).unwrap();
    let mut values = vec![0; usize::try_from(shape.voxels()).unwrap()];
    let mut order: Vec<&SegmentValue> = set.segments.iter().collect();
    order.sort_by_key(|value| value.segment.priority);
    for value in order {
        value.runs.paint(&mut values, value.segment.label).unwrap();
    }
    values
}

/// A file of the shared data, or `None` and a word about it.
pub(in crate::masks) fn data(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/masks");
    let path = root.join(name);
    if !path.exists() {
        println!("SKIPPED: ../shared/data absent ({})", path.display());
        return None;
    }
    Some(path)
}

/// The small files of this crate.
pub(in crate::masks) fn small() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/masks/small")
}

/// Runs Python with the peers (`nibabel`, `pynrrd`, `SimpleITK`); `None` and a word where it is not named.
pub(in crate::masks) fn peers(arguments: &[&str]) -> Option<String> {
    let Ok(python) = std::env::var("VESALIUS_PEERS_PYTHON") else {
        println!(
            "SKIPPED: VESALIUS_PEERS_PYTHON names no Python with nibabel, pynrrd and SimpleITK"
        );
        return None;
    };
    let output = Command::new(python).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Makes files with the script of the small ones.
pub(in crate::masks) fn make(folder: &Path, count: u32, seed: u64) -> bool {
    let script = small().join("../make.py");
    let words = [script.to_str().unwrap(), folder.to_str().unwrap()];
    peers(&[words[0], words[1], &count.to_string(), &seed.to_string()]).is_some()
}

/// What other programs read from one file.
#[derive(Default)]
pub(in crate::masks) struct Expected {
    /// Frames, z, y, x.
    shape: Vec<u64>,
    corners: Vec<f64>,
    /// Number and sums of t, z, y, x of the voxels, by layer and label.
    labels: BTreeMap<(u64, u32), Vec<u64>>,
}

/// The files of a folder that begin so.
pub(in crate::masks) fn expected(folder: &Path, begin: &str) -> BTreeMap<String, Expected> {
    let mut found: BTreeMap<String, Expected> = BTreeMap::new();
    let text = std::fs::read_to_string(folder.join("expected.tsv")).unwrap();
    for line in text.lines() {
        let words: Vec<&str> = line.split('\t').collect();
        if !words[1].starts_with(begin) {
            continue;
        }
        let of = found.entry(words[1].to_owned()).or_default();
        let numbers =
            |from: usize| words[from..].iter().map(|word| word.parse().unwrap()).collect();
        match words[0] {
            "F" => of.shape = numbers(2),
            "C" => of.corners = words[2..].iter().map(|word| word.parse().unwrap()).collect(),
            _ => {
                let key = (words[2].parse().unwrap(), words[3].parse().unwrap());
                of.labels.insert(key, numbers(4));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

impl Expected {
    /// Compares; the largest distance of a corner along an axis of the world. Several layers are groups `layer_N`.
    pub(in crate::masks) fn compare(&self, name: &str, set: &SegmentSet) -> f64 {
        let space = &set.space;
        assert_eq!([&[space.frames][..], &space.shape].concat(), self.shape, "{name}");
        let mut found = BTreeMap::new();
        for SegmentValue { segment, runs } in &set.segments {
            let layer = segment.group.strip_prefix("layer_").map_or(0, |n| n.parse().unwrap());
            let mut sums = vec![runs.voxels(), 0, 0, 0, 0];
            for voxel in runs.as_slice().iter().flat_map(|run| run.start..run.end) {
                let position = runs.shape().position(voxel);
                sums[1..].iter_mut().zip(position).for_each(|(sum, at)| *sum += at);
            }
            found.insert((layer, segment.label), sums);
        }
        assert_eq!(found, self.labels, "{name}");
        let mut worst = 0.0_f64;
        for (corner, wanted) in (0..8_u32).zip(self.corners.chunks(3)) {
            let index = std::array::from_fn(|axis| {
                f64::from(corner >> (2 - axis) & 1) * (space.shape[axis] - 1) as f64
            });
            for (found, wanted) in space.to_world(index).iter().zip(wanted) {
                worst = worst.max((found - wanted).abs());
            }
        }
        worst
    }
}

//! Files as a whole: the data files, round trips, mutants, and what `MedMask` itself makes of them.

mod damaged;
mod data;
mod layers;
mod medmask;
mod mutants;

use std::path::PathBuf;

use super::*;
use crate::masks::{Limits, SegmentSet};
use vesalius::{Runs, Segment, SegmentValue, Space, VoxelShape};

/// A file among the shared data, if they are there.
fn shared(name: &str) -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/masks");
    let path = root.join(name);
    if !path.exists() {
        println!("SKIPPED: ../shared/data absent ({})", path.display());
        return None;
    }
    Some(path)
}

fn segment(group: &str, name: &str, label: u32, shape: VoxelShape, dense: &[u8]) -> SegmentValue {
    let runs = Runs::from_dense(shape, dense).unwrap();
    SegmentValue { segment: Segment { group: group.into(), ..Segment::new(name, label) }, runs }
}

/// All segments of a group as a label map.
fn painted(set: &SegmentSet, group: &str) -> Vec<u32> {
    let shape = VoxelShape::of_space(&set.space).unwrap();
    let mut out = vec![0; usize::try_from(shape.voxels()).unwrap()];
    for value in set.segments.iter().filter(|value| value.segment.group == group) {
        value.runs.paint(&mut out, value.segment.label).unwrap();
    }
    out
}

/// A space that nothing about is even.
fn space() -> Space {
    let (sin, cos) = 0.3_f64.sin_cos();
    Space {
        origin: [-10.25, 0.1 + 0.2, 7.5],
        direction: [[0.0, -sin, cos], [0.0, cos, sin], [-1.0, 0.0, 0.0]],
        ..Space::new([3, 4, 5], [2.5, 0.7, 1.0 / 3.0])
    }
}

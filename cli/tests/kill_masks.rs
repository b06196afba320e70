//! An import of masks killed at random moments, and started again: the result is that of one that was not.

#![cfg(test)]

#[path = "support/kill.rs"]
mod kill;
mod support;

use std::path::Path;

use kill::killed;
use vesalius::storage::sim::SplitMix64;
use vesalius::{Runs, Segment, SegmentValue, Space, VoxelShape};
use vesalius_convert::masks::{MaskFormat, SegmentSet, save};

const KILLS: usize = 30;
const CASES: u64 = 12;
const SEGMENTS: u32 = 8;

/// A folder of cases, each a folder of one file per segment.
fn write_source(folder: &Path) {
    let mut rng = SplitMix64::new(7);
    for case in 0..CASES {
        let space = Space::new([8, 30 + case, 40], [2.0, 0.5, 0.5]);
        let shape = VoxelShape::of_space(&space).unwrap();
        let segments = (1..=SEGMENTS).map(|label| {
            let voxels: Vec<bool> = (0..shape.voxels()).map(|_| rng.below(4) == 0).collect();
            let runs = Runs::from_bools(shape, &voxels).unwrap();
            SegmentValue { segment: Segment::new(format!("part {label}"), label), runs }
        });
        let set = SegmentSet { space, segments: segments.collect(), notes: Vec::new() };
        let path = folder.join(format!("case {case:02}"));
        save("", &set, MaskFormat::NiftiFolder, &path).unwrap();
    }
}

#[test]
fn killed_thirty_times_and_equal() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("cases");
    write_source(&source);
    killed(&source, &["--batch", "2"], KILLS, |whole| {
        assert_eq!(whole.0.len(), usize::try_from(CASES).unwrap());
        let segments: usize = whole.1.images.values().map(|image| image.masks["masks"].len()).sum();
        assert_eq!(segments, usize::try_from(CASES).unwrap() * SEGMENTS as usize);
    });
}

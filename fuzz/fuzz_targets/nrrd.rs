//! Any bytes as an NRRD file and as a `NIfTI` label map: an error or segments within the limits, no panic. What is
//! read is written as NRRD and reads back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::io::Cursor;
use vesalius::VoxelShape;
use vesalius_convert::masks::SegmentSet;
use vesalius_convert::masks::nifti::read_label_map_stream;
use vesalius_convert::masks::nrrd::{read_nrrd, read_nrrd_stream, write_seg_nrrd};
use vesalius_convert::masks::volumes::Limits;

/// Voxels of a set that is written again.
const WRITTEN: u64 = 1 << 12;

fuzz_target!(|data: &[u8]| {
    let limits = Limits { max_value_bytes: 1 << 20, max_segments: 64, max_runs: 1 << 14 };
    let sets = [
        read_nrrd_stream(Cursor::new(data.to_vec()), &limits),
        read_label_map_stream(Cursor::new(data.to_vec()), &limits),
    ];
    for set in sets.into_iter().flatten() {
        look(&set, &limits);
        if VoxelShape::of_space(&set.space).is_ok_and(|shape| shape.voxels() <= WRITTEN) {
            again(&set);
        }
    }
});

fn look(set: &SegmentSet, limits: &Limits) {
    let shape = VoxelShape::of_space(&set.space).expect("a shape");
    assert!(set.segments.len() as u64 <= limits.max_segments);
    let runs: usize = set.segments.iter().map(|value| value.runs.len()).sum();
    assert!(runs as u64 <= limits.max_runs);
    assert!(
        set.segments
            .iter()
            .all(|value| value.runs.shape() == shape && !value.segment.name.is_empty())
    );
}

fn again(set: &SegmentSet) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.nrrd");
    write_seg_nrrd(set, &path, false).expect("what was read can be written");
    let back = read_nrrd(&path, &Limits::default()).expect("what was written can be read");
    assert_eq!(back.segments.len(), set.segments.len());
    for (now, was) in back.segments.iter().zip(&set.segments) {
        assert_eq!(now.runs, was.runs);
        assert_eq!(now.segment.label, was.segment.label);
        assert_eq!(now.segment.codes, was.segment.codes);
    }
}

//! Overlaps and layers.

use super::super::layers::{layers_of, values_of};
use super::*;

fn overlap(a: &Runs, b: &Runs) -> bool {
    let dense = |runs: &Runs| {
        let mut values = vec![0_u8; usize::try_from(runs.shape().voxels()).unwrap()];
        runs.paint(&mut values, 1).unwrap();
        values
    };
    dense(a).iter().zip(dense(b)).any(|(a, b)| *a & b == 1)
}

#[test]
fn layers_are_those_of_the_obvious_way() {
    let mut random = Random::new();
    for count in 0..60 {
        let set = random.set(1, count % 12);
        let found = layers_of(&set.segments);
        let mut wanted: Vec<u64> = Vec::new();
        for value in &set.segments {
            let clash = |layer: u64| {
                let before = set.segments.iter().zip(&wanted);
                before.clone().any(|(other, of)| *of == layer && overlap(&other.runs, &value.runs))
            };
            let layer = (0..100).find(|layer| !clash(*layer)).unwrap();
            wanted.push(layer);
        }
        assert_eq!(found, wanted);
        let values = values_of(&set.segments, &found);
        assert!(values.iter().zip(&set.segments).all(|(v, s)| *v == s.segment.label));
    }
}

#[test]
fn values_differ_within_a_layer() {
    let mut set = Random::new().set(1, 6);
    for (value, label) in set.segments.iter_mut().zip([2, 0, 2, 1, 0, 2]) {
        value.segment.label = label;
    }
    assert_eq!(values_of(&set.segments, &[0; 6]), [2, 3, 4, 1, 5, 6]);
    assert_eq!(values_of(&set.segments, &[0, 1, 1, 0, 0, 2]), [2, 1, 2, 1, 3, 2]);
}

#[test]
fn many_segments_of_one_name_and_label_are_fast() {
    let space = Space::new([20, 20, 50], [1.0; 3]);
    let shape = VoxelShape::of_space(&space).unwrap();
    let one = |i: u64| {
        let run = vesalius::Run { start: i, end: i + 1 };
        let segment = Segment::new("same", 1);
        SegmentValue { segment, runs: Runs::new(shape, vec![run]).unwrap() }
    };
    let set = SegmentSet { space, segments: (0..20_000).map(one).collect(), notes: Vec::new() };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nrrd");
    let report = write_seg_nrrd(&set, &path, true).unwrap();
    assert_eq!((report.layers, report.values[19_999]), (1, 20_000));
    let back = read_nrrd(&path, &Limits::default()).unwrap();
    assert_eq!(back.segments[19_999].segment.name, "same_20000");
    assert_eq!(back.segments[19_999].segment.label, 1);
}

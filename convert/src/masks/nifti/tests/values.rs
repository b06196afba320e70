//! Which values are labels.

use super::*;

#[test]
fn every_type_of_number_holds_labels() {
    let files = [
        Values::U8(vec![0, 7, 7, 2]),
        Values::I8(vec![0, 7, 7, 2]),
        Values::U16(vec![0, 7, 7, 2]),
        Values::I16(vec![0, 7, 7, 2]),
        Values::U32(vec![0, 7, 7, 2]),
        Values::I32(vec![0, 7, 7, 2]),
        Values::U64(vec![0, 7, 7, 2]),
        Values::I64(vec![0, 7, 7, 2]),
        Values::F32(vec![-0.0, 7.0, 7.0, 2.0]),
        Values::F64(vec![0.0, 7.0, 7.0, 2.0]),
    ];
    for values in files {
        let name = values.dtype().name();
        let set = parse(bytes_of([1, 1, 4], values)).unwrap();
        let wanted = [("label_2".to_owned(), 2, 1), ("label_7".to_owned(), 7, 2)];
        assert_eq!(table_of(&set), wanted, "{name}");
        assert_eq!(set.notes.len(), 1);
    }
}

#[test]
fn values_that_are_no_labels_are_refused_with_their_place() {
    let files = [
        (Values::I8(vec![0, 0, 0, 0, 0, -1]), -1.0),
        (Values::I64(vec![0, 0, 0, 0, 0, 1 << 32]), 4_294_967_296.0),
        (Values::U64(vec![0, 0, 0, 0, 0, u64::MAX]), 18_446_744_073_709_551_615.0),
        (Values::F32(vec![0.0, 0.0, 0.0, 0.0, 0.0, 0.5]), 0.5),
        (Values::F64(vec![0.0, 0.0, 0.0, 0.0, 0.0, -3.0]), -3.0),
        (Values::F64(vec![0.0, 0.0, 0.0, 0.0, 0.0, f64::INFINITY]), f64::INFINITY),
    ];
    for (values, wanted) in files {
        let error = parse(bytes_of([3, 1, 2], values)).unwrap_err();
        let VolumeErrorKind::Value { value, voxel } = error.kind else { panic!("{error}") };
        assert!(value.to_bits() == wanted.to_bits() && voxel == [0, 2, 0, 1], "{value} {voxel:?}");
    }
    let error = parse(bytes_of([1, 1, 1], Values::F32(vec![f32::NAN]))).unwrap_err();
    assert!(error.to_string().contains("the value NaN at voxel [0, 0, 0, 0]"), "{error}");
}

#[test]
fn scaled_values_may_be_a_little_off() {
    let mut volume = Volume::new(Geometry::new([1, 1, 3], [1.0; 3]), Values::U8(vec![0, 85, 255]));
    volume.scaling = Scaling { slope: 1.0 / 85.0, inter: 0.0 };
    let set = parse(bytes_of_volume(&volume)).unwrap();
    assert_eq!(set.segments.iter().map(|v| v.segment.label).collect::<Vec<_>>(), [1, 3]);
    volume.scaling.slope = 1.0 / 80.0;
    assert!(matches!(
        parse(bytes_of_volume(&volume)).unwrap_err().kind,
        VolumeErrorKind::Value { voxel: [0, 0, 0, 1], .. }
    ));
}

#[test]
fn labels_up_to_the_largest_one_and_frames_round_trip() {
    let mut random = Random::new();
    let folder = tempfile::tempdir().unwrap();
    for most in [200, 60_000, u32::MAX] {
        let mut set = random.set(3, 6);
        set.segments[5].segment.label = most;
        let path = folder.path().join("a.nii.gz");
        write_label_map(&set, &path).unwrap();
        let back = read_label_map(&path, &Limits::default()).unwrap();
        assert_eq!(dense(&back), dense(&set));
        assert_eq!(back.space.frames, 3);
        assert!(back.space.corner_distance(&set.space).unwrap() < 1e-3);
    }
}

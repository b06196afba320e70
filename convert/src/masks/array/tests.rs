//! Label maps as a whole: every type, round trips, the data, mutants.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::masks::{Limits, ScanError, SegmentSet};
use crate::npy::{NpyElement, NpyWriter, Scalar};
use crate::npz::{Compression, NpzWriter};
use vesalius::{Runs, Segment, SegmentValue, Space, VoxelShape};

const MAP: [u8; 24] = [0, 1, 1, 0, 2, 2, 2, 2, 0, 0, 0, 0, 5, 5, 0, 1, 1, 1, 0, 0, 0, 0, 0, 9];

fn save<T: NpyElement>(path: &Path, scalar: Scalar, shape: &[u64], of: impl Fn(u8) -> T) {
    let mut writer = NpyWriter::create(path, scalar, shape).unwrap();
    writer.write(&MAP.map(of)).unwrap();
    writer.finish().unwrap();
}

fn painted(set: &SegmentSet, keep: impl Fn(&Segment) -> bool) -> Vec<u32> {
    let shape = VoxelShape::of_space(&set.space).unwrap();
    let mut out = vec![0; usize::try_from(shape.voxels()).unwrap()];
    for value in set.segments.iter().filter(|value| keep(&value.segment)) {
        value.runs.paint(&mut out, value.segment.label).unwrap();
    }
    out
}

#[test]
fn every_type_and_number_of_axes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.npy");
    let read = || read_npy(&path, &Limits::default());
    let check = |frames: u64, zyx: [u64; 3]| {
        let set = read().unwrap();
        assert_eq!((set.space.frames, set.space.shape), (frames, zyx));
        assert_eq!(painted(&set, |_| true), MAP.map(u32::from));
        let names: Vec<_> = set.segments.iter().map(|v| v.segment.name.as_str()).collect();
        assert_eq!(names, ["label_1", "label_2", "label_5", "label_9"]);
    };
    save(&path, Scalar::U8, &[4, 6], |v| v);
    check(1, [1, 4, 6]);
    save(&path, Scalar::U16, &[2, 3, 4], u16::from);
    check(1, [2, 3, 4]);
    save(&path, Scalar::I32, &[3, 2, 2, 2], i32::from);
    check(3, [2, 2, 2]);
    save(&path, Scalar::U64, &[2, 3, 4], u64::from);
    check(1, [2, 3, 4]);
    save(&path, Scalar::I8, &[2, 3, 4], u8::cast_signed);
    check(1, [2, 3, 4]);
    save(&path, Scalar::F64, &[2, 3, 4], f64::from);
    check(1, [2, 3, 4]);
    save(&path, Scalar::F32, &[2, 3, 4], f32::from);
    check(1, [2, 3, 4]);
    save(&path, Scalar::Bool, &[2, 3, 4], |v| v > 0);
    assert_eq!(read().unwrap().segments.len(), 1);

    save(&path, Scalar::I16, &[2, 3, 4], |v| i16::from(v) - 5);
    let error = read().unwrap_err();
    assert!(matches!(error.kind, ArrayErrorKind::Values(ScanError::Value { voxel: 0 })), "{error}");
    save(&path, Scalar::F64, &[2, 3, 4], |v| f64::from(v) + 0.1);
    assert!(matches!(read().unwrap_err().kind, ArrayErrorKind::Precision));
    save(&path, Scalar::F32, &[2, 3, 4], |v| f32::from(v) + 0.5);
    assert!(matches!(read().unwrap_err().kind, ArrayErrorKind::Values(_)));
    save(&path, Scalar::U64, &[2, 3, 4], |v| u64::from(v) << 32);
    assert!(matches!(read().unwrap_err().kind, ArrayErrorKind::Values(_)));
    save(&path, Scalar::U64, &[2, 3, 4], |v| u64::from(v) << 62);
    assert!(matches!(read().unwrap_err().kind, ArrayErrorKind::Npy(_)));
    save(&path, Scalar::U8, &[24], |v| v);
    assert!(matches!(read().unwrap_err().kind, ArrayErrorKind::Shape(_)));
    let small = Limits { max_value_bytes: 23, ..Limits::default() };
    save(&path, Scalar::U8, &[4, 6], |v| v);
    assert!(matches!(read_npy(&path, &small).unwrap_err().kind, ArrayErrorKind::OverLimit(..)));
}

fn sample() -> SegmentSet {
    let (sin, cos) = 0.3_f64.sin_cos();
    let space = Space {
        frames: 2,
        origin: [-10.25, 123.456_789_012, 7.5],
        direction: [[0.0, -sin, cos], [0.0, cos, sin], [-1.0, 0.0, 0.0]],
        ..Space::new([2, 3, 2], [2.5, 0.7, 1.0 / 3.0])
    };
    let shape = VoxelShape::of_space(&space).unwrap();
    let segment = |group: &str, label, voxels: std::ops::Range<usize>| {
        let dense: Vec<u8> = (0..24).map(|i| u8::from(voxels.contains(&i))).collect();
        let name =
            if group.is_empty() { format!("organ {label}") } else { format!("label_{label}") };
        let segment = Segment { group: group.into(), ..Segment::new(name, label) };
        SegmentValue { segment, runs: Runs::from_dense(shape, &dense).unwrap() }
    };
    let segments = vec![
        segment("", 1, 0..9),
        segment("", 2, 5..20),
        segment("lesions", 1, 0..4),
        segment("lesions", 70_000, 6..9),
    ];
    SegmentSet { space, segments, notes: Vec::new() }
}

#[test]
fn archives_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.npz");
    let set = sample();
    for compression in [Compression::Stored, Compression::Deflated] {
        write_npz(&set, &path, compression).unwrap();
        let back = read_npz(&path, &Limits::default()).unwrap();
        assert_eq!(back.segments, set.segments);
        assert_eq!(back.notes, Vec::<String>::new());
        assert!(back.space.corner_distance(&set.space).unwrap() < 1e-9, "{:?}", back.space);
    }
    let path = dir.path().join("a.npy");
    let notes = write_npy(&set, &path).unwrap();
    // Voxels 0..9 are all under something.
    assert!(notes.iter().any(|note| note.contains("voxels are hidden")), "{notes:?}");
    let back = read_npy(&path, &Limits::default()).unwrap();
    assert_eq!(painted(&back, |_| true), painted(&set, |_| true));
    assert_eq!(back.space.frames, 2);
    let mut zero = sample();
    zero.segments[0].segment.label = 0;
    assert!(write_npy(&zero, &path).unwrap_err().to_string().contains("label 0"));
}

#[test]
fn what_is_no_mask_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.npz");
    let mut writer = NpzWriter::create(&path, Compression::Stored).unwrap();
    writer.array("image", &[2, 3, 4], &MAP.map(|v| f32::from(v) / 7.0 - 1.0)).unwrap();
    writer.array("ids", &[3], &[1_i64, 2, 3]).unwrap();
    writer.array("seg", &[2, 3, 4], &MAP).unwrap();
    writer.array("spacing", &[3], &[2.5, 1.0, 0.5]).unwrap();
    writer.finish().unwrap();
    let set = read_npz(&path, &Limits::default()).unwrap();
    assert_eq!(painted(&set, |s| s.group == "seg"), MAP.map(u32::from));
    assert_eq!(set.space, Space::new([2, 3, 4], [2.5, 1.0, 0.5]));
    assert_eq!(set.notes.len(), 2, "{:?}", set.notes);
    let mut writer = NpzWriter::create(&path, Compression::Stored).unwrap();
    writer.array("a", &[2, 3, 4], &MAP).unwrap();
    writer.array("b", &[2, 4, 3], &MAP).unwrap();
    writer.finish().unwrap();
    let error = read_npz(&path, &Limits::default()).unwrap_err();
    assert!(matches!(error.kind, ArrayErrorKind::Shapes(..)), "{error}");
    let mut writer = NpzWriter::create(&path, Compression::Stored).unwrap();
    writer.array("ids", &[3], &[1_i64, 2, 3]).unwrap();
    writer.finish().unwrap();
    let error = read_npz(&path, &Limits::default()).unwrap_err();
    assert!(matches!(error.kind, ArrayErrorKind::NoMasks(_)), "{error}");
}

#[test]
fn the_arrays_of_medmask_are_read() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/masks/medmask/expected.npz");
    if !path.exists() {
        println!("SKIPPED: ../shared/data absent");
        return;
    }
    let set = read_npz(&path, &Limits::default()).unwrap();
    let count = |group: &str| set.segments.iter().filter(|v| v.segment.group == group).count();
    assert_eq!((count("lobes"), count("")), (5, 1));
    assert_eq!(set.space.shape, [3, 64, 48]);
}

#[test]
fn changed_archives_give_errors_or_values() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.npz");
    write_npz(&sample(), &path, Compression::Deflated).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let seed = std::env::var("VESALIUS_SEED").ok().and_then(|text| text.parse().ok());
    let mut state: u64 = seed.unwrap_or(5);
    println!("VESALIUS_SEED={state}");
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
        usize::try_from(state >> 33).unwrap() % limit
    };
    let limits = Limits { max_value_bytes: 1 << 20, max_runs: 1 << 16, ..Limits::default() };
    let mut refused = 0;
    for _ in 0..1500 {
        let mut changed = bytes.clone();
        for _ in 0..=below(3) {
            let at = below(changed.len());
            changed[at] = u8::try_from(below(256)).unwrap();
        }
        refused += usize::from(read::npz(Arc::new(changed), &limits).is_err());
    }
    println!("{refused} of 1500 refused");
}

//! Damaged files.

use super::*;

fn limits() -> Limits {
    Limits { max_value_bytes: 1 << 20, max_segments: 64, max_runs: 1 << 12 }
}

fn sample(compress: bool) -> Vec<u8> {
    let mut random = Random::new();
    let mut set = random.set(1, 5);
    set.space.shape = [3, 4, 5];
    let shape = VoxelShape::of_space(&set.space).unwrap();
    set.segments.iter_mut().for_each(|value| value.runs = random.runs(shape));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nrrd");
    write_seg_nrrd(&set, &path, compress).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn every_cut_is_refused() {
    for compress in [false, true] {
        let bytes = sample(compress);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.nrrd");
        for end in 0..bytes.len() {
            assert!(parse(bytes[..end].to_vec()).is_err(), "{end}");
            if end % 7 == 0 {
                std::fs::write(&path, &bytes[..end]).unwrap();
                assert!(read_nrrd(&path, &Limits::default()).is_err(), "{end}");
            }
        }
        assert!(parse(bytes).is_ok());
    }
}

#[test]
fn changed_bytes_never_panic() {
    let mut random = Random::new();
    let folder = tempfile::tempdir().unwrap();
    let (mut good, mut bad) = (0, 0);
    for i in 0..4000 {
        let mut bytes = sample_of(i % 2 == 0);
        for _ in 0..=random.below(3) {
            let at = random.place(bytes.len());
            match random.below(3) {
                0 => bytes[at] = random.byte(),
                1 => drop(bytes.drain(at..(at + random.place(20)).min(bytes.len()))),
                _ => bytes.insert(at, b"\n:=( )0%9-,"[random.place(11)]),
            }
        }
        match read_nrrd_stream(std::io::Cursor::new(bytes), &limits()) {
            Ok(set) => {
                good += 1;
                let shape = VoxelShape::of_space(&set.space).unwrap();
                assert!(set.segments.iter().all(|v| v.runs.shape() == shape));
                if shape.voxels() < 1 << 12 {
                    again(&set, folder.path());
                }
            }
            Err(error) => {
                bad += 1;
                assert!(error.to_string().len() < 4000);
            }
        }
    }
    println!("{good} read, {bad} refused");
}

/// What was read can be written, and reads back.
fn again(set: &SegmentSet, folder: &std::path::Path) {
    let path = folder.join("a.nrrd");
    write_seg_nrrd(set, &path, false).unwrap();
    let back = read_nrrd(&path, &Limits::default()).unwrap();
    assert_eq!(back.segments.len(), set.segments.len());
    for (now, was) in back.segments.iter().zip(&set.segments) {
        assert_eq!((&now.runs, now.segment.label), (&was.runs, was.segment.label));
        assert_eq!(now.segment.codes, was.segment.codes);
        assert_eq!(now.segment.name, was.segment.name);
    }
}

fn sample_of(compress: bool) -> Vec<u8> {
    use std::sync::LazyLock;
    static BOTH: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| [sample(false), sample(true)]);
    BOTH[usize::from(compress)].clone()
}

#[test]
fn claims_cost_nothing() {
    let large = [
        ("sizes", "2147483648 2147483648 2147483648"),
        ("sizes", "2147483648 2 2"),
        ("sizes", "60000 60000 1"),
    ];
    for given in large {
        assert!(parse(file(&[given], &[0; 6])).is_err());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.nrrd");
        std::fs::write(&path, file(&[given], &[0; 6])).unwrap();
        assert!(read_nrrd(&path, &Limits::default()).is_err());
    }
    let given = [
        ("dimension", "4"),
        ("sizes", "2147483648 1 1 1"),
        ("kinds", "list domain domain domain"),
        ("space directions", "none (1,0,0) (0,1,0) (0,0,1)"),
    ];
    let error = parse(file(&given, &[0; 6])).unwrap_err();
    assert!(matches!(error.kind, VolumeErrorKind::OverLimit { .. }), "{error}");
}

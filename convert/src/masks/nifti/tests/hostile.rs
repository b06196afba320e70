//! Damaged files.

use super::*;

fn sample() -> Vec<u8> {
    let mut set = Random::new().set(1, 4);
    set.space.shape = [3, 4, 5];
    let shape = VoxelShape::of_space(&set.space).unwrap();
    let mut random = Random::new();
    set.segments.iter_mut().for_each(|value| value.runs = random.runs(shape));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii");
    write_label_map(&set, &path).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn every_cut_is_refused() {
    let bytes = sample();
    for end in 0..bytes.len() {
        assert!(parse(bytes[..end].to_vec()).is_err(), "{end}");
    }
    assert!(parse(bytes).is_ok());
}

#[test]
fn changed_bytes_never_panic() {
    let bytes = sample();
    let mut random = Random::new();
    let (mut good, mut bad) = (0, 0);
    for _ in 0..6000 {
        let mut bytes = bytes.clone();
        for _ in 0..=random.below(3) {
            let at = random.place(bytes.len());
            bytes[at] = random.byte();
        }
        let limits = Limits { max_value_bytes: 1 << 20, max_segments: 64, max_runs: 1 << 12 };
        match read_label_map_stream(std::io::Cursor::new(bytes), &limits) {
            Ok(set) => {
                good += 1;
                let shape = VoxelShape::of_space(&set.space).unwrap();
                assert!(set.segments.iter().all(|v| v.runs.shape() == shape));
            }
            Err(error) => {
                bad += 1;
                assert!(error.to_string().len() < 1000);
            }
        }
    }
    println!("{good} read, {bad} refused");
}

#[test]
fn cut_and_changed_compressed_files_are_refused_or_inflate_to_the_same() {
    let Some(path) = data("totalseg/example_seg.nii.gz") else { return };
    let wanted = read_label_map(&path, &Limits::default()).unwrap();
    let bytes = std::fs::read(path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new();
    let path = folder.path().join("a.nii.gz");
    for i in 0..60 {
        let mut bytes = bytes.clone();
        if i % 2 == 0 {
            bytes.truncate(random.place(bytes.len()));
        } else {
            // Behind the header of the stream, which holds a name that nobody reads.
            let at = 64 + random.place(bytes.len() - 64);
            bytes[at] ^= 1 << random.below(8);
        }
        std::fs::write(&path, bytes).unwrap();
        // The checksum covers every bit of what is inflated; some bits of the stream mean nothing.
        if let Ok(set) = read_label_map(&path, &Limits::default()) {
            assert!(i % 2 == 1 && set == wanted, "{i}");
        }
    }
}

#[test]
fn runs_and_segments_over_the_limits_are_refused() {
    let noise = Values::U16((0..1000).map(|i| i % 50).collect());
    let bytes = bytes_of([10, 10, 10], noise);
    let read = |limits: Limits| read_label_map_stream(std::io::Cursor::new(bytes.clone()), &limits);
    assert!(read(Limits { max_runs: 980, max_segments: 49, max_value_bytes: 2000 }).is_ok());
    for (limits, name) in [
        (Limits { max_runs: 979, ..Limits::default() }, "number of runs"),
        (Limits { max_segments: 48, ..Limits::default() }, "number of segments"),
        (Limits { max_value_bytes: 1999, ..Limits::default() }, "bytes of values"),
    ] {
        let VolumeErrorKind::OverLimit { name: found, .. } = read(limits).unwrap_err().kind else {
            panic!("{name}")
        };
        assert_eq!(found, name);
    }
}

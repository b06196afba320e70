//! Files that lie.

use super::*;
use std::io::Write;

fn small() -> Vec<u8> {
    let extensions = vec![Extension { code: 6, bytes: vec![65; 24] }];
    bytes_of(&Volume { extensions, ..zeros(&Geometry::new([3, 4, 5], [1.0; 3])) })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn open(bytes: &[u8], limits: &Limits) -> Result<Volume, NiftiError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    read(file.path(), limits)
}

#[test]
fn a_shape_over_the_length_of_the_file_is_refused_before_memory_is_taken() {
    let mut bytes = small();
    patch(&mut bytes, 42, &[0xFF, 0x7F, 0xFF, 0x7F]);
    for bytes in [bytes.clone(), gzip(&bytes)] {
        let error = open(&bytes, &Limits::default()).unwrap_err();
        assert!(matches!(error.kind, NiftiErrorKind::Truncated { .. }), "{error}");
    }
    // A stream has no length: memory grows with what arrives.
    assert!(matches!(parse(bytes).unwrap_err().kind, NiftiErrorKind::Truncated { .. }));
    let mut bytes = small();
    patch(&mut bytes, 40, &[7, 0]);
    patch(&mut bytes, 42, &[0xFF, 0x7F].repeat(7));
    assert!(matches!(parse(bytes).unwrap_err().kind, NiftiErrorKind::ShapeOverflow));
}

#[test]
fn limits_are_kept() {
    let limits = Limits { max_value_bytes: 59, ..Limits::default() };
    let error = open(&small(), &limits).unwrap_err();
    assert!(matches!(error.kind, NiftiErrorKind::OverLimit("bytes of values", 60, 59)));
    let limits = Limits { max_extensions: 0, ..Limits::default() };
    assert!(matches!(
        open(&small(), &limits).unwrap_err().kind,
        NiftiErrorKind::OverLimit("number of extensions", 1, 0)
    ));
}

#[test]
fn a_small_file_cannot_inflate_without_end() {
    // 64 MiB of zeros behind a header that asks for 60 bytes: only a little of it is looked at.
    let mut bytes = small();
    bytes.resize(64 << 20, 0);
    let volume = open(&gzip(&bytes), &Limits::default()).unwrap();
    assert_eq!(volume.values.len(), 60);
}

#[test]
fn damage_of_a_compressed_file_is_noticed() {
    let plain = small();
    let whole = gzip(&plain);
    assert_eq!(open(&whole, &Limits::default()).unwrap(), parse(plain.clone()).unwrap());
    for length in 1..whole.len() {
        assert!(open(&whole[..length], &Limits::default()).is_err(), "cut at {length}");
    }
    let mut wrong = whole.clone();
    let checksum = whole.len() - 8;
    wrong[checksum] ^= 1;
    let error = open(&wrong, &Limits::default()).unwrap_err();
    assert!(matches!(error.kind, NiftiErrorKind::Gzip(_)), "{error}");
    // Several members are one stream; other bytes behind the last one are not part of it.
    let mut members = gzip(&plain[..100]);
    members.extend(gzip(&[]));
    members.extend(gzip(&plain[100..]));
    members.extend(b"tail");
    assert_eq!(open(&members, &Limits::default()).unwrap(), parse(plain).unwrap());
}

#[test]
fn fields_that_cannot_be_are_refused() {
    let cases: [(usize, &[u8]); 13] = [
        (0, &[0x5D, 1]),
        (40, &[0, 0]),
        (40, &[8, 0]),
        (42, &[0, 0]),
        (44, &[0xFF, 0xFF]),
        (70, &[128, 0]),
        (70, &[1, 0]),
        (70, &[99, 0]),
        (108, &[0, 0, 0, 0x40]),
        (108, &[0, 0, 0xC0, 0x7F]),
        (108, &[0, 0, 0x80, 0x4F]),
        (116, &[0, 0, 0xC0, 0x7F]),
        (344, b"n+3"),
    ];
    for (at, value) in cases {
        let mut bytes = small();
        patch(&mut bytes, at, value);
        let error = parse(bytes).unwrap_err();
        println!("{error}");
    }
    for (at, value) in [(352, -1_i32), (352, 7), (352, i32::MAX), (352, 33)] {
        let mut bytes = small();
        patch(&mut bytes, at, &value.to_le_bytes());
        let error = parse(bytes).unwrap_err();
        assert!(matches!(error.kind, NiftiErrorKind::Extension(_)), "{error}");
    }
}

#[test]
fn nothing_panics() {
    let mut random = Random::new();
    let plain = small();
    for round in 0..20_000 {
        let mut bytes = plain.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(384);
            bytes[at] =
                [0, 1, 0x7F, 0x80, 0xFF, u8::try_from(random.below(256)).unwrap()][random.below(6)];
        }
        if round % 4 == 0 {
            bytes.truncate(random.below(420));
        }
        drop(parse(bytes));
    }
}

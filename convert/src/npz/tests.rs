//! Archives as a whole: the data files, round trips, bombs and mutations.

use super::*;
use crate::npy::{ByteSource, NpyFile};
use half::f16;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::sync::Arc;

fn data(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(name);
    if !path.exists() {
        println!("SKIPPED: ../shared/data absent");
        return None;
    }
    Some(path)
}

fn of_bytes(bytes: Vec<u8>) -> Result<Archive, NpzError> {
    Archive::from_source(Arc::new(bytes), Limits::default())
}

fn sample(compression: Compression) -> Vec<u8> {
    let mut writer = NpzWriter::new(Cursor::new(Vec::new()), compression);
    let values: Vec<f32> = (0..600_u16).map(|i| f32::from(i % 7)).collect();
    writer.array("features", &[60, 10], &values).unwrap();
    writer.array("ids", &[3], &[1_i64, 2, 3]).unwrap();
    writer.finish().unwrap().into_inner()
}

fn halves(file: &NpyFile) -> Vec<f16> {
    let mut out = Vec::new();
    file.read_rows_f16(0, usize::try_from(file.rows()).unwrap(), &mut out).unwrap();
    out
}

#[test]
fn archives_of_numpy_hold_the_values_of_the_plain_file() {
    let Some(plain) = data("npy/f16.npy") else { return };
    let expected = halves(&NpyFile::open(&plain).unwrap());
    for name in ["npy/features_stored.npz", "npy/features_deflate.npz"] {
        let mut archive = Archive::open(&data(name).unwrap()).unwrap();
        let names: Vec<String> =
            archive.members().iter().map(|member| member.array_name().to_owned()).collect();
        println!("{name}: {names:?}");
        let mut found = false;
        for member in &names {
            archive.verify(member).unwrap();
            let file = archive.open_npy(member).unwrap();
            found |= file.shape() == [64, 96] && halves(&file) == expected;
            if member == "ids" {
                let mut ids = Vec::new();
                file.read_rows_text(0, 64, &mut ids).unwrap();
                assert!(ids.iter().all(|id| id.len() == 44), "{ids:?}");
            }
        }
        assert!(found, "{name}");
    }
}

#[test]
fn both_compressions_round_trip() {
    for compression in [Compression::Stored, Compression::Deflated] {
        let mut archive = of_bytes(sample(compression)).unwrap();
        assert_eq!(archive.members().len(), 2);
        let mut ids = Vec::new();
        archive.open_npy("ids").unwrap().read_rows_i64(0, 3, &mut ids).unwrap();
        assert_eq!(ids, [1, 2, 3]);
        let features = archive.open_npy("features.npy").unwrap();
        let mut row = Vec::new();
        features.read_rows_f32(1, 1, &mut row).unwrap();
        assert_eq!(row, [3.0, 4.0, 5.0, 6.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let bytes = archive.member_bytes("ids", 1000).unwrap();
        let file = archive.member_to_file("ids").unwrap();
        assert_eq!(std::fs::read(file.path()).unwrap(), bytes);
        let source = archive.member_source("ids").unwrap();
        assert_eq!(source.len(), bytes.len() as u64);
        assert!(matches!(
            archive.member_bytes("ids", 10).unwrap_err().kind,
            NpzErrorKind::MemberTooLarge { .. }
        ));
        let error = archive.open_npy("labels").unwrap_err();
        assert!(matches!(error.kind, NpzErrorKind::NoSuchMember), "{error}");
    }
}

#[test]
fn limits_hold() {
    let source: Arc<dyn ByteSource> = Arc::new(sample(Compression::Deflated));
    let limits = Limits { max_members: 1, ..Limits::default() };
    let error = Archive::from_source(source.clone(), limits).unwrap_err();
    assert!(matches!(error.kind, NpzErrorKind::TooManyMembers { members: 2, limit: 1 }));
    let limits = Limits { max_member_bytes: 1000, ..Limits::default() };
    let mut archive = Archive::from_source(source.clone(), limits).unwrap();
    assert!(archive.open_npy("ids").is_ok());
    let error = archive.open_npy("features").unwrap_err();
    assert!(matches!(error.kind, NpzErrorKind::MemberTooLarge { .. }), "{error}");
    let limits = Limits { max_total_bytes: 2600, ..Limits::default() };
    let mut archive = Archive::from_source(source, limits).unwrap();
    assert!(archive.open_npy("features").is_ok());
    assert!(archive.open_npy("features").is_ok(), "inflated once");
    let error = archive.open_npy("ids").unwrap_err();
    assert!(matches!(error.kind, NpzErrorKind::TotalTooLarge { .. }), "{error}");
}

/// Offset of the first occurrence.
fn find(bytes: &[u8], needle: &[u8]) -> usize {
    bytes.windows(needle.len()).position(|window| window == needle).unwrap()
}

#[test]
fn a_false_member_count_is_refused_before_it_is_believed() {
    let mut bytes = sample(Compression::Stored);
    let end = bytes.len() - 22;
    let mut wide = b"PK\x06\x06".to_vec();
    wide.extend(44_u64.to_le_bytes());
    wide.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    wide.extend((1_u64 << 50).to_le_bytes());
    wide.extend((1_u64 << 50).to_le_bytes());
    wide.extend((1_u64 << 56).to_le_bytes());
    wide.extend(0_u64.to_le_bytes());
    wide.extend(b"PK\x06\x07\0\0\0\0");
    wide.extend((end as u64).to_le_bytes());
    wide.extend(1_u32.to_le_bytes());
    bytes.splice(end..end, wide);
    let at = bytes.len() - 22;
    bytes[at + 8..at + 20].fill(0xFF);
    let error = of_bytes(bytes).unwrap_err();
    assert!(matches!(error.kind, NpzErrorKind::TooManyMembers { .. }), "{error}");
}

#[test]
fn sizes_that_lie_are_refused() {
    let good = sample(Compression::Deflated);
    let directory = find(&good, b"PK\x01\x02");
    let extra = directory + 46 + "features.npy".len() + 4;
    let declared = u64::from_le_bytes(good[extra..extra + 8].try_into().unwrap());
    assert_eq!(declared, 128 + 2400);
    for (claim, ratio) in [(declared - 1, false), (declared + 1, false), (1 << 40, true)] {
        let mut bytes = good.clone();
        bytes[extra..extra + 8].copy_from_slice(&claim.to_le_bytes());
        let error = of_bytes(bytes).unwrap().open_npy("features").unwrap_err();
        assert_eq!(matches!(error.kind, NpzErrorKind::Ratio { .. }), ratio, "{error}");
        let found = matches!(error.kind, NpzErrorKind::Size { .. } | NpzErrorKind::Zip(_));
        assert!(ratio || found, "{error}");
    }
}

#[test]
fn damage_is_found_by_the_checksum() {
    let mut bytes = sample(Compression::Stored);
    let at = find(&bytes, b"\x93NUMPY") + 200;
    bytes[at] ^= 1;
    let mut archive = of_bytes(bytes).unwrap();
    assert!(archive.open_npy("features").is_ok());
    let error = archive.verify("features").unwrap_err();
    assert!(matches!(error.kind, NpzErrorKind::Checksum { .. }), "{error}");
    assert!(archive.member_bytes("features", 1 << 20).is_err());
    archive.verify("ids").unwrap();
}

#[test]
fn equal_names_are_refused() {
    let mut writer = NpzWriter::new(Cursor::new(Vec::new()), Compression::Stored);
    writer.member("a").unwrap().write_all(b"x").unwrap();
    assert!(writer.member("a").is_err());
    let mut writer = NpzWriter::new(Cursor::new(Vec::new()), Compression::Stored);
    writer.array("a", &[1], &[1_u8]).unwrap();
    writer.array("b", &[1], &[1_u8]).unwrap();
    let mut bytes = writer.finish().unwrap().into_inner();
    for at in 0..bytes.len() - 5 {
        if &bytes[at..at + 5] == b"b.npy" {
            bytes[at] = b'a';
        }
    }
    let error = of_bytes(bytes).unwrap_err();
    assert!(matches!(error.kind, NpzErrorKind::DuplicateNames), "{error}");
}

#[test]
fn mutated_archives_give_errors_or_bounded_values() {
    let seed = std::env::var("VESALIUS_SEED").ok().and_then(|text| text.parse().ok());
    let mut state: u64 = seed.unwrap_or(77);
    println!("VESALIUS_SEED={state}");
    let mut below = |limit: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % limit
    };
    let seeds = [sample(Compression::Stored), sample(Compression::Deflated)];
    for round in 0..6_000 {
        let mut bytes = seeds[round % 2].clone();
        let directory = find(&bytes, b"PK\x01\x02");
        for _ in 0..=below(4) {
            // Half of the damage goes into the directory, which is the smaller and richer part.
            let from = if below(2) == 0 { directory } else { 0 };
            let at = from + below(bytes.len() - from);
            bytes[at] = u8::try_from(below(256)).unwrap();
        }
        if below(8) == 0 {
            bytes.truncate(below(bytes.len()));
        }
        let limits =
            Limits { max_members: 100, max_member_bytes: 1 << 20, max_total_bytes: 1 << 21 };
        let Ok(mut archive) = Archive::from_source(Arc::new(bytes), limits) else { continue };
        let names: Vec<String> = archive.members().iter().map(|m| m.name.clone()).collect();
        for name in names {
            if let Ok(bytes) = archive.member_bytes(&name, 1 << 20) {
                assert!(bytes.len() <= 1 << 20);
            }
            if let Ok(file) = archive.open_npy(&name) {
                let rows = usize::try_from(file.rows().min(60)).unwrap();
                drop(file.read_rows_f32(0, rows, &mut Vec::new()));
            }
        }
    }
}

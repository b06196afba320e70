//! Arrays as a whole: the data files, round trips, twins and mutations.

use super::*;
use half::f16;
use std::path::PathBuf;
use std::sync::Arc;

fn data(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/npy").join(name);
    if !path.exists() {
        println!("SKIPPED: ../shared/data absent");
        return None;
    }
    Some(path)
}

fn of_bytes(bytes: Vec<u8>) -> Result<NpyFile, NpyError> {
    NpyFile::from_source(Arc::new(bytes))
}

/// A fixed sequence, another one for every seed: splitmix64.
struct Random(u64);

impl Random {
    fn new() -> Self {
        let seed = std::env::var("VESALIUS_SEED").ok().and_then(|text| text.parse().ok());
        let seed = seed.unwrap_or(20_260);
        println!("VESALIUS_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % limit).unwrap()
    }
}

fn array(descr: &str, fortran: bool, shape: &[u64], data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let axes: Vec<String> = shape.iter().map(u64::to_string).collect();
    let axes = if axes.len() == 1 { axes[0].clone() + "," } else { axes.join(", ") };
    let text = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': ({axes}), }}\n");
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
    out.extend(text.bytes());
    out.extend(data);
    out
}

#[test]
fn every_variant_of_the_data_files_holds_the_same_values() {
    let Some(path) = data("f16.npy") else { return };
    let expected = NpyFile::open(&path).unwrap();
    let (mut bits, mut values) = (Vec::new(), Vec::new());
    expected.read_rows_f16(0, 64, &mut bits).unwrap();
    assert!(!expected.read_rows_f32(0, 64, &mut values).unwrap().lossy);
    for name in ["f16_be.npy", "f16_fortran.npy", "v2.npy", "v3.npy"] {
        let file = NpyFile::open(&data(name).unwrap()).unwrap();
        assert_eq!((file.shape(), file.rows(), file.row_len()), ([64, 96].as_slice(), 64, 96));
        let mut other = Vec::new();
        file.read_rows_f16(0, 64, &mut other).unwrap();
        assert_eq!(other, bits, "{name}");
        let mut part = Vec::new();
        file.read_rows_f32(17, 5, &mut part).unwrap();
        assert_eq!(part, values[17 * 96..22 * 96], "{name}");
    }
}

#[test]
fn the_writer_writes_what_numpy_writes() {
    for name in ["f16.npy", "tokens_f16.npy"] {
        let Some(path) = data(name) else { return };
        let file = NpyFile::open(&path).unwrap();
        let mut values = Vec::new();
        file.read_rows_f16(0, usize::try_from(file.rows()).unwrap(), &mut values).unwrap();
        let mut writer = NpyWriter::new(Vec::new(), Scalar::F16, file.shape()).unwrap();
        for part in values.chunks(1000) {
            writer.write(part).unwrap();
        }
        assert!(writer.finish().unwrap() == std::fs::read(path).unwrap(), "{name}");
    }
}

#[test]
fn fortran_order_agrees_with_the_definition() {
    let mut random = Random::new();
    let shapes: [&[u64]; 8] =
        [&[5, 3], &[1, 7], &[7, 1], &[4], &[2, 3, 4], &[3, 2, 2, 5], &[70_000, 3], &[3, 70_000]];
    for shape in shapes {
        let total: u64 = shape.iter().product();
        let stored: Vec<i32> = (0..i32::try_from(total).unwrap()).collect();
        let bytes: Vec<u8> = stored.iter().flat_map(|v| v.swap_bytes().to_le_bytes()).collect();
        let file = of_bytes(array(">i4", true, shape, &bytes)).unwrap();
        let expected = slow_c_order(shape, &stored);
        let row = file.row_len();
        for _ in 0..6 {
            let first = random.below(file.rows());
            let count = random.below(file.rows() - first as u64 + 1);
            let mut rows = Vec::new();
            file.read_rows_i64(first as u64, count, &mut rows).unwrap();
            assert_eq!(rows, expected[first * row..(first + count) * row], "{shape:?}");
        }
    }
}

/// The twin: every element by the definition of the two orders.
fn slow_c_order(shape: &[u64], stored: &[i32]) -> Vec<i64> {
    let total: u64 = shape.iter().product();
    let element = |mut c_index: u64| {
        let mut index = Vec::new();
        for &axis in shape.iter().rev() {
            index.insert(0, c_index % axis);
            c_index /= axis;
        }
        let (mut at, mut stride) = (0, 1);
        for (i, axis) in index.iter().zip(shape) {
            at += i * stride;
            stride *= axis;
        }
        i64::from(stored[usize::try_from(at).unwrap()])
    };
    (0..total).map(element).collect()
}

#[test]
fn every_type_round_trips() {
    fn check<T: NpyElement>(values: &[T], expected: &[f32]) {
        let shape = [values.len() as u64];
        let mut writer = NpyWriter::new(Vec::new(), T::SCALAR, &shape).unwrap();
        writer.write(values).unwrap();
        let file = of_bytes(writer.finish().unwrap()).unwrap();
        assert_eq!(file.header().data_offset % 64, 0);
        let mut out = Vec::new();
        let report = file.read_rows_f32(0, values.len(), &mut out).unwrap();
        assert_eq!(out, expected);
        assert!(!report.lossy);
    }
    check(&[f16::from_f32(0.5), f16::MAX], &[0.5, 65504.0]);
    check(&[0.25_f32, -1e30], &[0.25, -1e30]);
    check(&[0.25_f64], &[0.25]);
    check(&[-3_i8], &[-3.0]);
    check(&[-300_i16], &[-300.0]);
    check(&[-70_000_i32], &[-70_000.0]);
    check(&[-70_000_i64], &[-70_000.0]);
    check(&[200_u8], &[200.0]);
    check(&[60_000_u16], &[60_000.0]);
    check(&[70_000_u32], &[70_000.0]);
    check(&[70_000_u64], &[70_000.0]);
    check(&[true, false], &[1.0, 0.0]);
}

#[test]
fn a_vector_is_one_row_when_asked() {
    let file = of_bytes(array("<u1", false, &[6], &[1, 2, 3, 4, 5, 6])).unwrap();
    assert_eq!((file.rows(), file.row_len()), (6, 1));
    let file = file.as_single_row().unwrap();
    assert_eq!((file.rows(), file.row_len()), (1, 6));
    let mut out = Vec::new();
    file.read_rows_i64(0, 1, &mut out).unwrap();
    assert_eq!(out, [1, 2, 3, 4, 5, 6]);
}

#[test]
fn text_is_read_in_both_widths_and_orders() {
    let wide = |text: &str, order: fn(u32) -> [u8; 4]| -> Vec<u8> {
        text.chars().flat_map(|c| order(u32::from(c))).collect()
    };
    let text = "ab\0\u{e9}\0\0\u{1F600}c\u{4E2D}\0\0\0";
    let expected = ["ab", "\u{e9}", "\u{1F600}c\u{4E2D}", ""];
    let little = array("<U3", false, &[2, 2], &wide(text, u32::to_le_bytes));
    let big = array(">U3", false, &[2, 2], &wide(text, |c| c.swap_bytes().to_le_bytes()));
    for bytes in [little, big] {
        let file = of_bytes(bytes).unwrap();
        let mut out = Vec::new();
        file.read_rows_text(0, 2, &mut out).unwrap();
        assert_eq!(out, expected);
        assert!(file.read_rows_f32(0, 2, &mut Vec::new()).is_err());
    }
    let file = of_bytes(array("|S3", false, &[2], b"ab\0xyz")).unwrap();
    let mut out = Vec::new();
    file.read_rows_text(1, 1, &mut out).unwrap();
    file.read_rows_text(0, 1, &mut out).unwrap();
    assert_eq!(out, ["xyz", "ab"]);
    for bad in [array("<U1", false, &[1], &[0, 0xD8, 0, 0]), array("|S1", false, &[1], &[0xFF])] {
        let error = of_bytes(bad).unwrap().read_rows_text(0, 1, &mut out).unwrap_err();
        assert!(matches!(error.kind, NpyErrorKind::Text), "{error}");
    }
}

#[test]
fn shapes_that_lie_are_refused() {
    let kind = |bytes: Vec<u8>| of_bytes(bytes).unwrap_err().kind;
    let with = |shape: &[u64], length: usize| array("<f4", false, shape, &vec![0; length]);
    assert!(matches!(kind(with(&[2, 2], 15)), NpyErrorKind::Truncated { .. }));
    assert!(matches!(kind(with(&[2, 2], 17)), NpyErrorKind::TrailingBytes(1)));
    assert!(matches!(kind(with(&[1 << 62, 4], 16)), NpyErrorKind::ShapeOverflow));
    assert!(matches!(kind(with(&[1 << 40, 0], 0)), NpyErrorKind::ShapeOverflow));
    assert!(matches!(kind(with(&[1; 33], 4)), NpyErrorKind::TooManyDimensions(33)));
    assert!(matches!(kind(with(&[1; 40], 4)), NpyErrorKind::Header(_)));
    assert!(matches!(kind(b"PK\x03\x04 and more".to_vec()), NpyErrorKind::NotNpy));
    assert!(matches!(kind(b"\x93NUMPY\x04\x00....".to_vec()), NpyErrorKind::Version(4, 0)));
    let long = b"\x93NUMPY\x02\x00\xff\xff\xff\x7f".to_vec();
    assert!(matches!(kind(long), NpyErrorKind::HeaderTooLong(_)));
    let bf16 = kind(array("|V2", false, &[1], &[0; 2]));
    assert!(bf16.to_string().contains("bfloat16"), "{bf16}");
}

#[test]
fn rows_outside_and_other_types_are_refused() {
    let file = of_bytes(array("<f4", false, &[2, 2], &[0; 16])).unwrap();
    let mut out = Vec::new();
    for (first, count) in [(0, 3), (2, 1), (u64::MAX, 1), (1, usize::MAX)] {
        let error = file.read_rows_f32(first, count, &mut out).unwrap_err();
        assert!(matches!(error.kind, NpyErrorKind::RowRange { .. }));
    }
    file.read_rows_f32(2, 0, &mut out).unwrap();
    assert!(file.read_rows_f16(0, 1, &mut Vec::new()).is_err());
    assert!(file.read_rows_i64(0, 1, &mut Vec::new()).is_err());
    assert!(file.object_payload().is_err());
    assert!(file.read_rows_text(0, 1, &mut Vec::new()).is_err());
    let object = of_bytes(array("|O", false, &[], b"pickle")).unwrap();
    assert!(object.read_rows_f32(0, 1, &mut out).is_err());
    assert_eq!(object.object_payload().unwrap().len(), 6);
}

#[test]
fn the_writer_counts() {
    let mut writer = NpyWriter::new(Vec::new(), Scalar::F32, &[3]).unwrap();
    writer.write(&[1.0_f32, 2.0]).unwrap();
    assert!(writer.write(&[1.0_f64]).is_err());
    assert!(writer.write(&[1.0_f32, 2.0]).is_err());
    assert!(writer.finish().is_err());
}

#[test]
fn mutated_files_give_errors_or_bounded_values() {
    let mut random = Random::new();
    let seeds = [
        array("<f2", false, &[8, 6], &[7; 96]),
        array(">f8", true, &[3, 2, 2], &[9; 96]),
        array("|O", false, &[], b"\x80\x04N."),
        array("<U2", false, &[3], b"a\0\0\0b\0\0\0c\0\0\0\0\0\0\0d\0\0\0e\0\0\0"),
    ];
    for round in 0..30_000 {
        let mut bytes = seeds[round % seeds.len()].clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len() as u64);
            bytes[at] = u8::try_from(random.below(256)).unwrap();
        }
        if random.below(4) == 0 {
            bytes.truncate(random.below(bytes.len() as u64));
        }
        let Ok(file) = of_bytes(bytes) else { continue };
        let rows = file.rows().min(64);
        let (mut out, count) = (Vec::new(), usize::try_from(rows).unwrap());
        let result = file.read_rows_f32(0, count, &mut out);
        drop(file.read_rows_text(0, count, &mut Vec::new()));
        assert!(result.is_err() || out.len() as u64 <= 96 * rows.max(1));
    }
}

//! Groups, attributes and columns by themselves.

use std::fs;

use half::f16;
use tempfile::TempDir;

use super::check;
use super::expected::{Expected, crc_of_floats, crc_of_halves, crc_of_integers, crc_of_texts};
use crate::hdf5_write::{Attribute, ColumnSpec, Compression, ElementType, Table, Values, Writer};

#[test]
fn attributes_of_every_kind() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.h5");
    let mut writer = Writer::create(&path).unwrap();
    let mut expected = Expected::default();
    let (long, many) = ("x".repeat(100_000), vec![i64::MIN; 7000]);
    let name = "n".repeat(1024);
    let texts = vec!["", "caf\u{e9}", &long];
    let values = [
        ("integer", Attribute::I64(i64::MIN)),
        ("float", Attribute::F64(f64::from_bits(0x7ff8_0000_0000_1234))),
        ("long", Attribute::Text(&long)),
        ("empty", Attribute::Text("")),
        ("integers", Attribute::I64s(&many)),
        ("floats", Attribute::F64s(&[0.5, f64::INFINITY])),
        ("texts", Attribute::Texts(&texts)),
        (&name, Attribute::Text("\u{1f9e0}")),
    ];
    writer.group("a").unwrap();
    writer.group("a/b").unwrap();
    expected.group("a");
    expected.group("a/b");
    for group in ["", "a", "a/b"] {
        for (name, value) in &values {
            writer.attribute(group, name, Attribute::I64(0)).unwrap();
            writer.attribute(group, name, *value).unwrap();
            expected.attribute(if group.is_empty() { "/" } else { group }, name, value);
        }
    }
    let names: Vec<String> = (0..300).map(|number| format!("attribute {number}")).collect();
    for name in &names {
        writer.attribute("a", name, Attribute::Text(name)).unwrap();
    }
    writer.finish().unwrap();
    // Spaces separate the parts of a line, so these names are checked by themselves.
    let found = super::reader::describe(&path);
    assert_eq!(found.iter().filter(|line| line.starts_with("A a attribute ")).count(), 300);
    for name in &names {
        expected.attribute("a", name, &Attribute::Text(name));
    }
    check(&path, &expected);
}

#[test]
fn whole_datasets_of_several_chunks() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.h5");
    let mut writer = Writer::create(&path).unwrap();
    let mut expected = Expected::default();
    let values: Vec<f32> = (0..2100_u16).map(f32::from).collect();
    for (name, rows, compression) in [
        ("full", 100, Compression::Lzf),
        ("partial", 105, Compression::Lzf),
        ("short", 3, Compression::Lzf),
        ("plain", 105, Compression::None),
    ] {
        let spec = ColumnSpec::rows(name, ElementType::F32, &[4, 5]).with_chunk_rows(10);
        let spec = spec.with_compression(compression);
        let values = &values[..rows * 20];
        writer.whole(&spec, Values::F32(values)).unwrap();
        expected.whole(&spec, rows, crc_of_floats(values));
    }
    writer.finish().unwrap();
    check(&path, &expected);
}

#[test]
fn a_writer_can_move_to_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    let folder = TempDir::new().unwrap();
    is_send(&Writer::create(&folder.path().join("a.h5")).unwrap());
}

#[test]
fn thousands_of_chunks_of_one_row() {
    for compression in [Compression::Lzf, Compression::None] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a.h5");
        let spec = |name: &str, element, tail: &[u64]| {
            let spec = ColumnSpec::rows(name, element, tail).with_chunk_rows(1);
            spec.with_compression(compression)
        };
        let specs = [
            spec("features", ElementType::F16, &[3]),
            spec("ids", ElementType::Text, &[]),
            spec("numbers", ElementType::I64, &[]),
        ];
        let mut table = Table::create(&path, &specs).unwrap();
        let numbers: Vec<i64> = (0..5000).collect();
        let ids: Vec<String> = numbers.iter().map(|number| format!("image-{number}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let features: Vec<f16> = (0..15_000).map(f16::from_bits).collect();
        table
            .append(&[Values::F16(&features), Values::Texts(&ids), Values::I64(&numbers)])
            .unwrap();
        table.writer().attribute("", "rows", Attribute::I64(5000)).unwrap();
        table.finish().unwrap();
        let mut expected = Expected::default();
        expected.attribute("/", "rows", &Attribute::I64(5000));
        expected.column(&specs[0], 5000, crc_of_halves(&features));
        expected.column(&specs[1], 5000, crc_of_texts(&ids));
        expected.column(&specs[2], 5000, crc_of_integers(&numbers));
        check(&path, &expected);
    }
}

#[test]
fn texts_of_every_length() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.h5");
    let texts: Vec<String> = (0..20_u32).map(|n| "\u{e4}".repeat(1 << n)).collect();
    let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    texts.extend(["", "", "end"]);
    let column = ColumnSpec::scalars("column", ElementType::Text).with_chunk_rows(4);
    let whole = ColumnSpec::scalars("whole", ElementType::Text);
    let mut writer = Writer::create(&path).unwrap();
    let handle = writer.column(&column).unwrap();
    for text in &texts {
        writer.append(handle, Values::Texts(&[*text])).unwrap();
    }
    writer.whole(&whole, Values::Texts(&texts)).unwrap();
    writer.finish().unwrap();
    let mut expected = Expected::default();
    expected.column(&column, texts.len(), crc_of_texts(&texts));
    expected.whole(&whole, texts.len(), crc_of_texts(&texts));
    check(&path, &expected);
}

#[test]
fn chunks_that_shrink_and_chunks_that_do_not() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.h5");
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from_bits(state.rotate_left(7))
    };
    // Chunks of 128 KiB, so that samples are taken: noise, zeros, noise with zeros at the end.
    let mut values: Vec<f32> = (0..32_768).map(|_| noise()).collect();
    values.resize(2 * 32_768, 0.0);
    values.extend((0..24_576).map(|_| noise()));
    values.resize(3 * 32_768, 0.0);
    let spec = ColumnSpec::vectors("v", ElementType::F32, 32).with_chunk_rows(1024);
    let mut table = Table::create(&path, std::slice::from_ref(&spec)).unwrap();
    table.append(&[Values::F32(&values)]).unwrap();
    table.finish().unwrap();
    let mut expected = Expected::default();
    expected.column(&spec, 3072, crc_of_floats(&values));
    check(&path, &expected);
    assert!(fs::metadata(&path).unwrap().len() < 250_000);
}

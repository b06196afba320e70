//! Random tables in random batches.

use half::f16;
use proptest::prelude::*;
use tempfile::TempDir;

use super::expected::{Expected, crc_of_halves, crc_of_integers, crc_of_texts};
use super::{check, reader};
use crate::hdf5_write::{ColumnSpec, Compression, ElementType, Table, Values};

#[derive(Debug, Clone)]
struct Plan {
    dim: u16,
    chunks: [u64; 3],
    lzf: bool,
    batches: Vec<u8>,
    bits: Vec<u16>,
    texts: Vec<String>,
}

fn plan() -> impl Strategy<Value = Plan> {
    let batches = prop::collection::vec(0..40_u8, 0..12);
    let bits = prop::collection::vec(any::<u16>(), 1..50);
    let texts = prop::collection::vec("[^\0]{0,12}", 1..20);
    (1..9_u16, prop::array::uniform3(1..50_u64), any::<bool>(), batches, bits, texts).prop_map(
        |(dim, chunks, lzf, batches, bits, texts)| Plan { dim, chunks, lzf, batches, bits, texts },
    )
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn run(plan: &Plan, with_python: bool) {
    let compression = if plan.lzf { Compression::Lzf } else { Compression::None };
    let spec = |name: &str, element, tail: &[u64], chunk| {
        let spec = ColumnSpec::rows(name, element, tail).with_chunk_rows(chunk);
        spec.with_compression(compression)
    };
    let specs = [
        spec("values", ElementType::F16, &[u64::from(plan.dim)], plan.chunks[0]),
        spec("numbers", ElementType::I64, &[], plan.chunks[1]),
        spec("texts", ElementType::Text, &[], plan.chunks[2]),
    ];
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.h5");
    let mut table = Table::create(&path, &specs).unwrap();
    let (mut values, mut numbers, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    for batch in &plan.batches {
        let first = numbers.len();
        for row in first..first + usize::from(*batch) {
            let of = |at: usize| f16::from_bits(plan.bits[(row / 3 + at) % plan.bits.len()]);
            values.extend((0..usize::from(plan.dim)).map(of));
            numbers.push(i64::try_from(row).unwrap() - 50);
            texts.push(plan.texts[row % plan.texts.len()].as_str());
        }
        let batch = [
            Values::F16(&values[first * usize::from(plan.dim)..]),
            Values::I64(&numbers[first..]),
            Values::Texts(&texts[first..]),
        ];
        table.append(&batch).unwrap();
    }
    table.finish().unwrap();
    let mut expected = Expected::default();
    expected.column(&specs[0], numbers.len(), crc_of_halves(&values));
    expected.column(&specs[1], numbers.len(), crc_of_integers(&numbers));
    expected.column(&specs[2], numbers.len(), crc_of_texts(&texts));
    if with_python {
        return check(&path, &expected);
    }
    let lines: Vec<_> = expected.lines().into_iter().filter(|l| !l.starts_with("C ")).collect();
    assert_eq!(reader::describe(&path), lines);
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn the_reader_finds_what_was_appended(plan in plan()) {
        run(&plan, false);
    }
}

proptest! {
    // Every case starts an interpreter.
    #![proptest_config(cases(6))]

    #[test]
    fn h5py_finds_what_was_appended(plan in plan()) {
        run(&plan, true);
    }
}

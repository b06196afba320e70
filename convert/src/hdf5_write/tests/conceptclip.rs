//! The layout of the ConceptCLIP files, at every size that could go wrong.

use half::f16;
use tempfile::TempDir;

use super::expected::{Expected, crc_of_floats, crc_of_halves, crc_of_integers, crc_of_texts};
use super::{check, h5py};
use crate::hdf5_write::{
    Attribute, ColumnSpec, Compression, ConceptClipBatch, ConceptClipShape, ConceptClipWriter,
    ElementType, Template, Values,
};

const NAME: &str = "features.h5";
const DIM: u64 = 5;
const TOKENS: u64 = 3;

struct Case {
    rows: u16,
    batch: usize,
    templates: usize,
    tokens: bool,
    compression: Compression,
}

#[test]
fn no_rows_one_row_partial_and_full_chunks() {
    for (rows, batch) in [(0, 1), (1, 1), (3, 2), (4, 4), (64, 10), (65, 64), (5000, 333)] {
        for compression in [Compression::Lzf, Compression::None] {
            run(&Case { rows, batch, templates: 2, tokens: true, compression });
        }
    }
}

#[test]
fn without_templates_without_tokens_and_with_many_templates() {
    let compression = Compression::Lzf;
    run(&Case { rows: 7, batch: 7, templates: 0, tokens: false, compression });
    run(&Case { rows: 2, batch: 1, templates: 300, tokens: true, compression });
    let compression = Compression::None;
    run(&Case { rows: 2, batch: 1, templates: 300, tokens: true, compression });
}

#[test]
fn h5py_goes_on_where_the_writer_ended() {
    for (rows, compression) in
        [(0, Compression::Lzf), (65, Compression::Lzf), (66, Compression::None)]
    {
        let file = run(&Case { rows, batch: 9, templates: 3, tokens: true, compression });
        h5py::run(include_str!("go_on.py"), &file.path().join(NAME));
    }
}

/// The folder with the file.
fn run(case: &Case) -> TempDir {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(NAME);
    let shape = ConceptClipShape {
        dim: DIM,
        image_tokens: case.tokens.then_some(TOKENS),
        features: ElementType::F16,
        tokens: ElementType::F16,
        compression: case.compression,
    };
    let mut writer = ConceptClipWriter::create(&path, shape).unwrap();
    let mut expected = Expected::default();
    let long = "\u{e9}".repeat(50_000);
    let attributes = [
        ("D", Attribute::I64(5)),
        ("logit_bias", Attribute::F64(-11.161_472_320_556_64)),
        ("label_texts", Attribute::Text(&long)),
        ("empty", Attribute::Text("")),
        ("\u{540d}", Attribute::Text("\"bloodmnist\"")),
    ];
    for (name, value) in &attributes {
        writer.attribute(name, *value).unwrap();
        expected.attribute("/", name, value);
    }
    rows(case, &mut writer, &mut expected);
    for number in 0..case.templates {
        template(number, case.compression, &mut writer, &mut expected);
    }
    if case.templates > 0 {
        expected.group("templates");
    }
    assert_eq!(writer.rows(), u64::from(case.rows));
    assert!(!path.exists());
    writer.finish().unwrap();
    check(&path, &expected);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    folder
}

fn rows(case: &Case, writer: &mut ConceptClipWriter, expected: &mut Expected) {
    let rows = usize::from(case.rows);
    let value = |at: usize| f16::from_bits(u16::try_from(at * 2_654_435_761 % 65_536).unwrap());
    let (dim, tokens) = (5, 15);
    let features: Vec<f16> = (0..rows * dim).map(value).collect();
    let token_features: Vec<f16> = (0..rows * tokens).map(|at| value(at + 7)).collect();
    let ids: Vec<i64> = (0..i64::from(case.rows)).collect();
    let labels: Vec<i64> = ids.iter().map(|id| id % 9 - 1).collect();
    let names = ["train", "", "\u{fc}ber", "val"];
    let splits: Vec<&str> = (0..rows).map(|row| names[row % 4]).collect();
    let mut at = 0;
    while at < rows {
        let end = rows.min(at + case.batch);
        let batch = ConceptClipBatch {
            features: Values::F16(&features[at * dim..end * dim]),
            tokens: case.tokens.then_some(Values::F16(&token_features[at * tokens..end * tokens])),
            ids: &ids[at..end],
            labels: &labels[at..end],
            splits: &splits[at..end],
        };
        writer.append(batch).unwrap();
        at = end;
    }
    let spec = |name: &str, element, tail: &[u64], chunk| {
        let spec = ColumnSpec::rows(name, element, tail).with_chunk_rows(chunk);
        spec.with_compression(case.compression)
    };
    let image = spec("image_features", ElementType::F16, &[DIM], 64);
    expected.column(&image, rows, crc_of_halves(&features));
    if case.tokens {
        let spec = spec("image_token_features", ElementType::F16, &[TOKENS, DIM], 4);
        expected.column(&spec, rows, crc_of_halves(&token_features));
    }
    for (name, values) in [("ids", &ids), ("labels", &labels)] {
        expected.column(&spec(name, ElementType::I64, &[], 4096), rows, crc_of_integers(values));
    }
    let split = spec("split", ElementType::Text, &[], 4096);
    expected.column(&split, rows, crc_of_texts(&splits));
}

/// Every fifth without prompts, every third without tokens.
fn template(
    number: usize,
    compression: Compression,
    writer: &mut ConceptClipWriter,
    expected: &mut Expected,
) {
    let name = format!("label_prompts_t{number:02}");
    let texts = ["a cell", "", "\u{7d30}\u{80de}"];
    let texts = if number % 5 == 4 { &texts[..0] } else { &texts[..] };
    let count = u64::try_from(number % 4).unwrap() + 1;
    let floats = |rows: u64| -> Vec<f32> {
        (0..u16::try_from(rows * DIM).unwrap()).map(|at| f32::from(at) / 7.0).collect()
    };
    let prompts = texts.len() as u64;
    let (features, tokens) = (floats(prompts), floats(prompts * count));
    let with_tokens = !number.is_multiple_of(3);
    let template = Template {
        name: &name,
        dim: DIM,
        texts,
        features: &features,
        tokens: with_tokens.then_some((count, &tokens)),
        texts_hash: "f892e52a",
        created_at: "2025-06-09 12:00:00",
        attributes: &[("note", Attribute::Text("n"))],
    };
    writer.template(&template).unwrap();
    let group = format!("templates/{name}");
    expected.group(&group);
    let spec = |dataset: &str, element, tail: &[u64]| {
        let spec = ColumnSpec::rows(&format!("{group}/{dataset}"), element, tail);
        spec.with_compression(compression)
    };
    let rows = texts.len();
    let plain = spec("text_features", ElementType::F32, &[DIM]);
    expected.whole(&plain, rows, crc_of_floats(&features));
    if with_tokens {
        let spec = spec("text_token_features", ElementType::F32, &[count, DIM]);
        expected.whole(&spec, rows, crc_of_floats(&tokens));
    }
    expected.whole(&spec("texts", ElementType::Text, &[]), rows, crc_of_texts(texts));
    let counted = if with_tokens { i64::try_from(count).unwrap() } else { -1 };
    for (name, value) in [("K", i64::try_from(prompts).unwrap()), ("D", 5), ("T_txt", counted)] {
        expected.attribute(&group, name, &Attribute::I64(value));
    }
    for (name, text) in
        [("texts_hash", "f892e52a"), ("created_at", "2025-06-09 12:00:00"), ("note", "n")]
    {
        expected.attribute(&group, name, &Attribute::Text(text));
    }
}

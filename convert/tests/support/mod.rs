//! Stores of features that are made, and what a container holds of one.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(unreachable_pub, reason = "shared by several test programs")]

use std::path::{Path, PathBuf};

use half::f16;
use vesalius::{Database, Snapshot, Value};
use vesalius_convert::hdf5::conceptclip::ConceptClip;
use vesalius_convert::hdf5::{H5Error, H5File};
use vesalius_convert::hdf5_write::{
    Attribute, Compression, ConceptClipBatch, ConceptClipShape, ConceptClipWriter, ElementType,
    Template, Values,
};
use vesalius_convert::import::{ImportOptions, ImportReport, import};
use vesalius_convert::{ConvertError, hdf5};

/// Files of this repository.
pub fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/hdf5").join(name)
}

/// Files of the sample data; says loudly when they are not there.
pub fn samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/conceptclip");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("SKIPPED: ../shared/data absent");
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|e| e == "h5")).collect();
    found.sort();
    found
}

/// Imports with these options.
pub fn bring(
    source: &Path,
    file: &Path,
    options: &ImportOptions,
) -> Result<ImportReport, ConvertError> {
    import(source, file, options, &mut |_| true)
}

/// The state of a container.
pub fn state(file: &Path) -> Snapshot {
    Database::open_read_only(file).unwrap().snapshot().unwrap()
}

/// One row of a store, by its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub id: i64,
    pub label: i64,
    pub split: String,
    pub features: Vec<u8>,
    pub tokens: Option<Vec<u8>>,
}

/// All rows that the reader gives: the twin of a container.
pub fn rows(path: &Path) -> Vec<Row> {
    let store = ConceptClip::open(&H5File::open(path).unwrap()).unwrap();
    let mut all = Vec::new();
    let done = store.for_each_batch::<H5Error>(0, 7, |batch| {
        for at in 0..batch.len() {
            all.push(Row {
                id: batch.ids[at],
                label: batch.labels[at],
                split: batch.splits[at].clone(),
                features: batch.feature(at).unwrap().to_vec(),
                tokens: batch.token(at).map(<[u8]>::to_vec),
            });
        }
        Ok(true)
    });
    done.unwrap();
    all
}

/// The image of a key as a row, in the types that the container has.
pub fn row(state: &Snapshot, key: &str) -> Row {
    let image = state.image(key).unwrap();
    let integer = |name: &str| match image.attribute(name) {
        Ok(Some(Value::I64(value))) => value,
        _ => -1,
    };
    let bytes = |matrix: &vesalius::FeatureMatrix<'_>| -> Vec<u8> {
        (0..matrix.len()).flat_map(|at| matrix.row_bytes(at).unwrap().to_vec()).collect()
    };
    let tokens = match state.schema().field("image_token_features") {
        Some(_) => image.tokens("image_token_features").unwrap(),
        None => None,
    };
    Row {
        id: integer("id"),
        label: integer("label"),
        split: match image.attribute("split") {
            Ok(Some(Value::Text(split))) => split,
            _ => "unspecified".to_owned(),
        },
        features: bytes(&image.vector("image_features").unwrap().unwrap()),
        tokens: tokens.map(|tokens| bytes(&tokens.all().unwrap())),
    }
}

/// A store to be made.
#[derive(Clone, Debug)]
pub struct Made {
    pub rows: usize,
    pub dim: u64,
    pub tokens: u64,
    pub templates: usize,
    pub compression: Compression,
    /// The row whose feature holds a value that is not a number.
    pub nan: Option<usize>,
    /// A text for `split` other than train and test, every fifth row.
    pub split: &'static str,
    pub same_ids: bool,
    pub split_counts: Option<&'static str>,
}

impl Default for Made {
    fn default() -> Self {
        Self {
            rows: 40,
            dim: 8,
            tokens: 9,
            templates: 2,
            compression: Compression::Lzf,
            nan: None,
            split: "val",
            same_ids: false,
            split_counts: None,
        }
    }
}

/// Value `at` of a stream: mixed enough that no two rows are equal, repetitive enough to compress.
fn value(at: u64) -> f16 {
    let mixed = at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    f16::from_f32(f32::from(u16::try_from(mixed % 997).unwrap()) / 8.0)
}

impl Made {
    /// Writes it.
    pub fn write(&self, path: &Path) {
        let shape = ConceptClipShape {
            dim: self.dim,
            image_tokens: (self.tokens > 0).then_some(self.tokens),
            features: ElementType::F16,
            tokens: ElementType::F16,
            compression: self.compression,
        };
        let mut writer = ConceptClipWriter::create(path, shape).unwrap();
        self.attributes(&mut writer);
        for row in 0..self.rows {
            self.append(&mut writer, row);
        }
        for number in 0..self.templates {
            self.template(&mut writer, number);
        }
        writer.finish().unwrap();
    }

    fn attributes(&self, writer: &mut ConceptClipWriter) {
        let mut set = |name: &str, value: Attribute<'_>| writer.attribute(name, value).unwrap();
        set("D", Attribute::I64(i64::try_from(self.dim).unwrap()));
        if self.tokens > 0 {
            set("T_img", Attribute::I64(i64::try_from(self.tokens).unwrap()));
        }
        set("created_at", Attribute::Text("2025-06-09 12:00:00"));
        set("version", Attribute::Text("1.0"));
        set("dataset", Attribute::Text("\"made \\u4e09\""));
        set("logit_scale", Attribute::F64(4.570_647_716_522_217));
        set("concept_logit_bias", Attribute::F64(-11.034_3));
        set("thresholds", Attribute::F64s(&[0.1, 0.2, 1e-300]));
        set("names", Attribute::Texts(&["one", "zwei"]));
        if let Some(counts) = self.split_counts {
            set("split_counts", Attribute::Text(counts));
        }
    }

    fn append(&self, writer: &mut ConceptClipWriter, row: usize) {
        let at = row as u64;
        let mut features: Vec<f16> = (0..self.dim).map(|i| value(at * self.dim + i + 1)).collect();
        if self.nan == Some(row) {
            features[0] = f16::NAN;
        }
        let size = self.dim * self.tokens;
        let tokens: Vec<f16> = (0..size).map(|i| value(!(at * size + i))).collect();
        let split = match row % 5 {
            4 => self.split,
            3 => "test",
            _ => "train",
        };
        let id = if self.same_ids { 7 } else { i64::try_from(row).unwrap() };
        let batch = ConceptClipBatch {
            features: Values::F16(&features),
            tokens: (self.tokens > 0).then_some(Values::F16(&tokens)),
            ids: &[id],
            labels: &[i64::try_from(row % 3).unwrap() - 1],
            splits: &[split],
        };
        writer.append(batch).unwrap();
    }

    fn template(&self, writer: &mut ConceptClipWriter, number: usize) {
        let texts = ["a", "photo \u{4e09}", ""];
        let hash = vesalius::texts_sha256(texts).map(|byte| format!("{byte:02x}")).concat();
        let dim = usize::try_from(self.dim).unwrap();
        let values: Vec<f32> = (0..3 * 2 * dim).map(|i| i as f32 + number as f32 / 3.0).collect();
        let kind = if number.is_multiple_of(2) { "concept" } else { "label" };
        let template = Template {
            name: &format!("{kind}_prompts_t{number:02}"),
            dim: self.dim,
            texts: &texts,
            features: &values[..3 * dim],
            tokens: (number != 1).then_some((2, &values)),
            texts_hash: &hash,
            created_at: "2025-06-10 01:02:03",
            attributes: &[("temperature", Attribute::F64(0.07))],
        };
        writer.template(&template).unwrap();
    }
}

/// The store that a path names.
pub fn store(path: &Path) -> hdf5::conceptclip::ConceptClip {
    ConceptClip::open(&H5File::open(path).unwrap()).unwrap()
}

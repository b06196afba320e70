//! Tables of pyarrow and `LanceDB` become images; what cannot is refused by row and column.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{Float32Builder, ListBuilder};
use arrow_array::{ArrayRef, Float32Array, RecordBatch, StringArray};
use arrow_ipc::writer::FileWriter;
use serde_json::json;
use vesalius::{Database, Dtype, Value};

use crate::ConvertError;
use crate::add::{AddOptions, AddReport, add};
use crate::export::{ExportFormat, ExportOptions, export};
use crate::import::tests::content::Content;

/// A file of `tests/tables`; its script tells what is in it.
fn table(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tables").join(name)
}

fn run(file: &Path, options: &AddOptions) -> Result<AddReport, ConvertError> {
    add(file, options, &mut |_, _| true)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn files_of_pyarrow() {
    let dir = tempfile::tempdir().unwrap();
    for (name, half) in [
        ("fixed.parquet", false),
        ("lists.parquet", false),
        ("half.feather", true),
        ("lists.arrows", false),
    ] {
        let file = dir.path().join(format!("{name}.vsl"));
        let column = Some("embedding".to_owned());
        let options = AddOptions { column, batch_images: 3, ..AddOptions::new(table(name)) };
        let report = run(&file, &options).unwrap();
        assert_eq!((report.images, report.added), (5, 5), "{name}");
        assert_eq!(report.keys, ["10", "11", "12", "13", "14"]);
        let [warning] = report.warnings.as_slice() else { panic!("{:?}", report.warnings) };
        assert!(warning.ends_with("\"other\" (vectors), \"raw\" (Binary)"), "{warning}");
        assert_eq!(report.attributes, ["split", "age", "count", "ok", "taken"]);
        let content = Content::of(&file);
        let ten = content.image("10");
        let of = |name: &str| {
            ten.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
        };
        assert_eq!((of("split"), of("age")), (Some(text("train")), Some(Value::F64(61.5))));
        assert_eq!((of("count"), of("ok")), (Some(Value::I64(1)), Some(Value::Bool(true))));
        assert_eq!(of("taken"), Some(text("2024-05-17T08:30:00Z")));
        assert_eq!(ten.metadata, Some(json!({"tags": ["a", "b"], "info": {"site": "x", "n": 0}})));
        // Empty cells, and what is no number, say nothing.
        let twelve = content.image("12");
        let names: Vec<&str> = twelve.attributes.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["count", "taken"]);
        assert_eq!(twelve.metadata, Some(json!({"info": {"site": "x", "n": 2}})));
        let bits = |value: f32| {
            let value = value + 0.0;
            if half { half::f16::from_f32(value).to_bits().into() } else { value.to_bits() }
        };
        for (row, image) in (0_u8..).zip(&content.images) {
            let row = f32::from(row);
            assert_eq!(image.fields[0].1[0].1, [row + 0.5, -row, 0.25].map(bits), "{name}");
        }
        let db = Database::open_read_only(&file).unwrap();
        let dtype = db.snapshot().unwrap().field("features").unwrap().dtype;
        assert_eq!(dtype, if half { Dtype::F16 } else { Dtype::F32 });
    }
}

#[test]
fn what_lancedb_hands_out() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.vsl");
    // The only column of vectors, and no column of keys.
    let report = run(&file, &AddOptions::new(table("lancedb.arrow"))).unwrap();
    assert_eq!((report.keys.len(), report.warnings.len()), (5, 0));
    let content = Content::of(&file);
    let image = content.image("2");
    let wanted = [("text".to_owned(), text("image 2")), ("price".to_owned(), Value::F64(3.0))];
    assert_eq!(image.attributes, wanted);
    // Again, under keys of a column: the same images are replaced.
    let options =
        AddOptions { id_column: Some("text".into()), ..AddOptions::new(table("lancedb.arrow")) };
    for wanted in [(5, 0), (0, 5)] {
        let report = run(&file, &options).unwrap();
        assert_eq!((report.added, report.updated), wanted);
    }
    assert_eq!(Content::of(&file).images.len(), 10);
}

#[test]
fn an_export_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let [first, out, second] = ["a.vsl", "x.arrow", "b.vsl"].map(|name| dir.path().join(name));
    let column = Some("embedding".to_owned());
    run(&first, &AddOptions { column, ..AddOptions::new(table("fixed.parquet")) }).unwrap();
    let snapshot = Database::open_read_only(&first).unwrap().snapshot().unwrap();
    export(&snapshot, &ExportOptions::new(ExportFormat::Arrow), &out).unwrap();
    run(&second, &AddOptions::new(&out)).unwrap();
    let (first, second) = (Content::of(&first), Content::of(&second));
    assert_eq!((first.images, first.attributes), (second.images, second.attributes));
}

/// A file of one batch.
fn written(dir: &Path, columns: Vec<(&str, ArrayRef)>) -> PathBuf {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let path = dir.join("made.arrow");
    let mut out = FileWriter::try_new(File::create(&path).unwrap(), &batch.schema()).unwrap();
    out.write(&batch).unwrap();
    out.finish().unwrap();
    path
}

/// Lists of any length; of none there is no list.
fn lists(rows: &[Option<Vec<Option<f32>>>]) -> ArrayRef {
    let mut builder = ListBuilder::new(Float32Builder::new());
    for row in rows {
        if let Some(row) = row {
            for value in row {
                builder.values().append_option(*value);
            }
        }
        builder.append(row.is_some());
    }
    Arc::new(builder.finish())
}

#[test]
fn what_is_no_vector_or_key_is_told_by_row_and_column() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.vsl");
    let good = || lists(&[Some(vec![Some(1.0), Some(2.0)]), Some(vec![Some(0.0), Some(1.0)])]);
    let second = |row: Option<Vec<Option<f32>>>| lists(&[Some(vec![Some(1.0), Some(2.0)]), row]);
    let keys = |keys: [Option<&str>; 2]| -> ArrayRef { Arc::new(StringArray::from(keys.to_vec())) };
    let both = || keys([Some("a"), Some("b")]);
    let none = lists(&[Some(Vec::new()), Some(Vec::new())]);
    let number: ArrayRef = Arc::new(Float32Array::from(vec![1.0, 2.0]));
    let cases: Vec<(Vec<(&str, ArrayRef)>, &str)> = vec![
        (vec![("v", second(None))], "row 1, column \"v\": has no vector"),
        (vec![("v", second(Some(vec![Some(1.0)])))], "row 1, column \"v\": has 1 values"),
        (
            vec![("v", second(Some(vec![Some(1.0), None])))],
            "row 1, column \"v\": has a value that is",
        ),
        (vec![("v", second(Some(vec![Some(1.0), Some(f32::NAN)])))], "value 1 is not finite"),
        (vec![("v", none)], "row 0, column \"v\": is an empty list"),
        (vec![("v", good()), ("key", keys([Some("a"), None]))], "row 1, column \"key\": is no key"),
        (
            vec![("v", good()), ("id", keys([Some("a"); 2]))],
            "row 1, column \"id\": key \"a\" stands in row 0",
        ),
        (vec![("v", good()), ("w", good())], "\"v\" and \"w\" among them"),
        (vec![("w", both())], "no column holds lists"),
        (vec![("v", good().slice(0, 0))], "there are no rows"),
    ];
    for (columns, says) in cases {
        let path = written(dir.path(), columns);
        let error = run(&file, &AddOptions::new(path)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let path = written(dir.path(), vec![("v", good()), ("name", both()), ("n", number)]);
    let options = AddOptions::new(path);
    for (column, id, says) in [
        (Some("x"), None, "there is no column \"x\"; the columns are v, name, n"),
        (Some("name"), None, "column \"name\" is Utf8"),
        (None, Some("x"), "there is no column \"x\""),
        (None, Some("n"), "column \"n\" is Float32; keys are texts or integers"),
    ] {
        let (column, id_column) = (column.map(str::to_owned), id.map(str::to_owned));
        let error = run(&file, &AddOptions { column, id_column, ..options.clone() }).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
    assert!(!file.exists());
    run(&file, &AddOptions { id_column: Some("name".into()), ..options }).unwrap();
    assert_eq!(Content::of(&file).images.len(), 2);
}

#[test]
fn damaged_files_are_errors() {
    let dir = tempfile::tempdir().unwrap();
    let (file, path) = (dir.path().join("x.vsl"), dir.path().join("damaged"));
    let seed = std::env::var("VESALIUS_SEED").ok().and_then(|text| text.parse().ok());
    let mut state: u64 = seed.unwrap_or(77);
    println!("VESALIUS_SEED={state}");
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % limit as u64).unwrap()
    };
    for name in ["fixed.parquet", "lists.parquet", "half.feather", "lists.arrows"] {
        let whole = fs::read(table(name)).unwrap();
        for round in 0..60 {
            let mut bytes = whole.clone();
            if round % 3 == 0 {
                bytes.truncate(8 + below(bytes.len() - 8));
            } else {
                for _ in 0..=below(3) {
                    bytes[8 + below(whole.len() - 8)] ^= 1 << below(8);
                }
            }
            fs::write(&path, &bytes).unwrap();
            let column = Some("embedding".to_owned());
            // Whatever it answers, it answers; what a bit of a value was nobody knows.
            if run(&file, &AddOptions { column, ..AddOptions::new(&path) }).is_ok() {
                fs::remove_file(&file).unwrap();
            }
        }
    }
}

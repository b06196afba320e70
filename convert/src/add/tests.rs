//! What is added is there, and what cannot be is refused before anything is written.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use vesalius::{Error, Value};

use super::{AddOptions, AddReport, add};
use crate::ConvertError;
use crate::import::tests::content::Content;
use crate::npy::{NpyWriter, Scalar};

fn array(folder: &Path, rows: u16, dim: u16, start: f32) -> PathBuf {
    let path = folder.join("x.npy");
    let values: Vec<f32> = (0..rows * dim).map(|i| start + f32::from(i)).collect();
    let mut out = NpyWriter::create(&path, Scalar::F32, &[rows.into(), dim.into()]).unwrap();
    out.write(&values).unwrap();
    out.finish().unwrap();
    path
}

fn run(file: &Path, options: &AddOptions) -> Result<AddReport, ConvertError> {
    add(file, options, &mut |_, _| true)
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn images_are_made_and_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.vsl");
    let meta = dir.path().join("m.jsonl");
    fs::write(
        &meta,
        "{\"key\": \"a\", \"split\": \"train\", \"age\": 7, \"tags\": [1]}\n\n\
         {\"key\": \"b\", \"split\": \"test\", \"age\": 7.5, \"ok\": true}\n\
         {\"key\": 3, \"age\": \"old\", \"none\": null}\n",
    )
    .unwrap();
    let options = AddOptions {
        metadata: Some(meta.clone()),
        batch_images: 2,
        ..AddOptions::new(array(dir.path(), 3, 2, 0.5))
    };
    let report = run(&file, &options).unwrap();
    assert_eq!((report.images, report.added, report.updated), (3, 3, 0));
    assert!(report.created && report.field_created && report.field == "features");
    assert_eq!(report.keys, ["a", "b", "3"]);
    assert_eq!(report.attributes, ["split", "age", "ok"]);
    assert_eq!(report.warnings.len(), 1, "{:?}", report.warnings);
    let content = Content::of(&file);
    let a = content.image("a");
    assert_eq!(a.attributes[0], ("split".to_owned(), Value::Text("train".to_owned())));
    assert_eq!(a.attributes[1], ("age".to_owned(), Value::F64(7.0)));
    assert_eq!(a.metadata, Some(json!({ "tags": [1] })));
    assert_eq!(content.image("3").metadata, Some(json!({ "age": "old", "none": null })));
    assert_eq!(content.image("3").fields[0].1[0].1, bits(&[4.5, 5.5]));

    fs::write(&meta, "{\"split\": null, \"more\": {}}\n{\"age\": 9}\n").unwrap();
    let ids = dir.path().join("ids.txt");
    fs::write(&ids, "a\nd\n").unwrap();
    let options = AddOptions {
        ids: Some(ids),
        metadata: Some(meta),
        ..AddOptions::new(array(dir.path(), 2, 2, 100.0))
    };
    let report = run(&file, &options).unwrap();
    assert_eq!((report.added, report.updated, report.created), (1, 1, false));
    let content = Content::of(&file);
    let a = content.image("a");
    assert_eq!(a.attributes, [("age".to_owned(), Value::F64(7.0))]);
    assert_eq!(a.metadata, Some(json!({ "tags": [1], "more": {} })));
    assert_eq!(a.fields[0].1[0].1, bits(&[100.0, 101.0]));
    assert_eq!(content.images.len(), 4);

    // Without keys images are called by the numbers behind the highest.
    let report = run(&file, &AddOptions::new(array(dir.path(), 2, 2, 0.0))).unwrap();
    assert_eq!(report.keys, ["4", "5"]);
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.vsl");
    run(&file, &AddOptions::new(array(dir.path(), 2, 2, 0.0))).unwrap();
    let before = Content::of(&file);
    let wrong = run(&file, &AddOptions::new(array(dir.path(), 2, 3, 0.0))).unwrap_err();
    let ConvertError::Engine(Error::WrongDimension { given: 3, dim: 2, .. }) = wrong else {
        panic!("{wrong}");
    };
    let array = array(dir.path(), 2, 2, 0.0);
    let (ids, meta) = (dir.path().join("ids.txt"), dir.path().join("m.jsonl"));
    let with_ids = AddOptions { ids: Some(ids.clone()), ..AddOptions::new(&array) };
    for (keys, says) in [("a\n", "1 keys for 2 rows"), ("a\na\n", "row 0 and in row 1")] {
        fs::write(&ids, keys).unwrap();
        let error = run(&file, &with_ids).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let with_meta = AddOptions { metadata: Some(meta.clone()), ..AddOptions::new(&array) };
    for (lines, says) in [
        ("{}\n", "1 objects for 2 rows"),
        ("{}\n{}\n{}\n", "more objects for 2 rows"),
        ("{}\n[]\n", "line 2: no object"),
        ("{}\n{\n", "line 2: no JSON"),
        ("{\"key\": \"a\"}\n{}\n", "1 of 2 objects"),
        ("{\"key\": \"a\"}\n{\"key\": \"a\"}\n", "twice"),
    ] {
        fs::write(&meta, lines).unwrap();
        let error = run(&file, &with_meta).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    fs::write(&ids, "a\nb\n").unwrap();
    fs::write(&meta, "{\"key\": \"a\"}\n{\"key\": \"c\"}\n").unwrap();
    let both = AddOptions { metadata: Some(meta), ..with_ids };
    let error = run(&file, &both).unwrap_err().to_string();
    assert!(error.contains("\"c\""), "{error}");
    assert_eq!(Content::of(&file), before);
}

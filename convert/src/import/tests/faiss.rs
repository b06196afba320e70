//! Indexes of FAISS, and the folders of them with metadata.

use std::fs;
use std::path::Path;

use serde_json::json;
use vesalius::{Database, DefaultMetric, Dtype, Value};

use super::content::{Content, data, run};
use crate::ConvertError;
use crate::faiss::FaissWriter;
use crate::import::{ImageKey, ImportOptions, import};
use crate::npy::{NpyFile, NpyWriter, Scalar};
use crate::pickle_write::PickleWriter;

/// Values of the vectors of a made folder: row `i` has `i + 0.5` and `-i`.
fn vector(row: usize) -> [f32; 2] {
    let row = u8::try_from(row).map(f32::from).unwrap();
    [row + 0.5, -row]
}

/// Writes a folder of `vectors` vectors and the records of `ids`; `own` writes what is nested in each.
pub(crate) fn folder(
    path: &Path,
    vectors: usize,
    ids: &[i64],
    own: &dyn Fn(&mut PickleWriter<Vec<u8>>, i64),
) {
    fs::create_dir_all(path).unwrap();
    let mut index = FaissWriter::new(Vec::new(), 2, vectors as u64, false, false).unwrap();
    (0..vectors).for_each(|row| index.vector(&vector(row)).unwrap());
    fs::write(path.join("index.faiss"), index.finish().unwrap()).unwrap();
    let mut pickle = PickleWriter::new(Vec::new()).unwrap();
    pickle.begin_dict().unwrap();
    pickle.name("metadata").unwrap();
    pickle.begin_dict().unwrap();
    for id in ids {
        pickle.int(*id).unwrap();
        pickle.begin_dict().unwrap();
        pickle.name("image_path").unwrap();
        pickle.str(&format!("images/{id}.png")).unwrap();
        pickle.name("metadata").unwrap();
        pickle.begin_dict().unwrap();
        own(&mut pickle, *id);
        pickle.end().unwrap();
        pickle.name("added_at").unwrap();
        pickle.name("2025-06-09T12:00:00").unwrap();
        pickle.end().unwrap();
    }
    pickle.end().unwrap();
    for (name, value) in [("id_counter", 99), ("dimension", 2)] {
        pickle.name(name).unwrap();
        pickle.int(value).unwrap();
    }
    pickle.name("model_name").unwrap();
    pickle.str("ViT-B-32").unwrap();
    pickle.end().unwrap();
    fs::write(path.join("metadata.pkl"), pickle.finish().unwrap()).unwrap();
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn rows_belong_to_images_in_the_order_of_the_dictionary() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (dir.path().join("store"), dir.path().join("x.vsl"));
    folder(&source, 4, &[0, 7, 3, 12], &|_, _| {});
    let report = run(&source, &file, &ImportOptions::default()).unwrap();
    assert!(report.verified && report.images == 4);
    let told = report.warnings.iter().find(|told| told.contains("not their row")).unwrap();
    assert!(told.contains("3 images") && told.contains("7 in row 1"), "{told}");
    let content = Content::of(&file);
    for (row, id) in [0, 7, 3, 12_i64].into_iter().enumerate() {
        let image = content.image(&id.to_string());
        assert_eq!(image.fields[0].1[0].1, bits(&vector(row)));
        assert_eq!(image.attributes[0], ("image_id".to_owned(), Value::I64(id)));
        let path = Value::Text(format!("images/{id}.png"));
        assert_eq!(image.attributes[1], ("image_path".to_owned(), path));
    }
    let snapshot = Database::open_read_only(&file).unwrap().snapshot().unwrap();
    let field = snapshot.field("features").unwrap();
    assert_eq!(field.metric, DefaultMetric::InnerProduct);
    assert_eq!(field.provenance.model, "ViT-B-32");
    let about: serde_json::Value = serde_json::from_str(snapshot.metadata()).unwrap();
    assert_eq!(about["sources"]["store"]["id_counter"], 99);
    assert!(run(&source, &file, &ImportOptions::default()).unwrap().nothing_to_do);

    let by_path = dir.path().join("path.vsl");
    let options = ImportOptions {
        image_key: ImageKey::Path,
        metric: Some(DefaultMetric::Cosine),
        ..ImportOptions::default()
    };
    run(&source, &by_path, &options).unwrap();
    let content = Content::of(&by_path);
    assert_eq!(content.image("images/3.png").fields[0].1[0].1, bits(&vector(2)));
    assert!(content.fields[0].contains("Cosine"), "{:?}", content.fields);
}

#[test]
fn what_is_known_of_images_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (dir.path().join("store"), dir.path().join("x.vsl"));
    folder(&source, 2, &[0, 1], &|pickle, id| {
        pickle.name("split").unwrap();
        pickle.name("train").unwrap();
        pickle.name("image_path").unwrap();
        pickle.name("of my own").unwrap();
        pickle.name("score").unwrap();
        match id {
            0 => pickle.float(0.5).unwrap(),
            _ => pickle.name("none").unwrap(),
        }
        pickle.name("tags").unwrap();
        pickle.begin_list().unwrap();
        pickle.int(id).unwrap();
        pickle.end().unwrap();
    });
    let report = run(&source, &file, &ImportOptions::default()).unwrap();
    assert!(report.warnings.iter().any(|told| told.contains("\"score\"")), "{:?}", report.warnings);
    let content = Content::of(&file);
    let wanted = json!({ "image_path": "of my own", "tags": [0] });
    assert_eq!(content.image("0").metadata, Some(wanted));
    let wanted = json!({ "image_path": "of my own", "tags": [1], "score": "none" });
    assert_eq!(content.image("1").metadata, Some(wanted));
    let names: Vec<&str> =
        content.image("0").attributes.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["image_id", "image_path", "split", "score", "added_at"]);
}

#[test]
fn torn_pairs_are_refused_or_salvaged() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (dir.path().join("store"), dir.path().join("x.vsl"));
    for (vectors, ids, says) in
        [(4, &[0, 1, 2][..], "without an image"), (2, &[0, 1, 2], "nothing says which one")]
    {
        folder(&source, vectors, ids, &|_, _| {});
        let refused = run(&source, &file, &ImportOptions::default()).unwrap_err();
        let ConvertError::Torn { vectors: found, records: 3, .. } = refused else {
            panic!("{refused}");
        };
        assert_eq!(found, vectors as u64);
        assert!(!file.exists());
        let options = ImportOptions { salvage: true, ..ImportOptions::default() };
        let report = run(&source, &file, &options).unwrap();
        assert_eq!(report.images, vectors.min(3) as u64);
        assert!(report.warnings[0].contains(says), "{:?}", report.warnings);
        let declared = report.findings.unwrap().declared_rows;
        assert_eq!(declared, Some(vectors.max(3) as u64));
        assert_eq!(Content::of(&file).image("1").fields[0].1[0].1, bits(&vector(1)));
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn an_import_that_was_stopped_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (dir.path().join("store"), dir.path().join("x.vsl"));
    let ids: Vec<i64> = (0..50).map(|i| i * 3).collect();
    folder(&source, 50, &ids, &|pickle, id| {
        pickle.name("n").unwrap();
        pickle.int(id).unwrap();
    });
    let options = ImportOptions { batch_images: 7, ..ImportOptions::default() };
    let stopped = import(&source, &file, &options, &mut |at| at.written < 21).unwrap_err();
    assert!(matches!(stopped, ConvertError::Stopped { .. }), "{stopped}");
    let report = run(&source, &file, &options).unwrap();
    assert!(report.resumed_at >= 21 && report.images == 50, "{report:?}");
    let whole = dir.path().join("whole.vsl");
    run(&source, &whole, &ImportOptions::default()).unwrap();
    assert_eq!(Content::of(&file), Content::of(&whole));
}

#[test]
fn folders_that_make_no_sense_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (dir.path().join("store"), dir.path().join("x.vsl"));
    let refused = |says: &str| {
        let error = run(&source, &file, &ImportOptions::default()).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
        assert!(!file.exists(), "{says}");
    };
    folder(&source, 2, &[5, 5], &|_, _| {});
    refused("two images are called \"5\"");
    folder(&source, 0, &[], &|_, _| {});
    refused("no image");
    fs::write(source.join("metadata.pkl"), b"\x80\x04]\x94.").unwrap();
    refused("no dictionary");
    fs::write(source.join("metadata.pkl"), b"cposix\nsystem\n.").unwrap();
    refused("not plain data");
    fs::remove_file(source.join("metadata.pkl")).unwrap();
    refused("alone");
    folder(&source, 2, &[0, 1], &|_, _| {});
    fs::write(source.join("prompts.json"), "[\"a\"]").unwrap();
    let features = source.join("prompts.npy");
    let mut array = NpyWriter::create(&features, Scalar::F32, &[2, 2]).unwrap();
    array.write(&[1.0_f32; 4]).unwrap();
    array.finish().unwrap();
    refused("1 texts do not fit");
    fs::write(source.join("prompts.json"), "[\"a\", 5]").unwrap();
    refused("entry 1");
    let options = ImportOptions { ids: Some("x".into()), ..ImportOptions::default() };
    assert!(run(&source, &file, &options).unwrap_err().to_string().contains("ids"));
}

#[test]
fn texts_beside_an_index_become_prompt_sets() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (dir.path().join("store"), dir.path().join("x.vsl"));
    folder(&source, 2, &[0, 1], &|_, _| {});
    let mut array = NpyWriter::create(&source.join("prompts.npy"), Scalar::F32, &[3, 2]).unwrap();
    array.write(&[1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
    array.finish().unwrap();
    let list = json!([
        { "text": "a cat", "family": "plain", "label": "cat" },
        { "text": "photo of a cat", "family": "photo" },
        { "text": "a dog", "family": "plain", "label": "dog" },
    ]);
    fs::write(source.join("prompts.json"), list.to_string()).unwrap();
    let report = run(&source, &file, &ImportOptions::default()).unwrap();
    assert_eq!(report.findings.unwrap().prompt_sets, ["plain", "photo"]);
    let snapshot = Database::open_read_only(&file).unwrap().snapshot().unwrap();
    let set = snapshot.prompt_set("plain").unwrap();
    assert_eq!(set.texts().unwrap(), ["a cat", "a dog"]);
    assert_eq!(set.features().unwrap().row_f32(1).unwrap(), [5.0, 6.0]);
    assert_eq!(set.field(), Some("features"));
    let notes: serde_json::Value = serde_json::from_str(set.attributes()).unwrap();
    assert_eq!(notes["texts"][1]["label"], "dog");
    // A second field of the same container would bring the same sets again.
    let other = ImportOptions { field: Some("other".into()), ..ImportOptions::default() };
    let error = run(&source, &file, &other).unwrap_err().to_string();
    assert!(error.contains("prompt set \"plain\""), "{error}");
    let replace = ImportOptions { replace: true, ..other };
    run(&source, &file, &replace).unwrap();

    let plain = dir.path().join("plain.vsl");
    fs::write(source.join("prompts.json"), "[\"a\", \"b\", \"c\"]").unwrap();
    run(&source, &plain, &ImportOptions::default()).unwrap();
    let snapshot = Database::open_read_only(&plain).unwrap().snapshot().unwrap();
    assert_eq!(snapshot.prompt_set("prompts").unwrap().len(), 3);
}

#[test]
fn indexes_are_imported_alone() {
    let dir = tempfile::tempdir().unwrap();
    let small = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/faiss");
    let index = |name: &str| Path::new(small).join(format!("{name}.faiss"));
    for (name, keys, metric) in [
        ("flat_ip", ["0", "6"], DefaultMetric::InnerProduct),
        ("id_map_2", ["1000", "958"], DefaultMetric::L2),
        ("ivf_sparse", ["958", "1000"], DefaultMetric::L2),
        ("sq_fp16", ["0", "6"], DefaultMetric::InnerProduct),
    ] {
        let file = dir.path().join(format!("{name}.vsl"));
        let report = run(&index(name), &file, &ImportOptions::default()).unwrap();
        assert!(report.verified && report.images == 7, "{name}");
        let content = Content::of(&file);
        let found = [&content.images[0].key, &content.images[6].key];
        assert_eq!(found, keys, "{name}");
        let id = Value::I64(keys[0].parse().unwrap());
        assert_eq!(content.images[0].attributes, [("faiss_id".to_owned(), id)]);
        let snapshot = Database::open_read_only(&file).unwrap().snapshot().unwrap();
        let field = snapshot.field("features").unwrap();
        assert_eq!(field.metric, metric);
        assert_eq!(field.dtype == Dtype::F16, name == "sq_fp16");
    }
    let file = dir.path().join("x.vsl");
    let refused = |name: &str, options: &ImportOptions| {
        run(&index(name), &file, options).unwrap_err().to_string()
    };
    let defaults = ImportOptions::default();
    assert!(refused("flat_l1", &defaults).contains("metric 2"));
    assert!(refused("lsh", &defaults).contains("IndexLSH"));
    assert!(refused("empty", &defaults).contains("no vector"));
    let salvage = ImportOptions { salvage: true, ..ImportOptions::default() };
    assert!(refused("flat_ip", &salvage).contains("salvage"));
    let ids = dir.path().join("ids.txt");
    fs::write(&ids, "a\nb\nc\nd\ne\nf\ng\n").unwrap();
    let named = ImportOptions {
        ids: Some(ids),
        metric: Some(DefaultMetric::L2),
        field: Some("clip".into()),
        ..ImportOptions::default()
    };
    run(&index("flat_l1"), &file, &named).unwrap();
    let content = Content::of(&file);
    assert_eq!(content.image("c").attributes, [("faiss_id".to_owned(), Value::I64(2))]);
    assert_eq!(content.image("c").fields[0].0, "clip");

    let twice = dir.path().join("twice.faiss");
    let mut writer = FaissWriter::new(Vec::new(), 2, 2, false, true).unwrap();
    (0..2).for_each(|row| writer.vector(&vector(row)).unwrap());
    fs::write(&twice, writer.finish_with_ids(&[4, 4]).unwrap()).unwrap();
    let error = run(&twice, &file, &defaults).unwrap_err().to_string();
    assert!(error.contains("id 4 occurs twice"), "{error}");
}

#[test]
fn the_store_after_a_removal_has_the_right_image_for_every_vector() {
    let Some(data) = data() else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.vsl");
    let source = data.join("vector_db/vector_db_after_remove");
    let report = run(&source, &file, &ImportOptions::default()).unwrap();
    assert_eq!(report.images, 96);
    let array = NpyFile::open(&data.join("vector_db/vector_db/vectors_expected.npy")).unwrap();
    let mut all = Vec::new();
    array.read_rows_f32(0, 96, &mut all).unwrap();
    let row = |row: usize| &all[row * 512..][..512];
    let content = Content::of(&file);
    for id in (0..96_usize).filter(|id| *id != 2) {
        let image = content.image(&id.to_string());
        assert_eq!(image.fields[0].1[0].1, bits(row(id)), "{id}");
        let path = format!("/data/images/batch_{}/img_{id:05}.jpg", id % 3);
        assert!(image.attributes.contains(&("image_path".to_owned(), Value::Text(path))));
    }
    let mixed: Vec<f32> = row(0).iter().zip(row(3)).map(|(a, b)| a * 0.5 + b * 0.5).collect();
    assert_eq!(content.image("96").fields[0].1[0].1, bits(&mixed));
    let tags = json!({ "tags": ["a", "b"], "none": null });
    assert_eq!(content.image("96").metadata, Some(tags));
}

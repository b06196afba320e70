//! Exports are read back: by this crate, and by Python.

use std::path::Path;
use std::process::Command;

use vesalius::{Database, Predicate, Snapshot};

use super::{ExportFormat, ExportOptions, export};
use crate::import::ImportOptions;
use crate::import::tests::content::{Content, data, run, sample, write};
use crate::npy::NpyFile;
use crate::pickle_write::Attribute;

fn snapshot(file: &Path) -> Snapshot {
    Database::open_read_only(file).unwrap().snapshot().unwrap()
}

/// Runs a script with a Python that has `NumPy`; `None` where there is none.
fn python(script: &str, argument: &Path) -> Option<String> {
    let name = std::env::var("VESALIUS_PYTHON").unwrap_or_else(|_| "python3".into());
    let numpy = Command::new(&name).args(["-c", "import numpy"]).output();
    if !numpy.is_ok_and(|output| output.status.success()) {
        println!("SKIPPED: {name} cannot import numpy");
        return None;
    }
    let output = Command::new(name).args(["-c", script]).arg(argument).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// Imports `source`, exports it in every form, imports that, and compares.
fn round_trip(source: &Path) {
    let out = tempfile::tempdir().unwrap();
    let first = out.path().join("first.vsl");
    run(source, &first, &ImportOptions::default()).unwrap();
    let mut wanted = Content::of(&first);
    wanted.cursors.clear();
    for (format, compress) in
        [(ExportFormat::Pkl, false), (ExportFormat::Npz, false), (ExportFormat::Npz, true)]
    {
        let (file, second) = (out.path().join("export"), out.path().join("second.vsl"));
        let options = ExportOptions { compress, ..ExportOptions::new(format) };
        let report = export(&snapshot(&first), &options, &file).unwrap();
        assert_eq!(report.images, wanted.images.len() as u64);
        assert_eq!(report.bytes, std::fs::metadata(&file).unwrap().len());
        assert!(report.warnings.is_empty(), "{:?}", report.warnings);
        run(&file, &second, &ImportOptions::default()).unwrap();
        let mut found = Content::of(&second);
        found.cursors.clear();
        assert_eq!(found, wanted);
        std::fs::remove_file(second).unwrap();
        assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 2);
    }
}

#[test]
fn what_is_exported_is_imported_again() {
    let out = tempfile::tempdir().unwrap();
    for half in [false, true] {
        let source = out.path().join("s.pkl");
        let mut images = sample("i", 30);
        images[3].attributes.push(("view", Attribute::Str("pa")));
        images[4].attributes.push(("nothing", Attribute::None));
        images[5].attributes.push(("age", Attribute::Float(0.1)));
        write(&source, &images, half);
        round_trip(&source);
    }
    let Some(data) = data() else { return };
    round_trip(&data.join("regions/anatomical_database.pkl"));
}

#[test]
fn python_loads_an_export_into_the_dictionary_it_came_from() {
    let Some(data) = data() else { return };
    let original = data.join("regions/anatomical_database.pkl");
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("a.vsl");
    run(&original, &file, &ImportOptions::default()).unwrap();
    let script = format!(
        "import pickle, sys, numpy as np
a = pickle.load(open({:?}, 'rb'))
p = sys.argv[1]
b = pickle.load(open(p, 'rb')) if p.endswith('pkl') \
    else np.load(p, allow_pickle=True)['image_database'].item()
assert list(a) == list(b)
for k in a:
    assert list(a[k]) == list(b[k]) and a[k]['sample_idx'] == b[k]['sample_idx']
    assert a[k]['detected_count'] == b[k]['detected_count']
    assert list(a[k]['regions']) == list(b[k]['regions'])
    for i, r in a[k]['regions'].items():
        s = b[k]['regions'][i]
        assert r['region_name'] == s['region_name'] and r['feature'].dtype == s['feature'].dtype
        assert r['feature'].tobytes() == s['feature'].tobytes()
print('same')",
        original.to_str().unwrap()
    );
    for (format, name) in [(ExportFormat::Pkl, "b.pkl"), (ExportFormat::Npz, "b.npz")] {
        let path = out.path().join(name);
        export(&snapshot(&file), &ExportOptions::new(format), &path).unwrap();
        if let Some(printed) = python(&script, &path) {
            assert_eq!(printed, "same");
        }
    }
}

#[test]
fn arrays_have_their_keys_beside_them() {
    let out = tempfile::tempdir().unwrap();
    let (source, file) = (out.path().join("s.pkl"), out.path().join("s.vsl"));
    let images = sample("i", 12);
    write(&source, &images, false);
    run(&source, &file, &ImportOptions::default()).unwrap();
    let snapshot = snapshot(&file);
    let path = out.path().join("b.npy");
    let mut options = ExportOptions::new(ExportFormat::Npy);
    assert!(export(&snapshot, &options, &path).is_err());
    options.region = Some("b".into());
    let report = export(&snapshot, &options, &path).unwrap();
    assert_eq!((report.images, report.without_value), (6, 6));
    let keys = std::fs::read_to_string(report.ids.unwrap()).unwrap();
    assert_eq!(keys.lines().collect::<Vec<_>>(), ["i2", "i3", "i6", "i7", "i10", "i11"]);
    let array = NpyFile::open(&path).unwrap();
    assert_eq!(array.shape(), [6, 5]);
    let mut values = Vec::new();
    array.read_rows_f32(2, 1, &mut values).unwrap();
    assert_eq!(values, images[6].regions[1].1);

    // As a vector field again, with its keys.
    let vectors = out.path().join("v.vsl");
    let keys = ImportOptions { ids: Some(out.path().join("b.ids.txt")), ..Default::default() };
    run(&path, &vectors, &keys).unwrap();
    let back = out.path().join("back.npy");
    let all = ExportOptions::new(ExportFormat::Npy);
    export(&Database::open(&vectors).unwrap().snapshot().unwrap(), &all, &back).unwrap();
    assert_eq!(std::fs::read(&back).unwrap(), std::fs::read(&path).unwrap());
    let ids = |name| std::fs::read(out.path().join(name)).unwrap();
    assert_eq!(ids("back.ids.txt"), ids("b.ids.txt"));
}

#[test]
fn a_filter_chooses_images() {
    let out = tempfile::tempdir().unwrap();
    let (source, file) = (out.path().join("s.pkl"), out.path().join("s.vsl"));
    write(&source, &sample("i", 12), false);
    run(&source, &file, &ImportOptions::default()).unwrap();
    let snapshot = snapshot(&file);
    let rows = snapshot.select(&Predicate::parse("sample_idx >= 9").unwrap()).unwrap();
    let options = ExportOptions { rows: Some(rows), ..ExportOptions::new(ExportFormat::Pkl) };
    let path = out.path().join("some.pkl");
    let report = export(&snapshot, &options, &path).unwrap();
    assert_eq!((report.images, report.features, report.without_value), (3, 6, 0));
    assert_eq!(report.to_json()["images"], 3);
    let some = out.path().join("some.vsl");
    run(&path, &some, &ImportOptions::default()).unwrap();
    let keys: Vec<String> = Content::of(&some).images.into_iter().map(|i| i.key).collect();
    assert_eq!(keys, ["i9", "i10", "i11"]);
}

/// A container of the vector database of the tests of imports, with `split` and `tags` in each image.
fn vectors(dir: &Path) -> std::path::PathBuf {
    let (source, file) = (dir.join("store"), dir.join("store.vsl"));
    crate::import::tests::faiss::folder(&source, 5, &[0, 4, 2, 9, 7], &|pickle, id| {
        pickle.name("split").unwrap();
        pickle.name(if id < 3 { "train, or \"so\"" } else { "test" }).unwrap();
        pickle.name("tags").unwrap();
        pickle.begin_list().unwrap();
        pickle.float(0.5).unwrap();
        pickle.none().unwrap();
        pickle.end().unwrap();
    });
    run(&source, &file, &ImportOptions::default()).unwrap();
    file
}

#[test]
fn vector_databases_come_back_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let file = vectors(dir.path());
    let mut wanted = Content::of(&file);
    wanted.cursors.clear();
    let out = dir.path().join("again");
    let options = ExportOptions::new(ExportFormat::VectorDb);
    let report = export(&snapshot(&file), &options, &out).unwrap();
    assert_eq!((report.images, report.warnings.len()), (5, 0));
    let index = |folder: &Path| std::fs::read(folder.join("index.faiss")).unwrap();
    assert_eq!(index(&out), index(&dir.path().join("store")));
    let second = dir.path().join("second.vsl");
    let named = ImportOptions { name: Some("store".into()), ..ImportOptions::default() };
    run(&out, &second, &named).unwrap();
    let mut found = Content::of(&second);
    found.cursors.clear();
    // The original of this test says nothing of when it was made.
    let about = found.metadata.find("\"created_at\"").unwrap();
    assert!(wanted.metadata.starts_with(&found.metadata[..about - 1]), "{}", found.metadata);
    found.metadata.clone_from(&wanted.metadata);
    assert_eq!(found, wanted);
    let error = export(&snapshot(&file), &options, &out).unwrap_err().to_string();
    assert!(error.contains("there already"), "{error}");
    let script = "import pickle, sys, json; d = pickle.load(open(sys.argv[1] + '/metadata.pkl', 'rb')); \
                  print(list(d), list(d['metadata']), json.dumps(d['metadata'][9]))";
    let Some(told) = python(script, &out) else { return };
    assert_eq!(
        told,
        "['metadata', 'id_counter', 'dimension', 'model_name', 'created_at'] [0, 4, 2, 9, 7] \
         {\"image_path\": \"images/9.png\", \"metadata\": {\"split\": \"test\", \"tags\": [0.5, null]}, \
         \"added_at\": \"2025-06-09T12:00:00\"}"
    );
}

#[test]
fn indexes_have_the_ids_of_their_images() {
    use crate::faiss::FaissFile;
    let dir = tempfile::tempdir().unwrap();
    let file = vectors(dir.path());
    let out = dir.path().join("x.faiss");
    let options = ExportOptions::new(ExportFormat::Faiss);
    let report = export(&snapshot(&file), &options, &out).unwrap();
    assert_eq!((report.images, report.ids), (5, None));
    let index = FaissFile::open(&out).unwrap();
    assert_eq!(index.kind(), "IndexIDMap2 of IndexFlatIP");
    assert_eq!(index.read_ids(0, 5).unwrap(), [0, 4, 2, 9, 7]);
    let script = "import sys\ntry:\n    import faiss\nexcept ImportError:\n    print('none'); sys.exit()\n\
                  i = faiss.read_index(sys.argv[1]); print(i.ntotal, i.reconstruct(9).tolist())";
    if let Some(told) = python(script, &out).filter(|told| told != "none") {
        assert_eq!(told, "5 [3.5, -3.0]");
    }

    let (with_text, array) = (dir.path().join("text.vsl"), dir.path().join("x.npy"));
    let mut values =
        crate::npy::NpyWriter::create(&array, crate::npy::Scalar::F32, &[2, 2]).unwrap();
    values.write(&[3.0_f32, 4.0, 0.0, 0.0]).unwrap();
    values.finish().unwrap();
    let ids = dir.path().join("ids.txt");
    std::fs::write(&ids, "left\nright\n").unwrap();
    let options_in = ImportOptions { ids: Some(ids), ..ImportOptions::default() };
    run(&array, &with_text, &options_in).unwrap();
    let report = export(&snapshot(&with_text), &options, &out).unwrap();
    assert!(report.warnings[0].contains("divided by their length"), "{:?}", report.warnings);
    let index = FaissFile::open(&out).unwrap();
    let mut values = Vec::new();
    index.read_rows_f32(0, 2, &mut values).unwrap();
    assert_eq!((values, index.read_ids(0, 2).unwrap()), (vec![0.6, 0.8, 0.0, 0.0], vec![0, 1]));
    assert_eq!(std::fs::read_to_string(report.ids.unwrap()).unwrap(), "left\nright\n");
}

#[test]
fn tables_and_lines_say_what_is_known_of_images() {
    let dir = tempfile::tempdir().unwrap();
    let file = vectors(dir.path());
    let out = dir.path().join("x.csv");
    let state = snapshot(&file);
    let rows = state.select(&Predicate::parse("image_id = 2 or image_id = 9").unwrap()).unwrap();
    let some = |format| ExportOptions { rows: Some(rows.clone()), ..ExportOptions::new(format) };
    assert_eq!(export(&state, &some(ExportFormat::Csv), &out).unwrap().images, 2);
    let table = std::fs::read_to_string(&out).unwrap();
    let wanted = "key,image_id,image_path,split,added_at,metadata\r\n\
                  2,2,images/2.png,\"train, or \"\"so\"\"\",2025-06-09T12:00:00,\"{\"\"tags\"\":[0.5,null]}\"\r\n\
                  9,9,images/9.png,test,2025-06-09T12:00:00,\"{\"\"tags\"\":[0.5,null]}\"\r\n";
    assert_eq!(table, wanted);

    let json = ExportOptions { path: Some("x.vsl".into()), ..some(ExportFormat::MetadataJson) };
    export(&state, &json, &out).unwrap();
    let told: serde_json::Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(told["database_stats"]["total_images"], 2);
    assert_eq!(told["database_stats"]["model_name"], "ViT-B-32");
    assert_eq!(told["images"]["9"]["metadata"]["tags"], serde_json::json!([0.5, null]));
    assert_eq!(told["images"].as_object().unwrap().len(), 2);

    let array = dir.path().join("x.npy");
    let options = ExportOptions { with_metadata: true, ..some(ExportFormat::Npy) };
    let report = export(&state, &options, &array).unwrap();
    let copy = dir.path().join("copy.vsl");
    let add =
        crate::add::AddOptions { metadata: report.metadata, ..crate::add::AddOptions::new(&array) };
    crate::add::add(&copy, &add, &mut |_, _| true).unwrap();
    let (all, copy) = (Content::of(&file), Content::of(&copy));
    assert_eq!(copy.images.len(), 2);
    for key in ["2", "9"] {
        let mut wanted = all.image(key).clone();
        wanted.attributes.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut found = copy.image(key).clone();
        found.attributes.sort_by(|(a, _), (b, _)| a.cmp(b));
        assert_eq!(found, wanted);
    }
}

#[test]
#[cfg(feature = "arrow")]
fn arrow_files_hold_what_images_have() {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float32Type, Int64Type};
    let dir = tempfile::tempdir().unwrap();
    let file = vectors(dir.path());
    let more = dir.path().join("m.jsonl");
    std::fs::write(&more, "{\"key\": \"x\", \"grade\": 0.5}\n").unwrap();
    let array = dir.path().join("x.npy");
    let mut out = crate::npy::NpyWriter::create(&array, crate::npy::Scalar::F16, &[1, 3]).unwrap();
    out.write(&[half::f16::ONE; 3]).unwrap();
    out.finish().unwrap();
    let mut add = crate::add::AddOptions::new(&array);
    (add.field, add.metadata) = (Some("small".into()), Some(more));
    crate::add::add(&file, &add, &mut |_, _| true).unwrap();
    let out = dir.path().join("x.arrow");
    let options = ExportOptions::new(ExportFormat::Arrow);
    let report = export(&snapshot(&file), &options, &out).unwrap();
    assert_eq!((report.images, report.features), (6, 6));
    let read = std::fs::File::open(&out).unwrap();
    let batches = arrow_ipc::reader::FileReader::try_new(read, None).unwrap();
    let batches: Vec<_> = batches.map(Result::unwrap).collect();
    let batch = &batches[0];
    let names: Vec<String> = batch.schema().fields().iter().map(|f| f.name().clone()).collect();
    let wanted = [
        "key",
        "image_id",
        "image_path",
        "split",
        "added_at",
        "grade",
        "metadata",
        "features",
        "small",
    ];
    assert_eq!((names.as_slice(), batches.len()), (&wanted.map(str::to_owned)[..], 1));
    let column = |name: &str| batch.column_by_name(name).unwrap();
    let keys: Vec<_> = column("key").as_string::<i32>().iter().flatten().collect();
    assert_eq!(keys, ["0", "4", "2", "9", "7", "x"]);
    let ids: Vec<_> = column("image_id").as_primitive::<Int64Type>().iter().collect();
    assert_eq!(ids, [Some(0), Some(4), Some(2), Some(9), Some(7), None]);
    let lists = column("features").as_fixed_size_list();
    assert_eq!(lists.value(3).as_primitive::<Float32Type>().values(), &[3.5, -3.0]);
    assert!(lists.is_null(5) && column("small").is_null(0) && column("small").is_valid(5));
    let script = "import sys\ntry:\n    import pyarrow as pa\nexcept ImportError:\n    print('none'); sys.exit()\n\
                  t = pa.ipc.open_file(sys.argv[1]).read_all(); t.validate(full=True)\n\
                  print(t['features'].type, t['small'].type, t['features'][3].as_py(), t['grade'][5], t.num_rows)";
    if let Some(told) = python(script, &out).filter(|told| told != "none") {
        let wanted = "fixed_size_list<item: float not null>[2] fixed_size_list<item: halffloat not null>[3] \
                      [3.5, -3.0] 0.5 6";
        assert_eq!(told, wanted);
    }
}

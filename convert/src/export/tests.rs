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

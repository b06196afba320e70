//! A container back to the feature store that it came from.
#![cfg(test)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Made, bring, own, rows, samples, state, store};
use vesalius::{Database, Definition, Field, PromptSet};
use vesalius_convert::export::{ExportFormat, ExportOptions, export};
use vesalius_convert::import::ImportOptions;
use vesalius_convert::validate::validate;

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut all = samples();
    all.extend(["store_old.h5", "store_new.h5"].map(own));
    let made = folder.join("made.h5");
    Made { rows: 70, templates: 3, ..Made::default() }.write(&made);
    all.push(made);
    all
}

#[test]
fn what_came_in_goes_out_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    for (number, source) in sources(dir.path()).iter().enumerate() {
        let file = dir.path().join(format!("{number}.vsl"));
        let out = dir.path().join(format!("{number}.h5"));
        bring(source, &file, &ImportOptions::default()).unwrap();
        let report = export(&state(&file), &ExportOptions::new(ExportFormat::H5), &out).unwrap();
        println!("{}: {:?}", source.display(), report.warnings);
        assert_eq!(rows(&out), rows(source), "{}", source.display());
        let (old, new) = (store(source), store(&out));
        for attribute in old.attributes() {
            let found = new.attributes().iter().find(|a| a.name == attribute.name);
            assert_eq!(found, Some(attribute), "{}", source.display());
        }
        let names = old.template_names().unwrap();
        assert_eq!(new.template_names().unwrap(), names);
        for name in names {
            let (mut old, mut new) = (old.template(&name).unwrap(), new.template(&name).unwrap());
            // The layout has a time for every template; a store without gets the one of the prompt set.
            let named = |name: &str| old.attributes.iter().any(|a| a.name == name);
            let timed = named("created_at");
            new.attributes.retain(|a| timed || a.name != "created_at");
            old.attributes.sort_by(|a, b| a.name.cmp(&b.name));
            new.attributes.sort_by(|a, b| a.name.cmp(&b.name));
            assert_eq!(new, old);
        }
        assert!(validate(&file).unwrap().is_ok() && validate(&out).unwrap().is_ok());
        with_h5py(source, &out);
    }
}

/// h5py finds the same types, shapes, attributes and values in both.
fn with_h5py(source: &Path, out: &Path) {
    let python = std::env::var("VESALIUS_PYTHON").unwrap_or_else(|_| "python3".into());
    let run = |script: &str, files: &[&Path]| {
        Command::new(&python).args(["-W", "error", "-c", script]).args(files).output()
    };
    if !run("import h5py", &[]).is_ok_and(|ran| ran.status.success()) {
        println!("SKIPPED: no Python with h5py; name one in VESALIUS_PYTHON");
        return;
    }
    let ran = run(include_str!("same_store.py"), &[source, out]).unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    print!("{}", String::from_utf8_lossy(&ran.stdout));
}

#[test]
fn a_container_of_other_making() {
    let dir = tempfile::tempdir().unwrap();
    let (file, out) = (dir.path().join("a.vsl"), dir.path().join("a.h5"));
    let definition = Definition::new()
        .field(Field::vector("v", 4))
        .field(Field::tokens("t", [0, 0, 3], 4).dtype(vesalius::Dtype::F32));
    let db = Database::create(&file, definition).unwrap();
    let mut txn = db.begin_write().unwrap();
    for key in ["x", "y", "z"] {
        let image = txn.put(key).unwrap().vector("v", &[0.1, 2.0, 3.0, 4.0]).unwrap();
        if key != "y" {
            image.tokens("t", &[0.25_f32; 12][..]).unwrap();
        }
    }
    let set = PromptSet::new("concept_a", vec!["q".into()], 4);
    let set = set.features(vec![1.0; 4]).logit_scale(2.5).created_ms(1_749_470_400_000);
    txn.set_prompt_set(&set).unwrap();
    txn.commit().unwrap();
    let report =
        export(&db.snapshot().unwrap(), &ExportOptions::new(ExportFormat::H5), &out).unwrap();
    assert_eq!((report.images, report.without_value), (2, 1));
    assert!(report.warnings.iter().any(|w| w.contains("no id")), "{:?}", report.warnings);
    let found = rows(&out);
    assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), [0, 1]);
    assert!(found.iter().all(|row| row.label == -1 && row.split == "unspecified"));
    let made = store(&out);
    let number = |name: &str| {
        let found = made.attributes().iter().find(|a| a.name == name).unwrap();
        found.value.clone().unwrap()
    };
    assert_eq!((number("D"), number("T_img")), (4.into(), 3.into()));
    assert_eq!(number("concept_logit_scale"), 2.5);
    let template = made.template("concept_a").unwrap();
    assert!(!template.hash_differs() && template.tokens.is_none());
    let back = dir.path().join("b.vsl");
    bring(&out, &back, &ImportOptions::default()).unwrap();
    assert_eq!(state(&back).field("image_features").unwrap().dtype, vesalius::Dtype::F32);

    let mut txn = db.begin_write().unwrap();
    txn.add_field(Field::vector("w", 4)).unwrap();
    txn.commit().unwrap();
    let options = ExportOptions::new(ExportFormat::H5);
    let error = export(&db.snapshot().unwrap(), &options, &out).unwrap_err().to_string();
    assert!(error.contains("--field") && error.contains("\"w\""), "{error}");
}

#[test]
fn a_part_counts_its_splits_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let counts = Some("{\"train\": 24, \"test\": 8, \"val\": 8}");
    Made { split_counts: counts, ..Made::default() }.write(&path("a.h5"));
    bring(&path("a.h5"), &path("a.vsl"), &ImportOptions::default()).unwrap();
    let state = state(&path("a.vsl"));
    let mut options = ExportOptions::new(ExportFormat::H5);
    options.rows = Some(state.select(&"split = 'test'".parse().unwrap()).unwrap());
    let report = export(&state, &options, &path("b.h5")).unwrap();
    assert!(report.warnings.iter().any(|w| w.contains("split_counts")), "{:?}", report.warnings);
    let part = store(&path("b.h5"));
    let said = part.attributes().iter().find(|a| a.name == "split_counts").unwrap();
    assert_eq!(said.text.as_deref(), Some("{\"test\": 8}"));
    assert_eq!(part.rows(), 8);
    assert!(validate(&path("b.h5")).unwrap().is_ok());
}

//! Containers that are not empty.

use vesalius::{Database, Field};

use super::content::{Content, run, sample, write};
use crate::import::ImportOptions;
use crate::pickle_write::Attribute;

fn field(name: &str) -> ImportOptions {
    ImportOptions { field: Some(name.into()), ..ImportOptions::default() }
}

#[test]
fn an_image_gets_another_field_and_a_second_value_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let (source, file) = (out.path().join("s.pkl"), out.path().join("s.vsl"));
    write(&source, &sample("i", 9), false);
    run(&source, &file, &ImportOptions::default()).unwrap();
    let report = run(&source, &file, &field("again")).unwrap();
    assert!(!report.created);
    assert!(report.warnings.iter().any(|w| w.contains("got the field: 9")));
    let content = Content::of(&file);
    assert_eq!(content.images.len(), 9);
    assert!(content.images.iter().all(|i| i.fields.len() == 2 && i.fields[0].1 == i.fields[1].1));
    let names: Vec<&str> = content.cursors.iter().map(|c| c.ingest.as_str()).collect();
    assert_eq!(names, ["s", "s/again"]);

    // The same images in the same field, from another source.
    let other = out.path().join("other.pkl");
    let mut images = sample("j", 3);
    images.extend(sample("i", 2));
    images[4].regions = vec![(4, vec![9.0; 5])];
    images[4].attributes.push(("sample_idx", Attribute::Int(77)));
    write(&other, &images, false);
    let before = Content::of(&file);
    let refused = run(&other, &file, &ImportOptions::default()).unwrap_err().to_string();
    assert!(refused.contains("\"i0\"") && refused.contains("\"regions\""), "{refused}");
    assert_eq!(Content::of(&file), before);
    let options = ImportOptions { replace: true, ..ImportOptions::default() };
    let report = run(&other, &file, &options).unwrap();
    assert!(report.warnings.iter().any(|w| w.contains("replaced: 2")), "{:?}", report.warnings);
    let content = Content::of(&file);
    assert_eq!(content.images.len(), 12);
    let regions = &content.image("i1").fields[0].1;
    assert_eq!((regions.len(), regions[0].0.as_str()), (1, "e"));
    assert!(content.image("i1").attributes.contains(&("sample_idx".into(), 77_i64.into())));
    assert_eq!(content.image("i1").fields[1], before.image("i1").fields[1]);
}

#[test]
fn regions_are_matched_by_name() {
    let out = tempfile::tempdir().unwrap();
    let (source, file) = (out.path().join("s.pkl"), out.path().join("s.vsl"));
    let db = Database::create(&file, vesalius::Definition::new()).unwrap();
    let mut txn = db.begin_write().unwrap();
    txn.add_field(Field::regions("regions", 5, ["c", "x", "a"])).unwrap();
    txn.commit().unwrap();
    db.close().unwrap();
    let images = sample("i", 8);
    write(&source, &images, false);
    run(&source, &file, &ImportOptions::default()).unwrap();
    let db = Database::open_read_only(&file).unwrap();
    let snapshot = db.snapshot().unwrap();
    assert_eq!(snapshot.field("regions").unwrap().regions, ["c", "x", "a", "b"]);
    let image = snapshot.image("i7").unwrap();
    let regions = image.regions("regions").unwrap().unwrap();
    let found: Vec<_> = regions.iter().map(|r| (r.name, r.feature.row_f32(0).unwrap())).collect();
    let wanted = |r: usize| images[7].regions[r].1.as_slice();
    assert_eq!(found, [("c", wanted(2)), ("a", wanted(0)), ("b", wanted(1))]);
}

#[test]
fn another_kind_or_dimension_is_refused_by_name() {
    let out = tempfile::tempdir().unwrap();
    let source = out.path().join("s.pkl");
    write(&source, &sample("i", 4), true);
    for (field, word) in [
        (Field::vector("regions", 5), "is of kind vector"),
        (Field::regions("regions", 6, ["a"]), "dimension 6"),
    ] {
        let file = out.path().join("s.vsl");
        let db = Database::create(&file, vesalius::Definition::new().field(field)).unwrap();
        db.close().unwrap();
        let refused = run(&source, &file, &ImportOptions::default()).unwrap_err().to_string();
        assert!(refused.contains(word) && refused.contains("another field"), "{refused}");
        std::fs::remove_file(&file).unwrap();
    }
}

#[test]
fn a_writer_elsewhere_is_an_error_before_anything_is_read() {
    let out = tempfile::tempdir().unwrap();
    let (source, file) = (out.path().join("s.pkl"), out.path().join("s.vsl"));
    write(&source, &sample("i", 4), false);
    let db = Database::create(&file, vesalius::Definition::new()).unwrap();
    let refused = run(&source, &file, &ImportOptions::default()).unwrap_err().to_string();
    assert!(refused.contains("another writer"), "{refused}");
    drop(db);
    run(&source, &file, &ImportOptions::default()).unwrap();
}

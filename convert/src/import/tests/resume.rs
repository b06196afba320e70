//! Imports that are interrupted.

use vesalius::{Database, Durability};

use super::content::{Content, run, sample, write};
use crate::ConvertError;
use crate::import::{ImportOptions, Phase, import};

#[test]
fn an_interrupted_import_ends_as_an_uninterrupted_one() {
    let out = tempfile::tempdir().unwrap();
    let source = out.path().join("s.pkl");
    write(&source, &sample("i", 60), false);
    for durability in [Durability::Deferred, Durability::Immediate] {
        let options = ImportOptions {
            batch_images: 3,
            checkpoint_batches: 4,
            durability,
            ..ImportOptions::default()
        };
        let whole = out.path().join("whole.vsl");
        run(&source, &whole, &options).unwrap();
        let wanted = Content::of(&whole);
        assert_eq!(wanted.cursors[0].position, 60);
        std::fs::remove_file(&whole).unwrap();
        for calls in 0..24 {
            let file = out.path().join("part.vsl");
            let mut attempts = 0;
            loop {
                attempts += 1;
                let mut left = calls;
                let done = import(&source, &file, &options, &mut |progress| {
                    assert!(progress.written <= 60 && progress.verified <= 60);
                    // The first call comes before anything is read: it would never get anywhere.
                    left -= i32::from(progress.phase != Phase::Opening);
                    left >= 0 || attempts > 30
                });
                match done {
                    Ok(report) => {
                        assert!(report.verified && report.images == 60);
                        assert_eq!(report.resumed_at + report.images_written, 60);
                        break;
                    }
                    Err(ConvertError::Stopped { images }) => assert!(images <= 60),
                    Err(other) => panic!("{other}"),
                }
            }
            assert_eq!(Content::of(&file), wanted, "stopped after {calls} calls");
            std::fs::remove_file(&file).unwrap();
        }
    }
}

#[test]
fn a_finished_import_has_nothing_to_do_and_another_source_needs_another_name() {
    let out = tempfile::tempdir().unwrap();
    let (source, file) = (out.path().join("s.pkl"), out.path().join("s.vsl"));
    write(&source, &sample("i", 10), true);
    let options = ImportOptions::default();
    run(&source, &file, &options).unwrap();
    let wanted = Content::of(&file);
    let report = run(&source, &file, &options).unwrap();
    assert!(report.nothing_to_do && report.verified);
    assert_eq!((report.resumed_at, report.images_written, report.images), (10, 0, 10));
    assert_eq!(Content::of(&file), wanted);

    // What somebody changed since is said, and left alone.
    let db = Database::open(&file).unwrap();
    let mut txn = db.begin_write().unwrap();
    txn.delete("i7").unwrap();
    txn.commit().unwrap();
    db.close().unwrap();
    let report = run(&source, &file, &options).unwrap();
    assert!(report.nothing_to_do);
    assert!(report.warnings.iter().any(|w| w.contains("\"i7\"")), "{:?}", report.warnings);

    write(&source, &sample("k", 10), true);
    let refused = run(&source, &file, &options).unwrap_err().to_string();
    assert!(refused.contains("\"s\"") && refused.contains("another name"), "{refused}");
    let options = ImportOptions { name: Some("more".into()), ..options };
    run(&source, &file, &options).unwrap();
    let content = Content::of(&file);
    assert_eq!((content.images.len(), content.cursors.len()), (19, 2));
}

#[test]
fn the_making_of_a_container_leaves_nothing_beside_it() {
    let out = tempfile::tempdir().unwrap();
    let (source, file) = (out.path().join("s.pkl"), out.path().join("s.vsl"));
    write(&source, &sample("i", 4), false);
    // What a killed process left.
    std::fs::write(out.path().join(".s.vsl.new"), b"half").unwrap();
    run(&source, &file, &ImportOptions::default()).unwrap();
    let mut names: Vec<_> =
        std::fs::read_dir(out.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["s.pkl", "s.vsl"]);
}

#[test]
fn what_an_interrupted_import_wrote_is_compared_too() {
    let out = tempfile::tempdir().unwrap();
    let (source, file) = (out.path().join("s.pkl"), out.path().join("s.vsl"));
    write(&source, &sample("i", 40), false);
    let options = ImportOptions { batch_images: 1, ..ImportOptions::default() };
    let stopped = import(&source, &file, &options, &mut |progress| progress.written < 12);
    let Err(ConvertError::Stopped { images }) = stopped else { panic!("{stopped:?}") };
    assert!(images < 40);
    let db = Database::open(&file).unwrap();
    let mut txn = db.begin_write().unwrap();
    let other = vesalius::RegionValue::new("a", &[0.0; 5]);
    txn.update("i5").unwrap().regions("regions", &[other]).unwrap();
    txn.commit().unwrap();
    db.close().unwrap();
    let refused = run(&source, &file, &options).unwrap_err();
    assert!(
        matches!(&refused, ConvertError::Mismatch { image, region, .. }
        if image == "i5" && region.as_deref() == Some("a")),
        "{refused}"
    );
}

#[test]
fn changes_after_an_import_are_told() {
    let out = tempfile::tempdir().unwrap();
    let (source, file) = (out.path().join("s.pkl"), out.path().join("s.vsl"));
    write(&source, &sample("i", 10), false);
    let options = ImportOptions { verify: false, ..ImportOptions::default() };
    let report = run(&source, &file, &options).unwrap();
    assert!(!report.verified && report.regions > 0);
    let changed = out.path().join("t.pkl");
    let mut images = sample("i", 10);
    images[9].regions[0].1[2] = 1.0e9;
    write(&changed, &images, false);
    let again = ImportOptions { replace: true, ..ImportOptions::default() };
    run(&changed, &file, &again).unwrap();
    let report = run(&source, &file, &ImportOptions::default()).unwrap();
    assert!(report.warnings.iter().any(|w| w.contains("differ") && w.contains("\"i9\"")));
}

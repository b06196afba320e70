//! What a container does over its life, on a real file.
#![cfg(test)]

use std::path::Path;

use vesalius::storage::sim::{Fault, SimDisk};
use vesalius::{
    AttributeType, CompactOptions, Cursor, Database, Definition, Dtype, Durability, Error, Field,
    Predicate, Provenance, RegionValue, Result, Space, Value,
};
use vesalius_tests::model::read;
use vesalius_tests::workload::{Workload, definition};

fn quiet() -> impl FnMut(u64, u64) -> bool {
    |_, _| true
}

/// A container that a workload filled, with a checkpoint or two.
fn filled(path: &Path, seed: u64) -> Result<(Database, Workload)> {
    let db = Database::create(path, definition(seed))?;
    db.set_checkpoint_bytes(30_000)?;
    let mut work = Workload::new(seed);
    for _ in 0..60 {
        let mut txn = db.begin_write()?;
        work.model = work.fill(&mut txn)?;
        txn.commit_with(Durability::Deferred)?;
    }
    Ok((db, work))
}

fn contains(path: &Path, needle: &[u8]) -> bool {
    let bytes = std::fs::read(path).unwrap();
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn one_file_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.vsl");
    let (db, _) = filled(&path, 1).unwrap();
    db.compact(CompactOptions::new(), &mut quiet()).unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    db.close().unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn secure_compaction_leaves_nothing_of_the_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.vsl");
    let definition = Definition::new().attribute("name", AttributeType::Text);
    let definition = definition.field(Field::vector("v", 300));
    let db = Database::create(&path, definition).unwrap();
    let secret = [1.234_567_f32; 300];
    for batch in 0..5 {
        let mut txn = db.begin_write().unwrap();
        for n in 0..40 {
            let image = txn.put(&format!("image-{batch}-{n}")).unwrap();
            image.attribute("name", "kept").unwrap().vector("v", &[2.0; 300]).unwrap();
        }
        let image = txn.put(&format!("patient-erika-{batch}")).unwrap();
        image
            .attribute("name", "Mustermann")
            .unwrap()
            .vector("v", &secret)
            .unwrap()
            .metadata("{\"born\":\"1964-08-12\"}")
            .unwrap();
        txn.commit().unwrap();
        if batch % 2 == 0 {
            db.checkpoint().unwrap();
        }
    }
    let mut txn = db.begin_write().unwrap();
    for batch in 0..5 {
        assert!(txn.delete(&format!("patient-erika-{batch}")).unwrap());
    }
    txn.commit().unwrap();
    let needles: [&[u8]; 4] =
        [b"erika", b"Mustermann", b"1964-08-12", bytemuck::bytes_of(&secret[0])];
    let there = |needle: &&[u8]| contains(&path, needle);
    assert!(needles.iter().all(|n| there(&&**n)), "deletion alone leaves the bytes");
    db.compact(CompactOptions::new().secure(), &mut quiet()).unwrap();
    let left: Vec<_> = needles.iter().filter(|n| there(&&***n)).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(db.snapshot().unwrap().len(), 200);
    db.close().unwrap();
    assert!(Database::verify_file(&path, &mut quiet()).unwrap().is_ok());
}

#[test]
fn compaction_gives_space_back_to_the_file_system() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.vsl");
    let db = Database::create(&path, Definition::new().field(Field::vector("v", 256))).unwrap();
    for batch in 0..10 {
        let mut txn = db.begin_write().unwrap();
        for n in 0..1000 {
            let feature = [n as f32; 256];
            txn.put(&format!("{batch}-{n}")).unwrap().vector("v", &feature).unwrap();
        }
        txn.commit().unwrap();
    }
    let full = std::fs::metadata(&path).unwrap().len();
    let mut txn = db.begin_write().unwrap();
    for batch in 0..9 {
        for n in 0..1000 {
            txn.delete(&format!("{batch}-{n}")).unwrap();
        }
    }
    txn.commit().unwrap();
    let before = db.snapshot().unwrap();
    db.compact(CompactOptions::new(), &mut quiet()).unwrap();
    assert_eq!(before.len(), 1000, "an old snapshot stays readable");
    assert!(before.image("9-500").unwrap().vector("v").unwrap().is_some());
    drop(before);
    db.compact(CompactOptions::new(), &mut quiet()).unwrap();
    let small = std::fs::metadata(&path).unwrap().len();
    assert!(small * 8 < full, "{small} of {full} bytes");
    db.close().unwrap();
    let db = Database::open(&path).unwrap();
    let image = db.snapshot().unwrap();
    let image = image.image("9-999").unwrap();
    assert_eq!(image.vector("v").unwrap().unwrap().row_f32(0), Some(&[999.0; 256][..]));
    assert_eq!(image.row(), 999, "rows are numbered without gaps again");
}

#[test]
fn a_backup_is_a_consistent_copy_while_the_writer_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (db, work) = filled(&dir.path().join("a.vsl"), 2).unwrap();
    let copy = dir.path().join("b.vsl");
    let mut commits = 0;
    let mut progress = |_, _| {
        let mut txn = db.begin_write().unwrap();
        txn.upsert(&format!("during-{commits}")).unwrap();
        txn.commit().unwrap();
        commits += 1;
        true
    };
    db.backup(&copy, &mut progress).unwrap();
    assert!(commits > 0);
    let backup = Database::open(&copy).unwrap();
    assert_eq!(read(&backup.snapshot().unwrap()).unwrap(), work.model);
    assert!(backup.verify(&mut quiet()).unwrap().is_ok());
    let again = db.backup(&copy, &mut quiet());
    assert!(matches!(again, Err(Error::Io { .. })), "a backup overwrites nothing");
    let stopped = dir.path().join("c.vsl");
    assert!(matches!(db.backup(&stopped, &mut |_, _| false), Err(Error::Cancelled)));
    assert!(!stopped.exists());
    // A cancelled compaction changes nothing and poisons nothing.
    let before = read(&db.snapshot().unwrap()).unwrap();
    let cancelled = db.compact(CompactOptions::new(), &mut |_, _| false);
    assert!(matches!(cancelled, Err(Error::Cancelled)));
    assert_eq!(read(&db.snapshot().unwrap()).unwrap(), before);
    db.compact(CompactOptions::new(), &mut quiet()).unwrap();
    assert_eq!(read(&db.snapshot().unwrap()).unwrap(), before);
}

#[test]
fn a_clean_close_cuts_the_file_and_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.vsl");
    let (db, work) = filled(&path, 3).unwrap();
    db.close().unwrap();
    let len = std::fs::metadata(&path).unwrap().len();
    assert!(len < 600_000, "{len} bytes");
    let db = Database::open_read_only(&path).unwrap();
    let report = db.verify(&mut quiet()).unwrap();
    assert!(report.is_ok(), "{:?}", report.problems);
    assert_eq!(read(&db.snapshot().unwrap()).unwrap(), work.model);
    let refused = db.begin_write().map(drop);
    assert!(matches!(refused, Err(Error::ReadOnly)), "{refused:?}");
}

#[test]
fn fields_attributes_and_regions_can_be_added_later() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.vsl");
    let definition = Definition::new().field(Field::regions("regions", 2, ["spine"]));
    let db = Database::create(&path, definition).unwrap();
    let mut txn = db.begin_write().unwrap();
    let spine = RegionValue::new("spine", &[1.0, 2.0]);
    txn.put("a").unwrap().regions("regions", &[spine]).unwrap();
    txn.add_regions("regions", &["carina".to_owned()]).unwrap();
    txn.add_attribute("age", AttributeType::I64).unwrap();
    txn.add_field(Field::vector("clip", 3).dtype(Dtype::F16).normalized()).unwrap();
    let provenance = Provenance { model: "CLIP ViT-B/16".into(), ..Provenance::default() };
    txn.set_provenance("clip", &provenance).unwrap();
    let carina = RegionValue::new("carina", &[3.0, 4.0]);
    let image = txn.put("b").unwrap().regions("regions", &[carina, spine]).unwrap();
    image.attribute("age", 61).unwrap().vector("clip", &[3.0, 0.0, 4.0]).unwrap();
    txn.commit().unwrap();
    db.close().unwrap();
    let db = Database::open(&path).unwrap();
    let snapshot = db.snapshot().unwrap();
    let b = snapshot.image("b").unwrap();
    assert_eq!(b.attribute("age").unwrap(), Some(Value::I64(61)));
    assert_eq!(snapshot.image("a").unwrap().attribute("age").unwrap(), None);
    assert_eq!(
        b.region("regions", "carina").unwrap().unwrap().feature.row_f32(0),
        Some(&[3.0, 4.0][..])
    );
    let clip = b.vector("clip").unwrap().unwrap();
    let clip: Vec<f32> = clip.row_f16(0).unwrap().iter().map(|v| v.to_f32()).collect();
    assert!((clip[0] - 0.6).abs() < 1e-3 && (clip[2] - 0.8).abs() < 1e-3, "{clip:?}");
    assert_eq!(snapshot.field("clip").unwrap().provenance, provenance);
    let chosen = Predicate::parse("age > 60 and has_region('carina')").unwrap();
    assert_eq!(snapshot.select(&chosen).unwrap().iter().collect::<Vec<_>>(), [1]);
}

#[test]
fn what_does_not_fit_is_refused_and_leaves_no_trace() {
    let disk = SimDisk::new();
    let definition = definition(1).field(Field::vector("half", 2).dtype(Dtype::F16));
    let db = Database::create_on(disk, definition).unwrap();
    let mut txn = db.begin_write().unwrap();
    txn.put("a").unwrap();
    let text = |result: Result<()>| result.unwrap_err().to_string();
    let e = text(txn.put("a").map(drop));
    assert!(e.contains("\"a\" is there already"), "{e}");
    let e = text(txn.update("a").unwrap().vector("vector", &[1.0]).map(drop));
    assert!(e.contains("dimension 8") && e.contains("1 values"), "{e}");
    let e = text(txn.update("a").unwrap().vector("half", &[1e9, 0.0]).map(drop));
    assert!(e.contains("does not fit f16"), "{e}");
    let mut nan = [0.0; 8];
    nan[5] = f32::NAN;
    let e = text(txn.update("a").unwrap().vector("vector", &nan).map(drop));
    assert!(e.contains("image \"a\"") && e.contains("value 5 is NaN"), "{e}");
    let bad = [RegionValue::new(3, &[1.0; 8]), RegionValue::new(2, &nan)];
    let e = text(txn.update("a").unwrap().regions("regions", &bad).map(drop));
    assert!(e.contains("region 2") && e.contains("NaN"), "{e}");
    let twice = [RegionValue::new(1, &[1.0; 8]), RegionValue::new("region 1", &[1.0; 8])];
    assert!(txn.update("a").unwrap().regions("regions", &twice).is_err());
    let e = text(txn.update("a").unwrap().attribute("age", "old").map(drop));
    assert!(e.contains("i64") && e.contains("string"), "{e}");
    let e = text(txn.update("a").unwrap().vector("vektor", &[1.0; 8]).map(drop));
    assert!(e.contains("no field \"vektor\"") && e.contains("\"vector\""), "{e}");
    assert!(txn.update("a").unwrap().metadata("{not json").is_err());
    assert!(txn.put(&"x".repeat(1025)).is_err());
    assert!(txn.put("").is_err());
    assert!(matches!(txn.update("nobody").map(drop), Err(Error::NoSuchImage { .. })));
    assert!(txn.add_attribute("age", AttributeType::I64).is_err());
    assert!(txn.add_field(Field::vector("huge", 70_000)).is_err());
    let space = Space { spacing: [0.0; 3], ..Space::default() };
    assert!(txn.add_space(&space).is_err());
    txn.commit().unwrap();
    let snapshot = db.snapshot().unwrap();
    let model = read(&snapshot).unwrap();
    assert_eq!(model.images.len(), 1);
    assert_eq!(model.images["a"], vesalius_tests::model::ModelImage::default());
}

#[test]
fn spaces_and_cursors_survive_checkpoints_and_compactions() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.vsl");
    let own = Space::new([1, 256, 256], [1.0, 0.5, 0.5]);
    let db = Database::create(&path, Definition::new().space(own.clone())).unwrap();
    let ct = Space { origin: [10.0, -5.0, 3.0], ..Space::new([40, 64, 64], [3.0, 1.5, 1.5]) };
    let mut txn = db.begin_write().unwrap();
    assert_eq!(txn.add_space(&own).unwrap(), 0);
    let id = txn.add_space(&ct).unwrap();
    assert_eq!((id, txn.add_space(&ct).unwrap()), (1, 1));
    txn.put("own").unwrap();
    txn.put("ct").unwrap().space(id).unwrap();
    assert!(txn.update("own").unwrap().space(2).is_err());
    let cursor = Cursor {
        ingest: "i".into(),
        split: "train".into(),
        position: 7,
        fingerprint: "abc".into(),
    };
    txn.set_cursor(cursor.clone()).unwrap();
    txn.commit().unwrap();
    for round in 0..3 {
        let snapshot = db.snapshot().unwrap();
        assert_eq!(snapshot.image("own").unwrap().space().unwrap(), &own, "round {round}");
        assert_eq!(snapshot.image("ct").unwrap().space().unwrap(), &ct);
        assert_eq!(snapshot.cursor("i", "train"), Some(&cursor));
        match round {
            0 => db.checkpoint().unwrap(),
            _ => db.compact(CompactOptions::new(), &mut quiet()).unwrap(),
        }
    }
    db.close().unwrap();
    assert!(Database::verify_file(&path, &mut quiet()).unwrap().is_ok());
}

#[test]
fn an_image_replaced_in_one_transaction_is_found() {
    let db = Database::create_on(SimDisk::new(), definition(1)).unwrap();
    for n in 0..20 {
        let mut txn = db.begin_write().unwrap();
        txn.put(&format!("k{n}")).unwrap();
        txn.commit().unwrap();
        let mut txn = db.begin_write().unwrap();
        txn.delete(&format!("k{}", n / 2)).unwrap();
        txn.put(&format!("k{}", n / 2)).unwrap().attribute("age", n).unwrap();
        txn.commit().unwrap();
        for known in 0..=n {
            let key = format!("k{known}");
            assert!(db.snapshot().unwrap().find(&key).unwrap().is_some(), "{key} after {n}");
            let twice = db.begin_write().unwrap().put(&key).map(drop);
            assert!(matches!(twice, Err(Error::ImageExists { .. })), "{key} after {n}");
        }
    }
}

#[test]
fn texts_over_their_limit_are_refused_before_anything_is_written() {
    let disk = SimDisk::new();
    let db = Database::create_on(disk.clone(), definition(1)).unwrap();
    let long = Provenance { preprocessing: "x".repeat((1 << 20) + 1), ..Provenance::default() };
    let mut txn = db.begin_write().unwrap();
    assert!(matches!(txn.set_provenance("vector", &long), Err(Error::Limit { .. })));
    let field = Field::vector("more", 3).provenance(long);
    assert!(matches!(txn.add_field(field), Err(Error::Limit { .. })));
    txn.put("a").unwrap();
    txn.commit().unwrap();
    db.close().unwrap();
    assert_eq!(Database::open_on(disk).unwrap().snapshot().unwrap().len(), 1);
}

#[test]
fn an_image_deleted_after_its_values_were_written_ahead_is_gone() {
    let db = Database::create_on(SimDisk::new(), definition(1)).unwrap();
    let mut txn = db.begin_write().unwrap();
    for key in ["a", "b"] {
        let value = RegionValue::new(1, &[1.0; 8]);
        txn.put(key).unwrap().regions("regions", &[value]).unwrap();
    }
    txn.add_regions("regions", &["another".to_owned()]).unwrap();
    txn.delete("b").unwrap();
    txn.commit().unwrap();
    let snapshot = db.snapshot().unwrap();
    assert_eq!(snapshot.len(), 1);
    assert!(snapshot.image("a").unwrap().region("regions", 1).unwrap().is_some());
    assert!(db.verify(&mut quiet()).unwrap().is_ok());
}

#[test]
fn a_reader_that_is_never_idle_does_not_stop_the_reuse_of_space() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.vsl");
    let db = Database::create(&path, Definition::new().field(Field::vector("v", 65_536))).unwrap();
    let mut before = None;
    for n in 0..120_u16 {
        let mut txn = db.begin_write().unwrap();
        for key in ["a", "b", "c", "d"] {
            let value = vec![f32::from(n); 65_536];
            txn.upsert(key).unwrap().vector("v", &value).unwrap();
        }
        txn.commit().unwrap();
        let last = before.replace(db.snapshot().unwrap());
        db.checkpoint().unwrap();
        drop(last);
    }
    let len = std::fs::metadata(&path).unwrap().len();
    assert!(len < 24 << 20, "{len} bytes for one of live data");
}

#[test]
fn a_thread_does_not_wait_for_itself() {
    let db = Database::create_on(SimDisk::new(), definition(1)).unwrap();
    let txn = db.begin_write().unwrap();
    for refused in [db.begin_write().map(drop), db.checkpoint(), db.clone().close()] {
        let text = refused.unwrap_err().to_string();
        assert!(text.contains("this thread has a transaction open"), "{text}");
    }
    drop(txn);
    db.checkpoint().unwrap();
}

#[test]
fn many_commits_leave_few_row_groups() {
    let db = Database::create_on(SimDisk::new(), definition(1)).unwrap();
    for n in 0..600 {
        let mut txn = db.begin_write().unwrap();
        let images = if n % 2 == 0 { 1 } else { 10 };
        for image in 0..images {
            txn.put(&format!("{n}-{image}")).unwrap().attribute("age", n).unwrap();
        }
        txn.commit_with(Durability::Deferred).unwrap();
    }
    let groups = db.snapshot().unwrap().row_groups();
    assert!(groups < 80, "{groups} row groups in memory");
    db.checkpoint().unwrap();
    for n in 0..100 {
        let mut txn = db.begin_write().unwrap();
        for image in 0..1000 {
            txn.put(&format!("more-{n}-{image}")).unwrap();
        }
        txn.commit_with(Durability::Deferred).unwrap();
        if n % 10 == 9 {
            db.checkpoint().unwrap();
        }
    }
    let groups = db.snapshot().unwrap().row_groups();
    assert!(groups < 20, "{groups} row groups after checkpoints");
}

#[test]
fn empty_metadata_is_no_metadata() {
    let disk = SimDisk::new();
    let db = Database::create_on(disk, definition(1)).unwrap();
    let mut txn = db.begin_write().unwrap();
    txn.put("a").unwrap().metadata("").unwrap();
    txn.put("b").unwrap().metadata("{}").unwrap().metadata("").unwrap();
    txn.put("c").unwrap().metadata("").unwrap().metadata("[1]").unwrap();
    txn.commit().unwrap();
    let snapshot = db.snapshot().unwrap();
    let metadata = |key: &str| snapshot.image(key).unwrap().metadata().unwrap();
    assert_eq!((metadata("a"), metadata("b"), metadata("c")), (None, None, Some("[1]")));
    assert!(db.verify(&mut quiet()).unwrap().is_ok());
}

#[test]
fn a_definition_that_does_not_fit_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.vsl");
    let twice = Definition::new().field(Field::vector("v", 3)).field(Field::vector("v", 4));
    assert!(matches!(Database::create(&path, twice), Err(Error::Invalid(_))));
    assert!(!path.exists());
    Database::create(&path, Definition::new()).unwrap().close().unwrap();
    assert!(Database::create(&path, Definition::new()).is_err(), "nothing is overwritten");
}

#[test]
fn the_first_error_poisons_and_reopening_recovers() {
    let disk = SimDisk::new();
    let db = Database::create_on(disk.clone(), definition(1)).unwrap();
    let mut work = Workload::new(5);
    let mut txn = db.begin_write().unwrap();
    work.model = work.fill(&mut txn).unwrap();
    txn.commit().unwrap();
    let good = work.model.clone();
    let mut txn = db.begin_write().unwrap();
    work.fill(&mut txn).unwrap();
    txn.upsert("more").unwrap();
    disk.set_trigger(disk.ops(), Fault::Eio);
    assert!(matches!(txn.commit(), Err(Error::Io { .. })));
    assert!(matches!(db.begin_write().map(drop), Err(Error::Poisoned)));
    assert!(matches!(db.checkpoint(), Err(Error::Poisoned)));
    assert_eq!(read(&db.snapshot().unwrap()).unwrap(), good, "readers go on");
    assert!(matches!(db.close(), Err(Error::Poisoned)), "that is no clean close");
    let db = Database::open_on(disk).unwrap();
    let mut txn = db.begin_write().unwrap();
    txn.upsert("again").unwrap();
    txn.commit().unwrap();
    assert!(db.recovery().is_some());
    let mut images = read(&db.snapshot().unwrap()).unwrap().images;
    images.remove("again");
    assert_eq!(images, good.images);
}

#[test]
fn a_transaction_larger_than_memory_allows_is_written_ahead() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.vsl");
    let db = Database::create(&path, Definition::new().field(Field::vector("v", 4096))).unwrap();
    let mut txn = db.begin_write().unwrap();
    for n in 0..9000_u16 {
        let feature = [f32::from(n); 4096];
        txn.put(&format!("{n}")).unwrap().vector("v", &feature).unwrap();
    }
    assert!(std::fs::metadata(&path).unwrap().len() > 100 << 20, "it is in the file already");
    txn.delete("17").unwrap();
    txn.update("18").unwrap().vector("v", &[-1.0; 4096]).unwrap();
    txn.update("19").unwrap().clear("v").unwrap();
    assert_eq!(db.snapshot().unwrap().len(), 0, "and not visible");
    txn.commit().unwrap();
    let snapshot = db.snapshot().unwrap();
    assert_eq!(snapshot.len(), 8999);
    let vector = |key: &str| {
        let image = snapshot.image(key).unwrap();
        image.vector("v").unwrap().map(|v| v.row_f32(0).unwrap()[0])
    };
    assert_eq!((vector("18"), vector("19"), vector("8999")), (Some(-1.0), None, Some(8999.0)));
    // What an aborted transaction wrote ahead is free again.
    let before = std::fs::metadata(&path).unwrap().len();
    for _ in 0..3 {
        let mut txn = db.begin_write().unwrap();
        for n in 0..5000_u16 {
            txn.put(&format!("x{n}")).unwrap().vector("v", &[1.0; 4096]).unwrap();
        }
    }
    let after = std::fs::metadata(&path).unwrap().len();
    assert!(after < before + (128 << 20), "{before} to {after}");
    assert!(db.verify(&mut quiet()).unwrap().is_ok());
}

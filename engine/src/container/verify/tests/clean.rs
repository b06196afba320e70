//! Sound containers verify clean.

use std::sync::Arc;

use super::super::verify;
use super::build::{self, GLOBAL, LONG, PLANE, SMALL};
use super::check;
use super::content::read_all;
use super::surgery::Patient;
use crate::container::writer::Writer;
use crate::error::Error;
use crate::format::index::IndexDesc;
use crate::format::schema::COLUMN_KEYS;
use crate::format::space::Space;
use crate::storage::sim::{CrashMode, SimDisk};
use crate::storage::{MemoryStorage, Storage};

#[test]
fn the_fixture_has_every_structure() {
    let patient = Patient::new();
    assert!(patient.bytes.len() >= 256 << 10, "{} bytes", patient.bytes.len());
    assert!(patient.desc(GLOBAL, 0).data.has_table());
    assert!(patient.desc(SMALL, 0).dead_count > 0);
    assert!(patient.desc(COLUMN_KEYS, 0).dead_count == 2);
    assert!(patient.desc(COLUMN_KEYS, 1).count > 0);
    assert_eq!(patient.manifest().cursors.len(), 2);
    assert_eq!(patient.manifest().spaces.len(), 1);
    assert_eq!(patient.desc(PLANE, 0).dead_count, 2, "a deleted and a replaced image");
    assert!(patient.tensor(LONG, 0, 0).has_table());
    assert!(patient.tensor(LONG, 0, 1).is_none());
    let sets = patient.manifest().prompt_sets;
    assert_eq!(
        sets.iter().map(|set| set.name.as_str()).collect::<Vec<_>>(),
        ["few", "many", "old"]
    );
    assert!(sets[0].tokens == 0 && sets[1].tokens > 0);
    let logged = Patient::with_log(true);
    assert_eq!(logged.records().len(), 2);
    assert!(logged.superblock().sealed());
    assert!(!Patient::with_log(false).superblock().sealed());
}

#[test]
fn sound_containers_have_no_problems() {
    for (patient, notes, groups) in [
        (Patient::new(), 0, 23),
        (Patient::with_log(true), 0, 37),
        (Patient::with_log(false), 1, 37),
    ] {
        let len = patient.bytes.len() as u64;
        let report = check(patient.bytes).unwrap();
        assert!(report.is_ok(), "{:#?}", report.problems);
        assert_eq!(report.notes.len(), notes, "{:?}", report.notes);
        assert_eq!(report.groups, groups);
        assert!(report.extents > 20 && report.images >= 276, "{report:?}");
        assert!(report.bytes_checked > 256 << 10 && report.bytes_checked <= len, "{report:?}");
    }
}

#[test]
fn an_empty_container_is_sound() {
    let memory = MemoryStorage::new();
    let storage: Arc<dyn Storage> = Arc::new(memory);
    let schema = build::schema();
    Writer::create(&storage, &Space::default(), schema, String::new()).unwrap().close().unwrap();
    let report = verify(&storage, &|_, _, _| Ok(()), &|_, _| Ok(()), &mut |_, _| true).unwrap();
    assert!(report.is_ok() && report.notes.is_empty(), "{report:?}");
}

#[test]
fn what_a_crash_leaves_is_sound() {
    let disk = SimDisk::new();
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    let writer = build::with_log(&storage);
    for seed in 0..20 {
        let image = disk.crash_image(seed, CrashMode::Random(50));
        let report = check(image).unwrap();
        assert!(report.is_ok(), "{:#?}", report.problems);
        assert_eq!(report.images, writer.state().images());
    }
}

#[test]
fn compaction_leaves_a_sound_container() {
    let memory = MemoryStorage::new();
    let storage: Arc<dyn Storage> = Arc::new(memory.clone());
    let mut writer = build::with_log(&storage);
    writer.compact(&mut |_, _| true).unwrap();
    while writer.shrink_step().unwrap() {}
    writer.finish_shrink(true).unwrap();
    writer.seal().unwrap();
    let report = check(memory.snapshot_bytes()).unwrap();
    assert!(report.is_ok() && report.notes.is_empty(), "{report:#?}");
    assert_eq!(report.images, writer.state().images());
    read_all(&storage).unwrap();
}

#[test]
fn indexes_of_unknown_kinds_are_checked_too() {
    let mut patient = Patient::new();
    let data = patient.append(&vec![7; 100_000]);
    patient.edit_manifest(|manifest| {
        manifest.indexes.push(IndexDesc { kind: 99, column: GLOBAL, group: 0, data });
    });
    assert!(check(patient.bytes.clone()).unwrap().is_ok());
    let last = usize::try_from(data.offset()).unwrap() + 99_999;
    patient.bytes[last] ^= 1;
    patient.breaks(crate::format::Rule::BlockChecksum);
}

#[test]
fn progress_counts_up_and_can_stop_the_work() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::from_bytes(Patient::new().bytes));
    let mut calls = Vec::new();
    let report = verify(&storage, &|_, _, _| Ok(()), &|_, _| Ok(()), &mut |done, total| {
        calls.push((done, total));
        true
    });
    let last = calls.last().copied().unwrap();
    assert_eq!(last, (report.unwrap().bytes_checked, last.0), "all of it in the end");
    assert!(calls.is_sorted_by(|a, b| a.0 <= b.0));
    assert!(calls.iter().all(|(done, total)| done <= total));
    for stop in 0..calls.len() {
        let mut left = stop;
        let stopped = verify(&storage, &|_, _, _| Ok(()), &|_, _| Ok(()), &mut |_, _| {
            left = left.saturating_sub(1);
            left > 0
        });
        assert!(matches!(stopped, Err(Error::Cancelled)), "after {stop} calls");
    }
}

#[test]
fn errors_of_the_medium_are_errors() {
    let disk = SimDisk::from_image(Patient::with_log(true).bytes);
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    disk.fault_reads(true);
    verify(&storage, &|_, _, _| Ok(()), &|_, _| Ok(()), &mut |_, _| true).unwrap();
    let reads = disk.ops();
    for op in 0..reads {
        disk.set_trigger(disk.ops() + op, crate::storage::sim::Fault::Eio);
        let result = verify(&storage, &|_, _, _| Ok(()), &|_, _| Ok(()), &mut |_, _| true);
        assert!(matches!(result, Err(Error::Io { .. })), "read {op}: {result:?}");
        disk.clear_triggers();
    }
}

#[test]
fn a_newer_format_is_no_damage() {
    let mut patient = Patient::new();
    patient.edit_superblock(|superblock| superblock.incompat = 1 << 20);
    assert!(matches!(check(patient.bytes), Err(Error::NewerFormat { .. })));
}

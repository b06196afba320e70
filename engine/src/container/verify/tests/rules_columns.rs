//! What holds between row groups: V020, V026 to V028.

use super::build::{self, AGE, SMALL};
use super::check;
use super::surgery::Patient;
use crate::format::Rule;
use crate::format::bitmap::Bitmap;
use crate::format::group::layout::section;
use crate::format::schema::COLUMN_KEYS;

fn broken(edit: impl FnOnce(&mut Patient)) -> Patient {
    let mut patient = Patient::new();
    edit(&mut patient);
    patient
}

/// The first row group of keys with one of its texts replaced.
fn renamed(place: usize, name: &str) -> Patient {
    let mut names: Vec<String> = (0..build::FIRST).map(|row| format!("case/{row:05}")).collect();
    names[place] = name.into();
    let rows = (0..build::FIRST).collect();
    broken(|p| p.replace_group(COLUMN_KEYS, 0, &build::keys(rows, &names, vec![0; 240])))
}

#[test]
fn v020_unique_keys() {
    renamed(8, "case/00009").breaks(Rule::KeyUnique);
    renamed(8, "case/00250").breaks(Rule::KeyUnique);
    let report = check(renamed(8, "case/00003").bytes).unwrap();
    assert!(report.is_ok(), "row 3 is deleted, its key is free: {report:#?}");
}

#[test]
fn v020_unique_keys_against_the_log() {
    let mut patient = Patient::with_log(true);
    let mut names: Vec<String> = (0..build::FIRST).map(|row| format!("case/{row:05}")).collect();
    names[8] = "case/00283".into();
    let encoded = build::keys((0..build::FIRST).collect(), &names, vec![0; 240]);
    patient.replace_group(COLUMN_KEYS, 0, &encoded);
    patient.breaks(Rule::KeyUnique);
}

#[test]
fn v026_bitmaps() {
    let mut bits = Bitmap::new(240);
    bits.set(3);
    bits.set(77);
    let words = bits.words().to_vec();
    let mut high = words.clone();
    high[3] |= 1 << 60;
    for (words, count) in [(&words, 3), (&words, 1), (&high, 3)] {
        let patient = broken(|p| {
            p.edit_manifest(|m| m.images = m.images + 2 - count);
            p.set_dead_words(COLUMN_KEYS, 0, words, count);
        });
        patient.breaks(Rule::DeadBitmap);
    }
    broken(|p| p.edit_desc(AGE, 0, |d| d.dead_count = 1000)).breaks(Rule::DeadBitmap);
    broken(|p| p.edit_desc(COLUMN_KEYS, 0, |d| d.dead_count = 0)).breaks(Rule::DeadBitmap);
    broken(|p| p.edit_desc(COLUMN_KEYS, 0, |d| d.dead.len = 8)).breaks(Rule::DeadBitmap);
}

#[test]
fn v027_live_rows() {
    let twice = broken(|p| p.set_dead(SMALL, 0, &[3, 77]));
    let report = check(twice.bytes.clone()).unwrap();
    assert_eq!(report.problems.len(), 1, "{report:#?}");
    assert!(report.problems[0].message.contains("row 10 and 2 more"), "{report:#?}");
    twice.breaks(Rule::RowLive);
    let orphans = broken(|p| {
        p.edit_manifest(|m| m.images -= 1);
        p.set_dead(COLUMN_KEYS, 0, &[3, 8, 77]);
    });
    assert_eq!(check(orphans.bytes.clone()).unwrap().problems.len(), 9, "each other column");
    orphans.breaks(Rule::RowLive);
}

#[test]
fn v028_spaces() {
    broken(|p| p.set((COLUMN_KEYS, 0), section::KEY_SPACES, 100, 2_u32)).breaks(Rule::SpaceId);
    broken(|p| p.edit_manifest(|m| m.spaces.clear())).breaks(Rule::SpaceId);
}

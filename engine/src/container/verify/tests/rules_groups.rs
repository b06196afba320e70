//! Row groups, keys, attributes, metadata: V014 to V019, V021, V022.

use super::build::{self, AGE, DOSE, FLAG, GLOBAL, PARTS, SITE, SMALL};
use super::surgery::Patient;
use crate::container::encode::MetadataInput;
use crate::format::Rule;
use crate::format::group::layout::section;
use crate::format::limits::JSON_DEPTH_MAX;
use crate::format::ops::Op;
use crate::format::schema::{COLUMN_KEYS, COLUMN_METADATA};

const KEYS: (u32, usize) = (COLUMN_KEYS, 0);

fn broken(edit: impl FnOnce(&mut Patient)) -> Patient {
    let mut patient = Patient::new();
    edit(&mut patient);
    patient
}

#[test]
fn v014_descriptors() {
    broken(|p| p.edit_desc(AGE, 0, |d| d.id = 1 << 20)).breaks(Rule::GroupDescriptor);
    let taken = broken(|p| {
        let id = p.desc(DOSE, 0).id;
        p.edit_desc(AGE, 0, |d| d.id = id);
    });
    taken.breaks(Rule::GroupDescriptor);
    broken(|p| p.edit_desc(AGE, 0, |d| d.column = DOSE)).breaks(Rule::GroupDescriptor);
    broken(|p| p.edit_desc(AGE, 0, |d| d.column = 999)).breaks(Rule::GroupDescriptor);
    broken(|p| p.edit_desc(AGE, 0, |d| d.count = 0)).breaks(Rule::GroupDescriptor);
    broken(|p| p.edit_desc(AGE, 0, |d| d.last_row = 1)).breaks(Rule::GroupDescriptor);
    broken(|p| p.edit_desc(AGE, 0, |d| d.inline = true)).breaks(Rule::GroupDescriptor);
}

#[test]
fn v014_descriptors_in_the_log() {
    let mut patient = Patient::with_log(true);
    let taken = patient.desc(AGE, 0).id;
    patient.edit_ops(1, |ops| {
        let Op::AddGroup(desc) = &mut ops[0] else { panic!("a row group") };
        desc.id = taken;
    });
    patient.breaks(Rule::GroupDescriptor);
}

/// Puts a value into the fixed part of the header.
fn head(column: u32, at: usize, value: u8) -> Patient {
    broken(|p| p.edit_group(column, 0, |data, _| data[at] = value))
}

#[test]
fn v015_headers() {
    let (count, dim, dtype, total) = (8, 24, 28, 40);
    for patient in [
        head(AGE, count, 7),
        head(AGE, dim, 1),
        head(GLOBAL, dim, 199),
        head(GLOBAL, dtype, 1),
        head(SMALL, dtype, 2),
        head(AGE, total, 1),
        head(PARTS, dim, 13),
        broken(|p| p.edit_group(GLOBAL, 0, |data, _| data[32] += 64)),
        broken(|p| p.edit_manifest(|m| m.schema.fields[0].dim = 201)),
        broken(|p| p.edit_desc(AGE, 0, |d| d.total = 7)),
        broken(|p| {
            p.edit_group(AGE, 0, |data, _| data[total] = 7);
            p.edit_desc(AGE, 0, |d| d.total = 7);
        }),
    ] {
        patient.breaks(Rule::GroupHeader);
    }
    let lost = broken(|p| {
        // The bytes still decode for the surgery: only the manifest says that they lie elsewhere.
        let other = p.desc(FLAG, 0).data;
        let old = p.desc(AGE, 0).data;
        p.edit_desc(AGE, 0, |d| d.data = other);
        p.edit_desc(FLAG, 0, |d| d.data = old);
    });
    lost.breaks(Rule::GroupHeader);
}

#[test]
fn v016_sections() {
    let entry = |number: usize| 64 + 16 * number;
    for patient in [
        broken(|p| p.edit_group(AGE, 0, |data, _| data[entry(section::VALUES)] += 1)),
        broken(|p| p.edit_group(AGE, 0, |data, _| data[entry(section::VALUES)] = 0)),
        broken(|p| p.edit_group(AGE, 0, |data, _| data[entry(section::VALUES) + 8] -= 8)),
        broken(|p| p.edit_group(AGE, 0, |data, _| data[entry(section::VALUES) + 14] = 1)),
        broken(|p| {
            p.edit_group(PARTS, 0, |data, _| data[entry(section::ENTRY_FLAGS) + 8..][..8].fill(0));
        }),
        broken(|p| {
            p.edit_group(PARTS, 0, |data, _| data[entry(section::ENTRY_BOXES) + 8..][..8].fill(0));
        }),
    ] {
        patient.breaks(Rule::GroupSection);
    }
}

#[test]
fn v017_rows() {
    let last = usize::try_from(Patient::new().desc(AGE, 0).count).unwrap() - 1;
    for (index, row) in [(1, 0_u64), (1, 4), (0, 1), (last, 237), (last, 239), (5, u64::MAX)] {
        broken(|p| p.set((AGE, 0), section::ROWS, index, row)).breaks(Rule::GroupRows);
    }
    // Damaged rows of keys make no other column guilty.
    let keys = broken(|p| {
        let rows: Vec<u64> = (0..build::FIRST).filter(|row| ![3, 77].contains(row)).collect();
        let names = rows.iter().map(|row| format!("case/{row:05}")).collect::<Vec<_>>();
        let spaces = vec![0; rows.len()];
        p.set_dead(COLUMN_KEYS, 0, &[]);
        p.replace_group(COLUMN_KEYS, 0, &build::keys(rows, &names, spaces));
        assert!(super::check(p.bytes.clone()).unwrap().is_ok());
        p.set(KEYS, section::ROWS, 1, 0_u64);
    });
    keys.breaks(Rule::GroupRows);
}

fn names() -> Vec<String> {
    (0..build::FIRST).map(|row| format!("other {row}")).collect()
}

fn with_keys(names: &[String]) -> Patient {
    let rows = (0..build::FIRST).collect();
    let spaces = vec![0; names.len()];
    broken(|p| p.replace_group(COLUMN_KEYS, 0, &build::keys(rows, names, spaces)))
}

#[test]
fn v018_keys() {
    let good = with_keys(&names());
    assert!(super::check(good.bytes).unwrap().is_ok());
    for bad in [String::new(), "x".repeat(1025)] {
        let mut names = names();
        names[30] = bad;
        with_keys(&names).breaks(Rule::KeyText);
    }
    let longest = {
        let mut names = names();
        names[30] = "x".repeat(1024);
        with_keys(&names)
    };
    assert!(super::check(longest.bytes).unwrap().is_ok());
    broken(|p| p.set(KEYS, section::KEY_BYTES, 3, 0xff_u8))
        .breaks_all(&[Rule::KeyText, Rule::KeyIndex]);
    for (index, offset) in [(0, 1_u32), (3, 0), (4, u32::MAX), (240, 2399), (240, 2401)] {
        broken(|p| p.set(KEYS, section::KEY_OFFSETS, index, offset)).breaks(Rule::KeyText);
    }
}

#[test]
fn v019_key_index() {
    for (index, hash) in [(0, 1_u64), (7, u64::MAX), (239, 0)] {
        broken(|p| p.set(KEYS, section::KEY_HASHES, index, hash)).breaks(Rule::KeyIndex);
    }
    for entry in [0_u32, 5, 240, u32::MAX] {
        let patient = broken(|p| {
            p.edit_section(KEYS, section::KEY_ORDER, |order| {
                let second = order[4..8].to_vec();
                let wrong = if entry == 0 { second } else { entry.to_le_bytes().to_vec() };
                order[..4].copy_from_slice(&wrong);
            });
        });
        patient.breaks(Rule::KeyIndex);
    }
}

#[test]
fn v021_attributes() {
    let texts = (SITE, 0);
    for patient in [
        broken(|p| p.set((FLAG, 0), section::VALUES, 9, 2_u8)),
        broken(|p| p.set(texts, section::VALUES, 9, 7_u32)),
        broken(|p| p.set(texts, section::DICT_OFFSETS, 2, 0_u32)),
        broken(|p| p.set(texts, section::DICT_OFFSETS, 7, 41_u32)),
        broken(|p| p.set(texts, section::DICT_BYTES, 0, 0xff_u8)),
    ] {
        patient.breaks(Rule::AttributeValues);
    }
}

#[test]
fn v022_metadata() {
    let metadata = (COLUMN_METADATA, 0);
    for patient in [
        broken(|p| p.set(metadata, section::JSON_BYTES, 0, b'[')),
        broken(|p| p.set(metadata, section::JSON_BYTES, 2, 0xff_u8)),
        broken(|p| p.set(metadata, section::JSON_OFFSETS, 3, 0_u64)),
        broken(|p| p.set(metadata, section::JSON_OFFSETS, 120, u64::MAX)),
        broken(|p| p.edit_manifest(|m| m.metadata = "{".into())),
        broken(|p| p.edit_manifest(|m| m.schema.fields[0].provenance.json = "x".into())),
    ] {
        patient.breaks(Rule::MetadataText);
    }
    let deepest = usize::try_from(JSON_DEPTH_MAX).unwrap();
    for (depth, good) in [(deepest, true), (deepest + 1, false), (100_000, false)] {
        let text = "[".repeat(depth) + &"]".repeat(depth);
        let encoded = MetadataInput { rows: vec![6], texts: vec![&text] }.encode().unwrap();
        let mut patient = Patient::new();
        patient.set_dead(COLUMN_METADATA, 0, &[]);
        patient.replace_group(COLUMN_METADATA, 0, &encoded);
        if good {
            assert!(super::check(patient.bytes).unwrap().is_ok());
        } else {
            patient.breaks(Rule::MetadataText);
        }
    }
}

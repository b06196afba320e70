//! Superblocks, spatial header, manifest, log, extents: V001 to V013, V029 to V033, V035.

use super::build::{AGE, FLAG, GLOBAL, SMALL};
use super::check;
use super::surgery::Patient;
use crate::format::Rule;
use crate::format::extent::Extent;
use crate::format::index::IndexDesc;
use crate::format::ops::Op;
use crate::format::schema::COLUMN_KEYS;

fn broken(edit: impl FnOnce(&mut Patient)) -> Patient {
    let mut patient = Patient::new();
    edit(&mut patient);
    patient
}

fn broken_log(edit: impl FnOnce(&mut Patient)) -> Patient {
    let mut patient = Patient::with_log(true);
    edit(&mut patient);
    patient
}

#[test]
fn v001_too_short() {
    for len in [0, 1, 4096, 12_287] {
        broken(|p| p.bytes.truncate(len)).breaks(Rule::FileTooShort);
    }
}

#[test]
fn v002_superblocks() {
    broken(|p| p.bytes[100] ^= 1).breaks(Rule::NoSuperblock);
    broken(|p| p.bytes[4096 + 4095] ^= 1).breaks(Rule::NoSuperblock);
    broken(|p| p.bytes[..8192].fill(0)).breaks(Rule::NoSuperblock);
    let one = check(broken(|p| p.bytes[4096..8192].fill(0)).bytes).unwrap();
    assert_eq!((one.problems.len(), one.groups), (1, 23), "the rest was checked");
    assert_eq!(one.problems[0].offset, 4096);
}

#[test]
fn v003_page_size() {
    broken(|p| p.patch_superblocks(|page| page[13] = 0x20)).breaks(Rule::PageSize);
}

#[test]
fn v004_reserved() {
    broken(|p| p.patch_superblocks(|page| page[4000] = 1)).breaks(Rule::Reserved);
    broken(|p| p.edit_superblock(|s| s.flags |= 2)).breaks(Rule::Reserved);
    broken(|p| p.patch_space(|page| page[200] = 1)).breaks(Rule::Reserved);
    broken(|p| p.patch_space(|page| page[4095] = 1)).breaks(Rule::Reserved);
}

#[test]
fn v005_length() {
    for cut in [1, 4096, 100_000, 200_000] {
        // Extents that lie in what is gone are named too.
        let report = check(broken(|p| p.bytes.truncate(p.bytes.len() - cut)).bytes).unwrap();
        assert_eq!(report.problems[0].rule, Rule::FileLength, "{report:#?}");
        let rest = report.problems.iter().skip(1);
        assert!(rest.into_iter().all(|p| p.rule == Rule::ExtentBounds), "{report:#?}");
    }
    broken(|p| p.edit_superblock(|s| s.file_len += 1)).breaks(Rule::FileLength);
}

#[test]
fn v006_extents() {
    broken(|p| p.edit_superblock(|s| s.manifest.page = 2)).breaks(Rule::ExtentBounds);
    broken(|p| p.edit_desc(AGE, 0, |d| d.data.page = 1 << 30)).breaks(Rule::ExtentBounds);
    broken(|p| p.edit_desc(AGE, 0, |d| d.bulk.page = 1)).breaks(Rule::ExtentBounds);
    let shifted = |d: &mut crate::format::group::GroupDesc| d.data.len = u64::MAX;
    broken(|p| p.edit_desc(AGE, 0, shifted)).breaks(Rule::ExtentBounds);
}

#[test]
fn v007_overlap() {
    broken(|p| {
        let data = p.desc(AGE, 0).data;
        let index = IndexDesc { kind: 9, column: AGE, group: 0, data };
        p.edit_manifest(|m| m.indexes.push(index));
    })
    .breaks(Rule::ExtentOverlap);
    broken(|p| {
        let dead = p.desc(COLUMN_KEYS, 0).dead;
        p.edit_desc(GLOBAL, 0, |d| d.dead = dead);
    })
    .breaks(Rule::ExtentOverlap);
    broken(|p| {
        let page = p.desc(GLOBAL, 0).data.page + 5;
        p.edit_superblock(|s| (s.log.page, s.log.pages) = (page, 1));
    })
    .breaks(Rule::ExtentOverlap);
    // The log supersedes this bitmap, but who opens the container reads it still.
    broken_log(|p| {
        let dead = p.desc(COLUMN_KEYS, 0).dead;
        p.edit_desc(GLOBAL, 0, |d| d.dead = dead);
    })
    .breaks(Rule::ExtentOverlap);
}

#[test]
fn v008_blocks() {
    for (column, byte) in [(GLOBAL, 0), (GLOBAL, 70_000), (AGE, 500), (SMALL, 0)] {
        let mut patient = Patient::new();
        let start = usize::try_from(patient.desc(column, 0).data.offset()).unwrap();
        patient.bytes[start + byte] ^= 4;
        let report = check(patient.bytes.clone()).unwrap();
        assert_eq!(report.problems.len(), 1, "once: {report:#?}");
        patient.breaks(Rule::BlockChecksum);
    }
    let manifest = |p: &mut Patient| usize::try_from(p.superblock().manifest.offset()).unwrap();
    broken(|p| {
        let at = manifest(p);
        p.bytes[at + 50] ^= 1;
    })
    .breaks(Rule::BlockChecksum);
    let dead = |p: &mut Patient| usize::try_from(p.desc(COLUMN_KEYS, 0).dead.offset()).unwrap();
    for patient in [Patient::new(), Patient::with_log(true), Patient::with_log(false)] {
        let mut patient = patient;
        let at = dead(&mut patient);
        patient.bytes[at] ^= 1;
        patient.breaks(Rule::BlockChecksum);
    }
}

#[test]
fn damage_in_one_block_does_not_hide_what_is_in_another() {
    let mut patient = Patient::new();
    patient.set((GLOBAL, 0), crate::format::group::layout::section::VECTOR_MATRIX, 0, f32::NAN);
    let start = usize::try_from(patient.desc(GLOBAL, 0).data.offset()).unwrap();
    patient.bytes[start + 190_000] ^= 1;
    patient.breaks_all(&[Rule::BlockChecksum, Rule::FeatureFinite]);
}

#[test]
fn v009_tables() {
    broken(|p| {
        let at = usize::try_from(p.desc(GLOBAL, 0).data.table_offset()).unwrap();
        p.bytes[at + 2] ^= 1;
    })
    .breaks(Rule::TableChecksum);
}

#[test]
fn v010_v011_space() {
    broken(|p| p.bytes[8192 + 4000] ^= 1).breaks(Rule::SpaceChecksum);
    broken(|p| p.patch_space(|page| page[32..40].fill(0))).breaks(Rule::SpaceValues);
    broken(|p| p.edit_manifest(|m| m.spaces[0].shape[1] = 0)).breaks(Rule::SpaceValues);
    let report = check(broken(|p| p.bytes[8192] ^= 1).bytes).unwrap();
    assert_eq!(report.groups, 23, "the rest was checked");
}

#[test]
fn v012_manifest() {
    broken(|p| p.patch_manifest(|m| m[0] = b'X')).breaks(Rule::ManifestLayout);
    broken(|p| p.patch_manifest(|m| m.push(0))).breaks(Rule::ManifestLayout);
    broken(|p| p.patch_manifest(|m| m.truncate(m.len() - 9))).breaks(Rule::ManifestLayout);
    broken(|p| p.edit_manifest(|m| m.epoch += 1)).breaks(Rule::ManifestLayout);
    broken(|p| p.edit_manifest(|m| m.images -= 1)).breaks(Rule::ManifestLayout);
}

#[test]
fn v013_schema() {
    let name = |p: &mut Patient| {
        p.edit_manifest(|m| m.schema.fields[1].name = m.schema.fields[0].name.clone());
    };
    broken(name).breaks(Rule::SchemaValues);
    broken(|p| p.edit_manifest(|m| m.schema.fields[0].dim = 0)).breaks(Rule::SchemaValues);
    let column = |p: &mut Patient| p.edit_manifest(|m| m.schema.attributes[0].column = GLOBAL);
    broken(column).breaks(Rule::SchemaValues);
}

#[test]
fn v029_log_bounds() {
    broken(|p| p.edit_superblock(|s| s.log.page = 1 << 40)).breaks(Rule::LogBounds);
    broken(|p| p.edit_superblock(|s| s.log.page = 2)).breaks(Rule::LogBounds);
}

#[test]
fn v030_records() {
    broken(|p| p.edit_superblock(|s| s.log.end_seq += 1)).breaks(Rule::LogRecord);
    broken(|p| p.edit_superblock(|s| s.log.end_seq -= 1)).breaks(Rule::LogRecord);
    broken_log(|p| p.edit_superblock(|s| s.log.end_seq += 1)).breaks(Rule::LogRecord);
    broken_log(|p| p.edit_superblock(|s| s.log.chain ^= 1)).breaks(Rule::LogRecord);
    broken_log(|p| p.edit_log(|_, header, _| header.epoch += 1)).breaks(Rule::LogRecord);
    broken_log(|p| p.edit_log(|_, header, _| header.synced_seq = 999)).breaks(Rule::LogRecord);
    for byte in [0, 60, 64, 1000] {
        broken_log(|p| {
            let (place, ..) = p.records()[0];
            p.bytes[place + byte] ^= 1;
        })
        .breaks(Rule::LogRecord);
    }
}

#[test]
fn a_torn_tail_is_no_problem_but_a_hole_is() {
    for (record, rules) in [(1, &[][..]), (0, &[Rule::LogRecord][..])] {
        let mut patient = Patient::with_log(false);
        let (place, ..) = patient.records()[record];
        patient.bytes[place + 100] ^= 1;
        let report = check(patient.bytes).unwrap();
        let found: Vec<Rule> = report.problems.iter().map(|p| p.rule).collect();
        assert_eq!((found, report.notes.len()), (rules.to_vec(), 1), "{report:#?}");
    }
}

#[test]
fn v031_operations() {
    broken_log(|p| p.edit_log(|_, _, payload| payload[0] ^= 1)).breaks(Rule::LogOps);
    broken_log(|p| p.edit_log(|_, _, payload| payload[16] = 99)).breaks(Rule::LogOps);
    let descending = |ops: &mut Vec<Op>| {
        let Op::DeleteRows(rows) = &mut ops[0] else { panic!("a deletion") };
        rows.reverse();
    };
    broken_log(|p| p.edit_ops(0, descending)).breaks(Rule::LogOps);
}

#[test]
fn v032_cursors() {
    broken(|p| p.edit_manifest(|m| m.cursors.push(m.cursors[0].clone()))).breaks(Rule::Cursor);
}

#[test]
fn v033_text() {
    broken(|p| {
        p.patch_manifest(|m| {
            let place = m.windows(6).position(|w| w == b"global").unwrap();
            m[place] = 0xff;
        });
    })
    .breaks(Rule::Utf8);
}

#[test]
fn v035_row_range() {
    broken(|p| p.edit_manifest(|m| m.next_row -= 1)).breaks(Rule::RowRange);
    broken(|p| p.edit_manifest(|m| m.images = m.next_row + 1)).breaks(Rule::RowRange);
    let far = |ops: &mut Vec<Op>| {
        for op in ops {
            if let Op::AddGroup(desc) = op
                && desc.column == FLAG
            {
                desc.last_row += 100;
            }
        }
    };
    broken_log(|p| p.edit_ops(0, far)).breaks(Rule::RowRange);
}

#[test]
fn an_extent_of_a_later_commit_is_checked() {
    let mut patient = Patient::with_log(true);
    let mut extent = Extent::default();
    let file_len = patient.bytes.len() as u64;
    for (_, _, payload) in patient.records() {
        for op in crate::format::ops::decode_ops(&payload, 0, file_len).unwrap() {
            if let Op::AddGroup(desc) = op
                && !desc.inline
            {
                extent = desc.data;
            }
        }
    }
    let at = usize::try_from(extent.offset()).unwrap();
    patient.bytes[at + 700] ^= 1;
    patient.breaks(Rule::BlockChecksum);
}

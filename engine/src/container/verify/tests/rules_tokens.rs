//! Tokens: V004, V006 to V009, V014 to V016, V025, V036, V037, in a manifest and in the log.

use super::build::{LONG, PLANE};
use super::check;
use super::surgery::{Patient, pointer, words};
use crate::format::Rule;
use crate::format::extent::Extent;
use crate::format::group::layout::section;
use crate::format::ops::{Op, encode_ops};
use crate::format::superblock::{INCOMPAT_MASKS, INCOMPAT_PROMPT_SETS};

/// 22 images; that of row 0 at place 0, row 22 at place 2 is replaced, row 77 at place 7 deleted.
const SPOT: (u32, usize) = (PLANE, 0);
const DEAD: [usize; 2] = [2, 7];
/// Of 1700, 0 and 3 tokens.
const FREE: (u32, usize) = (LONG, 0);

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

/// The container with another pointer to a tensor.
fn pointed(group: (u32, usize), place: usize, change: impl FnOnce(&mut [u64; 3])) -> Patient {
    broken(|p| {
        let mut pointer = words(p.tensor(group.0, group.1, place));
        change(&mut pointer);
        p.set(group, section::TENSORS, place, pointer);
    })
}

/// The container with another pointer in the row group of the log.
fn pointed_in_log(column: u32, place: usize, change: impl Fn(&mut [u64; 3])) -> Patient {
    broken_log(|p| {
        p.edit_inline(column, |blob, header| {
            let mut words = words(pointer(blob, header, place));
            change(&mut words);
            let start = usize::try_from(header.sections[section::TENSORS].offset).unwrap();
            let start = start + 24 * place;
            blob[start..start + 24].copy_from_slice(bytemuck::bytes_of(&words));
        });
    })
}

fn start(extent: Extent) -> usize {
    usize::try_from(extent.offset()).unwrap()
}

#[test]
fn v004_reserved() {
    for place in [0, 21, DEAD[0], DEAD[1]] {
        pointed(SPOT, place, |words| words[2] |= 1 << 63).breaks(Rule::Reserved);
    }
    pointed_in_log(PLANE, 1, |words| words[2] |= 1 << 32).breaks(Rule::Reserved);
    broken(|p| p.set(SPOT, section::MAPPINGS, 80 + 3, 1_u8)).breaks(Rule::Reserved);
}

#[test]
fn v006_pointers() {
    for place in [0, DEAD[0]] {
        pointed(SPOT, place, |words| words[0] = 2).breaks(Rule::ExtentBounds);
        pointed(SPOT, place, |words| words[0] = 1 << 40).breaks(Rule::ExtentBounds);
    }
    pointed(FREE, 1, |words| words[2] = 1).breaks(Rule::ExtentBounds);
    pointed(SPOT, 5, |words| words[0] = 1 << 30).breaks(Rule::ExtentBounds);
    pointed_in_log(PLANE, 0, |words| words[0] = 0).breaks(Rule::ExtentBounds);
    pointed_in_log(LONG, 1, |words| words[0] = 5).breaks(Rule::ExtentBounds);
    pointed_in_log(PLANE, 2, |words| words[0] = 1 << 30).breaks(Rule::ExtentBounds);
}

#[test]
fn v007_tensors_share_no_page() {
    let same = words(Patient::new().tensor(PLANE, 0, 0));
    pointed(SPOT, 1, |words| *words = same).breaks(Rule::ExtentOverlap);
    // As long as the image is dead, its pages may be those of anything.
    let dead = pointed(SPOT, DEAD[0], |words| *words = same);
    assert!(check(dead.bytes).unwrap().is_ok());
    // An image of the log with the tensor of the manifest; a prompt set with that of an image.
    pointed_in_log(PLANE, 0, |words| *words = same).breaks(Rule::ExtentOverlap);
    let index = broken(|p| {
        let data = p.tensor(LONG, 0, 2);
        let index = crate::format::index::IndexDesc { kind: 9, column: LONG, group: 0, data };
        p.edit_manifest(|m| m.indexes.push(index));
    });
    index.breaks(Rule::ExtentOverlap);
}

#[test]
fn v008_v009_blocks() {
    for (group, place, byte) in [(SPOT, 0, 0), (SPOT, 21, 95), (FREE, 0, 67_999), (FREE, 2, 119)] {
        for mut patient in [Patient::new(), Patient::with_log(false)] {
            let tensor = start(patient.tensor(group.0, group.1, place));
            // The log replaces this one.
            if group == FREE && place == 2 && patient.superblock().log.page > 0 {
                continue;
            }
            patient.bytes[tensor + byte] ^= 1;
            let report = check(patient.bytes.clone()).unwrap();
            assert_eq!(report.problems.len(), 1, "once: {report:#?}");
            patient.breaks(Rule::BlockChecksum);
        }
    }
    let table = broken(|p| {
        let at = usize::try_from(p.tensor(LONG, 0, 0).table_offset()).unwrap();
        p.bytes[at + 5] ^= 1;
    });
    table.breaks(Rule::TableChecksum);
    let freed = broken(|p| {
        let tensor = start(p.tensor(PLANE, 0, DEAD[1]));
        p.bytes[tensor] ^= 1;
    });
    let report = check(freed.bytes).unwrap();
    assert!(report.problems.iter().all(|p| p.rule != Rule::BlockChecksum), "{report:#?}");
}

/// The first tensor of the row group of a column in the first record.
fn tensor_in_log(patient: &Patient, column: u32, place: usize) -> Extent {
    let found = std::cell::Cell::new(Extent::default());
    patient.clone().edit_inline(column, |blob, header| found.set(pointer(blob, header, place)));
    found.get()
}

#[test]
fn a_damaged_tensor_of_the_log_is_damage_or_a_torn_tail() {
    for (column, place, byte) in [(PLANE, 0, 0), (LONG, 2, 65_999)] {
        let flip = |p: &mut Patient| {
            let tensor = start(tensor_in_log(p, column, place));
            p.bytes[tensor + byte] ^= 1;
        };
        broken_log(flip).breaks(Rule::BlockChecksum);
        // The second record says that the first one was durable.
        let mut open = Patient::with_log(false);
        flip(&mut open);
        open.clone().breaks(Rule::BlockChecksum);
        let unsure = |p: &mut Patient| p.edit_log(|_, header, _| header.synced_seq = 0);
        unsure(&mut open);
        let report = check(open.bytes).unwrap();
        assert!(report.is_ok() && report.notes.len() == 1, "{report:#?}");
        assert_eq!(report.images, 278, "both records are gone");
    }
}

#[test]
fn v014_feature_bit() {
    broken(|p| p.edit_superblock(|s| s.incompat = INCOMPAT_MASKS | INCOMPAT_PROMPT_SETS))
        .breaks(Rule::GroupDescriptor);
    broken_log(|p| {
        // Tokens are in the log alone.
        p.edit_superblock(|s| s.incompat = INCOMPAT_MASKS | INCOMPAT_PROMPT_SETS);
        p.edit_manifest(|m| m.groups.retain(|group| ![PLANE, LONG].contains(&group.column)));
    })
    .breaks(Rule::GroupDescriptor);
    broken(|p| p.edit_superblock(|s| s.incompat = 1 | 2 | 4)).breaks_all(&[]);
}

#[test]
fn v015_headers() {
    // Counts, dim, dtype, stride, total; a stride as if rows were padded.
    for (at, value) in [(8, 21), (24, 5), (28, 1), (32, 64), (40, 23)] {
        broken(|p| p.edit_group(PLANE, 0, |data, _| data[at] = value)).breaks(Rule::GroupHeader);
    }
    broken_log(|p| p.edit_inline(PLANE, |blob, _| blob[32] = 64)).breaks(Rule::GroupHeader);
    broken(|p| p.edit_manifest(|m| m.schema.fields[4].dim = 5)).breaks(Rule::GroupHeader);
}

#[test]
fn v016_sections() {
    let len = |number: usize| 64 + 16 * number + 8;
    for (at, value) in [
        (len(section::TENSORS), 0),
        (len(section::MAPPING_CODES), 84),
        (len(section::MAPPING_CODES), 0),
        (len(section::MAPPINGS), 81),
    ] {
        broken(|p| p.edit_group(PLANE, 0, |data, _| data[at] = value)).breaks(Rule::GroupSection);
        broken_log(|p| p.edit_inline(PLANE, |blob, _| blob[at] = value ^ 2))
            .breaks(Rule::GroupSection);
    }
}

#[test]
fn v025_values() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let edit = |data: &mut [u8]| data[92..].copy_from_slice(&value.to_le_bytes());
        broken(|p| p.edit_tensor(SPOT, 0, edit)).breaks(Rule::FeatureFinite);
        let bits = half::f16::from_f32(value).to_le_bytes();
        for place in [0, 40_000, 67_998] {
            let edit = |data: &mut [u8]| data[place..place + 2].copy_from_slice(&bits);
            broken(|p| p.edit_tensor(FREE, 0, edit)).breaks(Rule::FeatureFinite);
        }
    }
    let largest = |data: &mut [u8]| data[..4].copy_from_slice(&f32::MAX.to_le_bytes());
    assert!(check(broken(|p| p.edit_tensor(SPOT, 0, largest)).bytes).unwrap().is_ok());
}

#[test]
fn v036_lengths() {
    for len in [92, 100, 97, 192] {
        pointed(SPOT, 3, |words| words[1] = len).breaks(Rule::TensorExtent);
        pointed(SPOT, DEAD[1], |words| words[1] = len).breaks(Rule::TensorExtent);
        pointed_in_log(PLANE, 2, |words| words[1] = len).breaks(Rule::TensorExtent);
    }
    pointed(SPOT, 3, |words| *words = [0; 3]).breaks(Rule::TensorExtent);
    pointed(FREE, 2, |words| words[1] = 119).breaks(Rule::TensorExtent);
    pointed(FREE, 2, |words| words[1] = (1 << 36) + 24).breaks(Rule::TensorExtent);
    pointed_in_log(LONG, 0, |words| words[1] -= 2).breaks(Rule::TensorExtent);
}

#[test]
fn v037_mappings() {
    let at = |part: usize, axis: usize| (80 + 8 + 24 * part + 8 * axis) / 8;
    let (offset, stride, extent) = (0, 1, 2);
    for (part, value) in [
        (offset, f64::NAN),
        (offset, f64::INFINITY),
        (stride, 0.0),
        (stride, -0.0),
        (stride, f64::NEG_INFINITY),
        (extent, 0.0),
        (extent, -1.0),
        (extent, f64::NAN),
    ] {
        for axis in 0..3 {
            broken(|p| p.set(SPOT, section::MAPPINGS, at(part, axis), value))
                .breaks(Rule::GridMapping);
        }
    }
    for axes in [[0, 1, 1], [0, 0, 0], [1, 2, 3], [255, 1, 2]] {
        broken(|p| {
            p.edit_section(SPOT, section::MAPPINGS, |bytes| bytes[..3].copy_from_slice(&axes));
        })
        .breaks(Rule::GridMapping);
    }
    for code in [3_u32, u32::MAX] {
        for place in [0, 21, DEAD[0]] {
            broken(|p| p.set(SPOT, section::MAPPING_CODES, place, code)).breaks(Rule::GridMapping);
        }
    }
    broken_log(|p| {
        p.edit_inline(PLANE, |blob, header| {
            let start = usize::try_from(header.sections[section::MAPPINGS].offset).unwrap();
            blob[start] = 7;
        });
    })
    .breaks(Rule::GridMapping);
}

/// A schema of the log may not change the grid of a column that has tensors.
#[test]
fn v013_the_grid_stays() {
    let mut schema = Patient::new().manifest().schema;
    for (grid, rule) in [([0, 2, 3], None), ([0, 3, 2], Some(Rule::SchemaValues))] {
        schema.fields[4].grid = grid;
        let patient = broken_log(|p| {
            p.edit_log(|index, _, payload| {
                if index == 1 {
                    *payload = encode_ops(&[Op::SetSchema(schema.clone())]);
                }
            });
        });
        patient.breaks_all(rule.as_slice());
    }
}

/// The file may have been cut since where the tensor of a dead image was.
#[test]
fn pointers_of_dead_images_may_lie_behind_the_end() {
    let dead = pointed(SPOT, DEAD[1], |words| words[0] = 1 << 30);
    assert!(check(dead.bytes).unwrap().is_ok());
}

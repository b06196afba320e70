//! Masks: V004, V014 to V017, V027, V035, V038 to V040, in a manifest and in the log.

use super::build::MASKS;
use super::build_masks::{
    RawMasks, bytes, first, full, in_log, record, second, voxels, with_voxels,
};
use super::check;
use super::surgery::Patient;
use crate::container::encode::name_key;
use crate::format::Rule;
use crate::format::group::GroupDesc;
use crate::format::group::layout::section;
use crate::format::limits::{AXIS_MAX, JSON_BYTES_MAX, MASK_VOXELS_MAX, SEGMENT_PARTS_MAX};
use crate::format::ops::Op;
use crate::format::segment::{SegmentRecord, VoxelFacts, segment_row};
use crate::format::superblock::{INCOMPAT_PROMPT_SETS, INCOMPAT_TOKENS};

const FIRST: (u32, usize) = (MASKS, 0);
/// A live segment with voxels, one of two in a common block, and one of a deleted image.
const OWN: usize = 0;
const SHARED: usize = 3;
const DEAD: usize = 5;

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

/// The container with another first row group.
fn replaced(edit: impl FnOnce(&mut RawMasks)) -> Patient {
    let mut raw = first();
    edit(&mut raw);
    broken(|p| p.replace_group(MASKS, 0, &raw.encode()))
}

/// The container with another record of the segment at a place.
fn recorded(place: usize, record: Vec<u8>) -> Patient {
    replaced(|raw| raw.records[place] = record)
}

/// The container with other facts of the segment at a place.
fn stated(place: usize, edit: impl FnOnce(&mut VoxelFacts)) -> Patient {
    let offset = [0, 0, 0, 0, 30, 40][place];
    let (block, mut facts) = voxels(offset, 10, None);
    edit(&mut facts);
    let voxels = Some((block, facts));
    recorded(place, record(&SegmentRecord { voxels, ..SegmentRecord::default() }))
}

/// The container with a section of the row group of the log changed.
fn in_the_log(number: usize, place: usize, with: &[u8]) -> Patient {
    broken_log(|p| {
        p.edit_inline(MASKS, |blob, header| {
            let start = usize::try_from(header.sections[number].offset).unwrap() + place;
            blob[start..start + with.len()].copy_from_slice(with);
        });
    })
}

#[track_caller]
fn sound(patient: &Patient) {
    let report = check(patient.bytes.clone()).unwrap();
    assert!(report.is_ok(), "{report:#?}");
}

#[test]
fn the_fixture_has_live_and_dead_segments() {
    let patient = Patient::new();
    assert_eq!((patient.desc(MASKS, 0).count, patient.desc(MASKS, 0).dead_count), (9, 3));
    assert_eq!((patient.desc(MASKS, 1).count, patient.desc(MASKS, 1).dead_count), (2, 0));
    sound(&replaced(|_| ()));
    sound(&recorded(OWN, with_voxels(0, 10, None)));
    sound(&recorded(DEAD, record(&full())));
}

#[test]
fn v004_flags() {
    for place in [OWN, SHARED, DEAD] {
        replaced(|raw| raw.records[place][0] |= 128).breaks(Rule::Reserved);
    }
    in_the_log(section::RECORDS, 0, &[0x81]).breaks(Rule::Reserved);
}

#[test]
fn v014_feature_bit() {
    let without = INCOMPAT_TOKENS | INCOMPAT_PROMPT_SETS;
    broken(|p| p.edit_superblock(|s| s.incompat = without)).breaks(Rule::GroupDescriptor);
    broken_log(|p| {
        p.edit_superblock(|s| s.incompat = without);
        p.edit_manifest(|m| m.groups.retain(|group| group.column != MASKS));
    })
    .breaks(Rule::GroupDescriptor);
}

#[test]
fn v015_headers() {
    // Count, dim, dtype, stride, total.
    for (at, value) in [(8, 8), (24, 1), (28, 1), (32, 1), (40, 10)] {
        broken(|p| p.edit_group(MASKS, 0, |data, _| data[at] = value)).breaks(Rule::GroupHeader);
    }
    broken_log(|p| p.edit_inline(MASKS, |blob, _| blob[24] = 1)).breaks(Rule::GroupHeader);
}

#[test]
fn v016_sections() {
    let len = |number: usize| 64 + 16 * number + 8;
    for (at, value) in [
        (len(section::ROWS), 64),
        (len(section::ROWS), 0),
        (len(section::SEGMENT_NAMES), 32),
        (len(section::SEGMENT_LABELS), 37),
        (len(section::NAME_OFFSETS), 0),
        (len(section::NAME_OFFSETS), 19),
        (len(section::RECORD_OFFSETS), 36),
    ] {
        broken(|p| p.edit_group(MASKS, 0, |data, _| data[at] = value)).breaks(Rule::GroupSection);
        broken_log(|p| p.edit_inline(MASKS, |blob, _| blob[at] = value ^ 2))
            .breaks(Rule::GroupSection);
    }
}

#[test]
fn v017_rows() {
    broken(|p| p.set(FIRST, section::ROWS, 1, segment_row(0, 0))).breaks(Rule::GroupRows);
    broken(|p| p.set(FIRST, section::ROWS, 1, segment_row(0, 5))).breaks(Rule::GroupRows);
    broken(|p| p.set(FIRST, section::ROWS, 8, segment_row(12, 3))).breaks(Rule::GroupRows);
    in_the_log(section::ROWS, 8, &segment_row(281, 5).to_le_bytes()).breaks(Rule::GroupRows);
}

#[test]
fn v027_live_rows() {
    broken(|p| p.set_dead(MASKS, 0, &[5, 8])).breaks(Rule::RowLive);
    // The image is gone, the segment is not.
    broken(|p| p.set_dead(MASKS, 0, &[7, 8])).breaks(Rule::RowLive);
    sound(&broken(|p| p.set_dead(MASKS, 0, &[5, 7])));
}

#[test]
fn v035_rows_of_no_image() {
    replaced(|raw| raw.rows[8] = segment_row(280, 0)).breaks(Rule::RowRange);
    sound(&replaced(|raw| raw.rows[8] = segment_row(279, (1 << 20) - 1)));
    let high = |desc: &mut GroupDesc| desc.last_row = segment_row(286, 0);
    broken_log(|p| {
        p.edit_ops(0, |ops| {
            for op in ops {
                if let Op::AddGroup(desc) = op
                    && desc.column == MASKS
                {
                    high(desc);
                }
            }
        });
    })
    .breaks(Rule::RowRange);
}

#[test]
fn v038_names() {
    type Edit = fn(&mut RawMasks);
    let edits: [Edit; 9] = [
        |raw| raw.names.swap(0, 1),
        |raw| raw.names.push(raw.names[3].clone()),
        |raw| raw.names[0] = Vec::new(),
        |raw| raw.names[0] = vec![0],
        |raw| raw.names[2] = vec![1, b'g'],
        |raw| raw.names[2] = vec![9, b'g', b'x'],
        |raw| raw.names[2] = vec![1, 0xff, b'x'],
        |raw| raw.names[2] = vec![1, b'g', 0xff],
        |raw| raw.names[1] = name_key("", &"n".repeat(256)),
    ];
    for edit in edits {
        replaced(edit).breaks(Rule::SegmentNames);
    }
    for place in [OWN, DEAD] {
        replaced(|raw| raw.codes[place] = 4).breaks(Rule::SegmentNames);
        replaced(|raw| raw.codes[place] = u32::MAX).breaks(Rule::SegmentNames);
    }
    sound(&replaced(|raw| raw.names[1] = name_key("", &"n".repeat(255))));
    sound(&replaced(|raw| raw.names.push(name_key("z", "used by none"))));
    for (index, offset) in [(0, 1_u32), (1, 50), (4, 20), (4, 23)] {
        broken(|p| p.set(FIRST, section::NAME_OFFSETS, index, offset)).breaks(Rule::SegmentNames);
    }
    in_the_log(section::NAME_BYTES, 1, b"c").breaks(Rule::SegmentNames);
    in_the_log(section::SEGMENT_NAMES, 0, &[9]).breaks(Rule::SegmentNames);
}

#[test]
fn v039_forms_of_records() {
    let own = with_voxels(0, 10, None);
    let mut long = own.clone();
    long.push(0);
    // Offset 10 in two bytes, a sum in more bits than there are.
    let padded = bytes(1, &[0], &[&[0x8a, 0], &own[3..]].concat());
    let huge = [&own[..own.len() - 1], &[255; 19], &[7]].concat();
    for record in [own[..own.len() - 1].to_vec(), long, padded, huge, Vec::new()] {
        for place in [OWN, DEAD] {
            recorded(place, record.clone()).breaks(Rule::SegmentRecord);
        }
    }
    let term = |text: &[u8]| [&[0, 0, u8::try_from(text.len()).unwrap()], text].concat();
    for record in [
        // Part and depth without voxels.
        bytes(32, &[], &[]),
        bytes(64, &[], &[]),
        // Priorities: 0, and one of 33 bits.
        bytes(2, &[0], &[]),
        bytes(2, &[1 << 32], &[]),
        // A colour of three bytes.
        bytes(4, &[], &[1, 2, 3]),
        // Terms: none, more than there may be, one too few, one that is not UTF-8, a text over its limit.
        bytes(8, &[0], &[]),
        bytes(8, &[65_537], &vec![0; 65_537 * 3]),
        bytes(8, &[2], &term(b"x")),
        bytes(8, &[1], &term(b"\xff")),
        bytes(8, &[1], &bytes(0, &[0, (1 << 20) + 1], &vec![b'x'; (1 << 20) + 1])),
        // JSON: empty, none, cut off, not UTF-8, over its limit.
        bytes(16, &[0], &[]),
        bytes(16, &[3], b"{} x"),
        bytes(16, &[3], b"nil"),
        bytes(16, &[3], b"{}"),
        bytes(16, &[3], b"\"\xff\""),
        bytes(16, &[u128::from(JSON_BYTES_MAX) + 1], &vec![b' '; 1 << 20]),
    ] {
        recorded(1, record).breaks(Rule::SegmentRecord);
    }
    sound(&recorded(1, bytes(8, &[1], &term("\u{e9}".as_bytes()))));
    sound(&recorded(1, bytes(2, &[u128::from(u32::MAX)], &[])));
    in_the_log(section::RECORDS, 1, &[0x80]).breaks(Rule::SegmentRecord);
}

#[test]
fn v039_offsets_of_records() {
    let end = |p: &Patient| {
        let offsets = first().records.iter().map(Vec::len).sum::<usize>();
        assert!(p.desc(MASKS, 0).count == 9 && offsets > 60);
        u32::try_from(offsets).unwrap()
    };
    let last = end(&Patient::new());
    for (index, offset) in [(0, 1), (2, 1000), (9, last - 1), (9, last + 1), (5, 0)] {
        broken(|p| p.set(FIRST, section::RECORD_OFFSETS, index, offset))
            .breaks(Rule::SegmentRecord);
    }
}

#[test]
fn v039_impossible_voxels() {
    type Edit = fn(&mut VoxelFacts);
    let edits: [Edit; 14] = [
        |f| f.voxels = 0,
        |f| f.runs = 0,
        |f| f.runs = 4,
        |f| f.voxels = 21,
        |f| f.voxels = MASK_VOXELS_MAX + 1,
        |f| f.sums[0] = 1,
        |f| f.sums[1] = 10,
        |f| f.sums[2] = 13,
        |f| f.bounds.slices = 2..2,
        |f| f.bounds.rows = 4..4,
        |f| f.bounds.columns = 10..10,
        |f| f.bounds.slices = 1..MASK_VOXELS_MAX + 2,
        |f| f.bounds.rows = AXIS_MAX..AXIS_MAX + 1,
        |f| f.bounds.columns = 1..AXIS_MAX + 2,
    ];
    for edit in edits {
        for place in [OWN, DEAD] {
            stated(place, edit).breaks(Rule::SegmentRecord);
        }
    }
    sound(&stated(OWN, |f| f.sums = [0, 9, 12]));
}

#[test]
fn v039_boxes_in_their_spaces() {
    type Edit = fn(&mut VoxelFacts);
    let outside: [Edit; 4] = [
        |f| f.bounds.slices = 10..11,
        |f| f.bounds.rows = 17..21,
        |f| f.bounds.columns = 26..31,
        |f| f.depth = Some((2..3, 0)),
    ];
    for edit in outside {
        stated(OWN, edit).breaks(Rule::SegmentRecord);
        // No one knows any more which space that was.
        sound(&stated(DEAD, edit));
    }
    // The space of image 1 is a slice deeper.
    let deep = |f: &mut VoxelFacts| f.bounds.slices = 10..11;
    sound(&stated(4, deep));
    let frames = |edit: fn(&mut VoxelFacts)| {
        let mut patient = stated(4, edit);
        patient.edit_manifest(|m| m.spaces[0].frames = 2);
        patient
    };
    frames(|_| ()).breaks(Rule::SegmentRecord);
    frames(|f| f.depth = Some((11..12, 0))).breaks(Rule::SegmentRecord);
    sound(&frames(|f| f.depth = Some((2..3, 0))));
    sound(&frames(|f| (f.bounds.slices, f.depth) = (21..22, Some((10..11, 0)))));
}

#[test]
fn v039_blocks() {
    for (offset, len) in [(0, 0), (5990, 11), (6000, 1), (u64::MAX, 1), (1, u64::MAX)] {
        for place in [OWN, DEAD] {
            recorded(place, with_voxels(offset, len, None)).breaks(Rule::SegmentRecord);
        }
    }
    sound(&recorded(OWN, with_voxels(5990, 10, None)));
    let parts = u32::try_from(SEGMENT_PARTS_MAX).unwrap();
    recorded(SHARED, with_voxels(10, 20, Some(parts + 1))).breaks(Rule::SegmentRecord);
    sound(&recorded(SHARED, with_voxels(10, 20, Some(parts))));
    // One block for two segments: without parts, one of them without, the same part, parts of two images.
    recorded(OWN, with_voxels(30, 10, None)).breaks(Rule::SegmentRecord);
    recorded(SHARED, with_voxels(10, 20, None)).breaks(Rule::SegmentRecord);
    recorded(SHARED - 1, with_voxels(10, 20, None)).breaks(Rule::SegmentRecord);
    recorded(SHARED, with_voxels(10, 20, Some(0))).breaks(Rule::SegmentRecord);
    recorded(4, with_voxels(10, 20, Some(2))).breaks(Rule::SegmentRecord);
    sound(&recorded(DEAD, with_voxels(10, 20, Some(0))));
    sound(&recorded(DEAD, with_voxels(0, 10, None)));
}

#[test]
fn v039_blocks_do_not_overlap() {
    for (offset, len) in [(0, 11), (9, 2), (12, 3), (25, 6), (0, 6000)] {
        recorded(OWN, with_voxels(offset, len, None)).breaks(Rule::SegmentRecord);
        sound(&recorded(DEAD, with_voxels(offset, len, None)));
    }
    sound(&recorded(OWN, with_voxels(40, 10, None)));
}

/// Also a segment without voxels needs an image that may have masks.
#[test]
fn v039_spaces_without_voxels() {
    let spaces = |shape: [u64; 3], frames: u64| {
        let mut patient = replaced(|raw| {
            // Only image 1 has the second space.
            raw.records[4] = record(&SegmentRecord::default());
        });
        patient.edit_manifest(|m| (m.spaces[0].shape, m.spaces[0].frames) = (shape, frames));
        patient
    };
    sound(&spaces([1 << 16, 1 << 16, 1 << 16], 1));
    sound(&spaces([1, 1, 1], 1 << 31));
    spaces([0, 0, 0], 1).breaks(Rule::SegmentRecord);
    spaces([1 << 16, 1 << 16, 1 << 16], 2).breaks(Rule::SegmentRecord);
}

#[test]
fn v040_unique_names() {
    // Image 0 has two livers; so does the deleted image 3, which no one minds.
    replaced(|raw| raw.codes[1] = 0).breaks(Rule::SegmentUnique);
    sound(&replaced(|raw| raw.codes[7] = 0));
    // Another row group.
    let across = |group: &str, name: &str| {
        let mut raw = second();
        raw.names = vec![name_key("", "liver"), name_key(group, name)];
        raw.codes = vec![1, 0];
        raw.names.sort();
        raw.codes[0] = u32::from(raw.names[1] == name_key(group, name));
        raw.codes[1] = u32::from(raw.names[1] == name_key("", "liver"));
        broken(|p| p.replace_group(MASKS, 1, &raw.encode()))
    };
    sound(&across("g", "liver"));
    // That of row group 0 is superseded.
    sound(&across("", "spleen"));
    let mut raw = second();
    raw.names = vec![name_key("", "liver")];
    raw.codes = vec![0, 0];
    broken(|p| p.replace_group(MASKS, 1, &raw.encode())).breaks(Rule::SegmentUnique);
    // The log: number 1 of image 0 becomes a second liver, or two of an image are called a.
    assert_eq!(in_log().names[2], name_key("", "liver"));
    in_the_log(section::SEGMENT_NAMES, 0, &[2]).breaks(Rule::SegmentUnique);
    in_the_log(section::SEGMENT_NAMES, 8, &[0]).breaks(Rule::SegmentUnique);
}

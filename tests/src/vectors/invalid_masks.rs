//! Containers to reject: row groups of segments, their records, their blocks.

use vesalius::Result;
use vesalius::container::encode::name_key;
use vesalius::format::group::GroupDesc;
use vesalius::format::group::layout::section as s;
use vesalius::format::limits::AXIS_MAX;
use vesalius::format::segment::{BlockRef, SegmentRecord, VoxelFacts, segment_row};
use vesalius::mask::codec::Profile;

use super::images::{closed, commit};
use super::masks::{MASKS, base, cuboid, definition, ellipsoid, space, time_space};
use super::raw_masks::{RawMasks, Voxels, bytes, facts, record, set, with};
use super::surgery::{Patient, at};

type Named = (&'static str, Patient);

/// Names and containers.
pub(super) fn all() -> Result<Vec<Named>> {
    let base = base(&space())?;
    let mut all = groups(&base);
    all.extend(rows()?);
    all.extend(names(&base));
    all.extend(records(&base));
    all.extend(voxels(&base));
    all.extend(shared(&base));
    all.extend(unique(&base));
    all.extend(blocks(&base));
    Ok(all)
}

/// What the row group of [`raw`] is made of.
struct Parts {
    own: Voxels,
    other: Voxels,
    time: Voxels,
    /// A block, and one that is its end.
    outer: Voxels,
    inner: Voxels,
    together: Vec<Voxels>,
}

/// A sound row group: an own block, a segment without voxels, two parts of a block, another image, one with time.
fn raw() -> (RawMasks, Parts) {
    let mut raw = RawMasks::default();
    let halves = [cuboid(&space(), [0, 0, 0], [4, 8, 5]), cuboid(&space(), [0, 0, 5], [4, 8, 10])];
    let moving = set(&time_space(), |[t, z, y, x]| x == y + t && z > 0 && z < 3);
    // Bits: the first byte of the outer one is the coding of the inner one.
    let outer = set(&space(), |[_, z, y, x]| z == 0 && ((y, x) == (0, 1) || y == 1 && x < 8));
    let outer = raw.made(&outer, &[2, 2, 0xff]);
    let place = BlockRef { offset: outer.0.offset + 1, len: 2, part: None };
    let parts = Parts {
        inner: (place, facts(&cuboid(&space(), [0, 0, 0], [1, 1, 8]))),
        outer,
        own: raw.own(&ellipsoid(&space()), Profile::Small),
        other: raw.own(&cuboid(&space(), [1, 2, 3], [3, 5, 9]), Profile::Fast),
        time: raw.own(&moving, Profile::Small),
        together: raw.together(&halves),
    };
    let empty = record(&SegmentRecord::default());
    raw.name(&[
        (0, 0, "", "liver", with(&parts.own)),
        (0, 1, "", "spleen", empty),
        (0, 2, "g", "liver", with(&parts.together[0])),
        (0, 3, "g", "tumour", with(&parts.together[1])),
        (1, 0, "", "liver", with(&parts.other)),
        (2, 0, "", "heart", with(&parts.time)),
    ]);
    (raw, parts)
}

const EMPTY: usize = 1;
const PART: usize = 3;
const OTHER: usize = 4;
const TIME: usize = 5;

fn replaced(base: &Patient, edit: impl FnOnce(&mut RawMasks, &Parts)) -> Patient {
    let (mut raw, parts) = raw();
    edit(&mut raw, &parts);
    let mut patient = base.clone();
    patient.replace_inline(0, MASKS, &raw.encode());
    patient
}

/// The container with a record in the place of that of the first segment.
fn recorded(base: &Patient, record: Vec<u8>) -> Patient {
    replaced(base, |raw, _| raw.records[0] = record)
}

/// The container with other facts of a segment of which the block is as it was.
fn stated(base: &Patient, place: usize, edit: impl FnOnce(&mut VoxelFacts)) -> Patient {
    replaced(base, |raw, parts| {
        let mut voxels = match place {
            PART => parts.together[1].clone(),
            TIME => parts.time.clone(),
            _ => parts.own.clone(),
        };
        edit(&mut voxels.1);
        raw.records[place] = with(&voxels);
    })
}

fn edited(base: &Patient, edit: impl FnOnce(&mut Patient)) -> Patient {
    let mut patient = base.clone();
    edit(&mut patient);
    patient
}

/// The container with bytes of the row group changed, at an offset from its start.
fn patched(base: &Patient, place: usize, with: &[u8]) -> Patient {
    let sound = replaced(base, |_, _| ());
    edited(&sound, |p| {
        p.edit_inline(0, MASKS, |data| data[place..place + with.len()].copy_from_slice(with));
    })
}

fn groups(base: &Patient) -> Vec<Named> {
    let entry = |section: usize| 64 + 16 * section + 8;
    let sound = replaced(base, |_, _| ());
    vec![
        ("V004_segment_flags", replaced(base, |raw, _| raw.records[EMPTY][0] = 128)),
        (
            "V014_masks_without_bit",
            edited(&sound, |p| p.edit_superblock(|superblock| superblock.incompat = 0)),
        ),
        ("V015_masks_dim", patched(base, 24, &[1])),
        ("V016_segment_names", patched(base, entry(s::SEGMENT_NAMES), &[20])),
        ("V016_record_offsets", patched(base, entry(s::RECORD_OFFSETS), &[24])),
    ]
}

fn rows() -> Result<Vec<Named>> {
    let (raw, _) = raw();
    let base = base(&space())?;
    let row = |place: usize, row: u64| {
        let mut raw = raw.clone();
        raw.rows[place] = row;
        edited(&base, |p| p.replace_inline(0, MASKS, &raw.encode()))
    };
    Ok(vec![
        ("V017_segments", row(2, segment_row(0, 1))),
        ("V027_segment_twice", twice()?),
        ("V027_segment_without_image", orphan()?),
        ("V035_segment", row(5, segment_row(4, 0))),
    ])
}

/// Two row groups of a manifest with one row.
fn twice() -> Result<Patient> {
    let mut patient = closed(definition(), |db| {
        commit(db, |txn| txn.put("case").map(drop))?;
        db.checkpoint()
    })?;
    patient.edit_superblock(|s| s.incompat = 2);
    for (id, name) in [(50, "a"), (51, "b")] {
        let mut raw = RawMasks::default();
        raw.name(&[(0, 4, "", name, record(&SegmentRecord::default()))]);
        let encoded = raw.encode();
        let data = patient.append(&encoded.bytes);
        let desc = GroupDesc { inline: false, data, ..encoded.describe(MASKS, id) };
        patient.edit_manifest(|m| {
            m.groups.push(desc);
            m.next_group = 60;
        });
    }
    Ok(patient)
}

/// A segment that comes after its image was deleted.
fn orphan() -> Result<Patient> {
    let mut patient = closed(definition(), |db| {
        commit(db, |txn| {
            txn.put("gone")?;
            txn.put("case").map(drop)
        })?;
        commit(db, |txn| txn.delete("gone").map(drop))?;
        commit(db, |txn| {
            let runs = cuboid(&space(), [1, 2, 3], [3, 5, 9]);
            let value =
                vesalius::SegmentValue { segment: vesalius::Segment::new("liver", 1), runs };
            txn.update("case")?.segment("masks", &value).map(drop)
        })
    })?;
    let mut raw = RawMasks::default();
    raw.name(&[(0, 0, "", "liver", record(&SegmentRecord::default()))]);
    patient.replace_inline(2, MASKS, &raw.encode());
    Ok(patient)
}

fn names(base: &Patient) -> Vec<Named> {
    let edit = |edit: fn(&mut RawMasks)| replaced(base, |raw, _| edit(raw));
    // Names: heart, liver, spleen; liver and tumour of g.
    vec![
        ("V038_order", edit(|raw| raw.names.swap(0, 1))),
        ("V038_twice", edit(|raw| raw.names.push(raw.names[4].clone()))),
        ("V038_no_name", edit(|raw| raw.names[0] = vec![0])),
        ("V038_group_length", edit(|raw| raw.names[4] = vec![9, b'g', b'x'])),
        ("V038_group_utf8", edit(|raw| raw.names[4] = vec![1, 0xff, b'x'])),
        ("V038_name_utf8", edit(|raw| raw.names[4] = vec![1, b'g', 0xff])),
        ("V038_name_long", edit(|raw| raw.names[2] = name_key("", &"n".repeat(256)))),
        ("V038_code", edit(|raw| raw.codes[EMPTY] = 5)),
        ("V038_offsets", replaced_at(base, s::NAME_OFFSETS, 4, &100_u32.to_le_bytes())),
    ]
}

/// The container with bytes of a section changed.
fn replaced_at(base: &Patient, section: usize, place: usize, with: &[u8]) -> Patient {
    let (raw, _) = raw();
    let encoded = raw.encode();
    let header =
        vesalius::format::group::BlobHeader::decode(&encoded.bytes, encoded.bytes.len() as u64, 0)
            .unwrap();
    patched(base, at(header.sections[section].offset) + place, with)
}

fn records(base: &Patient) -> Vec<Named> {
    let own = with(&raw().1.own);
    let cut = own[..own.len() - 1].to_vec();
    let long = [&own[..], &[0]].concat();
    // The offset of the block, 0, in two bytes.
    let padded = [&own[..1], &[0x80, 0], &own[2..]].concat();
    let empty = |record: Vec<u8>| replaced(base, |raw, _| raw.records[EMPTY] = record);
    vec![
        ("V039_cut", recorded(base, cut)),
        ("V039_trailing", recorded(base, long)),
        ("V039_padded_number", recorded(base, padded)),
        ("V039_part_of_nothing", empty(bytes(32, &[], &[]))),
        ("V039_priority_zero", empty(bytes(2, &[0], &[]))),
        ("V039_no_terms", empty(bytes(8, &[0], &[]))),
        ("V039_term_utf8", empty(bytes(8, &[1], &[0, 0, 1, 0xff]))),
        ("V039_json_empty", empty(bytes(16, &[0], &[]))),
        ("V039_json", empty(bytes(16, &[4], b"{1:}"))),
        ("V039_offsets", replaced_at(base, s::RECORD_OFFSETS, 4, &[0xff])),
    ]
}

fn voxels(base: &Patient) -> Vec<Named> {
    let own = |edit: fn(&mut VoxelFacts)| stated(base, 0, edit);
    vec![
        ("V039_no_voxels", own(|f| f.voxels = 0)),
        ("V039_more_than_box", own(|f| f.bounds.slices.end = f.bounds.slices.start + 1)),
        ("V039_box_empty", own(|f| f.bounds.rows.end = f.bounds.rows.start)),
        ("V039_box_slices", own(|f| f.bounds.slices.end = 5)),
        ("V039_box_columns", own(|f| f.bounds.columns.end = AXIS_MAX)),
        ("V039_sum", own(|f| f.sums[2] = u128::from(f.voxels * 9 + 1))),
        ("V039_depth", own(|f| f.depth = Some((0..4, 0)))),
        ("V039_no_depth", stated(base, TIME, |f| f.depth = None)),
        ("V039_depth_outside", stated(base, TIME, |f| f.depth = Some((1..5, 0)))),
        ("V039_block_outside", replaced(base, |raw, _| raw.blocks.truncate(raw.blocks.len() - 1))),
        (
            "V039_no_block",
            replaced(base, |raw, parts| {
                let mut none = parts.own.clone();
                none.0.len = 0;
                raw.records[0] = with(&none);
            }),
        ),
    ]
}

/// Blocks of several segments that may not be.
fn shared(base: &Patient) -> Vec<Named> {
    vec![
        (
            "V039_block_in_another",
            replaced(base, |raw, parts| {
                raw.records[0] = with(&parts.outer);
                raw.records[EMPTY] = with(&parts.inner);
            }),
        ),
        (
            "V039_space",
            replaced(base, |raw, _| {
                raw.rows[TIME] = segment_row(3, 0);
                raw.records[TIME] = record(&SegmentRecord::default());
            }),
        ),
        ("V039_block_twice", replaced(base, |raw, parts| raw.records[EMPTY] = with(&parts.own))),
        (
            "V039_part_twice",
            replaced(base, |raw, parts| raw.records[PART] = with(&parts.together[0])),
        ),
        (
            "V039_not_a_part",
            replaced(base, |raw, parts| {
                let mut whole = parts.together[1].clone();
                whole.0.part = None;
                raw.records[PART] = with(&whole);
            }),
        ),
        (
            "V039_parts_of_two_images",
            replaced(base, |raw, parts| {
                raw.records[PART] = record(&SegmentRecord::default());
                raw.records[OTHER] = with(&parts.together[1]);
            }),
        ),
    ]
}

fn unique(base: &Patient) -> Vec<Named> {
    vec![("V040_segments", replaced(base, |raw, _| raw.codes[EMPTY] = 1))]
}

/// Blocks that hold something else than their records say, or nothing.
fn blocks(base: &Patient) -> Vec<Named> {
    let own = |edit: fn(&mut VoxelFacts)| stated(base, 0, edit);
    let block = |edit: fn(&mut [u8])| {
        replaced(base, |raw, parts| {
            let place = &parts.own.0;
            edit(&mut raw.blocks[at(place.offset)..at(place.offset + place.len)]);
        })
    };
    let other = |edit: fn(&mut [u8])| {
        replaced(base, |raw, parts| {
            let place = &parts.other.0;
            edit(&mut raw.blocks[at(place.offset)..at(place.offset + place.len)]);
        })
    };
    let common = |edit: fn(&mut [u8])| {
        replaced(base, |raw, parts| {
            let place = &parts.together[0].0;
            edit(&mut raw.blocks[at(place.offset)..at(place.offset + place.len)]);
        })
    };
    vec![
        ("V041_voxels", own(|f| f.voxels -= 1)),
        ("V041_runs", own(|f| f.runs += 1)),
        ("V041_box", stated(base, PART, |f| f.bounds.columns.start = 4)),
        ("V041_depth", stated(base, TIME, |f| f.depth = Some((1..4, 20)))),
        ("V041_small", block(|bytes| bytes.iter_mut().skip(1).for_each(|byte| *byte ^= 0xa5))),
        (
            "V041_array_outside",
            replaced(base, |raw, _| {
                let runs = cuboid(&space(), [1, 2, 3], [3, 5, 9]);
                let mut array = vec![0_u8; 320];
                runs.paint(&mut array, 1).unwrap();
                array[319] = 1;
                let block = [&[4], &*lz4_flex::block::compress(&array)].concat();
                let voxels = raw.made(&runs, &block);
                raw.records[0] = with(&voxels);
            }),
        ),
        (
            "V041_no_such_part",
            replaced(base, |raw, parts| {
                let mut third = parts.together[1].clone();
                third.0.part = Some(2);
                raw.records[PART] = with(&third);
            }),
        ),
        ("V041_rows_exchanged", other(|bytes| bytes[0] |= 8)),
        ("V041_rows", other(|bytes| bytes[bytes.len() - 1] ^= 0x5a)),
        ("V041_common", common(|bytes| bytes.iter_mut().skip(9).for_each(|byte| *byte ^= 0x5a))),
    ]
}

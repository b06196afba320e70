//! Containers to reject: tokens, their tensors and their grid mappings.

use vesalius::Result;
use vesalius::format::extent::Extent;
use vesalius::format::group::BlobHeader;
use vesalius::format::group::layout::section as s;
use vesalius::format::limits::PAGE_BYTES;
use vesalius::format::superblock::INCOMPAT_PROMPT_SETS;

use super::bulk::{FREE, GRID, PLANE, SEQUENCE, flat, only_log};
use super::surgery::{Patient, at, tensor_places};

type Named = (&'static str, Patient);

/// Names and containers.
pub(super) fn all() -> Result<Vec<Named>> {
    Ok([pointers()?, tensors()?, headers()?, mappings()?, in_log()?].concat())
}

fn edited(base: &Patient, edit: impl FnOnce(&mut Patient)) -> Patient {
    let mut patient = base.clone();
    edit(&mut patient);
    patient
}

/// Overwrites bytes of the pointer to the tensor of an image.
fn pointer(p: &mut Patient, column: u32, image: usize, place: usize, bytes: &[u8]) {
    p.edit_group(column, |data, header| {
        let start = tensor_places(header).nth(image).unwrap() + place;
        data[start..start + bytes.len()].copy_from_slice(bytes);
    });
}

/// The pointer to the tensor of an image.
fn tensor(p: &Patient, column: u32, image: usize) -> Extent {
    let data = p.data(p.desc(column, 0).data);
    let header = BlobHeader::decode(&data, data.len() as u64, 0).unwrap();
    let start = tensor_places(&header).nth(image).unwrap();
    let word =
        |n: usize| u64::from_le_bytes(data[start + 8 * n..start + 8 * n + 8].try_into().unwrap());
    Extent { page: word(0), len: word(1), crc: u32::try_from(word(2)).unwrap() }
}

fn pointers() -> Result<Vec<Named>> {
    let (grid, free) = (flat(2, &["grid"])?, flat(2, &["free"])?);
    let put = |base: &Patient, column, image, place, value: u64, bytes: usize| {
        edited(base, |p| pointer(p, column, image, place, &value.to_le_bytes()[..bytes]))
    };
    Ok(vec![
        ("V004_tensor_pointer", put(&grid, GRID, 1, 20, 1, 4)),
        ("V006_tensor_outside", put(&grid, GRID, 1, 0, 1 << 30, 8)),
        ("V006_tensor_in_head", put(&grid, GRID, 0, 0, 2, 8)),
        // The image has no token: all of its pointer is zero.
        ("V006_tensor_of_nothing", put(&free, FREE, 0, 16, 1, 4)),
        ("V007_tensors", {
            let first = tensor(&grid, GRID, 0);
            edited(&grid, |p| {
                pointer(p, GRID, 1, 0, &first.page.to_le_bytes());
                pointer(p, GRID, 1, 16, &first.crc.to_le_bytes());
            })
        }),
        ("V007_tensor_and_group", {
            // The start of the row group, which points at nothing yet, read as features.
            let group = grid.desc(GRID, 0).data;
            let crc = vesalius::format::crc32(&grid.data(group)[..72]);
            edited(&grid, |p| {
                pointer(p, GRID, 0, 0, &group.page.to_le_bytes());
                pointer(p, GRID, 0, 16, &crc.to_le_bytes());
            })
        }),
        ("V036_short", put(&grid, GRID, 1, 8, 70, 8)),
        ("V036_none", edited(&grid, |p| pointer(p, GRID, 1, 0, &[0; 24]))),
        ("V036_not_whole_tokens", put(&free, FREE, 1, 8, 9, 8)),
        ("V036_too_long", put(&free, FREE, 1, 8, (1 << 36) + 4, 8)),
    ])
}

/// Puts a value into a tensor and mends its pointer.
fn value(p: &mut Patient, column: u32, image: usize, place: usize, bytes: &[u8]) {
    let extent = tensor(p, column, image);
    let start = at(extent.offset());
    p.bytes[start + place..start + place + bytes.len()].copy_from_slice(bytes);
    let crc = vesalius::format::crc32(&p.bytes[start..start + at(extent.len)]);
    pointer(p, column, image, 16, &crc.to_le_bytes());
}

fn tensors() -> Result<Vec<Named>> {
    let (grid, sequence) = (flat(2, &["grid"])?, flat(1, &["sequence"])?);
    let blocks = super::bulk::long_tensor()?;
    let first = tensor(&blocks, FREE, 0);
    let place = at(tensor(&grid, GRID, 1).offset());
    Ok(vec![
        ("V008_tensor", edited(&grid, |p| p.bytes[place + 71] ^= 1)),
        (
            "V008_tensor_second_block",
            edited(&blocks, |p| p.bytes[at(first.offset()) + 65_990] ^= 1),
        ),
        ("V009_tensor_table", edited(&blocks, |p| p.bytes[at(first.table_offset())] ^= 1)),
        ("V025_tensor_f16", edited(&grid, |p| value(p, GRID, 1, 70, &0x7c00_u16.to_le_bytes()))),
        (
            "V025_tensor_f32",
            edited(&sequence, |p| value(p, SEQUENCE, 0, 44, &f32::NAN.to_le_bytes())),
        ),
    ])
}

/// Place of an entry of the section table.
const fn entry(section: usize) -> usize {
    64 + 16 * section
}

fn headers() -> Result<Vec<Named>> {
    let base = flat(2, &["grid"])?;
    let put = |place: usize, value: u8| {
        edited(&base, |p| p.edit_group(GRID, |data, _| data[place] = value))
    };
    Ok(vec![
        (
            "V014_tokens_without_bit",
            edited(&base, |p| p.edit_superblock(|s| s.incompat = INCOMPAT_PROMPT_SETS)),
        ),
        ("V015_tokens_dim", put(24, 4)),
        ("V015_tokens_dtype", put(28, 2)),
        ("V015_tokens_stride", put(32, 64)),
        (
            "V015_tokens_total",
            edited(&base, |p| {
                p.edit_group(GRID, |data, _| data[40] = 3);
                p.edit_desc(GRID, 0, |d| d.total = 3);
            }),
        ),
        ("V016_tensors", put(entry(s::TENSORS) + 8, 24)),
        ("V016_mapping_codes", put(entry(s::MAPPING_CODES) + 8, 4)),
        ("V016_mappings", put(entry(s::MAPPINGS) + 8, 159)),
        ("V016_mappings_without_codes", put(entry(s::MAPPING_CODES) + 8, 0)),
    ])
}

fn mappings() -> Result<Vec<Named>> {
    let (base, plane) = (flat(2, &["grid"])?, flat(1, &["plane"])?);
    let put = |place: usize, bytes: &[u8]| {
        edited(&base, |p| {
            p.edit_group(GRID, |data, header| {
                let start = at(header.sections[s::MAPPINGS].offset) + place;
                data[start..start + bytes.len()].copy_from_slice(bytes);
            });
        })
    };
    let double = |place: usize, value: f64| put(place, &value.to_le_bytes());
    // Places in the second mapping: three axes, reserved bytes, offsets, strides, extents.
    let (axes, offset, stride, extent) = (80, 88, 112, 136);
    Ok(vec![
        ("V004_grid_mapping", put(axes + 7, &[1])),
        ("V037_axis_twice", put(axes, &[1])),
        ("V037_axis_unknown", put(axes, &[3])),
        ("V037_offset", double(offset + 16, f64::NEG_INFINITY)),
        ("V037_stride_zero", double(stride, -0.0)),
        ("V037_stride", double(stride + 8, f64::NAN)),
        ("V037_extent_zero", double(extent, 0.0)),
        ("V037_extent_negative", double(extent + 16, -7.0)),
        ("V037_extent", double(extent + 8, f64::INFINITY)),
        ("V037_code", edited(&base, |p| p.set(GRID, s::MAPPING_CODES, 1, 3_u32))),
        ("V037_code_high", edited(&plane, |p| p.set(PLANE, s::MAPPING_CODES, 0, u32::MAX))),
    ])
}

/// Row groups of tokens that lie in the log.
fn in_log() -> Result<Vec<Named>> {
    let base = only_log(&["grid"])?;
    let patch = |section: usize, place: usize, bytes: &[u8]| {
        edited(&base, |p| {
            p.edit_inline(0, GRID, |data| {
                let header = BlobHeader::decode(data, data.len() as u64, 0).unwrap();
                let start = at(header.sections[section].offset) + place;
                data[start..start + bytes.len()].copy_from_slice(bytes);
            });
        })
    };
    let first = std::cell::Cell::new(0);
    base.clone().edit_inline(0, GRID, |data| {
        let header = BlobHeader::decode(data, data.len() as u64, 0).unwrap();
        let start = tensor_places(&header).next().unwrap();
        first.set(u64::from_le_bytes(data[start..start + 8].try_into().unwrap()));
    });
    let damaged = edited(&base, |p| p.bytes[at(first.get() * PAGE_BYTES)] ^= 1);
    Ok(vec![
        ("V004_tensor_in_log", patch(s::TENSORS, 24 + 23, &[1])),
        ("V006_tensor_in_log", patch(s::TENSORS, 24, &(1_u64 << 30).to_le_bytes())),
        ("V008_tensor_in_log", damaged),
        (
            "V014_tokens_in_log_without_bit",
            edited(&base, |p| p.edit_superblock(|s| s.incompat = 0)),
        ),
        ("V036_in_log", patch(s::TENSORS, 24 + 8, &74_u64.to_le_bytes())),
        ("V037_in_log", patch(s::MAPPINGS, 0, &[1])),
        ("V037_code_in_log", patch(s::MAPPING_CODES, 8, &[9])),
    ])
}

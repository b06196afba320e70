//! Containers to reject: row groups, what they hold, and what holds between them.

use vesalius::Result;
use vesalius::container::encode::{KeysInput, MetadataInput};
use vesalius::format::group::layout::section as s;
use vesalius::format::schema::{COLUMN_KEYS, COLUMN_METADATA};

use super::images::{AGE, FLAG, GLOBAL, PARTS, PLAIN, SITE, SMALL, flat, logged, only_log};
use super::surgery::{Patient, at};

type Named = (&'static str, Patient);

/// Names and containers.
pub(super) fn all() -> Result<Vec<Named>> {
    Ok([
        headers()?,
        keys()?,
        values()?,
        metadata()?,
        features()?,
        regions()?,
        between()?,
        inline()?,
    ]
    .concat())
}

fn edited(base: &Patient, edit: impl FnOnce(&mut Patient)) -> Patient {
    let mut patient = base.clone();
    edit(&mut patient);
    patient
}

/// Place of an entry of the section table.
const fn entry(section: usize) -> usize {
    64 + 16 * section
}

fn headers() -> Result<Vec<Named>> {
    let (base, global, parts) = (flat(6, &["age"])?, flat(6, &["global"])?, flat(6, &["parts"])?);
    let put = |column: u32, place: usize, value: u8| {
        let of = match column {
            GLOBAL => &global,
            PARTS => &parts,
            _ => &base,
        };
        edited(of, |p| p.edit_group(column, |data, _| data[place] = value))
    };
    Ok(vec![
        ("V015_dim", put(GLOBAL, 24, 4)),
        ("V015_dim_of_attribute", put(AGE, 24, 1)),
        ("V015_stride", put(GLOBAL, 32, 128)),
        (
            "V015_total",
            edited(&base, |p| {
                p.edit_group(AGE, |data, _| data[40] = 7);
                p.edit_desc(AGE, 0, |d| d.total = 7);
            }),
        ),
        ("V016_alignment", put(AGE, entry(s::VALUES), 1)),
        ("V016_boxes_without_flags", put(PARTS, entry(s::ENTRY_FLAGS) + 8, 0)),
        ("V017_descending", edited(&base, |p| p.set(AGE, s::ROWS, 1, 0_u64))),
    ])
}

fn renamed(base: &Patient, names: [&str; 4]) -> Result<Patient> {
    let input = KeysInput { rows: vec![0, 1, 2, 3], keys: names.to_vec(), spaces: vec![0; 4] };
    let encoded = input.encode()?;
    Ok(edited(base, |p| p.replace_group(COLUMN_KEYS, &encoded)))
}

fn keys() -> Result<Vec<Named>> {
    let base = flat(4, &["age"])?;
    let log = logged(&["age"])?;
    let set =
        |section, place, value: u32| edited(&base, |p| p.set(COLUMN_KEYS, section, place, value));
    Ok(vec![
        ("V018_empty", renamed(&base, ["a", "", "c", "d"])?),
        ("V018_offsets", set(s::KEY_OFFSETS, 2, 0)),
        ("V019_hash", set(s::KEY_HASHES, 0, 1)),
        ("V020_twice", renamed(&base, ["a", "b", "b", "d"])?),
        ("V020_in_log", renamed(&log, ["a", "b", "c", "case/005"])?),
    ])
}

fn values() -> Result<Vec<Named>> {
    let base = flat(6, &["flag", "site"])?;
    Ok(vec![
        ("V021_boolean", edited(&base, |p| p.set(FLAG, s::VALUES, 2, 2_u8))),
        ("V021_code", edited(&base, |p| p.set(SITE, s::VALUES, 2, 7_u32))),
    ])
}

fn metadata() -> Result<Vec<Named>> {
    let base = flat(4, &["metadata"])?;
    let with = |text: &str| -> Result<Patient> {
        let encoded = MetadataInput { rows: vec![0, 2], texts: vec!["{}", text] }.encode()?;
        Ok(edited(&base, |p| p.replace_group(COLUMN_METADATA, &encoded)))
    };
    let deep = "[".repeat(128) + &"]".repeat(128);
    Ok(vec![
        ("V022_empty", with("")?),
        ("V022_deep", with(&deep)?),
        ("V022_number", with("1e400")?),
        ("V022_surrogate", with("\"\\ud800\"")?),
    ])
}

fn features() -> Result<Vec<Named>> {
    let (small, parts) = (flat(4, &["small"])?, flat(4, &["parts"])?);
    Ok(vec![
        ("V004_padding", edited(&small, |p| p.set(SMALL, s::VECTOR_MATRIX, 20, 1_u16))),
        ("V004_flags_of_entry", edited(&parts, |p| p.set(PARTS, s::ENTRY_FLAGS, 0, 7_u8))),
        (
            "V025_nan",
            edited(&flat(4, &["global"])?, |p| p.set(GLOBAL, s::VECTOR_MATRIX, 1, f32::NAN)),
        ),
        ("V025_box", edited(&parts, |p| p.set(PARTS, s::ENTRY_BOXES, 5, f32::NEG_INFINITY))),
        ("V025_score", edited(&parts, |p| p.set(PARTS, s::ENTRY_SCORES, 0, f32::NAN))),
    ])
}

fn regions() -> Result<Vec<Named>> {
    let base = flat(8, &["plain"])?;
    let set = |section, place, value: u32| edited(&base, |p| p.set(PLAIN, section, place, value));
    Ok(vec![
        ("V023_region", set(s::REGION_DIRECTORY, 8, 5)),
        ("V024_entry", set(s::IMAGE_ENTRIES, 0, 1)),
    ])
}

fn between() -> Result<Vec<Named>> {
    let base = flat(4, &["flag", "age"])?;
    let spaces = super::valid::spaces_cursors()?;
    let keys_dead = |positions: &[u64], count: u64| {
        edited(&base, |p| {
            p.edit_manifest(|m| m.images = 4 - count);
            p.set_dead(COLUMN_KEYS, positions, count);
        })
    };
    Ok(vec![
        ("V026_count", keys_dead(&[1, 3], 1)),
        (
            "V026_behind_the_end",
            edited(&base, |p| {
                p.set_dead(FLAG, &[1], 2);
                let bitmap = at(p.desc(FLAG, 0).dead.offset());
                p.bytes[bitmap + 7] = 0x80;
                let crc = vesalius::format::crc32(&p.bytes[bitmap..bitmap + 8]);
                p.edit_desc(FLAG, 0, |d| d.dead.crc = crc);
            }),
        ),
        (
            "V027_twice",
            edited(&base, |p| {
                let mut again = p.desc(FLAG, 0);
                let data = p.data(again.data);
                again.data = p.append(&data);
                p.edit_manifest(|m| {
                    again.id = m.next_group;
                    m.next_group += 1;
                    m.groups.push(again);
                });
            }),
        ),
        ("V027_no_image", keys_dead(&[2], 1)),
        ("V028_space", edited(&spaces, |p| p.set(COLUMN_KEYS, s::KEY_SPACES, 5, 3_u32))),
    ])
}

/// Row groups that lie in the log.
fn inline() -> Result<Vec<Named>> {
    let base = only_log(&["age", "small"])?;
    let section = |data: &[u8], number: usize| {
        let word = data[entry(number)..entry(number) + 8].try_into().unwrap();
        at(u64::from_le_bytes(word))
    };
    let patch = |column: u32, change: &dyn Fn(&mut [u8])| {
        edited(&base, |p| p.edit_inline(0, column, change))
    };
    Ok(vec![
        (
            "V004_inline_padding",
            patch(SMALL, &|data| {
                let matrix = section(data, s::VECTOR_MATRIX);
                data[matrix + 40] = 1;
            }),
        ),
        ("V015_inline_dim", patch(AGE, &|data| data[24] = 1)),
        ("V015_inline_field", patch(SMALL, &|data| data[24] = 19)),
        // A reader that merges row groups of the log makes the hashes anew.
        (
            "V019_inline",
            edited(&super::valid::log_merged()?, |p| {
                p.edit_inline(2, COLUMN_KEYS, |data| {
                    let hashes = section(data, s::KEY_HASHES);
                    data[hashes] ^= 1;
                });
            }),
        ),
    ])
}

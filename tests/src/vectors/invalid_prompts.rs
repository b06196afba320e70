//! Containers to reject: prompt sets.

use vesalius::format::extent::Extent;
use vesalius::format::group::layout::section as s;
use vesalius::format::ops::Op;
use vesalius::format::prompts::PromptSetDef;
use vesalius::format::superblock::INCOMPAT_TOKENS;
use vesalius::{Field, Result};

use super::bulk::{definition, large_set, sets_in_log, with_sets};
use super::images::{commit, sealed};
use super::surgery::{Patient, at};

type Named = (&'static str, Patient);

/// Names and containers.
pub(super) fn all() -> Result<Vec<Named>> {
    Ok([records()?, raw_records()?, data()?, sections()?, in_log()?, schema_in_log()?].concat())
}

fn edited(base: &Patient, edit: impl FnOnce(&mut Patient)) -> Patient {
    let mut patient = base.clone();
    edit(&mut patient);
    patient
}

fn records() -> Result<Vec<Named>> {
    let base = with_sets()?;
    let set = |edit: &dyn Fn(&mut PromptSetDef)| edited(&base, |p| p.edit_set("large", edit));
    Ok(vec![
        ("V006_prompts_none", set(&|set| set.data = Extent::default())),
        ("V006_prompts_outside", set(&|set| set.data.page = 1 << 30)),
        ("V022_prompt_attributes", set(&|set| set.attributes = "{".into())),
        ("V034_twice", set(&|set| set.name = "small".into())),
        ("V034_no_name", set(&|set| set.name.clear())),
        ("V034_long_name", set(&|set| set.name = "n".repeat(256))),
        ("V034_no_texts", set(&|set| set.count = 0)),
        ("V034_texts", set(&|set| set.count = (1 << 20) + 1)),
        ("V034_no_dim", set(&|set| set.dim = 0)),
        ("V034_dim", set(&|set| set.dim = (1 << 16) + 1)),
        ("V034_tokens", set(&|set| set.tokens = u32::MAX)),
        ("V034_scale", set(&|set| set.logit_scale = Some(f64::NAN))),
        ("V034_bias", set(&|set| set.logit_bias = Some(f64::INFINITY))),
        ("V034_no_field", set(&|set| set.field = 99)),
        // A field of tokens of another dimension.
        ("V034_field_dim", set(&|set| set.field = super::bulk::FREE)),
        ("V034_hash", set(&|set| set.texts_sha256[31] ^= 1)),
        (
            "V034_without_bit",
            edited(&base, |p| p.edit_superblock(|s| s.incompat = INCOMPAT_TOKENS)),
        ),
        (
            "V007_prompt_sets",
            edited(&base, |p| {
                let mut same = p.prompt_set("small");
                same.name = "same".into();
                p.edit_manifest(|m| m.prompt_sets.push(same));
            }),
        ),
    ])
}

/// The first byte behind the name of a prompt set.
fn behind(bytes: &[u8], name: &str) -> usize {
    bytes.windows(name.len()).rposition(|w| w == name.as_bytes()).unwrap() + name.len()
}

/// Places behind the name: created, count, dim, tokens, field, flags, reserved, scale, bias.
const FLAGS: usize = 24;
const RESERVED: usize = 28;
const SCALE: usize = 32;
const BIAS: usize = 40;

fn raw_records() -> Result<Vec<Named>> {
    let base = with_sets()?;
    let patch = |place: usize, value: u8| {
        edited(&base, |p| {
            p.patch_manifest(|m| {
                let start = behind(m, "small");
                m[start + place] = value;
            });
        })
    };
    Ok(vec![
        ("V004_prompt_flags", patch(FLAGS, 4)),
        ("V004_prompt_reserved", patch(RESERVED, 1)),
        ("V034_scale_without_flag", patch(SCALE, 1)),
        ("V034_bias_without_flag", patch(BIAS + 7, 0x80)),
        (
            "V033_prompt_name",
            edited(&base, |p| {
                p.patch_manifest(|m| {
                    let end = behind(m, "small");
                    m[end - 1] = 0xff;
                });
            }),
        ),
        ("V012_prompt_sets", edited(&base, |p| p.patch_manifest(|m| m.truncate(m.len() - 24)))),
    ])
}

fn data() -> Result<Vec<Named>> {
    let base = with_sets()?;
    let put = |section: usize, place: usize, bytes: &[u8]| {
        edited(&base, |p| {
            p.edit_prompts("large", |data, header| {
                let start = at(header.sections[section].offset) + place;
                data[start..start + bytes.len()].copy_from_slice(bytes);
            });
        })
    };
    let nan = f32::NAN.to_le_bytes();
    let place = at(base.prompt_set("large").data.offset());
    Ok(vec![
        ("V004_prompt_padding", put(s::PROMPT_MATRIX, 12, &[1])),
        ("V008_prompts", edited(&base, |p| p.bytes[place + 700] ^= 1)),
        ("V025_prompt", put(s::PROMPT_MATRIX, 64 * 4 + 8, &nan)),
        ("V025_prompt_token", put(s::PROMPT_TOKENS, 5 * 2 * 3 * 4 - 4, &nan)),
        ("V034_first_offset", put(s::PROMPT_OFFSETS, 0, &[1])),
        ("V034_offsets", put(s::PROMPT_OFFSETS, 4, &[30])),
        ("V034_last_offset", put(s::PROMPT_OFFSETS, 20, &[44])),
        ("V034_past_the_end", put(s::PROMPT_OFFSETS, 20, &[46])),
        ("V034_utf8", put(s::PROMPT_BYTES, 8, &[0xff])),
        ("V034_other_text", put(s::PROMPT_BYTES, 8, b"9")),
    ])
}

/// Place of an entry of the section table.
const fn entry(section: usize) -> usize {
    64 + 16 * section
}

fn sections() -> Result<Vec<Named>> {
    let base = with_sets()?;
    let put = |place: usize, value: u8| {
        edited(&base, |p| p.edit_prompts("large", |data, _| data[place] = value))
    };
    let set = |edit: &dyn Fn(&mut PromptSetDef)| edited(&base, |p| p.edit_set("large", edit));
    // Features of tokens would have another length.
    let dim = edited(&base, |p| p.edit_prompts("small", |data, _| data[24] = 4));
    Ok(vec![
        ("V015_prompts_layout", put(4, 16)),
        ("V015_prompts_count", set(&|set| set.count = 4)),
        ("V015_prompts_tokens", set(&|set| set.tokens = 3)),
        ("V015_prompts_first_row", put(16, 1)),
        ("V015_prompts_dim", dim),
        ("V015_prompts_dtype", put(28, 1)),
        ("V015_prompts_stride", put(32, 128)),
        ("V016_prompts_rows", rows(&base)),
        ("V016_prompt_offsets", put(entry(s::PROMPT_OFFSETS) + 8, 20)),
        ("V016_prompt_matrix", put(entry(s::PROMPT_MATRIX) + 9, 0)),
        ("V016_prompt_tokens", put(entry(s::PROMPT_TOKENS) + 8, 116)),
    ])
}

/// The data of a prompt set with a list of its rows, which it must not have.
fn rows(base: &Patient) -> Patient {
    edited(base, |p| {
        let old = p.data(p.prompt_set("large").data);
        // Header and table as they are, then 64 bytes more than before.
        let head = entry(5).next_multiple_of(64);
        let rows = (0..5_u64).flat_map(u64::to_le_bytes);
        let mut data = old[..head].to_vec();
        data.extend(rows);
        data.resize(head + 64, 0);
        data.extend(&old[head..]);
        data[entry(s::ROWS) + 8] = 40;
        for section in s::PROMPT_OFFSETS..=s::PROMPT_TOKENS {
            let place = entry(section)..entry(section) + 8;
            let offset = u64::from_le_bytes(data[place.clone()].try_into().unwrap()) + 64;
            data[place].copy_from_slice(&offset.to_le_bytes());
        }
        let extent = p.append(&data);
        p.edit_set("large", |set| set.data = extent);
    })
}

fn in_log() -> Result<Vec<Named>> {
    let base = sets_in_log()?;
    let set = |edit: &dyn Fn(&mut PromptSetDef)| {
        edited(&base, |p| {
            p.edit_ops(0, |ops| {
                for op in ops {
                    if let Op::SetPromptSet(set) = op
                        && set.name == "large"
                    {
                        edit(set);
                    }
                }
            });
        })
    };
    let patch = |place: usize, value: u8| {
        edited(&base, |p| {
            p.edit_log(|_, _, payload| {
                let start = behind(payload, "large");
                payload[start + place] = value;
            });
        })
    };
    let mut place = 0;
    for op in vesalius::format::ops::decode_ops(&base.records()[0].2, 0, base.bytes.len() as u64)? {
        if let Op::SetPromptSet(set) = op {
            place = at(set.data.offset());
        }
    }
    Ok(vec![
        ("V004_prompt_flags_in_log", patch(FLAGS, 7)),
        ("V006_prompts_in_log", set(&|set| set.data.page = 1 << 30)),
        ("V008_prompts_in_log", edited(&base, |p| p.bytes[place + 2] ^= 1)),
        ("V015_prompts_in_log", set(&|set| set.count = 4)),
        ("V034_hash_in_log", set(&|set| set.texts_sha256[0] ^= 1)),
        ("V034_field_in_log", set(&|set| set.field = 99)),
        ("V034_without_bit_in_log", edited(&base, |p| p.edit_superblock(|s| s.incompat = 0))),
    ])
}

/// A schema of the log that takes away what a prompt set names.
fn schema_in_log() -> Result<Vec<Named>> {
    let base = sealed(definition(), |db| {
        commit(db, |txn| txn.set_prompt_set(&large_set("large", 2)))?;
        db.checkpoint()?;
        commit(db, |txn| txn.add_field(Field::vector("late", 2)))
    })?;
    let patient = edited(&base, |p| {
        p.edit_ops(0, |ops| {
            for op in ops {
                if let Op::SetSchema(schema) = op {
                    schema.fields[4].dim = 4;
                }
            }
        });
    });
    Ok(vec![("V034_schema_in_log", patient)])
}

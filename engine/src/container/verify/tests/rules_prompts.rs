//! Prompt sets: V004, V006 to V008, V015, V016, V022, V025, V034, in a manifest and in the log.

use super::build::{PLANE, SMALL};
use super::check;
use super::surgery::Patient;
use crate::format::Rule;
use crate::format::extent::Extent;
use crate::format::group::layout::section;
use crate::format::ops::{Op, decode_ops};
use crate::format::prompts::PromptSetDef;
use crate::format::superblock::{INCOMPAT_MASKS, INCOMPAT_TOKENS};

/// Five texts `many 0` to `many 4` of 20 values, two tokens each, field `small`, both constants.
const MANY: &str = "many";

fn broken(edit: impl FnOnce(&mut Patient)) -> Patient {
    let mut patient = Patient::new();
    edit(&mut patient);
    patient
}

fn set(edit: impl FnOnce(&mut PromptSetDef)) -> Patient {
    broken(|p| p.edit_set(MANY, edit))
}

/// Changes the prompt set `old` in the first record of the log.
fn set_in_log(edit: impl Fn(&mut PromptSetDef)) -> Patient {
    let mut patient = Patient::with_log(true);
    patient.edit_ops(0, |ops| {
        for op in ops {
            if let Op::SetPromptSet(set) = op
                && set.name == "old"
            {
                edit(set);
            }
        }
    });
    patient
}

/// Where the data of the prompt set `old` of the log is.
fn data_in_log(patient: &Patient) -> Extent {
    let (_, _, payload) = patient.records().swap_remove(0);
    let ops = decode_ops(&payload, 0, patient.bytes.len() as u64).unwrap();
    let mut sets = ops.iter().filter_map(|op| match op {
        Op::SetPromptSet(set) if set.name == "old" => Some(set.data),
        _ => None,
    });
    sets.next().unwrap()
}

/// The manifest with a byte changed, counted from behind the name of the set.
fn raw(place: usize, value: u8) -> Patient {
    broken(|p| {
        p.patch_manifest(|m| {
            let start = m.windows(4).rposition(|w| w == MANY.as_bytes()).unwrap() + 4;
            m[start + place] = value;
        });
    })
}

#[test]
fn v004_reserved() {
    let (flags, reserved) = (24, 28);
    for patient in [
        raw(flags, 7),
        raw(flags + 3, 0x80),
        raw(reserved, 1),
        raw(reserved + 3, 1),
        // 20 values of 4 bytes in rows of 128.
        broken(|p| p.set_prompt(MANY, section::PROMPT_MATRIX, 20, 1_u32)),
        broken(|p| p.set_prompt(MANY, section::PROMPT_MATRIX, 4 * 32 + 31, -0.0_f32)),
        broken(|p| p.edit_prompts(MANY, |data, _| data[36] = 1)),
    ] {
        patient.breaks(Rule::Reserved);
    }
}

#[test]
fn v006_extents() {
    set(|set| set.data = Extent::default()).breaks(Rule::ExtentBounds);
    set(|set| set.data.page = 2).breaks(Rule::ExtentBounds);
    set(|set| set.data.page = 1 << 30).breaks(Rule::ExtentBounds);
    set_in_log(|set| set.data = Extent::default()).breaks(Rule::ExtentBounds);
    set_in_log(|set| set.data.page = 1 << 30).breaks(Rule::ExtentBounds);
}

#[test]
fn v007_prompt_sets_share_no_page() {
    let copy = |p: &mut Patient| {
        let same = PromptSetDef { name: "same".into(), ..p.prompt_set(MANY) };
        p.edit_manifest(|m| m.prompt_sets.push(same));
    };
    broken(copy).breaks(Rule::ExtentOverlap);
    let tensor = broken(|p| {
        let data = p.prompt_set(MANY).data;
        let index = crate::format::index::IndexDesc { kind: 9, column: PLANE, group: 0, data };
        p.edit_manifest(|m| m.indexes.push(index));
    });
    tensor.breaks(Rule::ExtentOverlap);
}

#[test]
fn v008_blocks() {
    for byte in [0, 100, 700] {
        for mut patient in [Patient::new(), Patient::with_log(true), Patient::with_log(false)] {
            let start = usize::try_from(patient.prompt_set(MANY).data.offset()).unwrap();
            patient.bytes[start + byte] ^= 1;
            let report = check(patient.bytes.clone()).unwrap();
            assert_eq!(report.problems.len(), 1, "once: {report:#?}");
            patient.breaks(Rule::BlockChecksum);
        }
    }
    // What the log has replaced is not looked into; what it names is.
    let mut patient = Patient::with_log(true);
    let start = usize::try_from(patient.prompt_set("old").data.offset()).unwrap();
    patient.bytes[start] ^= 1;
    assert!(check(patient.bytes).unwrap().is_ok());
    for (closed, torn) in [(true, false), (false, false), (false, true)] {
        let mut patient = Patient::with_log(closed);
        if torn {
            patient.edit_log(|_, header, _| header.synced_seq = 0);
        }
        let start = usize::try_from(data_in_log(&patient).offset()).unwrap();
        patient.bytes[start + 300] ^= 1;
        if torn {
            let report = check(patient.bytes).unwrap();
            assert!(report.is_ok() && report.notes.len() == 1, "{report:#?}");
        } else {
            patient.breaks(Rule::BlockChecksum);
        }
    }
}

#[test]
fn v015_headers() {
    // Layout of another kind, count, first row, dtype, stride, total.
    for (at, value) in [(8, 4), (16, 1), (28, 1), (32, 64), (40, 11)] {
        let patient = broken(|p| p.edit_prompts(MANY, |data, _| data[at] = value));
        patient.breaks(Rule::GroupHeader);
    }
    // Without features of tokens, whose length would be another one.
    broken(|p| p.edit_prompts("few", |data, _| data[24] = 19)).breaks(Rule::GroupHeader);
    set(|set| set.count = 4).breaks(Rule::GroupHeader);
    set(|set| set.tokens = 1).breaks(Rule::GroupHeader);
    set(|set| (set.dim, set.field) = (21, 0)).breaks(Rule::GroupHeader);
    set_in_log(|set| set.count = 1).breaks(Rule::GroupHeader);
    set_in_log(|set| (set.dim, set.field) = (21, 0)).breaks(Rule::GroupHeader);
}

#[test]
fn v016_sections() {
    let len = |number: usize| 64 + 16 * number + 8;
    for (at, value) in [
        (len(section::PROMPT_OFFSETS), 20),
        (len(section::PROMPT_MATRIX), 0),
        (len(section::PROMPT_TOKENS), 0),
        (len(section::PROMPT_TOKENS) - 8, 1),
    ] {
        let patient = broken(|p| p.edit_prompts(MANY, |data, _| data[at] = value));
        patient.breaks(Rule::GroupSection);
    }
    // A list of rows, which texts do not have: the offsets stand in for it, the section before them.
    let rows = broken(|p| {
        let mut data = p.data(p.prompt_set(MANY).data);
        let head = 192;
        data.splice(head..head, (0..5_u64).chain([0; 3]).flat_map(u64::to_le_bytes));
        data[72] = 40;
        for number in section::PROMPT_OFFSETS..=section::PROMPT_TOKENS {
            let place = 64 + 16 * number;
            let old = u64::from_le_bytes(data[place..place + 8].try_into().unwrap());
            data[place..place + 8].copy_from_slice(&(old + 64).to_le_bytes());
        }
        let extent = p.append(&data);
        p.edit_set(MANY, |set| set.data = extent);
    });
    rows.breaks(Rule::GroupSection);
}

#[test]
fn v022_attributes() {
    set(|set| set.attributes = "{".into()).breaks(Rule::MetadataText);
    set_in_log(|set| set.attributes = "[}".into()).breaks(Rule::MetadataText);
    assert!(check(set(|set| set.attributes = String::new()).bytes).unwrap().is_ok());
}

#[test]
fn v025_values() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for (number, last) in [(section::PROMPT_MATRIX, 4 * 32 + 19), (section::PROMPT_TOKENS, 199)]
        {
            for place in [0, last] {
                broken(|p| p.set_prompt(MANY, number, place, value)).breaks(Rule::FeatureFinite);
            }
        }
    }
}

#[test]
fn v033_v012_text_and_lists() {
    broken(|p| {
        p.patch_manifest(|m| {
            let start = m.windows(4).rposition(|w| w == MANY.as_bytes()).unwrap();
            m[start + 1] = 0xff;
        });
    })
    .breaks(Rule::Utf8);
    broken(|p| p.patch_manifest(|m| m.truncate(m.len() - 24))).breaks(Rule::ManifestLayout);
}

type Edit = fn(&mut PromptSetDef);

#[test]
fn v034_records() {
    let edits: [Edit; 13] = [
        |set| set.name.clear(),
        |set| set.name = "n".repeat(256),
        |set| set.count = 0,
        |set| set.count = (1 << 20) + 1,
        |set| set.dim = 0,
        |set| set.dim = (1 << 16) + 1,
        |set| set.tokens = u32::MAX,
        |set| set.field = 999,
        // Of another dimension, and no field at all.
        |set| set.field = PLANE,
        |set| set.field = super::build::AGE,
        |set| set.logit_scale = Some(f64::NAN),
        |set| set.logit_bias = Some(f64::INFINITY),
        |set| set.texts_sha256[7] ^= 0x40,
    ];
    for edit in edits {
        set(edit).breaks(Rule::PromptSet);
    }
    for edit in edits.into_iter().skip(2) {
        set_in_log(edit).breaks(Rule::PromptSet);
    }
    set(|set| set.name = "few".into()).breaks(Rule::PromptSet);
    let (flags, scale, bias) = (24, 32, 40);
    for patient in [raw(flags, 0), raw(flags, 1), raw(flags, 2)] {
        patient.breaks(Rule::PromptSet);
    }
    for place in [scale, bias + 7] {
        let patient = broken(|p| {
            p.patch_manifest(|m| {
                let start = m.windows(3).rposition(|w| w == b"few").unwrap() + 3;
                m[start + place] = 0x80;
            });
        });
        patient.breaks(Rule::PromptSet);
    }
}

#[test]
fn v034_texts() {
    for (index, offset) in [(0, 1_u32), (1, 20), (5, 29), (5, 31), (3, u32::MAX)] {
        broken(|p| p.set_prompt(MANY, section::PROMPT_OFFSETS, index, offset))
            .breaks(Rule::PromptSet);
    }
    for byte in [0xff_u8, b'x'] {
        broken(|p| p.set_prompt(MANY, section::PROMPT_BYTES, 3, byte)).breaks(Rule::PromptSet);
    }
    // Other borders between the same bytes are other texts.
    broken(|p| p.set_prompt(MANY, section::PROMPT_OFFSETS, 1, 5_u32)).breaks(Rule::PromptSet);
}

#[test]
fn v034_feature_bit() {
    broken(|p| p.edit_superblock(|s| s.incompat = INCOMPAT_TOKENS | INCOMPAT_MASKS))
        .breaks(Rule::PromptSet);
    let mut in_log = Patient::with_log(true);
    in_log.edit_manifest(|m| m.prompt_sets.clear());
    in_log.edit_superblock(|s| s.incompat = INCOMPAT_TOKENS | INCOMPAT_MASKS);
    in_log.breaks(Rule::PromptSet);
}

#[test]
fn v034_a_name_to_delete() {
    let mut patient = Patient::with_log(true);
    patient.edit_log(|index, _, payload| {
        if index == 0 {
            // The operation of code 9 holds a text of 3 bytes: it becomes one of none, and 3 bytes too many.
            let name = payload.windows(7).position(|w| w == b"\x03\0\0\0few").unwrap();
            payload[name] = 0;
        }
    });
    patient.breaks(Rule::PromptSet);
}

#[test]
fn v034_the_schema_keeps_the_field() {
    // A field without row groups, which a schema of the log could change but for the prompt set.
    let mut patient = Patient::with_log(true);
    patient.edit_manifest(|m| {
        let mut field = m.schema.fields[1].clone();
        (field.column, field.name) = (99, "free".into());
        m.schema.fields.push(field);
        m.prompt_sets[1].field = 99;
    });
    assert!(check(patient.bytes.clone()).unwrap().is_ok());
    let mut schema = patient.manifest().schema;
    schema.fields.last_mut().unwrap().dim = 21;
    patient.edit_log(|index, _, payload| {
        if index == 1 {
            *payload = crate::format::ops::encode_ops(&[Op::SetSchema(schema.clone())]);
        }
    });
    patient.breaks(Rule::PromptSet);
    assert_eq!(Patient::new().prompt_set(MANY).field, SMALL);
}

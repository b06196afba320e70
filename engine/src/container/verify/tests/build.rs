//! Containers that have every structure of the format.

use std::sync::Arc;

use half::f16;
use sha2::{Digest, Sha256};

use super::build_masks;
use crate::container::encode::{
    Encoded, KeysInput, MetadataInput, PromptsInput, RegionEntry, RegionsInput, ScalarInput,
    TextInput, TokensInput, VectorInput,
};
use crate::container::writer::{Batch, Durability, Writer};
use crate::format::group::Layout;
use crate::format::mapping::GridMapping;
use crate::format::ops::{Cursor, Op};
use crate::format::prompts::PromptSetDef;
use crate::format::schema::{
    AttributeDef, AttributeType, COLUMN_KEYS, COLUMN_METADATA, DefaultMetric, Dtype, FieldDef,
    FieldKind, Provenance, Schema,
};
use crate::format::segment::segment_row;
use crate::format::space::Space;
use crate::storage::Storage;

pub(super) const AGE: u32 = 16;
pub(super) const DOSE: u32 = 17;
pub(super) const FLAG: u32 = 18;
pub(super) const SITE: u32 = 19;
/// f32, 200 values: its first row group is longer than a checksum block.
pub(super) const GLOBAL: u32 = 20;
/// f16, 20 values: 24 bytes of padding.
pub(super) const SMALL: u32 = 21;
/// f16 with boxes and scores.
pub(super) const PARTS: u32 = 22;
/// f32 without boxes and scores.
pub(super) const PLAIN: u32 = 23;

/// Tokens, f32, a plane of 2 x 3 tokens of 4 values, for some images; mapped or not.
pub(super) const PLANE: u32 = 24;
/// Tokens, f16, sequences of any length of tokens of 20 values.
pub(super) const LONG: u32 = 25;

/// Masks; see [`super::build_masks`].
pub(super) const MASKS: u32 = 26;

/// Images of the first and of the second row group.
pub(super) const FIRST: u64 = 240;
const SECOND: u64 = 40;

fn field(column: u32, name: &str, kind: FieldKind, dtype: Dtype, dim: u32) -> FieldDef {
    let regions = if kind == FieldKind::Regions { 5 } else { 0 };
    FieldDef {
        column,
        name: name.into(),
        kind,
        dtype,
        metric: DefaultMetric::Cosine,
        normalized: false,
        dim,
        grid: [0; 3],
        regions: (0..regions).map(|n| format!("region {n}")).collect(),
        provenance: Provenance { json: "{\"a\": [1, 2]}".into(), ..Provenance::default() },
    }
}

pub(super) fn schema() -> Schema {
    let attribute = |column, name: &str, kind| AttributeDef { column, name: name.into(), kind };
    Schema {
        attributes: vec![
            attribute(AGE, "age", AttributeType::I64),
            attribute(DOSE, "dose", AttributeType::F64),
            attribute(FLAG, "flag", AttributeType::Bool),
            attribute(SITE, "site", AttributeType::Text),
        ],
        fields: vec![
            field(GLOBAL, "global", FieldKind::Vector, Dtype::F32, 200),
            field(SMALL, "small", FieldKind::Vector, Dtype::F16, 20),
            field(PARTS, "parts", FieldKind::Regions, Dtype::F16, 12),
            field(PLAIN, "plain", FieldKind::Regions, Dtype::F32, 4),
            FieldDef { grid: [0, 2, 3], ..field(PLANE, "plane", FieldKind::Tokens, Dtype::F32, 4) },
            field(LONG, "long", FieldKind::Tokens, Dtype::F16, 20),
            field(MASKS, "masks", FieldKind::Masks, Dtype::F16, 0),
        ],
    }
}

fn feature(seed: u64, dim: u32, dtype: Dtype) -> Vec<u8> {
    let values = (0..u64::from(dim)).map(|i| ((seed * 31 + i * 7) % 97) as f32 - 48.0);
    match dtype {
        Dtype::F32 => values.flat_map(f32::to_le_bytes).collect(),
        Dtype::F16 => values.flat_map(|v| f16::from_f32(v).to_le_bytes()).collect(),
    }
}

pub(super) fn keys(rows: Vec<u64>, texts: &[String], spaces: Vec<u32>) -> Encoded {
    let keys = texts.iter().map(String::as_str).collect();
    KeysInput { rows, keys, spaces }.encode().unwrap()
}

pub(super) fn vectors(rows: Vec<u64>, field: &FieldDef, salt: u64) -> Encoded {
    let features: Vec<Vec<u8>> =
        rows.iter().map(|row| feature(row + salt, field.dim, field.dtype)).collect();
    let features = features.iter().map(Vec::as_slice).collect();
    VectorInput { rows, features, dim: field.dim, dtype: field.dtype }.encode().unwrap()
}

/// Row `r` has the regions `n` with `r >> n` odd: some rows have none.
fn regions(rows: Vec<u64>, field: &FieldDef, extras: bool) -> Encoded {
    let mut all = Vec::new();
    let mut ends = Vec::new();
    for &row in &rows {
        let own = (0..field.regions.len() as u64).filter(|n| row >> n & 1 == 1);
        all.extend(own.map(|n| (row, n, feature(row * 5 + n, field.dim, field.dtype))));
        ends.push(all.len());
    }
    let entry = |(row, n, feature): &'_ (u64, u64, Vec<u8>)| {
        let (low, high) = (*row as f32, (*row + n) as f32);
        let bbox = (extras && row % 3 != 0).then_some([low, low, low, high, high, high]);
        let score = (extras && row % 4 != 0).then_some(low / 7.0);
        (u16::try_from(*n).unwrap(), feature.clone(), bbox, score)
    };
    let parts: Vec<_> = all.iter().map(entry).collect();
    let entries = parts
        .iter()
        .map(|(region, feature, bbox, score)| RegionEntry {
            region: *region,
            feature,
            bbox: *bbox,
            score: *score,
        })
        .collect();
    RegionsInput { rows, ends, entries, dim: field.dim, dtype: field.dtype }.encode().unwrap()
}

/// New images, keys below `prefix`, with a value in every column; attributes and metadata only where the row is even.
pub(super) fn images(rows: std::ops::Range<u64>, prefix: &str) -> Vec<(u32, Encoded)> {
    let all: Vec<u64> = rows.collect();
    let even: Vec<u64> = all.iter().copied().filter(|row| row % 2 == 0).collect();
    let names: Vec<String> = all.iter().map(|row| format!("{prefix}/{row:05}")).collect();
    let spaces = all.iter().map(|row| u32::from(row % 5 == 1)).collect();
    let sites: Vec<String> = even.iter().map(|row| format!("site {}", row % 7)).collect();
    let json: Vec<String> = even.iter().map(|row| format!("{{\"row\": {row}}}")).collect();
    let schema = schema();
    let [global, small, parts, plain, ..] = &schema.fields[..] else { panic!("fields") };
    let ages = even.iter().map(|&row| i64::try_from(row).unwrap()).collect::<Vec<_>>();
    let doses = even.iter().map(|&row| row as f64 / 3.0).collect::<Vec<_>>();
    let flags = all.iter().map(|row| u8::from(row % 3 == 0)).collect::<Vec<_>>();
    let rows = || even.clone();
    let mut texts = TextInput::new(rows());
    for site in &sites {
        texts.push(site);
    }
    let metadata = MetadataInput { rows: rows(), texts: json.iter().map(String::as_str).collect() };
    vec![
        (COLUMN_KEYS, keys(all.clone(), &names, spaces)),
        (COLUMN_METADATA, metadata.encode().unwrap()),
        (AGE, ScalarInput { rows: rows(), values: ages }.encode(Layout::I64).unwrap()),
        (DOSE, ScalarInput { rows: rows(), values: doses }.encode(Layout::F64).unwrap()),
        (FLAG, ScalarInput { rows: all.clone(), values: flags }.encode(Layout::Bool).unwrap()),
        (SITE, texts.encode().unwrap()),
        (GLOBAL, vectors(all.clone(), global, 0)),
        (SMALL, vectors(all.clone(), small, 0)),
        (PARTS, regions(all.clone(), parts, true)),
        (PLAIN, regions(all, plain, false)),
    ]
}

/// A row group of tokens whose tensors, of so many tokens each, are in the file.
pub(super) fn tokens(writer: &mut Writer, column: u32, images: &[(u64, u32)]) -> (u32, Encoded) {
    let schema = schema();
    let field = schema.fields.iter().find(|field| field.column == column).unwrap();
    let mut tensor = |&(row, count): &(u64, u32)| {
        writer.write_extent(&feature(row + 3, count * field.dim, field.dtype)).unwrap()
    };
    let tensors = images.iter().map(&mut tensor).collect();
    let regular = GridMapping::regular([10.0, 10.0, 10.0]);
    let turned = GridMapping { axes: [2, 0, 1], stride: [10.0, -10.0, 10.0], ..regular };
    let mapping = |row: u64| [Some(regular), None, Some(turned)][at(row % 3)];
    let is_grid = column == PLANE;
    let mappings = images.iter().map(|&(row, _)| mapping(row).filter(|_| is_grid)).collect();
    let rows = images.iter().map(|&(row, _)| row).collect();
    (column, TokensInput { rows, tensors, mappings, field }.encode().unwrap())
}

/// Sets a prompt set of features of field `small`.
pub(super) fn prompts(writer: &mut Writer, name: &str, count: u32, tokens: u32) -> Op {
    let texts: Vec<String> = (0..count).map(|n| format!("{name} {n}")).collect();
    let dim = 20_usize;
    let values = |n: u32| (0..at(n.into()) * dim).map(|i| i as f32 / 3.0).collect::<Vec<_>>();
    let (features, token_features) = (values(count), values(count * tokens));
    let input =
        PromptsInput { texts: &texts, features: &features, tokens: &token_features, dim: 20 };
    let data = writer.write_extent(&input.encode().unwrap().bytes).unwrap();
    Op::SetPromptSet(Box::new(PromptSetDef {
        name: name.into(),
        created_ms: 7,
        count,
        dim: 20,
        tokens,
        field: if tokens == 0 { 0 } else { SMALL },
        logit_scale: (tokens > 0).then_some(4.5),
        logit_bias: (count > 3).then_some(-10.0),
        texts_sha256: Sha256::digest(texts.join("\0") + "\0").into(),
        attributes: if tokens == 0 { String::new() } else { "{}".into() },
        data,
    }))
}

fn at(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

fn cursor(split: &str, position: u64) -> Op {
    let (ingest, fingerprint) = ("pacs".into(), "sha256:00".into());
    Op::SetCursor(Cursor { ingest, split: split.into(), position, fingerprint })
}

/// Two row groups a column, dead entries on the medium, two cursors, two spaces, an empty log.
pub(super) fn checkpointed(storage: &Arc<dyn Storage>) -> Writer {
    let space = Space::new([10, 20, 30], [2.0, 0.5, 0.5]);
    let json = "{\"study\": \"x\"}".to_owned();
    let mut writer = Writer::create(storage, &space, schema(), json).unwrap();
    let other = Space::new([11, 20, 30], [2.0, 0.5, 0.5]);
    let mut groups = images(0..FIRST, "case");
    let some: Vec<(u64, u32)> = (0..FIRST).step_by(11).map(|row| (row, 6)).collect();
    groups.push(tokens(&mut writer, PLANE, &some));
    groups.push(tokens(&mut writer, LONG, &[(0, 1700), (1, 0), (2, 3)]));
    groups.push((MASKS, build_masks::first().encode()));
    let mut after = vec![cursor("train", FIRST)];
    for (name, count, tokens) in [("few", 3, 0), ("many", 5, 2), ("gone", 1, 0), ("old", 2, 1)] {
        after.push(prompts(&mut writer, name, count, tokens));
    }
    let before = vec![Op::AddSpace(other)];
    let first = Batch { before, groups, after, ..Batch::default() };
    writer.commit(first, Durability::Immediate).unwrap();
    writer.checkpoint().unwrap();
    let mut groups = images(FIRST..FIRST + SECOND, "case");
    groups.push((SMALL, vectors(vec![10, 11, 40], &schema().fields[1], 1000)));
    groups.push(tokens(&mut writer, PLANE, &[(22, 6)]));
    groups.push((MASKS, build_masks::second().encode()));
    let mut after = vec![cursor("test", 4), cursor("train", FIRST + SECOND)];
    after.push(Op::DeletePromptSet("gone".into()));
    after.push(prompts(&mut writer, "old", 4, 0));
    let second = Batch {
        before: vec![
            Op::DeleteRows(vec![3, 77]),
            Op::ClearRows { column: PARTS, rows: vec![9] },
            Op::ClearRows { column: MASKS, rows: vec![segment_row(12, 2)] },
        ],
        groups,
        after,
        ..Batch::default()
    };
    writer.commit(second, Durability::Immediate).unwrap();
    writer.checkpoint().unwrap();
    writer
}

/// The same with commits in the log: inline row groups, one in an extent, more deletions.
pub(super) fn with_log(storage: &Arc<dyn Storage>) -> Writer {
    let mut writer = checkpointed(storage);
    let start = FIRST + SECOND;
    let mut groups = images(start..start + 6, "case");
    groups.retain(|(column, _)| *column != GLOBAL);
    let global = vectors((start..start + 6).collect(), &schema().fields[0], 0);
    let external = vec![writer.write_ahead(GLOBAL, &global).unwrap()];
    let before = vec![Op::DeleteRows(vec![5, start - 1])];
    groups.push(tokens(&mut writer, PLANE, &[(33, 6), (start, 6), (start + 1, 6)]));
    groups.push(tokens(&mut writer, LONG, &[(2, 4), (start, 0), (start + 1, 1650)]));
    groups.push((MASKS, build_masks::in_log().encode()));
    let mut after = vec![cursor("test", 9), Op::DeletePromptSet("few".into())];
    after.push(prompts(&mut writer, "old", 2, 3));
    after.push(prompts(&mut writer, "new", 1, 0));
    let batch = Batch { before, groups, external, after, bulk: 0 };
    writer.commit(batch, Durability::Immediate).unwrap();
    let again = (AGE, ScalarInput { rows: vec![4, start], values: vec![-1_i64, -2] });
    let groups = vec![(again.0, again.1.encode(Layout::I64).unwrap())];
    let after = vec![Op::SetMetadata("[1, 2, 3]".into())];
    writer.commit(Batch { groups, after, ..Batch::default() }, Durability::Immediate).unwrap();
    writer
}

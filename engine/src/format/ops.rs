//! The operations of a committed transaction: the payload of a log record.

use super::group::{GroupDesc, Layout};
use super::limits::{JSON_BYTES_MAX, NAME_BYTES_MAX, OPS_MAX, ROWS_MAX};
use super::prompts::PromptSetDef;
use super::reader::Reader;
use super::schema::Schema;
use super::segment::segment_row;
use super::space::Space;
use super::writer::Writer;
use super::{Damage, Rule};

/// Where an ingest stands: everything before `position` of the split is in the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Name of the ingest.
    pub ingest: String,
    /// Split of the source; empty when there is only one.
    pub split: String,
    /// Number of source rows that are durable.
    pub position: u64,
    /// Identity of the source, so that another source is not continued by mistake.
    pub fingerprint: String,
}

impl Cursor {
    /// Appends the cursor.
    pub fn encode(&self, w: &mut Writer) {
        w.text(&self.ingest);
        w.text(&self.split);
        w.u64(self.position);
        w.text(&self.fingerprint);
    }

    /// Reads a cursor.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, Damage> {
        let before = r.limits(Rule::Cursor);
        let cursor = Self {
            ingest: r.name()?,
            split: r.text(NAME_BYTES_MAX)?,
            position: r.u64()?,
            fingerprint: r.text(NAME_BYTES_MAX)?,
        };
        r.limits(before);
        Ok(cursor)
    }
}

/// One operation. They apply in order; a later one wins.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Adds a row group; its rows supersede the same rows of older groups of the column.
    AddGroup(GroupDesc),
    /// Deletes images: their rows are dead in every column. Ascending.
    DeleteRows(Vec<u64>),
    /// Removes the values of rows in one column. Ascending.
    ClearRows {
        /// The column.
        column: u32,
        /// The rows.
        rows: Vec<u64>,
    },
    /// Sets or replaces a cursor.
    SetCursor(Cursor),
    /// Replaces the schema.
    SetSchema(Schema),
    /// Appends a space to the space table.
    AddSpace(Space),
    /// Replaces the JSON metadata of the container.
    SetMetadata(String),
    /// Sets or replaces a prompt set.
    SetPromptSet(Box<PromptSetDef>),
    /// Deletes the prompt set of a name.
    DeletePromptSet(String),
}

impl Op {
    fn code(&self) -> u32 {
        match self {
            Self::AddGroup(_) => 1,
            Self::DeleteRows(_) => 2,
            Self::ClearRows { .. } => 3,
            Self::SetCursor(_) => 4,
            Self::SetSchema(_) => 5,
            Self::AddSpace(_) => 6,
            Self::SetMetadata(_) => 7,
            Self::SetPromptSet(_) => 8,
            Self::DeletePromptSet(_) => 9,
        }
    }

    /// Whether it names extents: a row group, its tensors, a prompt set.
    pub fn names_extents(&self) -> bool {
        match self {
            Self::AddGroup(desc) => !desc.inline || desc.layout == Layout::Tokens,
            Self::SetPromptSet(_) => true,
            _ => false,
        }
    }

    fn encode_body(&self, w: &mut Writer) {
        match self {
            Self::AddGroup(desc) => desc.encode(w),
            Self::DeleteRows(rows) => encode_rows(rows, w),
            Self::ClearRows { column, rows } => {
                w.u32(*column);
                w.u32(0);
                encode_rows(rows, w);
            }
            Self::SetCursor(cursor) => cursor.encode(w),
            Self::SetSchema(schema) => schema.encode(w),
            Self::AddSpace(space) => space.encode(w),
            Self::SetMetadata(json) => w.text(json),
            Self::SetPromptSet(set) => set.encode(w),
            Self::DeletePromptSet(name) => w.text(name),
        }
    }
}

fn encode_rows(rows: &[u64], w: &mut Writer) {
    w.u64(rows.len() as u64);
    for &row in rows {
        w.u64(row);
    }
}

fn decode_rows(r: &mut Reader<'_>, end: u64) -> Result<Vec<u64>, Damage> {
    let mut rows: Vec<u64> = Vec::new();
    for _ in 0..r.count(ROWS_MAX, 8)? {
        let row = r.u64()?;
        if row >= end || rows.last().is_some_and(|&last| last >= row) {
            return Err(r.damage("rows do not ascend"));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Encodes the operations; inline row groups follow at a multiple of 64 and are not part of this.
pub fn encode_ops(ops: &[Op]) -> Vec<u8> {
    let mut body = Writer::new();
    for op in ops {
        let mut one = Writer::new();
        op.encode_body(&mut one);
        body.u32(op.code());
        body.u32(0);
        body.u64(one.len() as u64);
        body.raw(&one.into_bytes());
    }
    let mut w = Writer::new();
    w.u64(ops.len() as u64);
    w.u64(body.len() as u64);
    w.raw(&body.into_bytes());
    w.align(64);
    w.into_bytes()
}

/// Reads the operations of a payload at `at` of a file of `file_len` bytes.
pub fn decode_ops(payload: &[u8], at: u64, file_len: u64) -> Result<Vec<Op>, Damage> {
    let mut r = Reader::new(payload, at, Rule::LogOps);
    let count = r.count(OPS_MAX, 16)?;
    let len = r.u64()?;
    let area_at = r.offset();
    let mut area = Reader::new(r.take(len)?, area_at, Rule::LogOps);
    let mut ops = Vec::new();
    for _ in 0..count {
        let code = area.u32()?;
        area.zeros(4)?;
        let body_len = area.u64()?;
        let body_at = area.offset();
        let mut body = Reader::new(area.take(body_len)?, body_at, Rule::LogOps);
        ops.push(decode_op(code, &mut body, file_len, payload.len() as u64)?);
        body.finish()?;
    }
    area.finish()?;
    check_inline(&ops, r.offset().saturating_sub(at), at)?;
    Ok(ops)
}

/// Inline row groups lie behind the operations, which end at `start`, and share no byte.
fn check_inline(ops: &[Op], start: u64, at: u64) -> Result<(), Damage> {
    let inline = ops.iter().filter_map(|op| match op {
        Op::AddGroup(desc) if desc.inline => Some(desc.data),
        _ => None,
    });
    let mut places: Vec<_> = inline.collect();
    places.sort_unstable_by_key(|place| place.page);
    let mut end = start;
    for place in places {
        if place.page < end {
            let text = format!("the inline row group at {} of the payload overlaps", place.page);
            return Err(Damage::new(Rule::GroupDescriptor, at, text));
        }
        end = place.page.saturating_add(place.len);
    }
    Ok(())
}

fn decode_op(code: u32, r: &mut Reader<'_>, file_len: u64, payload: u64) -> Result<Op, Damage> {
    Ok(match code {
        1 => Op::AddGroup(GroupDesc::decode(r, file_len, Some(payload))?),
        2 => Op::DeleteRows(decode_rows(r, ROWS_MAX)?),
        3 => {
            let column = r.u32()?;
            r.zeros(4)?;
            // The column may be one of masks, whose rows are segments.
            Op::ClearRows { column, rows: decode_rows(r, segment_row(ROWS_MAX, 0))? }
        }
        4 => Op::SetCursor(Cursor::decode(r)?),
        5 => Op::SetSchema(Schema::decode(r)?),
        6 => Op::AddSpace(Space::decode(r)?),
        7 => Op::SetMetadata(r.text(JSON_BYTES_MAX)?),
        8 => Op::SetPromptSet(Box::new(PromptSetDef::decode(r, file_len)?)),
        9 => {
            let before = r.limits(Rule::PromptSet);
            let name = r.name()?;
            r.limits(before);
            Op::DeletePromptSet(name)
        }
        other => return Err(r.damage(format!("unknown operation {other}"))),
    })
}

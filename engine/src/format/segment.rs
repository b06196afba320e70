//! What a row group says of a segment of a mask, beside its label and its name.

use std::ops::Range;

use super::limits::{
    AXIS_MAX, JSON_BYTES_MAX, MASK_VOXELS_MAX, SEGMENT_CODES_MAX, SEGMENT_PARTS_MAX, TEXT_BYTES_MAX,
};
use super::varint::{self, Varints};
use super::{Damage, Rule};

/// Rows of a masks column are segments: the row of the image times this, plus a number below it.
pub const SEGMENT_SLOTS: u64 = 1 << 20;

/// The row of a segment.
pub const fn segment_row(image: u64, slot: u64) -> u64 {
    image.saturating_mul(SEGMENT_SLOTS).saturating_add(slot)
}

/// The rows of all segments of an image.
pub const fn segment_rows(image: u64) -> Range<u64> {
    segment_row(image, 0)..segment_row(image.saturating_add(1), 0)
}

/// The image of a segment's row.
pub const fn image_of(row: u64) -> u64 {
    row / SEGMENT_SLOTS
}

/// The number of a segment among those of its image.
pub const fn slot_of(row: u64) -> u64 {
    row % SEGMENT_SLOTS
}

const HAS_VOXELS: u8 = 1;
const HAS_PRIORITY: u8 = 2;
const HAS_COLOUR: u8 = 4;
const HAS_CODES: u8 = 8;
const HAS_JSON: u8 = 16;
const IS_PART: u8 = 32;
const HAS_DEPTH: u8 = 64;

/// A box of voxels, half open. A slice is one (time, z): slices are numbered `time * depth + z`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bounds {
    /// Slices.
    pub slices: Range<u64>,
    /// Rows of a slice: y.
    pub rows: Range<u64>,
    /// Voxels of a row: x.
    pub columns: Range<u64>,
}

impl Bounds {
    /// Whether the two boxes have a voxel in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        let meet = |a: &Range<u64>, b: &Range<u64>| a.start < b.end && b.start < a.end;
        meet(&self.slices, &other.slices)
            && meet(&self.rows, &other.rows)
            && meet(&self.columns, &other.columns)
    }
}

/// What is known of the voxels of a segment that has some, without decoding them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoxelFacts {
    /// Number of voxels.
    pub voxels: u64,
    /// Number of runs.
    pub runs: u64,
    /// The smallest box around them.
    pub bounds: Bounds,
    /// Sums of slice, row and column over all voxels, each counted from the start of the box.
    pub sums: [u128; 3],
    /// Where there is time: the z that occur, and the sum of z counted from the first one.
    pub depth: Option<(Range<u64>, u128)>,
}

/// Where the encoded voxels of a segment are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockRef {
    /// From the start of the section of blocks.
    pub offset: u64,
    /// In bytes.
    pub len: u64,
    /// For a block of several segments: which of them.
    pub part: Option<u32>,
}

/// The record of a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentRecord<'a> {
    /// Its voxels; none for an empty segment.
    pub voxels: Option<(BlockRef, VoxelFacts)>,
    /// Where segments overlap in a label map, the higher one is seen.
    pub priority: i32,
    /// Red, green, blue, opacity.
    pub colour: Option<[u8; 4]>,
    /// Terms: scheme, value, meaning.
    pub codes: Vec<[&'a str; 3]>,
    /// JSON text, or empty.
    pub json: &'a str,
}

impl<'a> SegmentRecord<'a> {
    /// Appends the record.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let bit = |is: bool, flag: u8| if is { flag } else { 0 };
        let voxels = self.voxels.as_ref();
        out.push(
            bit(voxels.is_some(), HAS_VOXELS)
                | bit(self.priority != 0, HAS_PRIORITY)
                | bit(self.colour.is_some(), HAS_COLOUR)
                | bit(!self.codes.is_empty(), HAS_CODES)
                | bit(!self.json.is_empty(), HAS_JSON)
                | bit(voxels.is_some_and(|(block, _)| block.part.is_some()), IS_PART)
                | bit(voxels.is_some_and(|(_, facts)| facts.depth.is_some()), HAS_DEPTH),
        );
        if let Some((block, facts)) = voxels {
            encode_voxels(block, facts, out);
        }
        if self.priority != 0 {
            varint::put(u128::from(varint::zigzag(self.priority)), out);
        }
        out.extend(self.colour.into_iter().flatten());
        if !self.codes.is_empty() {
            varint::put(self.codes.len() as u128, out);
            for text in self.codes.iter().flatten() {
                put_text(text, out);
            }
        }
        if !self.json.is_empty() {
            put_text(self.json, out);
        }
    }

    /// Reads a record that fills `bytes`, which lie at `at` in the file. The text of JSON is not parsed.
    pub fn decode(bytes: &'a [u8], at: u64) -> Result<Self, Damage> {
        let mut r = Varints::new(bytes, at, Rule::SegmentRecord);
        let flags = r.byte()?;
        if flags & 128 != 0 {
            return Err(Damage::new(Rule::Reserved, at, "unknown flags of a segment"));
        }
        let has = |flag: u8| flags & flag != 0;
        if !has(HAS_VOXELS) && (has(IS_PART) || has(HAS_DEPTH)) {
            return Err(r.damage("a segment without voxels has parts or frames"));
        }
        let mut record = Self::default();
        if has(HAS_VOXELS) {
            record.voxels = Some(decode_voxels(&mut r, has(IS_PART), has(HAS_DEPTH))?);
        }
        if has(HAS_PRIORITY) {
            record.priority = varint::unzigzag(r.number(u64::from(u32::MAX))?);
            if record.priority == 0 {
                return Err(r.damage("a priority of zero is written"));
            }
        }
        if has(HAS_COLOUR) {
            record.colour = Some([r.byte()?, r.byte()?, r.byte()?, r.byte()?]);
        }
        if has(HAS_CODES) {
            let count = r.number(SEGMENT_CODES_MAX)?;
            if count == 0 {
                return Err(r.damage("a list of no terms is written"));
            }
            for _ in 0..count {
                let mut text = || r.text(TEXT_BYTES_MAX);
                record.codes.push([text()?, text()?, text()?]);
            }
        }
        if has(HAS_JSON) {
            record.json = r.text(JSON_BYTES_MAX)?;
            if record.json.is_empty() {
                return Err(r.damage("an empty JSON text is written"));
            }
        }
        r.finish()?;
        Ok(record)
    }
}

fn encode_voxels(block: &BlockRef, facts: &VoxelFacts, out: &mut Vec<u8>) {
    let mut put = |value: u64| varint::put(u128::from(value), out);
    put(block.offset);
    put(block.len);
    if let Some(part) = block.part {
        put(u64::from(part));
    }
    put(facts.voxels);
    put(facts.runs);
    let bounds = &facts.bounds;
    let depth = facts.depth.as_ref();
    let ranges = [&bounds.slices, &bounds.rows, &bounds.columns].into_iter();
    for range in ranges.chain(depth.map(|(range, _)| range)) {
        put(range.start);
        put(range.end.saturating_sub(range.start));
    }
    for sum in facts.sums.into_iter().chain(depth.map(|(_, sum)| *sum)) {
        varint::put(sum, out);
    }
}

fn decode_voxels(
    r: &mut Varints<'_>,
    is_part: bool,
    has_depth: bool,
) -> Result<(BlockRef, VoxelFacts), Damage> {
    let mut block = BlockRef { offset: r.number(u64::MAX)?, len: r.number(u64::MAX)?, part: None };
    if is_part {
        block.part = u32::try_from(r.number(SEGMENT_PARTS_MAX)?).ok();
    }
    let voxels = r.number(MASK_VOXELS_MAX)?;
    let runs = r.number(voxels)?;
    let slices = MASK_VOXELS_MAX;
    let bounds = Bounds {
        slices: range(r, slices)?,
        rows: range(r, AXIS_MAX)?,
        columns: range(r, AXIS_MAX)?,
    };
    let depth = if has_depth { Some(range(r, AXIS_MAX)?) } else { None };
    let len = |range: &Range<u64>| range.end.saturating_sub(range.start);
    let mut sum = |range: &Range<u64>| {
        // No voxel adds more than the last place of the box.
        let most = u128::from(voxels).saturating_mul(u128::from(len(range).saturating_sub(1)));
        r.wide(most)
    };
    let sums = [sum(&bounds.slices)?, sum(&bounds.rows)?, sum(&bounds.columns)?];
    let depth = match depth {
        Some(range) => Some((range.clone(), sum(&range)?)),
        None => None,
    };
    let area = len(&bounds.slices).checked_mul(len(&bounds.rows));
    let room = area.and_then(|area| area.checked_mul(len(&bounds.columns)));
    if voxels == 0 || runs == 0 || block.len == 0 || room.is_none_or(|room| voxels > room) {
        return Err(r.damage("a segment has more voxels than its box, or none"));
    }
    Ok((block, VoxelFacts { voxels, runs, bounds, sums, depth }))
}

/// A range that is not empty and ends at `max` at the latest.
fn range(r: &mut Varints<'_>, max: u64) -> Result<Range<u64>, Damage> {
    let (start, len) = (r.number(max)?, r.number(max)?);
    match start.checked_add(len) {
        Some(end) if len > 0 && end <= max => Ok(start..end),
        _ => Err(r.damage("the box of a segment is not possible")),
    }
}

fn put_text(text: &str, out: &mut Vec<u8>) {
    varint::put(text.len() as u128, out);
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::{BlockRef, Bounds, SegmentRecord, VoxelFacts};

    fn full() -> SegmentRecord<'static> {
        let bounds = Bounds { slices: 3..9, rows: 0..1 << 31, columns: 100..101 };
        let facts = VoxelFacts {
            voxels: 1 << 33,
            runs: 5,
            bounds,
            sums: [7, 1 << 60, 0],
            depth: Some((2..4, 1)),
        };
        SegmentRecord {
            voxels: Some((BlockRef { offset: 1 << 40, len: 99, part: Some(300) }, facts)),
            priority: -4,
            colour: Some([1, 2, 3, 255]),
            codes: vec![["SCT", "10200004", "Liver"], ["", "", ""]],
            json: "{}",
        }
    }

    #[test]
    fn a_record_comes_back_and_every_shorter_one_is_refused() {
        for record in [full(), SegmentRecord::default()] {
            let mut bytes = Vec::new();
            record.encode(&mut bytes);
            assert_eq!(SegmentRecord::decode(&bytes, 0).unwrap(), record);
            for len in 0..bytes.len() {
                assert!(SegmentRecord::decode(&bytes[..len], 0).is_err(), "{len}");
            }
            bytes.push(0);
            assert!(SegmentRecord::decode(&bytes, 0).is_err());
        }
    }
}

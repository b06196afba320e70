//! Segments of masks.

use std::collections::{BTreeMap, HashMap};

use super::{Assembly, Encoded, Shape};
use crate::error::{Error, Result};
use crate::format::group::Layout;
use crate::format::segment::SegmentRecord;

/// A segment to be stored.
#[derive(Clone, Debug)]
pub struct SegmentEntry<'a> {
    /// Group.
    pub group: &'a str,
    /// Name.
    pub name: &'a str,
    /// Label.
    pub label: u32,
    /// The record; the offset and the length of its block are set here.
    pub record: SegmentRecord<'a>,
    /// Which of the blocks its voxels are in.
    pub block: Option<usize>,
}

/// Segments with their rows.
#[derive(Debug, Default)]
pub struct MasksInput<'a> {
    /// Rows of segments, ascending.
    pub rows: Vec<u64>,
    /// The segments, as many as rows.
    pub entries: Vec<SegmentEntry<'a>>,
    /// Encoded voxels, each used by one segment or by several.
    pub blocks: Vec<&'a [u8]>,
}

impl MasksInput<'_> {
    /// The row group.
    pub fn encode(&self) -> Result<Encoded> {
        let (codes, names) = self.dictionary()?;
        let mut starts = Vec::with_capacity(self.blocks.len());
        let mut end = 0_u64;
        for block in &self.blocks {
            starts.push(end);
            end = end.saturating_add(block.len() as u64);
        }
        let labels: Vec<u32> = self.entries.iter().map(|entry| entry.label).collect();
        let mut records = Vec::new();
        let mut offsets = vec![0];
        for entry in &self.entries {
            self.record(entry, &starts, &mut records);
            offsets.push(small(records.len(), "bytes of segment records in a row group")?);
        }
        let shape = Shape {
            layout: Layout::Masks,
            rows: &self.rows,
            total: self.rows.len() as u64,
            dim: 0,
            dtype: 0,
            stride: 0,
        };
        let lens = [
            size_of_val(&*codes) as u64,
            size_of_val(&*labels) as u64,
            size_of_val(&*names.offsets) as u64,
            names.bytes.len() as u64,
            size_of_val(&*offsets) as u64,
            records.len() as u64,
            end,
        ];
        let (mut out, sections) = Assembly::start(&shape, &lens)?;
        let mut places = sections.into_iter();
        let mut next = || places.next().unwrap_or_default();
        out.fill(next(), &codes)?;
        out.fill(next(), &labels)?;
        out.fill(next(), &names.offsets)?;
        out.fill(next(), &names.bytes)?;
        out.fill(next(), &offsets)?;
        out.fill(next(), &records)?;
        out.seek(next())?;
        for block in &self.blocks {
            out.put(block)?;
        }
        out.finish(&shape)
    }

    fn record(&self, entry: &SegmentEntry<'_>, starts: &[u64], out: &mut Vec<u8>) {
        let mut record = entry.record.clone();
        if let Some((block, _)) = &mut record.voxels {
            let number = entry.block.unwrap_or(usize::MAX);
            block.offset = starts.get(number).copied().unwrap_or(0);
            block.len = self.blocks.get(number).map_or(0, |block| block.len() as u64);
        }
        record.encode(out);
    }

    /// The code of each segment's name, and the distinct names in ascending order.
    fn dictionary(&self) -> Result<(Vec<u32>, Names)> {
        let mut distinct: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
        let mut known: HashMap<(&str, &str), Vec<u8>> = HashMap::new();
        for entry in &self.entries {
            let pair = (entry.group, entry.name);
            known.entry(pair).or_insert_with(|| {
                let key = name_key(entry.group, entry.name);
                distinct.insert(key.clone(), 0);
                key
            });
        }
        let mut names = Names { offsets: vec![0], bytes: Vec::new() };
        for (number, (key, code)) in (0..).zip(&mut distinct) {
            *code = number;
            names.bytes.extend_from_slice(key);
            names.offsets.push(small(names.bytes.len(), "bytes of names in a row group")?);
        }
        let code = |entry: &SegmentEntry<'_>| {
            let key = known.get(&(entry.group, entry.name))?;
            distinct.get(key).copied()
        };
        Ok((self.entries.iter().map(|entry| code(entry).unwrap_or(u32::MAX)).collect(), names))
    }
}

struct Names {
    offsets: Vec<u32>,
    bytes: Vec<u8>,
}

/// The bytes that names are sorted by: the length of the group, the group, the name.
pub fn name_key(group: &str, name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(group.len().saturating_add(name.len()).saturating_add(1));
    key.push(u8::try_from(group.len()).unwrap_or(u8::MAX));
    key.extend_from_slice(group.as_bytes());
    key.extend_from_slice(name.as_bytes());
    key
}

fn small(value: usize, what: &'static str) -> Result<u32> {
    u32::try_from(value).map_err(|_| Error::Limit {
        what,
        value: value as u64,
        limit: u64::from(u32::MAX),
    })
}

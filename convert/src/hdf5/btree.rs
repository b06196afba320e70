//! The version 1 B-tree of chunks, which files of the default format use.
//!
//! Only the branches that can hold wanted chunks are entered, and damaged branches can be left out:
//! after a crash, the rest of the tree is often whole. Layout of a node: "TREE", type, level, entry
//! count (2), two sibling addresses, then keys and children in turn. A key: encoded size (4),
//! filter mask (4), an offset of 8 bytes for every axis and one more for the element.

use hdf5_reader::Hdf5File;
use hdf5_reader::error::{Error, Result};
use hdf5_reader::io::Cursor;

use super::chunks::Place;
use super::layout::Grid;
use super::limits;

/// Deepest tree; four levels hold more chunks than a file can.
const MAX_LEVEL: u8 = 16;

/// The wanted chunks: an inclusive box in units of chunks.
pub(super) struct Wanted {
    pub(super) first: Vec<u64>,
    pub(super) last: Vec<u64>,
}

impl Wanted {
    /// The number of the chunk at `offsets` (in elements) within the box, or None outside of it.
    pub(super) fn slot(&self, offsets: &[u64], dims: &[u64]) -> Option<u64> {
        let mut slot = 0_u64;
        let bounds = self.first.iter().zip(&self.last);
        for ((low, high), (at, size)) in bounds.zip(offsets.iter().zip(dims)) {
            let chunk = at.checked_div(*size).filter(|n| n.checked_mul(*size) == Some(*at))?;
            if chunk < *low || chunk > *high {
                return None;
            }
            slot = slot.checked_mul(high - low + 1)?.checked_add(chunk - low)?;
        }
        (offsets.len() >= dims.len() && dims.len() == self.first.len()).then_some(slot)
    }

    /// Whether the box may hold chunks from `low` up to and not including `high` (in the order of
    /// offsets).
    fn meets(&self, low: &[u64], high: &[u64], dims: &[u64]) -> bool {
        let offsets = |chunks: &[u64]| -> Vec<u64> {
            chunks.iter().zip(dims).map(|(n, d)| n.saturating_mul(*d)).collect()
        };
        let rank = dims.len();
        let (first, last) = (offsets(&self.first), offsets(&self.last));
        // The keys of edge nodes also bound the element axis, so an equal upper key may still hold
        // one.
        low.get(..rank).is_none_or(|low| low <= last.as_slice())
            && high.get(..rank).is_none_or(|high| high >= first.as_slice())
    }
}

/// Visits the wanted chunks. With `lenient`, nodes that cannot be read are left out.
pub(super) fn walk(
    file: &Hdf5File,
    grid: &Grid,
    wanted: &Wanted,
    lenient: bool,
    put: &mut dyn FnMut(&[u64], Place),
) -> Result<()> {
    let mut pending = vec![(grid.address, MAX_LEVEL)];
    let mut visited = 0_usize;
    while let Some((address, below)) = pending.pop() {
        visited += 1;
        if visited > limits::MAX_INDEX_NODES {
            return Err(Error::ResourceLimit("the index of chunks has too many nodes".into()));
        }
        match node(file, grid, address, below) {
            Ok(node) if node.level == 0 => {
                for entry in &node.entries {
                    put(&entry.offsets, entry.place);
                }
            }
            Ok(node) => {
                for (at, entry) in node.entries.iter().enumerate().rev() {
                    let next = node.entries.get(at + 1).map(|e| &e.offsets);
                    let high = next.unwrap_or(&node.end);
                    if lenient || wanted.meets(&entry.offsets, high, &grid.dims) {
                        pending.push((entry.place.address, node.level));
                    }
                }
            }
            Err(_) if lenient => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

struct Node {
    level: u8,
    entries: Vec<Entry>,
    end: Vec<u64>,
}

struct Entry {
    offsets: Vec<u64>,
    place: Place,
}

/// Reads a node whose level must be less than `below`, so that the walk ends.
fn node(file: &Hdf5File, grid: &Grid, address: u64, below: u8) -> Result<Node> {
    let wide = usize::from(file.superblock().offset_size);
    let head_bytes = 8 + 2 * wide;
    let head = file.storage().read_range(address, head_bytes)?;
    let mut head = Cursor::new(&head);
    let wrong = || Error::InvalidData(format!("no chunk B-tree node at {address:#x}"));
    if head.read_bytes(4)? != b"TREE" || head.read_u8()? != 1 {
        return Err(wrong());
    }
    let level = head.read_u8()?;
    let count = usize::from(head.read_u16_le()?);
    if level >= below {
        return Err(wrong());
    }
    let key = 8 + 8 * (grid.dims.len() + 1);
    let at = address.checked_add(head_bytes as u64).ok_or_else(wrong)?;
    let body = file.storage().read_range(at, count * (key + wide) + key)?;
    let mut body = Cursor::new(&body);
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let (size, skipped, offsets) = read_key(&mut body, grid.dims.len())?;
        let address = body.read_offset(file.superblock().offset_size)?;
        entries.push(Entry { offsets, place: Place { address, size, skipped } });
    }
    let (_, _, end) = read_key(&mut body, grid.dims.len())?;
    Ok(Node { level, entries, end })
}

fn read_key(body: &mut Cursor<'_>, rank: usize) -> Result<(u64, u32, Vec<u64>)> {
    let (size, skipped) = (u64::from(body.read_u32_le()?), body.read_u32_le()?);
    let offsets = (0..rank).map(|_| body.read_u64_le()).collect::<Result<_>>()?;
    body.read_u64_le()?;
    Ok((size, skipped, offsets))
}

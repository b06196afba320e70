//! The other way to store a slab: its labels, one or two bytes each, in one LZ4 block. It keeps noise from
//! growing. The crate `lz4_flex` is pure Rust, and decodes with every access checked as it is built here.

use super::walk::Sink;

/// Most bytes that a byte of LZ4 can stand for.
const RATIO_MAX: usize = 255;

/// Bytes of a label.
fn width_of(parts: u16) -> usize {
    if parts <= 255 { 1 } else { 2 }
}

/// Fewest bytes that an LZ4 block of so many voxels can have.
pub(super) fn least(voxels: usize, parts: u16) -> usize {
    voxels.saturating_mul(width_of(parts)) / RATIO_MAX
}

/// Adds the labels of a slice as bytes.
pub(super) fn extend(out: &mut Vec<u8>, labels: &[u16], parts: u16) {
    if width_of(parts) == 1 {
        out.extend(labels.iter().map(|label| label.to_le_bytes()[0]));
    } else {
        out.extend(labels.iter().flat_map(|label| label.to_le_bytes()));
    }
}

/// Compresses.
pub(super) fn pack(bytes: &[u8]) -> Vec<u8> {
    lz4_flex::block::compress(bytes)
}

/// The labels of `voxels` voxels. Memory is taken only for what the bytes can stand for.
pub(super) fn unpack(bytes: &[u8], voxels: usize, parts: u16) -> Result<Vec<u8>, &'static str> {
    let len = voxels.checked_mul(width_of(parts)).ok_or("its dense labels are too many")?;
    if len > bytes.len().saturating_mul(RATIO_MAX) {
        return Err("its dense labels are more than its bytes can stand for");
    }
    let mut out = vec![0; len];
    match lz4_flex::block::decompress_into(bytes, &mut out) {
        Ok(found) if found == len => Ok(out),
        Ok(_) => Err("its dense labels are too few"),
        Err(_) => Err("its dense labels do not decompress"),
    }
}

/// The runs of rows of unpacked labels. `None` when a label is over `parts`.
pub(super) fn runs(bytes: &[u8], width: usize, parts: u16, sink: &mut impl Sink) -> Option<()> {
    let size = width_of(parts);
    for (y, row) in bytes.chunks_exact(width.max(1) * size).enumerate() {
        let mut start = 0;
        while let Some(first) = row.get(start * size..).filter(|rest| !rest.is_empty()) {
            let value = first.get(..size)?;
            let same = first.chunks_exact(size).take_while(|&other| other == value).count();
            let label = match *value {
                [low] => u16::from(low),
                [low, high] => u16::from_le_bytes([low, high]),
                _ => return None,
            };
            if label > parts {
                return None;
            }
            if label != 0 {
                sink.run(label, y, start, start + same);
            }
            start += same;
        }
    }
    Some(())
}

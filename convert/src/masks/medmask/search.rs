//! Arrays anywhere in a damaged archive.

use vesalius::VoxelShape;

use super::blob::BlobHead;
use super::element::Element;
use super::header::Part;
use super::zstd;

/// The arrays of `shape` that are whole in `bytes`, the first of which is byte `base` of the file.
///
/// Cost: a search for the first bytes of a frame, and every frame found is unpacked, `budget` bytes of values
/// in all.
pub(super) fn arrays(bytes: &[u8], base: u64, shape: VoxelShape, mut budget: u64) -> Vec<Part> {
    let mut out = Vec::new();
    let mut at = 0_usize;
    while let Some(frame) = next_frame(bytes, at) {
        at = frame.saturating_add(1);
        let Some((start, head)) = head_before(bytes, frame, shape) else { continue };
        let Some(expected) = head.value_bytes(shape) else { continue };
        let Some(left) = budget.checked_sub(expected) else { break };
        budget = left;
        let rest = bytes.get(frame..).unwrap_or_default();
        let Some(length) = zstd::frame_length(rest, expected) else { continue };
        let offset = base.saturating_add(start as u64);
        out.push(Part { offset, length: head.bytes.saturating_add(length) });
        at = frame.saturating_add(usize::try_from(length).unwrap_or(0)).max(at);
    }
    out
}

fn next_frame(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let mut windows = rest.windows(zstd::MAGIC.len());
    Some(from.saturating_add(windows.position(|window| window == zstd::MAGIC)?))
}

/// The head that ends where a frame begins.
fn head_before(bytes: &[u8], frame: usize, shape: VoxelShape) -> Option<(usize, BlobHead)> {
    Element::NAMES.into_iter().find_map(|name| {
        let start = frame.checked_sub(name.len().checked_add(27)?)?;
        let text = bytes.get(start.checked_add(2)?..)?;
        let head = BlobHead::parse(bytes.get(start..frame)?, shape.zyx()).ok()?;
        text.starts_with(name.as_bytes()).then_some((start, head))
    })
}

//! Parts to a block.

use super::super::Runs;
use super::coder::BitEncoder;
use super::paint::{Painter, slabs, slices_of};
use super::plane::Plane;
use super::tables;
use super::walk::Walk;
use super::{SLAB_SLICES, dense};
use crate::format::varint;

/// Most slabs: a box with more has hardly anything in it.
const SLABS_MAX: u64 = 1 << 20;
/// The slab has decisions of the walk.
pub(super) const MODE_WALK: u8 = 0;
/// The slab has dense labels.
pub(super) const MODE_DENSE: u8 = 1;

/// Encodes disjoint sets of voxels of one shape into one block; the ordinal of each is its place. `None` when
/// two of them overlap, their shapes differ, there are none or more than [`PARTS_MAX`](super::PARTS_MAX), or a
/// slice of the box around them has more than [`SLICE_VOXELS_MAX`](super::SLICE_VOXELS_MAX) voxels.
///
/// The box around all of them ([`Bounds`](super::super::Bounds)) is not in the block and must be kept beside
/// it. Time: O(runs log runs), and about 20 ns for each voxel that touches a boundary.
pub fn encode(parts: &[&Runs]) -> Option<Vec<u8>> {
    let mut painter = Painter::new(parts)?;
    let numbers = slabs(&painter.bounds.slices);
    if numbers.end.saturating_sub(numbers.start) > SLABS_MAX {
        return None;
    }
    let mut head = Vec::new();
    varint::put(u128::from(painter.parts), &mut head);
    let mut body = Vec::new();
    let mut plane = Plane::new(painter.width(), painter.height());
    for slab in numbers {
        let bytes = encode_slab(&mut painter, &mut plane, slab)?;
        varint::put(bytes.len() as u128, &mut head);
        body.extend_from_slice(&bytes);
    }
    head.extend_from_slice(&body);
    Some(head)
}

/// One slab: nothing when it has no voxel, otherwise its mode and the smaller of the two forms.
fn encode_slab(painter: &mut Painter, plane: &mut Plane, slab: u64) -> Option<Vec<u8>> {
    let voxels = painter.width() * painter.height();
    let slices = slices_of(slab, &painter.bounds.slices);
    let mut truth = vec![0; voxels];
    let mut bytes = Vec::new();
    let mut coder = BitEncoder::new(tables::start());
    let mut walk = Walk::new(plane, painter.parts);
    let mut any = false;
    walk.begin(&mut coder);
    let mut count = 0_usize;
    for slice in slices {
        any |= painter.paint(slice, &mut truth);
        coder = walk.slice(coder, &truth, &mut |_, _, _, _| {})?;
        dense::extend(&mut bytes, &truth, painter.parts);
        count += voxels;
    }
    debug_assert!(count as u64 <= SLAB_SLICES * super::SLICE_VOXELS_MAX);
    if !any {
        return Some(Vec::new());
    }
    let mut out = vec![MODE_WALK];
    out.extend_from_slice(&coder.finish());
    if out.len() > dense::least(count, painter.parts) {
        let packed = dense::pack(&bytes);
        if packed.len() + 1 < out.len() {
            out = vec![MODE_DENSE];
            out.extend_from_slice(&packed);
        }
    }
    Some(out)
}

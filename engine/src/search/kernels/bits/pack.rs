//! Bits of a row to their places in a block.

use super::Group;

/// Sets the bits of row `row` of a block whose bytes are zero in these places: bit `i` where `values[i]` is over 0.
pub(crate) fn pack_row(values: &[f32], row: usize, block: &mut [Group]) {
    let byte = row % 32 * 2 + row / 32;
    for (group, values) in block.iter_mut().zip(values.chunks(super::DIMS)) {
        let mut bits = 0_u32;
        for (dim, value) in values.iter().enumerate() {
            bits |= u32::from(*value > 0.0) << dim;
        }
        for (number, plane) in group.iter_mut().enumerate() {
            let low = bits >> (6 * number) & 63;
            let high = bits >> (18 + 2 * number) & 3;
            if let Some(slot) = plane.get_mut(byte) {
                *slot = u8::try_from(low | high << 6).unwrap_or(0);
            }
        }
    }
}

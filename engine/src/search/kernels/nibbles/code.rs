//! A rotated row to codes. Plain loops over arrays of a fixed length: the compiler turns them into
//! the instructions of the tier around it. Single IEEE operations, so every tier makes the same
//! bytes.

#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::{BYTES, QUARTER, STRETCH};

/// Lanes of the sums.
const LANES: usize = 32;
/// A float from here on to twice as much counts in ones, its integer in the low bits of its mantissa.
const ONES: f32 = 8_388_608.0;

/// See [`super::Kernel::code_row`].
#[inline(always)]
pub(super) fn code_row(row: &[f32], largest: f32, [high, middle, low]: [&mut [u8]; 3]) -> [f32; 3] {
    let (inverse, step) = (128.0 / largest, largest / 128.0);
    let mut sums = [[0.0; LANES]; 3];
    let twos = middle.as_chunks_mut().0.iter_mut().zip(low.as_chunks_mut().0);
    let planes = high.as_chunks_mut().0.iter_mut().zip(twos);
    for (stretch, (high, (middle, low))) in row.as_chunks::<STRETCH>().0.iter().zip(planes) {
        let mut bytes = [0_u8; STRETCH];
        let groups = stretch.as_chunks::<LANES>().0.iter().zip(bytes.as_chunks_mut::<LANES>().0);
        for (values, bytes) in groups {
            code_lanes(values, inverse, step, bytes, &mut sums);
        }
        split(&bytes, high, middle, low);
    }
    sums.map(|lanes| lanes.iter().sum())
}

/// Takes the bytes of a stretch apart into the planes.
#[inline(always)]
fn split(
    bytes: &[u8; STRETCH],
    high: &mut [u8; BYTES],
    middle: &mut [u8; QUARTER],
    low: &mut [u8; QUARTER],
) {
    let ([first, second], [a, b, c, d]) =
        (bytes.as_chunks::<BYTES>().0, bytes.as_chunks::<QUARTER>().0)
    else {
        return;
    };
    for (high, (first, second)) in high.iter_mut().zip(first.iter().zip(second)) {
        *high = (first >> 4) | (second & 0xF0);
    }
    let bytes = a.iter().zip(b).zip(c.iter().zip(d));
    for ((middle, low), ((a, b), (c, d))) in middle.iter_mut().zip(low).zip(bytes) {
        *middle = (a >> 2 & 0x03) | (b & 0x0C) | (c << 2 & 0x30) | (d << 4 & 0xC0);
        *low = (a & 0x03) | (b << 2 & 0x0C) | (c << 4 & 0x30) | (d << 6);
    }
}

#[inline(always)]
fn code_lanes(
    values: &[f32; LANES],
    inverse: f32,
    step: f32,
    bytes: &mut [u8; LANES],
    [sums8, sums6, sums4]: &mut [[f32; LANES]; 3],
) {
    let sums = sums8.iter_mut().zip(sums6).zip(sums4);
    for ((value, byte), ((sum8, sum6), sum4)) in values.iter().zip(bytes).zip(sums) {
        let place = value * inverse + 127.5;
        let place = if place > 0.0 { place } else { 0.0 };
        let place = if place < 255.0 { place } else { 255.0 };
        let whole = place + ONES;
        let bits = whole.to_bits();
        *byte = bits.to_le_bytes()[0];
        let rest8 = value - step * ((whole - ONES) - 127.5);
        *sum8 += rest8 * rest8;
        let middle = f32::from_bits(bits & 0xFFFF_FFFC) - ONES;
        let rest6 = value - step * (middle - 126.0);
        *sum6 += rest6 * rest6;
        let coarse = f32::from_bits(bits & 0xFFFF_FFF0) - ONES;
        let rest4 = value - step * (coarse - 120.0);
        *sum4 += rest4 * rest4;
    }
}

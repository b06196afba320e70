//! Products of bytes.

#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

/// The definition; a compiler that may use wide registers does.
#[inline(always)]
pub(super) fn dot(a: &[i8], b: &[i8]) -> i32 {
    let mut sum = 0_i32;
    for (a, b) in a.iter().zip(b) {
        sum = sum.wrapping_add(i32::from(*a) * i32::from(*b));
    }
    sum
}

/// A vector as bytes of -127 to 127, rounded to nearest; returns what one of them is worth.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the low bits are asked for")]
pub(super) fn quantise(values: &[f32], bytes: &mut [i8]) -> f32 {
    let mut largest = [0.0_f32; 16];
    for values in values.chunks(16) {
        for (largest, value) in largest.iter_mut().zip(values) {
            *largest = largest.max(value.abs());
        }
    }
    let largest = largest.into_iter().fold(0.0_f32, f32::max);
    let step = largest / 127.0;
    let inverse = if step > 0.0 && step.is_finite() { 1.0 / step } else { 0.0 };
    // What is added moves the nearest whole number to the lowest bits.
    let whole = 12_582_912.0_f32;
    for (byte, value) in bytes.iter_mut().zip(values) {
        *byte = (value * inverse + whole).to_bits() as i8;
    }
    step
}

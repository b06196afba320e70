//! Values that are neither infinite nor NaN: the only ones that features may have.

/// All exponent bits: infinite or NaN (IEEE 754-2019, 3.4).
const F16_EXPONENT: u16 = 0x7c00;
/// The same for binary32.
const F32_EXPONENT: u32 = 0x7f80_0000;

/// Whether the bits of a binary16 are those of a finite value.
pub fn is_finite_f16(bits: u16) -> bool {
    bits & F16_EXPONENT != F16_EXPONENT
}

/// Whether the bits of a binary32 are those of a finite value.
pub fn is_finite_f32(bits: u32) -> bool {
    bits & F32_EXPONENT != F32_EXPONENT
}

/// The place of the first value that is not finite, by its bits.
pub fn first_not_finite_f16(bits: &[u16]) -> Option<usize> {
    // Without an early exit at first, so that it runs at memory speed.
    let sound = bits.iter().fold(true, |sound, &bits| sound & is_finite_f16(bits));
    if sound { None } else { bits.iter().position(|&bits| !is_finite_f16(bits)) }
}

/// The place of the first value that is not finite, by its bits.
pub fn first_not_finite_f32(bits: &[u32]) -> Option<usize> {
    let sound = bits.iter().fold(true, |sound, &bits| sound & is_finite_f32(bits));
    if sound { None } else { bits.iter().position(|&bits| !is_finite_f32(bits)) }
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::{first_not_finite_f16, first_not_finite_f32};

    #[test]
    fn the_first_one_is_found() {
        let half = |v: f32| f16::from_f32(v).to_bits();
        assert_eq!(first_not_finite_f16(&[half(0.0), half(-65504.0)]), None);
        assert_eq!(
            first_not_finite_f16(&[half(1.0), half(f32::INFINITY), half(f32::NAN)]),
            Some(1)
        );
        assert_eq!(first_not_finite_f32(&[f32::MAX.to_bits(), f32::MIN_POSITIVE.to_bits()]), None);
        assert_eq!(first_not_finite_f32(&[0, f32::NAN.to_bits()]), Some(1));
    }
}

//! From real numbers to pixels.

/// A number of 0 to 255; what lies outside is cut off.
pub(super) fn byte(value: f64) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let byte = value.clamp(0.0, 255.0) as u8;
    byte
}

/// The whole part of a number of 0 to `last`; what lies outside is cut off.
pub(super) fn index(value: f64, last: usize) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let index = value.clamp(0.0, last as f64) as usize;
    index.min(last)
}

/// Rounds to nearest.
#[expect(clippy::cast_possible_truncation, reason = "rounding is what is asked for")]
pub(super) fn single(value: f64) -> f32 {
    value as f32
}

//! How large pictures may be.

use super::error::PictureError;

/// The longest side of a picture or grid.
pub const MAX_SIDE: usize = 1 << 16;
/// The most pixels of a picture, and the most cells of a grid (2^27: 400 MB in colour).
pub const MAX_PIXELS: usize = 1 << 27;
/// The longest title that is looked at, in characters.
pub const MAX_TITLE: usize = 1024;

/// Deflate cannot do better than 1032 to 1; the rest is room for small files.
const RATIO_CEILING: u64 = 1100;
const SMALL_FILE: u64 = 1 << 16;

/// The number of pixels, if a picture may have this size.
pub(super) fn pixels(height: usize, width: usize) -> Result<usize, PictureError> {
    let count = height.saturating_mul(width);
    let sides = 1..=MAX_SIDE;
    if sides.contains(&height) && sides.contains(&width) && count <= MAX_PIXELS {
        Ok(count)
    } else {
        Err(PictureError::Size(height, width))
    }
}

/// The most bytes that a PNG file of this length can hold.
pub(super) fn most_inflated(stored: u64) -> u64 {
    stored.saturating_mul(RATIO_CEILING).saturating_add(SMALL_FILE)
}

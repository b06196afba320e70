//! The finished picture and its rendering for a terminal.

use super::plane::{Plane, cell};

/// A greyscale picture, 0 black (air) to 255 white (bone).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    /// Pixels in a row.
    pub(crate) width: usize,
    /// Rows.
    pub(crate) height: usize,
    /// `width * height` grey values, row by row from the top.
    pub(crate) pixels: Vec<u8>,
}

impl Image {
    /// Rounds a plane of values in `[0, 1]` to 256 grey values.
    pub(super) fn from_plane(plane: &Plane, width: usize, height: usize) -> Self {
        let grey = |&value: &f32| {
            u8::try_from(cell(value.clamp(0.0, 1.0) * 255.0 + 0.5)).unwrap_or(u8::MAX)
        };
        Self { width, height, pixels: plane.values().iter().map(grey).collect() }
    }

    /// The mean grey value, `[0, 1]`, of the pixels in columns `x0..x1` and rows `y0..y1`.
    pub(super) fn mean(&self, x0: usize, y0: usize, x1: usize, y1: usize) -> f32 {
        let (mut sum, mut count) = (0_u32, 0_u32);
        let rows = self.pixels.chunks_exact(self.width.max(1));
        for row in rows.take(y1).skip(y0) {
            for &grey in row.iter().take(x1).skip(x0) {
                sum += u32::from(grey);
                count += 1;
            }
        }
        // Both are whole and below 2^24 for a picture of 256 x 256: one rounding, that of the
        // quotient.
        sum as f32 / (count.max(1) * 255) as f32
    }
}

/// The picture in characters, `columns` wide (1 to 400), dark as blank and bright as `@`, one line
/// a row; a character counts as twice as tall as wide. Cost: one pass over the pixels.
pub(crate) fn ascii(image: &Image, columns: usize) -> String {
    const RAMP: &[u8; 10] = b" .:-=+*#%@";
    let columns = columns.clamp(1, 400).min(image.width.max(1));
    let lines = (columns * image.height / (2 * image.width.max(1))).max(1);
    let mut text = String::with_capacity(lines * (columns + 1));
    for line in 0..lines {
        let (y0, y1) = (line * image.height / lines, (line + 1) * image.height / lines);
        for column in 0..columns {
            let (x0, x1) = (column * image.width / columns, (column + 1) * image.width / columns);
            let shade = cell(image.mean(x0, y0, x1, y1) * 9.99);
            text.push(RAMP.get(shade).copied().map_or('@', char::from));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Image, ascii};

    #[test]
    fn a_gradient_becomes_the_ramp() {
        let pixels = (0..20).flat_map(|_| (0..40_u8).map(|x| x / 4 * 28)).collect();
        let image = Image { width: 40, height: 20, pixels };
        assert_eq!(ascii(&image, 10), " .:-=+*#%@\n".repeat(2));
        assert_eq!(ascii(&image, 10_000).lines().next().map(str::len), Some(40));
    }
}

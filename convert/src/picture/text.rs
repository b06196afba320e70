//! Text on pictures.

use super::font::{ADVANCE, glyph};
use super::image::{Colour, Rgb};

/// Pixels that a line of text is wide.
pub(super) fn width(characters: usize, scale: usize) -> usize {
    // No gap behind the last letter.
    characters.saturating_mul(ADVANCE).saturating_sub(1).saturating_mul(scale)
}

/// Characters that a line of this many pixels has room for.
pub(super) fn room(pixels: usize, scale: usize) -> usize {
    let advance = ADVANCE.saturating_mul(scale);
    pixels.saturating_add(scale).checked_div(advance).unwrap_or(0)
}

/// Draws a line with its upper left corner at (y, x), every dot `scale` pixels wide and high.
pub(super) fn draw(
    picture: &mut Rgb,
    [y, x]: [usize; 2],
    scale: usize,
    colour: Colour,
    text: &str,
) {
    let mut left = x;
    for character in text.chars() {
        let glyph = glyph(character);
        for (row, bits) in glyph.rows.into_iter().enumerate() {
            let top = row.saturating_add(glyph.drop).saturating_mul(scale).saturating_add(y);
            for column in (0..5_usize).filter(|column| bits & (0x10 >> column) != 0) {
                let dot = left.saturating_add(column.saturating_mul(scale));
                picture.fill([top, dot], [scale, scale], colour);
            }
        }
        left = left.saturating_add(ADVANCE.saturating_mul(scale));
    }
}

/// The text, shortened with dots to the number of characters that fit.
pub(super) fn fitted(text: &str, room: usize, most: usize) -> String {
    let length = text.chars().take(most.saturating_add(1)).count();
    if length <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(3)).collect();
    let shown = kept.trim_end();
    if room < 4 { String::new() } else { format!("{shown}...") }
}

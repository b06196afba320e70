//! Pictures: PNG files, heat maps of grids of values, and slices of segments, alone or over an image.
//!
//! ```
//! use vesalius_convert::picture::{Grid, Style, heat_map, write_png};
//!
//! let values: Vec<f32> = (0..14 * 14).map(|i| (i % 14) as f32 / 13.0).collect();
//! let grid = Grid::new(14, 14, &values)?;
//! let style = Style { bar: true, title: Some("similarity".into()), ..Style::default() };
//! let picture = heat_map(&grid, &style)?;
//! let dir = tempfile::tempdir()?;
//! write_png(&dir.path().join("map.png"), &(&picture).into())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod colour;
mod error;
mod file;
mod font;
mod frame;
mod heat;
mod image;
mod limits;
mod resize;
mod round;
mod sample;
mod segments;
#[cfg(test)]
mod tests;
mod text;
mod ticks;
mod viridis;

pub use colour::ColourMap;
pub use error::PictureError;
pub use file::{decode_png, encode_png, read_png, write_png};
pub use heat::{Style, heat_map, overlay};
pub use image::{Channels, Colour, Image, Rgb, Samples};
pub use limits::{MAX_PIXELS, MAX_SIDE, MAX_TITLE};
pub use sample::{Grid, Sampling};
pub use segments::{
    SegmentStyle, Slice, SliceSegment, Upright, label_colour, segments_picture, upright,
};

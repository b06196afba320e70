//! Pictures in memory.

use super::error::PictureError;
use super::limits::pixels;

/// A colour: red, green, blue.
pub type Colour = [u8; 3];

/// What a pixel is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// Brightness.
    Grey,
    /// Brightness and opacity.
    GreyAlpha,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, opacity.
    Rgba,
}

impl Channels {
    /// Samples of a pixel.
    pub fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

/// Samples in rows from the top, pixels from the left, channels side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Samples {
    /// 0 to 255.
    Eight(Vec<u8>),
    /// 0 to 65535.
    Sixteen(Vec<u16>),
}

impl Samples {
    fn len(&self) -> usize {
        match self {
            Self::Eight(samples) => samples.len(),
            Self::Sixteen(samples) => samples.len(),
        }
    }
}

/// A picture as a file holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    height: usize,
    width: usize,
    channels: Channels,
    samples: Samples,
}

impl Image {
    /// A picture of these samples.
    ///
    /// # Errors
    /// A size out of range, or another number of samples than it needs.
    pub fn new(
        height: usize,
        width: usize,
        channels: Channels,
        samples: Samples,
    ) -> Result<Self, PictureError> {
        let needed = pixels(height, width)?.saturating_mul(channels.count());
        if needed == samples.len() {
            Ok(Self { height, width, channels, samples })
        } else {
            Err(PictureError::Count(needed, samples.len()))
        }
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Pixels of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// What a pixel is made of.
    pub fn channels(&self) -> Channels {
        self.channels
    }

    /// The samples.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// Eight bits of colour: 16 bits are rounded, and what can be seen through is laid on white.
    pub fn to_rgb(&self) -> Rgb {
        let pixels = match &self.samples {
            Samples::Eight(samples) => self.colours(samples, u32::from, 255),
            Samples::Sixteen(samples) => self.colours(samples, u32::from, 65535),
        };
        Rgb { height: self.height, width: self.width, pixels }
    }

    fn colours<T: Copy>(&self, samples: &[T], wide: fn(T) -> u32, top: u32) -> Vec<Colour> {
        let colour = |pixel: &[T]| {
            let (colour, alpha) = match *pixel {
                [v] => ([v; 3], top),
                [v, a] => ([v; 3], wide(a)),
                [r, g, b] => ([r, g, b], top),
                [r, g, b, a, ..] => ([r, g, b], wide(a)),
                [] => return [0; 3],
            };
            colour.map(|v| on_white(wide(v), alpha, top))
        };
        samples.chunks_exact(self.channels.count()).map(colour).collect()
    }
}

/// A sample of this opacity on white, of 255, rounded.
fn on_white(value: u32, alpha: u32, top: u32) -> u8 {
    let (value, alpha, top) = (u64::from(value), u64::from(alpha), u64::from(top));
    let whole = top.saturating_mul(top);
    let seen = value.saturating_mul(alpha);
    let behind = top.saturating_mul(top.saturating_sub(alpha));
    let shown = seen.saturating_add(behind).saturating_mul(255).saturating_add(whole / 2);
    let shown = shown.checked_div(whole).unwrap_or(0);
    u8::try_from(shown).unwrap_or(u8::MAX)
}

/// A picture in colour, which can be drawn on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rgb {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) pixels: Vec<Colour>,
}

impl Rgb {
    /// A picture of one colour.
    ///
    /// # Errors
    /// A size out of range.
    pub fn new(height: usize, width: usize, colour: Colour) -> Result<Self, PictureError> {
        Ok(Self { height, width, pixels: vec![colour; pixels(height, width)?] })
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Pixels of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The pixels, row by row.
    pub fn pixels(&self) -> &[Colour] {
        &self.pixels
    }

    /// Colours a rectangle, as far as it lies in the picture.
    pub(super) fn fill(&mut self, [y, x]: [usize; 2], [h, w]: [usize; 2], colour: Colour) {
        for row in self.pixels.chunks_exact_mut(self.width).skip(y).take(h) {
            for pixel in row.iter_mut().skip(x).take(w) {
                *pixel = colour;
            }
        }
    }

    /// Copies another picture to a place, as far as it fits.
    pub(super) fn paste(&mut self, [y, x]: [usize; 2], other: &Self) {
        let rows = self.pixels.chunks_exact_mut(self.width).skip(y);
        for (row, from) in rows.zip(other.pixels.chunks_exact(other.width)) {
            for (pixel, from) in row.iter_mut().skip(x).zip(from) {
                *pixel = *from;
            }
        }
    }
}

impl From<&Rgb> for Image {
    fn from(picture: &Rgb) -> Self {
        let samples = Samples::Eight(picture.pixels.as_flattened().to_vec());
        Self { height: picture.height, width: picture.width, channels: Channels::Rgb, samples }
    }
}

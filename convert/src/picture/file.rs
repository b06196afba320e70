//! PNG files.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, Write};
use std::path::Path;

use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Transformations};

use super::error::PictureError;
use super::image::{Channels, Image, Samples};
use super::limits::{MAX_PIXELS, most_inflated, pixels};

/// What the decoder may take besides the pixels: chunks and rows.
const DECODER_BYTES: usize = 64 << 20;

/// Reads a PNG file: grey, colour or palette, of 1 to 16 bits, with or without opacity, interlaced
/// or not. Palettes become colours, fewer than 8 bits become 8. Of an animation, the first picture.
///
/// # Errors
/// A damaged file, a picture over the limits, or the medium failed.
pub fn read_png(path: &Path) -> Result<Image, PictureError> {
    let file = File::open(path)?;
    let stored = file.metadata()?.len();
    decode_png(BufReader::new(file), stored)
}

/// Reads a PNG of `stored` bytes. As [`read_png`].
///
/// # Errors
/// As [`read_png`].
pub fn decode_png<R: BufRead + Seek>(from: R, stored: u64) -> Result<Image, PictureError> {
    let mut decoder = Decoder::new_with_limits(from, png::Limits { bytes: DECODER_BYTES });
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info()?;
    let (width, height) = reader.info().size();
    let (height, width) = (whole(height), whole(width));
    pixels(height, width)?;
    let (colour, depth) = reader.output_color_type();
    let channels = match colour {
        ColorType::Grayscale => Channels::Grey,
        ColorType::GrayscaleAlpha => Channels::GreyAlpha,
        // The transformation asked for leaves no palette.
        ColorType::Rgb | ColorType::Indexed => Channels::Rgb,
        ColorType::Rgba => Channels::Rgba,
    };
    let bytes = reader.output_buffer_size().ok_or(PictureError::Size(height, width))?;
    // A palette of one bit becomes four bytes a pixel at the most.
    let possible = most_inflated(stored).saturating_mul(32);
    let claimed = u64::try_from(bytes).unwrap_or(u64::MAX);
    if claimed > possible || bytes > MAX_PIXELS.saturating_mul(8) {
        return Err(PictureError::Inflated(claimed, possible));
    }
    let mut block = vec![0; bytes];
    let frame = reader.next_frame(&mut block)?;
    block.truncate(frame.buffer_size());
    let samples = if depth == BitDepth::Sixteen {
        // Most significant byte first.
        let pairs = block.as_chunks().0.iter();
        Samples::Sixteen(pairs.map(|[high, low]| u16::from_le_bytes([*low, *high])).collect())
    } else {
        Samples::Eight(block)
    };
    Image::new(height, width, channels, samples)
}

/// Creates or replaces a PNG file. The same picture makes the same bytes.
///
/// # Errors
/// The medium failed.
pub fn write_png(path: &Path, image: &Image) -> Result<(), PictureError> {
    let mut out = BufWriter::new(File::create(path)?);
    encode_png(&mut out, image)?;
    out.flush()?;
    Ok(())
}

/// Writes a PNG.
///
/// # Errors
/// The medium failed.
pub fn encode_png(out: impl Write, image: &Image) -> Result<(), PictureError> {
    let too_large = || PictureError::Size(image.height(), image.width());
    let width = u32::try_from(image.width()).map_err(|_| too_large())?;
    let height = u32::try_from(image.height()).map_err(|_| too_large())?;
    let mut encoder = Encoder::new(out, width, height);
    encoder.set_color(match image.channels() {
        Channels::Grey => ColorType::Grayscale,
        Channels::GreyAlpha => ColorType::GrayscaleAlpha,
        Channels::Rgb => ColorType::Rgb,
        Channels::Rgba => ColorType::Rgba,
    });
    encoder.set_compression(Compression::Balanced);
    match image.samples() {
        Samples::Eight(samples) => {
            encoder.set_depth(BitDepth::Eight);
            let mut writer = encoder.write_header()?;
            writer.write_image_data(samples)?;
            writer.finish()?;
        }
        Samples::Sixteen(samples) => {
            encoder.set_depth(BitDepth::Sixteen);
            let mut bytes = Vec::with_capacity(samples.len().saturating_mul(2));
            for sample in samples {
                let [low, high] = sample.to_le_bytes();
                bytes.extend([high, low]);
            }
            let mut writer = encoder.write_header()?;
            writer.write_image_data(&bytes)?;
            writer.finish()?;
        }
    }
    Ok(())
}

fn whole(side: u32) -> usize {
    usize::try_from(side).unwrap_or(usize::MAX)
}

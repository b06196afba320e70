//! PNG files: what is written is read back, and what is damaged is refused.

use super::*;
use std::io::Cursor;

const CHANNELS: [Channels; 4] =
    [Channels::Grey, Channels::GreyAlpha, Channels::Rgb, Channels::Rgba];

fn decode(bytes: &[u8]) -> Result<Image, PictureError> {
    decode_png(Cursor::new(bytes), bytes.len() as u64)
}

fn encode(image: &Image) -> Vec<u8> {
    let mut out = Vec::new();
    encode_png(&mut out, image).unwrap();
    out
}

#[test]
fn every_kind_is_read_back_equal() {
    let mut random = Random::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.png");
    for channels in CHANNELS {
        for sixteen in [false, true] {
            for _ in 0..10 {
                let (height, width) = (1 + random.below(40), 1 + random.below(40));
                let samples = random.samples(height * width * channels.count(), sixteen);
                let image = Image::new(height, width, channels, samples).unwrap();
                write_png(&path, &image).unwrap();
                assert_eq!(read_png(&path).unwrap(), image);
                assert_eq!(std::fs::read(&path).unwrap(), encode(&image));
            }
        }
    }
}

#[test]
fn palettes_and_few_bits_become_whole_samples() {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 3, 1);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Two);
    encoder.set_palette(vec![1, 2, 3, 40, 50, 60, 7, 8, 9]);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[0b1000_0100]).unwrap();
    writer.finish().unwrap();
    let image = decode(&bytes).unwrap();
    assert_eq!(image.channels(), Channels::Rgb);
    assert_eq!(image.to_rgb().pixels(), [[7, 8, 9], [1, 2, 3], [40, 50, 60]]);

    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 3, 1);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[0b1010_0000]).unwrap();
    writer.finish().unwrap();
    assert_eq!(decode(&bytes).unwrap().samples(), &Samples::Eight(vec![255, 0, 255]));
}

#[test]
fn sixteen_bits_and_opacity_become_eight_bits_on_white() {
    let samples = Samples::Sixteen(vec![0, 65535, 128, 129, 65535, 0]);
    let image = Image::new(1, 6, Channels::Grey, samples).unwrap();
    let grey: Vec<u8> = image.to_rgb().pixels().iter().map(|p| p[0]).collect();
    assert_eq!(grey, [0, 255, 0, 1, 255, 0]);
    let samples = Samples::Eight(vec![10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 255, 51]);
    let image = Image::new(1, 3, Channels::Rgba, samples).unwrap();
    assert_eq!(image.to_rgb().pixels(), [[10, 20, 30], [255; 3], [204, 224, 255]]);
}

#[test]
fn damage_is_refused_and_nothing_panics() {
    let mut random = Random::new();
    let samples = random.samples(20 * 30 * 3, false);
    let whole = encode(&Image::new(20, 30, Channels::Rgb, samples).unwrap());
    for length in 0..whole.len() - 16 {
        assert!(decode(&whole[..length]).is_err(), "cut at {length}");
    }
    for _ in 0..5000 {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len() as u64);
            bytes[at] = random.byte();
        }
        drop(decode(&bytes));
    }
    assert!(matches!(decode(b"not a picture at all").unwrap_err(), PictureError::Decode(_)));
}

#[test]
fn a_small_file_cannot_claim_a_large_picture() {
    for (side, refused_by_size) in [(16_000, false), (70_000, true)] {
        let mut bytes = Vec::new();
        let encoder = png::Encoder::new(&mut bytes, side, 8000);
        let mut writer = encoder.write_header().unwrap();
        writer.write_chunk(png::chunk::IDAT, &[0x78, 0x9C, 3, 0, 0, 0, 0, 1]).unwrap();
        drop(writer);
        let error = decode(&bytes).unwrap_err();
        println!("{error}");
        match error {
            PictureError::Size(..) => assert!(refused_by_size),
            PictureError::Inflated(..) => assert!(!refused_by_size),
            other => panic!("{other}"),
        }
    }
}

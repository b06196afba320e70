//! Files with changed bytes: typed errors or bounded values, no panic.

use std::sync::Arc;

use super::*;
use crate::npy::ByteSource;

struct Random(u64);

impl Random {
    fn seeded() -> Self {
        let seed = std::env::var("VESALIUS_SEED").ok().and_then(|text| text.parse().ok());
        let seed = seed.unwrap_or(41);
        println!("VESALIUS_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

fn limits() -> Limits {
    Limits { max_value_bytes: 1 << 20, max_runs: 1 << 16, ..Limits::default() }
}

fn read_mask(bytes: Vec<u8>, limits: &Limits) -> Result<SegmentSet, MedMaskError> {
    let source: Arc<dyn ByteSource> = Arc::new(bytes);
    mask::read(&source, limits)
}

/// Bytes changed, cut, doubled.
fn mutant(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(out.len());
        match random.below(5) {
            0 => out[at] ^= 1 << random.below(8),
            1 => out[at] = u8::try_from(random.below(256)).unwrap(),
            2 if at > 0 => out.truncate(at),
            3 => {
                let length = random.below(40).min(out.len() - at);
                let part = out[at..at + length].to_vec();
                let to = random.below(out.len());
                out.splice(to..to, part);
            }
            _ => {
                let length = random.below(9).min(out.len() - at);
                out[at..at + length].fill(if random.below(2) == 0 { 0 } else { 0xFF });
            }
        }
    }
    out
}

#[test]
fn changed_masks_give_errors_or_values() {
    let mut random = Random::seeded();
    for name in ["lung_lobes", "seg_u16", "whole_lung_bool"] {
        let Some(path) = shared(&format!("medmask/{name}.msk")) else { return };
        let bytes = std::fs::read(path).unwrap();
        let mut refused = 0;
        for _ in 0..1500 {
            match read_mask(mutant(&bytes, &mut random), &limits()) {
                Ok(set) => assert!(set.segments.iter().all(|v| v.runs.shape().voxels() <= 1 << 20)),
                Err(error) => {
                    refused += 1;
                    assert!(error.to_string().starts_with("medmask: "), "{error}");
                }
            }
        }
        println!("{name}: {refused} of 1500 refused");
    }
}

#[test]
fn changed_archives_give_errors_or_values() {
    let mut random = Random::seeded();
    let Some(path) = shared("medmask/lung_analysis.mska") else { return };
    let bytes = std::fs::read(path).unwrap();
    let (mut refused, mut saved) = (0, 0);
    for _ in 0..1500 {
        let source: Arc<dyn ByteSource> = Arc::new(mutant(&bytes, &mut random));
        if archive::open(&source, &limits(), false).is_err() {
            refused += 1;
            saved += usize::from(archive::open(&source, &limits(), true).is_ok());
        }
    }
    println!("{refused} of 1500 refused, {saved} of them salvaged");
}

#[test]
fn our_own_frames_tell_of_every_flipped_bit() {
    let shape = VoxelShape::of_space(&space()).unwrap();
    let dense: Vec<u8> = (0..60).map(|i| u8::from(i % 7 < 3)).collect();
    let segments = vec![segment("", "a", 3, shape, &dense)];
    let set = SegmentSet { space: space(), segments, notes: Vec::new() };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.msk");
    write_msk(&set, &path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let start = bytes.windows(4).position(|w| w == super::super::zstd::MAGIC).unwrap();
    for at in start..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            if let Ok(read) = read_mask(changed, &limits()) {
                // Bits that say nothing: the window of a frame, its spare bits.
                assert_eq!(read.segments, set.segments, "byte {at} bit {bit}");
            }
        }
    }
}

#[test]
fn a_frame_that_grows_without_end_is_bounded() {
    // 2 KiB of blocks that repeat one byte 128 Ki times: 64 MiB.
    let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0, 0x38];
    let block = (128_u32 << 10) << 3 | 1 << 1;
    for _ in 0..511 {
        frame.extend(&block.to_le_bytes()[..3]);
        frame.push(1);
    }
    frame.extend(&(block | 1).to_le_bytes()[..3]);
    frame.push(1);
    let shape = [64, 1024, 1024];
    let space = Space::new(shape, [1.0; 3]);
    let text = geometry::encode(&space).unwrap().to_string();
    let mut head = blob::BlobHead::encode(Some(1), shape);
    head.extend(frame);
    let part = |offset, length: usize| header::Part { offset, length: length as u64 };
    let index = b"{}";
    let header = header::Header {
        space: part(62, text.len()),
        index: part(62 + text.len() as u64, index.len()),
        data: part((62 + text.len() + index.len()) as u64, head.len()),
        masks: 0,
    };
    let mut file = header.encode(header::Kind::Mask);
    file.extend(text.as_bytes());
    file.extend(index);
    file.extend(head);
    let whole = read_mask(file.clone(), &Limits::default()).unwrap();
    assert_eq!(whole.segments[0].runs.voxels(), 64 << 20);
    let error = read_mask(file.clone(), &limits()).unwrap_err();
    assert!(matches!(error.kind, MedMaskErrorKind::OverLimit(..)), "{error}");
    let few = Limits { max_runs: 1000, ..Limits::default() };
    let error = read_mask(file, &few).unwrap_err();
    assert!(matches!(error.kind, MedMaskErrorKind::Values(_)), "{error}");
}

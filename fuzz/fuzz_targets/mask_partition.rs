//! Any bytes as a block of disjoint segments: an error, or runs that keep the rules; label maps come back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vesalius::VoxelShape;
use vesalius::mask::Bounds;
use vesalius::mask::partition::{Decoder, encode};
use vesalius::{Runs, split_labels};

/// Bytes that say the axes.
const HEAD: usize = 3;

fuzz_target!(|data: &[u8]| {
    let Some((axes, bytes)) = data.split_first_chunk::<HEAD>() else { return };
    let [z, y, x] = axes.map(|axis| u64::from(axis) % 67 + 1);
    let Ok(shape) = VoxelShape::new(1, [z, y, x]) else { return };
    decode(bytes, shape);
    come_back(bytes, shape);
});

fn decode(bytes: &[u8], shape: VoxelShape) {
    let bounds = Runs::full(shape).bounds().unwrap_or_default();
    let Ok(decoder) = Decoder::new(bytes, shape, &bounds) else { return };
    let Ok(parts) = decoder.parts() else { return };
    assert_eq!(parts.len() as u64, u64::from(decoder.len()));
    for part in &parts {
        assert!(Runs::new(shape, part.as_slice().to_vec()).is_ok());
    }
    let all: u64 = parts.iter().map(Runs::voxels).sum();
    assert!(all <= shape.voxels());
}

fn come_back(bytes: &[u8], shape: VoxelShape) {
    let len = usize::try_from(shape.voxels()).unwrap_or(0);
    let labels: Vec<u8> = bytes.iter().copied().cycle().take(len).collect();
    let Ok(parts) = split_labels(shape, &labels) else { return };
    let parts: Vec<Runs> = parts.into_iter().map(|part| part.1).collect();
    let bounds = parts
        .iter()
        .fold(Bounds::default(), |all, part| all.union(&part.bounds().unwrap_or_default()));
    let Some(block) = encode(&parts.iter().collect::<Vec<_>>()) else { return };
    let decoder = Decoder::new(&block, shape, &bounds).expect("a block of ours");
    assert_eq!(decoder.parts().expect("a block of ours"), parts);
}

//! Atlases of the brain and label maps of CT as blocks of disjoint segments: bit-exact, and small.
#![cfg(test)]

use std::path::{Path, PathBuf};

use vesalius::mask::Bounds;
use vesalius::mask::partition::{Decoder, encode};
use vesalius::{Runs, VoxelShape, split_labels};
use vesalius_convert::nifti::{Limits, Values, read};

/// Label maps of the collection, and bytes that crackle (Markov order 5) with zstd level 3 needs for each.
const MAPS: [(&str, usize); 8] = [
    ("brain/AAL.nii.gz", 53_914),
    ("brain/DKT.nii.gz", 101_941),
    ("brain/Schaefer200.nii.gz", 73_401),
    ("brain/Tissue.nii.gz", 93_467),
    ("brain/Yeo-7.nii.gz", 86_229),
    ("totalseg/example_seg.nii.gz", 11_370),
    ("totalseg/example_seg_dicom.nii.gz", 6_909),
    ("totalseg/example_seg_fast_force_split.nii.gz", 29_031),
];

#[test]
fn real_label_maps_come_back_and_are_small() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/masks");
    if !root.is_dir() {
        println!("SKIPPED: ../shared/data absent ({})", root.display());
        return;
    }
    for (name, peer) in MAPS {
        let (shape, labels) = label_map(&root.join(name));
        let parts: Vec<Runs> =
            split_labels(shape, &labels).unwrap().into_iter().map(|part| part.1).collect();
        let bounds = parts
            .iter()
            .fold(Bounds::default(), |all, part| all.union(&part.bounds().unwrap_or_default()));
        let block = encode(&parts.iter().collect::<Vec<_>>()).unwrap();
        let decoder = Decoder::new(&block, shape, &bounds).unwrap();
        assert_eq!(decoder.parts().unwrap(), parts, "{name}");
        println!(
            "{name}: {} bytes, {:.3} of crackle",
            block.len(),
            block.len() as f64 / peer as f64
        );
        assert!(block.len() * 100 <= peer * 65, "{name}: {} bytes", block.len());
    }
}

fn label_map(path: &Path) -> (VoxelShape, Vec<u16>) {
    let volume = read(path, &Limits::default()).unwrap();
    let shape = VoxelShape::new(1, volume.geometry.shape_zyx).unwrap();
    let label = |v: i64| u16::try_from(v).unwrap();
    let labels = match &volume.values {
        Values::U8(v) => v.iter().map(|&v| u16::from(v)).collect(),
        Values::U16(v) => v.clone(),
        Values::I16(v) => v.iter().map(|&v| label(i64::from(v))).collect(),
        Values::I32(v) => v.iter().map(|&v| label(i64::from(v))).collect(),
        Values::U32(v) => v.iter().map(|&v| label(i64::from(v))).collect(),
        Values::I64(v) => v.iter().map(|&v| label(v)).collect(),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "labels are whole numbers below 65,536"
        )]
        Values::F64(v) => v.iter().map(|&v| label(v as i64)).collect(),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "labels are whole numbers below 65,536"
        )]
        Values::F32(v) => v.iter().map(|&v| label(v as i64)).collect(),
        _ => panic!("{}: no label map", path.display()),
    };
    (shape, labels)
}

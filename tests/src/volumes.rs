//! The real masks of `../shared/data/masks`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use vesalius::{Runs, VoxelShape, split_labels};
use vesalius_convert::nifti::{Limits, Values, read};

use crate::training::Family;

/// Where they are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/masks")
}

/// Families of masks with their weights in training: organs in CT before atlases of the brain, and of the atlases
/// none for its size.
pub fn families(folder: &Path) -> Result<Vec<Family>, Box<dyn Error>> {
    let parts: [(&str, f64, &[&str]); 8] = [
        ("ts_s0000", 1.5, &["ts_s0000"]),
        ("ts_seg", 0.7, &["totalseg/example_seg.nii.gz"]),
        ("ts_dicom", 1.0, &["totalseg/example_seg_dicom.nii.gz"]),
        ("ts_fast", 1.0, &["totalseg/example_seg_fast_force_split.nii.gz"]),
        ("DKT", 0.7, &["brain/DKT.nii.gz"]),
        ("AAL", 0.4, &["brain/AAL.nii.gz"]),
        ("Schaefer200", 0.4, &["brain/Schaefer200.nii.gz"]),
        ("Yeo, Tissue", 0.3, &["brain/Yeo-7.nii.gz", "brain/Tissue.nii.gz"]),
    ];
    let family = |(name, weight, files): (&str, f64, &[&str])| {
        let mut masks = Vec::new();
        for file in files {
            masks.extend(segments(&folder.join(file))?);
        }
        Ok(Family { name: String::from(name), weight, masks })
    };
    parts.into_iter().map(family).collect()
}

/// The segments of a label map, or of all files of a folder.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "labels, which are rounded"
)]
pub fn segments(path: &Path) -> Result<Vec<Runs>, Box<dyn Error>> {
    if path.is_dir() {
        let mut files: Vec<PathBuf> =
            fs::read_dir(path)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
        files.sort();
        let mut all = Vec::new();
        for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "gz")) {
            all.extend(segments(file)?);
        }
        return Ok(all);
    }
    let volume = read(path, &Limits::default())?;
    let shape = VoxelShape::new(volume.geometry.frames, volume.geometry.shape_zyx)?;
    let parts = match &volume.values {
        Values::U8(values) => split_labels(shape, values)?,
        Values::U16(values) => split_labels(shape, values)?,
        Values::U32(values) => split_labels(shape, values)?,
        other => {
            let labels: Vec<u32> =
                other.to_f64(&volume.scaling).iter().map(|&value| value.round() as u32).collect();
            split_labels(shape, &labels)?
        }
    };
    Ok(parts.into_iter().map(|(_, runs)| runs).collect())
}

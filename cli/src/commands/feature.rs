//! Features on their way out of a container.

use std::fs;
use std::path::Path;

use vesalius::FeatureMatrix;
use vesalius_convert::npy::{NpyWriter, Scalar};

use crate::{Failure, Result};

/// The only feature of a matrix of one row, as f32.
pub(super) fn values(feature: &FeatureMatrix<'_>) -> Vec<f32> {
    let mut out = Vec::with_capacity(feature.dim());
    feature.extend_f32(0, &mut out);
    out
}

/// The length of a feature, summed in f64.
pub(super) fn norm(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>().sqrt()
}

/// Writes features as they are stored: `[D]` for one alone, else `[N, D]`. The file appears when it is
/// whole.
pub(super) fn write_npy(path: &Path, features: &[FeatureMatrix<'_>], alone: bool) -> Result<()> {
    let Some(first) = features.first() else {
        return Err(Failure::Message("there is no feature to write".into()));
    };
    let scalar = match first {
        FeatureMatrix::F32 { .. } => Scalar::F32,
        FeatureMatrix::F16 { .. } => Scalar::F16,
    };
    let dim = first.dim() as u64;
    let shape = if alone { vec![dim] } else { vec![features.len() as u64, dim] };
    write_whole(path, |part| write_all(part, scalar, &shape, features))
}

/// Writes a file under another name, which takes its own when it is whole.
pub(super) fn write_whole(path: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = write(&part).and_then(|()| {
        fs::rename(&part, path).map_err(Failure::io(format!("renaming {}", part.display())))
    });
    if written.is_err() {
        // The error counts, not whether its debris could be removed.
        drop(fs::remove_file(&part));
    }
    written
}

fn write_all(
    path: &Path,
    scalar: Scalar,
    shape: &[u64],
    features: &[FeatureMatrix<'_>],
) -> Result<()> {
    let failed = || Failure::array(path);
    let mut writer = NpyWriter::create(path, scalar, shape).map_err(failed())?;
    for feature in features {
        let step = match (feature.row_f32(0), feature.row_f16(0)) {
            (Some(row), _) => writer.write(row),
            (None, Some(row)) => writer.write(row),
            (None, None) => Ok(()),
        };
        step.map_err(failed())?;
    }
    writer.finish().map(drop).map_err(failed())
}

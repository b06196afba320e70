//! One feature an image, as an array `[N, D]` with the keys beside it.

use std::io::Write;
use std::path::{Path, PathBuf};

use vesalius::{Dtype, FieldDef, Snapshot};

use super::features::Source;
use super::jsonl;
use super::output::Output;
use super::report::ExportReport;
use super::{ExportOptions, for_each_row};
use crate::error::ConvertError;
use crate::npy::{NpyWriter, Scalar};

pub(super) fn write(
    snapshot: &Snapshot,
    field: &FieldDef,
    options: &ExportOptions,
    out: &Path,
) -> Result<ExportReport, ConvertError> {
    let source = Source::new(snapshot, field, options.region.as_deref());
    let mut report = ExportReport { field: field.name.clone(), ..ExportReport::default() };
    // The shape stands before the values, so they are counted first.
    for_each_row(snapshot, options.rows.as_ref(), &mut |row, key| {
        let there = source.feature(row)?.is_some();
        one_line(key)?;
        report.images = report.images.saturating_add(u64::from(there));
        report.without_value = report.without_value.saturating_add(u64::from(!there));
        Ok(())
    })?;
    report.features = report.images;
    let ids = ids_beside(out);
    let (mut array, mut keys) = (Output::create(out)?, Output::create(&ids)?);
    let scalar = match field.dtype {
        Dtype::F16 => Scalar::F16,
        Dtype::F32 => Scalar::F32,
    };
    let shape = [report.images, u64::from(field.dim)];
    let mut values = NpyWriter::new(&mut array, scalar, &shape)?;
    for_each_row(snapshot, options.rows.as_ref(), &mut |row, key| {
        let Some(feature) = source.feature(row)? else { return Ok(()) };
        if let Some(row) = feature.row_f32(0) {
            values.write(row)?;
        } else if let Some(row) = feature.row_f16(0) {
            values.write(row)?;
        }
        keys.write_all(key.as_bytes())?;
        keys.write_all(b"\n")?;
        Ok(())
    })?;
    values.finish()?;
    keys.finish()?;
    array.finish()?;
    report.ids = Some(ids);
    if options.with_metadata {
        let beside = out.with_extension("meta.jsonl");
        jsonl::write(snapshot, options, &beside, &|row| Ok(source.feature(row)?.is_some()))?;
        report.metadata = Some(beside);
    }
    Ok(report)
}

/// Refuses a key that does not fit into a line.
pub(super) fn one_line(key: &str) -> Result<(), ConvertError> {
    if !key.contains(['\n', '\r']) {
        return Ok(());
    }
    let what = "the key has a line break, and keys are written one a line; rename it";
    Err(ConvertError::image(key, None, what))
}

/// Where the keys of the rows of a file stand.
pub(super) fn ids_beside(out: &Path) -> PathBuf {
    out.with_extension("ids.txt")
}

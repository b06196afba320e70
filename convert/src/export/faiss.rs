//! A flat index of FAISS.

use std::io::Write;
use std::path::Path;

use vesalius::{DefaultMetric, FieldDef, Snapshot};

use super::array::{ids_beside, one_line};
use super::features::{SCALED, Source};
use super::output::Output;
use super::report::ExportReport;
use super::{ExportOptions, for_each_row, ids};
use crate::error::ConvertError;
use crate::faiss::FaissWriter;

/// Writes `IndexIDMap2` of `IndexFlatIP` or `IndexFlatL2`; the keys beside it where they are not the ids.
pub(super) fn write(
    snapshot: &Snapshot,
    field: &FieldDef,
    options: &ExportOptions,
    out: &Path,
) -> Result<ExportReport, ConvertError> {
    let source = Source::new(snapshot, field, options.region.as_deref());
    let ids =
        ids::choose(snapshot, options.rows.as_ref(), &|row| Ok(source.feature(row)?.is_some()))?;
    let mut index = Output::create(out)?;
    let l2 = field.metric == DefaultMetric::L2;
    let len = u64::try_from(ids.numbers.len()).unwrap_or(u64::MAX);
    let mut writer = FaissWriter::new(&mut index, field.dim, len, l2, true)?;
    let mut report = vectors(&source, snapshot, field, options, &mut writer)?;
    writer.finish_with_ids(&ids.numbers)?;
    if !ids.are_keys {
        let beside = ids_beside(out);
        let mut keys = Output::create(&beside)?;
        for_each_row(snapshot, options.rows.as_ref(), &mut |row, key| {
            if source.feature(row)?.is_none() {
                return Ok(());
            }
            one_line(key)?;
            keys.write_all(key.as_bytes())?;
            Ok(keys.write_all(b"\n")?)
        })?;
        keys.finish()?;
        report.ids = Some(beside);
    }
    index.finish()?;
    report.warnings.extend(ids.warnings);
    Ok(report)
}

/// Writes the vectors of all rows into an index.
pub(super) fn vectors<W: Write>(
    source: &Source<'_>,
    snapshot: &Snapshot,
    field: &FieldDef,
    options: &ExportOptions,
    writer: &mut FaissWriter<W>,
) -> Result<ExportReport, ConvertError> {
    let mut report = ExportReport { field: field.name.clone(), ..ExportReport::default() };
    let mut values = Vec::new();
    for_each_row(snapshot, options.rows.as_ref(), &mut |row, _| {
        if let Some(feature) = source.feature(row)? {
            source.for_index(&feature, &mut values);
            writer.vector(&values)?;
            report.images = report.images.saturating_add(1);
        } else {
            report.without_value = report.without_value.saturating_add(1);
        }
        Ok(())
    })?;
    report.features = report.images;
    report.warnings.extend(source.is_scaled().then(|| SCALED.to_owned()));
    Ok(report)
}

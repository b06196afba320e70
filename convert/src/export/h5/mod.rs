//! The feature store of the ConceptCLIP programs.

mod attributes;
mod choose;
mod rows;
mod templates;

use std::path::Path;

use vesalius::{Dtype, Snapshot};

use super::ExportOptions;
use super::report::ExportReport;
use crate::error::ConvertError;
use crate::hdf5_write::{Compression, ConceptClipShape, ConceptClipWriter, ElementType};
use rows::Rows;

pub(super) fn write(
    snapshot: &Snapshot,
    options: &ExportOptions,
    out: &Path,
) -> Result<ExportReport, ConvertError> {
    let mut report = ExportReport::default();
    let fields = choose::fields(snapshot, options, &mut report)?;
    report.field.clone_from(&fields.vector.name);
    report.token_field = fields.tokens.map(|field| field.name.clone());
    let rows = Rows::new(snapshot, &fields, options.rows.as_ref());
    let counts = rows.count(&mut report)?;
    let of = |dtype: Dtype| match dtype {
        Dtype::F16 => ElementType::F16,
        Dtype::F32 => ElementType::F32,
    };
    let shape = ConceptClipShape {
        dim: u64::from(fields.vector.dim),
        image_tokens: fields.token_count,
        features: of(fields.vector.dtype),
        tokens: fields.tokens.map_or(ElementType::F16, |field| of(field.dtype)),
        compression: if options.plain { Compression::None } else { Compression::Lzf },
    };
    let mut writer = ConceptClipWriter::create(out, shape)?;
    let source = attributes::source(snapshot, &fields);
    attributes::write(snapshot, source.as_ref(), &fields, &counts, &mut writer, &mut report)?;
    rows.write(&mut writer, &mut report)?;
    templates::write(snapshot, source.as_ref(), &mut writer, &mut report)?;
    writer.finish()?;
    Ok(report)
}

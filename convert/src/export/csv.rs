//! Keys and attributes as a table of comma-separated values (RFC 4180, UTF-8).

use std::io::Write;
use std::path::Path;

use vesalius::{Snapshot, Value};

use super::output::Output;
use super::report::ExportReport;
use super::{ExportOptions, for_each_row};
use crate::error::ConvertError;

/// Writes a line of names and a line for each image. A value that an image does not have is empty; an empty text
/// stands in quotes. Metadata is the last column where an image has any.
pub(super) fn write(
    snapshot: &Snapshot,
    options: &ExportOptions,
    out: &Path,
) -> Result<ExportReport, ConvertError> {
    let names: Vec<&str> = snapshot.schema().attributes.iter().map(|a| a.name.as_str()).collect();
    let mut has_metadata = false;
    for_each_row(snapshot, options.rows.as_ref(), &mut |row, _| {
        let image = snapshot.image_at(row)?;
        has_metadata |= image.map(|image| image.metadata()).transpose()?.flatten().is_some();
        Ok(())
    })?;
    let mut output = Output::create(out)?;
    let mut line = Vec::new();
    cell(&mut line, free("key", &names));
    for name in &names {
        next(&mut line, name);
    }
    if has_metadata {
        next(&mut line, free("metadata", &names));
    }
    output.write_all(&line)?;
    let mut report = ExportReport::default();
    for_each_row(snapshot, options.rows.as_ref(), &mut |row, key| {
        let Some(image) = snapshot.image_at(row)? else { return Ok(()) };
        line.clear();
        line.extend_from_slice(b"\r\n");
        cell(&mut line, key);
        for name in &names {
            line.push(b',');
            match image.attribute(name)? {
                None => {}
                // Unlike Rust, readers of tables want the word that Python has.
                Some(Value::F64(value)) if value.is_nan() => cell(&mut line, "nan"),
                Some(value) => cell(&mut line, &value.to_string()),
            }
        }
        if has_metadata {
            line.push(b',');
            image.metadata()?.iter().for_each(|metadata| cell(&mut line, metadata));
        }
        output.write_all(&line)?;
        report.images = report.images.saturating_add(1);
        Ok(())
    })?;
    output.write_all(b"\r\n")?;
    output.finish()?;
    Ok(report)
}

/// The name of a column that no attribute has.
pub(super) fn free<'n>(name: &'static str, names: &[&'n str]) -> &'n str
where
    'static: 'n,
{
    match (name, names.contains(&name)) {
        ("key", true) => "vesalius_key",
        (_, true) => "vesalius_metadata",
        (name, false) => name,
    }
}

fn next(line: &mut Vec<u8>, text: &str) {
    line.push(b',');
    cell(line, text);
}

fn cell(line: &mut Vec<u8>, text: &str) {
    let plain = !text.is_empty()
        && !text.contains([',', '"', '\n', '\r'])
        && !text.starts_with(' ')
        && !text.ends_with(' ');
    if plain {
        return line.extend_from_slice(text.as_bytes());
    }
    line.push(b'"');
    for byte in text.bytes() {
        line.push(byte);
        if byte == b'"' {
            line.push(byte);
        }
    }
    line.push(b'"');
}

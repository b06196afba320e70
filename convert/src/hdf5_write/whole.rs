//! Small datasets of fixed shape, written in one go.

use rust_hdf5::H5Group;

use super::compression::Compression;
use super::error::Hdf5WriteError;
use super::names::{check_text, split};
use super::numbers::Numbers;
use super::spec::ColumnSpec;
use super::values::{ElementType, Values};

pub(super) fn write(
    group: &H5Group,
    spec: &ColumnSpec,
    values: Values<'_>,
) -> Result<(), Hdf5WriteError> {
    let name = split(&spec.path)?.1;
    let library = || Hdf5WriteError::library(&spec.path);
    let measures = spec.measure()?;
    let rows = values
        .elements(spec.element)
        .filter(|elements| elements.is_multiple_of(measures.row_elements))
        .map(|elements| elements / measures.row_elements)
        .ok_or_else(|| {
            let what = "values of another type, or a row is cut; pass whole rows of its type";
            Hdf5WriteError::refused(&spec.path, what)
        })?;
    if let Values::Texts(texts) = values {
        texts.iter().try_for_each(|text| check_text(&spec.path, text))?;
    }
    let contiguous = || {
        let builder = group.new_dataset::<u8>().datatype(spec.element.datatype());
        builder.shape(measures.shape(rows)).create(name).map_err(library())
    };
    if rows == 0 {
        // Without a write: the library has no place for nothing, and its own function for texts
        // makes one that libhdf5 refuses.
        return contiguous().map(drop);
    }
    if let Values::Texts(texts) = values {
        return group.write_vlen_strings(name, texts).map(drop).map_err(library());
    }
    if spec.compression == Compression::None {
        return contiguous()?.write_raw_bytes(&bytes(values, spec.element)).map_err(library());
    }
    // A chunk cannot be longer than a dataset that does not grow.
    let spec = ColumnSpec { chunk_rows: spec.chunk_rows.min(rows as u64), ..spec.clone() };
    let mut numbers = Numbers::create(group, &spec, Some(rows))?;
    numbers.append(values).map_err(library())?;
    numbers.finish(rows).map_err(library())
}

/// The numbers as they stand in the file.
fn bytes(values: Values<'_>, element: ElementType) -> Vec<u8> {
    let mut bytes =
        Vec::with_capacity(values.elements(element).unwrap_or(0).saturating_mul(element.size()));
    match values {
        Values::Bytes(all) => bytes.extend_from_slice(all),
        Values::F16(all) => bytes.extend(all.iter().flat_map(|value| value.to_le_bytes())),
        Values::F32(all) => bytes.extend(all.iter().flat_map(|value| value.to_le_bytes())),
        Values::I64(all) => bytes.extend(all.iter().flat_map(|value| value.to_le_bytes())),
        Values::Texts(_) => {}
    }
    bytes
}

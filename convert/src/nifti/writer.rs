//! Writing single `NIfTI`-1 files.

use std::io::{BufWriter, Write};
use std::path::Path;

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

use super::dtype::Dtype;
use super::encode;
use super::error::{NiftiError, NiftiErrorKind};
use super::extension::Extension;
use super::geometry::Geometry;
use super::gzip::is_compressed_name;
use super::header::Scaling;
use super::reader::Volume;
use super::values::{self, Element, Values};
use crate::part;

/// What a file is to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Where the voxels are. Axes of at most 32767, which is what `NIfTI`-1 can say.
    pub geometry: Geometry,
    /// The type of the values.
    pub dtype: Dtype,
    /// From stored values to those that are meant.
    pub scaling: Scaling,
    /// What the affine maps to: 1 scanner, 2 aligned, 3 Talairach, 4 MNI 152, 5 template.
    /// A 0 is written as 1, because an affine without a code does not count.
    pub space_code: u8,
    /// Meaning of the values; 0 none, 1002 labels.
    pub intent_code: i16,
    /// Description, cut to 79 bytes; ASCII.
    pub description: String,
    /// Header extensions.
    pub extensions: Vec<Extension>,
}

impl Description {
    /// Plain values in scanner coordinates.
    pub fn new(geometry: Geometry, dtype: Dtype) -> Self {
        Self {
            geometry,
            dtype,
            scaling: Scaling::NONE,
            space_code: 1,
            intent_code: 0,
            description: String::new(),
            extensions: Vec::new(),
        }
    }

    /// What a volume in memory says.
    pub fn of(volume: &Volume) -> Self {
        Self {
            scaling: volume.scaling,
            space_code: volume.space_code,
            intent_code: volume.intent_code,
            extensions: volume.extensions.clone(),
            ..Self::new(volume.geometry.clone(), volume.dtype())
        }
    }
}

/// Writes a volume to `path`, compressed if the name ends in `.gz`. The file appears when it is
/// complete. The same volume makes the same bytes: no time and no name is stored.
///
/// # Errors
/// As [`NiftiWriter::new`], [`NiftiWriter::write_values`] and [`NiftiWriter::finish`].
pub fn write(path: &Path, volume: &Volume) -> Result<(), NiftiError> {
    let description = Description::of(volume);
    let file = part::create(path)?;
    let compress = is_compressed_name(path);
    let mut writer = NiftiWriter::new(BufWriter::new(file), &description, compress)?;
    writer.write_values(&volume.values)?;
    let file = writer.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    Ok(part::finish(file.into_temp_path(), path)?)
}

enum Sink<W: Write> {
    Plain(W),
    Gzip(Box<GzEncoder<W>>),
}

/// A file that is being written, values in (t, z, y, x) order. Memory: 64 KiB and the extensions.
pub struct NiftiWriter<W: Write> {
    sink: Sink<W>,
    dtype: Dtype,
    declared: u64,
    given: u64,
}

impl<W: Write> NiftiWriter<W> {
    /// Writes the header: sform and, where the directions are a rotation or mirrored rotation,
    /// qform.
    ///
    /// # Errors
    /// A geometry that `NIfTI`-1 cannot say, or the medium failed.
    pub fn new(out: W, description: &Description, compress: bool) -> Result<Self, NiftiError> {
        let start = encode::start(description).map_err(|kind| kind.at(0))?;
        let declared = description.geometry.voxels();
        let declared = declared.ok_or(NiftiErrorKind::ShapeOverflow.at(0))?;
        let sink = if compress {
            Sink::Gzip(Box::new(GzBuilder::new().mtime(0).write(out, Compression::default())))
        } else {
            Sink::Plain(out)
        };
        let mut writer = Self { sink, dtype: description.dtype, declared, given: 0 };
        writer.put(&start)?;
        Ok(writer)
    }

    /// Writes the next values, any number of them.
    ///
    /// # Errors
    /// Another type than declared, more values than voxels, or the medium failed.
    pub fn write<T: Element>(&mut self, values: &[T]) -> Result<(), NiftiError> {
        self.admit(T::DTYPE, values.len())?;
        values::encode(values, |block| self.put(block))
    }

    /// Writes the next values, of the declared type.
    ///
    /// # Errors
    /// As [`NiftiWriter::write`].
    pub fn write_values(&mut self, values: &Values) -> Result<(), NiftiError> {
        self.admit(values.dtype(), values.len())?;
        values.encode(|block| self.put(block))
    }

    /// Checks that every voxel was written, flushes, and returns the output.
    ///
    /// # Errors
    /// Values are missing, or the medium failed.
    pub fn finish(self) -> Result<W, NiftiError> {
        let (declared, given) = (self.declared, self.given);
        if given != declared {
            return Err(NiftiErrorKind::ValueCount { declared, given }.at(0));
        }
        let mut out = match self.sink {
            Sink::Plain(out) => out,
            Sink::Gzip(encoder) => encoder.finish()?,
        };
        out.flush()?;
        Ok(out)
    }

    fn admit(&mut self, dtype: Dtype, count: usize) -> Result<(), NiftiError> {
        if dtype != self.dtype {
            let (declared, given) = (self.dtype.name(), dtype.name());
            return Err(NiftiErrorKind::WrongType { declared, given }.at(0));
        }
        let given = self.given.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        if given > self.declared {
            return Err(NiftiErrorKind::ValueCount { declared: self.declared, given }.at(0));
        }
        self.given = given;
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), NiftiError> {
        match &mut self.sink {
            Sink::Plain(out) => out.write_all(bytes)?,
            Sink::Gzip(encoder) => encoder.write_all(bytes)?,
        }
        Ok(())
    }
}

//! Writing archives that `np.load` reads.

use super::error::{NpzError, NpzErrorKind};
use crate::npy::{NpyElement, NpyError, NpyWriter};
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// How members are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// As they are, like `np.savez`: can be read in place.
    #[default]
    Stored,
    /// Deflated, like `np.savez_compressed`. Saves little on features: 8 % of f16 ones.
    Deflated,
}

/// An archive that is being written, a member at a time.
///
/// Without [`NpzWriter::finish`] the file is no archive. Every member carries 64-bit sizes, as those of
/// `np.savez` do, so none has to be short. Members carry the date 1980-01-01: equal arrays give equal
/// files.
pub struct NpzWriter<W: Write + Seek> {
    zip: ZipWriter<W>,
    options: SimpleFileOptions,
}

impl NpzWriter<BufWriter<File>> {
    /// Creates or replaces an archive.
    ///
    /// # Errors
    /// Whatever the system reports.
    pub fn create(path: &Path, compression: Compression) -> Result<Self, NpzError> {
        Ok(Self::new(BufWriter::new(File::create(path)?), compression))
    }
}

impl<W: Write + Seek> NpzWriter<W> {
    /// Begins an archive.
    pub fn new(out: W, compression: Compression) -> Self {
        let method = match compression {
            Compression::Stored => CompressionMethod::Stored,
            Compression::Deflated => CompressionMethod::Deflated,
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(zip::DateTime::default())
            .large_file(true);
        Self { zip: ZipWriter::new(out), options }
    }

    /// Begins a member; `.npy` is added to the name. It ends when the next one begins.
    ///
    /// # Errors
    /// A name that was used before, or the medium failed.
    pub fn member(&mut self, array_name: &str) -> Result<MemberWriter<'_, W>, NpzError> {
        let name = format!("{array_name}.npy");
        let started = self.zip.start_file(name.as_str(), self.options);
        started.map_err(|error| NpzErrorKind::from(error).of(&name))?;
        Ok(MemberWriter { zip: &mut self.zip })
    }

    /// Writes a whole array.
    ///
    /// # Errors
    /// As [`NpzWriter::member`]; as many values as the shape says are needed.
    pub fn array<T: NpyElement>(
        &mut self,
        array_name: &str,
        shape: &[u64],
        values: &[T],
    ) -> Result<(), NpzError> {
        let named = |error: NpyError| NpzErrorKind::Npy(error).of(array_name);
        let mut writer =
            NpyWriter::new(self.member(array_name)?, T::SCALAR, shape).map_err(named)?;
        writer.write(values).map_err(named)?;
        writer.finish().map_err(named)?;
        Ok(())
    }

    /// Writes the directory and returns the output.
    ///
    /// # Errors
    /// The medium failed.
    pub fn finish(self) -> Result<W, NpzError> {
        let mut out = self.zip.finish().map_err(|error| NpzErrorKind::from(error).bare())?;
        out.flush()?;
        Ok(out)
    }
}

/// The bytes of a member that is being written.
pub struct MemberWriter<'a, W: Write + Seek> {
    zip: &'a mut ZipWriter<W>,
}

impl<W: Write + Seek> Write for MemberWriter<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.zip.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.zip.flush()
    }
}

//! Writing arrays of a shape that is known beforehand, a few elements at a time.

use super::dtype::Scalar;
use super::element::NpyElement;
use super::error::{NpyError, NpyErrorKind};
use super::header::{MAGIC, MAX_DIMENSIONS};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// The header is padded so that the data start at a multiple of this.
const ALIGNMENT: usize = 64;
/// `NumPy` leaves room for the first axis to grow to this many digits; so do we, byte for byte.
const GROWTH_DIGITS: usize = 21;

/// Writes a version 1 header for little-endian numbers in C order, as `np.save` writes it.
///
/// # Errors
/// More than 32 axes, or the medium failed.
pub fn write_header(out: &mut impl Write, scalar: Scalar, shape: &[u64]) -> Result<(), NpyError> {
    header(out, &scalar.descr(), shape)
}

/// Writes the header of an array of Python objects; its pickle must follow.
///
/// # Errors
/// More than 32 axes, or the medium failed.
pub fn write_object_header(out: &mut impl Write, shape: &[u64]) -> Result<(), NpyError> {
    header(out, "|O", shape)
}

fn header(out: &mut impl Write, descr: &str, shape: &[u64]) -> Result<(), NpyError> {
    if shape.len() > MAX_DIMENSIONS {
        return Err(NpyErrorKind::TooManyDimensions(shape.len()).at(0));
    }
    let axes: Vec<String> = shape.iter().map(u64::to_string).collect();
    let tuple = match axes.as_slice() {
        [only] => format!("({only},)"),
        _ => format!("({})", axes.join(", ")),
    };
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {tuple}, }}");
    let room = axes.first().map_or(0, |first| GROWTH_DIGITS.saturating_sub(first.len()));
    text.extend(std::iter::repeat_n(' ', room));
    while text.len().saturating_add(MAGIC.len()).saturating_add(5) % ALIGNMENT != 0 {
        text.push(' ');
    }
    text.push('\n');
    let length = u16::try_from(text.len()).map_err(|_| NpyErrorKind::ShapeOverflow.at(0))?;
    out.write_all(MAGIC)?;
    out.write_all(&[1, 0])?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(text.as_bytes())?;
    Ok(())
}

/// An array that is being written. Memory: 64 KiB.
#[derive(Debug)]
pub struct NpyWriter<W: Write> {
    out: W,
    scalar: Scalar,
    declared: u64,
    given: u64,
    block: Vec<u8>,
}

impl NpyWriter<BufWriter<File>> {
    /// Creates or replaces a file and writes the header.
    ///
    /// # Errors
    /// As [`NpyWriter::new`]; the file cannot be created.
    pub fn create(path: &Path, scalar: Scalar, shape: &[u64]) -> Result<Self, NpyError> {
        Self::new(BufWriter::new(File::create(path)?), scalar, shape)
    }
}

impl<W: Write> NpyWriter<W> {
    /// Writes the header of an array of `shape`, C order, little-endian.
    ///
    /// # Errors
    /// A shape of more than 32 axes or 2^64 elements, or the medium failed.
    pub fn new(mut out: W, scalar: Scalar, shape: &[u64]) -> Result<Self, NpyError> {
        let declared = shape.iter().try_fold(1_u64, |product, &axis| product.checked_mul(axis));
        let declared = declared.ok_or_else(|| NpyErrorKind::ShapeOverflow.at(0))?;
        write_header(&mut out, scalar, shape)?;
        Ok(Self { out, scalar, declared, given: 0, block: Vec::new() })
    }

    /// Writes the next elements: any number, a row or a part of one.
    ///
    /// # Errors
    /// Another element type than declared, more elements than the shape holds, or the medium failed.
    pub fn write<T: NpyElement>(&mut self, values: &[T]) -> Result<(), NpyError> {
        if T::SCALAR != self.scalar {
            let (wanted, found) = (self.scalar.code(), T::SCALAR.code().to_owned());
            return Err(NpyErrorKind::WrongDtype { wanted, found }.at(0));
        }
        let given = self.given.saturating_add(u64::try_from(values.len()).unwrap_or(u64::MAX));
        if given > self.declared {
            return Err(NpyErrorKind::ElementCount { declared: self.declared, given }.at(0));
        }
        for values in values.chunks(8192) {
            self.block.clear();
            for value in values {
                value.append_to(&mut self.block);
            }
            self.out.write_all(&self.block)?;
        }
        self.given = given;
        Ok(())
    }

    /// Checks that every declared element was written, flushes, and returns the output.
    ///
    /// # Errors
    /// [`NpyErrorKind::ElementCount`] if elements are missing, or the medium failed.
    pub fn finish(mut self) -> Result<W, NpyError> {
        if self.given != self.declared {
            let (declared, given) = (self.declared, self.given);
            return Err(NpyErrorKind::ElementCount { declared, given }.at(0));
        }
        self.out.flush().map_err(|error: io::Error| NpyErrorKind::Io(error).at(0))?;
        Ok(self.out)
    }
}

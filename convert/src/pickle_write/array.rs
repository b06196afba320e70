//! `NumPy` arrays inside of a pickle.
//!
//! An array is `_reconstruct(ndarray, (0,), b'b')` followed by its state: version 1, shape, element
//! type, Fortran order, bytes. An element type is `dtype('f4', False, True)` with a state of its own.

use super::error::PickleWriteError;
use super::memo::Known;
use super::opcode as op;
use super::writer::PickleWriter;
use crate::npy::NpyElement;
use half::f16;
use std::io::Write;

/// The state flags of an array of objects: items are references and need Python to be copied.
const OBJECT_FLAGS: i64 = 63;

/// A number that can stand in an array of a pickle.
pub trait ArrayElement: NpyElement {}

impl ArrayElement for f16 {}
impl ArrayElement for f32 {}
impl ArrayElement for f64 {}
impl ArrayElement for i64 {}
impl ArrayElement for u8 {}

impl<W: Write> PickleWriter<W> {
    /// Writes an array of any number of axes, in C order. Copies the elements once.
    ///
    /// # Errors
    /// As [`PickleWriter::none`], and [`PickleWriteError::Shape`].
    pub fn array<T: ArrayElement>(
        &mut self,
        shape: &[u64],
        values: &[T],
    ) -> Result<(), PickleWriteError> {
        let declared = shape.iter().try_fold(1_u64, |product, &axis| product.checked_mul(axis));
        let given = values.len();
        if declared.is_none() || declared != u64::try_from(given).ok() {
            return Err(PickleWriteError::Shape { declared, given });
        }
        let mut bytes = Vec::with_capacity(given.saturating_mul(T::SCALAR.bytes()));
        for value in values {
            value.append_to(&mut bytes);
        }
        self.before_value()?;
        self.raw_array_head(shape, T::SCALAR.code())?;
        self.raw_bytes(&bytes)?;
        self.raw_array_tail()?;
        self.after_value()
    }

    /// Writes an array up to where its data stand.
    pub(super) fn raw_array_head(
        &mut self,
        shape: &[u64],
        code: &'static str,
    ) -> Result<(), PickleWriteError> {
        self.raw_global("numpy.core.multiarray", "_reconstruct")?;
        if !self.recall(&Known::EmptyArray)? {
            self.raw_global("numpy", "ndarray")?;
            self.raw_shape(&[0])?;
            self.raw_bytes(b"b")?;
            self.frames.opcode(op::TUPLE3, &[])?;
            self.remember(Known::EmptyArray)?;
        }
        self.frames.opcode(op::REDUCE, &[])?;
        self.frames.opcode(op::MARK, &[])?;
        self.raw_int(1)?;
        self.raw_shape(shape)?;
        self.raw_dtype(code)?;
        self.frames.opcode(op::NEWFALSE, &[])?;
        Ok(())
    }

    /// Ends an array after its data.
    pub(super) fn raw_array_tail(&mut self) -> Result<(), PickleWriteError> {
        self.frames.opcode(op::TUPLE, &[])?;
        self.frames.opcode(op::BUILD, &[])?;
        Ok(())
    }

    fn raw_global(&mut self, module: &str, name: &'static str) -> Result<(), PickleWriteError> {
        let known = Known::Global(name);
        if self.recall(&known)? {
            return Ok(());
        }
        self.raw_name(module)?;
        self.raw_name(name)?;
        self.frames.opcode(op::STACK_GLOBAL, &[])?;
        self.remember(known)
    }

    fn raw_shape(&mut self, shape: &[u64]) -> Result<(), PickleWriteError> {
        let known = Known::Shape(shape.into());
        if self.recall(&known)? {
            return Ok(());
        }
        self.frames.opcode(op::MARK, &[])?;
        for &axis in shape {
            let shape_error = PickleWriteError::Shape { declared: None, given: 0 };
            self.raw_int(i64::try_from(axis).map_err(|_| shape_error)?)?;
        }
        self.frames.opcode(op::TUPLE, &[])?;
        self.remember(known)
    }

    fn raw_dtype(&mut self, code: &'static str) -> Result<(), PickleWriteError> {
        let known = Known::Dtype(code);
        if self.recall(&known)? {
            return Ok(());
        }
        let (order, flags) = match code {
            "O8" => ("|", OBJECT_FLAGS),
            "u1" => ("|", 0),
            _ => ("<", 0),
        };
        self.raw_global("numpy", "dtype")?;
        self.raw_name(code)?;
        self.frames.opcode(op::NEWFALSE, &[])?;
        self.frames.opcode(op::NEWTRUE, &[])?;
        self.frames.opcode(op::TUPLE3, &[])?;
        self.frames.opcode(op::REDUCE, &[])?;
        self.frames.opcode(op::MARK, &[])?;
        self.raw_int(3)?;
        self.raw_name(order)?;
        for _ in 0..3 {
            self.frames.opcode(op::NONE, &[])?;
        }
        self.raw_int(-1)?;
        self.raw_int(-1)?;
        self.raw_int(flags)?;
        self.frames.opcode(op::TUPLE, &[])?;
        self.frames.opcode(op::BUILD, &[])?;
        self.remember(known)
    }
}

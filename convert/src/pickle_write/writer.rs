//! The values of Python, one call each.

use super::error::PickleWriteError;
use super::frame::Frames;
use super::memo::{Known, Memo};
use super::opcode as op;
use std::io::Write;

/// Items of a dictionary or list between two marks: the batch of `CPython`, which bounds its stack.
const BATCH: usize = 1000;

/// A pickle of one value that is being written.
///
/// Collections are opened and closed; a dictionary takes key, value, key, value. Memory does not grow
/// with the value: 64 KiB, a bounded memo, and a few bytes per open collection.
///
/// ```
/// use vesalius_convert::pickle_write::PickleWriter;
///
/// let mut pickle = PickleWriter::new(Vec::new())?;
/// pickle.begin_dict()?;
/// pickle.str("score")?;
/// pickle.float(0.5)?;
/// pickle.end()?;
/// assert_eq!(pickle.finish()?.last(), Some(&b'.'));
/// # Ok::<(), vesalius_convert::pickle_write::PickleWriteError>(())
/// ```
pub struct PickleWriter<W: Write> {
    pub(super) frames: Frames<W>,
    pub(super) memo: Memo,
    scopes: Vec<Scope>,
    complete: bool,
}

struct Scope {
    kind: Kind,
    /// Values since the last mark.
    pending: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Dict,
    List,
    Tuple,
    /// The list of one element that is the state of an array of objects.
    Object,
}

impl<W: Write> PickleWriter<W> {
    /// Begins a pickle. Writes go through a buffer of one frame; `out` needs none.
    ///
    /// # Errors
    /// The medium failed.
    pub fn new(out: W) -> Result<Self, PickleWriteError> {
        let mut frames = Frames::new(out);
        frames.outside(&[op::PROTO, 4])?;
        Ok(Self { frames, memo: Memo::default(), scopes: Vec::new(), complete: false })
    }

    /// Writes `None`.
    ///
    /// # Errors
    /// A second value outside of any collection, or the medium failed; so of all calls below.
    pub fn none(&mut self) -> Result<(), PickleWriteError> {
        self.simple(op::NONE)
    }

    /// Writes `True` or `False`.
    ///
    /// # Errors
    /// As [`PickleWriter::none`].
    pub fn bool(&mut self, value: bool) -> Result<(), PickleWriteError> {
        self.simple(if value { op::NEWTRUE } else { op::NEWFALSE })
    }

    /// Writes an `int`.
    ///
    /// # Errors
    /// As [`PickleWriter::none`].
    pub fn int(&mut self, value: i64) -> Result<(), PickleWriteError> {
        self.before_value()?;
        self.raw_int(value)?;
        self.after_value()
    }

    /// Writes a `float`.
    ///
    /// # Errors
    /// As [`PickleWriter::none`].
    pub fn float(&mut self, value: f64) -> Result<(), PickleWriteError> {
        self.before_value()?;
        // The one number that pickles hold most significant byte first.
        self.frames.opcode(op::BINFLOAT, &value.to_bits().swap_bytes().to_le_bytes())?;
        self.after_value()
    }

    /// Writes a `str` that is not expected to come again.
    ///
    /// # Errors
    /// As [`PickleWriter::none`].
    pub fn str(&mut self, value: &str) -> Result<(), PickleWriteError> {
        self.before_value()?;
        self.raw_str(value)?;
        self.after_value()
    }

    /// Writes a `str` that may come again, such as a key of many dictionaries. Python then holds it
    /// once. Up to 4096 are remembered.
    ///
    /// # Errors
    /// As [`PickleWriter::none`].
    pub fn name(&mut self, value: &str) -> Result<(), PickleWriteError> {
        self.before_value()?;
        self.raw_name(value)?;
        self.after_value()
    }

    /// Writes `bytes`.
    ///
    /// # Errors
    /// As [`PickleWriter::none`].
    pub fn bytes(&mut self, value: &[u8]) -> Result<(), PickleWriteError> {
        self.before_value()?;
        self.raw_bytes(value)?;
        self.after_value()
    }

    /// Opens a `dict`, which takes keys and values in turn until [`PickleWriter::end`].
    ///
    /// # Errors
    /// As [`PickleWriter::none`].
    pub fn begin_dict(&mut self) -> Result<(), PickleWriteError> {
        self.begin(Kind::Dict, op::EMPTY_DICT)
    }

    /// Opens a `list`.
    ///
    /// # Errors
    /// As [`PickleWriter::none`].
    pub fn begin_list(&mut self) -> Result<(), PickleWriteError> {
        self.begin(Kind::List, op::EMPTY_LIST)
    }

    /// Opens a `tuple`. Its items are not batched: keep it short.
    ///
    /// # Errors
    /// As [`PickleWriter::none`].
    pub fn begin_tuple(&mut self) -> Result<(), PickleWriteError> {
        self.begin(Kind::Tuple, op::MARK)
    }

    /// Opens an array of objects of shape `()`, which takes one value: what `np.savez` makes of a
    /// dictionary.
    ///
    /// # Errors
    /// As [`PickleWriter::none`].
    pub fn begin_object_array(&mut self) -> Result<(), PickleWriteError> {
        self.before_value()?;
        self.raw_array_head(&[], "O8")?;
        self.frames.opcode(op::EMPTY_LIST, &[])?;
        self.scopes.push(Scope { kind: Kind::Object, pending: 0 });
        Ok(())
    }

    /// Closes the innermost open collection.
    ///
    /// # Errors
    /// None is open, a key without a value, an array of objects without exactly one value.
    pub fn end(&mut self) -> Result<(), PickleWriteError> {
        let scope = self.scopes.pop().ok_or(PickleWriteError::Structure("no open collection"))?;
        match scope.kind {
            Kind::Dict if !scope.pending.is_multiple_of(2) => {
                return Err(PickleWriteError::Structure("key without a value"));
            }
            Kind::Dict if scope.pending > 0 => self.frames.opcode(op::SETITEMS, &[])?,
            Kind::List if scope.pending > 0 => self.frames.opcode(op::APPENDS, &[])?,
            Kind::Dict | Kind::List => {}
            Kind::Tuple => self.frames.opcode(op::TUPLE, &[])?,
            Kind::Object if scope.pending != 1 => {
                return Err(PickleWriteError::Structure("array of objects without one value"));
            }
            Kind::Object => {
                self.frames.opcode(op::APPENDS, &[])?;
                self.raw_array_tail()?;
            }
        }
        self.after_value()
    }

    /// Ends the pickle, flushes, and returns the output.
    ///
    /// # Errors
    /// An open collection, no value at all, or the medium failed.
    pub fn finish(mut self) -> Result<W, PickleWriteError> {
        if !self.complete {
            return Err(PickleWriteError::Structure("incomplete value"));
        }
        self.frames.opcode(op::STOP, &[])?;
        Ok(self.frames.finish()?)
    }

    /// Makes room for a value in the innermost collection.
    pub(super) fn before_value(&mut self) -> Result<(), PickleWriteError> {
        match self.scopes.last() {
            None if self.complete => Err(PickleWriteError::Structure("second value")),
            Some(Scope { kind: Kind::Dict | Kind::List | Kind::Object, pending: 0 }) => {
                Ok(self.frames.opcode(op::MARK, &[])?)
            }
            _ => Ok(()),
        }
    }

    /// Counts a value that was written.
    pub(super) fn after_value(&mut self) -> Result<(), PickleWriteError> {
        let Some(scope) = self.scopes.last_mut() else {
            self.complete = true;
            return Ok(());
        };
        scope.pending = scope.pending.saturating_add(1);
        let full = match scope.kind {
            Kind::Dict => (scope.pending == 2 * BATCH).then_some(op::SETITEMS),
            Kind::List => (scope.pending == BATCH).then_some(op::APPENDS),
            Kind::Tuple | Kind::Object => None,
        };
        if let Some(code) = full {
            scope.pending = 0;
            self.frames.opcode(code, &[])?;
        }
        Ok(())
    }

    fn begin(&mut self, kind: Kind, code: u8) -> Result<(), PickleWriteError> {
        self.before_value()?;
        self.frames.opcode(code, &[])?;
        self.scopes.push(Scope { kind, pending: 0 });
        Ok(())
    }

    fn simple(&mut self, code: u8) -> Result<(), PickleWriteError> {
        self.before_value()?;
        self.frames.opcode(code, &[])?;
        self.after_value()
    }

    /// Writes an integer in its shortest form, uncounted.
    pub(super) fn raw_int(&mut self, value: i64) -> Result<(), PickleWriteError> {
        if let Ok(value) = u8::try_from(value) {
            self.frames.opcode(op::BININT1, &[value])?;
        } else if let Ok(value) = u16::try_from(value) {
            self.frames.opcode(op::BININT2, &value.to_le_bytes())?;
        } else if let Ok(value) = i32::try_from(value) {
            self.frames.opcode(op::BININT, &value.to_le_bytes())?;
        } else {
            self.frames.data(op::LONG1, &[8], &value.to_le_bytes())?;
        }
        Ok(())
    }

    /// Writes a string, uncounted.
    pub(super) fn raw_str(&mut self, value: &str) -> Result<(), PickleWriteError> {
        let codes = [op::SHORT_BINUNICODE, op::BINUNICODE, op::BINUNICODE8];
        self.sized(codes, value.as_bytes())
    }

    /// Writes bytes, uncounted.
    pub(super) fn raw_bytes(&mut self, value: &[u8]) -> Result<(), PickleWriteError> {
        self.sized([op::SHORT_BINBYTES, op::BINBYTES, op::BINBYTES8], value)
    }

    /// Writes a string or a reference to it, uncounted.
    pub(super) fn raw_name(&mut self, value: &str) -> Result<(), PickleWriteError> {
        let known = Known::Name(value.into());
        if self.recall(&known)? {
            return Ok(());
        }
        self.raw_str(value)?;
        self.remember(known)
    }

    /// Refers to something that was written before; false if it was not.
    pub(super) fn recall(&mut self, known: &Known) -> Result<bool, PickleWriteError> {
        let Some(number) = self.memo.get(known) else { return Ok(false) };
        match u8::try_from(number) {
            Ok(number) => self.frames.opcode(op::BINGET, &[number])?,
            Err(_) => self.frames.opcode(op::LONG_BINGET, &number.to_le_bytes())?,
        }
        Ok(true)
    }

    /// Remembers what was just written, if there is room.
    pub(super) fn remember(&mut self, known: Known) -> Result<(), PickleWriteError> {
        if self.memo.insert(known) {
            self.frames.opcode(op::MEMOIZE, &[])?;
        }
        Ok(())
    }

    fn sized(&mut self, codes: [u8; 3], value: &[u8]) -> Result<(), PickleWriteError> {
        let [short, medium, long] = codes;
        if let Ok(length) = u8::try_from(value.len()) {
            self.frames.data(short, &[length], value)?;
        } else if let Ok(length) = u32::try_from(value.len()) {
            self.frames.data(medium, &length.to_le_bytes(), value)?;
        } else {
            let length = u64::try_from(value.len()).map_err(std::io::Error::other)?;
            self.frames.data(long, &length.to_le_bytes(), value)?;
        }
        Ok(())
    }
}

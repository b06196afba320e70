//! Opcodes gathered into frames, so that a reader fetches them in large pieces (PEP 3154).

use super::opcode::FRAME;
use std::io::{self, Write};

/// A frame is closed once it has this many bytes: the target of `CPython`.
const FRAME_BYTES: usize = 64 << 10;
/// A shorter rest goes without a frame, as `CPython` writes it.
const SMALLEST_FRAME: usize = 4;

/// The output. Memory: one frame and the last opcode in it.
pub(super) struct Frames<W: Write> {
    out: W,
    open: Vec<u8>,
}

impl<W: Write> Frames<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, open: Vec::with_capacity(FRAME_BYTES) }
    }

    /// Writes bytes in front of or between frames.
    pub(super) fn outside(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.commit()?;
        self.out.write_all(bytes)
    }

    /// Writes one opcode with its argument, which no frame may split.
    pub(super) fn opcode(&mut self, code: u8, argument: &[u8]) -> io::Result<()> {
        self.open.push(code);
        self.open.extend_from_slice(argument);
        if self.open.len() >= FRAME_BYTES { self.commit() } else { Ok(()) }
    }

    /// Writes one opcode with its length and its data. Long data go past the frames, uncopied.
    pub(super) fn data(&mut self, code: u8, length: &[u8], data: &[u8]) -> io::Result<()> {
        if data.len() < FRAME_BYTES {
            self.open.push(code);
            self.open.extend_from_slice(length);
            return self.tail(data);
        }
        self.outside(&[code])?;
        self.out.write_all(length)?;
        self.out.write_all(data)
    }

    fn tail(&mut self, data: &[u8]) -> io::Result<()> {
        self.open.extend_from_slice(data);
        if self.open.len() >= FRAME_BYTES { self.commit() } else { Ok(()) }
    }

    /// Ends the open frame, flushes, and returns the output.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.commit()?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn commit(&mut self) -> io::Result<()> {
        if self.open.len() >= SMALLEST_FRAME {
            let length = u64::try_from(self.open.len()).map_err(io::Error::other)?;
            self.out.write_all(&[FRAME])?;
            self.out.write_all(&length.to_le_bytes())?;
        }
        self.out.write_all(&self.open)?;
        self.open.clear();
        Ok(())
    }
}

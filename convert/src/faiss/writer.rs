//! Flat indexes.

use std::io::{self, Write};

use super::kinds;

/// Bytes that are converted at once.
const STEP: usize = 4096;

/// A flat index while it is being written: vectors in the order in which they come, then their ids.
///
/// ```
/// use vesalius_convert::faiss::{FaissFile, FaissWriter};
///
/// let mut index = FaissWriter::new(Vec::new(), 2, 1, false, true)?;
/// index.vector(&[0.6, 0.8])?;
/// let bytes = index.finish_with_ids(&[17])?;
/// let read = FaissFile::from_source(std::sync::Arc::new(bytes))?;
/// assert_eq!(read.read_ids(0, 1)?, [17]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FaissWriter<W: Write> {
    out: W,
    dim: u32,
    len: u64,
    written: u64,
    with_ids: bool,
}

impl<W: Write> FaissWriter<W> {
    /// Begins `IndexFlatL2` or `IndexFlatIP` of `len` vectors, inside of `IndexIDMap2` if it is to have ids.
    ///
    /// # Errors
    /// The medium failed; so of all calls.
    pub fn new(mut out: W, dim: u32, len: u64, l2: bool, with_ids: bool) -> io::Result<Self> {
        if with_ids {
            header(&mut out, kinds::ID_MAP_2, dim, len, l2)?;
        }
        let kind = if l2 { kinds::FLAT_L2 } else { kinds::FLAT_IP };
        header(&mut out, kind, dim, len, l2)?;
        let values = len.checked_mul(u64::from(dim));
        let values = values.ok_or_else(|| invalid("too many vectors"))?;
        out.write_all(&values.to_le_bytes())?;
        Ok(Self { out, dim, len, written: 0, with_ids })
    }

    /// Writes a vector.
    ///
    /// # Errors
    /// One of another length; one too many; the medium failed.
    pub fn vector(&mut self, values: &[f32]) -> io::Result<()> {
        if u32::try_from(values.len()) != Ok(self.dim) || self.written == self.len {
            return Err(invalid("a vector of another length, or one too many"));
        }
        let mut bytes = [0; STEP];
        for part in values.chunks(STEP / 4) {
            let (room, _) = bytes.as_chunks_mut::<4>();
            room.iter_mut().zip(part).for_each(|(to, value)| *to = value.to_le_bytes());
            let used = size_of_val(part).min(STEP);
            self.out.write_all(bytes.get(..used).unwrap_or_default())?;
        }
        self.written = self.written.saturating_add(1);
        Ok(())
    }

    /// Ends an index without ids and gives the output back.
    ///
    /// # Errors
    /// A vector is missing, or ids are; the medium failed.
    pub fn finish(self) -> io::Result<W> {
        if self.with_ids {
            return Err(invalid("the index is to have ids"));
        }
        self.end()
    }

    /// Ends an index with the ids of its vectors.
    ///
    /// # Errors
    /// Another number of ids than vectors; the medium failed.
    pub fn finish_with_ids(mut self, ids: &[i64]) -> io::Result<W> {
        if !self.with_ids || u64::try_from(ids.len()) != Ok(self.len) {
            return Err(invalid("another number of ids than vectors"));
        }
        self.out.write_all(&self.len.to_le_bytes())?;
        for id in ids {
            self.out.write_all(&id.to_le_bytes())?;
        }
        self.end()
    }

    fn end(mut self) -> io::Result<W> {
        if self.written != self.len {
            return Err(invalid("there are fewer vectors than were announced"));
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

fn header(out: &mut impl Write, kind: [u8; 4], dim: u32, len: u64, l2: bool) -> io::Result<()> {
    // What FAISS writes in two places that it ignores.
    const DUMMY: [u8; 8] = (1_u64 << 20).to_le_bytes();
    let dim = i32::try_from(dim).map_err(|_| invalid("too many dimensions"))?;
    let len = i64::try_from(len).map_err(|_| invalid("too many vectors"))?;
    out.write_all(&kind)?;
    out.write_all(&dim.to_le_bytes())?;
    out.write_all(&len.to_le_bytes())?;
    out.write_all(&DUMMY)?;
    out.write_all(&DUMMY)?;
    out.write_all(&[1])?;
    out.write_all(&i32::from(l2).to_le_bytes())
}

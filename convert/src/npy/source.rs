//! Bytes that can be read at any offset: a file, a part of one, or memory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// Bytes of a fixed length that any number of threads may read at once.
pub trait ByteSource: Send + Sync {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Whether there are no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `out` with the bytes from `offset` on.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] if the bytes end before; whatever the medium reports.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;
}

/// A file, read by positioned reads, so memory stays bounded and a file that shrinks while it is
/// read gives an error instead of a signal.
#[derive(Debug)]
pub struct FileSource {
    file: File,
    len: u64,
}

impl FileSource {
    /// Opens a file for reading. Its length is taken once, now.
    ///
    /// # Errors
    /// Whatever the system reports.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::new(File::open(path)?)
    }

    /// Takes over an open file.
    ///
    /// # Errors
    /// Whatever the system reports when asked for the length.
    pub fn new(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file, len })
    }
}

impl ByteSource for FileSource {
    fn len(&self) -> u64 {
        self.len
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, out, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, mut offset: u64, mut out: &mut [u8]) -> io::Result<()> {
        while !out.is_empty() {
            let read = std::os::windows::fs::FileExt::seek_read(&self.file, out, offset)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            offset = offset.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
            out = out.get_mut(read..).unwrap_or_default();
        }
        Ok(())
    }
}

impl ByteSource for Vec<u8> {
    fn len(&self) -> u64 {
        u64::try_from(self.as_slice().len()).unwrap_or(u64::MAX)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).ok();
        let end = start.and_then(|start| start.checked_add(out.len()));
        let bytes = start.zip(end).and_then(|(start, end)| self.get(start..end));
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// A contiguous part of another source.
#[derive(Clone)]
pub struct Section {
    source: Arc<dyn ByteSource>,
    start: u64,
    len: u64,
}

impl Section {
    /// The `len` bytes from `start` on; none if they are not all inside the source.
    pub fn new(source: Arc<dyn ByteSource>, start: u64, len: u64) -> Option<Self> {
        let end = start.checked_add(len)?;
        (end <= source.len()).then_some(Self { source, start, len })
    }

    /// Offset of the first byte in the source that this is a part of.
    pub fn start(&self) -> u64 {
        self.start
    }
}

impl ByteSource for Section {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let wanted = u64::try_from(out.len()).unwrap_or(u64::MAX);
        let inside = offset.checked_add(wanted).is_some_and(|end| end <= self.len);
        match self.start.checked_add(offset) {
            Some(at) if inside => self.source.read_at(at, out),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// A source as a stream with a position.
#[derive(Clone)]
pub struct SourceReader {
    source: Arc<dyn ByteSource>,
    position: u64,
}

impl SourceReader {
    /// A stream from the first byte on.
    pub fn new(source: Arc<dyn ByteSource>) -> Self {
        Self { source, position: 0 }
    }
}

impl Read for SourceReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.source.len().saturating_sub(self.position);
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(out.len());
        self.source.read_at(self.position, out.get_mut(..count).unwrap_or_default())?;
        let advance = u64::try_from(count).unwrap_or(u64::MAX);
        self.position = self.position.saturating_add(advance);
        Ok(count)
    }
}

impl Seek for SourceReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(by) => self.source.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_stay_inside_their_source() {
        let bytes: Arc<dyn ByteSource> = Arc::new((0..10_u8).collect::<Vec<_>>());
        assert!(Section::new(bytes.clone(), 4, 7).is_none());
        assert!(Section::new(bytes.clone(), u64::MAX, 2).is_none());
        let section = Section::new(bytes, 4, 3).unwrap();
        let mut out = [0; 3];
        section.read_at(0, &mut out).unwrap();
        assert_eq!(out, [4, 5, 6]);
        assert!(section.read_at(1, &mut out).is_err());
        let mut text = Vec::new();
        let mut reader = SourceReader::new(Arc::new(section));
        reader.seek(SeekFrom::End(-2)).unwrap();
        reader.read_to_end(&mut text).unwrap();
        assert_eq!(text, [5, 6]);
        assert!(reader.seek(SeekFrom::Current(-9)).is_err());
    }
}

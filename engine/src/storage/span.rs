//! Checked ranges of a medium.

use std::io;
use std::ops::Range;

/// The end of `[offset, offset + len)`, at most `i64::MAX` since the system's offsets are signed.
pub(crate) fn end_of(offset: u64, len: usize) -> io::Result<u64> {
    u64::try_from(len)
        .ok()
        .and_then(|len| offset.checked_add(len))
        .filter(|end| i64::try_from(*end).is_ok())
        .ok_or_else(|| {
            let text = format!("{len} bytes at offset {offset} end above the largest file offset");
            io::Error::new(io::ErrorKind::InvalidInput, text)
        })
}

/// `[offset, offset + len)` as indices, when it lies within a medium of `medium_len` bytes;
/// `UnexpectedEof` otherwise.
pub(crate) fn span_within(offset: u64, len: usize, medium_len: u64) -> io::Result<Range<usize>> {
    let end = end_of(offset, len).ok().filter(|end| *end <= medium_len);
    let span = end.and_then(|end| {
        Some(Range { start: usize::try_from(offset).ok()?, end: usize::try_from(end).ok()? })
    });
    span.ok_or_else(|| {
        let text =
            format!("{len} bytes at offset {offset} end past the medium of {medium_len} bytes");
        io::Error::new(io::ErrorKind::UnexpectedEof, text)
    })
}

/// Fills `buf` from `medium` at `offset`; `UnexpectedEof` when it ends past it.
pub(crate) fn read_within(medium: &[u8], offset: u64, buf: &mut [u8]) -> io::Result<()> {
    // As `pread`, which an empty buffer does not reach.
    if buf.is_empty() {
        return Ok(());
    }
    let medium_len = u64::try_from(medium.len()).map_err(io::Error::other)?;
    let span = span_within(offset, buf.len(), medium_len)?;
    if let Some(found) = medium.get(span) {
        buf.copy_from_slice(found);
    }
    Ok(())
}

/// Puts `data` into `medium`, which is long enough, at `offset`.
pub(crate) fn write_within(medium: &mut [u8], offset: u64, data: &[u8]) -> io::Result<()> {
    let medium_len = u64::try_from(medium.len()).map_err(io::Error::other)?;
    let span = span_within(offset, data.len(), medium_len)?;
    if let Some(room) = medium.get_mut(span) {
        room.copy_from_slice(data);
    }
    Ok(())
}

//! The sizes that an Arrow file states, looked at before its crate asks for memory by them.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use arrow_ipc::{RecordBatch, root_as_message};
use arrow_schema::ArrowError;

use super::TableKind;

/// Most bytes of a part of a column when it is no longer compressed.
const PART_MAX: i64 = 1 << 30;
/// A file with a footer begins with its name and zeros, up to the first message at most here.
const START_MAX: u64 = 64;
/// What a message begins with, and how long it and the length behind it are.
const MARKER: [u8; 4] = [0xff; 4];
const HEAD_BYTES: u64 = 8;

/// Goes through all messages; where the first one begins. A file with a footer holds a stream of them too.
pub(super) fn check(file: &mut File, kind: TableKind) -> Result<u64, ArrowError> {
    let len = file.metadata()?.len();
    let start = if kind == TableKind::Stream { 0 } else { first(file)? };
    let mut at = start;
    while at < len {
        let head: [u8; 8] = read(file, at)?;
        let [a, b, c, d, size @ ..] = head;
        let size = u64::try_from(i32::from_le_bytes(size));
        let size = size.map_err(|_| damaged("a message has a negative length"))?;
        if [a, b, c, d] != MARKER {
            return Err(damaged("there is no message where one is expected"));
        }
        if size == 0 {
            break;
        }
        let body = after(at, HEAD_BYTES, len).and_then(|at| after(at, size, len));
        let body = body.ok_or_else(|| damaged("a message reaches past the end"))?;
        let mut bytes = Vec::new();
        file.take(size).read_to_end(&mut bytes)?;
        let message =
            root_as_message(&bytes).map_err(|error| damaged(&format!("a message: {error}")))?;
        let long = u64::try_from(message.bodyLength()).ok().and_then(|long| after(body, long, len));
        at = long.ok_or_else(|| damaged("a batch reaches past the end"))?;
        let dictionary = || message.header_as_dictionary_batch().and_then(|batch| batch.data());
        if let Some(batch) = message.header_as_record_batch().or_else(dictionary) {
            parts(file, batch, body)?;
        }
    }
    Ok(start)
}

/// Where the first message of a file with a footer begins.
fn first(file: &mut File) -> Result<u64, ArrowError> {
    for at in (HEAD_BYTES..=START_MAX).step_by(8) {
        let head: [u8; 4] = read(file, at)?;
        if head != [0; 4] {
            return Ok(at);
        }
    }
    Err(damaged("there is no message"))
}

/// Looks at how long the compressed parts of a batch say that they are.
fn parts(file: &mut File, batch: RecordBatch<'_>, body: u64) -> Result<(), ArrowError> {
    if batch.compression().is_none() {
        return Ok(());
    }
    for part in batch.buffers().iter().flatten() {
        let at = u64::try_from(part.offset()).ok().and_then(|offset| body.checked_add(offset));
        let at = at.ok_or_else(|| damaged("a part of a column is nowhere"))?;
        // What is shorter is empty.
        let says = if part.length() < 8 { 0 } else { i64::from_le_bytes(read(file, at)?) };
        // -1: it is not compressed.
        if !(-1..=PART_MAX).contains(&says) {
            let text = format!("a part of a column of {says} bytes; {PART_MAX} at most are read");
            return Err(damaged(&text));
        }
    }
    Ok(())
}

fn read<const N: usize>(file: &mut File, at: u64) -> Result<[u8; N], ArrowError> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn after(at: u64, bytes: u64, len: u64) -> Option<u64> {
    at.checked_add(bytes).filter(|end| *end <= len)
}

fn damaged(what: &str) -> ArrowError {
    ArrowError::ParseError(what.to_owned())
}

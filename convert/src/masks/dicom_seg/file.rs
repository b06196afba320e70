//! The file around a data set: preamble, meta information, transfer syntax (DICOM PS3.10, chapter 7).

use std::borrow::Cow;
use std::io::Read;

use flate2::read::DeflateDecoder;

use super::element::{Coding, Set};
use super::error::DicomSegError;
use super::limits::FILE_BYTES_MAX;
use super::tags::{TRANSFER_SYNTAX, Tag};
use super::text::ascii;

const PREAMBLE: usize = 128;
const MAGIC: &[u8] = b"DICM";

/// A data set that may have been inflated.
pub(super) struct Body<'a> {
    bytes: Cow<'a, [u8]>,
    coding: Coding,
    /// Whether pixels are in fragments of RLE.
    pub(super) rle: bool,
}

impl<'a> Body<'a> {
    pub(super) fn of(file: &'a [u8]) -> Result<Self, DicomSegError> {
        let behind = file.get(PREAMBLE..).and_then(|rest| rest.strip_prefix(MAGIC));
        let behind = behind.ok_or(DicomSegError::NotDicom)?;
        let meta = Set { bytes: behind, at: 0, coding: Coding::Explicit, depth: 0 };
        let (mut syntax, mut end) = (None, 0);
        for element in meta.elements() {
            // What follows the meta information may be written in another way, or deflated.
            let Ok(element) = element else { break };
            if element.tag.0 != 2 {
                break;
            }
            end = element.end();
            if element.tag == TRANSFER_SYNTAX.0 {
                syntax = Some(ascii(element.value));
            }
        }
        let missing = DicomSegError::Missing(TRANSFER_SYNTAX.0, TRANSFER_SYNTAX.1);
        let syntax = syntax.ok_or(missing)?;
        let rest = behind.get(end..).unwrap_or(&[]);
        let (coding, rle) = match syntax.as_str() {
            "1.2.840.10008.1.2" => (Coding::Implicit, false),
            "1.2.840.10008.1.2.1" | "1.2.840.10008.1.2.1.99" => (Coding::Explicit, false),
            "1.2.840.10008.1.2.5" => (Coding::Explicit, true),
            _ => return Err(DicomSegError::Syntax(syntax)),
        };
        let bytes = if syntax.ends_with(".99") { inflated(rest)?.into() } else { rest.into() };
        Ok(Self { bytes, coding, rle })
    }

    pub(super) fn set(&self) -> Set<'_> {
        Set { bytes: &self.bytes, at: 0, coding: self.coding, depth: 0 }
    }
}

fn inflated(bytes: &[u8]) -> Result<Vec<u8>, DicomSegError> {
    let mut out = Vec::new();
    let mut reader = DeflateDecoder::new(bytes).take(FILE_BYTES_MAX.saturating_add(1));
    reader.read_to_end(&mut out).map_err(DicomSegError::Deflate)?;
    if out.len() as u64 > FILE_BYTES_MAX {
        return Err(DicomSegError::TooLong(out.len() as u64));
    }
    Ok(out)
}

/// The value of a UID that has to be there.
pub(super) fn uid(set: Set<'_>, named: (Tag, &'static str)) -> Result<String, DicomSegError> {
    Ok(ascii(set.need(named)?.value))
}

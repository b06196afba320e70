//! Header extensions: what programs keep between the header and the data.

use super::error::{NiftiError, NiftiErrorKind};
use super::fields::{Fields, Order};

/// Extensions are padded to a multiple of this.
const ALIGNMENT: usize = 16;
/// Length and code in front of the content.
const FRAME_BYTES: usize = 8;

/// One header extension. Label tables of segmentations live here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Who made it: 0 unknown, 2 DICOM, 4 AFNI, 6 text, 30 CIFTI and so on, as registered with the
    /// standard's maintainers.
    pub code: i32,
    /// The content with the zeros that pad it.
    pub bytes: Vec<u8>,
}

impl Extension {
    /// The content without the zeros at its end.
    pub fn content(&self) -> &[u8] {
        let padding = self.bytes.iter().rev().take_while(|byte| **byte == 0).count();
        self.bytes.get(..self.bytes.len().saturating_sub(padding)).unwrap_or_default()
    }
}

/// Reads the block between header and data, beginning with the four bytes that announce
/// extensions. `start` is the place of the block in the file.
pub(super) fn parse(
    block: &[u8],
    order: Order,
    start: u64,
    most: u64,
) -> Result<Vec<Extension>, NiftiError> {
    let mut found = Vec::new();
    let Some(([announced, ..], mut rest)) = block.split_first_chunk::<4>() else {
        return Ok(found);
    };
    if *announced == 0 {
        return Ok(found);
    }
    while rest.len() >= FRAME_BYTES {
        let place = block.len().saturating_sub(rest.len());
        let place = start.saturating_add(u64::try_from(place).unwrap_or(u64::MAX));
        let bad = |why| NiftiErrorKind::Extension(why).at(place);
        let fields = Fields { bytes: rest, order };
        let (size, code) = (fields.i32(0), fields.i32(4));
        // Zeros up to the data are padding, not an extension.
        if size == 0 && code == 0 && rest.iter().all(|byte| *byte == 0) {
            break;
        }
        let size = usize::try_from(size).ok().filter(|size| *size >= FRAME_BYTES);
        let size = size.ok_or_else(|| bad("impossible length"))?;
        let (whole, after) =
            rest.split_at_checked(size).ok_or_else(|| bad("longer than the header"))?;
        let count = u64::try_from(found.len()).unwrap_or(u64::MAX);
        if count >= most {
            let count = count.saturating_add(1);
            return Err(NiftiErrorKind::OverLimit("number of extensions", count, most).at(place));
        }
        let bytes = whole.get(FRAME_BYTES..).unwrap_or_default().to_vec();
        found.push(Extension { code, bytes });
        rest = after;
    }
    Ok(found)
}

/// The block between header and data, little-endian, padded.
pub(super) fn encode(extensions: &[Extension]) -> Result<Vec<u8>, NiftiErrorKind> {
    let mut block = vec![u8::from(!extensions.is_empty()), 0, 0, 0];
    for extension in extensions {
        let size = extension.bytes.len().checked_add(FRAME_BYTES);
        let size = size.and_then(|size| size.checked_next_multiple_of(ALIGNMENT));
        let stored = size.and_then(|size| i32::try_from(size).ok());
        let (Some(size), Some(stored)) = (size, stored) else {
            return Err(NiftiErrorKind::Extension("longer than 2^31 bytes"));
        };
        let end = block.len().saturating_add(size);
        block.extend(stored.to_le_bytes());
        block.extend(extension.code.to_le_bytes());
        block.extend(&extension.bytes);
        block.resize(end, 0);
    }
    Ok(block)
}

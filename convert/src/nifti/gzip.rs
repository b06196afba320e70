//! Bytes of a file, inflated if it is compressed.

use std::io::{self, BufRead, Read};
use std::path::Path;

use flate2::bufread::GzDecoder;

/// How a gzip stream begins.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Whether a name says that the file is compressed: other programs go by it, in capitals too.
pub(crate) fn is_compressed_name(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"))
}

/// A plain or compressed stream. Members of a gzip file follow each other; what follows the last
/// one is ignored, as `gzip` does.
pub(crate) enum Source<R> {
    Plain(R),
    Gzip(Option<Box<GzDecoder<R>>>),
}

impl<R: BufRead> Source<R> {
    /// Looks at the first byte: no header of this format begins as a gzip stream does.
    pub(crate) fn new(mut reader: R) -> io::Result<Self> {
        let compressed = begins_member(&mut reader)?;
        Ok(if compressed {
            Self::Gzip(Some(Box::new(GzDecoder::new(reader))))
        } else {
            Self::Plain(reader)
        })
    }

    pub(crate) fn is_compressed(&self) -> bool {
        matches!(self, Self::Gzip(_))
    }
}

impl<R: BufRead> Read for Source<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let member = match self {
            Self::Plain(reader) => return reader.read(out),
            Self::Gzip(member) => member,
        };
        while let Some(decoder) = member {
            let count = decoder.read(out)?;
            if count > 0 || out.is_empty() {
                return Ok(count);
            }
            if let Some(decoder) = member.take() {
                let mut rest = decoder.into_inner();
                if begins_member(&mut rest)? {
                    *member = Some(Box::new(GzDecoder::new(rest)));
                }
            }
        }
        Ok(0)
    }
}

fn begins_member<R: BufRead>(reader: &mut R) -> io::Result<bool> {
    let buffered = reader.fill_buf()?;
    // The end of the buffer may hide the second byte; the decoder then looks itself.
    Ok(match buffered {
        [] => false,
        [first] => *first == MAGIC[0],
        [first, second, ..] => [*first, *second] == MAGIC,
    })
}

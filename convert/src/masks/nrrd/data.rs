//! The values as a stream of bytes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;

use flate2::bufread::ZlibDecoder;

use super::error::NrrdErrorKind;
use super::fields::{Encoding, Storage};
use crate::masks::volumes::VolumeErrorKind;
use crate::nifti::{Source, most_inflated};

/// How a gzip stream begins, and what the low half of the first byte of a zlib stream is.
const GZIP: u8 = 0x1f;
const ZLIB_METHOD: u8 = 8;

/// Bytes of values, and the most that there can be, where that is known.
pub(super) struct Bytes {
    pub(super) from: Box<dyn Read + Send>,
    pub(super) most: Option<u64>,
}

impl Bytes {
    /// The values behind the header, or in a file of their own. `stored` is the length of what is left, where it
    /// is known; `needed` the length of the values.
    pub(super) fn unpack<R: BufRead + Send + 'static>(
        mut from: R,
        storage: &Storage,
        stored: Option<u64>,
        needed: u64,
    ) -> Result<Self, VolumeErrorKind> {
        let mut stored = stored;
        for _ in 0..storage.line_skip {
            let line = from.skip_until(b'\n')? as u64;
            stored = stored.map(|stored| stored.saturating_sub(line));
            if line == 0 {
                break;
            }
        }
        let (mut from, most): (Box<dyn Read + Send>, _) = match storage.encoding {
            Encoding::Raw => (Box::new(from), stored),
            Encoding::Gzip => {
                let most = stored.map(most_inflated);
                match from.fill_buf()?.first() {
                    Some(&GZIP) => (Box::new(Source::new(from)?), most),
                    // The standard means gzip; some writers leave its frame out.
                    Some(byte) if byte & 0x0f == ZLIB_METHOD => {
                        (Box::new(ZlibDecoder::new(from)), most)
                    }
                    _ => {
                        let error = io::Error::new(io::ErrorKind::InvalidData, "no gzip stream");
                        return Err(NrrdErrorKind::Gzip(error).into());
                    }
                }
            }
        };
        let skip = match (storage.byte_skip, stored) {
            (Some(skip), _) => skip,
            (None, Some(stored)) => stored.saturating_sub(needed),
            (None, None) => {
                let text = "values at the end of a stream of unknown length are not read";
                return Err(NrrdErrorKind::Unsupported(text.into()).into());
            }
        };
        let skipped = io::copy(&mut (&mut from).take(skip), &mut io::sink()).map_err(of_stream)?;
        Ok(Self { from, most: most.map(|most| most.saturating_sub(skipped)) })
    }

    /// The values in other files, each of which has an equal part of them.
    pub(super) fn of_files(
        files: Vec<PathBuf>,
        storage: Storage,
        needed: u64,
    ) -> Result<Self, VolumeErrorKind> {
        if let [file] = files.as_slice() {
            let file = File::open(file)?;
            let stored = file.metadata()?.len();
            return Self::unpack(BufReader::new(file), &storage, Some(stored), needed);
        }
        let count = files.len() as u64;
        let share = needed.checked_div(count).unwrap_or(0);
        if share.saturating_mul(count) != needed {
            let text = format!("{needed} bytes of values do not share among {count} files");
            return Err(NrrdErrorKind::Unsupported(text).into());
        }
        let chain = Chain { files: files.into_iter(), storage, share, left: 0, open: None };
        Ok(Self { from: Box::new(chain), most: None })
    }
}

/// Files one behind the other, opened as they come.
struct Chain {
    files: std::vec::IntoIter<PathBuf>,
    storage: Storage,
    share: u64,
    /// Bytes left of the open file.
    left: u64,
    open: Option<Box<dyn Read + Send>>,
}

impl Read for Chain {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            let Some(path) = self.files.next() else { return Ok(0) };
            let next = Bytes::of_files(vec![path], self.storage, self.share);
            let next = next.map_err(|error| match error {
                VolumeErrorKind::Io(error) => error,
                other => io::Error::new(io::ErrorKind::InvalidData, other.to_string()),
            })?;
            (self.open, self.left) = (Some(next.from), self.share);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let part = out.get_mut(..most).unwrap_or_default();
        let count = self.open.as_mut().map_or(Ok(0), |open| open.read(part))?;
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}

/// Damage of a compressed stream arrives as an error of the medium, told by its kind.
pub(super) fn of_stream(error: io::Error) -> VolumeErrorKind {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            NrrdErrorKind::Gzip(error).into()
        }
        _ => error.into(),
    }
}

//! Rows whose feature was already there: what a run that was killed and started again leaves
//! behind.

use std::hash::{BuildHasher, RandomState};

use super::super::error::H5Error;
use super::super::limits;
use super::ConceptClip;

/// The repeated feature rows of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repeats {
    /// Rows that were compared, from the first on; at most `limits::MAX_REPEAT_ROWS`.
    pub checked: u64,
    /// How many of them repeat an earlier one.
    pub repeated: u64,
    /// The repeated row and the first one that it equals, ascending, at most
    /// `limits::MAX_REPEATS_LISTED`.
    pub pairs: Vec<(u64, u64)>,
}

impl ConceptClip {
    /// Finds feature rows that equal an earlier one bit by bit, by a keyed hash of 64 bits: of a
    /// million rows, two different ones are taken for equal once in thirty million files. Reads
    /// `image_features` once; takes 16 bytes of memory a row.
    pub fn repeated_rows(&self) -> Result<Repeats, H5Error> {
        let keys = RandomState::new();
        let end = self.rows.min(limits::MAX_REPEAT_ROWS);
        let (mut rows, mut bytes) = (self.features.rows()?, Vec::new());
        let mut hashes: Vec<(u64, u64)> = Vec::new();
        let size = self.features.row_bytes();
        let mut row = 0;
        while row < end {
            let got = rows.read(row, (end - row).min(1 << 14), &mut bytes)?;
            let found = bytes.chunks_exact(size.max(1)).map(|feature| keys.hash_one(feature));
            hashes.extend(found.zip(row..));
            row += got.max(1);
        }
        Ok(group(hashes, end))
    }
}

fn group(mut hashes: Vec<(u64, u64)>, checked: u64) -> Repeats {
    hashes.sort_unstable();
    let mut pairs = Vec::new();
    for equal in hashes.chunk_by(|a, b| a.0 == b.0) {
        if let [first, repeats @ ..] = equal {
            pairs.extend(repeats.iter().map(|again| (again.1, first.1)));
        }
    }
    let repeated = pairs.len() as u64;
    pairs.sort_unstable();
    pairs.truncate(limits::MAX_REPEATS_LISTED);
    Repeats { checked, repeated, pairs }
}

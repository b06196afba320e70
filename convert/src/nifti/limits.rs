//! What a file may cost.

/// The data begin at most this far into the file: 64 MiB of header extensions.
pub const MAX_DATA_OFFSET: u64 = 64 << 20;

/// The longest axis that the container and the geometry know (2^31).
pub const MAX_AXIS: i64 = 1 << 31;

/// Deflate cannot do better than 1032 to 1; the rest is room for small files.
const RATIO_CEILING: u64 = 1100;
const SMALL_FILE: u64 = 1 << 16;

/// Limits of one file. The default suits files that the user chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the values, as stored.
    pub max_value_bytes: u64,
    /// Number of header extensions.
    pub max_extensions: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_value_bytes: 64 << 30, max_extensions: 4096 }
    }
}

/// The most bytes that a gzip file of this length can hold.
pub(crate) fn most_inflated(stored: u64) -> u64 {
    stored.saturating_mul(RATIO_CEILING).saturating_add(SMALL_FILE)
}

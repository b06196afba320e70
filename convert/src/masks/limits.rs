//! What a file of masks may cost.

/// Limits of one file. The default suits files that the user chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the values of one array, unpacked. They are never in memory all at once.
    pub max_value_bytes: u64,
    /// Runs of all segments together; 16 bytes of memory each.
    pub max_runs: u64,
    /// Different labels of one array.
    pub max_labels: u64,
    /// Arrays of one file.
    pub max_arrays: u64,
    /// Bytes of text: a label table, the index of an archive, the names of a mask.
    pub max_text_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_value_bytes: 64 << 30,
            max_runs: 1 << 28,
            max_labels: 1 << 20,
            max_arrays: 100_000,
            max_text_bytes: 64 << 20,
        }
    }
}

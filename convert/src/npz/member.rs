//! One entry of the directory of an archive.

/// A member of an archive, as its directory describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name, mostly ending in `.npy`.
    pub name: String,
    /// Bytes in the archive.
    pub stored_bytes: u64,
    /// Bytes when inflated, as declared.
    pub bytes: u64,
    /// Whether it is deflated rather than stored.
    pub deflated: bool,
    /// Declared CRC-32 of the inflated bytes.
    pub crc32: u32,
    /// Position in the directory.
    pub(super) index: usize,
}

impl Member {
    /// The name under which `np.load` gives the array: without `.npy`.
    pub fn array_name(&self) -> &str {
        self.name.strip_suffix(".npy").unwrap_or(&self.name)
    }
}

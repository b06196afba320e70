//! How large segmentation objects may be.

/// The most bytes of a file, and of a deflated data set once inflated (4 GiB).
pub const FILE_BYTES_MAX: u64 = 4 << 30;
/// The most levels of sequences in sequences. Segmentations use four.
pub const DEPTH_MAX: u32 = 16;
/// The most frames.
pub const FRAMES_MAX: u64 = 1 << 20;
/// The most slices that the positions of frames may span.
pub const SLICES_MAX: u64 = 65_535;
/// The most runs of all segments (2^27: 2 GiB).
pub const RUNS_MAX: u64 = 1 << 27;

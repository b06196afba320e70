//! How large COCO files may be.

/// The most bytes of JSON (2 GiB). The largest public file of this form has 450 MB.
pub const JSON_BYTES_MAX: u64 = 2 << 30;
/// The most runs of one mask, and of all masks of one picture (2^26: 1 GiB). A few characters of a file can
/// stand for a stripe in every row of a picture.
pub const RUNS_MAX: u64 = 1 << 26;
/// The most points of a fifth of a pixel along the outlines of one annotation.
pub const POLYGON_STEPS_MAX: u64 = 1 << 26;

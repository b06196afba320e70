//! Volumes in two files: a header `.hdr` and the values in an `.img` beside it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::gzip::is_compressed_name;

/// The file with the header: the path itself, or for an `.img` the `.hdr` beside it.
pub(super) fn header_of(path: &Path) -> PathBuf {
    let (plain, compressed) = stem(path);
    if plain.extension() != Some(OsStr::new("img")) {
        return path.to_owned();
    }
    let names = candidates(&plain, "hdr", compressed);
    let found = names.iter().find(|path| path.exists());
    found.cloned().unwrap_or_else(|| path.to_owned())
}

/// The file with the values for a `.hdr` or `.img`, if there is one.
pub(super) fn image_of(path: &Path) -> Option<PathBuf> {
    let (plain, compressed) = stem(path);
    candidates(&plain, "img", compressed).into_iter().find(|path| path.exists())
}

/// The path without `.gz`, and whether it had it.
fn stem(path: &Path) -> (PathBuf, bool) {
    let compressed = is_compressed_name(path);
    (if compressed { path.with_extension("") } else { path.to_owned() }, compressed)
}

/// Both forms of a sibling; first the one that is compressed as the path is.
fn candidates(plain: &Path, extension: &str, compressed: bool) -> [PathBuf; 2] {
    let sibling = plain.with_extension(extension);
    let zipped = plain.with_extension(format!("{extension}.gz"));
    if compressed { [zipped, sibling] } else { [sibling, zipped] }
}

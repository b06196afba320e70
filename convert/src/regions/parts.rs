//! Databases in several files.

use std::path::{Path, PathBuf};

use crate::error::ConvertError;

/// The list that the builder leaves beside its parts: one file name a line.
const LIST: &str = "database_files.txt";
const PART_PREFIX: &str = "anatomical_database_part_";
/// Longest list that is read, in bytes.
const MAX_LIST: u64 = 1 << 22;
/// Longest line of a list, in bytes.
const MAX_NAME: usize = 1024;

/// The files of a source in order: those of a folder, those of a list, or the one file.
pub(super) fn resolve(path: &Path) -> Result<Vec<PathBuf>, ConvertError> {
    if path.is_dir() {
        let list = path.join(LIST);
        return if list.is_file() { from_list(&list) } else { from_folder(path) };
    }
    if looks_like_list(path)? { from_list(path) } else { Ok(vec![path.to_owned()]) }
}

fn in_file(path: &Path) -> impl Fn(std::io::Error) -> ConvertError + '_ {
    |error| ConvertError::from(error).in_file(path)
}

/// Short text whose first line names a file beside it.
fn looks_like_list(path: &Path) -> Result<bool, ConvertError> {
    let len = std::fs::metadata(path).map_err(in_file(path))?.len();
    if len > MAX_LIST {
        return Ok(false);
    }
    let bytes = std::fs::read(path).map_err(in_file(path))?;
    let Ok(text) = std::str::from_utf8(&bytes) else { return Ok(false) };
    let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    Ok(!first.is_empty() && first.len() <= MAX_NAME && beside(path, first).is_file())
}

/// A list names files beside it; absolute names are taken as they are.
fn beside(list: &Path, name: &str) -> PathBuf {
    list.parent().unwrap_or(Path::new(".")).join(name)
}

fn from_list(list: &Path) -> Result<Vec<PathBuf>, ConvertError> {
    let len = std::fs::metadata(list).map_err(in_file(list))?.len();
    if len > MAX_LIST {
        return Err(ConvertError::layout(list, format!("the list has more than {MAX_LIST} bytes")));
    }
    let text = std::fs::read_to_string(list).map_err(in_file(list))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let files: Vec<PathBuf> = lines.map(|line| beside(list, line)).collect();
    if let Some(missing) = files.iter().find(|file| !file.is_file()) {
        let name = missing.display();
        let what =
            format!("the list names {name}, which is not there; copy it here or strike it out");
        return Err(ConvertError::layout(list, what));
    }
    if files.is_empty() {
        return Err(ConvertError::layout(list, "the list names no file"));
    }
    Ok(files)
}

/// Parts by name, the archives if there are both: as the program's own merger does.
fn from_folder(folder: &Path) -> Result<Vec<PathBuf>, ConvertError> {
    let mut parts = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(in_file(folder))? {
        let path = entry.map_err(in_file(folder))?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if name.starts_with(PART_PREFIX) && path.is_file() {
            parts.push(path);
        }
    }
    let is = |path: &PathBuf, extension: &str| path.extension().is_some_and(|e| e == extension);
    let preferred = if parts.iter().any(|p| is(p, "npz")) { "npz" } else { "pkl" };
    parts.retain(|p| is(p, preferred));
    parts.sort();
    if parts.is_empty() {
        let what = format!("the folder has neither {LIST} nor {PART_PREFIX}*.npz or .pkl");
        return Err(ConvertError::layout(folder, what));
    }
    Ok(parts)
}

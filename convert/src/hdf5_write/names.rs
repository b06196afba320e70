//! Names and texts that every reader of the file understands.

use super::error::Hdf5WriteError;

/// Longest name of an object or attribute, in bytes; names stand in headers, which are small.
const MAX_NAME_BYTES: usize = 1024;

/// Checks a path such as `templates/a` and splits it into its group (empty for the root) and its
/// name.
pub(super) fn split(path: &str) -> Result<(&str, &str), Hdf5WriteError> {
    for part in path.split('/') {
        check_name(path, part)?;
        if matches!(part, "" | "." | "..") {
            let what = "not a path; write it as `group/name`, without a slash in front";
            return Err(Hdf5WriteError::refused(path, what));
        }
    }
    Ok(path.rsplit_once('/').unwrap_or(("", path)))
}

/// Checks the length and the characters of one name.
pub(super) fn check_name(object: &str, name: &str) -> Result<(), Hdf5WriteError> {
    if name.is_empty() {
        return Err(Hdf5WriteError::refused(object, "a name is empty; give one"));
    }
    if name.len() > MAX_NAME_BYTES {
        let what = format!("a name is over {MAX_NAME_BYTES} bytes long; choose a shorter one");
        return Err(Hdf5WriteError::refused(object, what));
    }
    check_text(object, name)
}

/// Refuses U+0000: readers take it for the end of the text and would lose the rest silently.
pub(super) fn check_text(object: &str, text: &str) -> Result<(), Hdf5WriteError> {
    if text.contains('\0') {
        let what = "a text has the character U+0000, at which readers stop; take it out";
        return Err(Hdf5WriteError::refused(object, what));
    }
    Ok(())
}

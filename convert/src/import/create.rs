//! Making or opening the container.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use vesalius::{Database, Definition};

use crate::error::ConvertError;

/// Opens the container; makes it when there is no such file. Also whether it was made.
///
/// A new one is made under another name and then given its own, so that a crash leaves either no file or a
/// container.
pub(crate) fn open_or_create(file: &Path) -> Result<(Database, bool), ConvertError> {
    let exists = file.try_exists().map_err(|error| ConvertError::from(error).in_file(file))?;
    if exists {
        return Ok((Database::open(file)?, false));
    }
    let beside = name_beside(file);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(ConvertError::from(error).in_file(&beside));
        }
        _ => {}
    }
    Database::create(&beside, Definition::new())?.close()?;
    let named = give_name(&beside, file);
    named.map_err(|error| ConvertError::from(error).in_file(file))?;
    Ok((Database::open(file)?, true))
}

fn name_beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(file.file_name().unwrap_or_default());
    name.push(".new");
    file.with_file_name(name)
}

/// Never takes the name of a file that somebody else made meanwhile, where the file system has links.
fn give_name(beside: &Path, file: &Path) -> std::io::Result<()> {
    match fs::hard_link(beside, file) {
        Ok(()) => fs::remove_file(beside)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
        Err(_) => fs::rename(beside, file)?,
    }
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    match fs::File::open(parent.unwrap_or(Path::new(".")))?.sync_all() {
        // Some network file systems know no sync of a directory.
        Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
        other => other,
    }
}

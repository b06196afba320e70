//! HDF5 files: the ConceptCLIP feature store, bags of patches, any one dataset.
//!
//! Rows travel in batches as the file's chunks give them. A batch is one transaction, and in it, for each
//! split, the cursor that counts the rows of that split that are in the container: their sum is the row at
//! which a later call goes on. Fields, prompt sets and metadata are part of the first transaction: what can
//! be wrong with them is found before gigabytes were copied, and no state that anybody sees lacks them.
//!
//! What was committed is read back through a handle of its own and compared by checksum with what was
//! decoded, so that no chunk is decoded twice.

pub(crate) mod about;
mod bags;
pub(in crate::import) mod check;
pub(crate) mod concept;
mod dataset;
mod fields;
pub(crate) mod keys;
mod listing;
mod prompts;
mod rows;
mod run;
mod salvage;
mod store;
pub(crate) mod time;

pub(super) use run::import;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::ConvertError;

const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";
/// Places where a file may begin, behind a block of its user.
const STARTS: [u64; 4] = [0, 512, 1024, 2048];

/// Whether it is an HDF5 file, or a folder of them.
pub(crate) fn recognise(source: &Path) -> Result<bool, ConvertError> {
    if source.is_dir() {
        return Ok(!bags::files(source)?.is_empty());
    }
    begins(source).map_err(|error| ConvertError::from(error).in_file(source))
}

fn begins(source: &Path) -> std::io::Result<bool> {
    let mut file = File::open(source)?;
    for start in STARTS {
        let mut head = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        file.by_ref().take(8).read_to_end(&mut head)?;
        if head == SIGNATURE {
            return Ok(true);
        }
    }
    Ok(false)
}

//! Writes the vectors of the format to `format-spec/vectors`.

use std::fs;
use std::io::Error;

use vesalius_tests::vectors::{all, folder};

fn main() -> Result<(), Error> {
    let vectors = all().map_err(Error::other)?;
    for part in ["valid", "invalid"] {
        let folder = folder().join(part);
        fs::create_dir_all(&folder)?;
        for old in fs::read_dir(&folder)? {
            fs::remove_file(old?.path())?;
        }
    }
    let mut bytes = 0;
    for vector in &vectors {
        let path = folder().join(&vector.name);
        fs::write(path.with_extension("vsl"), &vector.bytes)?;
        fs::write(path.with_extension("json"), &vector.json)?;
        bytes += vector.bytes.len();
    }
    println!("{} vectors, {} KiB", vectors.len(), bytes >> 10);
    Ok(())
}

//! The three media against one suite, and the locks of files across handles and processes.

mod fork;
mod locks;
mod mapped;
mod processes;
mod suite;
mod twin;

use tempfile::TempDir;

use super::sim::SimDisk;
use super::{FileStorage, MemoryStorage, Storage};

/// A medium and the way to get another handle of it.
struct Medium {
    name: &'static str,
    storage: Box<dyn Storage>,
    again: Box<dyn Fn() -> Box<dyn Storage>>,
}

/// One empty medium of each kind; the file lies in `dir`.
fn media(dir: &TempDir) -> Vec<Medium> {
    let path = dir.path().join("medium");
    let (memory, disk) = (MemoryStorage::new(), SimDisk::new());
    vec![
        Medium {
            name: "file",
            storage: Box::new(FileStorage::create(&path).unwrap()),
            again: Box::new(move || Box::new(FileStorage::open(&path).unwrap())),
        },
        Medium {
            name: "memory",
            storage: Box::new(memory.clone()),
            again: Box::new(move || Box::new(memory.clone())),
        },
        Medium {
            name: "sim",
            storage: Box::new(disk.clone()),
            again: Box::new(move || Box::new(disk.clone())),
        },
    ]
}

//! Array files on their way into a command.

use std::path::{Path, PathBuf};

use vesalius_convert::npy::NpyFile;

use crate::{Failure, Result};

/// Most values that are read: all regions of the largest field, long before memory ends.
const VALUES_MAX: u64 = 1 << 28;

/// An array in memory, f32.
pub(super) struct Array {
    path: PathBuf,
    /// Its shape.
    pub(super) shape: Vec<u64>,
    /// Its values, C order.
    pub(super) values: Vec<f32>,
}

impl Array {
    /// Reads an `.npy` file of numbers.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let failed = || Failure::array(path);
        let array = NpyFile::open(path).map_err(failed())?;
        let elements = array.header().elements;
        if elements > VALUES_MAX {
            return Err(Failure::Message(format!(
                "{}: {elements} values are too many",
                path.display()
            )));
        }
        let rows = usize::try_from(array.rows()).unwrap_or(usize::MAX);
        let mut values = Vec::new();
        array.read_rows_f32(0, rows, &mut values).map_err(failed())?;
        Ok(Self { path: path.to_owned(), shape: array.shape().to_vec(), values })
    }

    /// The one feature of an array `[D]` or `[1, D]`.
    pub(super) fn feature(self) -> Result<Vec<f32>> {
        match *self.shape {
            [_] | [1, _] => Ok(self.values),
            _ => Err(self.wrong("[D]")),
        }
    }

    /// That the array has another shape than it needs.
    pub(super) fn wrong(&self, needed: &str) -> Failure {
        let (path, shape) = (self.path.display(), &self.shape);
        Failure::Message(format!("{path}: has shape {shape:?}, shape {needed} is needed"))
    }
}

//! Variable-length strings: references into global heap collections.

use std::collections::VecDeque;
use std::sync::Arc;

use hdf5_reader::error::{Error, Result};
use hdf5_reader::global_heap::GlobalHeapCollection;
use hdf5_reader::io::Cursor;
use hdf5_reader::superblock::Superblock;
use hdf5_reader::{Hdf5File, storage::Storage};

use super::limits::{MAX_HEAP_BYTES, MAX_HEAP_PARSED};

/// Collections kept; a column of strings refers to them in order.
const KEPT: usize = 4;

/// A reader of references that remembers the last few collections.
#[derive(Default)]
pub(super) struct Heap {
    parsed: usize,
    kept: VecDeque<(u64, usize, Arc<GlobalHeapCollection>)>,
}

impl Heap {
    /// The bytes that `reference` (length, address, index) refers to; empty for a null reference.
    pub(super) fn bytes(&mut self, file: &Hdf5File, reference: &[u8]) -> Result<Vec<u8>> {
        let superblock = file.superblock();
        let mut cursor = Cursor::new(reference);
        let length = usize::try_from(cursor.read_u32_le()?).unwrap_or(usize::MAX);
        let address = cursor.read_offset(superblock.offset_size)?;
        let index = cursor.read_u32_le()?;
        if Cursor::is_undefined_offset(address, superblock.offset_size) || index == 0 {
            return Ok(Vec::new());
        }
        let lost = || Error::InvalidData(format!("string {index} of heap {address:#x} is missing"));
        let index = u16::try_from(index).map_err(|_| lost())?;
        let collection = self.collection(file.storage(), superblock, address)?;
        let object = collection.get_object(index).ok_or_else(lost)?;
        Ok(object.data.get(..length.min(object.data.len())).unwrap_or_default().to_vec())
    }

    fn collection(
        &mut self,
        storage: &dyn Storage,
        superblock: &Superblock,
        address: u64,
    ) -> Result<Arc<GlobalHeapCollection>> {
        if let Some((_, _, found)) = self.kept.iter().find(|(at, _, _)| *at == address) {
            return Ok(found.clone());
        }
        let size = declared_size(storage, superblock, address)?;
        if size > MAX_HEAP_BYTES {
            return Err(Error::ResourceLimit(format!("a heap of {size} bytes is too large")));
        }
        // References that jump about would parse large collections again and again.
        self.parsed = self.parsed.saturating_add(size);
        if self.parsed > MAX_HEAP_PARSED {
            return Err(Error::ResourceLimit("its texts are scattered over too many heaps".into()));
        }
        while self.kept.len() >= KEPT
            || self.kept.iter().map(|k| k.1).sum::<usize>() > MAX_HEAP_BYTES
        {
            self.kept.pop_front();
        }
        let found = Arc::new(GlobalHeapCollection::parse_at_storage(
            storage,
            address,
            superblock.offset_size,
            superblock.length_size,
        )?);
        self.kept.push_back((address, size, found.clone()));
        Ok(found)
    }
}

/// The size that the collection at `address` declares, read before it is parsed.
fn declared_size(storage: &dyn Storage, superblock: &Superblock, address: u64) -> Result<usize> {
    let head = storage.read_range(address, 8 + usize::from(superblock.length_size))?;
    let mut cursor = Cursor::new(&head);
    cursor.skip(8)?;
    let size = cursor.read_length(superblock.length_size)?;
    Ok(usize::try_from(size).unwrap_or(usize::MAX))
}

//! Where the values of a dataset lie: in its header, in one piece, or in chunks.

use hdf5_reader::messages::HdfMessage;
use hdf5_reader::messages::layout::{ChunkIndexing, DataLayout};
use hdf5_reader::object_header::ObjectHeader;

use super::error::H5ErrorKind;
use super::limits;

/// The place of the values.
#[derive(Clone)]
pub(super) enum Layout {
    Compact(Vec<u8>),
    /// One piece of `size` bytes at `address`; nothing was ever written where `size` is 0.
    Contiguous {
        address: u64,
        size: u64,
    },
    Chunked(Grid),
}

/// The chunks of a dataset.
#[derive(Clone)]
pub(super) struct Grid {
    /// Where the index lies.
    pub(super) address: u64,
    /// The shape of a chunk, checked: no zero, the rank of the dataset.
    pub(super) dims: Vec<u64>,
    /// The same, as the index walkers take them.
    pub(super) dims32: Vec<u32>,
    /// None for the B-tree of old files.
    pub(super) indexing: Option<ChunkIndexing>,
    /// Bytes of a decoded chunk.
    pub(super) bytes: usize,
}

impl Layout {
    pub(super) fn of(
        header: &ObjectHeader,
        rank: usize,
        size: usize,
    ) -> Result<Self, (H5ErrorKind, String)> {
        let mut layout = None;
        for message in &header.messages {
            match message {
                HdfMessage::DataLayout(found) => layout = Some(&found.layout),
                HdfMessage::ExternalFiles(_) => {
                    let what = "its values are kept in another file";
                    return Err((H5ErrorKind::Unsupported, what.into()));
                }
                _ => {}
            }
        }
        match layout {
            None => Err((H5ErrorKind::Damaged, "it does not say where its values are".into())),
            Some(DataLayout::Compact { data }) => Ok(Self::Compact(data.clone())),
            Some(DataLayout::Contiguous { address, size }) => {
                Ok(Self::Contiguous { address: *address, size: *size })
            }
            Some(DataLayout::Chunked { address, dims, chunk_indexing, .. }) => {
                Grid::new(*address, dims, chunk_indexing.clone(), rank, size).map(Self::Chunked)
            }
        }
    }
}

impl Grid {
    fn new(
        address: u64,
        dims: &[u32],
        indexing: Option<ChunkIndexing>,
        rank: usize,
        size: usize,
    ) -> Result<Self, (H5ErrorKind, String)> {
        // Old layouts end with the element size as one more dimension.
        let dims32 = dims.get(..rank).filter(|_| dims.len() <= rank + 1).unwrap_or_default();
        if rank == 0 || dims32.len() != rank || dims32.contains(&0) {
            return Err((H5ErrorKind::Damaged, "the shape of its chunks is impossible".into()));
        }
        let bytes = dims32.iter().try_fold(size, |n, d| n.checked_mul(usize::try_from(*d).ok()?));
        let bytes = bytes.filter(|n| *n <= limits::MAX_CHUNK_BYTES).ok_or_else(|| {
            let what = format!("a chunk is larger than {} bytes", limits::MAX_CHUNK_BYTES);
            (H5ErrorKind::Limit, what)
        })?;
        Ok(Self {
            address,
            dims: dims32.iter().map(|d| u64::from(*d)).collect(),
            dims32: dims32.to_vec(),
            indexing,
            bytes,
        })
    }
}

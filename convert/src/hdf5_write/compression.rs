//! Whether chunks are compressed.

use rust_hdf5::format::messages::filter::apply_filters;
use rust_hdf5::{Filter, FilterPipeline};

/// The registered number of LZF, and the two versions that h5py's own filter writes beside it.
/// Source: the filter as shipped with h5py, `lzf_filter.h`.
const LZF: u16 = 32000;
const LZF_FILTER_VERSION: u32 = 4;
const LZF_LIBRARY_VERSION: u32 = 0x0105;
/// Optional: a chunk for which the filter was left out is not an error.
const OPTIONAL: u16 = 1;
/// Bit of the mask of a chunk to which the first filter was not applied.
const LEFT_OUT: u32 = 1;

/// Places of a chunk that are tried before all of it, and the bytes of each.
const PROBES: usize = 4;
const PROBE_BYTES: usize = 8 << 10;

/// How the chunks of a dataset are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Compression {
    /// As they are. Every reader of HDF5 can read them.
    None,
    /// LZF, as the original programs do. Only h5py and readers with that filter can read them.
    /// Chunks that a few samples show not to shrink, as those of features hardly ever do, are
    /// stored as they are, at the cost of [`Compression::None`].
    #[default]
    Lzf,
}

impl Compression {
    /// The filters of a dataset with chunks of `chunk_bytes`.
    pub(super) fn pipeline(self, chunk_bytes: u32) -> Option<FilterPipeline> {
        let cd_values = vec![LZF_FILTER_VERSION, LZF_LIBRARY_VERSION, chunk_bytes];
        match self {
            Self::None => None,
            Self::Lzf => {
                let filters = vec![Filter { id: LZF, flags: OPTIONAL, cd_values }];
                Some(FilterPipeline { filters })
            }
        }
    }
}

/// A chunk as it is stored.
pub(super) enum Stored {
    /// Compressed; to be written with mask 0.
    Shrunk(Vec<u8>),
    /// Not worth it; the chunk itself is to be written with this mask.
    AsIs(u32),
}

/// Compresses a chunk, if that makes it smaller.
pub(super) fn shrink(pipeline: &FilterPipeline, chunk: &[u8]) -> rust_hdf5::Result<Stored> {
    if !worth_trying(pipeline, chunk)? {
        return Ok(Stored::AsIs(LEFT_OUT));
    }
    let shrunk = apply_filters(pipeline, chunk)?;
    if shrunk.len() < chunk.len() { Ok(Stored::Shrunk(shrunk)) } else { Ok(Stored::AsIs(LEFT_OUT)) }
}

/// Whether any of the samples shrinks. LZF takes four times as long as writing, in vain for most
/// features.
fn worth_trying(pipeline: &FilterPipeline, chunk: &[u8]) -> rust_hdf5::Result<bool> {
    if chunk.len() <= PROBES * PROBE_BYTES {
        return Ok(true);
    }
    for part in chunk.chunks(chunk.len().div_ceil(PROBES)) {
        let sample = part.get(..PROBE_BYTES).unwrap_or(part);
        if apply_filters(pipeline, sample)?.len() < sample.len() {
            return Ok(true);
        }
    }
    Ok(false)
}

//! Writing pickles, a value at a time, for programs that expect the original file.
//!
//! Protocol 4, which Python 3.4 and later read, in frames. Arrays name their constructor
//! `numpy.core.multiarray._reconstruct`: `NumPy` 1 defines it there, and `NumPy` 2 keeps that name alive
//! without a warning so that old pickles load. Nothing is kept but a bounded memo of repeated names.

mod array;
mod error;
mod frame;
mod memo;
mod opcode;
mod regions;
#[cfg(test)]
mod tests;
mod writer;

pub use array::ArrayElement;
pub use error::PickleWriteError;
pub use regions::{
    Attribute, Feature, REGION_ARRAY, RegionFeature, RegionImage, RegionPickle, write_region_npz,
    write_region_pickle,
};
pub use writer::PickleWriter;

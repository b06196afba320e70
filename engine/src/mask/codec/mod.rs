//! The block: one mask as bytes, alone decodable, down to slabs of 16 slices.
//!
//! [`Profile::Small`]: rows are predicted from the row above and the slice before; what the prediction leaves is coded
//! with static tables. [`Profile::Fast`]: plain rows, a byte a run where they are as the row above. Masks that are
//! nearly noise are bits or LZ4.
//! A block has no checksum of its own, the extent that it lies in has. The box of the mask is kept beside it.

mod block;
mod candidates;
mod context;
mod decoder;
mod encoder;
mod error;
mod exchange;
mod model;
mod plain;
mod plain_read;
mod plain_write;
mod raw;
mod raw_read;
mod read;
mod sink;
mod slice;
mod source;
mod strip;
mod tables;
pub mod training;
mod write;

#[cfg(test)]
mod plain_tests;
#[cfg(test)]
mod tests;

pub use block::SLAB_SLICES;
pub use decoder::Decoder;
pub use encoder::encode;
pub use error::{CodecError, Flaw};

/// What a block is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// The smallest blocks.
    #[default]
    Small,
    /// Blocks three to four times as large that decode in a sixth of the time.
    Fast,
}

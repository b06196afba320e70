//! Readers and writers of the files that people have before they have a `.vsl`.
//!
//! [`import::import`] brings a file into a container, [`export::export`] writes one back for the programs
//! that read the original. Below them, and useful alone: [`npy`] and [`npz`] arrays, [`pickle`] as data,
//! [`pickle_write`], and [`regions`], the region databases of other programs as a stream of images.

pub mod error;
pub mod export;
pub mod heat;
pub mod import;
pub mod nifti;
pub mod npy;
pub mod npz;
pub mod pickle;
pub mod pickle_write;
pub mod picture;
pub mod regions;

pub use error::ConvertError;

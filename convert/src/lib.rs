//! Readers and writers of the files that people have before they have a `.vsl`.
//!
//! [`import::import`] brings a file into a container, [`export::export`] writes one back for the programs
//! that read the original, [`add::add`] puts vectors into one. Below them, and useful alone: [`npy`] and [`npz`]
//! arrays, [`pickle`] as data, [`pickle_write`], [`faiss`] indexes, [`hdf5`] and [`hdf5_write`], and [`regions`], the
//! region databases of other programs as a stream of images. [`validate::validate`] says what is in a feature store
//! or a container, and what is wrong.

pub mod add;
pub mod error;
pub mod export;
pub mod faiss;
pub mod hdf5;
pub mod hdf5_write;
pub mod heat;
pub mod import;
pub mod masks;
pub mod nifti;
pub mod npy;
pub mod npz;
mod part;
pub mod pickle;
pub mod pickle_write;
pub mod picture;
pub mod regions;
mod table;
pub mod validate;

pub use error::ConvertError;

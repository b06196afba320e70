//! One file for the features and masks of medical images.
#![cfg(target_endian = "little")]

pub mod container;
pub mod error;
pub mod format;
pub mod search;
pub mod storage;

pub use error::{Error, Result};

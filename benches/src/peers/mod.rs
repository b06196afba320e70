//! What we are measured against.

pub(crate) mod fma_peak;
pub(crate) mod plain_file;
pub(crate) mod plain_read;
pub(crate) mod python;
pub(crate) mod sqlite;

//! Tests across rooms: crash, faults, hostile files, other processes, tidiness, vectors of the format.

pub mod crash;
pub mod differential;
pub mod faults;
pub mod index_sample;
pub mod indexes;
pub mod json;
pub mod mask_files;
pub mod model;
pub mod reference;
pub mod reseal;
pub mod training;
pub mod vectors;
pub mod volumes;
pub mod workload;
pub mod workload_indexes;
pub mod workload_masks;

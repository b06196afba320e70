//! Tests across rooms: crash, faults, hostile files, other processes, tidiness.

pub mod model;
pub mod workload;

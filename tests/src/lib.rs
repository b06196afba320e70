//! Tests across rooms: crash, faults, hostile files, other processes, tidiness.

pub mod crash;
pub mod faults;
pub mod model;
pub mod reseal;
pub mod workload;

#![allow(clippy::arithmetic_side_effects, reason = "a test may fail by overflow")]

mod bounds;
mod data;
mod dump;
mod protocols;
mod reuse;

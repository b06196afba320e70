//! The `vesalius` command.
fn main() {}

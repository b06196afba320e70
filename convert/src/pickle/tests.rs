mod bounds;
mod data;
mod dump;
mod protocols;
mod reuse;

//! Placeholder of the room until its first inhabitant moves in.

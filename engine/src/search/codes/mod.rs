//! Codes: rows in eight bits an element, with what is needed to bound every score from them.
//!
//! A row group's rows are moved by a centre `c` and turned: `y = R (x - c)`, `P` elements
//! ([`Rotation`]). With `a = max |y_i|` and the step `s = a / 128` an element becomes the byte `u_i
//! = floor(y_i / s + 128)`, which stands for `s (u_i - 127.5)`; its high six bits `m_i` alone stand
//! for `4 s (m_i - 31.5)`, its high four `h_i` for `16 s (h_i - 7.5)`. The high four bits of all
//! elements, the two below them and the lowest two lie apart, in planes of `P / 2` and twice `P /
//! 4` bytes a row. In each stretch of 128 elements byte `j` of the first has element `j` in its low
//! four bits, and element `64 + j` in its high four; byte `j` of the others has elements `j`, `32 +
//! j`, `64 + j` and `96 + j`, two bits each from the lowest up. So four bits, a quarter of f16
//! rows, or six can be read alone.
//!
//! Beside them stand bounds of what the codes leave out, row by row ([`CodesView`]). [`Bound`]
//! makes of an integer product of query and codes an interval in which the canonical score lies,
//! for certain: its proof is in `bound.rs`. `cascade` searches with it: four bits, then six, then
//! eight, then the row itself. What it finds is what a plain scan finds.

mod audit;
mod bound;
pub(crate) mod cascade;
mod encode;
mod query;
mod source;
pub mod stored;
#[cfg(test)]
mod tests;
mod turn;
mod view;

use super::rotation::Rotation;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use bound::{Bound, Interval, Side};
pub use encode::{Encoder, centre, encode};
pub use query::{Along, CodedQuery, Planes, TurnedQuery};
pub use source::CodeSource;
pub use view::{Codes, CodesView, ROW_FACTS};

/// The seed of the rotation of all codes, part of the format. It stands for how codes are made and
/// lie as well: those of another seed are passed over.
pub const SEED: u64 = 0x0176_6573_616c_6975;

/// Lengths and elements beyond this are not for codes: the sums of scores and bounds might overflow.
pub const LENGTH_MAX: f32 = (1_u64 << 60) as f32;

/// Rotations that are kept.
const KEPT: usize = 64;

/// The rotation of the codes of `dim` elements. Made once a process, for the first few dimensions asked for.
pub fn rotation(dim: usize) -> Arc<Rotation> {
    static MADE: Mutex<BTreeMap<usize, Arc<Rotation>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock();
    if let Some(rotation) = made.get(&dim) {
        return Arc::clone(rotation);
    }
    let rotation = Arc::new(Rotation::new(dim, SEED));
    if made.len() < KEPT {
        made.insert(dim, Arc::clone(&rotation));
    }
    rotation
}

/// The least f32 that is no less than a number of no sign.
#[expect(clippy::cast_possible_truncation, reason = "rounded outward in the next line")]
fn up(value: f64) -> f32 {
    let near = value as f32;
    if f64::from(near) < value { near.next_up() } else { near }
}

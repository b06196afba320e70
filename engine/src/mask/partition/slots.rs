//! Which adaptive chance a decision uses, and how chances move.

/// Decisions "not as the left neighbour" with a slice before, by 14 edges.
pub(super) const SPACE: usize = 0;
/// The same in the first slice of a slab, by 8 edges.
pub(super) const PLANE: usize = SPACE + (1 << 14);
/// "Not the first candidate", by how five neighbours compare: 3^5.
pub(super) const FIRST_OF_SPACE: usize = PLANE + (1 << 8);
/// The same in the first slice of a slab: 3^2.
pub(super) const FIRST_OF_PLANE: usize = FIRST_OF_SPACE + 243;
/// "Not this further candidate": 16 for each of the two kinds of slices.
pub(super) const FURTHER: usize = FIRST_OF_PLANE + 9;
/// Trees of 16 leaves for the place in the list of likely labels: four of them.
pub(super) const PLACE: usize = FURTHER + 32;
/// Trees of 32 leaves for the lengths of numbers of quiet voxels: two of them.
pub(super) const GAP: usize = PLACE + 64;
/// "This slice is the one before."
pub(super) const SAME: usize = GAP + 64;
/// Number of chances.
pub(super) const COUNT: usize = SAME + 1;

/// How fast a chance moves: by a 32nd of the way.
const RATE: u32 = 5;
/// Bits of a chance that the coder sees.
pub(super) const CHANCE_BITS: u32 = 12;

/// All chances that a decision is "yes", in 65,536ths.
#[derive(Clone)]
pub(super) struct Chances(Box<[u16; COUNT]>);

impl Chances {
    /// The chances that a slab begins with.
    pub(super) fn new(start: &[u16; COUNT]) -> Self {
        Self(Box::new(*start))
    }

    /// The chance of a slot in 4,096ths, 1 to 4,095, which then moves towards the outcome that `decide` tells.
    #[inline(always)]
    pub(super) fn decide(&mut self, slot: usize, decide: impl FnOnce(u32) -> bool) -> bool {
        let Some(chance) = self.0.get_mut(slot) else { return false };
        let old = *chance;
        let yes = decide(u32::from(old >> (16 - CHANCE_BITS)).max(1));
        *chance = if yes { old + ((u16::MAX - old) >> RATE) } else { old - (old >> RATE) };
        yes
    }
}

//! Rounds of a [rotation](crate::search::rotation): the same bits as its definition, in wide registers.
//!
//! Sums and differences of two elements are single operations; which register they lie in changes nothing.

#[cfg(target_arch = "x86_64")]
mod avx512;

use super::{Kernel, Tier};

/// Elements of a block that is transformed by itself.
const BLOCK: usize = 128;
/// Elements that change places together.
const GROUP: usize = 16;

impl Kernel {
    /// A round from `from` to `to`, each group to its place; or in place, where `to` is none. False where this machine
    /// has no kernel: then nothing was done.
    #[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
    pub(crate) fn turn_round(self, from: &mut [f32], factors: &[f32], to: Option<(&mut [f32], &[usize])>) -> bool {
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => {
                // SAFETY: a kernel of this tier exists only where avx512f, avx512bw and avx512vl were found.
                unsafe { avx512::round(from, factors, to) }
                true
            }
            _ => false,
        }
    }
}

//! Which instructions multiply codes.

use super::super::{Kernel, Tier};

/// The instructions that a tier of kernels has for codes on this machine. Values come from
/// [`Isa::of`] and [`Isa::available`] alone: what a value names is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Isa {
    /// AVX-512 with VNNI.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    /// AVX-512 without.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// NEON.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// Plain Rust.
    Portable,
}

impl Isa {
    /// The best for a tier.
    pub(super) fn of(kernel: Kernel) -> Self {
        match kernel.tier() {
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 if is_x86_feature_detected!("avx512vnni") => Self::Avx512Vnni,
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => Self::Avx512,
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => Self::Avx2,
            #[cfg(target_arch = "aarch64")]
            Tier::Neon => Self::Neon,
            _ => Self::Portable,
        }
    }

    /// All that this machine has.
    #[cfg(test)]
    pub(super) fn available() -> Vec<Self> {
        let tiers = Tier::available().into_iter();
        let mut all: Vec<Self> = tiers.filter_map(Kernel::with_tier).map(Self::of).collect();
        #[cfg(target_arch = "x86_64")]
        if all.contains(&Self::Avx512Vnni) {
            all.push(Self::Avx512);
        }
        all
    }

    /// Elements of a word.
    pub(super) fn elements(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => 4,
            Self::Portable => 4,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 | Self::Avx2 => 2,
            #[cfg(target_arch = "aarch64")]
            Self::Neon => 2,
        }
    }
}

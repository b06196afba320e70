//! Similarity kernels: exact sums over the rows of a matrix, at the speed of memory.
//!
//! # The canonical arithmetic
//!
//! This is the definition of every sum; whatever the machine, the results are these bits.
//!
//! 1. f16 elements are converted to f32 (exact: every f16 is an f32).
//! 2. Both vectors are extended with `+0.0` to a multiple of 64 elements.
//! 3. There are 64 lanes, f32, all `+0.0`. Element `i` goes to lane `l = i % 64`, in order of
//!    increasing `i`, with one fused multiply-add (one rounding, to nearest even):
//!    - dot product: `acc[l] = fma(q, x, acc[l])`
//!    - squared norm of the row: `acc[l] = fma(x, x, acc[l])`
//!    - squared l2 distance: `d = q - x` (rounded), then `acc[l] = fma(d, d, acc[l])`
//! 4. The lanes are summed in a fixed tree: for `w` in 32, 16, 8, 4, 2, 1: for `j < w`:
//!    `acc[j] += acc[j + w]`. The sum is `acc[0]`.
//!
//! Denormals are kept, overflow gives an infinity, and the floating-point environment is the
//! default one, as the language assumes anyway. A sum that is NaN is NaN on every machine; the
//! sign and payload of a NaN are the one thing left open.
//!
//! # Why every tier obeys it
//!
//! Steps 1 to 3 do each lane by itself, and a lane does not care how many neighbours share its
//! register, nor whether the other lanes were done in an earlier pass over the row: any
//! partition of the lanes gives the same bits. Multiplication, addition and fma of one rounding
//! are fully specified by IEEE 754, and swapping the operands of `+` or `*` changes nothing but
//! the payload of a NaN. The tail is not a special case: step 2 *defines* it as padding, and
//! `fma(0, 0, acc)` is applied as written (it turns a lane of `-0.0` into `+0.0`, everywhere).
//! The tree of step 4 adds halves of the lane array, which are whole registers until one
//! register is left.
//!
//! `scan.rs` holds the loop, once for all tiers; `portable.rs` is the definition in its scalar
//! form; the other tiers replace its operations by instructions. `products/` does the same for
//! many queries at once.
//!
//! Error against exact arithmetic, short of overflow and underflow: to first order at most
//! `(ceil(D / 64) + 6) * 2^-24` of `sum |q * x|`, and for the squared distance
//! `(ceil(D / 64) + 8) * 2^-24` of the sum (Higham, Accuracy and Stability of Numerical
//! Algorithms, chapter 3).

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(crate) mod bits;
mod lanes;
mod matrix;
#[cfg(target_arch = "aarch64")]
mod neon;
pub(crate) mod nibbles;
mod portable;
mod products;
mod scan;
#[cfg(test)]
mod tests;
mod tier;
pub mod tiles;
mod turn;

pub use matrix::{Matrix, Row, Rows, ShapeMismatch};
pub use products::{QueryBlock, Scratch};
pub use tier::{Tier, UnknownTier};

use lanes::Element;
use matrix::Strided;
use scan::{Dot, DotNorm, Quantity, SquaredL2};

/// The kernels of one tier. Small and free to copy.
///
/// Each function costs one pass over the rows and allocates nothing. On an error nothing is
/// written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// Invariant: `tier.is_available()`. The dispatch rests on it.
    tier: Tier,
}

impl Kernel {
    /// The fastest kernels of this machine.
    pub fn best() -> Self {
        Self { tier: Tier::best() }
    }

    /// The kernels of one tier; `None` where the machine lacks its instructions.
    pub fn with_tier(tier: Tier) -> Option<Self> {
        tier.is_available().then_some(Self { tier })
    }

    /// The tier in use.
    pub fn tier(self) -> Tier {
        self.tier
    }

    /// Dot product of the query `[D]` with each row of `[N, D]`, into `out` `[N]`.
    pub fn dot_rows(
        self,
        query: &[f32],
        matrix: Matrix<'_>,
        out: &mut [f32],
    ) -> Result<(), ShapeMismatch> {
        self.run(Dot, query, matrix, [out])
    }

    /// Dot product and squared norm of each row in one pass, into `dots` and `norms_sq`, both
    /// `[N]`.
    pub fn dot_norm_rows(
        self,
        query: &[f32],
        matrix: Matrix<'_>,
        dots: &mut [f32],
        norms_sq: &mut [f32],
    ) -> Result<(), ShapeMismatch> {
        self.run(DotNorm, query, matrix, [dots, norms_sq])
    }

    /// Squared l2 distance of the query `[D]` to each row of `[N, D]`, into `out` `[N]`.
    pub fn squared_l2_rows(
        self,
        query: &[f32],
        matrix: Matrix<'_>,
        out: &mut [f32],
    ) -> Result<(), ShapeMismatch> {
        self.run(SquaredL2, query, matrix, [out])
    }

    /// Dot product of the query with one row of the same length.
    pub fn dot(self, query: &[f32], row: Row<'_>) -> Result<f32, ShapeMismatch> {
        let [dot] = self.run_one(Dot, query, row)?;
        Ok(dot)
    }

    /// Dot product with one row of the same length, and the squared norm of that row.
    pub fn dot_norm(self, query: &[f32], row: Row<'_>) -> Result<(f32, f32), ShapeMismatch> {
        let [dot, norm_sq] = self.run_one(DotNorm, query, row)?;
        Ok((dot, norm_sq))
    }

    /// Squared l2 distance of the query to one row of the same length.
    pub fn squared_l2(self, query: &[f32], row: Row<'_>) -> Result<f32, ShapeMismatch> {
        let [sum] = self.run_one(SquaredL2, query, row)?;
        Ok(sum)
    }

    fn run_one<Q: Quantity<N>, const N: usize>(
        self,
        quantity: Q,
        query: &[f32],
        row: Row<'_>,
    ) -> Result<[f32; N], ShapeMismatch> {
        let mut sums = [[0.0f32]; N];
        let outs = sums.each_mut().map(<[f32; 1]>::as_mut_slice);
        self.run(quantity, query, Matrix::from_row(row), outs)?;
        Ok(sums.map(|[sum]| sum))
    }

    fn run<Q: Quantity<N>, const N: usize>(
        self,
        quantity: Q,
        query: &[f32],
        matrix: Matrix<'_>,
        outs: [&mut [f32]; N],
    ) -> Result<(), ShapeMismatch> {
        for out in &outs {
            matrix.check(query.len(), out.len())?;
        }
        match matrix.rows() {
            Rows::F32(data) => self.scan(quantity, query, &matrix.strided(data), outs),
            Rows::F16(data) => self.scan(quantity, query, &matrix.strided(data), outs),
        }
        Ok(())
    }

    #[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
    fn scan<Q: Quantity<N>, E: Element, const N: usize>(
        self,
        quantity: Q,
        query: &[f32],
        rows: &Strided<'_, E>,
        outs: [&mut [f32]; N],
    ) {
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => {
                // SAFETY: a kernel of this tier exists only where `Tier::is_available` has
                // found avx512f, avx512bw and avx512vl, the features that the function enables.
                unsafe { avx512::scan(quantity, query, rows, outs) }
            }
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => {
                // SAFETY: a kernel of this tier exists only where `Tier::is_available` has
                // found avx2, fma and f16c, the features that the function enables.
                unsafe { avx2::scan(quantity, query, rows, outs) }
            }
            #[cfg(target_arch = "aarch64")]
            Tier::Neon => {
                // SAFETY: a kernel of this tier exists only where `Tier::is_available` has
                // found neon, the one feature that the function enables.
                unsafe { neon::scan(quantity, query, rows, outs) }
            }
            _ => scan::scan(portable::Portable, quantity, query, rows, outs),
        }
    }
}

impl Default for Kernel {
    fn default() -> Self {
        Self::best()
    }
}

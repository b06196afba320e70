//! Integer products of many rows of codes with many queries of codes, at the speed of arithmetic.
//!
//! A row is `P` bytes `u`, 0 to 255, read as `u - 128`; a query is `P` bytes `w`, -128 to 127; `P`
//! is a multiple of 128 up to 65,536. The product is `sum w (u - 128)`, within `2^30`: exact in 32
//! bits, so that every machine gives the same.
//!
//! # Layout
//!
//! Both are cut into *words* of 32 bits, what an instruction multiplies and adds at once: four
//! bytes where the processor multiplies unsigned by signed bytes into 32 bits (VNNI), else two
//! 16-bit integers, as products of bytes summed in 16 bits would saturate. Queries stand in
//! *panels* of 64, word by word: the first word of all 64, then the second. Rows stand one after
//! another; a word of a row is copied to all lanes and meets the same word of all queries of the
//! panel.
//!
//! # Blocks
//!
//! A block of rows ([`CodeRows`]) is unpacked once and meets panel after panel out of the
//! second-level cache. The 24 registers of sums of 6 rows and 64 queries stay in the processor for
//! the whole length of the vectors.
//!
//! The sums begin at `-128 sum w` of the query, which turns `sum w u` into the product.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod isa;
#[cfg(target_arch = "aarch64")]
mod neon;
mod panels;
mod portable;
mod rows;
mod screen;
#[cfg(test)]
mod tests;
mod tile;
mod unpack;

pub use panels::{CodePanels, PanelMut};
pub use rows::CodeRows;
pub use screen::{Hit, QueryBounds, RowBound};

use isa::Isa;

/// Queries of a panel.
pub const PANEL: usize = 64;
/// Codes have a multiple of so many elements.
pub const CODES: usize = 128;
/// Most elements of codes: their products fit in 32 bits.
pub const CODES_MAX: usize = 65_536;

/// The sums of one row with the queries of a panel.
pub type Sums = [i32; PANEL];

impl CodeRows {
    /// The products of the rows with the queries of a panel, into `sums`: one a row, of which there
    /// must be as many.
    ///
    /// `2 * 64 * P` operations a row. False, and nothing is written, where shapes do not agree or
    /// there is no such panel.
    #[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
    pub fn products(&self, panels: &CodePanels, panel: usize, sums: &mut [Sums]) -> bool {
        let same = self.isa() == panels.isa() && self.padded() == panels.padded();
        let Some((words, start)) = panels.panel(panel).filter(|_| same) else { return false };
        if sums.len() != self.count() {
            return false;
        }
        let job = tile::Job { rows: self.words(), panel: words, start, sums };
        match self.isa() {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512Vnni => {
                // SAFETY: rows of this instruction set exist only where `Isa::of` has found AVX-512
                // F, BW, VL and VNNI.
                unsafe { avx512::multiply_vnni(job) }
            }
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => {
                // SAFETY: rows of this instruction set exist only where `Isa::of` has found AVX-512
                // F, BW and VL.
                unsafe { avx512::multiply(job) }
            }
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => {
                // SAFETY: rows of this instruction set exist only where `Isa::of` has found AVX2.
                unsafe { avx2::multiply(job) }
            }
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => {
                // SAFETY: rows of this instruction set exist only where `Isa::of` has found NEON.
                unsafe { neon::multiply(job) }
            }
            _ => portable::multiply(job),
        }
        true
    }

    /// Adds to `hits` the rows of which pairs with the queries of a panel may reach far enough; see
    /// [`QueryBounds`]. `bounds` and `sums` are those of the rows, one each.
    pub fn screen(
        &self,
        queries: &QueryBounds,
        bounds: &[RowBound],
        sums: &[Sums],
        hits: &mut Vec<Hit>,
    ) {
        screen::screen(self.isa(), queries, bounds, sums, hits);
    }
}

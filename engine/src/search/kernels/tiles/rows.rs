//! A block of rows of codes, unpacked.

#[cfg(target_arch = "x86_64")]
use super::avx2;
#[cfg(target_arch = "x86_64")]
use super::avx512;
use super::isa::Isa;
use super::{CodePanels, PANEL, unpack};

/// Bytes of a block of rows: it stays in the second-level cache.
const BLOCK_BYTES: usize = 192 << 10;
/// Rows of a block come in multiples of this: of the rows of tiles, and of the queries of panels.
const BLOCK_STEP: usize = 192;

/// A cache line of words.
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
struct Line([u32; 16]);

/// Rows `[N, P]` of codes, ready for products; memory that is kept from one block to the next.
#[derive(Clone, Debug)]
pub struct CodeRows {
    isa: Isa,
    padded: usize,
    count: usize,
    lines: Vec<Line>,
}

impl CodeRows {
    /// No rows, for products with `panels`.
    pub fn for_panels(panels: &CodePanels) -> Self {
        Self { isa: panels.isa(), padded: panels.padded(), count: 0, lines: Vec::new() }
    }

    /// Elements of a row, `P`.
    pub fn padded(&self) -> usize {
        self.padded
    }

    /// Number of rows, `N`.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Rows that a block should have.
    pub fn block(&self) -> usize {
        let rows = BLOCK_BYTES / self.words_each().saturating_mul(4).max(1);
        if rows >= BLOCK_STEP { BLOCK_STEP } else { (rows / 6).max(1) * 6 }
    }

    /// Takes rows from their planes of four, two and two bits, `P / 2` and twice `P / 4` bytes a
    /// row. False, and nothing changes, where the lengths are others.
    #[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
    pub fn unpack(&mut self, count: usize, planes: [&[u8]; 3]) -> bool {
        let bytes = [2, 4, 4].map(|part| count.checked_mul(self.padded / part));
        if bytes != planes.map(|plane| Some(plane.len())) {
            return false;
        }
        self.resize(count);
        let (isa, words) = (self.isa, self.words_mut());
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512Vnni => {
                // SAFETY: the value exists only where `Isa::of` has found AVX-512 F, BW and VL.
                unsafe { avx512::unpack_bytes(planes, bytemuck::cast_slice_mut(words)) }
            }
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => {
                // SAFETY: the value exists only where `Isa::of` has found AVX-512 F, BW and VL.
                unsafe { avx512::unpack_words(planes, bytemuck::cast_slice_mut(words)) }
            }
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => {
                // SAFETY: the value exists only where `Isa::of` has found AVX2, FMA and F16C.
                unsafe { avx2::unpack_words(planes, bytemuck::cast_slice_mut(words)) }
            }
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => unpack::words(planes, bytemuck::cast_slice_mut(words)),
            Isa::Portable => unpack::bytes(planes, bytemuck::cast_slice_mut(words)),
        }
        true
    }

    /// Takes queries `first` to `first + count` as rows: element `w` becomes `u = w + 128`. False
    /// where they are others.
    pub fn take(&mut self, panels: &CodePanels, first: usize, count: usize) -> bool {
        let end = first.saturating_add(count);
        if end > panels.count() || panels.isa() != self.isa || panels.padded() != self.padded {
            return false;
        }
        self.resize(count);
        let (bytes, each) = (self.isa.elements() == 4, self.words_each());
        let words = self.words_mut();
        let mut query = first;
        while query < end {
            let (panel, lane) = (query / PANEL, query % PANEL);
            let lanes = (PANEL - lane).min(end - query);
            let Some((columns, _)) = panels.panel(panel) else { return false };
            let start = (query - first).saturating_mul(each);
            let rows = words.get_mut(start..).unwrap_or_default();
            for (number, column) in columns.iter().enumerate() {
                let from = column.get(lane..lane + lanes).unwrap_or_default();
                let to = rows.iter_mut().skip(number).step_by(each);
                for (to, word) in to.zip(from) {
                    *to = if bytes { word ^ 0x8080_8080 } else { lifted(*word) };
                }
            }
            query += lanes;
        }
        true
    }

    pub(super) fn isa(&self) -> Isa {
        self.isa
    }

    /// The words of all rows.
    pub(super) fn words(&self) -> &[u32] {
        let words: &[u32] = bytemuck::cast_slice(&self.lines);
        words.get(..self.count.saturating_mul(self.words_each())).unwrap_or_default()
    }

    fn words_mut(&mut self) -> &mut [u32] {
        let len = self.count.saturating_mul(self.words_each());
        let words: &mut [u32] = bytemuck::cast_slice_mut(&mut self.lines);
        words.get_mut(..len).unwrap_or_default()
    }

    fn words_each(&self) -> usize {
        self.padded / self.isa.elements()
    }

    fn resize(&mut self, count: usize) {
        // A row is whole lines, as P is a multiple of 128.
        let lines = count.saturating_mul(self.words_each()) / 16;
        if self.lines.len() < lines {
            self.lines.resize(lines, Line([0; 16]));
        }
        self.count = count;
    }
}

/// 128 added to both 16-bit integers of a word.
fn lifted(word: u32) -> u32 {
    let low = (word & 0xFFFF).wrapping_add(128) & 0xFFFF;
    let high = (word >> 16).wrapping_add(128) << 16;
    high | low
}

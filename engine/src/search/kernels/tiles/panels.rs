//! Queries of codes, in panels of 64.

use super::isa::Isa;
use super::{CODES, CODES_MAX, PANEL, Sums};
use crate::error::{Error, Result};
use crate::search::kernels::Kernel;

/// A word of the 64 queries of a panel, on whole cache lines.
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
struct Lanes([u32; PANEL]);

/// Queries `[Q, P]` of signed bytes. All zero at first; takes `P` bytes a query, or `2 * P` without
/// VNNI.
#[derive(Clone, Debug)]
pub struct CodePanels {
    isa: Isa,
    padded: usize,
    count: usize,
    words: Vec<Lanes>,
    starts: Vec<Sums>,
}

/// One panel, to be written.
#[derive(Debug)]
pub struct PanelMut<'a> {
    elements: usize,
    words: &'a mut [Lanes],
    start: &'a mut Sums,
}

impl CodePanels {
    /// Room for `count` queries of `padded` elements.
    ///
    /// Errors: [`Error::OutOfMemory`]; [`Error::Invalid`] where `padded` is no multiple of 128 up
    /// to 65,536.
    pub fn new(kernel: Kernel, padded: usize, count: usize) -> Result<Self> {
        Self::with_isa(Isa::of(kernel), padded, count)
    }

    pub(super) fn with_isa(isa: Isa, padded: usize, count: usize) -> Result<Self> {
        if padded == 0 || !padded.is_multiple_of(CODES) || padded > CODES_MAX {
            return Err(Error::Invalid(format!("codes of {padded} elements")));
        }
        let panels = count.div_ceil(PANEL);
        let (mut words, mut starts) = (Vec::new(), Vec::new());
        let len = panels.checked_mul(padded / isa.elements());
        let room = len.filter(|len| words.try_reserve_exact(*len).is_ok());
        let Some(len) = room.filter(|_| starts.try_reserve_exact(panels).is_ok()) else {
            return Err(Error::OutOfMemory { bytes: (count as u64).saturating_mul(padded as u64) });
        };
        words.resize(len, Lanes([0; PANEL]));
        starts.resize(panels, [0; PANEL]);
        Ok(Self { isa, padded, count, words, starts })
    }

    /// Elements of a query, `P`.
    pub fn padded(&self) -> usize {
        self.padded
    }

    /// Number of queries, `Q`.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Number of panels.
    pub fn panels(&self) -> usize {
        self.starts.len()
    }

    /// The panels, to be written; the queries that are missing in the last one stay zero.
    pub fn panels_mut(&mut self) -> impl Iterator<Item = PanelMut<'_>> {
        let elements = self.isa.elements();
        let words = self.words.chunks_mut(self.padded / elements);
        words.zip(&mut self.starts).map(move |(words, start)| PanelMut { elements, words, start })
    }

    /// Sets one query. False where there is no such query, or its length is another.
    pub fn set(&mut self, query: usize, codes: &[i8]) -> bool {
        let fits = query < self.count && codes.len() == self.padded;
        let panel = self.panels_mut().nth(query / PANEL).filter(|_| fits);
        panel.is_some_and(|mut panel| {
            panel.set(query % PANEL, codes);
            true
        })
    }

    pub(super) fn isa(&self) -> Isa {
        self.isa
    }

    /// The words and the starts of a panel.
    pub(super) fn panel(&self, panel: usize) -> Option<(&[[u32; PANEL]], &Sums)> {
        let words = self.padded / self.isa.elements();
        let start = panel.checked_mul(words)?;
        let lanes = self.words.get(start..start.checked_add(words)?)?;
        Some((bytemuck::cast_slice(lanes), self.starts.get(panel)?))
    }
}

impl PanelMut<'_> {
    /// Sets the query of a lane, below 64; others are passed over.
    pub fn set(&mut self, lane: usize, codes: &[i8]) {
        let Some(start) = self.start.get_mut(lane) else { return };
        // Within 2^30, as there are at most 65,536 codes.
        let sum: i32 = codes.iter().map(|code| i32::from(*code)).sum();
        *start = sum.wrapping_mul(-128);
        let pair = |low: i8, high: i8| {
            let [a, b] = i16::from(low).to_le_bytes();
            let [c, d] = i16::from(high).to_le_bytes();
            u32::from_le_bytes([a, b, c, d])
        };
        if self.elements == 4 {
            let quads: &[[i8; 4]] = codes.as_chunks().0;
            for (words, quad) in self.words.iter_mut().zip(quads) {
                if let Some(word) = words.0.get_mut(lane) {
                    *word = u32::from_le_bytes(quad.map(i8::cast_unsigned));
                }
            }
        } else {
            for (words, [low, high]) in self.words.iter_mut().zip(codes.as_chunks().0) {
                if let Some(word) = words.0.get_mut(lane) {
                    *word = pair(*low, *high);
                }
            }
        }
    }
}

//! Concept scores: how much each of K texts is in each of N images.
//!
//! A text encoder has made a feature of each prompt, such as "a CT with pleural effusion"; the
//! score of an image is its cosine with the feature, through the model's own scale and bias
//! ([`Affine`]). Where there are several phrasings of the same concepts, their prompts are
//! *templates* and averaged ([`Average`]). Probabilities and the best concept are made of the
//! scores by [`softmax`] and [`argmax`].
//!
//! A cosine is what a search returns, bit for bit; that with a zero vector is 0. The outcome is the
//! same for any number of threads and on any machine.

mod average;
mod collect;
mod images;
mod labels;
#[cfg(test)]
mod tests;

pub use average::{Average, average_features};
pub use images::Label;
pub(crate) use images::OfImages;
pub use labels::{argmax, softmax, softmax_rows};

use super::affine::Affine;
use super::cosines::{CosineScratch, Cosines};
use super::exact::rounded;
use super::kernels::{Kernel, Matrix, Rows};
use super::parallel;
use super::sweep::mismatch;
use crate::error::{Error, Result};
use parking_lot::Mutex;

/// Prompts that cost as much time as it takes to read the rows from memory, about.
const PROMPTS_A_PASS: u64 = 10;
/// Blocks of rows of a task of a thread.
const TASK_BLOCKS: usize = 8;

/// K concepts of dimension D made ready.
#[derive(Clone, Debug)]
pub struct Concepts {
    /// The prompts of each template; one set where features are averaged.
    sets: Vec<Cosines>,
    affine: Affine,
    dim: usize,
    count: usize,
}

/// Memory that scores need, kept from one call to the next.
#[derive(Clone, Debug, Default)]
pub struct ConceptScratch {
    cosines: CosineScratch,
    scores: Vec<f32>,
    sums: Vec<f64>,
}

impl Concepts {
    /// Concepts of one prompt each, `[K, D]`.
    ///
    /// Errors: [`Error::OutOfMemory`].
    pub fn new(kernel: Kernel, prompts: Matrix<'_>, affine: Affine) -> Result<Self> {
        let sets = vec![Cosines::new(kernel, prompts)?];
        Ok(Self { sets, affine, dim: prompts.dim(), count: prompts.count() })
    }

    /// Concepts of T prompts each: T matrices `[K, D]`, row k of each a phrasing of concept k. One
    /// matrix is the same as [`Concepts::new`].
    ///
    /// Errors: no matrix, or they differ in shape; [`Error::OutOfMemory`].
    pub fn of_templates(
        kernel: Kernel,
        templates: &[Matrix<'_>],
        average: Average,
        affine: Affine,
    ) -> Result<Self> {
        let (dim, count) = average::common_shape(templates)?;
        if let [prompts] = templates {
            return Self::new(kernel, *prompts, affine);
        }
        if average == Average::Features {
            let features = average_features(templates)?;
            let absurd = || Error::Invalid("the averaged prompts have no dimension".into());
            let matrix = Matrix::new(Rows::F32(&features), dim, dim, count).ok_or_else(absurd)?;
            return Self::new(kernel, matrix, affine);
        }
        let sets = templates.iter().map(|prompts| Cosines::new(kernel, *prompts));
        Ok(Self { sets: sets.collect::<Result<_>>()?, affine, dim, count })
    }

    /// Number of concepts, `K`.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Elements of a feature, `D`.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Rows that are worked on at once: work is best cut at multiples of it.
    pub fn rows_at_once(&self) -> usize {
        self.sets.first().map_or(1, Cosines::rows_at_once)
    }

    /// Scores of the rows `[N, D]`, into `out` `[N, K]`, on this thread.
    ///
    /// `2 * N * K * D` operations a template at the speed of arithmetic; with [`Average::Scores`]
    /// memory for `N * K` sums of 12 bytes, so that the rows are best given in parts.
    ///
    /// Errors: a shape that does not fit; nothing is written then.
    pub fn score_rows(
        &self,
        rows: Matrix<'_>,
        scratch: &mut ConceptScratch,
        out: &mut [f32],
    ) -> Result<()> {
        if let [set] = self.sets.as_slice() {
            set.rows(rows, &mut scratch.cosines, out).map_err(mismatch)?;
            for score in out {
                *score = self.affine.apply(*score);
            }
            return Ok(());
        }
        let ConceptScratch { cosines, scores, sums } = scratch;
        scores.resize(out.len(), 0.0);
        sums.clear();
        sums.resize(out.len(), 0.0);
        for set in &self.sets {
            set.rows(rows, cosines, scores).map_err(mismatch)?;
            for (sum, score) in sums.iter_mut().zip(&*scores) {
                *sum += f64::from(self.affine.apply(*score));
            }
        }
        let templates = self.sets.len() as f64;
        for (slot, sum) in out.iter_mut().zip(&*sums) {
            *slot = rounded(*sum / templates);
        }
        Ok(())
    }

    /// As [`Concepts::score_rows`], in parts, on up to `threads` threads; 0 leaves it to the
    /// engine.
    pub fn score_all(&self, rows: Matrix<'_>, threads: usize, out: &mut [f32]) -> Result<()> {
        // Checked as a whole before the parts are.
        let fits = self.sets.first().map_or(Ok(()), |set| set.check(rows, out.len()));
        fits.map_err(mismatch)?;
        let values = (rows.count() as u64).saturating_mul(rows.dim() as u64);
        let passes = (self.count as u64 / PROMPTS_A_PASS).saturating_add(1);
        let passes = passes.saturating_mul(self.sets.len() as u64);
        let threads = parallel::threads(threads, values.saturating_mul(2).saturating_mul(passes));
        let step = self.rows_at_once().saturating_mul(TASK_BLOCKS);
        // Each part is locked by the one thread that works on it.
        let parts = out.chunks_mut(step.saturating_mul(self.count).max(1)).map(Mutex::new);
        let parts: Vec<Mutex<&mut [f32]>> = parts.collect();
        let make = || Ok(ConceptScratch::default());
        parallel::run(threads, parts.len(), make, |scratch, task| {
            let first = task.saturating_mul(step);
            let end = first.saturating_add(step).min(rows.count());
            match (parts.get(task), rows.slice(first..end)) {
                (Some(part), Some(rows)) => self.score_rows(rows, scratch, &mut part.lock()),
                _ => Ok(()),
            }
        })?;
        Ok(())
    }
}

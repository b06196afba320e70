//! The codes of some consecutive features: what a join compares at once.

use parking_lot::Mutex;

use super::super::kernels::tiles::{CodePanels, PANEL, QueryBounds, RowBound};
use super::super::kernels::{Kernel, Row};
use super::super::parallel;
use super::coder::Coder;
use super::features::Features;
use crate::error::{Error, Result};

/// Features from `first` on, coded.
#[derive(Debug)]
pub(super) struct Slab {
    /// The place of the first.
    pub(super) first: usize,
    /// As queries.
    pub(super) panels: CodePanels,
    /// The bounds of the queries of each panel.
    pub(super) queries: Vec<QueryBounds>,
    /// The bounds of each as a row.
    pub(super) rows: Vec<RowBound>,
    /// The labels of each panel: lowest and highest.
    pub(super) labels: Vec<(u32, u32)>,
}

impl Slab {
    /// Codes `count` features. Memory: `P` bytes each, twice that without VNNI.
    pub(super) fn new(
        coder: &Coder,
        kernel: Kernel,
        features: &Features<'_>,
        first: usize,
        count: usize,
        threads: usize,
    ) -> Result<Self> {
        let mut panels = CodePanels::new(kernel, coder.padded(), count)?;
        let mut queries = vec![QueryBounds::default(); panels.panels()];
        let mut rows = vec![RowBound::default(); count];
        let mut labels = vec![(u32::MAX, 0); panels.panels()];
        let parts =
            panels.panels_mut().zip(&mut queries).zip(rows.chunks_mut(PANEL)).zip(&mut labels);
        let parts: Vec<_> = parts.map(|part| Mutex::new(Some(part))).collect();
        parallel::run(
            threads,
            parts.len(),
            || Ok(coder.room()),
            |room, task| {
                let Some((((mut panel, queries), rows), labels)) =
                    parts.get(task).and_then(|part| part.lock().take())
                else {
                    return Ok(());
                };
                let start = first.saturating_add(task.saturating_mul(PANEL));
                for (lane, slot) in rows.iter_mut().enumerate() {
                    let place = start.saturating_add(lane);
                    let row = features.row(place).unwrap_or(Row::F32(&[]));
                    *slot = coder.code(row, lane, &mut panel, queries, room);
                    let label = features.label(place);
                    *labels = (labels.0.min(label), labels.1.max(label));
                }
                Ok(())
            },
        )?;
        drop(parts);
        Ok(Self { first, panels, queries, rows, labels })
    }

    /// Number of features.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many features a slab may have for so many bytes of codes: a multiple of the queries of a
    /// panel.
    pub(super) fn rows_for(bytes: usize, padded: usize) -> usize {
        (bytes / padded.max(1) / PANEL).max(1).saturating_mul(PANEL)
    }
}

/// As [`Error::OutOfMemory`] where a vector cannot have so many more.
pub(super) fn reserve<T>(vector: &mut Vec<T>, more: usize) -> Result<()> {
    let bytes = (more as u64).saturating_mul(size_of::<T>() as u64);
    vector.try_reserve_exact(more).map_err(|_| Error::OutOfMemory { bytes })
}

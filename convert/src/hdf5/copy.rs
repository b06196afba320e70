//! Copying the part of a chunk that a window needs, run by run.

use super::dataset::Dataset;
use super::layout::Grid;

/// Rows of a window: `top` is the first row of the chunk row they are in.
pub(super) struct Span {
    pub(super) top: u64,
    pub(super) first: u64,
    pub(super) count: u64,
}

/// Steps to the next chunk across the axes after the row axis, the last one fastest.
pub(super) fn advance(at: &mut [u64], counts: &[u64]) {
    for (n, count) in at.iter_mut().zip(counts).rev() {
        *n += 1;
        if *n < *count {
            return;
        }
        *n = 0;
    }
}

/// One axis, the row axis first: how much is copied, from where, to where, all in elements.
struct Axis {
    count: usize,
    source: usize,
    target: usize,
    source_step: usize,
    target_step: usize,
}

/// Copies the rows of `span` from the chunk at position `at` across the other axes. Whole rows of
/// the chunk's last axes that are contiguous in both go as one run. None where the buffers are too
/// short.
pub(super) fn copy_chunk(
    dataset: &Dataset,
    grid: &Grid,
    at: &[u64],
    span: &Span,
    chunk: &[u8],
    window: &mut [u8],
) -> Option<()> {
    let axes = axes(dataset, grid, at, span)?;
    let size = dataset.stored.size;
    // The last axes merge into one run while they are whole in chunk and window.
    let mut run = 1_usize;
    let mut outer = axes.len();
    for axis in axes.iter().rev() {
        if axis.source_step != run || axis.target_step != run {
            break;
        }
        run = run.checked_mul(axis.count)?;
        outer -= 1;
    }
    let base = |step: fn(&Axis) -> (usize, usize)| {
        axes.iter().try_fold(0_usize, |sum, axis| {
            let (at, step) = step(axis);
            sum.checked_add(at.checked_mul(step)?)
        })
    };
    let source_base = base(|a| (a.source, a.source_step))?;
    let target_base = base(|a| (a.target, a.target_step))?;
    let outer = axes.get(..outer)?;
    let runs = outer.iter().try_fold(1_usize, |n, a| n.checked_mul(a.count))?;
    for number in 0..runs {
        let (mut source, mut target, mut rest) = (source_base, target_base, number);
        for axis in outer.iter().rev() {
            let step = rest.checked_rem(axis.count)?;
            rest /= axis.count;
            source += step * axis.source_step;
            target += step * axis.target_step;
        }
        let from = chunk.get(source * size..(source + run) * size)?;
        window.get_mut(target * size..(target + run) * size)?.copy_from_slice(from);
    }
    Some(())
}

fn axes(dataset: &Dataset, grid: &Grid, at: &[u64], span: &Span) -> Option<Vec<Axis>> {
    let shape = dataset.shape.get(dataset.row_axis..)?;
    let dims = grid.dims.get(dataset.row_axis..)?;
    let mut axes = Vec::with_capacity(shape.len());
    let (mut source_step, mut target_step) = (1_u64, 1_u64);
    for number in (0..shape.len()).rev() {
        let (length, height) = (*shape.get(number)?, *dims.get(number)?);
        let (count, source, target) = match number.checked_sub(1) {
            None => (span.count, span.first - span.top, 0),
            Some(other) => {
                let begin = at.get(other)?.checked_mul(height)?;
                (height.min(length.checked_sub(begin)?), 0, begin)
            }
        };
        let size = |n: u64| usize::try_from(n).ok();
        axes.push(Axis {
            count: size(count)?,
            source: size(source)?,
            target: size(target)?,
            source_step: size(source_step)?,
            target_step: size(target_step)?,
        });
        source_step = source_step.checked_mul(height)?;
        target_step = target_step.checked_mul(length)?;
    }
    axes.reverse();
    Some(axes)
}

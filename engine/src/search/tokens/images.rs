//! The tokens of the images of a field: one pass, an image a task.

#![deny(clippy::arithmetic_side_effects)]

use super::{ScoredToken, TokenQuery, TopTokens};
use crate::container::column::Column;
use crate::container::state::State;
use crate::container::view::TokensView;
use crate::error::Result;
use crate::format::bitmap::Bitmap;
use crate::format::schema::FieldDef;
use crate::search::kernels::Matrix;
use crate::search::options::SearchOptions;
use crate::search::{parallel, to_kernel};

/// Calls `work` with each image that has tokens and is let through: its row and its tokens
/// `[T, D]`. Returns the workers. `passes` is the work of a token over that of reading it, about.
///
/// Memory: 8 bytes an image, and the workers.
pub(crate) fn of_images<W: Send>(
    state: &State,
    field: &FieldDef,
    options: &SearchOptions<'_>,
    passes: u64,
    make: impl Fn() -> Result<W> + Sync,
    work: impl Fn(&mut W, u64, Matrix<'_>) -> Result<()> + Sync,
) -> Result<Vec<W>> {
    let Some(column) = state.column(field.column) else { return Ok(Vec::new()) };
    let rows = wanted(state, field, options.filter)?;
    let bytes = bytes_of_image(column, field, &rows)?;
    let total = (rows.len() as u64).saturating_mul(bytes);
    let threads = parallel::threads(options.threads, total.saturating_mul(passes));
    parallel::run(threads, rows.len(), make, |worker, task| {
        let Some(row) = rows.get(task).copied() else { return Ok(()) };
        let Some((group, position)) = column.find(row)? else { return Ok(()) };
        let view = TokensView::new(group.group(), field);
        let tokens = view.features(position, 0, view.count(position)?)?;
        match to_kernel(&tokens) {
            Some(matrix) => work(worker, row, matrix),
            None => Ok(()),
        }
    })
}

/// The best tokens of the images; `k` and `threshold` as the options say.
pub(crate) fn best_tokens(
    state: &State,
    field: &FieldDef,
    query: &TokenQuery<'_>,
    options: &SearchOptions<'_>,
) -> Result<Vec<ScoredToken>> {
    options.check()?;
    let mut all = TopTokens::new(options.k)?;
    let make = || TopTokens::new(options.k);
    let workers = of_images(state, field, options, 1, make, |best, row, tokens| {
        best.offer(query, row, tokens)
    })?;
    for worker in &workers {
        all.merge(worker);
    }
    let mut tokens = all.into_sorted_vec();
    if let Some(least) = options.threshold {
        tokens.retain(|token| token.score >= least);
    }
    Ok(tokens)
}

fn wanted(state: &State, field: &FieldDef, filter: Option<&Bitmap>) -> Result<Vec<u64>> {
    let present = state.rows_of_column(field.column)?;
    Ok(present.iter().filter(|row| filter.is_none_or(|filter| filter.get(*row))).collect())
}

/// Bytes of an image's tokens: of a sequence, those of the first one.
fn bytes_of_image(column: &Column, field: &FieldDef, rows: &[u64]) -> Result<u64> {
    if let Some(bytes) = field.tensor_bytes() {
        return Ok(bytes);
    }
    let Some(row) = rows.first() else { return Ok(0) };
    let Some((group, position)) = column.find(*row)? else { return Ok(0) };
    Ok(TokensView::new(group.group(), field).extent(position)?.len)
}

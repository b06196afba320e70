//! Reading tokens: one image, a part of its grid, all images in a row.

use super::image::Image;
use super::lookup;
use super::snapshot::Snapshot;
use crate::container::view::{FeatureMatrix, TokensView};
use crate::error::{Error, Result};
use crate::format::bitmap::Bitmap;
use crate::format::mapping::GridMapping;
use crate::format::schema::{FieldDef, FieldKind};

/// The tokens of one image, borrowed from the container. Reads and verifies only what it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Tokens<'s> {
    view: TokensView<'s>,
    field: &'s FieldDef,
    position: usize,
    count: usize,
}

impl<'s> Tokens<'s> {
    pub(super) fn new(view: TokensView<'s>, field: &'s FieldDef, position: usize) -> Result<Self> {
        Ok(Self { view, field, position, count: view.count(position)? })
    }

    /// The grid (d, h, w): `[1, h, w]` for a plane, `[1, 1, T]` for a sequence.
    pub fn grid(&self) -> [usize; 3] {
        match self.field.grid {
            [0, 0, _] => [1, 1, self.count],
            grid => grid.map(|n| n.max(1) as usize),
        }
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none, as a sequence may have.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// D: values of a token.
    pub fn dim(&self) -> usize {
        self.field.dim as usize
    }

    pub(super) fn field(&self) -> &'s FieldDef {
        self.field
    }

    /// Which voxels each token covers, where that is known.
    pub fn mapping(&self) -> Result<Option<GridMapping>> {
        self.view.mapping(self.position)
    }

    /// All tokens: a matrix `[d * h * w, D]` without padding, which is the tensor `[d, h, w, D]`.
    pub fn all(&self) -> Result<FeatureMatrix<'s>> {
        self.range(0, self.count)
    }

    /// `count` tokens from `first` on, in C order of the grid.
    pub fn range(&self, first: usize, count: usize) -> Result<FeatureMatrix<'s>> {
        if first.checked_add(count).is_none_or(|end| end > self.count) {
            let text = format!("tokens {first} + {count} of {} were asked for", self.count);
            return Err(Error::Invalid(text));
        }
        self.view.features(self.position, first, count)
    }

    /// The token at (d, h, w): a matrix of one row.
    pub fn token(&self, at: [usize; 3]) -> Result<FeatureMatrix<'s>> {
        self.range(self.index(at)?, 1)
    }

    /// The tokens from `low` up to, not including, `high`, both (d, h, w).
    pub fn sub_grid(&self, low: [usize; 3], high: [usize; 3]) -> Result<SubGrid<'s>> {
        let mut shape = [0; 3];
        for ((side, low), high) in shape.iter_mut().zip(low).zip(high) {
            *side = high.checked_sub(low).filter(|&side| side > 0).ok_or_else(|| {
                Error::Invalid("a part of a grid ends at or before its start".into())
            })?;
        }
        let last = high.map(|end| end.saturating_sub(1));
        let (first, last) = (self.index(low)?, self.index(last)?);
        let [_, height, width] = self.grid();
        let features = self.range(first, last.saturating_sub(first).saturating_add(1))?;
        Ok(SubGrid { features, shape, strides: [height.saturating_mul(width), width, 1] })
    }

    /// The index of the token at (d, h, w) in C order.
    fn index(&self, at: [usize; 3]) -> Result<usize> {
        let grid = self.grid();
        let inside = at.iter().zip(grid).all(|(&at, side)| at < side);
        let [z, y, x] = at;
        let [_, height, width] = grid;
        let index = z.checked_mul(height).and_then(|n| n.checked_add(y));
        let index = index.and_then(|n| n.checked_mul(width)).and_then(|n| n.checked_add(x));
        index
            .filter(|_| inside)
            .ok_or_else(|| Error::Invalid(format!("token {at:?} is not in the grid {grid:?}")))
    }
}

/// A part of a grid, borrowed: token (z, y, x) of it is row `z * strides[0] + y * strides[1] + x * strides[2]`
/// of `features`.
#[derive(Clone, Copy, Debug)]
pub struct SubGrid<'s> {
    /// The tokens from the first to the last one of the part, those between that are not part of it included.
    pub features: FeatureMatrix<'s>,
    /// Sides (d, h, w).
    pub shape: [usize; 3],
    /// Rows from a token to the next along (d, h, w).
    pub strides: [usize; 3],
}

impl SubGrid<'_> {
    /// The row of `features` that a token (d, h, w) of this part is.
    pub fn row(&self, at: [usize; 3]) -> Option<usize> {
        let inside = at.iter().zip(self.shape).all(|(&at, side)| at < side);
        let steps = at.iter().zip(self.strides).map(|(&at, stride)| at.checked_mul(stride));
        let row = steps.sum::<Option<usize>>();
        row.filter(|_| inside)
    }
}

impl<'s> Image<'s> {
    /// Its tokens in a tokens field.
    pub fn tokens(&self, field: &str) -> Result<Option<Tokens<'s>>> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Tokens)?;
        let Some((group, position)) = self.find(def.column)? else { return Ok(None) };
        Tokens::new(TokensView::new(group, def), def, position).map(Some)
    }
}

impl Snapshot {
    /// Calls `each` with the tokens of every image that has some, or of those of `rows`, in the order of rows,
    /// until it says stop. Images that were written in a row lie in a row in the file, and the system reads ahead:
    /// measured, a cold scan runs at the speed of a plain read, and asking for pages earlier makes it slower.
    pub fn for_each_tokens<'s>(
        &'s self,
        field: &str,
        rows: Option<&Bitmap>,
        mut each: impl FnMut(u64, Tokens<'s>) -> Result<bool>,
    ) -> Result<()> {
        let state = self.state();
        let def = lookup::field_of_kind(&state.schema, field, FieldKind::Tokens)?;
        let Some(column) = state.column(def.column) else { return Ok(()) };
        for row in &state.rows_of_column(def.column)? {
            if rows.is_some_and(|rows| !rows.get(row)) {
                continue;
            }
            let Some((group, position)) = column.find(row)? else { continue };
            let view = TokensView::new(group.group(), def);
            if !each(row, Tokens::new(view, def, position)?)? {
                return Ok(());
            }
        }
        Ok(())
    }
}

//! Heat maps: where in an image something is.

use super::image::Image;
use super::probe::Probe;
use super::tokens::Tokens;
use crate::error::{Error, Result};
use crate::format::mapping::GridMapping;
use crate::search::kernels::{Kernel, Matrix};
use crate::search::mismatch;
use crate::search::to_kernel;
use crate::search::tokens::TokenQuery;

/// The score of each token of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// The grid (d, h, w).
    pub grid: [usize; 3],
    /// The scores `[d, h, w]`, C order.
    pub values: Vec<f32>,
    /// Which voxels of the image each token covers, where that is known.
    pub mapping: Option<GridMapping>,
}

impl<'s> Tokens<'s> {
    /// The score of each token for a probe: a cosine as a search returns it, through the probe's scale and bias.
    ///
    /// One pass over the tokens at the speed of memory, on this thread.
    ///
    /// Errors: the dimension is another one; a value is not finite.
    pub fn heat_map(&self, probe: &Probe) -> Result<HeatMap> {
        let mut values = vec![0.0; self.len()];
        self.heat_map_into(probe, &mut values)?;
        Ok(HeatMap { grid: self.grid(), values, mapping: self.mapping()? })
    }

    /// As [`Tokens::heat_map`], into `out`, one score a token in C order of the grid. Allocates nothing.
    pub fn heat_map_into(&self, probe: &Probe, out: &mut [f32]) -> Result<()> {
        probe.check(self.field())?;
        let query = TokenQuery::new(Kernel::best(), probe.feature(), probe.constants());
        query.heat_map(self.matrix()?, out).map_err(mismatch)
    }

    /// The token at (d, h, w) as something to look for, scored by the cosine.
    pub fn probe(&self, at: [usize; 3]) -> Result<Probe> {
        let mut feature = Vec::with_capacity(self.dim());
        self.token(at)?.extend_f32(0, &mut feature);
        Ok(Probe::new(feature))
    }

    /// All tokens `[T, D]` as the kernels take them.
    pub(super) fn matrix(&self) -> Result<Matrix<'s>> {
        let cut = || Error::Invalid("the tokens have no dimension".into());
        to_kernel(&self.all()?).ok_or_else(cut)
    }
}

impl Image<'_> {
    /// The heat map of a probe over its tokens in a field; `None` when it has none.
    ///
    /// ```
    /// use vesalius::{Database, Definition, Field, Probe, storage::MemoryStorage};
    ///
    /// let definition = Definition::new().field(Field::tokens("patches", [1, 2, 2], 3));
    /// let db = Database::create_on(MemoryStorage::new(), definition)?;
    /// let mut txn = db.begin_write()?;
    /// let tokens: [f32; 12] = [1.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 3.0, 4.0, 0.0, 3.0];
    /// txn.put("case-1")?.tokens("patches", &tokens[..])?;
    /// txn.commit()?;
    ///
    /// let snapshot = db.snapshot()?;
    /// let map = snapshot.image("case-1")?.heat_map("patches", &Probe::new(vec![1.0, 0.0, 0.0]))?;
    /// let map = map.ok_or("no tokens")?;
    /// assert_eq!((map.grid, map.values), ([1, 2, 2], vec![1.0, 0.0, 0.0, 0.8]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn heat_map(&self, field: &str, probe: &Probe) -> Result<Option<HeatMap>> {
        self.tokens(field)?.map(|tokens| tokens.heat_map(probe)).transpose()
    }
}

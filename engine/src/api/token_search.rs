//! The tokens of all images that are most like something.

use super::image::Image;
use super::late::kernel_of;
use super::lookup;
use super::probe::Probe;
use super::snapshot::Snapshot;
use crate::error::Result;
use crate::format::schema::FieldKind;
use crate::search::SearchOptions;
use crate::search::kernels::Kernel;
use crate::search::tokens::{ScoredToken, TokenQuery, best_tokens};

/// A token that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenHit<'s> {
    /// The score.
    pub score: f32,
    /// The row of the image.
    pub row: u64,
    /// The key of the image.
    pub key: &'s str,
    /// Its index among the image's tokens.
    pub token: usize,
    /// Where it is in the grid (d, h, w).
    pub at: [usize; 3],
}

impl Snapshot {
    /// The best tokens of all images, better score first, of equal scores that of the smaller row, then the
    /// smaller index. Exact; the outcome is the same for any number of threads.
    ///
    /// Of the options `k`, `threshold`, `filter`, `threads` and `tier` are looked at; the score is that of the
    /// probe. One pass over the tokens, read ahead, at the speed of the medium. Memory O(images + threads * k).
    ///
    /// ```
    /// use vesalius::{Database, Definition, Field, Probe, SearchOptions, storage::MemoryStorage};
    ///
    /// let definition = Definition::new().field(Field::tokens("patches", [1, 1, 2], 2));
    /// let db = Database::create_on(MemoryStorage::new(), definition)?;
    /// let mut txn = db.begin_write()?;
    /// txn.put("a")?.tokens("patches", &[1.0_f32, 0.0, 0.0, 1.0][..])?;
    /// txn.put("b")?.tokens("patches", &[3.0_f32, 4.0, 0.0, -1.0][..])?;
    /// txn.commit()?;
    ///
    /// let snapshot = db.snapshot()?;
    /// let probe = Probe::new(vec![0.0, 1.0]);
    /// let found = snapshot.search_tokens("patches", &probe, &SearchOptions::new(2))?;
    /// let found: Vec<_> = found.iter().map(|hit| (hit.key, hit.at, hit.score)).collect();
    /// assert_eq!(found, [("a", [0, 0, 1], 1.0), ("b", [0, 0, 0], 0.8)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn search_tokens(
        &self,
        field: &str,
        probe: &Probe,
        options: &SearchOptions<'_>,
    ) -> Result<Vec<TokenHit<'_>>> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Tokens)?;
        probe.check(def)?;
        let kernel = options.tier.map_or_else(|| Ok(Kernel::best()), kernel_of)?;
        let query = TokenQuery::new(kernel, probe.feature(), probe.constants());
        let found = best_tokens(self.state(), def, &query, options)?;
        found.into_iter().map(|token| self.token_hit(field, token)).collect()
    }

    fn token_hit(&self, field: &str, found: ScoredToken) -> Result<TokenHit<'_>> {
        let ScoredToken { score, row, token } = found;
        let image = Image::new(self.state(), row);
        let grid = image.tokens(field)?.map_or([1; 3], |tokens| tokens.grid());
        let [_, height, width] = grid.map(|side| side.max(1));
        let at = [token / width / height, token / width % height, token % width];
        Ok(TokenHit { score, row, key: image.key()?, token, at })
    }
}

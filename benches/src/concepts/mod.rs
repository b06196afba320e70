//! Questions across text, image and token: concept scores, heat maps, late interaction, token search.

mod scores;
mod source;
mod tokens;

use vesalius::Database;

use crate::Result;
use crate::options::Options;
use crate::peers::python::{NUMPY_CONCEPTS, Server};
use crate::table::{Table, Unit};
use source::{DIM, SIDE, Source};

/// NumPy, or why there is none.
type Peer = std::result::Result<Server, String>;

/// Differences from NumPy in f64 below which ours is equal.
const TOLERANCE: f64 = 1e-5;

/// Measures it.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let folder = options.folder()?;
    let source = Source {
        images: options.scaled(100_000, 200),
        with_tokens: options.scaled(640, 8),
        prompts: 200,
    };
    let path = folder.path().join("concepts.vsl");
    source.write(folder.path(), &path)?;
    let mut numpy = match NUMPY_CONCEPTS.absent() {
        None => Ok(NUMPY_CONCEPTS.serve(&[folder.path()])?),
        Some(why) => Err(why),
    };
    let snapshot = Database::open_read_only(&path)?.snapshot()?;
    tokens::heat(options, table, &snapshot, folder.path(), &source, &mut numpy)?;
    scores::measure(options, table, &snapshot, folder.path(), &source, &mut numpy)?;
    tokens::max_sim(options, table, &snapshot, &mut numpy)?;
    tokens::search(options, table, &snapshot, &mut numpy)?;
    table.note(format!(
        "{} images of D = {DIM} f16 ({}), {} prompts of f32, {} images of {SIDE} x {SIDE} tokens f16; in the page \
         cache, checksums verified before; uniform noise; scores are cosines",
        source.images,
        Unit::Bytes.show((source.images * 2 * DIM as u64) as f64),
        source.prompts,
        source.with_tokens,
    ));
    Ok(())
}

/// Notes whether a difference from NumPy is one of rounding.
fn note_difference(table: &mut Table, what: &str, difference: f64) {
    let equal = if difference <= TOLERANCE { "yes" } else { "NO" };
    table.note(format!(
        "{what} equal to that of NumPy within 1e-5: {equal}, the largest difference is {difference:.1e}"
    ));
}

/// The double that the peer answered with.
fn double(found: &[u64]) -> Result<f64> {
    Ok(f64::from_bits(*found.first().ok_or("NumPy answered nothing")?))
}

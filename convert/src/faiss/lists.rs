//! Inverted lists: vectors apart by their nearest centroid, each with its id.

use super::cursor::{Cursor, List, read_u64};
use super::error::FaissError;
use super::parse::{self, Header};
use crate::npy::ByteSource;

const ARRAYS: [u8; 4] = *b"ilar";
const NONE: [u8; 4] = *b"il00";
const FULL: [u8; 4] = *b"full";
const SPARSE: [u8; 4] = *b"sprs";

type Result<T> = std::result::Result<T, FaissError>;

/// Where each vector stands, in the order of ids.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// Id, and the offset of the vector in the file.
    places: Vec<(i64, u64)>,
}

impl Lists {
    /// The id and place of a row.
    pub(super) fn get(&self, row: u64) -> Option<(i64, u64)> {
        self.places.get(usize::try_from(row).ok()?).copied()
    }

    /// Whether ids are the numbers of rows.
    pub(super) fn are_rows(&self) -> bool {
        self.places.iter().zip(0..).all(|((id, _), row)| *id == row)
    }
}

/// One list, when only its place is known.
struct Raw {
    codes: u64,
    ids: List,
}

/// Reads the rest of an index of inverted lists.
pub(super) fn read(cursor: &mut Cursor<'_>, head: Header, depth: u32) -> Result<Lists> {
    const WHAT: &str = "the inverted lists";
    let count = cursor.u64(WHAT)?;
    let _probes = cursor.u64(WHAT)?;
    // The centroids: any index that can be passed over.
    parse::index(cursor, depth)?;
    direct_map(cursor)?;
    let offset = cursor.position();
    let fourcc: [u8; 4] = cursor.bytes(WHAT)?;
    if fourcc == NONE && head.len == 0 {
        return Ok(Lists::default());
    }
    if fourcc != ARRAYS {
        return Err(FaissError::Unsupported { offset, fourcc });
    }
    let (inner, code_size) = (cursor.u64(WHAT)?, cursor.u64(WHAT)?);
    let size = u64::from(head.dim).saturating_mul(4);
    if inner != count || code_size != size {
        let what = format!(
            "{inner} lists of {code_size} bytes a vector do not fit an index of {count} lists and {} dimensions",
            head.dim
        );
        return Err(FaissError::malformed(offset, what));
    }
    let sizes = sizes(cursor, count)?;
    let mut raw = Vec::with_capacity(sizes.len());
    let mut total = 0_u64;
    for len in sizes {
        let codes = cursor.position();
        let told = || FaissError::malformed(codes, format!("a list cannot have {len} vectors"));
        cursor.skip(len.checked_mul(size).ok_or_else(told)?, "the vectors of a list")?;
        let start = cursor.position();
        cursor.skip(len.checked_mul(8).ok_or_else(told)?, "the ids of a list")?;
        raw.push(Raw { codes, ids: List { start, len } });
        total = total.saturating_add(len);
    }
    if total != head.len {
        let what = format!("the lists have {total} vectors, the index says {}", head.len);
        return Err(FaissError::malformed(head.offset, what));
    }
    sorted(cursor, &raw, size, total)
}

/// Passes over what leads from ids to lists.
fn direct_map(cursor: &mut Cursor<'_>) -> Result<()> {
    const WHAT: &str = "the direct map";
    const HASHTABLE: u8 = 2;
    let (offset, kind) = (cursor.position(), cursor.u8(WHAT)?);
    cursor.list(8, WHAT)?;
    match kind {
        0 | 1 => Ok(()),
        HASHTABLE => cursor.list(16, WHAT).map(|_| ()),
        other => Err(FaissError::malformed(offset, format!("there is no direct map {other}"))),
    }
}

/// The sizes of the lists, in the order of the lists; empty ones may be left out.
fn sizes(cursor: &mut Cursor<'_>, count: u64) -> Result<Vec<u64>> {
    const WHAT: &str = "the sizes of the lists";
    let offset = cursor.position();
    let fourcc: [u8; 4] = cursor.bytes(WHAT)?;
    if fourcc == FULL {
        let list = cursor.list_of(count, 8, WHAT)?;
        return cursor.numbers(list);
    }
    if fourcc != SPARSE {
        return Err(FaissError::Unsupported { offset, fourcc });
    }
    let list = cursor.list(8, WHAT)?;
    let numbers = cursor.numbers(list)?;
    let (pairs, rest) = numbers.as_chunks::<2>();
    let ascending = pairs.is_sorted_by(|[a, _], [b, _]| a < b);
    let inside = pairs.last().is_none_or(|[last, _]| *last < count);
    if !rest.is_empty() || !ascending || !inside {
        return Err(FaissError::malformed(offset, "the sizes of the lists are in disorder"));
    }
    Ok(pairs.iter().map(|[_, size]| *size).collect())
}

/// Puts vectors in the order of their ids. Of those with the same id the earlier in the file comes first.
fn sorted(cursor: &Cursor<'_>, raw: &[Raw], size: u64, total: u64) -> Result<Lists> {
    // As many ids stand in the file, so their number is one that memory can have.
    let mut places = Vec::with_capacity(usize::try_from(total).unwrap_or(0));
    for list in raw {
        let ids = cursor.numbers(list.ids)?;
        let offsets = (0_u64..).map(|row| list.codes.saturating_add(row.saturating_mul(size)));
        places.extend(ids.into_iter().map(u64::cast_signed).zip(offsets));
    }
    places.sort_unstable();
    Ok(Lists { places })
}

/// Some ids of a map.
pub(super) fn read_ids(source: &dyn ByteSource, start: u64, count: u64) -> Result<Vec<i64>> {
    Ok(read_u64(source, start, count)?.into_iter().map(u64::cast_signed).collect())
}

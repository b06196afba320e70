//! The structure of an index.

use super::DIM_MAX;
use super::cursor::{Cursor, List};
use super::error::FaissError;
use super::file::FaissMetric;
use super::kinds;
use super::lists::{self, Lists};

/// Indexes inside of indexes: a map, a graph or lists, their quantiser, its graph.
const DEPTH: u32 = 4;

type Result<T> = std::result::Result<T, FaissError>;

/// Bytes of a stored value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    F16,
    F32,
}

impl Element {
    pub(super) fn size(self) -> u64 {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
        }
    }
}

/// Where the vectors stand.
#[derive(Debug)]
pub(super) enum Rows {
    /// One after another from here on.
    Dense(u64),
    /// In lists.
    Lists(Lists),
}

/// What was found.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) kind: String,
    pub(super) dim: u32,
    pub(super) len: u64,
    pub(super) metric: FaissMetric,
    pub(super) element: Element,
    pub(super) rows: Rows,
    /// The ids of a map.
    pub(super) ids: Option<List>,
}

/// What every index begins with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) offset: u64,
    pub(super) dim: u32,
    pub(super) len: u64,
    metric: FaissMetric,
}

/// Reads a whole file.
pub(super) fn whole(cursor: &mut Cursor<'_>) -> Result<Index> {
    let found = index(cursor, DEPTH)?;
    match cursor.left() {
        0 => Ok(found),
        left => {
            let what = format!("{left} bytes stand behind the end of the index");
            Err(FaissError::malformed(cursor.position(), what))
        }
    }
}

/// Reads an index.
pub(super) fn index(cursor: &mut Cursor<'_>, depth: u32) -> Result<Index> {
    let offset = cursor.position();
    let fourcc: [u8; 4] = cursor.bytes("the kind of the index")?;
    let Some(depth) = depth.checked_sub(1) else {
        return Err(FaissError::malformed(offset, "indexes are nested too deeply"));
    };
    let name = kinds::read(fourcc).ok_or(FaissError::Unsupported { offset, fourcc })?;
    let head = header(cursor, offset)?;
    let mut found = match fourcc {
        kinds::ID_MAP | kinds::ID_MAP_2 => return map(cursor, name, head, depth),
        kinds::HNSW_FLAT | kinds::HNSW_SCALAR => {
            graph(cursor, head)?;
            let inner = index(cursor, depth)?;
            same_size(head, &inner)?;
            return Ok(Index { kind: name.to_owned(), metric: head.metric, ..inner });
        }
        kinds::IVF_FLAT => {
            let lists = lists::read(cursor, head, depth)?;
            new(name, head, Element::F32, Rows::Lists(lists))
        }
        kinds::SCALAR => quantised(cursor, name, head)?,
        _ => {
            let values = values(head)?;
            let list = cursor.list_of(values, Element::F32.size(), "the vectors")?;
            new(name, head, Element::F32, Rows::Dense(list.start))
        }
    };
    found.metric = match fourcc {
        kinds::FLAT_IP => FaissMetric::InnerProduct,
        kinds::FLAT_L2 => FaissMetric::L2,
        _ => head.metric,
    };
    Ok(found)
}

fn new(name: &str, head: Header, element: Element, rows: Rows) -> Index {
    let Header { dim, len, metric, .. } = head;
    Index { kind: name.to_owned(), dim, len, metric, element, rows, ids: None }
}

fn header(cursor: &mut Cursor<'_>, offset: u64) -> Result<Header> {
    const WHAT: &str = "the header of the index";
    let dim = cursor.i32(WHAT)?;
    let len = i64::from_le_bytes(cursor.bytes(WHAT)?);
    // Two numbers that FAISS writes and ignores.
    cursor.skip(16, WHAT)?;
    if cursor.u8(WHAT)? > 1 {
        let what = "the mark of a trained index is neither 0 nor 1";
        return Err(FaissError::malformed(cursor.position(), what));
    }
    let metric = cursor.i32(WHAT)?;
    if metric > 1 {
        cursor.skip(4, WHAT)?;
    }
    let metric = match metric {
        0 => FaissMetric::InnerProduct,
        1 => FaissMetric::L2,
        other => FaissMetric::Other(other),
    };
    let told = |what: String| FaissError::malformed(offset, what);
    let in_range = u32::try_from(dim).ok().filter(|dim| (1..=DIM_MAX).contains(dim));
    let dim = in_range.ok_or_else(|| {
        told(format!("the index has {dim} dimensions; 1 to {DIM_MAX} can be stored"))
    })?;
    let len = u64::try_from(len).map_err(|_| told(format!("the index has {len} vectors")))?;
    Ok(Header { offset, dim, len, metric })
}

/// Number of values of all vectors.
fn values(head: Header) -> Result<u64> {
    head.len.checked_mul(u64::from(head.dim)).ok_or_else(|| {
        FaissError::malformed(head.offset, format!("the index has {} vectors", head.len))
    })
}

fn same_size(head: Header, inner: &Index) -> Result<()> {
    if (head.dim, head.len) == (inner.dim, inner.len) {
        return Ok(());
    }
    let what = format!(
        "the index has {} vectors of {} dimensions, the one inside of it {} of {}",
        head.len, head.dim, inner.len, inner.dim
    );
    Err(FaissError::malformed(head.offset, what))
}

fn map(cursor: &mut Cursor<'_>, name: &str, head: Header, depth: u32) -> Result<Index> {
    let mut inner = index(cursor, depth)?;
    same_size(head, &inner)?;
    if inner.ids.is_some() {
        return Err(FaissError::malformed(head.offset, "a map of ids stands inside of another"));
    }
    if let Rows::Lists(lists) = &inner.rows
        && !lists.are_rows()
    {
        let what = "a map of ids stands around lists with ids of their own";
        return Err(FaissError::malformed(head.offset, what));
    }
    inner.ids = Some(cursor.list_of(head.len, 8, "the map of ids")?);
    inner.kind = format!("{name} of {}", inner.kind);
    Ok(inner)
}

fn quantised(cursor: &mut Cursor<'_>, name: &str, head: Header) -> Result<Index> {
    const WHAT: &str = "the scalar quantiser";
    let offset = cursor.position();
    let kind = cursor.i32(WHAT)?;
    if kind != kinds::FP16 {
        return Err(FaissError::Quantiser { offset, kind });
    }
    cursor.skip(8, WHAT)?;
    let (dim, size) = (cursor.u64(WHAT)?, cursor.u64(WHAT)?);
    cursor.list(4, "the values of the scalar quantiser")?;
    let own = u64::from(head.dim);
    if dim != own || Some(size) != own.checked_mul(2) {
        let what = format!("a quantiser of {dim} dimensions and codes of {size} bytes do not fit");
        return Err(FaissError::malformed(offset, what));
    }
    let told = || FaissError::malformed(head.offset, "the index has too many vectors");
    let bytes = values(head)?.checked_mul(2).ok_or_else(told)?;
    let list = cursor.list_of(bytes, 1, "the vectors")?;
    Ok(new(name, head, Element::F16, Rows::Dense(list.start)))
}

/// Passes over a graph.
fn graph(cursor: &mut Cursor<'_>, head: Header) -> Result<()> {
    const WHAT: &str = "the graph";
    cursor.list(8, WHAT)?;
    cursor.list(4, WHAT)?;
    cursor.list_of(head.len, 4, "the levels of the graph")?;
    let offsets = head.len.saturating_add(1);
    cursor.list_of(offsets, 8, "the offsets of the graph")?;
    cursor.list(4, WHAT)?;
    cursor.skip(5 * 4, WHAT)
}

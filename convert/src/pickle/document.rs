//! The arena that a pickle is read into.

use super::dtype::DType;
use super::edges::{Edges, Items};
use super::error::PickleError;
use super::limits::Limits;
use super::node::{Id, Node, Seq, Span};

/// The objects of one pickle. Children, strings and arrays are reached by [`Id`].
///
/// Shared objects are stored once and a list may contain itself, so that whoever follows children freely
/// must bound the walk; [`Document::walk`] does.
pub struct Document<'a> {
    pub(super) input: &'a [u8],
    nodes: Vec<Node>,
    edges: Edges,
    /// Text that had to be decoded. Its spans start at the input's length.
    side: Vec<u8>,
    dtypes: Vec<DType>,
    layouts: Vec<Layout>,
    shapes: Vec<u64>,
    root: Id,
    consumed: u64,
    max_nodes: u32,
    max_memory: u64,
}

/// Sizes of the three lists that can shrink again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) nodes: u32,
    edges: u32,
    side: u32,
}

/// What arrays of one kind share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) dtype: u32,
    /// Range of `shapes`.
    shape: (u32, u32),
    pub(super) fortran: bool,
}

type Result<T> = std::result::Result<T, PickleError>;

pub(super) const NONE: Id = Id(0);
const FALSE: Id = Id(1);
const TRUE: Id = Id(2);
const EMPTY_TUPLE: Id = Id(3);
const FIRST_INT: u32 = 4;
/// Integers `-1..=INTERNED` exist from the start: region numbers, flags and lengths repeat.
const INTERNED: i64 = 1024;

impl<'a> Document<'a> {
    pub(super) fn new(input: &'a [u8], limits: &Limits) -> Self {
        let mut nodes =
            vec![Node::None, Node::Bool(false), Node::Bool(true), Node::Tuple(Seq::EMPTY)];
        nodes.extend((-1..=INTERNED).map(Node::Int));
        let max_nodes = limits.nodes.min(u32::MAX.wrapping_sub(1));
        let (edges, side, dtypes) = (Edges::default(), Vec::new(), Vec::new());
        let (layouts, shapes, root, consumed) = (Vec::new(), Vec::new(), NONE, 0);
        let max_memory = limits.memory;
        Self {
            input,
            nodes,
            edges,
            side,
            dtypes,
            layouts,
            shapes,
            root,
            consumed,
            max_nodes,
            max_memory,
        }
    }

    /// The object that the pickle describes.
    pub fn root(&self) -> Id {
        self.root
    }

    /// Bytes of the input up to and including STOP.
    pub fn consumed(&self) -> u64 {
        self.consumed
    }

    /// Bytes of memory that the objects take, payloads excluded.
    pub fn memory(&self) -> u64 {
        // Sizes of what is in memory: their sum does not overflow. Asked for at every instruction.
        (size_of_val(self.nodes.as_slice()) as u64)
            .wrapping_add(self.edges.memory())
            .wrapping_add(self.side.len() as u64)
            .wrapping_add(size_of_val(self.dtypes.as_slice()) as u64)
            .wrapping_add(size_of_val(self.layouts.as_slice()) as u64)
            .wrapping_add(size_of_val(self.shapes.as_slice()) as u64)
    }

    pub(super) fn finish(mut self, root: Id, consumed: u64) -> Self {
        self.root = root;
        self.consumed = consumed;
        self
    }

    pub(super) fn node(&self, id: Id) -> Node {
        usize::try_from(id.0).ok().and_then(|i| self.nodes.get(i)).copied().unwrap_or(Node::None)
    }

    /// Number of nodes, interned ones included.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn mark(&self) -> Mark {
        let size = |len| u32::try_from(len).unwrap_or(u32::MAX);
        Mark { nodes: self.len(), edges: size(self.edges.len()), side: size(self.side.len()) }
    }

    /// Forgets what was added since `mark`. The caller knows that nothing kept refers to it.
    pub(super) fn truncate(&mut self, mark: Mark) {
        let size = |len| usize::try_from(len).unwrap_or(usize::MAX);
        self.nodes.truncate(size(mark.nodes));
        self.edges.truncate(size(mark.edges));
        self.side.truncate(size(mark.side));
    }

    fn room(&self, extra: usize, offset: u64) -> Result<()> {
        if self.memory().saturating_add(extra as u64) > self.max_memory {
            return Err(PickleError::Limit { offset, what: "memory", limit: self.max_memory });
        }
        Ok(())
    }

    pub(super) fn push(&mut self, node: Node, offset: u64) -> Result<Id> {
        let id = self.len();
        if id >= self.max_nodes {
            let limit = u64::from(self.max_nodes);
            return Err(PickleError::Limit { offset, what: "nodes", limit });
        }
        self.room(size_of::<Node>(), offset)?;
        self.nodes.push(node);
        Ok(Id(id))
    }

    pub(super) fn set(&mut self, id: Id, node: Node) {
        if let Some(slot) = usize::try_from(id.0).ok().and_then(|i| self.nodes.get_mut(i)) {
            *slot = node;
        }
    }

    pub(super) fn bool(value: bool) -> Id {
        if value { TRUE } else { FALSE }
    }

    pub(super) fn push_int(&mut self, value: i64, offset: u64) -> Result<Id> {
        if !(-1..=INTERNED).contains(&value) {
            return self.push(Node::Int(value), offset);
        }
        let index = value.wrapping_add(1).wrapping_add(i64::from(FIRST_INT));
        Ok(Id(u32::try_from(index).unwrap_or_default()))
    }

    pub(super) fn push_tuple(
        &mut self,
        items: impl ExactSizeIterator<Item = Id>,
        at: u64,
    ) -> Result<Id> {
        if items.len() == 0 {
            return Ok(EMPTY_TUPLE);
        }
        let mut children = Seq::EMPTY;
        self.extend(&mut children, items, at)?;
        self.push(Node::Tuple(children), at)
    }

    /// Appends `items` to `children`.
    pub(super) fn extend(
        &mut self,
        children: &mut Seq,
        items: impl ExactSizeIterator<Item = Id>,
        offset: u64,
    ) -> Result<()> {
        self.room(Edges::cost(items.len()), offset)?;
        let limit = self.max_memory;
        let full = PickleError::Limit { offset, what: "memory", limit };
        self.edges.extend(children, items).ok_or(full)
    }

    /// Decodes `raw` with `decode` into the document's own text.
    pub(super) fn push_text(
        &mut self,
        raw: Span,
        decode: fn(&[u8], &mut Vec<u8>) -> Option<()>,
        offset: u64,
    ) -> Result<Span> {
        // Latin-1 bytes become two, a four-byte escape at most four.
        let most = raw.len().saturating_mul(2);
        self.room(usize::try_from(most).unwrap_or(usize::MAX), offset)?;
        let start = self.side.len();
        let input = self.input;
        let source = range(input, raw.start(), raw.len()).unwrap_or_default();
        let end = decode(source, &mut self.side).map(|()| self.side.len());
        end.filter(|end| u32::try_from(*end).is_ok())
            .and_then(|end| {
                let from = (input.len() as u64).checked_add(start as u64)?;
                Span::new(from, end.checked_sub(start)? as u64)
            })
            .ok_or_else(|| PickleError::malformed(offset, "bad string escape"))
    }

    /// The bytes of a span, wherever they lie.
    pub(super) fn bytes_of(&self, span: Span) -> &[u8] {
        let bytes = match span.start().checked_sub(self.input.len() as u64) {
            Some(start) if !span.is_empty() => range(&self.side, start, span.len()),
            _ => range(self.input, span.start(), span.len()),
        };
        bytes.unwrap_or_default()
    }

    pub(super) fn is_decoded(&self, span: Span) -> bool {
        span.start() >= self.input.len() as u64
    }

    /// Index of `dtype`, the old one if it is known.
    pub(super) fn push_dtype(&mut self, dtype: DType, offset: u64) -> Result<u32> {
        /// A file has a handful; a longer search would be quadratic for a hostile one.
        const SEARCHED: usize = 16;
        let known = self.dtypes.iter().take(SEARCHED).position(|d| *d == dtype);
        if known.is_none() {
            self.room(size_of::<DType>(), offset)?;
            self.dtypes.push(dtype);
        }
        let index = known.unwrap_or(self.dtypes.len().saturating_sub(1));
        u32::try_from(index).map_err(|_| PickleError::malformed(offset, "too many dtypes"))
    }

    pub(super) fn dtype(&self, index: u32) -> Option<DType> {
        self.dtypes.get(usize::try_from(index).ok()?).copied()
    }

    /// Index of the layout, the old one if it equals one of the last few.
    pub(super) fn push_layout(
        &mut self,
        dtype: u32,
        shape: &[u64],
        fortran: bool,
        offset: u64,
    ) -> Result<u32> {
        const SEARCHED: usize = 8;
        let same = |layout: &Layout| {
            layout.dtype == dtype && layout.fortran == fortran && self.shape(layout) == shape
        };
        let known = self.layouts.iter().rev().take(SEARCHED).position(same);
        let last = self.layouts.len().saturating_sub(1);
        let index = if let Some(back) = known {
            last.saturating_sub(back)
        } else {
            self.room(size_of::<Layout>().saturating_add(size_of_val(shape)), offset)?;
            let start = u32::try_from(self.shapes.len()).unwrap_or(u32::MAX);
            let len = u32::try_from(shape.len()).unwrap_or(u32::MAX);
            self.shapes.extend_from_slice(shape);
            self.layouts.push(Layout { dtype, shape: (start, len), fortran });
            self.layouts.len().saturating_sub(1)
        };
        u32::try_from(index).map_err(|_| PickleError::malformed(offset, "too many array layouts"))
    }

    pub(super) fn layout(&self, index: u32) -> Option<Layout> {
        self.layouts.get(usize::try_from(index).ok()?).copied()
    }

    fn shape(&self, layout: &Layout) -> &[u64] {
        let (start, len) = layout.shape;
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let end = usize::try_from(len).ok().and_then(|len| start.checked_add(len));
        end.and_then(|end| self.shapes.get(start..end)).unwrap_or_default()
    }

    pub(super) fn layout_shape(&self, index: u32) -> Option<&[u64]> {
        let layout = self.layouts.get(usize::try_from(index).ok()?)?;
        Some(self.shape(layout))
    }

    pub(super) fn children(&self, children: Seq) -> Items<'_> {
        self.edges.items(children)
    }
}

fn range(bytes: &[u8], start: u64, len: u64) -> Option<&[u8]> {
    let start = usize::try_from(start).ok()?;
    let end = start.checked_add(usize::try_from(len).ok()?)?;
    bytes.get(start..end)
}

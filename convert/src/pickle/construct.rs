//! What REDUCE and BUILD mean for the globals that are understood.

use super::document::NONE;
use super::dtype::{DType, Kind};
use super::error::PickleError;
use super::globals::{self, Global};
use super::machine::Machine;
use super::node::{Id, Node, Seq};
use super::stack::Entry;
use super::text;

type Result<T> = std::result::Result<T, PickleError>;

/// NumPy has at most 64 dimensions.
const MAX_DIMENSIONS: usize = 64;
/// A path has one argument a part.
const MAX_ARGUMENTS: usize = 1024;

impl Machine<'_, '_> {
    /// Calls nothing: replaces a global and its arguments by the data that they describe.
    pub(super) fn reduce(&mut self) -> Result<()> {
        let arguments = self.pop()?.id;
        let callee = self.pop()?;
        let Node::Global(index) = self.document.node(callee.id) else {
            return self.malformed("something that is no known name is called");
        };
        let Some(known) = globals::get(index) else { return self.malformed("unknown global") };
        let Some(args) = self.tuple_of::<MAX_ARGUMENTS>(arguments) else {
            return self.malformed("arguments are no tuple, or too many");
        };
        let node = match known.global {
            Global::Reconstruct | Global::NdArray => {
                self.cut(callee.mark);
                Node::RawArray
            }
            Global::DType => self.dtype(&args)?,
            Global::Scalar => self.scalar(callee, &args)?,
            Global::FromBuffer => self.buffer_array(callee, &args)?,
            Global::Encode => self.encoded(&args)?,
            Global::ByteString => self.byte_string(&args)?,
            Global::Set => Node::Set(self.iterable(&args)?),
            Global::List => Node::List(self.iterable(&args)?),
            Global::Tuple => Node::Tuple(self.iterable(&args)?),
            Global::Dict => self.dict(args.first().copied())?,
            Global::DefaultDict => self.dict(args.get(1).copied())?,
            Global::Complex => match *args.as_slice() {
                [re, im] => Node::Complex(re, im),
                _ => return self.malformed("a complex number without two parts"),
            },
            Global::Opaque => Node::Opaque { global: index, args: arguments, state: NONE },
        };
        let id = self.document.push(node, self.offset())?;
        self.push_id(id)
    }

    /// Completes the object below the topmost with the topmost as its state.
    pub(super) fn build(&mut self) -> Result<()> {
        let state = self.pop()?.id;
        let entry = self.top()?;
        let node = match self.document.node(entry.id) {
            Node::RawArray => self.array_state(entry, state)?,
            Node::DType(index) => self.dtype_state(entry, index, state)?,
            Node::Opaque { global, args, .. } => Node::Opaque { global, args, state },
            Node::Dict(_) if self.is_blank(state) => return Ok(()),
            _ => return self.malformed("a state is set on what has none"),
        };
        self.replace(entry.id, node)
    }

    /// The items of a tuple of at most `N`.
    fn tuple_of<const N: usize>(&self, id: Id) -> Option<Vec<Id>> {
        let Node::Tuple(children) = self.document.node(id) else { return None };
        let items = self.document.children(children);
        (items.len() <= N).then(|| items.collect())
    }

    fn is_blank(&self, id: Id) -> bool {
        match self.document.node(id) {
            Node::None => true,
            node => node.children().is_some_and(|c| c.len == 0),
        }
    }

    fn dtype(&mut self, args: &[Id]) -> Result<Node> {
        let code = args.first().and_then(|id| self.document.text(*id));
        let Some(dtype) = code.and_then(DType::from_code) else {
            return self.malformed("an unknown dtype");
        };
        Ok(Node::DType(self.document.push_dtype(dtype, self.offset())?))
    }

    /// State: version, byte order, sub-array, names, fields, size, alignment, flags, and for times a unit.
    fn dtype_state(&mut self, entry: Entry, index: u32, state: Id) -> Result<Node> {
        let Some(parts) = self.tuple_of::<9>(state) else {
            return self.malformed("a dtype state that is no tuple");
        };
        let [_, order, subarray, names, _, size, ..] = *parts.as_slice() else {
            return self.malformed("a dtype state with less than six parts");
        };
        let Some(mut dtype) = self.document.dtype(index) else {
            return self.malformed("an unknown dtype");
        };
        dtype.big_endian = match self.document.text(order) {
            Some("<" | "|" | "=") => false,
            Some(">") => true,
            _ => return self.malformed("an unknown byte order"),
        };
        let plain = [subarray, names].iter().all(|id| self.document.node(*id) == Node::None);
        let size = self.document.int(size).unwrap_or(-1);
        if !plain {
            dtype.kind = Kind::Void;
        }
        if let Ok(size) = u32::try_from(size)
            && matches!(dtype.kind, Kind::Void | Kind::Text | Kind::Bytes)
        {
            dtype.size = size;
        }
        self.cut(entry.mark);
        Ok(Node::DType(self.document.push_dtype(dtype, self.offset())?))
    }

    /// State: version (absent in very old files), shape, dtype, Fortran order, data.
    fn array_state(&mut self, entry: Entry, state: Id) -> Result<Node> {
        let parts = self.tuple_of::<5>(state).unwrap_or_default();
        let ([_, shape, dtype, fortran, data] | [shape, dtype, fortran, data]) = *parts.as_slice()
        else {
            return self.malformed("an array state without four or five parts");
        };
        let fortran = match self.document.node(fortran) {
            Node::Bool(fortran) => fortran,
            Node::Int(value) => value != 0,
            _ => return self.malformed("an array order that is no flag"),
        };
        let layout = self.layout(shape, dtype, fortran, data)?;
        let data = self.cut_around(entry.mark, data)?;
        Ok(Node::Array { layout, data })
    }

    fn buffer_array(&mut self, callee: Entry, args: &[Id]) -> Result<Node> {
        let [data, dtype, shape, order, ref rest @ ..] = *args else {
            return self.malformed("_frombuffer without four arguments");
        };
        let fortran = match self.document.text(order) {
            Some("C" | "A") => false,
            Some("F") => true,
            _ => return self.refuse_order(),
        };
        if rest.iter().any(|id| self.document.node(*id) != Node::None) {
            return self.refuse_order();
        }
        let layout = self.layout(shape, dtype, fortran, data)?;
        let data = self.cut_around(callee.mark, data)?;
        Ok(Node::Array { layout, data })
    }

    fn refuse_order<T>(&self) -> Result<T> {
        let what = "an array whose axes are stored permuted";
        let advice = "pass it through numpy.ascontiguousarray before pickling";
        Err(PickleError::Unsupported { offset: self.offset(), what, advice })
    }

    /// Checks shape, dtype and payload against each other.
    fn layout(&mut self, shape: Id, dtype: Id, fortran: bool, data: Id) -> Result<u32> {
        let Node::DType(index) = self.document.node(dtype) else {
            return self.malformed("an array without a dtype");
        };
        let Some(shape) = self.shape_of(shape) else {
            return self.malformed("a bad array shape");
        };
        let elements = shape.iter().try_fold(1_u64, |n, side| n.checked_mul(*side));
        let dtype = self.document.dtype(index);
        let fits = elements.zip(dtype).is_some_and(|(n, dtype)| match self.document.node(data) {
            Node::List(items) => dtype.kind == Kind::Object && n == u64::from(items.len),
            _ if dtype.kind == Kind::Object => false,
            node => n.checked_mul(u64::from(dtype.size)) == self.payload_len(node),
        });
        if !fits {
            return self.malformed("an array whose data do not fill its shape");
        }
        self.document.push_layout(index, &shape, fortran, self.offset())
    }

    fn payload_len(&self, node: Node) -> Option<u64> {
        match node {
            Node::Bytes(span) => Some(span.len()),
            Node::Latin1(span) => Some(text::code_points(self.document.bytes_of(span))),
            _ => None,
        }
    }

    fn shape_of(&self, id: Id) -> Option<Vec<u64>> {
        let side = |id: Id| match self.document.node(id) {
            Node::Int(value) => u64::try_from(value).ok(),
            _ => None,
        };
        match self.document.node(id) {
            Node::Int(_) => side(id).map(|n| vec![n]),
            Node::Tuple(_) => self.tuple_of::<MAX_DIMENSIONS>(id)?.into_iter().map(side).collect(),
            _ => None,
        }
    }

    fn scalar(&mut self, callee: Entry, args: &[Id]) -> Result<Node> {
        let [dtype, data] = *args else { return self.malformed("a scalar without two parts") };
        let Node::DType(index) = self.document.node(dtype) else {
            return self.malformed("a scalar without a dtype");
        };
        let len = self.document.dtype(index).map(|d| (d.kind == Kind::Object, u64::from(d.size)));
        match (len, self.payload_len(self.document.node(data))) {
            (Some((true, _)), _) => {}
            (Some((_, size)), Some(len)) if size == len => {}
            _ => return self.malformed("a scalar whose data do not fill its dtype"),
        }
        let data = self.cut_around(callee.mark, data)?;
        Ok(Node::Scalar { dtype: index, data })
    }

    fn encoded(&mut self, args: &[Id]) -> Result<Node> {
        let [text, encoding] = *args else { return self.malformed("encode without two arguments") };
        match (self.document.node(text), self.document.text(encoding)) {
            (Node::Str(span), Some("latin1" | "latin-1")) => Ok(Node::Latin1(span)),
            _ => self.malformed("bytes that are not written as latin1 text"),
        }
    }

    fn byte_string(&mut self, args: &[Id]) -> Result<Node> {
        let Some(first) = args.first() else { return Ok(Node::Bytes(super::node::Span::EMPTY)) };
        match (self.document.node(*first), args.get(1).map(|id| self.document.text(*id))) {
            (node @ (Node::Bytes(_) | Node::Latin1(_)), None) => Ok(node),
            (Node::Str(span), Some(Some("latin1" | "latin-1"))) => Ok(Node::Latin1(span)),
            _ => self.malformed("a byte string that is not made from bytes"),
        }
    }

    /// A copy of the children of the first argument: lists and sets may grow later.
    fn iterable(&mut self, args: &[Id]) -> Result<Seq> {
        let mut children = Seq::EMPTY;
        let Some(first) = args.first() else { return Ok(children) };
        let (Node::Tuple(source) | Node::List(source) | Node::Set(source)) =
            self.document.node(*first)
        else {
            return self.malformed("a collection that is not made from one");
        };
        let items: Vec<Id> = self.document.children(source).collect();
        let at = self.offset();
        self.document.extend(&mut children, items.into_iter(), at)?;
        Ok(children)
    }

    /// A dictionary from nothing or from a sequence of pairs.
    fn dict(&mut self, pairs: Option<Id>) -> Result<Node> {
        let mut children = Seq::EMPTY;
        let Some(pairs) = pairs else { return Ok(Node::Dict(children)) };
        let source = match self.document.node(pairs) {
            Node::Dict(_) | Node::None if self.is_blank(pairs) => Seq::EMPTY,
            Node::List(items) | Node::Tuple(items) => items,
            _ => return self.malformed("a dictionary that is not made from pairs"),
        };
        let at = self.offset();
        let mut flat = Vec::new();
        for pair in self.document.children(source) {
            let (Node::List(items) | Node::Tuple(items)) = self.document.node(pair) else {
                return self.malformed("a dictionary that is not made from pairs");
            };
            if items.len != 2 {
                return self.malformed("a pair that is none");
            }
            flat.extend(self.document.children(items));
        }
        self.document.extend(&mut children, flat.into_iter(), at)?;
        Ok(Node::Dict(children))
    }
}

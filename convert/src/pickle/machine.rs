//! The stack machine.
//!
//! Memory is reused by cutting the document back to the mark of a stack entry. What keeps that sound:
//!
//! 1. An object that can be reached other than through one stack entry (it is in the memo to be fetched,
//!    or was duplicated) lies below `pinned`, and nothing below `pinned` is ever cut.
//! 2. Objects below `pinned` refer only to objects below it: altering one raises `pinned` to the end.
//! 3. Altering the topmost object moves its mark to the end.
//!
//! So everything above both an entry's mark and `pinned` belongs to entries pushed after it.

use super::document::{Document, Mark, NONE};
use super::error::PickleError;
use super::globals;
use super::limits::Limits;
use super::memo::Memo;
use super::node::{Id, Node, Seq, Span};
use super::opcode::{Cursor, Instruction};
use super::plan::Plan;
use super::stack::{Entry, Stack};
use super::stream::{Batch, Flow, Sink};
use super::text;

type Result<T> = std::result::Result<T, PickleError>;

pub(super) struct Machine<'a, 's> {
    pub(super) document: Document<'a>,
    cursor: Cursor<'a>,
    stack: Stack,
    memo: Memo<'s>,
    pinned: Mark,
    /// Ranges of nodes that a sink has taken and the memo keeps.
    taken: Vec<(u32, u32)>,
    sink: &'s mut dyn Sink,
    stopped: bool,
    max_memory: u64,
}

impl<'a, 's> Machine<'a, 's> {
    pub(super) fn new(
        input: &'a [u8],
        plan: &'s Plan,
        limits: &Limits,
        sink: &'s mut dyn Sink,
    ) -> Result<Self> {
        let (memo, document) = (Memo::new(plan), Document::new(input, limits));
        let max_memory = limits.memory;
        if memo.memory().saturating_add(document.memory()) > max_memory {
            return Err(PickleError::Limit { offset: 0, what: "memory", limit: max_memory });
        }
        let (pinned, taken) = (document.mark(), Vec::new());
        let (cursor, stack) = (Cursor::new(input, limits.line), Stack::new(limits));
        Ok(Self { document, cursor, stack, memo, pinned, taken, sink, stopped: false, max_memory })
    }

    pub(super) fn run(mut self) -> Result<Option<Document<'a>>> {
        loop {
            if self.frequent()? {
                continue;
            }
            let instruction = self.cursor.next()?;
            if instruction == Instruction::Stop {
                let root = self.stack.pop(self.offset())?.id;
                return Ok(Some(self.document.finish(root, self.cursor.position())));
            }
            self.step(instruction)?;
            if self.stopped {
                return Ok(None);
            }
        }
    }

    pub(super) fn offset(&self) -> u64 {
        self.cursor.offset()
    }

    pub(super) fn malformed<T>(&self, what: &'static str) -> Result<T> {
        Err(PickleError::malformed(self.offset(), what))
    }

    /// Does the next instruction if it is one of those that pickles consist of, without the detour over an
    /// [`Instruction`]. It does what [`Self::step`] would do.
    fn frequent(&mut self) -> Result<bool> {
        match *self.cursor.rest() {
            [0x94, ..] => {
                self.cursor.step_over(1);
                self.put(None)?;
            }
            [b'h', index, ..] => {
                self.cursor.step_over(2);
                self.fetch(u32::from(index))?;
            }
            [b'(', ..] => {
                self.cursor.step_over(1);
                self.stack.mark(self.offset())?;
            }
            [b'K', value, ..] => {
                self.cursor.step_over(2);
                let id = self.document.push_int(i64::from(value), self.offset())?;
                self.push_id(id)?;
            }
            [opcode @ 0x85..=0x87, ..] => {
                self.cursor.step_over(1);
                self.tuple(usize::from(opcode & 3))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn step(&mut self, instruction: Instruction) -> Result<()> {
        use Instruction as I;
        let at = self.offset();
        match instruction {
            I::Proto(version) if version > 5 => self.malformed("a protocol above 5"),
            I::Proto(_) | I::Frame | I::Stop => Ok(()),
            I::Mark => self.stack.mark(at),
            I::Pop => self.stack.pop_any(at),
            I::PopMark => self.stack.take_mark(at).map(|n| self.stack.drop_n(n)),
            I::Dup => self.duplicate(),
            I::None => self.push_id(NONE),
            I::Bool(value) => self.push_id(Document::bool(value)),
            I::Int(value) => self.document.push_int(value, at).and_then(|id| self.push_id(id)),
            I::BigInt(span) => self.push(Node::BigInt(span)),
            I::BigDecimal(span) => self.push(Node::BigDecimal(span)),
            I::Float(value) => self.push(Node::Float(value)),
            I::Text(span) => self.push(Node::Str(span)),
            I::Bytes(span) => self.push(Node::Bytes(span)),
            I::EscapedText(raw) => {
                let span = self.document.push_text(raw, text::unescape_text, at)?;
                self.push(Node::Str(span))
            }
            I::QuotedBytes(raw) => {
                let span = self.document.push_text(raw, text::unquote, at)?;
                self.push(Node::Bytes(span))
            }
            I::Put(index) => self.put(Some(index)),
            I::Memoize => self.put(None),
            I::Get(index) => self.fetch(index),
            I::Global { module, name } => self.global(module, name),
            I::StackGlobal => self.stack_global(),
            I::Reduce => self.reduce(),
            I::Build => self.build(),
            _ => self.container(instruction),
        }
    }

    fn container(&mut self, instruction: Instruction) -> Result<()> {
        use Instruction as I;
        let at = self.offset();
        match instruction {
            I::TupleOf(n) => self.tuple(n),
            I::Tuple => self.stack.take_mark(at).and_then(|n| self.tuple(n)),
            I::EmptyList => self.push(Node::List(Seq::EMPTY)),
            I::EmptyDict => self.push(Node::Dict(Seq::EMPTY)),
            I::EmptySet => self.push(Node::Set(Seq::EMPTY)),
            I::List => self.collect(Node::List),
            I::Dict => self.collect(Node::Dict),
            I::FrozenSet => self.collect(Node::Set),
            I::Append => self.append(1),
            I::Appends | I::AddItems => self.stack.take_mark(at).and_then(|n| self.append(n)),
            I::SetItem => self.set_items(2),
            I::SetItems => self.stack.take_mark(at).and_then(|n| self.set_items(n)),
            _ => self.malformed("an instruction out of place"),
        }
    }

    fn push(&mut self, node: Node) -> Result<()> {
        let id = self.document.push(node, self.offset())?;
        self.push_id(id)
    }

    pub(super) fn push_id(&mut self, id: Id) -> Result<()> {
        let (mark, offset) = (self.document.mark(), self.offset());
        let used = self.document.memory().saturating_add(self.memo.memory());
        if used.saturating_add(self.stack.memory()) > self.max_memory {
            return Err(PickleError::Limit { offset, what: "memory", limit: self.max_memory });
        }
        self.stack.push(Entry { id, mark }, offset)
    }

    pub(super) fn pop(&mut self) -> Result<Entry> {
        self.stack.pop(self.cursor.offset())
    }

    pub(super) fn top(&self) -> Result<Entry> {
        self.stack.top(self.offset())
    }

    fn duplicate(&mut self) -> Result<()> {
        let top = self.top()?;
        self.pinned = self.document.mark();
        self.push_id(top.id)
    }

    fn fetch(&mut self, index: u32) -> Result<()> {
        match self.memo.get(index) {
            Some(id) => self.push_id(id),
            None => self.malformed("a memo entry is fetched before it is put"),
        }
    }

    fn put(&mut self, index: Option<u32>) -> Result<()> {
        let at = self.offset();
        let id = self.top()?.id;
        let kept = match index {
            Some(index) => self.memo.put(index, id, at)?,
            None => self.memo.memoize(id, at)?,
        };
        if kept {
            self.pinned = self.document.mark();
        }
        Ok(())
    }

    fn global(&mut self, module: Span, name: Span) -> Result<()> {
        let (module, name) = (self.document.bytes_of(module), self.document.bytes_of(name));
        let index = globals::find(module, name, self.offset())?;
        self.push(Node::Global(index))
    }

    fn stack_global(&mut self) -> Result<()> {
        let (name, module) = (self.pop()?.id, self.pop()?.id);
        match (self.document.node(module), self.document.node(name)) {
            (Node::Str(module), Node::Str(name)) => self.global(module, name),
            _ => self.malformed("a global whose name is no text"),
        }
    }

    fn tuple(&mut self, n: usize) -> Result<()> {
        let at = self.offset();
        let items = self.stack.top_n(n, at)?.iter().map(|e| e.id);
        let id = self.document.push_tuple(items, at)?;
        self.stack.drop_n(n);
        self.push_id(id)
    }

    fn collect(&mut self, make: fn(Seq) -> Node) -> Result<()> {
        let at = self.offset();
        let n = self.stack.take_mark(at)?;
        let mut children = Seq::EMPTY;
        let items = self.stack.top_n(n, at)?.iter().map(|e| e.id);
        self.document.extend(&mut children, items, at)?;
        self.stack.drop_n(n);
        let node = make(children);
        if matches!(node, Node::Dict(_)) && !n.is_multiple_of(2) {
            return self.malformed("a key without a value");
        }
        self.push(node)
    }

    fn append(&mut self, n: usize) -> Result<()> {
        let (items, target) = self.operands(n)?;
        match self.document.node(target) {
            Node::List(children) => self.alter(target, children, n, Node::List),
            Node::Set(children) => self.alter(target, children, n, Node::Set),
            _ => Err(PickleError::malformed(items, "items are added to what is no list or set")),
        }
    }

    /// The instruction's offset, and what lies under the topmost `n`.
    fn operands(&self, n: usize) -> Result<(u64, Id)> {
        let at = self.offset();
        let wanted = n.checked_add(1).ok_or(PickleError::malformed(at, "too many operands"))?;
        let target = self.stack.top_n(wanted, at)?.first().map_or(NONE, |e| e.id);
        Ok((at, target))
    }

    fn set_items(&mut self, n: usize) -> Result<()> {
        let (at, dict) = self.operands(n)?;
        let Node::Dict(children) = self.document.node(dict) else {
            return self.malformed("items are put into what is no dictionary");
        };
        if !n.is_multiple_of(2) {
            return self.malformed("a key without a value");
        }
        if n == 0 {
            return Ok(());
        }
        let items = self.stack.top_n(n, at)?;
        let (below, marks) = (self.stack.below(n.saturating_add(1)), self.stack.open_marks());
        let position = self.cursor.position();
        match self.sink.items(&self.document, &Batch { dict, items, below, marks, position }) {
            Flow::Keep => self.alter(dict, children, n, Node::Dict),
            Flow::Take => self.release(n),
            Flow::Stop => {
                self.stopped = true;
                Ok(())
            }
        }
    }

    /// Moves the topmost `n` into the container below them.
    fn alter(
        &mut self,
        target: Id,
        mut children: Seq,
        n: usize,
        make: fn(Seq) -> Node,
    ) -> Result<()> {
        let at = self.offset();
        let items = self.stack.top_n(n, at)?.iter().map(|e| e.id);
        self.document.extend(&mut children, items, at)?;
        self.stack.drop_n(n);
        self.replace(target, make(children))
    }

    /// Gives the topmost object, `target`, a new content (rules 2 and 3).
    pub(super) fn replace(&mut self, target: Id, node: Node) -> Result<()> {
        let taken = self.taken.iter().any(|(from, to)| (*from..*to).contains(&target.0));
        if taken {
            return Err(PickleError::ChangedLater { offset: self.offset() });
        }
        self.document.set(target, node);
        let mark = self.document.mark();
        if target.0 < self.pinned.nodes {
            self.pinned = mark;
        }
        if let Some(top) = self.stack.top_mut() {
            top.mark = mark;
        }
        Ok(())
    }

    /// Drops the topmost `n`, which a sink has taken, and what belongs to them.
    fn release(&mut self, n: usize) -> Result<()> {
        self.stack.drop_n(n);
        let dict = self.top()?;
        self.cut(dict.mark);
        let (from, to) = (dict.mark.nodes, self.document.len());
        match self.taken.last_mut() {
            Some(last) if last.0 == from => last.1 = to,
            _ if from < to => self.taken.push((from, to)),
            _ => {}
        }
        Ok(())
    }

    /// Cuts the document back to `mark`, or to `pinned` if that is higher.
    pub(super) fn cut(&mut self, mark: Mark) {
        let higher = mark.nodes >= self.pinned.nodes;
        self.document.truncate(if higher { mark } else { self.pinned });
    }

    /// As [`Self::cut`], keeping `data`, which has moved if it lay above. Nothing is cut if `data` has
    /// children or decoded text, which lie above as well.
    pub(super) fn cut_around(&mut self, mark: Mark, data: Id) -> Result<Id> {
        let node = self.document.node(data);
        if data.0 < mark.nodes || data.0 < self.pinned.nodes {
            self.cut(mark);
            return Ok(data);
        }
        match node.span() {
            Some(span) if !self.document.is_decoded(span) => {
                self.cut(mark);
                self.document.push(node, self.offset())
            }
            _ => Ok(data),
        }
    }
}

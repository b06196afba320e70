use super::document::Mark;
use super::error::PickleError;
use super::limits::Limits;
use super::node::Id;

/// One object on the stack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) id: Id,
    /// The document's size after this object was pushed or last altered. What lies above belongs to
    /// objects that were pushed later.
    pub(super) mark: Mark,
}

pub(super) struct Stack {
    entries: Vec<Entry>,
    marks: Vec<usize>,
    max_entries: usize,
    max_marks: usize,
}

type Result<T> = std::result::Result<T, PickleError>;

fn underflow(offset: u64) -> PickleError {
    PickleError::malformed(offset, "nothing on the stack for this instruction")
}

impl Stack {
    pub(super) fn new(limits: &Limits) -> Self {
        let (entries, marks) = (Vec::new(), Vec::new());
        Self { entries, marks, max_entries: limits.stack, max_marks: limits.marks }
    }

    pub(super) fn memory(&self) -> u64 {
        let (entries, marks) = (self.entries.as_slice(), self.marks.as_slice());
        size_of_val(entries).saturating_add(size_of_val(marks)) as u64
    }

    pub(super) fn push(&mut self, entry: Entry, offset: u64) -> Result<()> {
        if self.entries.len() >= self.max_entries {
            let limit = self.max_entries as u64;
            return Err(PickleError::Limit { offset, what: "stack", limit });
        }
        self.entries.push(entry);
        Ok(())
    }

    pub(super) fn mark(&mut self, offset: u64) -> Result<()> {
        if self.marks.len() >= self.max_marks {
            let limit = self.max_marks as u64;
            return Err(PickleError::Limit { offset, what: "marks", limit });
        }
        self.marks.push(self.entries.len());
        Ok(())
    }

    /// Entries below this position are out of reach until the mark is taken.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    pub(super) fn pop(&mut self, offset: u64) -> Result<Entry> {
        if self.entries.len() <= self.floor() {
            return Err(underflow(offset));
        }
        self.entries.pop().ok_or_else(|| underflow(offset))
    }

    /// POP: the topmost object, or the mark if that is topmost.
    pub(super) fn pop_any(&mut self, offset: u64) -> Result<()> {
        if self.marks.last() == Some(&self.entries.len()) {
            self.marks.pop();
            return Ok(());
        }
        self.pop(offset).map(|_| ())
    }

    pub(super) fn top(&self, offset: u64) -> Result<Entry> {
        self.top_n(1, offset).and_then(|top| top.first().copied().ok_or_else(|| underflow(offset)))
    }

    pub(super) fn top_mut(&mut self) -> Option<&mut Entry> {
        self.entries.last_mut()
    }

    /// The topmost `n`, in the order they were pushed.
    pub(super) fn top_n(&self, n: usize, offset: u64) -> Result<&[Entry]> {
        let reach = self.entries.get(self.floor()..).unwrap_or_default();
        let from = reach.len().checked_sub(n).ok_or_else(|| underflow(offset))?;
        Ok(reach.get(from..).unwrap_or_default())
    }

    pub(super) fn drop_n(&mut self, n: usize) {
        self.entries.truncate(self.entries.len().saturating_sub(n));
    }

    /// Takes the topmost mark; returns how many objects lie above it.
    pub(super) fn take_mark(&mut self, offset: u64) -> Result<usize> {
        let at = self.marks.pop().ok_or_else(|| underflow(offset))?;
        Ok(self.entries.len().saturating_sub(at))
    }

    pub(super) fn open_marks(&self) -> usize {
        self.marks.len()
    }

    /// Everything below the topmost `n`, across marks.
    pub(super) fn below(&self, n: usize) -> &[Entry] {
        self.entries.get(..self.entries.len().saturating_sub(n)).unwrap_or_default()
    }
}

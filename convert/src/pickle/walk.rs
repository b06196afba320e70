use super::document::Document;
use super::node::{Id, Node};

/// Every object that can be reached from one, each once, parents before children. Ends for any document,
/// cyclic ones too. Memory: one bit an object and the open siblings.
pub struct Walk<'d, 'a> {
    document: &'d Document<'a>,
    open: Vec<Id>,
    seen: Vec<u64>,
}

impl<'a> Document<'a> {
    /// Walks everything below `from`, itself included.
    pub fn walk(&self, from: Id) -> Walk<'_, 'a> {
        let words = usize::try_from(self.len() / 64).unwrap_or(0).saturating_add(1);
        Walk { document: self, open: vec![from], seen: vec![0; words] }
    }
}

impl Walk<'_, '_> {
    /// Whether `id` is new.
    fn enter(&mut self, id: Id) -> bool {
        let word = usize::try_from(id.0 / 64).ok().and_then(|i| self.seen.get_mut(i));
        let bit = 1_u64.wrapping_shl(id.0 % 64);
        word.is_some_and(|word| {
            let new = *word & bit == 0;
            *word |= bit;
            new
        })
    }

    fn open(&mut self, id: Id) {
        if self.enter(id) {
            self.open.push(id);
        }
    }
}

impl Iterator for Walk<'_, '_> {
    type Item = Id;

    fn next(&mut self) -> Option<Id> {
        let id = self.open.pop()?;
        self.enter(id);
        match self.document.node(id) {
            Node::Complex(a, b) | Node::Opaque { args: a, state: b, .. } => {
                self.open(a);
                self.open(b);
            }
            Node::Array { data, .. } | Node::Scalar { data, .. } => self.open(data),
            node => {
                if let Some(children) = node.children() {
                    for child in self.document.children(children) {
                        self.open(child);
                    }
                }
            }
        }
        Some(id)
    }
}

//! Data elements, walked over where they lie (DICOM PS3.5, chapter 7).

use super::error::DicomSegError;
use super::limits::DEPTH_MAX;
use super::tags::{ITEM, ITEM_END, Named, SEQUENCE_END, Tag};

/// The length of values whose end is marked.
const UNDEFINED: u32 = u32::MAX;

/// How elements are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// Each element names the type of its value.
    Explicit,
    /// Types are known from tags only.
    Implicit,
}

/// A part of a data set: its elements one after another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Set<'a> {
    pub(super) bytes: &'a [u8],
    /// Where it begins, for messages.
    pub(super) at: usize,
    pub(super) coding: Coding,
    pub(super) depth: u32,
}

/// One element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) tag: Tag,
    /// The value; of a sequence, its items, without the mark of its end.
    pub(super) value: &'a [u8],
    /// Whether the end was marked: of pixels, that they are in fragments.
    pub(super) marked: bool,
    at: usize,
    coding: Coding,
    depth: u32,
}

/// A place in the bytes.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], DicomSegError> {
        let parts = self.bytes.split_at_checked(count);
        let (taken, rest) =
            parts.ok_or(DicomSegError::Element(self.at, "a value goes over the end"))?;
        self.bytes = rest;
        self.at = self.at.saturating_add(count);
        Ok(taken)
    }

    fn word(&mut self) -> Result<u16, DicomSegError> {
        let bytes = self.take(2)?.try_into();
        Ok(u16::from_le_bytes(bytes.unwrap_or_default()))
    }

    fn double_word(&mut self) -> Result<u32, DicomSegError> {
        let bytes = self.take(4)?.try_into();
        Ok(u32::from_le_bytes(bytes.unwrap_or_default()))
    }

    fn tag(&mut self) -> Result<Tag, DicomSegError> {
        Ok(Tag(self.word()?, self.word()?))
    }

    /// An element of an item of this depth.
    fn element(&mut self, coding: Coding, depth: u32) -> Result<Element<'a>, DicomSegError> {
        let at = self.at;
        let tag = self.tag()?;
        let mut inner = coding;
        let length = match coding {
            Coding::Implicit => self.double_word()?,
            Coding::Explicit => match self.take(2)? {
                b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UR"
                | b"UT" | b"UV" => {
                    self.take(2)?;
                    self.double_word()?
                }
                b"UN" => {
                    self.take(2)?;
                    let length = self.double_word()?;
                    // PS3.5, 6.2.2: a sequence of unknown type is written without types.
                    if length == UNDEFINED {
                        inner = Coding::Implicit;
                    }
                    length
                }
                [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => {
                    u32::from(self.word()?)
                }
                _ => return Err(DicomSegError::Element(at, "no type of a value is there")),
            },
        };
        let start = self.at;
        let marked = length == UNDEFINED;
        let value = if marked {
            self.until_sequence_end(inner, depth.saturating_add(1))?
        } else {
            self.take(usize::try_from(length).unwrap_or(usize::MAX))?
        };
        Ok(Element { tag, value, marked, at: start, coding: inner, depth })
    }

    /// The items up to the mark of the end of a sequence, and steps over the mark.
    fn until_sequence_end(
        &mut self,
        coding: Coding,
        depth: u32,
    ) -> Result<&'a [u8], DicomSegError> {
        if depth > DEPTH_MAX {
            return Err(DicomSegError::Depth(self.at));
        }
        let (whole, start) = (self.bytes, self.at);
        loop {
            let here = self.at.saturating_sub(start);
            match self.item(coding, depth)? {
                Some(_) => {}
                None => return Ok(whole.get(..here).unwrap_or(&[])),
            }
        }
    }

    /// The bytes of an item and where they begin, or nothing at the end of a sequence.
    fn item(
        &mut self,
        coding: Coding,
        depth: u32,
    ) -> Result<Option<(&'a [u8], usize)>, DicomSegError> {
        let at = self.at;
        let (tag, length) = (self.tag()?, self.double_word()?);
        let start = self.at;
        match (tag, length) {
            (SEQUENCE_END, _) => Ok(None),
            (ITEM, UNDEFINED) => {
                let whole = self.bytes;
                loop {
                    let here = self.at.saturating_sub(start);
                    if self.bytes.get(..4) == Some(&[0xFE, 0xFF, 0x0D, 0xE0]) {
                        self.take(8)?;
                        return Ok(Some((whole.get(..here).unwrap_or(&[]), start)));
                    }
                    self.element(coding, depth)?;
                }
            }
            (ITEM, length) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                Ok(Some((self.take(length)?, start)))
            }
            (ITEM_END, _) => Err(DicomSegError::Element(at, "an item ends that did not begin")),
            _ => Err(DicomSegError::Element(at, "an item of a sequence has to begin here")),
        }
    }
}

impl<'a> Set<'a> {
    /// The elements in their order.
    pub(super) fn elements(self) -> impl Iterator<Item = Result<Element<'a>, DicomSegError>> {
        let mut cursor = Cursor { bytes: self.bytes, at: self.at };
        std::iter::from_fn(move || {
            if cursor.bytes.is_empty() {
                return None;
            }
            let element = cursor.element(self.coding, self.depth);
            if element.is_err() {
                cursor.bytes = &[];
            }
            Some(element)
        })
    }

    /// The first element with a tag. Elements stand in ascending order: behind it nothing is looked at.
    pub(super) fn find(self, (tag, _): Named) -> Result<Option<Element<'a>>, DicomSegError> {
        for element in self.elements() {
            let element = element?;
            if element.tag == tag {
                return Ok(Some(element));
            }
            if element.tag > tag {
                break;
            }
        }
        Ok(None)
    }

    /// An element that has to be there.
    pub(super) fn need(self, named: Named) -> Result<Element<'a>, DicomSegError> {
        let found = self.find(named)?.filter(|element| !element.value.is_empty());
        found.ok_or(DicomSegError::Missing(named.0, named.1))
    }

    /// The first item of a sequence, if both are there.
    pub(super) fn first_item(self, named: Named) -> Result<Option<Set<'a>>, DicomSegError> {
        match self.find(named)? {
            Some(element) => element.items().next().transpose(),
            None => Ok(None),
        }
    }
}

impl<'a> Element<'a> {
    /// The place behind a value whose end is not marked.
    pub(super) fn end(&self) -> usize {
        self.at.saturating_add(self.value.len())
    }

    /// The items of a sequence, or the fragments of pixels.
    pub(super) fn items(self) -> impl Iterator<Item = Result<Set<'a>, DicomSegError>> {
        let depth = self.depth.saturating_add(1);
        let mut cursor = Cursor { bytes: self.value, at: self.at };
        std::iter::from_fn(move || {
            if cursor.bytes.is_empty() {
                return None;
            }
            if depth > DEPTH_MAX {
                cursor.bytes = &[];
                return Some(Err(DicomSegError::Depth(cursor.at)));
            }
            let item = cursor.item(self.coding, depth);
            if !matches!(item, Ok(Some(_))) {
                cursor.bytes = &[];
            }
            let set = |(bytes, at)| Set { bytes, at, coding: self.coding, depth };
            item.map(|item| item.map(set)).transpose()
        })
    }
}

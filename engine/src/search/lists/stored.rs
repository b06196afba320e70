//! Lists that lie in a container, over rows that lie there.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::{ListsView, Membership, Room, Touch};
use crate::container::column::{Column, GroupRef};
use crate::container::index::Index;
use crate::error::{Error, Result};
use crate::format::index::lists::{GROUPS, SEARCH_SECTIONS, UNLISTED};
use crate::format::{Damage, Rule};
use crate::search::rotation::Rotation;

/// What is kept of an index between searches.
struct Memo {
    rotation: Arc<Rotation>,
    rooms: Mutex<Vec<Room>>,
    membership: OnceLock<Option<Membership>>,
}

/// An index of lists. Opening checks what does not grow with the rows, the first time.
#[derive(Debug)]
pub struct StoredLists<'a> {
    index: &'a Index,
    failed: OnceLock<Error>,
}

/// A row group that ordinals count through, if the state still has it, and how many they count in it.
pub type Counted<'a> = (Option<&'a GroupRef>, u32);

impl<'a> StoredLists<'a> {
    /// The lists of an index.
    pub fn new(index: &'a Index) -> Self {
        Self { index, failed: OnceLock::new() }
    }

    /// The view that a search takes. What [`StoredLists::done`] says counts, not what was found.
    pub fn view(&self) -> Result<ListsView<'_>> {
        let memo = self.memo()?;
        let sections = self.sections()?;
        let rotation = memo.map(|memo| Arc::clone(&memo.rotation));
        ListsView::trusted(&sections, rotation, Some(self)).map_err(|damage| self.damage(&damage))
    }

    fn sections(&self) -> Result<Vec<&'a [u8]>> {
        (0..SEARCH_SECTIONS).map(|number| self.index.raw(number)).collect()
    }

    fn memo(&self) -> Result<Option<&'a Memo>> {
        self.index.memo(|| {
            for number in 0..super::sections::ORDINALS {
                let len = self.index.raw(number)?.len();
                self.index.touch(number, 0..len)?;
            }
            let view = ListsView::new(&self.sections()?).map_err(|damage| self.damage(&damage))?;
            let header = self.index.header()?;
            if (header.dim as usize, header.lists as usize) != (view.dim(), view.list_count()) {
                let text = "the header has another dimension or number of lists";
                return Err(self.index.damage(Rule::IndexHeader, text));
            }
            Ok(Memo {
                rotation: Arc::clone(view.rotation()),
                rooms: Mutex::default(),
                membership: OnceLock::new(),
            })
        })
    }

    /// The list of each row. The first call looks at all ordinals, later ones at nothing.
    pub fn membership(&self, view: &ListsView<'_>) -> Result<Option<&'a Membership>> {
        let Some(memo) = self.memo()? else { return Ok(None) };
        if memo.membership.get().is_none() {
            let made = view.membership()?;
            if self.failed.get().is_none() {
                drop(memo.membership.set(made));
            }
        }
        Ok(memo.membership.get().and_then(Option::as_ref))
    }

    /// Memory of an earlier search, or new.
    pub fn room(&self) -> Room {
        let memo = self.memo().ok().flatten();
        memo.and_then(|memo| memo.rooms.lock().pop()).unwrap_or_default()
    }

    /// Keeps the memory of a search.
    pub fn keep(&self, room: Room) {
        if let Ok(Some(memo)) = self.memo() {
            memo.rooms.lock().push(room);
        }
    }

    /// The damage that a search has met, if any.
    pub fn done(self) -> Result<()> {
        self.failed.into_inner().map_or(Ok(()), Err)
    }

    /// The row groups that the ordinals count through, those of the column that they are.
    pub fn groups<'c>(&self, column: Option<&'c Column>) -> Result<Vec<Counted<'c>>> {
        let groups = column.map_or(&[][..], Column::groups).iter();
        let by_id: BTreeMap<u64, &GroupRef> =
            groups.map(|group| (group.group().desc().id, group)).collect();
        let pairs = self.index.section::<u64>(GROUPS)?.as_chunks::<2>().0;
        let counted = pairs.iter().map(|[id, count]| {
            let count = u32::try_from(*count);
            let count = count.map_err(|_| self.index.damage(Rule::IndexContent, "a count"))?;
            Ok((by_id.get(id).copied(), count))
        });
        counted.collect()
    }

    /// Ordinals of features of these row groups that are in no list.
    pub fn unlisted(&self) -> Result<&'a [u32]> {
        self.index.section(UNLISTED)
    }

    fn damage(&self, damage: &Damage) -> Error {
        self.index.damage(damage.rule, &damage.message)
    }
}

impl Touch for StoredLists<'_> {
    fn touch(&self, section: usize, bytes: Range<usize>) -> bool {
        match self.index.touch(section, bytes) {
            Ok(()) => true,
            Err(error) => {
                drop(self.failed.set(error));
                false
            }
        }
    }
}

//! Near duplicates within a snapshot, across the values of an attribute, and between two snapshots.

use std::collections::HashMap;

use super::columns::StateColumns;
use super::snapshot::Snapshot;
use crate::container::compact::Progress;
use crate::error::{Error, Result};
use crate::search::duplicates::{
    self, DuplicateGroup, DuplicateOptions, DuplicatePair, Grouping, Labels,
};
use crate::search::predicate::{Columns, RowSet, Values};

impl Snapshot {
    /// Groups of images whose vectors, or features of one region, are near duplicates: exact and
    /// complete, by lowest row. With `across`, only images that differ in this attribute count as
    /// duplicates of each other, and those without a value take no part.
    ///
    /// `N^2 / 2` products of `D` elements at the speed of 8-bit arithmetic: 200,000 x 512 is about
    /// 25 seconds of one thread of a machine with AVX-512 VNNI. Needs no index. Memory: 256 MiB,
    /// and 50 bytes an image. `progress` is told pairs done and pairs in all, and stops the work by
    /// returning false. See [`crate::search::duplicates`].
    ///
    /// ```
    /// # use vesalius::{Database, Definition, DuplicateOptions, Field, Grouping, storage::MemoryStorage};
    /// # let definition = Definition::new().field(Field::vector("clip", 2));
    /// # let db = Database::create_on(MemoryStorage::new(), definition)?;
    /// # let mut txn = db.begin_write()?;
    /// # txn.put("a")?.vector("clip", &[1.0, 0.0])?;
    /// # txn.put("b")?.vector("clip", &[0.0, 1.0])?;
    /// # txn.put("c")?.vector("clip", &[2.0, 0.1])?;
    /// # txn.commit()?;
    /// # let snapshot = db.snapshot()?;
    /// let options = DuplicateOptions::new(0.95);
    /// let groups =
    ///     snapshot.duplicates("clip", &options, Grouping::Components, None, &mut |_, _| true)?;
    /// assert_eq!(groups[0].rows, [0, 2]);
    /// # Ok::<(), vesalius::Error>(())
    /// ```
    pub fn duplicates(
        &self,
        field: &str,
        options: &DuplicateOptions<'_>,
        grouping: Grouping,
        across: Option<&str>,
        progress: Progress<'_>,
    ) -> Result<Vec<DuplicateGroup>> {
        let (def, labels) = (self.field(field)?, self.labels(across)?);
        duplicates::groups(self.state(), def, options, labels.as_ref(), grouping, progress)
    }

    /// All pairs of near duplicates, each once, handed to `each` some thousands at once and in no
    /// particular order; their number. See [`Snapshot::duplicates`].
    pub fn duplicate_pairs(
        &self,
        field: &str,
        options: &DuplicateOptions<'_>,
        across: Option<&str>,
        each: &mut dyn FnMut(&[DuplicatePair]) -> Result<()>,
        progress: Progress<'_>,
    ) -> Result<u64> {
        let (def, labels) = (self.field(field)?, self.labels(across)?);
        duplicates::pairs(self.state(), def, options, labels.as_ref(), each, progress)
    }

    /// All pairs of an image here and an image of another snapshot, of any container, that are near
    /// duplicates; as [`Snapshot::duplicate_pairs`]. The fields must have one dimension; the filter
    /// is for the images here.
    pub fn duplicates_between(
        &self,
        field: &str,
        (other, other_field): (&Snapshot, &str),
        options: &DuplicateOptions<'_>,
        each: &mut dyn FnMut(&[DuplicatePair]) -> Result<()>,
        progress: Progress<'_>,
    ) -> Result<u64> {
        let here = (self.state(), self.field(field)?);
        let there = (other.state(), other.field(other_field)?);
        duplicates::pairs_between(here, there, options, each, progress)
    }

    /// The values of an attribute, numbered as they come.
    fn labels(&self, attribute: Option<&str>) -> Result<Option<Labels>> {
        let Some(name) = attribute else { return Ok(None) };
        if self.schema().attribute(name).is_none() {
            let known = self.schema().attributes.iter().map(|def| def.name.clone()).collect();
            return Err(Error::NoSuch { what: "attribute", name: name.to_owned(), known });
        }
        let len = usize::try_from(self.next_row()).unwrap_or(usize::MAX);
        let mut by_row = Vec::new();
        let bytes = self.next_row().saturating_mul(4);
        by_row.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { bytes })?;
        by_row.resize(len, u32::MAX);
        let (mut texts, mut numbers) = (HashMap::<String, u32>::new(), HashMap::<u64, u32>::new());
        StateColumns::new(self.state()).for_each_chunk(name, &mut |chunk| {
            let mut number = |bits: u64| {
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                *numbers.entry(bits).or_insert(next)
            };
            let labels: Vec<u32> = match chunk.values {
                Values::I64(values) => values.iter().map(|v| number(v.cast_unsigned())).collect(),
                // Both zeros are one value.
                Values::F64(values) => values.iter().map(|v| number((v + 0.0).to_bits())).collect(),
                Values::Bool(values) => values.iter().map(|v| number(u64::from(*v != 0))).collect(),
                Values::Str { dictionary, codes } => {
                    let label = |code: &u32| {
                        let text = dictionary.get(*code)?;
                        let next = u32::try_from(texts.len()).unwrap_or(u32::MAX);
                        Some(*texts.entry(text.to_owned()).or_insert(next))
                    };
                    codes.iter().map(label).map(|label| label.unwrap_or(u32::MAX)).collect()
                }
            };
            for (place, label) in labels.into_iter().enumerate() {
                let row = match chunk.rows {
                    RowSet::Dense { first, .. } => first.checked_add(place as u64),
                    RowSet::List(rows) => rows.get(place).copied(),
                };
                let row = row.filter(|_| !chunk.dead.is_some_and(|dead| dead.get(place as u64)));
                let slot = row.and_then(|row| by_row.get_mut(usize::try_from(row).ok()?));
                if let Some(slot) = slot {
                    *slot = label;
                }
            }
            Ok(())
        })?;
        Ok(Some(Labels::new(by_row)))
    }
}

//! Clusters, principal components, outliers, medoids and classes of a snapshot.

use std::collections::HashMap;

use super::columns::StateColumns;
use super::snapshot::Snapshot;
use crate::container::compact::Progress;
use crate::error::{Error, Result};
use crate::format::bitmap::Bitmap;
use crate::model::Value;
use crate::search::analysis::{
    self, Accuracy, Among, AnalysisOptions, ClassMeans, Classes, ClusterParams, Clustering, Medoid,
    Outliers, Pca, Predicted, Projected,
};
use crate::search::predicate::{Columns, RowSet, Values};

/// Most classes that an attribute may make.
const CLASSES_MAX: usize = 1 << 16;

/// The classes that the values of an attribute make.
#[derive(Clone, Debug)]
pub struct AttributeClasses {
    /// The value of each class, ascending; false before true.
    pub values: Vec<Value>,
    /// The class of each row; rows without a value have none.
    pub classes: Classes,
}

impl Snapshot {
    /// k-means over the vectors of a field, or the features of one region. By cosine, features are brought to length 1
    /// first. See [`crate::search::analysis::cluster`] for cost and memory.
    ///
    /// ```
    /// # use vesalius::{AnalysisOptions, ClusterParams, Database, Definition, Field, storage::MemoryStorage};
    /// # let definition = Definition::new().field(Field::vector("clip", 2));
    /// # let db = Database::create_on(MemoryStorage::new(), definition)?;
    /// # let mut txn = db.begin_write()?;
    /// # txn.put("a")?.vector("clip", &[1.0, 0.0])?;
    /// # txn.put("b")?.vector("clip", &[0.0, 1.0])?;
    /// # txn.put("c")?.vector("clip", &[2.0, 0.1])?;
    /// # txn.commit()?;
    /// # let snapshot = db.snapshot()?;
    /// let options = AnalysisOptions::new();
    /// let made = snapshot.cluster("clip", &ClusterParams::new(2), &options, &mut |_, _| true)?;
    /// assert_eq!(made.assignment[0], made.assignment[2]);
    /// assert_ne!(made.assignment[0], made.assignment[1]);
    /// # Ok::<(), vesalius::Error>(())
    /// ```
    pub fn cluster(
        &self,
        field: &str,
        params: &ClusterParams,
        options: &AnalysisOptions<'_>,
        progress: Progress<'_>,
    ) -> Result<Clustering> {
        analysis::cluster(self.state(), self.field(field)?, params, options, progress)
    }

    /// The first principal components of the features of a field. See [`crate::search::analysis::pca`].
    pub fn pca(
        &self,
        field: &str,
        components: usize,
        options: &AnalysisOptions<'_>,
        progress: Progress<'_>,
    ) -> Result<Pca> {
        analysis::pca(self.state(), self.field(field)?, components, options, progress)
    }

    /// The coordinates of features along principal components, of this field or another of the same dimension.
    pub fn project(
        &self,
        field: &str,
        pca: &Pca,
        options: &AnalysisOptions<'_>,
        progress: Progress<'_>,
    ) -> Result<Projected> {
        analysis::project(self.state(), self.field(field)?, pca, options, progress)
    }

    /// How far each feature is from its `k` nearest others. See [`crate::search::analysis::outliers`].
    pub fn outliers(
        &self,
        field: &str,
        k: usize,
        options: &AnalysisOptions<'_>,
        progress: Progress<'_>,
    ) -> Result<Outliers> {
        self.among(field, |among| analysis::outliers(among, k, options, progress))
    }

    /// The image in the middle: that whose distances to all others have the least sum. See
    /// [`crate::search::analysis::medoid`].
    pub fn medoid(
        &self,
        field: &str,
        options: &AnalysisOptions<'_>,
        progress: Progress<'_>,
    ) -> Result<Option<Medoid>> {
        analysis::medoid(self.state(), self.field(field)?, options, progress)
    }

    /// The mean feature of each class, for instance of [`Snapshot::attribute_classes`].
    pub fn class_means(
        &self,
        field: &str,
        classes: &Classes,
        options: &AnalysisOptions<'_>,
    ) -> Result<ClassMeans> {
        analysis::class_means(self.state(), self.field(field)?, classes, options)
    }

    /// How often the `k` nearest neighbours of a feature, itself left out, tell its class. See
    /// [`crate::search::analysis::accuracy`].
    pub fn neighbour_accuracy(
        &self,
        field: &str,
        classes: &Classes,
        (k, references): (usize, Option<&Bitmap>),
        options: &AnalysisOptions<'_>,
        progress: Progress<'_>,
    ) -> Result<Accuracy> {
        self.among(field, |among| {
            analysis::accuracy(among, classes, k, references, options, progress)
        })
    }

    /// The classes of features without one, by their `k` nearest neighbours. See [`crate::search::analysis::predict`].
    pub fn neighbour_classes(
        &self,
        field: &str,
        classes: &Classes,
        (k, references): (usize, Option<&Bitmap>),
        options: &AnalysisOptions<'_>,
        progress: Progress<'_>,
    ) -> Result<Vec<Predicted>> {
        self.among(field, |among| {
            analysis::predict(among, classes, k, references, options, progress)
        })
    }

    /// The values of an attribute as classes.
    ///
    /// Errors: [`Error::NoSuch`], [`Error::Limit`] for more than 65,536 values, [`Error::Corrupt`].
    pub fn attribute_classes(&self, attribute: &str) -> Result<AttributeClasses> {
        if self.schema().attribute(attribute).is_none() {
            let known = self.schema().attributes.iter().map(|def| def.name.clone()).collect();
            return Err(Error::NoSuch { what: "attribute", name: attribute.to_owned(), known });
        }
        let mut numbered = Numbered::new(self.next_row())?;
        StateColumns::new(self.state()).for_each_chunk(attribute, &mut |chunk| {
            let alive = |place: usize| !chunk.dead.is_some_and(|dead| dead.get(place as u64));
            let row = |place: usize| match chunk.rows {
                RowSet::Dense { first, .. } => first.checked_add(place as u64),
                RowSet::List(rows) => rows.get(place).copied(),
            };
            let mut set = |place: usize, value: &dyn Fn() -> Option<Value>| match row(place) {
                Some(row) if alive(place) => {
                    value().map_or(Ok(()), |value| numbered.set(row, value))
                }
                _ => Ok(()),
            };
            match chunk.values {
                Values::I64(values) => values
                    .iter()
                    .enumerate()
                    .try_for_each(|(place, value)| set(place, &|| Some(Value::I64(*value)))),
                // Both zeros are one value.
                Values::F64(values) => values
                    .iter()
                    .enumerate()
                    .try_for_each(|(place, value)| set(place, &|| Some(Value::F64(value + 0.0)))),
                Values::Bool(values) => values
                    .iter()
                    .enumerate()
                    .try_for_each(|(place, value)| set(place, &|| Some(Value::Bool(*value != 0)))),
                Values::Str { dictionary, codes } => {
                    codes.iter().enumerate().try_for_each(|(place, code)| {
                        set(place, &|| dictionary.get(*code).map(|text| Value::Text(text.into())))
                    })
                }
            }
        })?;
        Ok(numbered.sorted())
    }

    fn among<T>(&self, field: &str, ask: impl FnOnce(Among<'_>) -> Result<T>) -> Result<T> {
        let def = self.field(field)?;
        ask(Among { state: self.state(), field: def })
    }
}

/// Values numbered as they come.
struct Numbered {
    by_row: Vec<u32>,
    values: Vec<Value>,
    numbers: HashMap<Key, u32>,
}

/// A value that can be looked up.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Bits(u64),
    Text(String),
}

impl Numbered {
    fn new(rows: u64) -> Result<Self> {
        let mut by_row = Vec::new();
        let len = usize::try_from(rows).unwrap_or(usize::MAX);
        let bytes = rows.saturating_mul(4);
        by_row.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { bytes })?;
        by_row.resize(len, Classes::NONE);
        Ok(Self { by_row, values: Vec::new(), numbers: HashMap::new() })
    }

    fn set(&mut self, row: u64, value: Value) -> Result<()> {
        let key = match &value {
            Value::I64(value) => Key::Bits(value.cast_unsigned()),
            Value::F64(value) => Key::Bits(value.to_bits()),
            Value::Bool(value) => Key::Bits(u64::from(*value)),
            Value::Text(text) => Key::Text(text.clone()),
        };
        let next = u32::try_from(self.values.len()).unwrap_or(Classes::NONE);
        let number = *self.numbers.entry(key).or_insert(next);
        if number == next {
            if self.values.len() >= CLASSES_MAX {
                let (value, limit) = (self.values.len() as u64 + 1, CLASSES_MAX as u64);
                return Err(Error::Limit {
                    what: "values of an attribute as classes",
                    value,
                    limit,
                });
            }
            self.values.push(value);
        }
        let slot = usize::try_from(row).ok().and_then(|row| self.by_row.get_mut(row));
        if let Some(slot) = slot {
            *slot = number;
        }
        Ok(())
    }

    /// Numbered by value.
    fn sorted(mut self) -> AttributeClasses {
        let mut order: Vec<(Value, usize)> =
            self.values.into_iter().enumerate().map(|(old, value)| (value, old)).collect();
        order.sort_by(|(a, _), (b, _)| match (a, b) {
            (Value::I64(a), Value::I64(b)) => a.cmp(b),
            (Value::F64(a), Value::F64(b)) => a.total_cmp(b),
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            // A column has values of one type.
            _ => std::cmp::Ordering::Equal,
        });
        let mut new = vec![Classes::NONE; order.len()];
        for (number, (_, old)) in (0_u32..).zip(&order) {
            if let Some(slot) = new.get_mut(*old) {
                *slot = number;
            }
        }
        for class in &mut self.by_row {
            *class = new.get(*class as usize).copied().unwrap_or(Classes::NONE);
        }
        let values: Vec<Value> = order.into_iter().map(|(value, _)| value).collect();
        AttributeClasses { classes: Classes::new(self.by_row, values.len()), values }
    }
}

#[cfg(test)]
mod tests;

//! Random columns, in chunks as a container would hold them and row by row for the naive twin.

use std::collections::{BTreeMap, BTreeSet};

use super::super::ast::Value;
use super::super::{AttributeType, Chunk, Columns, PredicateError, RowSet, StrDict, Values};
use super::random::Random;
use crate::format::bitmap::Bitmap;

pub(super) const ATTRIBUTES: [(&str, AttributeType); 5] = [
    ("i", AttributeType::I64),
    ("f", AttributeType::F64),
    ("b", AttributeType::Bool),
    ("s", AttributeType::Str),
    ("odd \"name\"", AttributeType::Str),
];
pub(super) const REGIONS: [&str; 2] = ["carina", "it's"];
pub(super) const INTEGERS: [i64; 9] = [-2, -1, 0, 1, 2, 1 << 53, (1 << 53) + 1, i64::MAX, i64::MIN];
pub(super) const FLOATS: [f64; 9] = [
    -1.5,
    -0.0,
    0.0,
    0.5,
    1.0,
    9_007_199_254_740_992.0,
    9_223_372_036_854_775_808.0,
    1e300,
    -1e300,
];

/// One image as the naive twin sees it.
#[derive(Debug, Default, Clone)]
pub(super) struct Row {
    pub(super) key: String,
    pub(super) live: bool,
    pub(super) attributes: BTreeMap<String, Value>,
    pub(super) has_field: bool,
    pub(super) regions: BTreeSet<String>,
}

struct Dictionary(Vec<String>);

impl StrDict for Dictionary {
    fn entries(&self) -> usize {
        self.0.len()
    }

    fn get(&self, code: u32) -> Option<&str> {
        self.0.get(code as usize).map(String::as_str)
    }
}

enum StoredValues {
    I64(Vec<i64>),
    F64(Vec<f64>),
    Bool(Vec<u8>),
    Str(Dictionary, Vec<u32>),
}

struct StoredChunk {
    rows: Vec<u64>,
    dense: bool,
    /// How many rows more, or fewer, than values the chunk claims.
    surplus: u64,
    dead: Bitmap,
    values: StoredValues,
}

/// A whole set of images.
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    columns: BTreeMap<&'static str, Vec<StoredChunk>>,
}

pub(super) fn random_value(of: AttributeType, random: &mut Random) -> Value {
    match of {
        AttributeType::I64 => Value::I64(*random.pick(&INTEGERS)),
        AttributeType::F64 if random.one_in(9) => {
            Value::F64(*random.pick(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]))
        }
        AttributeType::F64 => Value::F64(*random.pick(&FLOATS)),
        AttributeType::Bool => Value::Bool(random.one_in(2)),
        AttributeType::Str => Value::Str(random.text("ab'%\u{e9}", 3)),
    }
}

impl Table {
    pub(super) fn random(random: &mut Random) -> Self {
        let count = *random.pick(&[0, 1, 7, 63, 64, 65, 150, 300]);
        let mut rows: Vec<Row> = (0..count)
            .map(|n| Row {
                key: format!("{}{n}", random.text("ab%", 2)),
                live: !random.one_in(5),
                has_field: random.one_in(2),
                regions: REGIONS.iter().filter(|_| random.one_in(3)).map(|r| (*r).into()).collect(),
                ..Row::default()
            })
            .collect();
        let mut columns = BTreeMap::new();
        for (name, of) in ATTRIBUTES {
            let chunks: Vec<_> =
                (0..random.below(5)).map(|_| StoredChunk::random(of, count, random)).collect();
            columns.insert(name, settle(name, chunks, &mut rows, random));
        }
        Self { rows, columns }
    }

    /// One living row with `i` and `f`.
    pub(super) fn of_one_row(i: i64, f: f64) -> Self {
        let chunk = |values| StoredChunk {
            rows: vec![0],
            dense: true,
            surplus: 0,
            dead: Bitmap::new(1),
            values,
        };
        let mut columns = BTreeMap::new();
        columns.insert("i", vec![chunk(StoredValues::I64(vec![i]))]);
        columns.insert("f", vec![chunk(StoredValues::F64(vec![f]))]);
        Self { rows: vec![Row { live: true, ..Row::default() }], columns }
    }

    fn rows_that(&self, wanted: impl Fn(&Row) -> bool) -> Bitmap {
        let mut rows = Bitmap::new(self.rows.len() as u64);
        (0..).zip(&self.rows).filter(|(_, row)| wanted(row)).for_each(|(n, _)| rows.set(n));
        rows
    }
}

/// Marks as dead every value but the last of a row, and some of those, and tells the rows.
fn settle(
    name: &str,
    mut chunks: Vec<StoredChunk>,
    rows: &mut [Row],
    random: &mut Random,
) -> Vec<StoredChunk> {
    let mut seen = BTreeSet::new();
    for chunk in chunks.iter_mut().rev() {
        for (i, &row) in chunk.rows.iter().enumerate().rev() {
            if !seen.insert(row) || random.one_in(8) {
                chunk.dead.set(i as u64);
                continue;
            }
            let (Some(value), Some(row)) =
                (chunk.value(i), rows.get_mut(usize::try_from(row).unwrap()))
            else {
                continue;
            };
            row.attributes.insert(name.to_owned(), value);
        }
    }
    chunks
}

impl StoredChunk {
    fn random(of: AttributeType, universe: usize, random: &mut Random) -> Self {
        let dense = random.one_in(2);
        let count = random.below(universe + 5);
        let rows: Vec<u64> = if dense {
            let first = random.below(universe + 3) as u64;
            (first..first + count as u64).collect()
        } else {
            (0..count).map(|_| random.below(universe + 10) as u64).collect()
        };
        let mut drawn: Vec<Value> = (0..count).map(|_| random_value(of, random)).collect();
        let surplus = if dense { random.below(3) as u64 } else { 0 };
        if surplus == 0 && random.one_in(2) {
            drawn.push(random_value(of, random));
        }
        let values = match of {
            AttributeType::I64 => StoredValues::I64(drawn.iter().map(as_i64).collect()),
            AttributeType::F64 => StoredValues::F64(drawn.iter().map(as_f64).collect()),
            AttributeType::Bool => StoredValues::Bool(drawn.iter().map(as_byte).collect()),
            AttributeType::Str => coded(&drawn, random),
        };
        Self { dead: Bitmap::new(count as u64), rows, dense, surplus, values }
    }

    fn value(&self, i: usize) -> Option<Value> {
        match &self.values {
            StoredValues::I64(values) => values.get(i).map(|&v| Value::I64(v)),
            StoredValues::F64(values) => values.get(i).map(|&v| Value::F64(v)),
            StoredValues::Bool(values) => values.get(i).map(|&v| Value::Bool(v != 0)),
            StoredValues::Str(dictionary, codes) => {
                let text = dictionary.get(*codes.get(i)?)?;
                Some(Value::Str(text.to_owned()))
            }
        }
    }

    fn chunk(&self) -> Chunk<'_> {
        let rows = if self.dense {
            let first = self.rows.first().copied().unwrap_or(u64::MAX);
            RowSet::Dense { first, count: self.rows.len() as u64 + self.surplus }
        } else {
            RowSet::List(&self.rows)
        };
        let values = match &self.values {
            StoredValues::I64(values) => Values::I64(values),
            StoredValues::F64(values) => Values::F64(values),
            StoredValues::Bool(values) => Values::Bool(values),
            StoredValues::Str(dictionary, codes) => Values::Str { dictionary, codes },
        };
        let dead = (!self.dead.is_empty_set()).then_some(&self.dead);
        Chunk { rows, dead, values }
    }
}

fn as_i64(value: &Value) -> i64 {
    let Value::I64(value) = value else { panic!("{value:?}") };
    *value
}

fn as_f64(value: &Value) -> f64 {
    let Value::F64(value) = value else { panic!("{value:?}") };
    *value
}

fn as_byte(value: &Value) -> u8 {
    if *value == Value::Bool(true) { 7 } else { 0 }
}

/// Codes the texts, some of them out of the dictionary, which may have unused entries.
fn coded(texts: &[Value], random: &mut Random) -> StoredValues {
    let mut dictionary = vec!["unused".to_owned(); random.below(3) * 50];
    let mut codes = Vec::new();
    for text in texts {
        let Value::Str(text) = text else { panic!("{text:?}") };
        let at = dictionary.iter().position(|known| known == text).unwrap_or_else(|| {
            dictionary.push(text.clone());
            dictionary.len() - 1
        });
        codes.push(if random.one_in(10) { u32::MAX } else { u32::try_from(at).unwrap() });
    }
    StoredValues::Str(Dictionary(dictionary), codes)
}

impl Columns for Table {
    type Error = PredicateError;

    fn rows(&self) -> u64 {
        self.rows.len() as u64
    }

    fn live(&self) -> Result<Bitmap, PredicateError> {
        Ok(self.rows_that(|row| row.live))
    }

    fn attribute_type(&self, name: &str) -> Option<AttributeType> {
        ATTRIBUTES.iter().find(|(known, _)| *known == name).map(|&(_, of)| of)
    }

    fn attribute_names(&self) -> Vec<String> {
        ATTRIBUTES.iter().map(|&(name, _)| name.to_owned()).collect()
    }

    fn for_each_chunk(
        &self,
        name: &str,
        f: &mut dyn FnMut(Chunk<'_>) -> Result<(), PredicateError>,
    ) -> Result<(), PredicateError> {
        self.columns.get(name).into_iter().flatten().try_for_each(|stored| f(stored.chunk()))
    }

    fn for_each_key(&self, f: &mut dyn FnMut(u64, &str)) -> Result<(), PredicateError> {
        (0..).zip(&self.rows).for_each(|(n, row)| f(n, &row.key));
        Ok(())
    }

    fn row_of_key(&self, key: &str) -> Result<Option<u64>, PredicateError> {
        let found = self.rows.iter().position(|row| row.key == key);
        Ok(found.map(|n| n as u64))
    }

    fn has_field(&self, field: &str) -> Result<Result<Bitmap, String>, PredicateError> {
        Ok(match field {
            "regions" => Ok(self.rows_that(|row| row.has_field)),
            other => Err(format!("no field {other:?}, known are: regions")),
        })
    }

    fn has_region(
        &self,
        field: Option<&str>,
        region: &str,
    ) -> Result<Result<Bitmap, String>, PredicateError> {
        Ok(match (field, region) {
            (None | Some("regions"), region) if REGIONS.contains(&region) => {
                Ok(self.rows_that(|row| row.regions.contains(region)))
            }
            _ => Err(format!("no region {region:?}")),
        })
    }
}

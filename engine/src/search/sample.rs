//! Random containers for tests, with the plain values beside them.

use std::collections::BTreeMap;
use std::sync::Arc;

use half::f16;

use super::kernels::{Kernel, Row, Tier};
use super::similarity::{Metric, Scorer};
use crate::container::encode::{Encoded, KeysInput, RegionEntry, RegionsInput, VectorInput};
use crate::container::state::State;
use crate::container::writer::{Batch, Durability, Writer};
use crate::format::bitmap::Bitmap;
use crate::format::ops::Op;
use crate::format::schema::{
    COLUMN_FIRST, COLUMN_KEYS, DefaultMetric, Dtype, FieldDef, FieldKind, Provenance, Schema,
};
use crate::format::space::Space;
use crate::storage::{MemoryStorage, Storage};

const REGIONS: u32 = COLUMN_FIRST;
const VECTORS: u32 = COLUMN_FIRST + 1;

/// The regions of one image: feature by region.
pub(super) type Features = BTreeMap<u16, Vec<f32>>;

/// Deterministic random numbers (`SplitMix64`: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number
/// Generators", OOPSLA 2014).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// From `VESALIUS_SEED`, or a fixed default; prints it.
    pub(crate) fn from_env() -> Self {
        let seed = std::env::var("VESALIUS_SEED").ok().and_then(|s| s.parse().ok());
        let seed = seed.unwrap_or(0x5ea6_0001);
        println!("VESALIUS_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `n`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// A feature: often of few distinct values, so that scores tie; sometimes zero.
    pub(crate) fn feature(&mut self, dim: u32) -> Vec<f32> {
        let coarse = !self.one_in(3);
        let zero = self.one_in(12);
        let value = |random: &mut Self| match (zero, coarse) {
            (true, _) => 0.0,
            (_, true) => random.below(3) as f32 - 1.0,
            _ => f16::from_f32(random.below(4001) as f32 / 1000.0 - 2.0).to_f32(),
        };
        (0..dim).map(|_| value(self)).collect()
    }

    /// Features `[count, dim]`.
    pub(crate) fn features(&mut self, count: usize, dim: usize) -> Vec<f32> {
        let dim = u32::try_from(dim).unwrap();
        (0..count).flat_map(|_| self.feature(dim)).collect()
    }

    pub(crate) fn bitmap(&mut self, len: u64, one_in: u64) -> Bitmap {
        let mut bitmap = Bitmap::new(len);
        (0..len).filter(|_| self.one_in(one_in)).for_each(|row| bitmap.set(row));
        bitmap
    }
}

/// A container with a regions field and a vector field, and what a reader should see in it.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) state: State,
    pub(super) regions: FieldDef,
    pub(super) vectors: FieldDef,
    /// Live rows of the regions field.
    pub(super) images: BTreeMap<u64, Features>,
    /// Live rows of the vector field.
    pub(super) flat: BTreeMap<u64, Vec<f32>>,
    writer: Writer,
    live: Vec<u64>,
}

impl Sample {
    /// An empty container of `count` regions.
    pub(super) fn empty(dtype: Dtype, dim: u32, count: usize) -> Self {
        let def = |column, kind, name: &str| FieldDef {
            column,
            name: name.into(),
            kind,
            dtype,
            metric: DefaultMetric::Cosine,
            normalized: false,
            dim,
            grid: [0; 3],
            regions: Vec::new(),
            provenance: Provenance::default(),
        };
        let names = (0..count).map(|i| format!("r{i}")).collect();
        let regions = FieldDef { regions: names, ..def(REGIONS, FieldKind::Regions, "organs") };
        let vectors = def(VECTORS, FieldKind::Vector, "global");
        let schema =
            Schema { fields: vec![regions.clone(), vectors.clone()], attributes: Vec::new() };
        let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
        let writer = Writer::create(&storage, &Space::default(), schema, String::new()).unwrap();
        let (images, flat) = (BTreeMap::new(), BTreeMap::new());
        let state = writer.state().clone();
        Self { state, regions, vectors, images, flat, writer, live: Vec::new() }
    }

    /// A container grown by random commits: new images, overwritten values, deletions, checkpoints.
    pub(super) fn random(random: &mut Random, dtype: Dtype, dim: u32, count: u16) -> Self {
        let mut sample = Self::empty(dtype, dim, usize::from(count));
        // A checkpoint joins row groups; those of the commits after it stay apart.
        for number in 0..9 {
            sample.step(random, dim, count);
            if number == 4 {
                sample.writer.checkpoint().unwrap();
            }
        }
        sample.state = sample.writer.state().clone();
        sample
    }

    fn step(&mut self, random: &mut Random, dim: u32, count: u16) {
        let first = self.writer.state().next_row;
        let fresh: Vec<u64> = (first..first + random.below(100)).collect();
        let mut touched: Vec<u64> =
            self.live.iter().copied().filter(|_| random.one_in(9)).chain(fresh.clone()).collect();
        touched.retain(|_| !random.one_in(10));
        let mut images = BTreeMap::new();
        let mut flat = BTreeMap::new();
        for row in touched {
            let mut features = Features::new();
            for region in 0..count {
                if random.below(u64::from(count)) >= u64::from(region) {
                    features.insert(region, random.feature(dim));
                }
            }
            if random.one_in(20) {
                features.clear();
            }
            images.insert(row, features);
            flat.insert(row, random.feature(dim));
        }
        self.commit(&fresh, images, flat);
        let dead = self.live.iter().copied().filter(|_| random.one_in(25)).collect();
        self.delete(dead);
    }

    /// Adds images and values.
    pub(super) fn commit(
        &mut self,
        fresh: &[u64],
        images: BTreeMap<u64, Features>,
        flat: BTreeMap<u64, Vec<f32>>,
    ) {
        let mut batch = Batch::default();
        if !fresh.is_empty() {
            batch.groups.push((COLUMN_KEYS, keys(fresh)));
        }
        if !images.is_empty() {
            batch.groups.push((REGIONS, regions(&images, &self.regions)));
        }
        if !flat.is_empty() {
            batch.groups.push((VECTORS, vectors(&flat, &self.vectors)));
        }
        self.writer.commit(batch, Durability::Deferred).unwrap();
        self.live.extend(fresh);
        self.images.extend(images);
        self.flat.extend(flat);
        self.state = self.writer.state().clone();
    }

    fn delete(&mut self, rows: Vec<u64>) {
        for row in &rows {
            self.images.remove(row);
            self.flat.remove(row);
        }
        self.live.retain(|row| !rows.contains(row));
        let before = vec![Op::DeleteRows(rows)];
        let batch = Batch { before, ..Batch::default() };
        self.writer.commit(batch, Durability::Deferred).unwrap();
    }
}

fn keys(rows: &[u64]) -> Encoded {
    let texts: Vec<String> = rows.iter().map(|row| format!("image-{row}")).collect();
    let keys = texts.iter().map(String::as_str).collect();
    KeysInput { rows: rows.to_vec(), keys, spaces: vec![0; rows.len()] }.encode().unwrap()
}

/// The bytes of a feature as stored.
pub(super) fn stored(feature: &[f32], dtype: Dtype) -> Vec<u8> {
    match dtype {
        Dtype::F32 => feature.iter().flat_map(|value| value.to_le_bytes()).collect(),
        Dtype::F16 => feature.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect(),
    }
}

fn regions(images: &BTreeMap<u64, Features>, field: &FieldDef) -> Encoded {
    let bytes: Vec<Vec<(u16, Vec<u8>)>> = images
        .values()
        .map(|image| image.iter().map(|(r, f)| (*r, stored(f, field.dtype))).collect())
        .collect();
    let mut ends = Vec::new();
    let mut entries = Vec::new();
    for image in &bytes {
        entries.extend(image.iter().map(|(region, feature)| RegionEntry {
            region: *region,
            feature,
            bbox: None,
            score: None,
        }));
        ends.push(entries.len());
    }
    let rows = images.keys().copied().collect();
    RegionsInput { rows, ends, entries, dim: field.dim, dtype: field.dtype }.encode().unwrap()
}

fn vectors(flat: &BTreeMap<u64, Vec<f32>>, field: &FieldDef) -> Encoded {
    let bytes: Vec<Vec<u8>> = flat.values().map(|f| stored(f, field.dtype)).collect();
    let features = bytes.iter().map(Vec::as_slice).collect();
    let rows = flat.keys().copied().collect();
    VectorInput { rows, features, dim: field.dim, dtype: field.dtype }.encode().unwrap()
}

/// The score of two features by the portable kernel, one pair at a time.
pub(super) fn plain_score(metric: Metric, query: &[f32], feature: &[f32]) -> f32 {
    let kernel = Kernel::with_tier(Tier::Portable).unwrap();
    Scorer::new(metric, kernel, query).score(Row::F32(feature)).unwrap()
}

/// The k best of scored rows: sort them all.
pub(super) fn plain_top(metric: Metric, mut all: Vec<(u64, f32)>, k: usize) -> Vec<(u64, f32)> {
    all.sort_by(|a, b| {
        let order = metric.best().compare(a.1, b.1).unwrap();
        order.then(a.0.cmp(&b.0))
    });
    all.truncate(k);
    all
}

/// Every way of running a search that must make no difference.
pub(super) fn ways() -> impl Iterator<Item = (usize, Tier)> {
    let tiers = Tier::available();
    (1..=4).flat_map(move |threads| tiers.clone().into_iter().map(move |tier| (threads, tier)))
}

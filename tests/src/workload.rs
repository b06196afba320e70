//! Seeded random workloads that run on a container and on its model at once.

use vesalius::storage::sim::SplitMix64;
use vesalius::{
    AttributeType, CompactOptions, Cursor, Database, Definition, Dtype, Durability, Field,
    PromptSet, RegionValue, Result, WriteTxn,
};

use crate::model::{Model, ModelImage, value_text};
use crate::workload_indexes::{self, IndexStep};
use crate::workload_masks;

/// Dimension of the features of workloads.
pub const DIM: usize = 8;
const REGIONS: u16 = 5;

/// Workloads of this seed and above also write tokens and prompt sets.
pub const BULK_SEEDS: u64 = 1_000_000;

/// Workloads of this seed and above also write masks.
pub const MASK_SEEDS: u64 = 2_000_000;

/// Workloads of this seed and above write no tokens, prompt sets and masks, but more features, and build and drop
/// indexes of them.
pub const INDEX_SEEDS: u64 = 3_000_000;

/// A seed of each kind of workload.
pub fn kinds(seed: u64) -> [u64; 4] {
    [seed, BULK_SEEDS + seed, MASK_SEEDS + seed, INDEX_SEEDS + seed]
}

/// What the containers of a workload hold.
pub fn definition(seed: u64) -> Definition {
    let plain = plain();
    if !(BULK_SEEDS..INDEX_SEEDS).contains(&seed) {
        return plain;
    }
    let plain = if seed < MASK_SEEDS {
        plain
    } else {
        plain.space(workload_masks::space()).field(Field::masks("masks"))
    };
    plain
        .field(Field::tokens("patches", [0, 2, 3], DIM))
        .field(Field::tokens("sequence", [0, 0, 0], DIM).dtype(Dtype::F32))
}

fn plain() -> Definition {
    Definition::new()
        .attribute("split", AttributeType::Text)
        .attribute("age", AttributeType::I64)
        .attribute("ratio", AttributeType::F64)
        .attribute("good", AttributeType::Bool)
        .field(Field::regions("regions", DIM, (0..REGIONS).map(|i| format!("region {i}"))))
        .field(Field::vector("vector", DIM).dtype(Dtype::F16))
}

/// A step of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A transaction committed with this durability.
    Commit(Durability),
    /// A transaction dropped.
    Abort,
    /// A checkpoint.
    Checkpoint,
    /// A compaction.
    Compact {
        /// With overwriting.
        secure: bool,
    },
    /// Close and open again.
    Reopen,
    /// An index is built, or indexes are dropped.
    Index(IndexStep),
}

/// A workload under way.
#[derive(Debug)]
pub struct Workload {
    rng: SplitMix64,
    /// What the container must hold now.
    pub model: Model,
    counter: u64,
    bulk: bool,
    masks: bool,
    indexes: bool,
}

impl Workload {
    /// A workload of a seed.
    pub fn new(seed: u64) -> Self {
        let bulk = (BULK_SEEDS..INDEX_SEEDS).contains(&seed);
        let masks = (MASK_SEEDS..INDEX_SEEDS).contains(&seed);
        let (rng, indexes) = (SplitMix64::new(seed), seed >= INDEX_SEEDS);
        Self { rng, model: Model::default(), counter: 0, bulk, masks, indexes }
    }

    /// Chooses the next step.
    pub fn next_step(&mut self) -> Step {
        if self.indexes && self.rng.chance(25) {
            return Step::Index(workload_indexes::next(&mut self.rng));
        }
        match self.rng.below(20) {
            0 => Step::Checkpoint,
            1 => Step::Compact { secure: self.rng.chance(50) },
            2 => Step::Reopen,
            3 => Step::Abort,
            4..=7 => Step::Commit(Durability::Deferred),
            _ => Step::Commit(Durability::Immediate),
        }
    }

    /// Fills a transaction with random operations and returns the model after it.
    pub fn fill(&mut self, txn: &mut WriteTxn<'_>) -> Result<Model> {
        let mut model = self.model.clone();
        let most = if self.indexes { 30 } else { 4 };
        for _ in 0..=self.rng.below(most) {
            self.operation(txn, &mut model)?;
        }
        self.counter += 1;
        if self.rng.chance(50) {
            let position = self.counter;
            let (ingest, split) = ("ingest".to_owned(), format!("s{}", self.rng.below(2)));
            model.cursors.insert((ingest.clone(), split.clone()), position);
            txn.set_cursor(Cursor { ingest, split, position, fingerprint: "f".into() })?;
        }
        if self.rng.chance(5) {
            model.metadata = format!("{{\"n\":{}}}", self.counter);
            txn.set_metadata(&model.metadata)?;
        }
        Ok(model)
    }

    fn operation(&mut self, txn: &mut WriteTxn<'_>, model: &mut Model) -> Result<()> {
        if self.bulk && self.rng.chance(20) {
            return self.prompt_set(txn, model);
        }
        let images = if self.indexes { 90 } else { 24 };
        let key = format!("image-{}", self.rng.below(images));
        if self.rng.chance(20) {
            let there = model.images.remove(&key).is_some();
            assert_eq!(txn.delete(&key)?, there, "delete of {key}");
            return Ok(());
        }
        if self.rng.chance(10) {
            model.images.remove(&key);
            txn.delete(&key)?;
        }
        let image = model.images.entry(key.clone()).or_default();
        let mut writer = txn.upsert(&key)?;
        for _ in 0..=self.rng.below(4) {
            writer = self.change(writer, image)?;
        }
        image.masks.retain(|_, segments| !segments.is_empty());
        Ok(())
    }

    fn prompt_set(&mut self, txn: &mut WriteTxn<'_>, model: &mut Model) -> Result<()> {
        let name = format!("set {}", self.rng.below(3));
        if self.rng.chance(30) {
            let there = model.prompt_sets.remove(&name).is_some();
            assert_eq!(txn.delete_prompt_set(&name)?, there, "delete of {name}");
            return Ok(());
        }
        let count = 1 + self.rng.below(3);
        let texts: Vec<String> = (0..count).map(|i| format!("text {i} {}", self.counter)).collect();
        let features: Vec<f32> = (0..count).flat_map(|_| self.feature()).collect();
        let tokens: Vec<f32> =
            (0..count * self.rng.below(3)).flat_map(|_| self.feature()).collect();
        let bits = features.iter().chain(&tokens).map(|v| v.to_bits()).collect();
        model.prompt_sets.insert(name.clone(), (texts.clone(), bits));
        let set = PromptSet::new(&name, texts, DIM).features(features).tokens(tokens);
        txn.set_prompt_set(&set.field("vector"))
    }

    fn change_bulk<'t, 'db>(
        &mut self,
        writer: vesalius::ImageWriter<'t, 'db>,
        image: &mut ModelImage,
    ) -> Result<vesalius::ImageWriter<'t, 'db>> {
        let name = if self.rng.chance(50) { "patches" } else { "sequence" };
        if self.rng.chance(20) {
            image.vectors.remove(name);
            return writer.clear(name);
        }
        // Now and then a tensor of two blocks, with a checksum table.
        let count = match (name, self.rng.below(20)) {
            ("patches", _) => 6,
            (_, 0) => 2100,
            (_, n) => n % 4,
        };
        let values: Vec<f32> = (0..count).flat_map(|_| self.feature()).collect();
        image.vectors.insert(name.into(), values.iter().map(|v| v.to_bits()).collect());
        writer.tokens(name, &values[..])
    }

    fn change<'t, 'db>(
        &mut self,
        writer: vesalius::ImageWriter<'t, 'db>,
        image: &mut ModelImage,
    ) -> Result<vesalius::ImageWriter<'t, 'db>> {
        if self.masks && self.rng.chance(50) {
            return workload_masks::change(&mut self.rng, writer, image);
        }
        if self.bulk && self.rng.chance(40) {
            return self.change_bulk(writer, image);
        }
        let n = self.rng.below(1000) as u64;
        let mut set = |name: &str, value: vesalius::Value| {
            image.attributes.insert(name.to_owned(), value_text(&value));
            value
        };
        // Where there are indexes, most of what is written is of concern to them.
        let kind = if self.indexes && self.rng.chance(70) { 7 } else { 0 };
        match kind + self.rng.below(9 - kind) {
            0 => writer.attribute("split", set("split", format!("s{}", n % 3).into())),
            1 => writer.attribute("age", set("age", (i64::try_from(n).unwrap_or(0) - 500).into())),
            2 => writer.attribute("ratio", set("ratio", (n as f64 / 7.0).into())),
            3 => writer.attribute("good", set("good", n.is_multiple_of(2).into())),
            4 => {
                let json = format!("{{\"note\":\"{n}\"}}");
                image.metadata = Some(json.clone());
                writer.metadata(&json)
            }
            5 => {
                image.attributes.remove("age");
                writer.clear("age")
            }
            6 => {
                image.regions.remove("regions");
                writer.clear("regions")
            }
            7 => {
                let feature = self.feature();
                image
                    .vectors
                    .insert("vector".into(), feature.iter().map(|v| v.to_bits()).collect());
                writer.vector("vector", &feature)
            }
            _ => self.set_regions(writer, image),
        }
    }

    fn set_regions<'t, 'db>(
        &mut self,
        writer: vesalius::ImageWriter<'t, 'db>,
        image: &mut ModelImage,
    ) -> Result<vesalius::ImageWriter<'t, 'db>> {
        let mut features = Vec::new();
        for region in 0..REGIONS {
            if self.rng.chance(60) {
                let bbox = self.rng.chance(50).then_some([0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
                let score = self.rng.chance(50).then_some(0.5);
                features.push((region, self.feature(), bbox, score));
            }
        }
        let values: Vec<RegionValue<'_>> = features
            .iter()
            .rev()
            .map(|(region, feature, bbox, score)| RegionValue {
                bbox: *bbox,
                score: *score,
                ..RegionValue::new(*region, feature)
            })
            .collect();
        let stored = features.iter().map(|(region, feature, bbox, score)| {
            let bits = feature.iter().map(|v| v.to_bits()).collect();
            (*region, (bits, bbox.map(|b| b.map(f32::to_bits)), score.map(f32::to_bits)))
        });
        image.regions.insert("regions".into(), stored.collect());
        writer.regions("regions", &values)
    }

    /// A feature whose values are exact in f16.
    fn feature(&mut self) -> Vec<f32> {
        (0..DIM).map(|_| (self.rng.below(2000) as f32 - 1000.0) / 8.0).collect()
    }
}

/// Runs a step that is not a transaction.
pub fn maintain(db: &Database, step: Step) -> Result<()> {
    match step {
        Step::Checkpoint => db.checkpoint(),
        Step::Compact { secure } => {
            let options = CompactOptions::new();
            let options = if secure { options.secure() } else { options };
            db.compact(options, &mut |_, _| true)
        }
        Step::Index(step) => workload_indexes::apply(db, step),
        _ => Ok(()),
    }
}

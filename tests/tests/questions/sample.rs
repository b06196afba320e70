//! A container and what is in it.

use std::collections::BTreeMap;

use vesalius::storage::MemoryStorage;
use vesalius::{
    AttributeType, Database, Definition, Dtype, Field, PromptSet, Snapshot, texts_sha256,
};

/// Values of a feature.
pub(crate) const DIM: usize = 24;
/// The grid of the tokens.
pub(crate) const GRID: [u32; 3] = [2, 3, 4];
/// Tokens of an image.
pub(crate) const TOKENS: usize = 24;
/// Concepts of a prompt set.
pub(crate) const CONCEPTS: usize = 5;
/// Token features of a text.
pub(crate) const WORDS: usize = 3;

/// What one image has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub(crate) key: String,
    pub(crate) odd: bool,
    pub(crate) vector: Option<Vec<f32>>,
    pub(crate) tokens: Option<Vec<f32>>,
}

/// Images by row, and prompts.
pub(crate) struct Sample {
    pub(crate) db: Database,
    pub(crate) cases: BTreeMap<u64, Case>,
    pub(crate) prompts: Vec<Vec<f32>>,
    pub(crate) words: Vec<f32>,
}

/// Numbers that are exact in f16, so that both types store the same.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new() -> Self {
        let given = std::env::var("VESALIUS_SEED").ok().and_then(|seed| seed.parse().ok());
        let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let seed = given.unwrap_or_else(|| clock.map_or(1, |now| u64::from(now.subsec_nanos())));
        println!("VESALIUS_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    pub(crate) fn values(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| (self.below(129) as f32 - 64.0) / 32.0).collect()
    }
}

pub(crate) fn texts() -> Vec<String> {
    (0..CONCEPTS).map(|k| format!("concept {k}")).collect()
}

impl Sample {
    pub(crate) fn new(random: &mut Random, dtype: Dtype) -> Self {
        let definition = Definition::new()
            .attribute("odd", AttributeType::Bool)
            .field(Field::vector("features", DIM).dtype(dtype))
            .field(Field::vector("others", DIM).dtype(dtype))
            .field(Field::tokens("patches", GRID, DIM).dtype(dtype));
        let db = Database::create_on(MemoryStorage::new(), definition).unwrap();
        let mut cases: BTreeMap<String, Case> = BTreeMap::new();
        for step in 0..30 {
            let mut txn = db.begin_write().unwrap();
            for n in 0..12 {
                let fresh = step < 10 || random.below(3) == 0;
                let n = if fresh { step * 12 + n } else { random.below(120) };
                let key = format!("case-{n}");
                if !fresh && random.below(4) == 0 {
                    let gone = cases.remove(&key).is_some();
                    assert_eq!(txn.delete(&key).unwrap(), gone);
                    continue;
                }
                let case = Case {
                    key: key.clone(),
                    odd: n % 2 == 1,
                    vector: (random.below(6) > 0).then(|| random.values(DIM)),
                    tokens: (random.below(4) > 0).then(|| random.values(DIM * TOKENS)),
                };
                let known = cases.get(&key).cloned().unwrap_or_default();
                let mut image = txn.upsert(&key).unwrap().attribute("odd", case.odd).unwrap();
                if let Some(vector) = &case.vector {
                    image = image.vector("features", vector).unwrap();
                }
                if let Some(tokens) = &case.tokens {
                    image.tokens("patches", &tokens[..]).unwrap();
                }
                // What an upsert does not name, stays.
                let vector = case.vector.clone().or(known.vector);
                let tokens = case.tokens.clone().or(known.tokens);
                cases.insert(key, Case { vector, tokens, ..case });
            }
            txn.commit().unwrap();
            if [9, 22].contains(&step) {
                db.checkpoint().unwrap();
            }
        }
        let (prompts, words) = Self::prompts(&db, random);
        let snapshot = db.snapshot().unwrap();
        let groups = snapshot.vectors("features").unwrap().len();
        assert!(groups > 1, "{groups} row groups test little");
        assert!(snapshot.vectors("features").unwrap().iter().any(|block| block.dead.is_some()));
        let row = |case: &Case| snapshot.image(&case.key).unwrap().row();
        let cases = cases.into_values().map(|case| (row(&case), case)).collect();
        Self { db, cases, prompts, words }
    }

    fn prompts(db: &Database, random: &mut Random) -> (Vec<Vec<f32>>, Vec<f32>) {
        let mut txn = db.begin_write().unwrap();
        let prompts: Vec<_> = (0..3).map(|_| random.values(CONCEPTS * DIM)).collect();
        let words = random.values(CONCEPTS * WORDS * DIM);
        for (n, features) in prompts.iter().enumerate() {
            let set = PromptSet::new(&format!("set-{n}"), texts(), DIM).features(features.clone());
            let set = set.field("features").logit_scale(2.5).logit_bias(-3.25);
            txn.set_prompt_set(&set).unwrap();
        }
        let free = PromptSet::new("free", texts(), DIM).features(prompts[0].clone());
        txn.set_prompt_set(&free.tokens(words.clone())).unwrap();
        let narrow = PromptSet::new("narrow", texts(), 2).features(vec![0.0; 2 * CONCEPTS]);
        txn.set_prompt_set(&narrow).unwrap();
        txn.commit().unwrap();
        let hash = db.snapshot().unwrap().prompt_set("free").unwrap().texts_sha256();
        assert_eq!(hash, texts_sha256(texts().iter().map(String::as_str)));
        (prompts, words)
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.db.snapshot().unwrap()
    }
}

/// The cosine in f64, the plain way.
pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let norms = dot(a, a).sqrt() * dot(b, b).sqrt();
    if norms > 0.0 { dot(a, b) / norms } else { 0.0 }
}

/// Whether two scores agree but for rounding.
pub(crate) fn close(a: f32, b: f64) -> bool {
    (f64::from(a) - b).abs() <= 1e-5 * (1.0 + b.abs())
}

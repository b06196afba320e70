//! Random small collections: what indexes find, in every way that there is, is what scoring every feature finds.
#![expect(clippy::indexing_slicing, reason = "a test stops where it fails")]

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use vesalius::storage::MemoryStorage;
use vesalius::storage::sim::SplitMix64;
use vesalius::{
    Bitmap, CompactOptions, Database, DefaultMetric, Definition, Dtype, Effort, Error, Field,
    Found, IndexOptions, Metric, RegionValue, Result, ScoredRow, SearchOptions, Snapshot, Tier,
};

use crate::indexes::{by_codes, search};

/// Sizes of values.
const SCALES: [f32; 10] = [1.0, 1.0, 1.0, 1e-3, 1e3, 1e-9, 1e-20, 1e-42, 1e9, 1e25];

/// What a run of cases came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    /// Cases.
    pub cases: u64,
    /// Of these, such that found something else.
    pub wrong: u64,
}

/// Runs the cases of these seeds on all cores; says of each that fails how to run it again.
pub fn run(first: u64, count: u64) -> Outcome {
    let (next, wrong) = (AtomicU64::new(0), AtomicU64::new(0));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let seed = first.wrapping_add(number);
                    let outcome = catch_unwind(AssertUnwindSafe(|| case(seed)));
                    let said = match outcome {
                        Ok(Ok(())) => continue,
                        Ok(Err(error)) => error.to_string(),
                        Err(_) => "a panic".into(),
                    };
                    eprintln!("VESALIUS_SEED={seed} VESALIUS_CASES=1: {said}");
                    wrong.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    Outcome { cases: count, wrong: wrong.into_inner() }
}

/// A collection under way.
struct Case {
    rng: SplitMix64,
    db: Database,
    dim: usize,
    half: bool,
    regions: bool,
    scale: f32,
    shift: f32,
    /// Features that were written, to be copied and asked for.
    seen: Vec<Vec<f32>>,
}

/// One case: writes, builds, changes, and asks in between.
///
/// # Errors
///
/// Those of the engine; [`Error::Invalid`] where two ways disagree.
pub fn case(seed: u64) -> Result<()> {
    let mut case = Case::new(SplitMix64::new(seed))?;
    let count = 1 + case.rng.below(260);
    case.put(count, 400)?;
    case.build()?;
    case.ask()?;
    for _ in 0..case.rng.below(4) {
        case.change()?;
    }
    case.ask()
}

impl Case {
    fn new(mut rng: SplitMix64) -> Result<Self> {
        let most = if rng.chance(80) { 40 } else { 300 };
        let (dim, half, regions) = (1 + rng.below(most), rng.chance(50), rng.chance(40));
        let dtype = if half { Dtype::F16 } else { Dtype::F32 };
        let field = if regions {
            Field::regions("field", dim, ["a", "b"])
        } else {
            Field::vector("field", dim)
        };
        let definition = Definition::new().field(field.dtype(dtype).metric(DefaultMetric::L2));
        let db = Database::create_on(MemoryStorage::new(), definition)?;
        let scale = SCALES[rng.below(SCALES.len())];
        let shift = if rng.chance(30) { 3.0 } else { 0.0 };
        Ok(Self { rng, db, dim, half, regions, scale, shift, seen: Vec::new() })
    }

    /// New images and replaced ones.
    fn put(&mut self, count: usize, keys: usize) -> Result<()> {
        let db = self.db.clone();
        let mut txn = db.begin_write()?;
        for _ in 0..count {
            let key = format!("{}", self.rng.below(keys));
            let feature = self.feature();
            let image = txn.upsert(&key)?;
            if self.regions {
                let other = self.feature();
                let all = [RegionValue::new("a", &feature), RegionValue::new("b", &other)];
                let skip = self.rng.below(4).min(2);
                image.regions("field", all.get(skip % 2..).unwrap_or(&all))?;
            } else {
                image.vector("field", &feature)?;
            }
        }
        txn.commit()
    }

    /// A feature, often like another one: the same, a bit beside it, or longer.
    fn feature(&mut self) -> Vec<f32> {
        let mut feature: Vec<f32> = match (self.rng.below(8), self.seen.len()) {
            (0..3, len @ 1..) => self.seen[self.rng.below(len)].clone(),
            (3, _) => vec![0.0; self.dim],
            (4, _) => self.values(5),
            _ => self.values(4001),
        };
        match self.rng.below(40) {
            0 => feature[0] *= 1e6,
            1 => feature.iter_mut().for_each(|value| *value *= 3.0),
            2 => feature[self.dim / 2] = f32::MAX,
            3..9 => {
                let place = self.rng.below(self.dim);
                feature[place] = feature[place].next_up();
            }
            _ => {}
        }
        let most = if self.half { 65504.0 } else { f32::MAX };
        for value in &mut feature {
            *value = value.clamp(-most, most);
        }
        self.seen.push(feature.clone());
        feature
    }

    fn values(&mut self, steps: usize) -> Vec<f32> {
        let (half, scale, shift) = (steps / 2, self.scale, self.shift);
        let rng = &mut self.rng;
        let value = |_| (rng.below(steps) as f32 - half as f32) / half as f32;
        (0..self.dim).map(value).map(|value| (value + shift) * scale).collect()
    }

    fn build(&mut self) -> Result<()> {
        self.db.build_index("field", &IndexOptions::exact(), &mut |_, _| true)?;
        for metric in Metric::ALL {
            if !self.rng.chance(50) {
                continue;
            }
            let lists = 1 + self.rng.below(6);
            let options = IndexOptions::approximate().lists(lists).metric(metric).threads(1);
            let options = if self.regions { options.region("a") } else { options };
            match self.db.build_index("field", &options, &mut |_, _| true) {
                // No image may have the region.
                Ok(()) | Err(Error::Invalid(_)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    fn change(&mut self) -> Result<()> {
        match self.rng.below(5) {
            0 | 1 => {
                let count = 1 + self.rng.below(90);
                self.put(count, 500)
            }
            2 => {
                let mut txn = self.db.begin_write()?;
                for _ in 0..self.rng.below(200) {
                    txn.delete(&format!("{}", self.rng.below(500)))?;
                }
                txn.commit()
            }
            3 => self.db.checkpoint(),
            _ => self.db.compact(CompactOptions::new(), &mut |_, _| true),
        }
    }

    fn ask(&mut self) -> Result<()> {
        let report = self.db.verify(&mut |_, _| true)?;
        if let Some(problem) = report.problems.first() {
            return Err(Error::Invalid(format!("verification: {problem}")));
        }
        let snapshot = self.db.snapshot()?;
        let rows = snapshot.rows()?;
        let mut filter = Bitmap::new(rows.len());
        let one_in = [1, 2, 9][self.rng.below(3)];
        (0..rows.len()).filter(|_| self.rng.below(one_in) == 0).for_each(|row| filter.set(row));
        for metric in Metric::ALL {
            let queries = [self.query(), self.query()];
            let plain = SearchOptions {
                k: [0, 1, 3, 10, 1000][self.rng.below(5)],
                filter: self.rng.chance(40).then_some(&filter),
                metric: Some(metric),
                codes: false,
                threads: 1 + self.rng.below(2),
                tier: Tier::available().get(self.rng.below(5)).copied(),
                ..SearchOptions::default()
            };
            let plain = SearchOptions {
                threshold: self.threshold(&snapshot, &queries[0], &plain)?,
                ..plain
            };
            self.ways(&snapshot, &queries, &plain)?;
        }
        Ok(())
    }

    /// A query: a feature of its own, one that is there, or one near to it.
    fn query(&mut self) -> Vec<f32> {
        match (self.rng.below(3), self.seen.len()) {
            (0, _) | (_, 0) => self.values(4001),
            (_, len) => self.seen[self.rng.below(len)].clone(),
        }
    }

    /// None, often a score that a feature has, so that some lie on it, or any.
    fn threshold(
        &mut self,
        snapshot: &Snapshot,
        query: &[f32],
        plain: &SearchOptions<'_>,
    ) -> Result<Option<f32>> {
        Ok(match self.rng.below(4) {
            0 => Some(self.rng.below(300) as f32 / 100.0 - 1.5),
            1 => {
                let all = SearchOptions { k: 1000, ..*plain };
                let hits = search(snapshot, "field", self.region(), query, &all)?.hits;
                hits.get(self.rng.below(hits.len().max(1))).map(|hit| hit.score)
            }
            _ => None,
        })
    }

    fn region(&self) -> Option<u16> {
        self.regions.then_some(0)
    }

    /// Every way to ask the same.
    fn ways(
        &self,
        snapshot: &Snapshot,
        queries: &[Vec<f32>],
        plain: &SearchOptions<'_>,
    ) -> Result<()> {
        let region = self.region();
        let batch_region = || region.map(Into::into);
        let coded = snapshot.search_batch(
            "field",
            batch_region(),
            queries,
            &by_codes(*plain),
            &mut |_, _| true,
        )?;
        let scored =
            snapshot.search_batch("field", batch_region(), queries, plain, &mut |_, _| true)?;
        for (query, (coded, scored)) in queries.iter().zip(coded.iter().zip(&scored)) {
            let want = search(snapshot, "field", region, query, plain)?;
            let one = search(snapshot, "field", region, query, &by_codes(*plain))?;
            for (way, got) in [("codes", &one), ("batch by codes", coded), ("batch", scored)] {
                self.compare(way, plain, &want, got)?;
            }
            let all = plain.approximate(Effort::All);
            let mut listed = search(snapshot, "field", region, query, &all)?;
            // Lists do not count what they rule out.
            listed.matched = want.matched;
            self.compare("lists", plain, &want, &listed)?;
            if region.is_none() {
                self.stream(snapshot, query, plain)?;
            }
        }
        Ok(())
    }

    /// All that reach the threshold, handed out one by one.
    fn stream(&self, snapshot: &Snapshot, query: &[f32], plain: &SearchOptions<'_>) -> Result<()> {
        let want = search(snapshot, "field", None, query, &SearchOptions { k: 2000, ..*plain })?;
        let mut hits = Vec::new();
        let matched = snapshot.search_vector_each("field", query, &by_codes(*plain), |hit| {
            hits.push(hit);
            Ok(())
        })?;
        let metric = plain.metric.unwrap_or(Metric::L2);
        let best = |a: &ScoredRow, b: &ScoredRow| {
            let scores = if metric.better(a.score, b.score) {
                std::cmp::Ordering::Less
            } else if metric.better(b.score, a.score) {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            };
            scores.then(a.row.cmp(&b.row))
        };
        hits.sort_by(best);
        self.compare("stream", plain, &want, &Found { hits, matched })
    }

    fn compare(
        &self,
        way: &str,
        plain: &SearchOptions<'_>,
        want: &Found<ScoredRow>,
        got: &Found<ScoredRow>,
    ) -> Result<()> {
        let same = want.matched == got.matched
            && want.hits.len() == got.hits.len()
            && want.hits.iter().zip(&got.hits).all(|(want, got)| {
                // A zero is a zero.
                want.row == got.row && (want.score + 0.0).to_bits() == (got.score + 0.0).to_bits()
            });
        if same {
            return Ok(());
        }
        let mut text = format!("{way}: dim {} f16 {} {plain:?}: ", self.dim, self.half);
        let first = want.hits.iter().zip(&got.hits).position(|(want, got)| want != got);
        let first = first.unwrap_or(want.hits.len().min(got.hits.len()));
        let (a, b) = (want.hits.get(first), got.hits.get(first));
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "hit {first} is {b:?}, not {a:?}; {} matched, not {}",
            got.matched, want.matched
        );
        Err(Error::Invalid(text))
    }
}

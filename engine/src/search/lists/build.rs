//! Building lists.

use super::super::kernels::Kernel;
use super::super::kernels::bits::{PackRoom, ROWS, groups, pack_row};
use super::super::kmeans::{self, Draw, Progress};
use super::super::parallel;
use super::super::rotation::Rotation;
use super::super::similarity::Metric;
use super::coarse::{Centroids, Coarse, RankRoom};
use super::ready::{Ready, squared};
use super::sections::{Head, LISTS_MAX, Sections};
use super::{RowSource, calibrate, encode, train};
use crate::error::{Error, Result};
use parking_lot::Mutex;

/// The seed of the rotation.
const SEED: u64 = 0x5665_7361_6c69_7573;
/// Rows of a list that are aimed at.
const ROWS_OF_LIST: u32 = 104;
/// Most lists by default.
const LISTS_USUAL: usize = 8192;
/// Share of the clusters that move in a round of k-means.
const MOVES: f32 = 0.1;
/// Rows of the sample for each list.
const SAMPLE_OF_LIST: usize = 48;
/// Rows that the mean is taken of.
const SAMPLE_OF_MEAN: usize = 16_384;
/// Rows between two calls of the progress function.
const ROWS_AT_ONCE: u32 = 1 << 16;
/// Rows of a task.
const ROWS_OF_TASK: u32 = 256;
/// Lists of a task.
const LISTS_OF_TASK: usize = 8;

/// What a build may be told.
#[derive(Clone, Copy, Debug)]
pub struct Params {
    /// The metric that the lists will serve.
    pub metric: Metric,
    /// Number of lists; 0 leaves it to the engine: about one for 104 rows.
    pub lists: usize,
    /// Rounds of k-means.
    pub rounds: usize,
    /// Where the random numbers start.
    pub seed: u64,
    /// Threads; 0 leaves it to the engine. The outcome is the same.
    pub threads: usize,
    /// The kernels. The outcome is the same.
    pub kernel: Kernel,
}

impl Params {
    /// The usual ones.
    pub fn new(metric: Metric) -> Self {
        Self { metric, lists: 0, rounds: 6, seed: 1, threads: 0, kernel: Kernel::best() }
    }
}

/// The parts that all rows need.
struct Frame<'a, S: ?Sized> {
    source: &'a S,
    params: &'a Params,
    rotation: Rotation,
    centre: Vec<f32>,
}

/// Builds lists of the rows of a source: the sections of an index, see
/// [`ListsView::new`](super::ListsView::new).
///
/// Reads each row about twice, in any order. Memory: the index, and 40 turned rows of f32 a list.
///
/// Errors: [`Error::Invalid`] for a source without rows, [`Error::Cancelled`],
/// [`Error::OutOfMemory`].
pub fn build<S: RowSource + ?Sized>(
    source: &S,
    params: &Params,
    progress: Progress<'_>,
) -> Result<Vec<Vec<u8>>> {
    let live: Vec<u32> = (0..source.count()).filter(|row| source.row(*row).is_some()).collect();
    if live.is_empty() || source.dim() == 0 {
        return Err(Error::Invalid("there are no rows to build lists of".into()));
    }
    let lists = match params.lists {
        0 => (live.len() / ROWS_OF_LIST as usize).clamp(1, LISTS_USUAL),
        some => some.min(LISTS_MAX),
    };
    let lists = lists.min(live.len());
    let steps = params.rounds as u64 + 1;
    let total = steps + 2 * u64::from(source.count().div_ceil(ROWS_AT_ONCE)) + 2;
    let rotation = Rotation::new(source.dim(), SEED);
    let mut frame = Frame { source, params, rotation, centre: Vec::new() };
    let mut draw = Draw::new(params.seed);
    frame.centre = frame.mean(&mut draw, &live);
    let (sample, sampled) = frame.sample(&mut draw, &live, lists)?;
    let padded = frame.rotation.padded();
    let settings = kmeans::Params {
        rounds: params.rounds,
        seed: params.seed,
        careful: false,
        moves: MOVES,
        threads: params.threads,
        kernel: params.kernel,
        clusters: lists,
    };
    let mut part = |done: u64, _: u64| progress(done, total);
    let clusters = train::train(&sample, padded, &settings, &mut part)?;
    drop(sample);
    let queries = calibrate::queries(&mut draw, &live, &sampled);
    let centroids = Centroids::new(params.kernel, &clusters.centroids, padded);
    let coarse = centroids.view();
    let mut done = steps;
    let mut assignment = Vec::with_capacity(source.count() as usize);
    for start in (0..source.count()).step_by(ROWS_AT_ONCE as usize) {
        let end = start.saturating_add(ROWS_AT_ONCE).min(source.count());
        assignment.extend(frame.assign(&coarse, start, end)?);
        done += 1;
        if !progress(done, total) {
            return Err(Error::Cancelled);
        }
    }
    let mut sections = frame.encode(&coarse, &assignment)?;
    done += total.saturating_sub(done) / 2;
    if !progress(done, total) {
        return Err(Error::Cancelled);
    }
    sections.centre = frame.centre;
    sections.bytes = centroids.bytes;
    sections.scales = centroids.scales;
    sections.coarse_codes = centroids.codes;
    sections.coarse_facts = centroids.facts;
    let head = Head {
        dim: source.dim(),
        lists: sections.counts.len(),
        blocks: sections.facts.len(),
        rows: source.count(),
        entries: u32::try_from(live.len()).unwrap_or(u32::MAX),
        metric: params.metric,
        seed: SEED,
    };
    sections.efforts =
        calibrate::calibrate(&head, &sections, source, &assignment, &queries, params)?;
    if !progress(total, total) {
        return Err(Error::Cancelled);
    }
    Ok(sections.into_bytes(&head))
}

impl<S: RowSource + ?Sized> Frame<'_, S> {
    /// The mean of a sample; what is too long to have a length does not count.
    #[expect(clippy::cast_possible_truncation, reason = "the one rounding to f32")]
    fn mean(&self, draw: &mut Draw, live: &[u32]) -> Vec<f32> {
        let mut sums = vec![0.0_f64; self.source.dim()];
        let (mut row, mut taken) = (Ready::default(), 0_u32);
        let chosen = draw.choose(SAMPLE_OF_MEAN, live.len());
        for place in &chosen {
            let stored = live.get(*place).and_then(|ordinal| self.source.row(*ordinal));
            let Some(stored) = stored else { continue };
            row.place(self.params.kernel, &self.rotation, self.params.metric, stored);
            if !squared(self.params.kernel, &row.turned).is_finite() {
                continue;
            }
            taken += 1;
            for (sum, value) in sums.iter_mut().zip(&row.turned) {
                *sum += f64::from(*value);
            }
        }
        sums.iter().map(|sum| (sum / f64::from(taken.max(1))) as f32).collect()
    }

    /// Turned rows for k-means, and which of the rows that are there they are.
    fn sample(
        &self,
        draw: &mut Draw,
        live: &[u32],
        lists: usize,
    ) -> Result<(Vec<f32>, Vec<usize>)> {
        let chosen = draw.choose(lists.saturating_mul(SAMPLE_OF_LIST), live.len());
        let step = ROWS_OF_TASK as usize;
        let threads = parallel::threads(self.params.threads, u64::MAX);
        let padded = self.rotation.padded();
        let len = chosen.len().saturating_mul(padded);
        let mut sample = Vec::new();
        let bytes = len as u64 * 4;
        sample.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { bytes })?;
        sample.resize(len, 0.0);
        let parts: Vec<_> =
            sample.chunks_mut(step.saturating_mul(padded)).map(Mutex::new).collect();
        parallel::run(
            threads,
            parts.len(),
            || Ok(Ready::default()),
            |ready, task| {
                let mut part = parts.get(task).map(Mutex::lock);
                let rows = part.iter_mut().flat_map(|part| part.chunks_mut(padded));
                for (place, slots) in chosen.iter().skip(task.saturating_mul(step)).zip(rows) {
                    let ordinal = live.get(*place).copied().unwrap_or(u32::MAX);
                    if self.turn(ordinal, ready) && ready.squared.is_finite() {
                        slots.copy_from_slice(&ready.turned);
                    }
                }
                Ok(())
            },
        )?;
        drop(parts);
        Ok((sample, chosen))
    }

    fn turn(&self, ordinal: u32, ready: &mut Ready) -> bool {
        let Some(row) = self.source.row(ordinal) else { return false };
        ready.row(self.params.kernel, &self.rotation, self.params.metric, &self.centre, row);
        true
    }

    /// The list of each row; of rows that are not there, none.
    fn assign(&self, coarse: &Coarse<'_>, start: u32, end: u32) -> Result<Vec<u32>> {
        let threads = parallel::threads(self.params.threads, u64::MAX);
        let tasks = (end - start).div_ceil(ROWS_OF_TASK) as usize;
        let parts = parallel::map(threads, tasks, |task| {
            let task = u32::try_from(task).unwrap_or(u32::MAX);
            let start = start.saturating_add(task.saturating_mul(ROWS_OF_TASK));
            let (mut ready, mut room) = (Ready::default(), RankRoom::default());
            let mut lists = Vec::new();
            for ordinal in start..start.saturating_add(ROWS_OF_TASK).min(end) {
                let mut list = u32::MAX;
                if self.turn(ordinal, &mut ready) {
                    let kernel = self.params.kernel;
                    ready.tables(kernel);
                    let near = coarse.nearest_list(kernel, &ready, &mut room);
                    list = near.map_or(0, |near| near.list);
                }
                lists.push(list);
            }
            Ok(lists)
        })?;
        Ok(parts.into_iter().flatten().collect())
    }

    /// The rows of all lists, list by list, in each by ordinal.
    fn encode(&self, coarse: &Coarse<'_>, assignment: &[u32]) -> Result<Sections> {
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); coarse.count()];
        for (ordinal, list) in (0_u32..).zip(assignment) {
            if let Some(list) = lists.get_mut(*list as usize) {
                list.push(ordinal);
            }
        }
        let threads = parallel::threads(self.params.threads, u64::MAX);
        let parts = parallel::map(threads, lists.len().div_ceil(LISTS_OF_TASK), |task| {
            let start = task.saturating_mul(LISTS_OF_TASK);
            let mut part = Sections::default();
            for (number, rows) in lists.iter().enumerate().skip(start).take(LISTS_OF_TASK) {
                let centroid: Vec<f32> = coarse.centroid(number).collect();
                self.encode_list(&centroid, rows, &mut part);
            }
            Ok(part)
        })?;
        let mut all = Sections { starts: vec![0], ..Sections::default() };
        for part in parts {
            all.append(part);
        }
        Ok(all)
    }

    fn encode_list(&self, centroid: &[f32], rows: &[u32], part: &mut Sections) {
        let padded = self.rotation.padded();
        let groups = groups(padded);
        let inner = self.params.metric == Metric::InnerProduct;
        let (mut ready, mut o) = (Ready::default(), vec![0.0; padded]);
        let mut room = PackRoom::default();
        for rows in rows.chunks(ROWS) {
            let start = part.codes.len();
            part.codes.resize(start + groups, [[0; ROWS]; 3]);
            let codes = part.codes.get_mut(start..).unwrap_or_default();
            let mut facts = [[0.0; ROWS]; 3];
            for (place, ordinal) in rows.iter().enumerate() {
                if self.turn(*ordinal, &mut ready) {
                    for ((o, y), c) in o.iter_mut().zip(&ready.turned).zip(centroid) {
                        *o = y - c;
                    }
                    pack_row(&o, place, codes, &mut room);
                    let signs = encode::signs(&o, Some(centroid));
                    encode::put(&mut facts, place, signs.facts(inner));
                }
            }
            part.facts.push(facts);
            part.ordinals.extend_from_slice(rows);
            part.ordinals.resize(part.facts.len() * ROWS, u32::MAX);
        }
        part.counts.push(u32::try_from(rows.len()).unwrap_or(u32::MAX));
    }
}

impl Sections {
    /// Puts the lists of another one behind.
    fn append(&mut self, part: Self) {
        let mut end = self.starts.last().copied().unwrap_or(0);
        for count in &part.counts {
            end = end.saturating_add(count.div_ceil(64));
            self.starts.push(end);
        }
        self.counts.extend(part.counts);
        self.ordinals.extend(part.ordinals);
        self.codes.extend(part.codes);
        self.facts.extend(part.facts);
    }
}

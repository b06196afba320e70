//! A piece, level by level.

use super::super::bound::{Bound, Interval, Side};
use super::super::query::{CodedQuery, Planes};
use super::super::{CodesView, rotation};
use super::floor::{Aim, Fate, Limits};
use super::pace::{Level, Pace};
use super::Entries;
use crate::error::Result;
use crate::search::kernels::Kernel;
use crate::search::similarity::Scorer;
use crate::search::top_k::TopK;

/// When so many times fewer rows count than there are, only those are read.
const PICK_FROM: u64 = 4;
/// Rows that are refined at once.
const AT_ONCE: usize = 1024;
/// Rows that are looked at together whether one of them is open.
const GLANCE: usize = 32;
/// Rows that are refined first are this many more than twice k.
const SEED: usize = 32;

/// A query made ready for the rows around one centre.
#[derive(Debug)]
pub(crate) struct Cascade {
    kernel: Kernel,
    query: CodedQuery,
    four: Bound,
    eight: Bound,
}

impl Cascade {
    /// `None` where the query is not one for codes.
    pub(crate) fn new(scorer: &Scorer<'_>, centre: &[f32]) -> Option<Self> {
        let (query, norm) = (scorer.query(), scorer.norm());
        let turn = rotation(query.len());
        let query = CodedQuery::new(scorer.metric(), Planes::Two, query, norm, centre, &turn)?;
        let (four, eight) = (Bound::new(&query, Side::Four), Bound::new(&query, Side::Eight));
        Some(Self { kernel: scorer.kernel(), query, four, eight })
    }
}

/// A row whose fate is open.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    interval: Interval,
    index: u32,
    /// Of the high four bits.
    product: i32,
}

/// The buffers of a thread, and what it has learned.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pace: Pace,
    products: Vec<i32>,
    most: Vec<f32>,
    indices: Vec<u32>,
    open: Vec<Candidate>,
    refined: Vec<Candidate>,
}

/// What is searched, and where hits go.
pub(crate) struct Piece<'a, R> {
    pub(crate) cascade: &'a Cascade,
    pub(crate) codes: CodesView<'a>,
    pub(crate) rows: R,
    pub(crate) aim: Aim<'a>,
    pub(crate) top: &'a mut TopK,
    pub(crate) matched: &'a mut u64,
}

impl<R: Entries> Piece<'_, R> {
    fn limits(&self) -> Limits {
        self.aim.limits(self.top)
    }

    fn interval(&self, side: Side, index: u32, product: i32) -> Interval {
        let bound = match side {
            Side::Four => &self.cascade.four,
            Side::Eight => &self.cascade.eight,
        };
        let all = Interval { least: f32::NEG_INFINITY, most: f32::INFINITY };
        bound.interval(&self.codes, index as usize, product).unwrap_or(all)
    }

    /// Whether a row stays open; one that is surely beyond the threshold is counted.
    fn stays(&mut self, limits: Limits, interval: Interval) -> bool {
        match limits.fate(interval) {
            Fate::Out => false,
            Fate::Counted => {
                *self.matched += u64::from(self.aim.threshold.is_some());
                false
            }
            Fate::Open => true,
        }
    }

    /// Scores rows in full, those of the highest merits first.
    fn finish(&mut self, candidates: &mut [Candidate]) -> Result<()> {
        candidates.sort_unstable_by(|a, b| b.interval.most.total_cmp(&a.interval.most));
        for candidate in candidates {
            if !self.stays(self.limits(), candidate.interval) {
                continue;
            }
            let index = candidate.index as usize;
            let Some(row) = self.rows.row(index) else { continue };
            let score = self.rows.score(index)?;
            if self.aim.passes(score) {
                *self.matched += u64::from(self.aim.threshold.is_some());
                self.top.push(score, row);
            } else if self.aim.threshold.is_none() {
                // It was counted beforehand, and is not a number.
                *self.matched = self.matched.saturating_sub(1);
            }
        }
        self.aim.share(self.top);
        Ok(())
    }
}

impl Scan {
    /// The level that the next piece is for.
    pub(crate) fn level(&mut self) -> Level {
        self.pace.next()
    }

    /// Searches a piece by codes, with all rows read at `level`, four or eight bits.
    pub(crate) fn piece<R: Entries>(&mut self, level: Level, mut piece: Piece<'_, R>) -> Result<()> {
        let eligible = piece.rows.eligible();
        if eligible == 0 {
            return Ok(());
        }
        if piece.aim.threshold.is_none() {
            *piece.matched = piece.matched.saturating_add(eligible);
        }
        let informed = piece.limits().least() > f32::NEG_INFINITY;
        let side = if level == Level::Four { Side::Four } else { Side::Eight };
        self.open.clear();
        if eligible.saturating_mul(PICK_FROM) < piece.codes.count as u64 {
            self.pick(&mut piece);
            self.settle(Side::Four, &mut piece)?;
            return Ok(());
        }
        self.look(side, &mut piece);
        let open = self.settle(side, &mut piece)?;
        if informed {
            self.pace.learn(level, open, eligible);
        }
        Ok(())
    }

    /// Looks at all rows.
    fn look<R: Entries>(&mut self, side: Side, piece: &mut Piece<'_, R>) {
        let (codes, cascade) = (piece.codes, piece.cascade);
        self.products.resize(codes.count, 0);
        self.most.resize(codes.count, 0.0);
        let (weights, kernel) = (cascade.query.weights(), cascade.kernel);
        let bound = match side {
            Side::Four => {
                kernel.nibble_rows(weights, codes.high, &mut self.products);
                &cascade.four
            }
            Side::Eight => {
                kernel.byte_rows(weights, codes.high, codes.low, &mut self.products);
                &cascade.eight
            }
        };
        let (products, most) = (&self.products, &mut self.most);
        kernel.widely(|| bound.highest(&codes, products, most));
        let limits = piece.limits();
        let least = limits.least();
        let groups = self.most.chunks(GLANCE).zip(self.products.chunks(GLANCE)).enumerate();
        for (number, (most, products)) in groups {
            if most.iter().fold(true, |below, most| below & (*most < least)) {
                continue;
            }
            for (place, (most, &product)) in most.iter().zip(products).enumerate() {
                let index = number * GLANCE + place;
                if *most < least || piece.rows.row(index).is_none() {
                    continue;
                }
                let Ok(index) = u32::try_from(index) else { continue };
                let interval = match piece.aim.threshold {
                    // What is least matters with a threshold only.
                    None => Interval { least: *most, most: *most },
                    Some(_) => piece.interval(side, index, product),
                };
                if piece.stays(limits, interval) {
                    self.open.push(Candidate { interval, index, product });
                }
            }
        }
    }

    /// Looks only at the rows that count, with four bits.
    fn pick<R: Entries>(&mut self, piece: &mut Piece<'_, R>) {
        let (codes, cascade) = (piece.codes, piece.cascade);
        self.indices.clear();
        let all = (0_u32..).zip(0..codes.count);
        let chosen = all.filter(|(_, index)| piece.rows.row(*index).is_some());
        self.indices.extend(chosen.map(|(index, _)| index));
        self.products.resize(self.indices.len(), 0);
        let weights = cascade.query.weights();
        cascade.kernel.nibble_rows_at(weights, codes.high, &self.indices, &mut self.products);
        let limits = piece.limits();
        for (&index, &product) in self.indices.iter().zip(&self.products) {
            let interval = piece.interval(Side::Four, index, product);
            if piece.stays(limits, interval) {
                self.open.push(Candidate { interval, index, product });
            }
        }
    }

    /// Goes on with the rows that a level left open: first those of the highest merits, as they raise the floor, then what
    /// that leaves. Returns how many were open then.
    fn settle<R: Entries>(&mut self, side: Side, piece: &mut Piece<'_, R>) -> Result<u64> {
        let mut open = std::mem::take(&mut self.open);
        let first = piece.aim.k.saturating_mul(2).saturating_add(SEED);
        let mut rest = &mut open[..];
        let mut count = rest.len();
        if rest.len() > 2 * first {
            let by_most = |a: &Candidate, b: &Candidate| b.interval.most.total_cmp(&a.interval.most);
            rest.select_nth_unstable_by(first, by_most);
            let (best, others) = rest.split_at_mut(first);
            self.go_on(side, piece, best)?;
            count = first;
            let limits = piece.limits();
            let mut kept = 0;
            for place in 0..others.len() {
                let Some(&candidate) = others.get(place) else { break };
                if piece.stays(limits, candidate.interval) {
                    if let Some(slot) = others.get_mut(kept) {
                        *slot = candidate;
                    }
                    kept += 1;
                }
            }
            rest = others.get_mut(..kept).unwrap_or_default();
            count += kept;
        }
        for some in rest.chunks_mut(AT_ONCE) {
            self.go_on(side, piece, some)?;
        }
        self.open = open;
        Ok(count as u64)
    }

    fn go_on<R: Entries>(
        &mut self,
        side: Side,
        piece: &mut Piece<'_, R>,
        open: &mut [Candidate],
    ) -> Result<()> {
        if side == Side::Eight {
            return piece.finish(open);
        }
        let cascade = piece.cascade;
        self.indices.clear();
        self.indices.extend(open.iter().map(|candidate| candidate.index));
        self.products.resize(open.len(), 0);
        let (weights, low) = (cascade.query.weights(), piece.codes.low);
        cascade.kernel.nibble_rows_at(weights, low, &self.indices, &mut self.products);
        self.refined.clear();
        let limits = piece.limits();
        for (candidate, low) in open.iter().zip(&self.products) {
            let product = candidate.product.wrapping_mul(16).wrapping_add(*low);
            let interval = piece.interval(Side::Eight, candidate.index, product);
            if piece.stays(limits, interval) {
                self.refined.push(Candidate { interval, ..*candidate });
            }
        }
        let mut refined = std::mem::take(&mut self.refined);
        let finished = piece.finish(&mut refined);
        self.refined = refined;
        finished
    }
}

//! A piece, level by level.

use super::super::bound::{Bound, Interval, Side};
use super::super::query::{Along, CodedQuery, Planes, TurnedQuery};
use super::super::rotation;
use super::super::turn::{Highest, Peaks};
use super::Entries;
use super::floor::Limits;
use super::pace::{Level, Pace, widen_all};
use super::piece::{Candidate, Piece};
use crate::error::Result;
use crate::search::kernels::{Kernel, Row};
use crate::search::similarity::Scorer;

/// When so many times fewer rows count than there are, only those are read.
const PICK_FROM: u64 = 4;
/// Rows that are refined at once.
const AT_ONCE: usize = 1024;
/// Rows that are looked at together whether one of them is open.
const GLANCE: usize = 32;
/// Rows that are refined first are this many more than k.
const SEED: usize = 16;
/// The merit of rows that are done with. Bounds are finite, or infinite above.
const DONE: f32 = f32::NEG_INFINITY;

/// A query made ready for the rows around one centre.
#[derive(Debug)]
pub(crate) struct Cascade {
    kernel: Kernel,
    /// One byte a weight, for all rows: two would take as long as memory does.
    query: CodedQuery,
    four: Bound,
    six: Bound,
    /// Two bytes a weight, for rows that are left.
    fine_query: CodedQuery,
    fine: Bound,
}

impl Cascade {
    /// `None` where the query is not one for codes.
    pub(crate) fn new(scorer: &Scorer<'_>, centre: &[f32]) -> Option<Self> {
        let (query, norm) = (scorer.query(), scorer.norm());
        let turn = rotation(query.len());
        let turned =
            TurnedQuery::new(scorer.metric(), query, norm, (centre, Along::Centre), &turn)?;
        let query = CodedQuery::new(&turned, Planes::One);
        let fine_query = CodedQuery::new(&turned, Planes::Two);
        Some(Self {
            kernel: scorer.kernel(),
            four: Bound::new(&query, Side::Four),
            six: Bound::new(&query, Side::Six),
            query,
            fine: Bound::new(&fine_query, Side::Eight),
            fine_query,
        })
    }

    fn coarse(&self, bits: Bits) -> &Bound {
        match bits {
            Bits::Four => &self.four,
            Bits::Six => &self.six,
        }
    }
}

/// What is read of all rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bits {
    Four,
    Six,
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
    /// Products with more bits of open rows.
    fine: Vec<i32>,
    /// The highest merit of each stretch.
    peaks: Vec<f32>,
    /// Rows that made the floor, and are done with.
    seeded: Vec<u32>,
    /// Rows bounded again with two more bits, with all bits, and scored in full.
    tally: [u64; 3],
}

impl Scan {
    /// The level that the next piece is for.
    pub(crate) fn level(&mut self) -> Level {
        self.pace.next()
    }

    /// Searches a piece by codes, with all rows read at `level`, four or six bits.
    pub(crate) fn piece<R: Entries>(
        &mut self,
        level: Level,
        mut piece: Piece<'_, R>,
    ) -> Result<()> {
        let eligible = piece.rows.eligible();
        if eligible == 0 {
            return Ok(());
        }
        if piece.aim.threshold.is_none() {
            *piece.matched = piece.matched.saturating_add(eligible);
        }
        let bits = if level == Level::Four { Bits::Four } else { Bits::Six };
        self.open.clear();
        if eligible.saturating_mul(PICK_FROM) < piece.codes.count as u64 {
            self.pick(&mut piece)?;
            return self.settle(Bits::Four, &mut piece);
        }
        self.look(bits, &mut piece);
        self.seed(bits, &mut piece)?;
        let informed = piece.limits().least() > f32::NEG_INFINITY;
        self.tally = [0; 3];
        let mut reads = bits;
        if bits == Bits::Four && informed && self.leaves_many(&piece, eligible) {
            self.widen_all(&piece);
            add(&mut self.tally[0], piece.codes.count);
            reads = Bits::Six;
        }
        self.collect(reads, &mut piece);
        self.settle(reads, &mut piece)?;
        if informed {
            self.pace.learn(level, self.tally, eligible);
        }
        Ok(())
    }

    /// Bounds all rows.
    fn look<R: Entries>(&mut self, bits: Bits, piece: &mut Piece<'_, R>) {
        let (codes, cascade) = (piece.codes, piece.cascade);
        self.products.resize(codes.count, 0);
        self.most.resize(codes.count, 0.0);
        let (weights, kernel) = (cascade.query.weights(), cascade.kernel);
        let (products, most) = (&mut self.products[..], &mut self.most[..]);
        match bits {
            Bits::Four => kernel.nibble_rows(weights, codes.high, products),
            Bits::Six => kernel.six_rows(weights, [codes.high, codes.middle], products),
        }
        let bound = cascade.coarse(bits);
        kernel.widely(Highest { bound, codes: &codes, products, most });
    }

    /// Whether so many rows are left that two bits more are sooner read of all.
    fn leaves_many<R: Entries>(&self, piece: &Piece<'_, R>, eligible: u64) -> bool {
        let least = piece.limits().least();
        let done = self.most.iter().filter(|most| **most < least).count();
        let (rows, left) = (self.most.len() as u64, self.most.len().saturating_sub(done) as u64);
        let counted = left.saturating_mul(eligible) / rows.max(1);
        widen_all(counted, rows)
    }

    /// Bounds all rows again, by two bits more.
    fn widen_all<R: Entries>(&mut self, piece: &Piece<'_, R>) {
        let (codes, cascade) = (piece.codes, piece.cascade);
        let (bound, kernel) = (&cascade.six, cascade.kernel);
        self.fine.resize(codes.count, 0);
        kernel.pair_rows(cascade.query.weights(), codes.middle, &mut self.fine);
        for (product, &two) in self.products.iter_mut().zip(&self.fine) {
            *product = widened(*product, two);
        }
        let (products, most) = (&self.products[..], &mut self.most[..]);
        kernel.widely(Highest { bound, codes: &codes, products, most });
        self.forget_seeded();
    }

    /// Gives the rows that are done with a merit that no other row has.
    fn forget_seeded(&mut self) {
        for &index in &self.seeded {
            if let Some(most) = self.most.get_mut(index as usize) {
                *most = DONE;
            }
        }
    }

    /// Where there is no floor yet, makes one from the rows of the highest merits.
    fn seed<R: Entries>(&mut self, bits: Bits, piece: &mut Piece<'_, R>) -> Result<()> {
        let wanted = piece.aim.k.saturating_add(SEED);
        self.peaks.clear();
        self.seeded.clear();
        if piece.limits().least() > f32::NEG_INFINITY || self.most.len() / 2 < wanted {
            return Ok(());
        }
        let glance = (self.most.len() / 4 / wanted).clamp(1, GLANCE);
        let peaks = Peaks { values: &self.most, each: glance, found: &mut self.peaks };
        piece.cascade.kernel.widely(peaks);
        // As many stretches have a peak that high, so at least as many rows.
        let order = |a: &f32, b: &f32| b.total_cmp(a);
        let (_, &mut from, _) = self.peaks.select_nth_unstable_by(wanted, order);
        if from.is_infinite() {
            return Ok(());
        }
        for index in 0..self.most.len() {
            if self.most.get(index).is_some_and(|most| *most >= from) {
                self.take(bits, piece, index);
                self.seeded.extend(u32::try_from(index));
            }
        }
        self.settle(bits, piece)?;
        self.open.clear();
        self.forget_seeded();
        Ok(())
    }

    /// Collects the rows that are open.
    fn collect<R: Entries>(&mut self, bits: Bits, piece: &mut Piece<'_, R>) {
        let least = piece.limits().least();
        let mut start = 0;
        while let Some(most) = self.most.get(start..) {
            let most = most.get(..GLANCE).unwrap_or(most);
            if most.is_empty() {
                break;
            }
            let end = start + most.len();
            if most.iter().fold(0_usize, |below, most| below + usize::from(*most < least))
                < most.len()
            {
                for index in start..end {
                    // What is not a number is open.
                    let open = |most: &f32| !(*most < least || *most <= DONE);
                    if self.most.get(index).is_some_and(open) {
                        self.take(bits, piece, index);
                    }
                }
            }
            start = end;
        }
    }

    /// Adds a row to those that are open, if it counts and stays so.
    fn take<R: Entries>(&mut self, bits: Bits, piece: &mut Piece<'_, R>, index: usize) {
        let (Some(&most), Some(&product)) = (self.most.get(index), self.products.get(index)) else {
            return;
        };
        if piece.rows.row(index).is_none() {
            return;
        }
        let Ok(index) = u32::try_from(index) else { return };
        let interval = match piece.aim.threshold {
            // The lower end matters with a threshold only.
            None => Interval { least: most, most },
            Some(_) => piece.interval(piece.cascade.coarse(bits), index, product),
        };
        if piece.stays(piece.limits(), interval) {
            self.open.push(Candidate { interval, index, product });
        }
    }

    /// Bounds only the rows that count, with four bits.
    fn pick<R: Entries>(&mut self, piece: &mut Piece<'_, R>) -> Result<()> {
        let (codes, cascade) = (piece.codes, piece.cascade);
        self.indices.clear();
        piece.rows.each(|index| self.indices.extend(u32::try_from(index).ok()))?;
        self.products.resize(self.indices.len(), 0);
        let weights = cascade.query.weights();
        cascade.kernel.nibble_rows_at(weights, codes.high, &self.indices, &mut self.products);
        let limits = piece.limits();
        for (&index, &product) in self.indices.iter().zip(&self.products) {
            let interval = piece.interval(&cascade.four, index, product);
            if piece.stays(limits, interval) {
                self.open.push(Candidate { interval, index, product });
            }
        }
        Ok(())
    }

    /// Goes on with the rows that a level left open: first those of the highest merits, as they
    /// raise the floor, then what that leaves.
    fn settle<R: Entries>(&mut self, bits: Bits, piece: &mut Piece<'_, R>) -> Result<()> {
        let mut open = std::mem::take(&mut self.open);
        let first = piece.aim.k.saturating_add(SEED);
        let mut rest = &mut open[..];
        if rest.len() > 2 * first {
            let by_most =
                |a: &Candidate, b: &Candidate| b.interval.most.total_cmp(&a.interval.most);
            rest.select_nth_unstable_by(first, by_most);
            let (best, others) = rest.split_at_mut(first);
            self.refine(piece, best)?;
            rest = others;
        }
        for some in rest.chunks_mut(AT_ONCE) {
            let left = if bits == Bits::Four { self.widen(piece, some) } else { some.len() };
            self.refine(piece, some.get_mut(..left).unwrap_or_default())?;
        }
        self.open = open;
        Ok(())
    }

    /// Takes two bits more of rows that were bounded by four, and moves those that stay open to the
    /// front. Returns how many do.
    fn widen<R: Entries>(&mut self, piece: &mut Piece<'_, R>, open: &mut [Candidate]) -> usize {
        let (cascade, codes, limits) = (piece.cascade, piece.codes, piece.limits());
        let count = self.narrow(piece, (limits, codes.e6), open);
        self.fine.resize(count, 0);
        let weights = cascade.query.weights();
        cascade.kernel.pair_rows_at(weights, codes.middle, &self.indices, &mut self.fine);
        let mut left = 0;
        for (place, &two) in self.fine.iter().enumerate() {
            let Some(&Candidate { index, product, .. }) = open.get(place) else { break };
            let product = widened(product, two);
            let interval = piece.interval(&cascade.six, index, product);
            if piece.stays(limits, interval)
                && let Some(slot) = open.get_mut(left)
            {
                *slot = Candidate { interval, index, product };
                left += 1;
            }
        }
        add(&mut self.tally[0], count);
        left
    }

    /// Moves the rows that are still open to the front, collects their numbers, and asks for the
    /// errors of what they are bounded by next. Returns how many they are.
    fn narrow<R: Entries>(
        &mut self,
        piece: &mut Piece<'_, R>,
        (limits, errors): (Limits, &[f32]),
        open: &mut [Candidate],
    ) -> usize {
        let kernel = piece.cascade.kernel;
        self.indices.clear();
        for place in 0..open.len() {
            let Some(&candidate) = open.get(place) else { break };
            if piece.stays(limits, candidate.interval)
                && let Some(slot) = open.get_mut(self.indices.len())
            {
                *slot = candidate;
                let (index, place) = (candidate.index, candidate.index as usize);
                self.indices.push(index);
                let error = errors.get(place..=place).unwrap_or_default();
                kernel.fetch(Row::F32(error));
            }
        }
        self.indices.len()
    }

    /// Reads all bits of open rows, then those rows in full that stay open.
    fn refine<R: Entries>(
        &mut self,
        piece: &mut Piece<'_, R>,
        open: &mut [Candidate],
    ) -> Result<()> {
        let (cascade, codes, limits) = (piece.cascade, piece.codes, piece.limits());
        let count = self.narrow(piece, (limits, codes.e8), open);
        self.refined.clear();
        let weights = cascade.fine_query.weights();
        self.fine.resize(count, 0);
        cascade.kernel.byte_rows_at(weights, codes.planes(), &self.indices, &mut self.fine);
        for (&index, &product) in self.indices.iter().zip(&self.fine) {
            let interval = piece.interval(&cascade.fine, index, product);
            if piece.stays(limits, interval) {
                self.refined.push(Candidate { interval, index, product });
            }
        }
        add(&mut self.tally[1], count);
        let scored = piece.finish(&mut self.refined)?;
        add(&mut self.tally[2], scored);
        Ok(())
    }
}

/// The sum of products with six bits: they are four times the high four, and two more.
fn widened(four: i32, two: i32) -> i32 {
    four.wrapping_mul(4).wrapping_add(two)
}

fn add(to: &mut u64, count: usize) {
    *to = to.saturating_add(count as u64);
}

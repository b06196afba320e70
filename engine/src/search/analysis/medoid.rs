//! The row in the middle: that whose distances to all others have the least sum.
//!
//! By cosine and by inner product the sum over all others follows from the sum of all features, in two passes. By l2
//! it takes a pass over all features for each one that may be the medoid. Which may not is told by the triangle
//! inequality: the sum of `j` is at least `|n d(i, j) - S(i)|` for every `i` whose sum `S(i)` is known (Newling and
//! Fleuret, "A sub-quadratic exact medoid algorithm", AISTATS 2017). The first one tried is that nearest the mean.

use super::super::kernels::{Kernel, Row};
use super::super::similarity::{Metric, Scorer};
use super::super::sweep::mismatch;
use super::Progress;
use super::options::AnalysisOptions;
use super::source::{Source, filled, tell};
use crate::container::state::State;
use crate::error::Result;
use crate::format::schema::FieldDef;

/// Features whose sums are taken in one pass.
const AT_ONCE: usize = 16;

/// The row in the middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Medoid {
    /// The row.
    pub row: u64,
    /// The sum of its distances to all others: `1 - cosine`, l2, or the inner product with its sign turned.
    pub sum: f64,
    /// Features that took part.
    pub count: u64,
    /// Features whose sum was taken; fewer than all where bounds ruled the others out.
    pub tried: u64,
}

/// Finds the medoid, ties by row; `None` where there are no features. Exact up to rounding in f64 of the sums.
///
/// `4 N D` operations by cosine and inner product. By l2 at worst `3 N^2 D`: bounds rule out most features where
/// there are few dimensions, hardly any of a thousand images of 512. Memory by l2: 120 bytes a feature.
pub fn medoid(
    state: &State,
    field: &FieldDef,
    options: &AnalysisOptions<'_>,
    progress: Progress<'_>,
) -> Result<Option<Medoid>> {
    let (features, kernel) = (options.features(state, field)?, options.kernel()?);
    let metric = options.metric_for(field);
    let source = Source::new(&features, metric == Metric::Cosine, options.threads);
    match metric {
        Metric::L2 => by_distance(&source, kernel, progress),
        _ => by_products(&source, metric, progress),
    }
}

/// By the sum of all features.
fn by_products(
    source: &Source<'_>,
    metric: Metric,
    progress: Progress<'_>,
) -> Result<Option<Medoid>> {
    let (count, total) = (source.len(), total(source, progress)?);
    let mut best: Option<(f64, usize)> = None;
    source.blocks(
        progress,
        |range, rows| {
            let mut sums = Vec::with_capacity(range.len());
            for number in 0..rows.count() {
                let Some(Row::F32(row)) = rows.row(number) else { continue };
                let all = f64_dot(row.iter().copied().zip(total.iter().copied()));
                let own = f64_dot(row.iter().copied().zip(row.iter().map(|x| f64::from(*x))));
                let others = count.saturating_sub(1) as f64;
                sums.push(if metric == Metric::Cosine { others - (all - own) } else { own - all });
            }
            Ok((range.start, sums))
        },
        |(start, sums)| {
            for (place, sum) in (start..).zip(sums) {
                if best.is_none_or(|(least, _)| sum < least) {
                    best = Some((sum, place));
                }
            }
        },
    )?;
    let count = count as u64;
    Ok(best.map(|(sum, place)| Medoid {
        row: source.features.number(place),
        sum,
        count,
        tried: count,
    }))
}

/// By distances, those that bounds rule out left out.
fn by_distance(
    source: &Source<'_>,
    kernel: Kernel,
    progress: Progress<'_>,
) -> Result<Option<Medoid>> {
    let (count, dim) = (source.len(), source.dim());
    let mean: Vec<f32> = total(source, &mut |_, _| true)?
        .into_iter()
        .map(|sum| super::super::exact::rounded(sum / count.max(1) as f64))
        .collect();
    let quiet: Progress<'_> = &mut |_, _| true;
    let from_mean = distances(source, kernel, &mean, quiet)?.pop().unwrap_or_default();
    let mut order: Vec<usize> = (0..count).collect();
    let near = |place: &usize| from_mean.get(*place).copied().unwrap_or(f32::INFINITY);
    order.sort_by(|a, b| near(a).total_cmp(&near(b)).then(a.cmp(b)));
    let mut bounds = filled(0.0_f64, count)?;
    // The error of a distance in f32 with `D / 64 + 8` roundings, twice over; see the canonical arithmetic.
    let slack = (dim as f64 / 64.0 + 16.0) * f64::from(f32::EPSILON);
    let (mut best, mut tried): (Option<(f64, usize)>, u64) = (None, 0);
    let (mut left, mut at_once, mut queries) = (order.as_slice(), 1, Vec::new());
    while !left.is_empty() {
        tell(progress, count.saturating_sub(left.len()), count)?;
        let least = best.map_or(f64::INFINITY, |(sum, _)| sum);
        let (mut chosen, mut passed) = (Vec::new(), 0_usize);
        while let Some((&place, rest)) = left.split_first().filter(|_| chosen.len() < at_once) {
            left = rest;
            if bounds.get(place).is_some_and(|bound| *bound > least) {
                passed = passed.saturating_add(1);
            } else {
                chosen.push(place);
            }
        }
        if chosen.is_empty() {
            break;
        }
        // Where little is ruled out, several share a pass.
        at_once =
            if passed == 0 { at_once.saturating_mul(2).min(AT_ONCE) } else { 1.max(at_once / 2) };
        source.gather(chosen.iter().copied(), &mut queries)?;
        let found = distances(source, kernel, &queries, quiet)?;
        for (&place, found) in chosen.iter().zip(&found) {
            tried = tried.saturating_add(1);
            let sum: f64 = found.iter().map(|distance| f64::from(*distance)).sum();
            if best.is_none_or(|best| sum < best.0 || (sum <= best.0 && place < best.1)) {
                best = Some((sum, place));
            }
            for (bound, distance) in bounds.iter_mut().zip(found) {
                let reach = f64::from(*distance) * count as f64;
                let least = (reach - sum).abs() - slack * (reach + sum) - 1e-18 * count as f64;
                // A NaN of two infinities is no bound, which `max` passes over.
                *bound = bound.max(least);
            }
        }
    }
    tell(progress, count, count)?;
    let count = count as u64;
    Ok(best.map(|(sum, place)| Medoid { row: source.features.number(place), sum, count, tried }))
}

/// The distances of all features from each of some.
fn distances(
    source: &Source<'_>,
    kernel: Kernel,
    queries: &[f32],
    progress: Progress<'_>,
) -> Result<Vec<Vec<f32>>> {
    let scorers = queries.chunks_exact(source.dim().max(1));
    let scorers: Vec<_> = scorers.map(|query| Scorer::new(Metric::L2, kernel, query)).collect();
    let mut all = vec![Vec::new(); scorers.len()];
    source.blocks(
        progress,
        |range, rows| {
            let mut scores = vec![0.0; range.len().saturating_mul(scorers.len())];
            for (scorer, scores) in scorers.iter().zip(scores.chunks_mut(range.len().max(1))) {
                scorer.score_rows(rows, scores).map_err(mismatch)?;
            }
            Ok((range.len(), scores))
        },
        |(count, scores)| {
            for (all, scores) in all.iter_mut().zip(scores.chunks(count.max(1))) {
                all.extend_from_slice(scores);
            }
        },
    )?;
    Ok(all)
}

/// The sum of all features, in f64.
fn total(source: &Source<'_>, progress: Progress<'_>) -> Result<Vec<f64>> {
    let mut total = filled(0.0_f64, source.dim())?;
    source.blocks(
        progress,
        |_, rows| {
            let mut sums = vec![0.0_f64; rows.dim()];
            for number in 0..rows.count() {
                if let Some(Row::F32(row)) = rows.row(number) {
                    sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(*x));
                }
            }
            Ok(sums)
        },
        |sums| total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum),
    )?;
    Ok(total)
}

fn f64_dot(pairs: impl Iterator<Item = (f32, f64)>) -> f64 {
    pairs.map(|(a, b)| f64::from(a) * b).sum()
}

//! The largest eigenvalues of a symmetric, positive semidefinite matrix, and their vectors.
//!
//! Subspace iteration with a Chebyshev filter (Zhou and Saad, "A Chebyshev-Davidson algorithm for large symmetric
//! eigenproblems", SIAM J. Matrix Anal. Appl. 2007): a block of more vectors than are wanted is multiplied by a
//! polynomial of the matrix that is small on what the block does not hold and grows beyond, then turned to the
//! eigenvectors of the matrix within the block (Rayleigh and Ritz). Several equal eigenvalues are no trouble, as the
//! block holds them all. A block of all dimensions needs no iteration.

use super::super::super::kmeans::Draw;
use super::super::super::parallel;
use super::super::Progress;
use super::super::source::filled;
use crate::error::{Error, Result};

/// Most rounds.
const ROUNDS: usize = 200;
/// Highest degree of the filter.
const DEGREE: i32 = 16;
/// Most that a filter may magnify one direction over another: half of the digits of f64.
const GROWTH: f64 = 1e8;
/// `|A v - l v| / l_1` that is good enough.
const RESIDUAL: f64 = 1e-10;
/// Up to so many dimensions all are taken at once.
const WHOLE: usize = 96;
/// Rows of the matrix of a task.
const STRIP: usize = 32;
/// Least multiplications that are worth more than one thread.
const ALONE: usize = 1 << 20;
/// Most sweeps of a diagonalisation.
const SWEEPS: usize = 60;

/// Eigenvalues, largest first, and their vectors.
pub(super) struct Eigen {
    pub(super) values: Vec<f64>,
    /// `[wanted, n]`, of length 1; the element of the largest magnitude is positive.
    pub(super) vectors: Vec<f64>,
    /// The largest `|A v - l v| / l_1`.
    pub(super) residual: f64,
}

/// Finds `wanted` of the `n`.
pub(super) fn largest(
    matrix: &[f64],
    n: usize,
    wanted: usize,
    threads: usize,
    progress: Progress<'_>,
) -> Result<Eigen> {
    let block = if n <= WHOLE { n } else { n.min(wanted.saturating_add(16.max(wanted / 2))) };
    let mut draw = Draw::new(1);
    let mut vectors = filled(0.0_f64, block.saturating_mul(n))?;
    orthonormalise(&mut vectors, n, &mut draw);
    for round in 0_usize.. {
        if !progress(round as u64, ROUNDS as u64) {
            return Err(Error::Cancelled);
        }
        let images = times(matrix, n, &vectors, threads)?;
        let turn = diagonalise(&gram(&vectors, &images, n));
        vectors = turned(&turn, &vectors, n)?;
        let images = turned(&turn, &images, n)?;
        let values: Vec<f64> =
            pairs(&vectors, &images, n).map(|(v, image)| dot(v, image)).collect();
        let (first, last) = (at(&values, 0), at(&values, block.saturating_sub(1)));
        let off = |((v, image), value): ((&[f64], &[f64]), &f64)| {
            let squares = image.iter().zip(v).map(|(a, b)| (a - value * b) * (a - value * b));
            squares.sum::<f64>().sqrt()
        };
        let off = pairs(&vectors, &images, n).zip(&values).take(wanted).map(off);
        let residual = off.fold(0.0, f64::max) / if first > 0.0 { first } else { 1.0 };
        if residual <= RESIDUAL || block == n || round == ROUNDS || first <= 0.0 {
            vectors.truncate(wanted.saturating_mul(n));
            vectors.chunks_exact_mut(n).for_each(point);
            let values = values.into_iter().take(wanted).collect();
            return Ok(Eigen { values, vectors, residual });
        }
        vectors =
            filtered(matrix, n, (vectors, images), (last.max(first * 1e-12), first), threads)?;
        orthonormalise(&mut vectors, n, &mut draw);
    }
    Err(Error::Cancelled)
}

/// Vectors times a Chebyshev polynomial of the matrix, at most 1 on `0..=low`.
fn filtered(
    matrix: &[f64],
    n: usize,
    (mut before, images): (Vec<f64>, Vec<f64>),
    (low, first): (f64, f64),
    threads: usize,
) -> Result<Vec<f64>> {
    let half = low / 2.0;
    let widest = (first / half - 1.0).max(1.0).acosh();
    let mut degree = 1;
    while degree < DEGREE && f64::from(degree + 1) * widest < GROWTH.ln() {
        degree += 1;
    }
    let shifted = |image: f64, v: f64| (image - half * v) / half;
    let mut now: Vec<f64> = images.iter().zip(&before).map(|(a, v)| shifted(*a, *v)).collect();
    for _ in 1..degree {
        let images = times(matrix, n, &now, threads)?;
        for ((old, image), v) in before.iter_mut().zip(&images).zip(&now) {
            *old = 2.0 * shifted(*image, *v) - *old;
        }
        std::mem::swap(&mut before, &mut now);
    }
    Ok(now)
}

/// The matrix times each vector.
fn times(matrix: &[f64], n: usize, vectors: &[f64], threads: usize) -> Result<Vec<f64>> {
    let count = vectors.len() / n.max(1);
    let threads = if matrix.len().saturating_mul(count) < ALONE { 1 } else { threads };
    let strips = parallel::map(threads, n.div_ceil(STRIP), |task| {
        let rows = matrix.chunks_exact(n).skip(task.saturating_mul(STRIP)).take(STRIP);
        let mut strip = Vec::with_capacity(STRIP.saturating_mul(count));
        for row in rows {
            strip.extend(vectors.chunks_exact(n).map(|v| dot(row, v)));
        }
        Ok(strip)
    })?;
    let mut out = filled(0.0_f64, vectors.len())?;
    let products = strips.iter().flat_map(|strip| strip.chunks_exact(count.max(1)));
    for (place, products) in products.enumerate() {
        for (out, product) in out.chunks_exact_mut(n).zip(products) {
            if let Some(slot) = out.get_mut(place) {
                *slot = *product;
            }
        }
    }
    Ok(out)
}

/// A dot product in eight lanes.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0_f64; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

fn pairs<'a>(a: &'a [f64], b: &'a [f64], n: usize) -> impl Iterator<Item = (&'a [f64], &'a [f64])> {
    a.chunks_exact(n).zip(b.chunks_exact(n))
}

fn at(values: &[f64], place: usize) -> f64 {
    values.get(place).copied().unwrap_or(0.0)
}

/// Orthonormal vectors of the same span, by Gram and Schmidt, twice over. What vanishes is drawn anew.
fn orthonormalise(vectors: &mut [f64], n: usize, draw: &mut Draw) {
    for place in 0..vectors.len() / n.max(1) {
        let (done, rest) = vectors.split_at_mut(place.saturating_mul(n));
        let Some(vector) = rest.get_mut(..n) else { break };
        // At most `n` vectors are asked for, so that a drawn one has something left; a few tries are plenty.
        for _ in 0..8 {
            let whole = dot(vector, vector).sqrt();
            for _ in 0..2 {
                for other in done.chunks_exact(n) {
                    let share = dot(vector, other);
                    vector.iter_mut().zip(other).for_each(|(x, y)| *x -= share * y);
                }
            }
            let left = dot(vector, vector).sqrt();
            if left > 1e-12 * whole && left > 0.0 {
                for x in vector {
                    *x /= left;
                }
                break;
            }
            vector.fill_with(|| (draw.next() >> 11) as f64 / 4_503_599_627_370_496.0 - 1.0);
        }
    }
}

/// The products of all pairs.
fn gram(a: &[f64], b: &[f64], n: usize) -> Vec<Vec<f64>> {
    a.chunks_exact(n).map(|a| b.chunks_exact(n).map(|b| dot(a, b)).collect()).collect()
}

/// The eigenvectors of a small matrix, that of the largest eigenvalue first: rotations of pairs of rows until all are
/// orthogonal (Hestenes, "Inversion of matrices by biorthogonalization and related results", J. SIAM 1958).
fn diagonalise(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let n = matrix.len();
    let unit = |place| (0..n).map(|other| if other == place { 1.0 } else { 0.0 }).collect();
    let mut rows: Vec<(Vec<f64>, Vec<f64>)> =
        matrix.iter().enumerate().map(|(place, row)| (row.clone(), unit(place))).collect();
    let most = rows.iter().map(|(row, _)| dot(row, row)).fold(0.0, f64::max);
    for _ in 0..SWEEPS {
        let mut quiet = true;
        for p in 0..n {
            for q in p + 1..n {
                let Ok([a, b]) = rows.get_disjoint_mut([p, q]) else { continue };
                let (aa, bb, ab) = (dot(&a.0, &a.0), dot(&b.0, &b.0), dot(&a.0, &b.0));
                if ab.abs() <= 4e-15 * (aa * bb).sqrt() || ab.abs() <= 1e-40 * most {
                    continue;
                }
                quiet = false;
                let zeta = (bb - aa) / (2.0 * ab);
                let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
                let cosine = tangent.hypot(1.0).recip();
                rotate(&mut a.0, &mut b.0, cosine, cosine * tangent);
                rotate(&mut a.1, &mut b.1, cosine, cosine * tangent);
            }
        }
        if quiet {
            break;
        }
    }
    rows.sort_by(|(a, _), (b, _)| dot(b, b).total_cmp(&dot(a, a)));
    rows.into_iter().map(|(_, vector)| vector).collect()
}

fn rotate(a: &mut [f64], b: &mut [f64], cosine: f64, sine: f64) {
    for (a, b) in a.iter_mut().zip(b) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
}

/// Each row of `turn` as a sum of vectors.
fn turned(turn: &[Vec<f64>], vectors: &[f64], n: usize) -> Result<Vec<f64>> {
    let mut out = filled(0.0_f64, vectors.len())?;
    for (out, weights) in out.chunks_exact_mut(n).zip(turn) {
        for (weight, vector) in weights.iter().zip(vectors.chunks_exact(n)) {
            out.iter_mut().zip(vector).for_each(|(sum, x)| *sum += weight * x);
        }
    }
    Ok(out)
}

/// Makes the element of the largest magnitude, of equal ones the first, positive.
fn point(vector: &mut [f64]) {
    let most = |best: f64, x: &f64| if x.abs() > best.abs() { *x } else { best };
    if vector.iter().fold(0.0, most) < 0.0 {
        for x in vector {
            *x = -*x;
        }
    }
}

//! Numbers made comparable: as far apart as they are unusual, whatever their units and however they go together.

/// A measure of how numbers vary: the lower Cholesky factor of their covariance, and their means.
///
/// Whitened numbers are `inverse(factor) * (numbers - means)`: their distances are those of
/// Mahalanobis ("On the generalised distance in statistics", 1936).
#[derive(Debug, Clone)]
pub(super) struct Whitening {
    means: Vec<f64>,
    /// Row by row, the first `i + 1` elements of row `i`.
    factor: Vec<Vec<f64>>,
}

/// Added to the variances, as a part of each: numbers that follow from others must not be divided by nothing.
const RIDGE: f64 = 0.05;
/// Variances are at least this.
const LEAST: f64 = 1e-6;

impl Whitening {
    /// Learns from groups of measured numbers how they vary within a group, about the means of all.
    pub(super) fn learn(dim: usize, groups: &[Vec<&[f32]>]) -> Self {
        let all = || groups.iter().flatten().copied();
        let means = mean(dim, all());
        let mut covariance = vec![vec![0.0; dim]; dim];
        let count = all().count().max(1) as f64;
        for group in groups {
            let own = mean(dim, group.iter().copied());
            for numbers in group {
                let away: Vec<f64> =
                    numbers.iter().zip(&own).map(|(x, mean)| f64::from(*x) - mean).collect();
                for (row, a) in covariance.iter_mut().zip(&away) {
                    row.iter_mut().zip(&away).for_each(|(sum, b)| *sum += a * b / count);
                }
            }
        }
        for (i, row) in covariance.iter_mut().enumerate() {
            if let Some(variance) = row.get_mut(i) {
                *variance = (*variance * (1.0 + RIDGE)).max(LEAST);
            }
        }
        Self { means, factor: cholesky(&covariance) }
    }

    /// The numbers, whitened, of length 1.
    pub(super) fn apply(&self, numbers: &[f32]) -> Vec<f32> {
        let away = numbers.iter().zip(&self.means).map(|(x, mean)| f64::from(*x) - mean);
        let mut out: Vec<f64> = Vec::with_capacity(self.means.len());
        for (away, row) in away.zip(&self.factor) {
            // Forward substitution.
            let known: f64 = row.iter().zip(&out).map(|(a, b)| a * b).sum();
            out.push((away - known) / row.last().copied().unwrap_or(1.0));
        }
        unit(&out)
    }
}

/// The vector of length 1 in the same direction; zeros stay.
pub(super) fn unit(vector: &[f64]) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    let length = if length > 0.0 { length } else { 1.0 };
    #[expect(clippy::cast_possible_truncation, reason = "rounds to nearest")]
    let rounded = |x: &f64| (x / length) as f32;
    vector.iter().map(rounded).collect()
}

/// The direction of what a vector has and the others do not: less its projections on the others, made
/// orthogonal one after another (Gram-Schmidt).
pub(super) fn own_part(vectors: &[Vec<f64>], place: usize) -> Vec<f32> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let others = vectors.iter().enumerate().filter(|(other, _)| *other != place);
    let own = vectors.iter().skip(place).take(1);
    for vector in others.map(|(_, vector)| vector).chain(own) {
        let mut rest = vector.clone();
        for known in &basis {
            let along = dot(&rest, known);
            rest.iter_mut().zip(known).for_each(|(rest, known)| *rest -= along * known);
        }
        let length = dot(&rest, &rest).sqrt();
        if length > 0.0 {
            for x in &mut rest {
                *x /= length;
            }
        }
        basis.push(rest);
    }
    basis.last().map_or_else(Vec::new, |own| unit(own))
}

fn mean<'a>(dim: usize, all: impl Iterator<Item = &'a [f32]>) -> Vec<f64> {
    let mut sum = vec![0.0; dim];
    let mut count = 0.0;
    for numbers in all {
        sum.iter_mut().zip(numbers).for_each(|(sum, x)| *sum += f64::from(*x));
        count += 1.0;
    }
    for sum in &mut sum {
        *sum /= f64::max(count, 1.0);
    }
    sum
}

/// The lower factor of a positive definite matrix (Cholesky, 1910), row by row up to the diagonal.
fn cholesky(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut factor: Vec<Vec<f64>> = Vec::with_capacity(matrix.len());
    for (i, row) in matrix.iter().enumerate() {
        let mut out: Vec<f64> = Vec::with_capacity(i + 1);
        for (value, above) in row.iter().zip(&factor) {
            let known: f64 = out.iter().zip(above).map(|(a, b)| a * b).sum();
            out.push((value - known) / above.last().copied().unwrap_or(1.0));
        }
        let known: f64 = out.iter().map(|a| a * a).sum();
        let rest = row.get(i).copied().unwrap_or(1.0) - known;
        out.push(rest.max(LEAST).sqrt());
        factor.push(out);
    }
    factor
}

#[cfg(test)]
mod tests {
    use super::{Whitening, cholesky};

    #[test]
    fn the_factor_times_itself_is_the_matrix() {
        let matrix = vec![vec![4.0, 2.0, 0.0], vec![2.0, 5.0, 2.0], vec![0.0, 2.0, 10.0]];
        let factor = cholesky(&matrix);
        assert_eq!(factor, vec![vec![2.0], vec![1.0, 2.0], vec![0.0, 1.0, 3.0]]);
    }

    #[test]
    fn what_varies_much_says_little() {
        let groups: [[[f32; 2]; 4]; 2] = [
            [[9.0, 1.0], [-9.0, 1.1], [8.0, 0.9], [-8.0, 1.0]],
            [[9.0, -1.0], [-9.0, -1.1], [8.0, -0.9], [-8.0, -1.0]],
        ];
        let groups: Vec<Vec<&[f32]>> =
            groups.iter().map(|group| group.iter().map(<[f32; 2]>::as_slice).collect()).collect();
        let whitening = Whitening::learn(2, &groups);
        let white = whitening.apply(&[5.0, 1.0]);
        assert!(white[0].abs() < 0.1 && white[1] > 0.99, "{white:?}");
    }
}

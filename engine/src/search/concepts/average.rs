//! Several phrasings of the same concepts as one.

use crate::error::{Error, Result};
use crate::search::exact::rounded;
use crate::search::kernels::{Matrix, Row};

/// What is averaged over the templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Average {
    /// The features: each normalised, their mean, normalised again. How CLIP ensembles prompts
    /// (Radford et al., ICML 2021, section 3.1.4); costs no more than one template.
    Features,
    /// The scores, their mean: summed in f64 in the order of the templates, rounded once.
    Scores,
}

/// Mean features `[K, D]` of T matrices `[K, D]`, C order: each feature normalised, their mean
/// normalised again.
///
/// In f64 in the order of elements and templates, rounded once. A zero vector adds nothing; where
/// all are zero, or cancel out, so is the mean. `O(T * K * D)`, memory `8 * K * D`.
///
/// Errors: no matrix, or they differ in shape.
pub fn average_features(templates: &[Matrix<'_>]) -> Result<Vec<f32>> {
    let (dim, count) = common_shape(templates)?;
    let mut means = Vec::new();
    let mut mean = vec![0.0_f64; dim];
    let mut feature = vec![0.0_f64; dim];
    for concept in 0..count {
        mean.fill(0.0);
        for template in templates {
            let Some(row) = template.row(concept) else { continue };
            widen(row, &mut feature);
            normalise(&mut feature);
            for (mean, element) in mean.iter_mut().zip(&feature) {
                *mean += element;
            }
        }
        // The length of the sum is that of the mean but for a factor, which falls out.
        normalise(&mut mean);
        means.extend(mean.iter().map(|element| rounded(*element)));
    }
    Ok(means)
}

/// `(D, K)` of the templates.
pub(super) fn common_shape(templates: &[Matrix<'_>]) -> Result<(usize, usize)> {
    let Some(first) = templates.first() else {
        return Err(Error::Invalid("no templates; give the prompts of at least one".into()));
    };
    let shape = (first.dim(), first.count());
    let odd = templates.iter().position(|other| (other.dim(), other.count()) != shape);
    let Some(odd) = odd else { return Ok(shape) };
    let text = "has another shape than template 0; give each the same concepts, from one model";
    Err(Error::Invalid(format!("template {odd} {text}")))
}

fn widen(row: Row<'_>, to: &mut [f64]) {
    match row {
        Row::F32(row) => to.iter_mut().zip(row).for_each(|(to, x)| *to = f64::from(*x)),
        Row::F16(row) => to.iter_mut().zip(row).for_each(|(to, x)| *to = x.to_f64()),
    }
}

fn normalise(vector: &mut [f64]) {
    let norm = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    if norm > 0.0 {
        for element in vector {
            *element /= norm;
        }
    }
}

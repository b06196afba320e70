//! A cosine as a model's score: times a scale, plus a bias.

use crate::error::{Error, Result};

/// `score = scale * cosine + bias`, in f32: one multiplication, then one addition, each rounded.
///
/// CLIP scores with a learned scale and no bias (Radford et al., ICML 2021), `SigLIP` with both
/// (Zhai et al., ICCV 2023). The default leaves a cosine as it is, but for the sign of zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    scale: f32,
    bias: f32,
}

impl Affine {
    /// Scale and bias. Error: either is not finite.
    pub fn new(scale: f32, bias: f32) -> Result<Self> {
        if scale.is_finite() && bias.is_finite() {
            return Ok(Self { scale, bias });
        }
        let text =
            format!("scale {scale} and bias {bias} must be finite; take them from the model");
        Err(Error::Invalid(text))
    }

    /// The score of a cosine.
    #[inline]
    pub fn apply(self, cosine: f32) -> f32 {
        self.scale * cosine + self.bias
    }
}

impl Default for Affine {
    fn default() -> Self {
        Self { scale: 1.0, bias: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::Affine;

    #[test]
    fn rounds_the_product_and_the_sum() {
        let (scale, cosine, bias) = (117.330_76_f32, 0.1_f32, -12.932_47_f32);
        let product = scale * cosine;
        let score = Affine::new(scale, bias).unwrap().apply(cosine);
        assert_eq!(score.to_bits(), (product + bias).to_bits());
        assert_eq!(Affine::default().apply(-0.25).to_bits(), (-0.25_f32).to_bits());
    }

    #[test]
    fn is_finite() {
        assert!(Affine::new(f32::NAN, 0.0).is_err());
        assert!(Affine::new(1.0, f32::INFINITY).is_err());
    }
}

//! Heat maps and the best tokens against one score at a time, sorted.

use super::*;
use crate::search::kernels::{Rows, Tier};
use crate::search::sample::Random;
use half::f16;

struct Tokens {
    row: u64,
    values: Vec<f16>,
    dim: usize,
}

impl Tokens {
    fn matrix(&self) -> Matrix<'_> {
        let count = self.values.len() / self.dim;
        Matrix::new(Rows::F16(&self.values), self.dim, self.dim, count).unwrap()
    }
}

/// Images in no order of their rows, some without tokens, some alike.
fn images(random: &mut Random, count: u64, dim: usize) -> Vec<Tokens> {
    let mut images = Vec::new();
    for number in 0..count {
        let tokens = usize::try_from(random.below(30)).unwrap();
        let values = random.features(tokens, dim).into_iter().map(f16::from_f32).collect();
        images.push(Tokens { row: (number * 7919) % 1009, values, dim });
    }
    images
}

/// The slow twin: all tokens, each scored by itself, sorted.
fn by_sorting(query: &[f32], affine: Affine, images: &[Tokens]) -> Vec<ScoredToken> {
    let kernel = Kernel::with_tier(Tier::Portable).unwrap();
    let scorer = Scorer::new(Metric::Cosine, kernel, query);
    let mut all = Vec::new();
    for image in images {
        for token in 0..image.matrix().count() {
            let cosine = scorer.score(image.matrix().row(token).unwrap()).unwrap();
            // A zero loses its sign.
            let score = affine.apply(cosine) + 0.0;
            all.push(ScoredToken { score, row: image.row, token });
        }
    }
    all.sort_by(|a, b| {
        let place = |x: &ScoredToken| (x.row, x.token);
        b.score.total_cmp(&a.score).then(place(a).cmp(&place(b)))
    });
    all
}

#[test]
fn the_best_tokens_are_a_sort_cut_short() {
    let mut random = Random::from_env();
    for affine in [Affine::default(), Affine::new(9.5, -3.25).unwrap()] {
        for dim in [1, 3, 70] {
            let images = images(&mut random, 60, dim);
            let query = random.features(1, dim);
            let expected = by_sorting(&query, affine, &images);
            let blocks = || images.iter().map(|image| (image.row, image.matrix()));
            for tier in Tier::available() {
                let kernel = Kernel::with_tier(tier).unwrap();
                let query = TokenQuery::new(kernel, &query, affine);
                for (k, threads) in [(0, 1), (1, 2), (17, 1), (17, 3), (5000, 0), (5000, 2)] {
                    let found = top_tokens(&query, blocks(), k, threads).unwrap();
                    assert_eq!(found, expected[..k.min(expected.len())], "{tier} {k} {threads}");
                }
            }
        }
    }
}

#[test]
fn a_heat_map_is_the_score_of_each_token() {
    let mut random = Random::from_env();
    let affine = Affine::new(100.0, 0.5).unwrap();
    for dim in [2, 65, 1152] {
        let images = images(&mut random, 10, dim);
        let query = random.features(1, dim);
        let kernel = Kernel::best();
        let scorer = Scorer::new(Metric::Cosine, kernel, &query);
        for image in &images {
            let tokens = image.matrix();
            let mut map = vec![7.0; tokens.count()];
            TokenQuery::new(kernel, &query, affine).heat_map(tokens, &mut map).unwrap();
            for (token, score) in map.iter().enumerate() {
                let expected = scorer.score(tokens.row(token).unwrap()).unwrap() * 100.0 + 0.5;
                assert_eq!(score.to_bits(), expected.to_bits());
            }
        }
    }
}

#[test]
fn wrong_arguments_are_errors() {
    let image = Tokens { row: 3, values: vec![f16::ONE; 12], dim: 4 };
    let query = TokenQuery::new(Kernel::best(), &[1.0; 3], Affine::default());
    assert!(query.heat_map(image.matrix(), &mut [0.0; 3]).is_err());
    assert!(top_tokens(&query, [(3, image.matrix())], 5, 1).is_err());
    let query = TokenQuery::new(Kernel::best(), &[1.0; 4], Affine::default());
    assert!(query.heat_map(image.matrix(), &mut [0.0; 2]).is_err());
    assert!(top_tokens(&query, [(3, image.matrix())], TopK::MAX_K + 1, 1).is_err());
    assert_eq!(top_tokens(&query, [(3, image.matrix())], 5, 1).unwrap().len(), 3);
    assert!(top_tokens(&query, [], 5, 2).unwrap().is_empty());
}

//! Heat maps, token search, late interaction.

use vesalius::{Affine, Dtype, Error, Predicate, Probe, SearchOptions, Tier};

use super::sample::{DIM, GRID, Random, Sample, TOKENS, WORDS, close, cosine};

#[test]
fn heat_maps_are_cosines_of_a_plain_loop() {
    let mut random = Random::new();
    for dtype in [Dtype::F16, Dtype::F32] {
        let sample = Sample::new(&mut random, dtype);
        let snapshot = sample.snapshot();
        let query = random.values(DIM);
        let probe = Probe::new(query.clone()).affine(Affine::new(3.0, -1.0).unwrap());
        let mut seen = 0;
        for case in sample.cases.values() {
            let image = snapshot.image(&case.key).unwrap();
            let map = image.heat_map("patches", &probe).unwrap();
            assert_eq!(map.is_some(), case.tokens.is_some());
            let (Some(map), Some(tokens)) = (map, &case.tokens) else { continue };
            assert_eq!(map.grid, GRID.map(|side| side as usize));
            for (token, got) in tokens.chunks(DIM).zip(&map.values) {
                assert!(close(*got, 3.0 * cosine(&query, token) - 1.0));
            }
            let held = image.tokens("patches").unwrap().unwrap();
            let own = held.heat_map(&held.probe([1, 2, 0]).unwrap()).unwrap();
            assert!(own.values[20] > 0.999_99 && own.values.iter().all(|v| *v <= own.values[20]));
            assert!(held.heat_map_into(&probe, &mut [0.0; 3]).is_err());
            seen += 1;
        }
        assert!(seen > 20);
        let wrong = Probe::new(vec![1.0]);
        let image = snapshot.image_at(*sample.cases.keys().next().unwrap()).unwrap().unwrap();
        let _ = image;
        let with = sample.cases.values().find(|case| case.tokens.is_some()).unwrap();
        let refused = snapshot.image(&with.key).unwrap().heat_map("patches", &wrong);
        assert!(matches!(refused, Err(Error::WrongDimension { .. })));
    }
}

#[test]
fn probes_come_from_prompt_sets_that_fit() {
    let mut random = Random::new();
    let sample = Sample::new(&mut random, Dtype::F16);
    let snapshot = sample.snapshot();
    let probe = snapshot.probe("patches", "free", "concept 2").unwrap();
    assert_eq!(probe.feature(), &sample.prompts[0][2 * DIM..3 * DIM]);
    // It names the vectors of the images, which the same model made.
    snapshot.probe("patches", "set-1", "concept 2").unwrap();
    let other = snapshot.probe("others", "set-1", "concept 2");
    assert!(matches!(other, Err(Error::PromptMismatch { .. })));
    let narrow = snapshot.probe("patches", "narrow", "concept 2");
    assert!(matches!(narrow, Err(Error::PromptMismatch { .. })));
    assert!(matches!(snapshot.probe("patches", "free", "none"), Err(Error::NoSuch { .. })));
    assert!(snapshot.prompt_set("free").unwrap().probe(99).is_err());
}

#[test]
fn the_best_tokens_are_those_of_a_sort() {
    let mut random = Random::new();
    for dtype in [Dtype::F16, Dtype::F32] {
        let sample = Sample::new(&mut random, dtype);
        let snapshot = sample.snapshot();
        let probe = Probe::new(random.values(DIM));
        let odd = snapshot.select(&Predicate::parse("odd = true").unwrap()).unwrap();
        for filter in [None, Some(&odd)] {
            // The scores of the maps, which the plain loop has checked; ties then are ties.
            let mut all = Vec::new();
            for (row, case) in &sample.cases {
                let map = snapshot.image(&case.key).unwrap().heat_map("patches", &probe).unwrap();
                if let Some(map) = map.filter(|_| filter.is_none_or(|filter| filter.get(*row))) {
                    let tokens = map.values.into_iter().enumerate();
                    all.extend(tokens.map(|(token, score)| (score, *row, token)));
                }
            }
            all.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
            for (k, threads) in [(0, 1), (5, 1), (40, 2), (100_000, 7)] {
                let mut options = SearchOptions { filter, ..SearchOptions::new(k) };
                options = options.threads(threads).tier(Tier::Portable);
                let found = snapshot.search_tokens("patches", &probe, &options).unwrap();
                let expected = &all[..k.min(all.len())];
                assert_eq!(found.len(), expected.len());
                for (hit, (score, row, token)) in found.iter().zip(expected) {
                    assert_eq!(
                        (hit.score.to_bits(), hit.row, hit.token),
                        (score.to_bits(), *row, *token)
                    );
                    assert_eq!(hit.key, sample.cases[row].key);
                    let [d, h, w] = hit.at;
                    assert_eq!((d * 3 + h) * 4 + w, *token);
                }
            }
            let options = SearchOptions { filter, ..SearchOptions::new(100_000) }.threshold(0.3);
            let found = snapshot.search_tokens("patches", &probe, &options).unwrap();
            assert_eq!(found.len(), all.iter().filter(|(score, ..)| *score >= 0.3).count());
        }
    }
}

/// The slow twin of `MaxSim`.
fn max_sim(query: &[f32], document: &[f32]) -> f64 {
    let best = |token: &[f32]| {
        let all = document.chunks(DIM).map(|other| cosine(token, other));
        all.fold(f64::NEG_INFINITY, f64::max)
    };
    query.chunks(DIM).map(best).sum()
}

#[test]
fn late_interaction_is_a_double_loop() {
    let mut random = Random::new();
    for dtype in [Dtype::F16, Dtype::F32] {
        let sample = Sample::new(&mut random, dtype);
        let snapshot = sample.snapshot();
        let set = snapshot.prompt_set("free").unwrap();
        let words = set.tokens(3).unwrap();
        let plain = &sample.words[3 * WORDS * DIM..4 * WORDS * DIM];
        let with: Vec<_> = sample.cases.iter().filter(|(_, case)| case.tokens.is_some()).collect();
        let key = &with[1].1.key;
        let own = with[1].1.tokens.as_ref().unwrap();
        let mut ranked: Option<Vec<(u64, u32)>> = None;
        for threads in [1, 2, 6] {
            let options = SearchOptions::new(1000).threads(threads);
            let found = snapshot.search_max_sim("patches", &words, &options).unwrap();
            assert_eq!((found.matched, found.hits.len()), (with.len() as u64, with.len()));
            assert!(found.hits.is_sorted_by(|a, b| (b.score, a.row) <= (a.score, b.row)));
            for hit in &found.hits {
                let tokens = sample.cases[&hit.row].tokens.as_ref().unwrap();
                assert!(close(hit.score, max_sim(plain, tokens)));
                let image = snapshot.image_at(hit.row).unwrap().unwrap();
                let alone = image.tokens("patches").unwrap().unwrap();
                assert_eq!(alone.max_sim(&words).unwrap().to_bits(), hit.score.to_bits());
                let matches = alone.matches(&words).unwrap();
                assert!(matches.iter().all(|found| found.token.is_some_and(|at| at < TOKENS)));
            }
            let hits: Vec<_> =
                found.hits.iter().map(|hit| (hit.row, hit.score.to_bits())).collect();
            assert_eq!(ranked.get_or_insert_with(|| hits.clone()), &hits);

            let like = snapshot.search_max_sim_like("patches", key, &options).unwrap();
            assert_eq!(like.hits.len(), with.len() - 1);
            for hit in &like.hits {
                assert_ne!(hit.row, *with[1].0);
                let tokens = sample.cases[&hit.row].tokens.as_ref().unwrap();
                assert!(close(hit.score, max_sim(own, tokens)));
            }
        }
        let without = sample.cases.values().find(|case| case.tokens.is_none()).unwrap();
        let options = SearchOptions::new(3);
        assert!(snapshot.search_max_sim_like("patches", &without.key, &options).is_err());
        let narrow = snapshot.prompt_set("narrow").unwrap().features().unwrap();
        let refused = snapshot.search_max_sim("patches", &narrow, &options);
        assert!(matches!(refused, Err(Error::WrongDimension { .. })));
    }
}

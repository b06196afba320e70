//! Concept scores.

#![expect(clippy::float_cmp, reason = "scores are exact by definition")]

use vesalius::{
    Affine, Average, Bitmap, ConceptOptions, Dtype, Error, Predicate, Snapshot, softmax,
};

use super::sample::{CONCEPTS, Case, DIM, Random, Sample, close, cosine, texts};

const SCALE: f64 = 12.182_493_960_703_473;
const BIAS: f64 = -3.25;

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Rows and vectors that a question should see.
fn asked<'a>(sample: &'a Sample, filter: Option<&Bitmap>) -> Vec<(u64, &'a Vec<f32>)> {
    let with = |(row, case): (&u64, &'a Case)| case.vector.as_ref().map(|vector| (*row, vector));
    let let_through = |row: u64| filter.is_none_or(|filter| filter.get(row));
    sample.cases.iter().filter_map(with).filter(|(row, _)| let_through(*row)).collect()
}

fn filters(snapshot: &Snapshot, random: &mut Random) -> Vec<Option<Bitmap>> {
    let odd = snapshot.select(&Predicate::parse("odd = true").unwrap()).unwrap();
    let mut few = Bitmap::new(snapshot.next_row());
    for _ in 0..6 {
        few.set(random.below(snapshot.next_row()));
    }
    vec![None, Some(odd), Some(few), Some(Bitmap::new(0))]
}

#[test]
fn scores_are_those_of_a_plain_loop() {
    let mut random = Random::new();
    for dtype in [Dtype::F16, Dtype::F32] {
        let sample = Sample::new(&mut random, dtype);
        let snapshot = sample.snapshot();
        for filter in filters(&snapshot, &mut random) {
            let expected = asked(&sample, filter.as_ref());
            let mut first: Option<Vec<u32>> = None;
            for threads in [1, 2, 5] {
                let options = ConceptOptions::default().threads(threads);
                let query = snapshot.concepts("features", &["set-0"], &options).unwrap();
                let scores = query.scores(filter.as_ref()).unwrap();
                let rows: Vec<u64> = expected.iter().map(|(row, _)| *row).collect();
                assert_eq!((&scores.rows, scores.count), (&rows, CONCEPTS));
                for ((row, vector), got) in expected.iter().zip(scores.scores.chunks(CONCEPTS)) {
                    for (prompt, got) in sample.prompts[0].chunks(DIM).zip(got) {
                        assert!(close(*got, SCALE * cosine(prompt, vector) + BIAS), "row {row}");
                    }
                }
                let bits = bits(&scores.scores);
                assert_eq!(first.get_or_insert_with(|| bits.clone()), &bits, "{threads} threads");
            }
        }
    }
}

#[test]
fn labels_and_tops_follow_from_the_scores() {
    let mut random = Random::new();
    let sample = Sample::new(&mut random, Dtype::F16);
    let snapshot = sample.snapshot();
    for filter in filters(&snapshot, &mut random) {
        for threads in [1, 3] {
            let options = ConceptOptions::default().threads(threads);
            let query = snapshot.concepts("features", &["set-0"], &options).unwrap();
            let filter = filter.as_ref();
            let scores = query.scores(filter).unwrap();
            let labels = query.labels(filter).unwrap();
            assert_eq!(labels.len(), scores.rows.len());
            for (place, label) in labels.iter().enumerate() {
                let row = scores.row(place).unwrap();
                let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                assert_eq!(label.row, scores.rows[place]);
                assert_eq!(label.concept, row.iter().position(|score| *score == largest));
                let mut shares = row.to_vec();
                softmax(&mut shares);
                assert_eq!(label.score.to_bits(), largest.to_bits());
                assert_eq!(Some(label.probability), label.concept.map(|k| shares[k]));
                assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            }
            for (k, threshold) in [(0, None), (7, None), (1000, Some(-3.0_f32))] {
                let top = query.top(k, threshold, filter).unwrap();
                assert_eq!(top.len(), CONCEPTS);
                for (concept, found) in top.iter().enumerate() {
                    let all = scores.rows.iter().zip(scores.scores.chunks(CONCEPTS));
                    let mut all: Vec<(f32, u64)> = all.map(|(row, s)| (s[concept], *row)).collect();
                    all.retain(|(score, _)| threshold.is_none_or(|least| *score >= least));
                    all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                    assert_eq!(found.matched, all.len() as u64);
                    all.truncate(k);
                    let hits: Vec<_> = found.hits.iter().map(|hit| (hit.score, hit.row)).collect();
                    assert_eq!(hits, all);
                }
            }
        }
    }
}

#[test]
fn templates_are_averaged_by_features_or_scores() {
    let mut random = Random::new();
    let sample = Sample::new(&mut random, Dtype::F32);
    let snapshot = sample.snapshot();
    let sets = ["set-0", "set-1", "set-2"];
    let wanted = ["concept 4", "concept 9", "concept 1"];
    for average in [Average::Features, Average::Scores] {
        let options = ConceptOptions::default().average(average).texts(&wanted).threads(2);
        let query = snapshot.concepts("features", &sets, &options).unwrap();
        assert_eq!(query.texts(), ["concept 4", "concept 1"]);
        assert_eq!(query.unknown(), ["concept 9"]);
        let scores = query.scores(None).unwrap();
        for ((row, vector), got) in asked(&sample, None).into_iter().zip(scores.scores.chunks(2)) {
            for (concept, got) in [4, 1].into_iter().zip(got) {
                let prompts = sample.prompts.iter().map(|set| &set[concept * DIM..][..DIM]);
                let expected = match average {
                    Average::Scores => {
                        let scores = prompts.map(|prompt| SCALE * cosine(prompt, vector) + BIAS);
                        scores.sum::<f64>() / 3.0
                    }
                    Average::Features => SCALE * cosine(&mean(prompts), vector) + BIAS,
                };
                assert!(close(*got, expected), "row {row} concept {concept}: {got} {expected}");
            }
        }
    }
}

fn mean<'a>(prompts: impl Iterator<Item = &'a [f32]>) -> Vec<f32> {
    let mut sum = vec![0.0_f64; DIM];
    for prompt in prompts {
        let norm: f64 = prompt.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
        for (sum, x) in sum.iter_mut().zip(prompt) {
            *sum += f64::from(*x) / norm;
        }
    }
    sum.into_iter().map(|x| x.to_string().parse().unwrap()).collect()
}

#[test]
fn constants_are_those_of_the_set_or_the_caller() {
    let mut random = Random::new();
    let sample = Sample::new(&mut random, Dtype::F16);
    let snapshot = sample.snapshot();
    let all = ConceptOptions::default();
    let plain = snapshot.concepts("features", &["free"], &all).unwrap().scores(None).unwrap();
    assert!(plain.scores.iter().all(|score| score.abs() <= 1.0));
    let affine = Affine::new(100.0, 1.0).unwrap();
    let given = snapshot.concepts("features", &["set-0"], &all.affine(affine)).unwrap();
    let given = given.scores(None).unwrap();
    let expected: Vec<f32> = plain.scores.iter().map(|cosine| 100.0 * cosine + 1.0).collect();
    assert_eq!(given.scores, expected);
    assert_eq!(given.of_row(given.rows[1]), given.row(1));
}

#[test]
fn sets_that_do_not_fit_are_refused() {
    let mut random = Random::new();
    let sample = Sample::new(&mut random, Dtype::F16);
    let snapshot = sample.snapshot();
    let all = ConceptOptions::default();
    let ask = |field: &str, sets: &[&str], options: &ConceptOptions<'_>| {
        snapshot.concepts(field, sets, options).map(drop)
    };
    assert!(matches!(ask("features", &["absent"], &all), Err(Error::NoSuch { .. })));
    assert!(matches!(ask("absent", &["set-0"], &all), Err(Error::NoSuch { .. })));
    assert!(matches!(ask("patches", &["free"], &all), Err(Error::WrongKind { .. })));
    assert!(matches!(ask("features", &["narrow"], &all), Err(Error::PromptMismatch { .. })));
    assert!(matches!(ask("others", &["set-0"], &all), Err(Error::PromptMismatch { .. })));
    assert!(ask("others", &["set-0"], &all.any_field(true)).is_ok());
    assert!(matches!(ask("features", &[], &all), Err(Error::Invalid(_))));
    // Other constants.
    assert!(matches!(ask("features", &["set-0", "free"], &all), Err(Error::Invalid(_))));
    let none = all.texts(&["nothing"]);
    assert!(matches!(ask("features", &["set-0"], &none), Err(Error::NoSuch { .. })));
    assert_eq!(texts().len(), CONCEPTS);
    assert!(snapshot.rows_of_keys(["absent"]).is_err());
    let key = &sample.cases.values().next().unwrap().key;
    assert_eq!(snapshot.rows_of_keys([key.as_str()]).unwrap().count(), 1);
}

#[test]
fn a_stream_stops_when_it_is_told_to() {
    let mut random = Random::new();
    let sample = Sample::new(&mut random, Dtype::F16);
    let snapshot = sample.snapshot();
    let options = ConceptOptions::default().threads(2);
    let query = snapshot.concepts("features", &["free"], &options).unwrap();
    let mut blocks = 0;
    let counted = query.for_each_block(None, |rows, scores| {
        assert_eq!(rows.len() * CONCEPTS, scores.len());
        blocks += 1;
        Ok(false)
    });
    counted.unwrap();
    assert_eq!(blocks, 1);
    let failed = query.for_each_block(None, |_, _| Err(Error::Cancelled));
    assert!(matches!(failed, Err(Error::Cancelled)));
}

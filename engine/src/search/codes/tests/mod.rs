//! Codes bound what they should, on rows of every kind; searches by them find what plain scans find.

mod adversarial;
mod plain;
mod stored;

use super::audit::code;
use super::{
    Along, Bound, CodedQuery, Codes, CodesView, Encoder, Planes, Side, TurnedQuery, encode,
    rotation,
};
use crate::search::kernels::{Kernel, Matrix, Row, Rows};
use crate::search::sample::Random;
use crate::search::similarity::{Metric, Scorer};
use half::f16;

/// Rows of one case, with a scale of their own.
pub(super) fn rows(random: &mut Random, count: usize, dim: usize) -> Vec<f32> {
    let scale = [1.0, 1.0, 1e-3, 1e3, 1e-9, 1e-20, 1e-38, 1e-42, 1e9, 1e17, 1e25]
        [usize::try_from(random.below(11)).unwrap()];
    let shift = if random.one_in(3) { 3.0 } else { 0.0 };
    let mut rows: Vec<f32> = random.features(count, dim);
    for value in &mut rows {
        *value = (*value + shift) * scale;
    }
    for row in rows.chunks_mut(dim) {
        match random.below(30) {
            0 => row.fill(0.0),
            1 => row[0] *= 1e6,
            2 => row.iter_mut().for_each(|value| *value *= 1e-6),
            3 => row[dim / 2] = f32::MAX,
            _ => (),
        }
    }
    rows
}

const SIDES: [Side; 3] = [Side::Four, Side::Six, Side::Eight];

/// The sums of products of all rows, with so many bits.
fn products(kernel: Kernel, query: &CodedQuery, view: &CodesView<'_>, side: Side) -> Vec<i32> {
    let (mut products, weights) = (vec![0; view.count], query.weights());
    match side {
        Side::Four => kernel.nibble_rows(weights, view.high, &mut products),
        Side::Six => kernel.six_rows(weights, [view.high, view.middle], &mut products),
        Side::Eight => {
            let rows: Vec<u32> = (0..).take(view.count).collect();
            kernel.byte_rows_at(weights, view.planes(), &rows, &mut products);
        }
    }
    products
}

#[test]
fn scores_lie_within_their_intervals() {
    let mut random = Random::from_env();
    let mut widths = 0_u32;
    for case in 0..400 {
        let dim = 1 + usize::try_from(random.below(if case % 8 == 0 { 900 } else { 70 })).unwrap();
        let count = 1 + usize::try_from(random.below(30)).unwrap();
        let values = rows(&mut random, count, dim);
        let halves: Vec<f16> = values.iter().map(|value| f16::from_f32(*value)).collect();
        let matrix = if case % 2 == 0 {
            Matrix::new(Rows::F32(&values), dim, dim, count).unwrap()
        } else {
            Matrix::new(Rows::F16(&halves), dim, dim, count).unwrap()
        };
        let codes = encode(matrix, 1).unwrap();
        let view = codes.view().unwrap();
        let query = rows(&mut random, 1, dim);
        let query = if random.one_in(3) { values[(count - 1) * dim..].to_vec() } else { query };
        let values = halves_or(matrix);
        for metric in Metric::ALL {
            let scorer = Scorer::new(metric, Kernel::best(), &query);
            let norm = Kernel::best().dot(&query, Row::F32(&query)).unwrap().sqrt();
            let centred = [Along::Nothing, Along::Centre].map(|along| (view.centre, along));
            let ways = [Planes::One, Planes::Two].map(|planes| centred.map(|way| (planes, way)));
            for (planes, centre) in ways.into_iter().flatten() {
                let turn = rotation(dim);
                let turned = TurnedQuery::new(metric, &query, norm, centre, &turn);
                let Some(turned) = turned else { continue };
                let coded = CodedQuery::new(&turned, planes);
                for side in SIDES {
                    let bound = Bound::new(&coded, side);
                    let products = products(Kernel::best(), &coded, &view, side);
                    let mut most = vec![0.0; count];
                    bound.highest(&view, &products, &mut most);
                    for (index, &product) in products.iter().enumerate() {
                        let interval = bound.interval(&view, index, product).unwrap();
                        assert_eq!(interval.most.to_bits(), most[index].to_bits());
                        let score = scorer.score(matrix.row(index).unwrap()).unwrap();
                        let merit = if metric == Metric::L2 { -score } else { score };
                        if merit.is_nan() {
                            assert!(view.e8[index].is_infinite());
                            continue;
                        }
                        assert!(
                            interval.least <= merit && merit <= interval.most,
                            "{case} {metric} {planes:?} {side:?}: {merit} not in {interval:?}, {:?}",
                            &values[index * dim..(index + 1) * dim]
                        );
                        widths += u32::from(interval.most.is_finite());
                    }
                }
            }
        }
    }
    assert!(widths > 10_000, "{widths} intervals were finite");
}

fn halves_or(matrix: Matrix<'_>) -> Vec<f32> {
    match matrix.rows() {
        Rows::F32(values) => values.to_vec(),
        Rows::F16(values) => values.iter().map(|value| value.to_f32()).collect(),
    }
}

#[test]
fn errors_are_what_they_say() {
    let mut random = Random::from_env();
    for _ in 0..40 {
        let dim = 1 + usize::try_from(random.below(300)).unwrap();
        let mut values = random.features(9, dim);
        for value in &mut values {
            *value += 0.25;
        }
        let matrix = Matrix::new(Rows::F32(&values), dim, dim, 9).unwrap();
        let codes = encode(matrix, 2).unwrap();
        let turn = rotation(dim);
        let mut room = vec![0.0; turn.padded()];
        for (index, row) in values.chunks(dim).enumerate() {
            let mut y: Vec<f32> = row.iter().zip(&codes.centre).map(|(x, c)| x - c).collect();
            y.resize(turn.padded(), 0.0);
            turn.apply(&mut y, &mut room);
            let planes = codes.view().unwrap().slice(index..index + 1).unwrap().planes();
            let step = f64::from(codes.step[index]);
            let mut left = [0.0_f64; 3];
            for (i, y) in y.iter().enumerate() {
                let code = code(planes, i).unwrap();
                let high = [code, code & !3, code & !15].map(f64::from);
                for ((left, high), middle) in left.iter_mut().zip(high).zip([127.5, 126.0, 120.0]) {
                    *left += (f64::from(*y) - step * (high - middle)).powi(2);
                }
            }
            let length = y.iter().map(|y| f64::from(*y).powi(2)).sum::<f64>().sqrt();
            let errors = [codes.e8[index], codes.e6[index], codes.e4[index]];
            for (error, measured) in errors.into_iter().zip(left) {
                let (error, measured) = (f64::from(error), measured.sqrt());
                assert!(error >= measured && error <= measured + length * 1e-4 + 1e-15);
            }
        }
    }
}

#[test]
fn threads_make_the_same_codes() {
    let mut random = Random::from_env();
    let values = random.features(2000, 40);
    let matrix = Matrix::new(Rows::F32(&values), 40, 40, 2000).unwrap();
    let codes: Vec<Codes> = [1, 2, 3].map(|threads| encode(matrix, threads).unwrap()).into();
    assert!(codes.windows(2).all(|pair| pair[0] == pair[1]));
    let view = codes[0].view().unwrap();
    let part = Encoder::new(codes[0].centre.clone());
    let part = part.encode(matrix.slice(700..900).unwrap(), 1).unwrap();
    let slice = view.slice(700..900).unwrap();
    assert_eq!(part.view().unwrap().planes(), slice.planes());
    assert!(part.e4 == slice.e4 && part.e6 == slice.e6 && part.e8 == slice.e8);
    assert!(view.slice(1999..2001).is_none());
}

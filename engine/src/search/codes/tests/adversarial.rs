//! Queries along the error of a row: the score lies at the very end of its interval. Random data would not notice an
//! interval of a sixth of the width.

use super::super::audit::code;
use super::super::{Along, Bound, CodedQuery, Encoder, Planes, Side, TurnedQuery, rotation};
use super::{SIDES, products};
use crate::search::kernels::{Kernel, Matrix, Row, Rows};
use crate::search::sample::Random;
use crate::search::similarity::{Metric, Scorer};

const DIM: usize = 128;

/// `q` with `R q` along what the codes of a row leave out: `q_i = <R e_i, y - y^>`.
#[expect(clippy::cast_possible_truncation, reason = "a rounding to f32")]
fn along_error(row: &[f32], centre: &[f32], planes: [&[u8]; 3], step: f32, side: Side) -> Vec<f32> {
    let (turn, mut room) = (rotation(DIM), vec![0.0; DIM]);
    let mut turned: Vec<f32> = row.iter().zip(centre).map(|(x, c)| x - c).collect();
    turn.apply(&mut turned, &mut room);
    let left: Vec<f64> = turned
        .iter()
        .enumerate()
        .map(|(i, y)| {
            let byte = f64::from(code(planes, i).unwrap());
            let stands_for = match side {
                Side::Eight => byte - 127.5,
                Side::Six => 4.0 * ((byte / 4.0).floor() - 31.5),
                Side::Four => 16.0 * ((byte / 16.0).floor() - 7.5),
            };
            f64::from(*y) - f64::from(step) * stands_for
        })
        .collect();
    let axis = |i: usize| {
        let mut axis = vec![0.0; DIM];
        axis[i] = 1.0;
        turn.apply(&mut axis, &mut room.clone());
        axis.iter().zip(&left).map(|(a, b)| f64::from(*a) * b).sum::<f64>()
    };
    (0..DIM).map(|i| axis(i) as f32).collect()
}

#[test]
fn queries_along_the_error_of_a_row_reach_the_end_of_its_interval() {
    let mut random = Random::from_env();
    let kernel = Kernel::best();
    // Around nothing, near by and far away, with a share of the centre in the query.
    for (shift, share) in [(0.0, 0.0), (2.0, 0.7), (2.0, -1.0), (100.0, 1.5)] {
        around(&mut random, kernel, shift, share);
    }
}

fn around(random: &mut Random, kernel: Kernel, shift: f32, share: f32) {
    let values: Vec<f32> =
        (0..20 * DIM).map(|_| random.below(2_000_001) as f32 / 1e6 - 1.0 + shift).collect();
    let matrix = Matrix::new(Rows::F32(&values), DIM, DIM, 20).unwrap();
    let codes = Encoder::new(vec![shift; DIM]).encode(matrix, 1).unwrap();
    let view = codes.view().unwrap();
    for (index, row) in values.chunks(DIM).enumerate() {
        let planes = view.slice(index..index + 1).unwrap().planes();
        for (side, sign) in SIDES.into_iter().flat_map(|side| [(side, 1.0), (side, -1.0)]) {
            let mut query = along_error(row, view.centre, planes, view.step[index], side);
            let scale = if random.one_in(2) { 1.0 } else { 1e4 };
            for (value, c) in query.iter_mut().zip(view.centre) {
                *value = *value * sign * scale + share * c;
            }
            let norm = kernel.dot(&query, Row::F32(&query)).unwrap().sqrt();
            for metric in Metric::ALL {
                let turn = rotation(DIM);
                let turned =
                    TurnedQuery::new(metric, &query, norm, (view.centre, Along::Centre), &turn)
                        .unwrap();
                let coded = CodedQuery::new(&turned, Planes::Two);
                let products = products(kernel, &coded, &view, side);
                let bound = Bound::new(&coded, side);
                let interval = bound.interval(&view, index, products[index]).unwrap();
                let score = Scorer::new(metric, kernel, &query).score(Row::F32(row)).unwrap();
                let merit = if metric == Metric::L2 { -score } else { score };
                assert!(
                    interval.least <= merit && merit <= interval.most,
                    "{metric} {side:?}: {merit} not in {interval:?}"
                );
                // Far from zero, what rounding may do is as wide.
                let near = shift < if side == Side::Four { 10.0 } else { 1.0 };
                if metric == Metric::InnerProduct && near && share >= 0.0 {
                    let middle = f64::from(interval.least) / 2.0 + f64::from(interval.most) / 2.0;
                    let width = f64::from(interval.most) - middle;
                    let share = (f64::from(merit) - middle) * f64::from(sign) / width;
                    assert!(share > 0.9, "{side:?}: at {share} of the interval");
                }
            }
        }
    }
}

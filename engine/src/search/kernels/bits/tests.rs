use super::*;
use crate::search::sample::Random;

fn vector(random: &mut Random, dims: usize) -> Vec<f32> {
    (0..dims).map(|_| random.below(2001) as f32 / 1000.0 - 1.0).collect()
}

struct Block {
    rows: Vec<Vec<f32>>,
    codes: Vec<Group>,
    facts: Facts,
}

fn block(random: &mut Random, dims: usize) -> Block {
    let rows: Vec<_> = (0..ROWS).map(|_| vector(random, dims)).collect();
    let mut codes = vec![[[0; ROWS]; 3]; groups(dims)];
    for (number, row) in rows.iter().enumerate() {
        pack_row(row, number, &mut codes, &mut PackRoom::default());
    }
    let facts = std::array::from_fn(|_| std::array::from_fn(|_| random.below(1000) as f32 / 500.0));
    Block { rows, codes, facts }
}

#[test]
fn tiers_agree_and_are_near_the_plain_product() {
    let mut random = Random::from_env();
    for dims in [1, 5, 6, 24, 25, 128, 384, 768, 896, 1152, 7000, 16_384] {
        let query = vector(&mut random, dims);
        let Block { rows, codes, facts } = block(&mut random, dims);
        let mut expected = None;
        for tier in Tier::available() {
            let kernel = Kernel::with_tier(tier).unwrap();
            let mut tables = QueryTables::default();
            kernel.fill_tables(&mut tables, &query);
            let probe = Probe {
                step: tables.step(),
                offset: tables.offset(),
                base: 0.25,
                share: 0.5,
                spread: 1.5,
                blur: tables.blur(),
                limit: -0.5,
            };
            let mut bounds = Bounds::default();
            let mask = kernel.bound_block(&tables, &codes, &facts, &probe, &[], &mut bounds);
            let bits = |values: [f32; ROWS]| values.map(f32::to_bits);
            let found = (mask, bits(bounds.estimate), bits(bounds.low));
            assert_eq!(*expected.get_or_insert(found), found, "{tier} {dims}");
            for (number, row) in rows.iter().enumerate() {
                let sign = |value: &f32| if *value > 0.0 { 1.0 } else { -1.0 };
                let plain: f64 =
                    row.iter().zip(&query).map(|(x, q)| sign(x) * f64::from(*q)).sum();
                let (add, scale) = (f64::from(facts[0][number]), f64::from(facts[1][number]));
                let plain = 0.25 + 0.5 * add - scale * plain;
                let off = (f64::from(bounds.estimate[number]) - plain).abs();
                let allowed = scale * 8.0 * f64::from(tables.blur()) + 1e-3;
                assert!(off <= allowed, "{tier} {dims} {number}: {off} over {allowed}");
                assert_eq!(mask >> number & 1 == 1, bounds.low[number] <= -0.5);
            }
        }
    }
}

#[test]
fn what_is_not_a_number_is_not_ruled_out() {
    let mut random = Random::from_env();
    let query = vector(&mut random, 128);
    let Block { codes, mut facts, .. } = block(&mut random, 128);
    facts[2][3] = f32::INFINITY;
    facts[0][5] = f32::NAN;
    for tier in Tier::available() {
        let kernel = Kernel::with_tier(tier).unwrap();
        let mut tables = QueryTables::default();
        kernel.fill_tables(&mut tables, &query);
        for spread in [0.0, 1.0] {
            let probe = Probe { limit: -1e30, share: 1.0, spread, ..Probe::default() };
            let mut bounds = Bounds::default();
            let mask = kernel.bound_block(&tables, &codes, &facts, &probe, &[], &mut bounds);
            assert_eq!(mask, 1 << 3 | 1 << 5, "{tier} {spread}");
        }
    }
}

#[test]
fn bytes_multiply_alike() {
    let mut random = Random::from_env();
    for len in [0, 1, 31, 64, 100, 896, 65_536] {
        let bytes = |random: &mut Random| -> Vec<i8> {
            (0..len).map(|_| i8::try_from(random.below(255)).map_or(-7, |b| b)).collect()
        };
        let (a, b) = (bytes(&mut random), bytes(&mut random));
        let plain: i32 = a.iter().zip(&b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
        for tier in Tier::available() {
            assert_eq!(Kernel::with_tier(tier).unwrap().dot_bytes(&a, &b), plain, "{tier} {len}");
        }
    }
}

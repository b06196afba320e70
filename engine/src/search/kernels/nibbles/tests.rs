//! Every tier against sums written out.

use super::Weights;
use crate::search::kernels::{Kernel, Tier};
use crate::search::sample::Random;

fn nibble(plane: &[u8], element: usize) -> i64 {
    let byte = plane[element / 128 * 64 + element % 64];
    i64::from(if element % 128 < 64 { byte & 15 } else { byte >> 4 })
}

fn byte(random: &mut Random, extreme: bool) -> u8 {
    let [any, ..] = random.next().to_le_bytes();
    match (extreme, any % 2) {
        (true, 0) => 0x80,
        (true, _) => 0x7F,
        _ => any,
    }
}

#[test]
fn every_tier_gives_the_sums() {
    let mut random = Random::from_env();
    for round in 0..60_u64 {
        let padded = 128 * (1 + usize::try_from(random.below(9)).unwrap());
        let count = usize::try_from(random.below(40)).unwrap();
        let extreme = round % 3 == 0;
        let mut plane = |fill: Option<u8>| -> Vec<u8> {
            (0..count * padded / 2).map(|_| fill.unwrap_or(random.next().to_le_bytes()[0])).collect()
        };
        let fill = extreme.then_some(0xFF);
        let (high, low) = (plane(fill), plane(fill));
        let mut weights = || -> Vec<i8> {
            (0..padded).map(|_| byte(&mut random, extreme).cast_signed()).collect()
        };
        let (upper, lower) = (weights(), weights());
        let upper = if round % 2 == 0 { upper } else { Vec::new() };
        let weights = Weights { upper: &upper, lower: &lower };
        let weight = |i: usize| {
            i64::from(upper.get(i).copied().unwrap_or(0)) * 256 + i64::from(lower[i])
        };
        let sum = |row: usize, value: &dyn Fn(&[u8], &[u8], usize) -> i64| {
            let bytes = row * padded / 2..(row + 1) * padded / 2;
            let (high, low) = (&high[bytes.clone()], &low[bytes]);
            (0..padded).map(|i| weight(i) * value(high, low, i)).sum::<i64>() as i32
        };
        let picked: Vec<u32> =
            (0..17).filter(|_| count > 0).map(|_| random.below(count as u64) as u32).collect();
        for tier in Tier::available() {
            let kernel = Kernel::with_tier(tier).unwrap();
            let mut out = vec![0; count];
            kernel.nibble_rows(weights, &high, &mut out);
            let expected = |row| sum(row, &|high, _, i| nibble(high, i));
            assert!(out.iter().copied().eq((0..count).map(expected)), "{tier} four bits");
            let mut some = vec![0; picked.len()];
            kernel.nibble_rows_at(weights, &high, &picked, &mut some);
            assert!(some.iter().zip(&picked).all(|(sum, row)| *sum == out[*row as usize]));
            kernel.byte_rows(weights, &high, &low, &mut out);
            let expected = |row| sum(row, &|high, low, i| nibble(high, i) * 16 + nibble(low, i));
            assert!(out.iter().copied().eq((0..count).map(expected)), "{tier} eight bits");
            kernel.byte_rows_at(weights, [&high, &low], &picked, &mut some);
            assert!(some.iter().zip(&picked).all(|(sum, row)| *sum == out[*row as usize]));
        }
    }
}

#[test]
fn every_tier_makes_the_same_codes() {
    let mut random = Random::from_env();
    for _ in 0..100 {
        let padded = 128 * (1 + usize::try_from(random.below(4)).unwrap());
        let row = random.features(1, padded);
        let largest = row.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        if largest == 0.0 {
            continue;
        }
        let mut all = Vec::new();
        for tier in Tier::available() {
            let (mut high, mut low) = (vec![0; padded / 2], vec![0; padded / 2]);
            let sums = Kernel::with_tier(tier).unwrap().code_row(&row, largest, &mut high, &mut low);
            all.push((high, low, sums.map(f32::to_bits)));
        }
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
        let (high, low, sums) = &all[0];
        let step = f64::from(largest) / 128.0;
        let mut left = [0.0_f64; 2];
        for (i, value) in row.iter().enumerate() {
            let code = nibble(high, i) * 16 + nibble(low, i);
            left[0] += (f64::from(*value) - step * (code as f64 - 127.5)).powi(2);
            left[1] += (f64::from(*value) - step * ((code / 16 * 16) as f64 - 120.0)).powi(2);
            assert!((f64::from(*value) - step * (code as f64 - 127.5)).abs() <= step * 0.5001);
        }
        for (sum, left) in sums.iter().zip(left) {
            assert!((f64::from(f32::from_bits(*sum)) - left).abs() <= left * 1e-4 + 1e-9);
        }
    }
}

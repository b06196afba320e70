//! Every tier against sums written out.

#![expect(clippy::cast_possible_truncation, reason = "sums modulo 2^32, small numbers")]

use super::Weights;
use crate::search::kernels::{Kernel, Tier};
use crate::search::sample::Random;

/// What the planes of a row hold for an element.
type Value<'a> = &'a dyn Fn([&[u8]; 3], usize) -> i64;

fn four(plane: &[u8], element: usize) -> i64 {
    let byte = plane[element / 128 * 64 + element % 64];
    i64::from(if element % 128 < 64 { byte & 15 } else { byte >> 4 })
}

fn two(plane: &[u8], element: usize) -> i64 {
    let byte = plane[element / 128 * 32 + element % 32];
    i64::from(byte >> (2 * (element % 128 / 32)) & 3)
}

fn six([high, middle, _]: [&[u8]; 3], element: usize) -> i64 {
    four(high, element) * 4 + two(middle, element)
}

fn eight(planes: [&[u8]; 3], element: usize) -> i64 {
    six(planes, element) * 4 + two(planes[2], element)
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
        let mut plane = |each: usize, fill: Option<u8>| -> Vec<u8> {
            (0..count * each).map(|_| fill.unwrap_or(random.next().to_le_bytes()[0])).collect()
        };
        let fill = extreme.then_some(0xFF);
        let (half, quarter) = (padded / 2, padded / 4);
        let [high, middle, low] = [half, quarter, quarter].map(|each| plane(each, fill));
        let mut weights = || -> Vec<i8> {
            (0..padded).map(|_| byte(&mut random, extreme).cast_signed()).collect()
        };
        let (upper, lower) = (weights(), weights());
        let upper = if round % 2 == 0 { upper } else { Vec::new() };
        let weights = Weights { upper: &upper, lower: &lower };
        let weight =
            |i: usize| i64::from(upper.get(i).copied().unwrap_or(0)) * 256 + i64::from(lower[i]);
        let sum = |row: usize, value: Value<'_>| {
            let of = |plane, each| -> &[u8] { &<[u8]>::as_ref(plane)[row * each..][..each] };
            let planes = [of(&high, half), of(&middle, quarter), of(&low, quarter)];
            (0..padded).map(|i| weight(i) * value(planes, i)).sum::<i64>() as i32
        };
        let picked: Vec<u32> =
            (0..17).filter(|_| count > 0).map(|_| random.below(count as u64) as u32).collect();
        for tier in Tier::available() {
            let kernel = Kernel::with_tier(tier).unwrap();
            let mut out = vec![0; count];
            kernel.nibble_rows(weights, &high, &mut out);
            let expected = |row| sum(row, &|[high, ..], i| four(high, i));
            assert!(out.iter().copied().eq((0..count).map(expected)), "{tier} four bits");
            let mut some = vec![0; picked.len()];
            kernel.nibble_rows_at(weights, &high, &picked, &mut some);
            assert!(some.iter().zip(&picked).all(|(sum, row)| *sum == out[*row as usize]));
            kernel.six_rows(weights, [&high, &middle], &mut out);
            assert!(
                out.iter().copied().eq((0..count).map(|row| sum(row, &six))),
                "{tier} six bits"
            );
            kernel.pair_rows(weights, &middle, &mut out);
            let expected = |row| sum(row, &|[_, middle, _], i| two(middle, i));
            assert!(out.iter().copied().eq((0..count).map(expected)), "{tier} two bits");
            let expect = |what: &str, some: &[i32], value: Value<'_>| {
                let expected = picked.iter().map(|row| sum(*row as usize, value));
                assert!(some.iter().copied().eq(expected), "{tier} {what}");
            };
            kernel.pair_rows_at(weights, &middle, &picked, &mut some);
            expect("two bits", &some, &|[_, middle, _], i| two(middle, i));
            kernel.byte_rows_at(weights, [&high, &middle, &low], &picked, &mut some);
            expect("eight bits", &some, &eight);
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
            let mut planes = [padded / 2, padded / 4, padded / 4].map(|bytes| vec![0; bytes]);
            let kernel = Kernel::with_tier(tier).unwrap();
            let sums = kernel.code_row(&row, largest, planes.each_mut().map(Vec::as_mut_slice));
            all.push((planes, sums.map(f32::to_bits)));
        }
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
        let (planes, sums) = &all[0];
        let planes = planes.each_ref().map(Vec::as_slice);
        let step = f64::from(largest) / 128.0;
        let mut left = [0.0_f64; 3];
        for (i, value) in row.iter().enumerate() {
            let code = eight(planes, i);
            let stand_for =
                [code as f64 - 127.5, (code & !3) as f64 - 126.0, (code & !15) as f64 - 120.0];
            for (left, stands_for) in left.iter_mut().zip(stand_for) {
                *left += (f64::from(*value) - step * stands_for).powi(2);
            }
            assert!((f64::from(*value) - step * (code as f64 - 127.5)).abs() <= step * 0.5001);
        }
        for (sum, left) in sums.iter().zip(left) {
            assert!((f64::from(f32::from_bits(*sum)) - left).abs() <= left * 1e-4 + 1e-9);
        }
    }
}

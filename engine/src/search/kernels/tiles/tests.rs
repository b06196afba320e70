//! Tiles against plain loops, on every instruction set that this machine has.

use super::super::tests::Random;
use super::isa::Isa;
use super::screen::screen;
use super::*;

fn code(random: &mut Random, extreme: bool) -> u8 {
    let any = u8::try_from(random.below(256)).unwrap();
    if extreme { if any < 128 { 0 } else { 255 } } else { any }
}

/// The planes of some codes, by the definition.
fn planes(codes: &[u8]) -> [Vec<u8>; 3] {
    let mut planes = [(); 3].map(|()| Vec::new());
    let [high, middle, low] = &mut planes;
    for stretch in codes.chunks(128) {
        for j in 0..64 {
            high.push(stretch[j] >> 4 | (stretch[64 + j] >> 4) << 4);
        }
        for j in 0..32 {
            let two = |shift: u8| {
                let bits = |k: u8| (stretch[32 * usize::from(k) + j] >> shift & 3) << (2 * k);
                bits(0) | bits(1) | bits(2) | bits(3)
            };
            middle.push(two(2));
            low.push(two(0));
        }
    }
    planes
}

fn by_loops(codes: &[u8], queries: &[i8], padded: usize) -> Vec<Vec<i32>> {
    let product = |row: &[u8], query: &[i8]| {
        let pairs = row.iter().zip(query);
        pairs.map(|(u, w)| (i32::from(*u) - 128) * i32::from(*w)).sum()
    };
    let queries: Vec<&[i8]> = queries.chunks(padded).collect();
    codes.chunks(padded).map(|row| queries.iter().map(|q| product(row, q)).collect()).collect()
}

fn check(isa: Isa, rows: &CodeRows, panels: &CodePanels, expected: &[Vec<i32>]) {
    let mut sums = vec![[7; PANEL]; rows.count()];
    for panel in 0..panels.panels() {
        assert!(rows.products(panels, panel, &mut sums));
        for (sums, expected) in sums.iter().zip(expected) {
            for (lane, sum) in sums.iter().enumerate() {
                let expected = expected.get(panel * PANEL + lane).copied().unwrap_or(0);
                assert_eq!(*sum, expected, "{isa:?} panel {panel} lane {lane}");
            }
        }
    }
    assert!(!rows.products(panels, panels.panels(), &mut sums));
    sums.push([0; PANEL]);
    assert!(!rows.products(panels, 0, &mut sums));
}

#[test]
fn products_are_those_of_plain_loops() {
    let mut random = Random::new("products_are_those_of_plain_loops");
    for (n, q, padded) in
        [(1, 1, 128), (7, 65, 128), (13, 64, 384), (6, 130, 768), (25, 3, 1152), (2, 2, 65_536)]
    {
        let extreme = random.below(3) == 0 || padded == 65_536;
        let codes: Vec<u8> = (0..n * padded).map(|_| code(&mut random, extreme)).collect();
        let mut queries: Vec<i8> =
            (0..q * padded).map(|_| code(&mut random, extreme).cast_signed()).collect();
        if padded == 65_536 {
            // The largest products that there are.
            queries[..padded].fill(-128);
        }
        let expected = by_loops(&codes, &queries, padded);
        let planes = planes(&codes);
        let planes = planes.each_ref().map(Vec::as_slice);
        for isa in Isa::available() {
            let mut panels = CodePanels::with_isa(isa, padded, q).unwrap();
            for (number, query) in queries.chunks(padded).enumerate() {
                assert!(panels.set(number, query));
            }
            assert!(!panels.set(q, &queries[..padded]) && !panels.set(0, &queries[1..]));
            let mut rows = CodeRows::for_panels(&panels);
            assert!(!rows.unpack(n, planes.map(|plane| &plane[1..])));
            assert!(rows.unpack(n, planes));
            check(isa, &rows, &panels, &expected);
        }
    }
}

#[test]
fn queries_serve_as_rows() {
    let mut random = Random::new("queries_serve_as_rows");
    let padded = 256;
    let queries: Vec<i8> =
        (0..200 * padded).map(|_| code(&mut random, false).cast_signed()).collect();
    for isa in Isa::available() {
        let mut panels = CodePanels::with_isa(isa, padded, 200).unwrap();
        for (number, query) in queries.chunks(padded).enumerate() {
            panels.set(number, query);
        }
        let mut rows = CodeRows::for_panels(&panels);
        for (first, count) in [(0, 1), (0, 200), (63, 2), (64, 64), (70, 130), (199, 1), (5, 0)] {
            assert!(rows.take(&panels, first, count));
            let codes: Vec<u8> = queries[first * padded..(first + count) * padded]
                .iter()
                .map(|w| w.cast_unsigned() ^ 0x80)
                .collect();
            check(isa, &rows, &panels, &by_loops(&codes, &queries, padded));
        }
        assert!(!rows.take(&panels, 199, 2));
    }
}

#[test]
fn what_reaches_far_enough_stays() {
    let mut random = Random::new("what_reaches_far_enough_stays");
    let mut number = || random.below(2001) as f32 / 1000.0 - 1.0;
    let mut queries = QueryBounds::default();
    for lane in 0..PANEL {
        queries.scale[lane] = number();
        queries.shift[lane] = number();
        queries.by_error[lane] = number();
        queries.by_length[lane] = number();
        queries.by_extra[lane] = number();
        queries.rest[lane] = number() - 2.0;
    }
    queries.rest[3] = f32::NAN;
    queries.rest[5] = f32::INFINITY;
    let mut rows = Vec::new();
    let mut sums = Vec::new();
    for _ in 0..50 {
        rows.push(RowBound { step: number(), error: number(), length: number(), extra: number() });
        let mut row = [0; PANEL];
        row.fill_with(|| [-3, 0, 1, 2][usize::from(number() < 0.0) + usize::from(number() < 0.0)]);
        sums.push(row);
    }
    rows[7].error = f32::INFINITY;
    let mut expected = Vec::new();
    for (place, (row, sums)) in rows.iter().zip(&sums).enumerate() {
        let mut lanes = 0;
        for (lane, sum) in sums.iter().enumerate() {
            let rest = row.extra.mul_add(queries.by_extra[lane], queries.rest[lane]);
            let rest = row.length.mul_add(queries.by_length[lane], rest);
            let rest = row.error.mul_add(queries.by_error[lane], rest);
            let product = (*sum as f32).mul_add(queries.scale[lane], queries.shift[lane]);
            let value = row.step.mul_add(product, rest);
            lanes |= u64::from(value.is_nan() || value >= 0.0) << lane;
        }
        if lanes != 0 {
            expected.push(Hit { row: place, lanes });
        }
    }
    for isa in Isa::available() {
        let mut hits = Vec::new();
        screen(isa, &queries, &rows, &sums, &mut hits);
        assert_eq!(hits, expected, "{isa:?}");
        hits.clear();
        screen(isa, &QueryBounds::default(), &rows[..5], &sums, &mut hits);
        assert!(hits.is_empty());
    }
}

#[test]
fn odd_lengths_are_refused() {
    let isa = Isa::Portable;
    for padded in [0, 64, 129, 65_664] {
        assert!(CodePanels::with_isa(isa, padded, 1).is_err());
    }
    assert!(CodePanels::with_isa(isa, 128, usize::MAX).is_err());
}

//! Products against single dots, bit for bit.

use super::super::tests::{FLAVOURS, Flavour, Random, bits};
use super::super::{Kernel, Matrix, Row, Rows, Tier};
use super::{QueryBlock, Scratch};
use half::f16;

/// Values of a random matrix of both types, some of its rows apart.
struct Sample {
    f32: Vec<f32>,
    f16: Vec<f16>,
    dim: usize,
    stride: usize,
    count: usize,
}

impl Sample {
    fn new(random: &mut Random, dim: usize, count: usize, flavour: Flavour) -> Self {
        let stride = dim + if random.below(2) == 0 { 0 } else { random.below(70) };
        let len = count * stride;
        let f32 = (0..len).map(|_| random.value(flavour)).collect();
        let f16 = (0..len).map(|_| random.value16(flavour)).collect();
        Self { f32, f16, dim, stride, count }
    }

    fn matrices(&self) -> [Matrix<'_>; 2] {
        [Rows::F32(&self.f32), Rows::F16(&self.f16)]
            .map(|rows| Matrix::new(rows, self.dim, self.stride, self.count).unwrap())
    }
}

fn widened(row: Row<'_>) -> Vec<f32> {
    match row {
        Row::F32(x) => x.to_vec(),
        Row::F16(x) => x.iter().map(|x| x.to_f32()).collect(),
    }
}

/// The slow twin: each pair by itself.
fn by_dots(queries: Matrix<'_>, rows: Matrix<'_>) -> Vec<u32> {
    let kernel = Kernel::with_tier(Tier::Portable).unwrap();
    let queries: Vec<_> = (0..queries.count()).map(|q| widened(queries.row(q).unwrap())).collect();
    let pairs = (0..rows.count()).flat_map(|row| queries.iter().map(move |q| (q, row)));
    pairs.map(|(q, row)| bits(kernel.dot(q, rows.row(row).unwrap()).unwrap())).collect()
}

fn check(queries: &Sample, rows: &Sample, scratch: &mut Scratch) {
    for (queries, rows) in
        queries.matrices().into_iter().flat_map(|q| rows.matrices().map(|rows| (q, rows)))
    {
        let expected = by_dots(queries, rows);
        for tier in Tier::available() {
            let block = QueryBlock::new(Kernel::with_tier(tier).unwrap(), queries).unwrap();
            let mut out = vec![7.0; expected.len()];
            block.products(rows, scratch, &mut out).unwrap();
            let got: Vec<u32> = out.into_iter().map(bits).collect();
            let shape = (queries.count(), rows.count(), rows.dim());
            assert!(got == expected, "{tier} [Q, N, D] = {shape:?} {:?}", rows.rows());
        }
    }
}

#[test]
fn products_are_dots_bit_for_bit() {
    let mut random = Random::new("products_are_dots_bit_for_bit");
    let mut scratch = Scratch::default();
    let dims = (1..200).step_by(7).chain([63, 64, 65, 127, 128, 129, 1152]);
    for (number, dim) in dims.enumerate() {
        let flavour = FLAVOURS[number % FLAVOURS.len()];
        let (q, n) = (1 + random.below(13), 1 + random.below(20));
        let queries = Sample::new(&mut random, dim, q, flavour);
        let other = FLAVOURS[random.below(6)];
        let rows = Sample::new(&mut random, dim, n, other);
        check(&queries, &rows, &mut scratch);
    }
}

/// More rows than a block of rows, more queries than a block of queries.
#[test]
fn blocks_are_seamless() {
    let mut random = Random::new("blocks_are_seamless");
    let mut scratch = Scratch::default();
    for (q, n, dim) in [(91, 61, 1152), (3, 1100, 64), (1700, 7, 65), (5, 9, 20_000)] {
        let queries = Sample::new(&mut random, dim, q, Flavour::Unit);
        let rows = Sample::new(&mut random, dim, n, Flavour::Unit);
        let [_, queries] = queries.matrices();
        let [rows, _] = rows.matrices();
        let expected = by_dots(queries, rows);
        for tier in Tier::available() {
            let block = QueryBlock::new(Kernel::with_tier(tier).unwrap(), queries).unwrap();
            let mut out = vec![7.0; q * n];
            block.products(rows, &mut scratch, &mut out).unwrap();
            let same = out.into_iter().map(bits).eq(expected.iter().copied());
            assert!(same, "{tier} [Q, N, D] = {:?}", (q, n, dim));
        }
    }
}

#[test]
fn wrong_shapes_are_errors_and_nothing_is_no_error() {
    let data = [1.0f32; 12];
    let matrix = |dim: usize, count| Matrix::new(Rows::F32(&data), dim, dim, count).unwrap();
    let mut scratch = Scratch::default();
    let block = QueryBlock::new(Kernel::best(), matrix(4, 2)).unwrap();
    assert_eq!((block.dim(), block.count(), block.kernel()), (4, 2, Kernel::best()));
    let mut out = [9.0; 6];
    assert!(block.products(matrix(3, 3), &mut scratch, &mut out).is_err());
    let error = block.products(matrix(4, 2), &mut scratch, &mut out).unwrap_err();
    assert_eq!(error.to_string(), "output has length 6; the matrix needs 4");
    assert!(out.iter().all(|x| x.to_bits() == 9.0f32.to_bits()));
    block.products(matrix(4, 0), &mut scratch, &mut []).unwrap();
    let none = QueryBlock::new(Kernel::best(), matrix(4, 0)).unwrap();
    none.products(matrix(4, 3), &mut scratch, &mut []).unwrap();
}

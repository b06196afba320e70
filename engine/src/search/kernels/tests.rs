//! The kernels against their definition, against each other and against f64.

#![expect(clippy::float_cmp, reason = "the results are exact by definition")]

use super::*;
use half::f16;

/// `SplitMix64` (Steele et al., OOPSLA 2014).
pub(super) struct Random(u64);

impl Random {
    /// The seed is fixed, unless `VESALIUS_SEED` says otherwise.
    pub(super) fn new(test: &str) -> Self {
        let seed = std::env::var("VESALIUS_SEED").ok().and_then(|text| text.parse().ok());
        let seed = seed.unwrap_or(20_261_120);
        println!("{test}: VESALIUS_SEED={seed}");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// In `[-1, 1)`.
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    fn bits32(&mut self) -> u32 {
        u32::try_from(self.next() >> 32).unwrap()
    }

    fn bits16(&mut self) -> u16 {
        u16::try_from(self.next() >> 48).unwrap()
    }

    pub(super) fn value(&mut self, flavour: Flavour) -> f32 {
        match flavour {
            Flavour::Unit => self.unit(),
            Flavour::Tiny => f32::from_bits(self.bits32() & 0x81FF_FFFF),
            Flavour::Huge => self.unit() * f32::MAX,
            Flavour::Zeros => [0.0, -0.0, 1e-30, -1e-30][self.below(4)],
            Flavour::AnyBits => f32::from_bits(self.bits32()),
            Flavour::Infinities => match self.below(40) {
                0 => f32::INFINITY,
                1 => f32::NEG_INFINITY,
                _ => self.unit(),
            },
        }
    }

    pub(super) fn value16(&mut self, flavour: Flavour) -> f16 {
        match flavour {
            Flavour::Tiny => f16::from_bits(self.bits16() & 0x83FF),
            Flavour::AnyBits => f16::from_bits(self.bits16()),
            Flavour::Huge => f16::from_f32(self.unit() * 65504.0),
            _ => f16::from_f32(self.value(flavour)),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Flavour {
    Unit,
    Tiny,
    Huge,
    Zeros,
    AnyBits,
    Infinities,
}

pub(super) const FLAVOURS: [Flavour; 6] = [
    Flavour::Unit,
    Flavour::Tiny,
    Flavour::Huge,
    Flavour::Zeros,
    Flavour::AnyBits,
    Flavour::Infinities,
];

const DIMS: [usize; 14] = [1, 2, 15, 16, 31, 32, 33, 63, 64, 65, 127, 128, 768, 1152];

/// The definition in the module's head, word for word: dot, squared norm, squared distance.
fn by_definition(q: &[f32], x: &[f32]) -> [f32; 3] {
    let padded = q.len().next_multiple_of(64);
    let (mut q, mut x) = (q.to_vec(), x.to_vec());
    q.resize(padded, 0.0);
    x.resize(padded, 0.0);
    let mut acc = [[0.0f32; 64]; 3];
    for i in 0..padded {
        let l = i % 64;
        acc[0][l] = q[i].mul_add(x[i], acc[0][l]);
        acc[1][l] = x[i].mul_add(x[i], acc[1][l]);
        let d = q[i] - x[i];
        acc[2][l] = d.mul_add(d, acc[2][l]);
    }
    for acc in &mut acc {
        for w in [32, 16, 8, 4, 2, 1] {
            for j in 0..w {
                acc[j] += acc[j + w];
            }
        }
    }
    [acc[0][0], acc[1][0], acc[2][0]]
}

/// The bits, all NaNs taken for one.
pub(super) fn bits(x: f32) -> u32 {
    if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() }
}

fn row_as_f32(row: Row<'_>) -> Vec<f32> {
    match row {
        Row::F32(x) => x.to_vec(),
        Row::F16(x) => x.iter().map(|x| x.to_f32()).collect(),
    }
}

/// Every kernel of every tier of this machine against the definition, bit by bit.
fn check_all(q: &[f32], matrix: Matrix<'_>, context: &str) {
    let rows: Vec<Row<'_>> = (0..matrix.count()).map(|i| matrix.row(i).unwrap()).collect();
    let expected: Vec<_> = rows.iter().map(|row| by_definition(q, &row_as_f32(*row))).collect();
    for tier in Tier::available() {
        let kernel = Kernel::with_tier(tier).unwrap();
        let n = matrix.count();
        let (mut dots, mut l2s) = (vec![7.0; n], vec![7.0; n]);
        let (mut dots_too, mut norms) = (vec![7.0; n], vec![7.0; n]);
        kernel.dot_rows(q, matrix, &mut dots).unwrap();
        kernel.dot_norm_rows(q, matrix, &mut dots_too, &mut norms).unwrap();
        kernel.squared_l2_rows(q, matrix, &mut l2s).unwrap();
        for (i, [dot, norm, l2]) in expected.iter().enumerate() {
            let got = [dots[i], dots_too[i], norms[i], l2s[i]].map(bits);
            let want = [*dot, *dot, *norm, *l2].map(bits);
            assert_eq!(got, want, "{tier} row {i} of {context}");
            let one = kernel.dot(q, rows[i]).unwrap();
            let (one_too, one_norm) = kernel.dot_norm(q, rows[i]).unwrap();
            let one_l2 = kernel.squared_l2(q, rows[i]).unwrap();
            let got = [one, one_too, one_norm, one_l2].map(bits);
            assert_eq!(got, want, "{tier} single row {i} of {context}");
        }
    }
}

fn check_random(random: &mut Random, dim: usize, count: usize, flavours: [Flavour; 2]) {
    let stride = dim + if random.below(2) == 0 { 0 } else { random.below(70) };
    let offset = random.below(4);
    let len = offset + if count == 0 { 0 } else { (count - 1) * stride + dim };
    let context = format!("D={dim} stride={stride} offset={offset} {flavours:?}");
    let q: Vec<f32> = (0..dim).map(|_| random.value(flavours[0])).collect();
    let data: Vec<f32> = (0..len).map(|_| random.value(flavours[1])).collect();
    let matrix = Matrix::new(Rows::F32(&data[offset..]), dim, stride, count).unwrap();
    check_all(&q, matrix, &format!("f32 {context}"));
    let data: Vec<f16> = (0..len).map(|_| random.value16(flavours[1])).collect();
    let matrix = Matrix::new(Rows::F16(&data[offset..]), dim, stride, count).unwrap();
    check_all(&q, matrix, &format!("f16 {context}"));
}

#[test]
fn every_tier_is_the_definition_bit_by_bit() {
    let mut random = Random::new("every_tier_is_the_definition_bit_by_bit");
    println!("tiers: {:?}", Tier::available());
    for dim in DIMS {
        for flavour in FLAVOURS {
            check_random(&mut random, dim, 3, [flavour, flavour]);
        }
    }
    for _ in 0..150 {
        let dim = 1 + random.below(1200);
        let flavours = [FLAVOURS[random.below(6)], FLAVOURS[random.below(6)]];
        let count = random.below(5);
        check_random(&mut random, dim, count, flavours);
    }
}

/// More rows than the prefetch runs ahead, so that both forms of the loop are run.
#[test]
fn long_matrices_are_the_definition_too() {
    let mut random = Random::new("long_matrices_are_the_definition_too");
    for dim in [1, 7, 64, 100] {
        check_random(&mut random, dim, 400, [Flavour::Unit, Flavour::Unit]);
    }
    for dim in [768, 1000, 5000] {
        check_random(&mut random, dim, 12, [Flavour::Unit, Flavour::Unit]);
    }
}

#[test]
fn every_f16_is_converted_exactly() {
    let all: Vec<f16> = (0..=u16::MAX).map(f16::from_bits).collect();
    for tier in Tier::available() {
        let kernel = Kernel::with_tier(tier).unwrap();
        // One element a row goes through the padded tail, 64 through the whole blocks.
        for dim in [1usize, 64] {
            let mut q = vec![0.0; dim];
            q[dim - 1] = 1.0;
            let mut data = vec![f16::ZERO; all.len() * dim];
            for (row, x) in data.chunks_mut(dim).zip(&all) {
                row[dim - 1] = *x;
            }
            let matrix = Matrix::new(Rows::F16(&data), dim, dim, all.len()).unwrap();
            let mut dots = vec![0.0; all.len()];
            kernel.dot_rows(&q, matrix, &mut dots).unwrap();
            for (x, dot) in all.iter().zip(dots) {
                // The sum of all lanes cannot be -0.0, because the other lanes are +0.0.
                assert_eq!(bits(x.to_f32() + 0.0), bits(dot), "{tier} {:#06x}", x.to_bits());
            }
        }
    }
}

#[test]
fn error_is_within_the_stated_bound_of_f64() {
    let mut random = Random::new("error_is_within_the_stated_bound_of_f64");
    let unit = f64::from(f32::EPSILON) / 2.0;
    for _ in 0..200 {
        let dim = 1 + random.below(2000);
        let q: Vec<f32> = (0..dim).map(|_| random.unit()).collect();
        let x: Vec<f32> = (0..dim).map(|_| random.unit()).collect();
        let pairs = || q.iter().zip(&x).map(|(q, x)| (f64::from(*q), f64::from(*x)));
        let roundings = (dim.div_ceil(64) + 6) as f64;
        let kernel = Kernel::best();
        let (dot, norm) = kernel.dot_norm(&q, Row::F32(&x)).unwrap();
        let l2 = kernel.squared_l2(&q, Row::F32(&x)).unwrap();
        let bound = roundings * unit * 1.001;
        let close = |got: f32, exact: f64, size: f64, more: f64| {
            assert!((f64::from(got) - exact).abs() <= (bound + more) * size, "D={dim}");
        };
        let size = pairs().map(|(q, x)| (q * x).abs()).sum();
        close(dot, pairs().map(|(q, x)| q * x).sum(), size, 0.0);
        let exact: f64 = pairs().map(|(_, x)| x * x).sum();
        close(norm, exact, exact, 0.0);
        // The rounding of the difference counts twice, because it is squared.
        let exact: f64 = pairs().map(|(q, x)| (q - x) * (q - x)).sum();
        close(l2, exact, exact, 2.0 * unit);
    }
}

#[test]
fn sums_keep_denormals_and_infinities() {
    for tier in Tier::available() {
        let kernel = Kernel::with_tier(tier).unwrap();
        let tiny = f32::from_bits(1);
        assert_eq!(kernel.dot(&[1.0], Row::F32(&[tiny])).unwrap().to_bits(), 1, "{tier}");
        let infinite = kernel.dot(&[1.0, 1.0], Row::F32(&[f32::INFINITY, 1.0])).unwrap();
        assert_eq!(infinite, f32::INFINITY, "{tier}");
        let opposed = kernel.dot(&[1.0, 1.0], Row::F32(&[f32::INFINITY, f32::NEG_INFINITY]));
        assert!(opposed.unwrap().is_nan(), "{tier}");
        let overflow = kernel.dot(&[f32::MAX], Row::F32(&[2.0])).unwrap();
        assert_eq!(overflow, f32::INFINITY, "{tier}");
    }
}

#[test]
fn a_matrix_holds_only_what_its_memory_holds() {
    let data = [0.0f32; 20];
    let rows = Rows::F32(&data);
    assert!(Matrix::new(rows, 4, 5, 4).is_some());
    assert!(Matrix::new(rows, 5, 5, 4).is_some());
    assert!(Matrix::new(rows, 0, 5, 4).is_none());
    assert!(Matrix::new(rows, 6, 5, 2).is_none());
    assert!(Matrix::new(rows, 4, 5, 5).is_none());
    assert!(Matrix::new(rows, 4, 6, 4).is_none());
    assert!(Matrix::new(rows, 2, 6, 4).is_some());
    assert!(Matrix::new(rows, 4, usize::MAX, 3).is_none());
    assert!(Matrix::new(rows, 4, usize::MAX, 2).is_none());
    assert!(Matrix::new(rows, 4, usize::MAX, 1).is_some());
    assert!(Matrix::new(rows, usize::MAX, usize::MAX, 0).is_some());
    assert!(Matrix::new(Rows::F16(&[]), 4, 4, 0).is_some());
}

#[test]
fn slices_of_a_matrix_are_its_rows() {
    let data: Vec<f32> = (0..18u8).map(f32::from).collect();
    let matrix = Matrix::new(Rows::F32(&data), 3, 4, 4).unwrap();
    assert!(matrix.row(4).is_none());
    assert_eq!(row_as_f32(matrix.row(3).unwrap()), [12.0, 13.0, 14.0]);
    let slice = matrix.slice(1..4).unwrap();
    assert_eq!(slice.count(), 3);
    assert_eq!(row_as_f32(slice.row(2).unwrap()), [12.0, 13.0, 14.0]);
    assert_eq!(matrix.slice(4..4).unwrap().count(), 0);
    assert!(matrix.slice(3..5).is_none());
    #[expect(clippy::reversed_empty_ranges, reason = "that is the case under test")]
    let reversed = matrix.slice(3..2);
    assert!(reversed.is_none());
}

#[test]
fn wrong_lengths_are_errors_and_write_nothing() {
    let kernel = Kernel::best();
    let data = [1.0f32; 12];
    let matrix = Matrix::new(Rows::F32(&data), 4, 4, 3).unwrap();
    let mut out = [9.0; 3];
    let error = kernel.dot_rows(&[1.0; 5], matrix, &mut out).unwrap_err();
    assert_eq!(error.to_string(), "query has length 5; the matrix needs 4");
    let error = kernel.dot_norm_rows(&[1.0; 4], matrix, &mut out, &mut [0.0; 2]).unwrap_err();
    assert_eq!(error.to_string(), "output has length 2; the matrix needs 3");
    assert!(kernel.squared_l2_rows(&[1.0; 4], matrix, &mut [0.0; 4]).is_err());
    assert_eq!(out, [9.0; 3]);
    assert!(kernel.dot(&[1.0], Row::F32(&[])).is_err());
    assert_eq!(kernel.dot(&[], Row::F16(&[])), Ok(0.0));
}

#[test]
fn tiers_have_names_and_an_order() {
    for tier in Tier::ALL {
        assert_eq!(tier.to_string().parse(), Ok(tier));
        assert_eq!(Kernel::with_tier(tier).is_some(), tier.is_available());
    }
    assert!("sse9".parse::<Tier>().is_err());
    assert_eq!(Tier::available().first(), Some(&Tier::best()));
    assert_eq!(Tier::available().last(), Some(&Tier::Portable));
    assert_eq!(Kernel::default().tier(), Tier::best());
}

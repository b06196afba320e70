use proptest::collection::vec;
use proptest::prelude::*;

use super::{Decoder, Encoder, RansError, Table};

#[derive(Clone, Debug)]
enum Step {
    Symbol(usize, u8),
    Bits(u32, u32),
}

fn table() -> impl Strategy<Value = Table> {
    vec(0_u32..1000, 16).prop_map(|weights| {
        let sum: u32 = weights.iter().sum::<u32>().max(1);
        let mut frequencies = [1_u16; 16];
        for (frequency, weight) in frequencies.iter_mut().zip(&weights) {
            *frequency += u16::try_from(weight * 4079 / sum).unwrap();
        }
        let given: u16 = frequencies.iter().sum();
        frequencies[0] += 4095 - given;
        Table::new(frequencies).unwrap()
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let symbol = (0..3_usize, 0..16_u8).prop_map(|(t, s)| Step::Symbol(t, s));
    let likely = (0..3_usize).prop_map(|t| Step::Symbol(t, 0));
    let bits = (0..=32_u32, any::<u32>())
        .prop_map(|(n, v)| Step::Bits(n, if n == 0 { 0 } else { v >> (32 - n) }));
    vec(prop_oneof![2 => symbol, 5 => likely, 1 => bits], 0..600)
}

fn encode(tables: &[Table], steps: &[Step]) -> Vec<u8> {
    let mut encoder = Encoder::new();
    for step in steps {
        match *step {
            Step::Symbol(t, s) => encoder.symbol(&tables[t], s),
            Step::Bits(n, v) => encoder.bits(n, v),
        }
    }
    encoder.finish()
}

fn decode(tables: &[Table], steps: &[Step], bytes: &[u8]) -> Result<bool, RansError> {
    let mut decoder = Decoder::new(bytes)?;
    let mut same = true;
    for step in steps {
        same &= match *step {
            Step::Symbol(t, s) => decoder.symbol(&tables[t]) == s,
            Step::Bits(n, v) => decoder.bits(n) == v,
        };
    }
    decoder.finish().map(|()| same)
}

proptest! {
    #[test]
    fn what_goes_in_comes_out(tables in vec(table(), 3), steps in steps()) {
        let bytes = encode(&tables, &steps);
        prop_assert_eq!(decode(&tables, &steps, &bytes), Ok(true));
    }

    #[test]
    fn the_size_is_the_entropy_and_two_bytes(tables in vec(table(), 3), steps in steps()) {
        let bits: f64 = steps.iter().map(|step| match *step {
            Step::Symbol(t, s) => 12.0 - f64::from(tables[t].frequency(s)).log2(),
            Step::Bits(n, _) => f64::from(n),
        }).sum();
        let len = encode(&tables, &steps).len() as f64;
        prop_assert!(len <= bits * 1.01 / 8.0 + 3.0, "{len} bytes for {bits} bits");
    }

    #[test]
    fn any_bytes_run_dry(table in table(), bytes in vec(any::<u8>(), 0..40), symbol in 0..16_u8) {
        let Ok(mut decoder) = Decoder::new(&bytes) else { return Ok(()) };
        let mut given = 0_usize;
        while !decoder.is_dead() {
            decoder.symbol(&table);
            given += 1;
            prop_assert!(given < 20_000 + 2_100 * bytes.len(), "no end");
        }
        prop_assert_eq!(decoder.symbol(&table), 0);
        prop_assert_eq!(decoder.bits(u32::from(symbol)), 0);
        prop_assert!(decoder.finish().is_err());
    }
}

#[test]
fn every_flipped_bit_of_a_stream_is_noticed_or_changes_symbols() {
    let table = Table::new([3000, 500, 300, 200, 50, 20, 10, 5, 3, 1, 1, 1, 1, 1, 1, 1]).unwrap();
    let tables = [table.clone(), table.clone(), table];
    let steps: Vec<Step> = (0..200_u8).map(|n| Step::Symbol(0, (n / 7) % 3)).collect();
    let bytes = encode(&tables, &steps);
    for bit in 0..bytes.len() * 8 {
        let mut bad = bytes.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert_ne!(decode(&tables, &steps, &bad), Ok(true), "bit {bit}");
    }
    assert_eq!(decode(&tables, &steps, &[]), Err(RansError::Start));
    assert_eq!(decode(&tables, &steps, &[5, 0]), Err(RansError::Start));
}

#[test]
fn tables_are_checked() {
    assert!(Table::new([256; 16]).is_none());
    assert!(Table::new([0; 16]).is_none());
    let mut one = [1; 16];
    one[3] = 4080;
    assert_eq!(Table::new(one).unwrap().frequency(3), 4080);
    one[4] = 0;
    one[3] = 4081;
    assert!(Table::new(one).is_none());
    assert_eq!(Table::uniform().frequency(15), 255);
    assert_eq!(Table::uniform().frequency(16), 0);
}

//! The blocks of a Zstandard frame (RFC 8878, 3.1.1.2 and 3.1.1.3), with predefined tables.

use super::entropy::{Bits, Table};

/// The longest match that has a code.
pub(super) const MATCH_MAX: usize = 65_539 + 65_535;

/// Literals, then a copy of what lies so far back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sequence {
    pub(super) literals: usize,
    pub(super) distance: usize,
    pub(super) length: usize,
}

/// The least length of each code that has more than one, and its bits. Codes below are the length itself.
const LITERAL_CODES: [(usize, u32); 20] = [
    (16, 1),
    (18, 1),
    (20, 1),
    (22, 1),
    (24, 2),
    (28, 2),
    (32, 3),
    (40, 3),
    (48, 4),
    (64, 6),
    (128, 7),
    (256, 8),
    (512, 9),
    (1024, 10),
    (2048, 11),
    (4096, 12),
    (8192, 13),
    (16384, 14),
    (32768, 15),
    (65536, 16),
];
const MATCH_CODES: [(usize, u32); 21] = [
    (35, 1),
    (37, 1),
    (39, 1),
    (41, 1),
    (43, 2),
    (47, 2),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 5),
    (131, 7),
    (259, 8),
    (515, 9),
    (1027, 10),
    (2051, 11),
    (4099, 12),
    (8195, 13),
    (16387, 14),
    (32771, 15),
    (65539, 16),
];

/// A code, and the bits behind it.
#[derive(Clone, Copy)]
struct Code {
    symbol: usize,
    extra: u64,
    bits: u32,
}

fn code(length: usize, least: usize, codes: &[(usize, u32)], direct: usize) -> Code {
    match codes.iter().rposition(|(base, _)| *base <= length) {
        None => Code { symbol: length.saturating_sub(least), extra: 0, bits: 0 },
        Some(place) => {
            let (base, bits) = codes.get(place).copied().unwrap_or_default();
            let extra = length.saturating_sub(base) as u64;
            Code { symbol: direct.saturating_add(place), extra, bits }
        }
    }
}

/// Writes blocks. Remembers the last three distances, as a decoder does.
pub(super) struct Blocks {
    literal_lengths: Table,
    match_lengths: Table,
    offsets: Table,
    recent: [usize; 3],
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self {
            literal_lengths: Table::literal_lengths(),
            match_lengths: Table::match_lengths(),
            offsets: Table::offsets(),
            recent: [1, 4, 8],
        }
    }

    /// The distance of the match before.
    pub(super) fn last_distance(&self) -> usize {
        let [last, ..] = self.recent;
        last
    }

    /// The content of a compressed block; none if it is not shorter than `most` bytes.
    pub(super) fn compressed(
        &mut self,
        sequences: &[Sequence],
        literals: &[u8],
        most: usize,
    ) -> Option<Vec<u8>> {
        let before = self.recent;
        let mut out = literal_section(literals);
        let count = sequences.len() as u64;
        let [low, high, ..] = count.to_le_bytes();
        match count {
            0..128 => out.push(low),
            128..0x7F00 => out.extend([high | 0x80, low]),
            _ => {
                let [low, high, ..] = count.saturating_sub(0x7F00).to_le_bytes();
                out.extend([255, low, high]);
            }
        }
        if !sequences.is_empty() {
            // All three tables are the predefined ones.
            out.push(0);
            let codes: Vec<[Code; 3]> = sequences.iter().map(|s| self.codes(*s)).collect();
            out.extend(self.stream(&codes));
        }
        if out.len() < most {
            return Some(out);
        }
        // The block is stored: a decoder sees none of these distances.
        self.recent = before;
        None
    }

    fn codes(&mut self, sequence: Sequence) -> [Code; 3] {
        let value = self.offset_value(sequence);
        let bits = value.ilog2();
        let extra = value.saturating_sub(1 << bits) as u64;
        let symbol = usize::try_from(bits).unwrap_or(0);
        [
            code(sequence.literals, 0, &LITERAL_CODES, 16),
            code(sequence.length, 3, &MATCH_CODES, 32),
            Code { symbol, extra, bits },
        ]
    }

    /// Section 3.1.1.5: 1 to 3 stand for a recent distance, all else is the distance and 3.
    fn offset_value(&mut self, Sequence { literals, distance, .. }: Sequence) -> usize {
        let [a, b, c] = self.recent;
        let (value, recent) = match (literals > 0, distance) {
            (true, d) if d == a => (1, [a, b, c]),
            (true, d) if d == b => (2, [b, a, c]),
            (true, d) if d == c => (3, [c, a, b]),
            (false, d) if d == b => (1, [b, a, c]),
            (false, d) if d == c => (2, [c, a, b]),
            (_, d) => (d.saturating_add(3), [d, a, b]),
        };
        self.recent = recent;
        value
    }

    /// The bits are read from the end, so the last sequence comes first.
    fn stream(&self, codes: &[[Code; 3]]) -> Vec<u8> {
        let mut out = Bits::default();
        let mut states: Option<[usize; 3]> = None;
        for [literals, length, offset] in codes.iter().rev() {
            states = Some(match states {
                None => [
                    self.literal_lengths.last(literals.symbol),
                    self.match_lengths.last(length.symbol),
                    self.offsets.last(offset.symbol),
                ],
                Some([l, m, o]) => {
                    let o = self.offsets.before(offset.symbol, o, &mut out);
                    let m = self.match_lengths.before(length.symbol, m, &mut out);
                    let l = self.literal_lengths.before(literals.symbol, l, &mut out);
                    [l, m, o]
                }
            });
            for code in [literals, length, offset] {
                out.put(code.extra, code.bits);
            }
        }
        let [l, m, o] = states.unwrap_or_default();
        self.match_lengths.first(m, &mut out);
        self.offsets.first(o, &mut out);
        self.literal_lengths.first(l, &mut out);
        out.finish()
    }
}

/// Literals as they are, or one that repeats.
fn literal_section(literals: &[u8]) -> Vec<u8> {
    let repeated = literals.first().filter(|first| literals.iter().all(|byte| byte == *first));
    let kind = u64::from(repeated.is_some());
    let size = literals.len() as u64;
    let (head, bytes) = match size {
        0..32 => (kind | (size << 3), 1),
        32..4096 => (kind | (1 << 2) | (size << 4), 2),
        _ => (kind | (3 << 2) | (size << 4), 3),
    };
    let mut out = head.to_le_bytes().get(..bytes).unwrap_or_default().to_vec();
    match repeated {
        Some(byte) => out.push(*byte),
        None => out.extend_from_slice(literals),
    }
    out
}

//! Plain rows against a slow decoder that follows the specification sentence by sentence.

use proptest::collection::vec;
use proptest::prelude::*;

use super::error::Flaw;
use super::plain_read::{Place, PlainReader};
use super::plain_write::write_slab;
use super::slice::{NO_RESIDUALS, Piece, Slice};

/// Slice, row, start, end: numbered in the box.
type Found = Vec<[u64; 4]>;

const ROWS: u32 = 40;
const COLUMNS: u32 = 300;

struct Twin<'a> {
    bytes: std::slice::Iter<'a, u8>,
    found: Found,
}

impl Twin<'_> {
    fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let byte = *self.bytes.next()?;
            value |= u64::from(byte & 127) << shift;
            if value > u64::from(u32::MAX) || (byte == 0 && shift > 0) {
                return None;
            }
            if byte < 128 {
                return Some(value);
            }
        }
        None
    }

    fn slab(mut self, slices: u64) -> Option<Found> {
        let mut last: Option<Found> = None;
        for slice in 0..slices {
            let head = self.number()?;
            if head > 1 {
                let first = self.found.len();
                self.spans(slice, head - 1)?;
                last = Some(self.found[first..].to_vec());
            } else if head == 1 {
                let again = last.clone()?;
                self.found.extend(again.iter().map(|[_, y, start, end]| [slice, *y, *start, *end]));
            }
        }
        self.bytes.next().is_none().then_some(self.found)
    }

    fn spans(&mut self, slice: u64, count: u64) -> Option<()> {
        let mut low = 0;
        for _ in 0..count {
            let mut y = low + self.number()?;
            let end = y + self.number()? + 1;
            if end > u64::from(ROWS) {
                return None;
            }
            let (mut above, mut after_same) = (Vec::new(), false);
            while y < end {
                let head = u64::from(*self.bytes.next()?);
                let rows = match head {
                    0..=63 => 1,
                    64..=191 => head - 63,
                    _ => head - 191,
                };
                for _ in 0..rows {
                    above = match head {
                        0..=62 => self.whole(head + 1)?,
                        63 => {
                            let further = self.number()?;
                            self.whole(64 + further)?
                        }
                        64..=191 => self.near(&above)?,
                        _ if after_same => return None,
                        _ => above,
                    };
                    let inside =
                        |&[start, end]: &[u64; 2]| start < end && end <= u64::from(COLUMNS);
                    let apart = above.windows(2).all(|pair| pair[0][1] < pair[1][0]);
                    if above.is_empty() || y == end || !apart || !above.iter().all(inside) {
                        return None;
                    }
                    self.found.extend(above.iter().map(|[start, end]| [slice, y, *start, *end]));
                    y += 1;
                }
                after_same = head > 191;
            }
            low = end + 1;
        }
        Some(())
    }

    fn whole(&mut self, runs: u64) -> Option<Vec<[u64; 2]>> {
        let mut row: Vec<[u64; 2]> = Vec::new();
        for _ in 0..runs {
            let low = row.last().map_or(0, |run| run[1] + 1);
            let start = low + self.number()?;
            row.push([start, start + 1 + self.number()?]);
        }
        Some(row)
    }

    fn near(&mut self, above: &[[u64; 2]]) -> Option<Vec<[u64; 2]>> {
        let mut moved = |&[start, end]: &[u64; 2]| {
            let byte = u64::from(*self.bytes.next()?);
            // Below zero is refused like behind the last column.
            let end = (end + byte / 16).checked_sub(8)?;
            Some([(start + byte % 16).checked_sub(8)?, end])
        };
        above.iter().map(&mut moved).collect()
    }
}

fn read(bytes: &[u8], slices: u64, wanted: std::ops::Range<u64>) -> Result<Found, Flaw> {
    let place = Place { rows: ROWS, columns: COLUMNS, top: 3, left: 1000, height: 100 };
    let mut found = Found::new();
    PlainReader::new(place).read(bytes, 0..slices, &wanted, |row, start, end| {
        found.push([row / 100, row % 100 - 3, start - 1000, end - 1000]);
    })?;
    Ok(found)
}

fn agree(bytes: &[u8], slices: u64) {
    let twin = Twin { bytes: bytes.iter(), found: Found::new() }.slab(slices);
    assert_eq!(read(bytes, slices, 0..slices).ok(), twin, "{bytes:?}");
    let Some(all) = twin else { return };
    for first in 0..slices {
        let middle = read(bytes, slices, first..first + 2);
        let wanted = |run: &&[u64; 4]| (first..first + 2).contains(&run[0]);
        assert_eq!(middle, Ok(all.iter().filter(wanted).copied().collect()));
    }
}

/// Slices of runs that drift, jump, stay, split and vanish.
fn slab_of(seeds: &[u32]) -> Vec<Slice> {
    let mut slices = vec![Slice::default()];
    let mut row: Vec<[u32; 2]> = Vec::new();
    let mut y = 0;
    for &seed in seeds {
        let (kind, far) = (seed % 16, seed / 16 % 11);
        match kind {
            0 => row = vec![[far * 20, far * 20 + seed / 256 % 70 + 1]],
            1 => {
                row =
                    (0..seed / 256 % 71).map(|n| [n * 4 + far % 3, n * 4 + far % 3 + 1]).collect();
            }
            2 | 3 => row.iter_mut().for_each(|run| *run = run.map(|x| x.saturating_sub(far))),
            4 | 5 => row.iter_mut().for_each(|run| run[1] += far),
            6 => row.truncate(far as usize),
            7 if far > 8 => y += far,
            _ => {}
        }
        row.retain(|[start, end]| start < end && *end <= COLUMNS);
        if row.windows(2).any(|pair| pair[0][1] >= pair[1][0]) {
            row.clear();
        }
        if y >= ROWS || (kind == 7 && far == 0) {
            let last = slices.last().cloned().unwrap_or_default();
            slices.push(if far % 4 == 1 { last } else { Slice::default() });
            slices.push(Slice::default());
            y = 0;
        }
        let slice = slices.last_mut().unwrap();
        for _ in 0..if kind > 12 { far + 1 } else { 1 }.min(ROWS - y) {
            let first = slice.pieces.len();
            let piece = |&[start, end]: &[u32; 2]| Piece { start, end, residuals: NO_RESIDUALS };
            slice.pieces.extend(row.iter().map(piece));
            slice.close(y, first);
            y += 1;
        }
    }
    slices
}

fn expected(slices: &[Slice]) -> Found {
    let mut found = Found::new();
    for (number, slice) in (0..).zip(slices) {
        slice.for_each(|y, run| found.push([number, y, run.start, run.end].map(u64::from)));
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn slabs_come_back(seeds in vec(any::<u32>(), 0..250)) {
        let slices = slab_of(&seeds);
        let bytes = write_slab(&slices);
        let count = slices.len() as u64;
        prop_assert_eq!(read(&bytes, count, 0..count), Ok(expected(&slices)));
        agree(&bytes, count);
    }

    #[test]
    fn changed_slabs_are_read_as_the_specification_says(
        seeds in vec(any::<u32>(), 0..120), changes in vec((any::<usize>(), any::<u8>()), 1..4)
    ) {
        let slices = slab_of(&seeds);
        let mut bytes = write_slab(&slices);
        for (place, value) in changes {
            let len = bytes.len();
            bytes[place % len] = if value < 128 { value } else { bytes[place % len] ^ 1 << (value % 8) };
        }
        agree(&bytes, slices.len() as u64);
        agree(&bytes[..bytes.len() - 1], slices.len() as u64);
    }

    #[test]
    fn any_bytes_are_read_as_the_specification_says(bytes in vec(any::<u8>(), 0..60)) {
        agree(&bytes, 3);
    }
}

#[test]
fn a_byte_becomes_few_runs() {
    // A row of one run, 64 like it, one near it, 64 like it ...: 65 rows for three bytes.
    let mut bytes = vec![2, 0, 39, 0, 0, 0];
    bytes.extend([192 + 38]);
    assert_eq!(read(&bytes, 1, 0..1).map(|found| found.len()), Ok(40));
    let twice = [2, 0, 39, 0, 0, 0, 192, 192 + 37];
    assert_eq!(read(&twice, 1, 0..1), Err(Flaw::Rows));
    let none_above = [2, 0, 39, 192 + 39];
    assert_eq!(read(&none_above, 1, 0..1), Err(Flaw::Rows));
    assert_eq!(read(&[2, 0, 1, 64, 0x88], 1, 0..1), Err(Flaw::Rows));
    assert_eq!(read(&[1], 1, 0..1), Err(Flaw::Slice));
    assert_eq!(read(&[0, 0], 1, 0..1), Err(Flaw::End));
    assert_eq!(read(&[2, 0, 0x80, 0], 1, 0..1), Err(Flaw::Number));
}

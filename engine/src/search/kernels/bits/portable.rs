//! The definition of the sums, in scalar code.

use super::finish::{self, Bounds, Facts, Probe};
use super::tables::{GROUPS_AT_ONCE, QueryTables, Table};
use super::{Group, ROWS};

pub(super) fn bound(
    tables: &QueryTables,
    codes: &[Group],
    facts: &Facts,
    probe: &Probe,
    bounds: &mut Bounds,
) -> u64 {
    let mut total = [0.0; ROWS];
    let stretches = tables.wide().chunks(GROUPS_AT_ONCE).zip(codes.chunks(GROUPS_AT_ONCE));
    for (tables, codes) in stretches {
        finish::add(&mut total, &sums(tables, codes));
    }
    finish::finish(&total, facts, probe, bounds);
    mask(&bounds.low, probe.limit)
}

/// Rows whose bound is not over the limit.
pub(super) fn mask(low: &[f32; ROWS], limit: f32) -> u64 {
    low.iter().rev().fold(0, |mask, low| mask << 1 | u64::from(!finish::over(*low, limit)))
}

fn sums(tables: &[[Table; 4]], codes: &[Group]) -> [u16; ROWS] {
    let mut sums = [0_u16; ROWS];
    for ([t0, t1, t2, t3], group) in tables.iter().zip(codes) {
        let [a, b, c] = group;
        for (byte, ((a, b), c)) in a.iter().zip(b).zip(c).enumerate() {
            let last = a >> 6 | b >> 6 << 2 | c >> 6 << 4;
            let sum = [t0.at(*a), t1.at(*b), t2.at(*c), t3.at(last)];
            let row = byte / 2 + 32 * (byte % 2);
            if let Some(slot) = sums.get_mut(row) {
                *slot = sum.iter().fold(*slot, |sum, value| sum.wrapping_add(u16::from(*value)));
            }
        }
    }
    sums
}

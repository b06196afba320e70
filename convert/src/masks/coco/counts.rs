//! The text form of counts: groups of five bits, lowest first, as characters from `0` on. Bit 5 says that more
//! follow, and the highest bit of the last group is the sign. From the fourth count on, the difference to the
//! count two before is written.

use super::error::CocoError;

/// Value of the first character.
const ZERO: u8 = b'0';
const BITS: u32 = 5;
const LOW: i64 = 0x1F;
const SIGN: i64 = 0x10;
const MORE: i64 = 0x20;
/// Groups of one count: 60 bits.
const GROUPS: u32 = 12;

/// The counts of a text. Memory: 8 bytes a character at most.
pub(super) fn decode(text: &str) -> Result<Vec<u64>, CocoError> {
    let mut counts: Vec<u64> = Vec::new();
    let (mut value, mut group) = (0_i64, 0_u32);
    for (place, byte) in text.bytes().enumerate() {
        let bits = byte.checked_sub(ZERO).filter(|&bits| bits < 64).map(i64::from);
        let bits = bits.ok_or(CocoError::Text(place, "is not one of 0 to o"))?;
        if group >= GROUPS {
            return Err(CocoError::Text(place, "belongs to a count of more than 60 bits"));
        }
        let shift = group.saturating_mul(BITS);
        value |= (bits & LOW) << shift;
        group = group.saturating_add(1);
        if bits & MORE != 0 {
            continue;
        }
        if bits & SIGN != 0 {
            value |= -1_i64 << shift.saturating_add(BITS);
        }
        let two_back = if counts.len() > 2 { counts.iter().nth_back(1) } else { None };
        let count = two_back.copied().unwrap_or(0).checked_add_signed(value);
        let count = count.filter(|&count| count <= u64::MAX >> 1);
        counts.push(count.ok_or(CocoError::Text(place, "ends a count below zero or too large"))?);
        (value, group) = (0, 0);
    }
    if group > 0 {
        return Err(CocoError::Text(text.len(), "is missing: the last count is cut off"));
    }
    Ok(counts)
}

/// The text of counts below 2^59.
pub(super) fn encode(counts: &[u64]) -> String {
    let mut text = String::new();
    for (place, &count) in counts.iter().enumerate() {
        let before = place.checked_sub(2).filter(|&before| before > 0);
        let before = before.and_then(|before| counts.get(before)).copied().unwrap_or(0);
        let mut rest = count.cast_signed().wrapping_sub(before.cast_signed());
        loop {
            let low = rest & LOW;
            rest >>= BITS;
            let last = if low & SIGN == 0 { rest == 0 } else { rest == -1 };
            let group = low | if last { 0 } else { MORE };
            text.push(char::from(ZERO.saturating_add(u8::try_from(group).unwrap_or(0))));
            if last {
                break;
            }
        }
    }
    text
}

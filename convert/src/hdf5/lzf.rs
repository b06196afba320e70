//! The LZF decoder, HDF5 filter 32000, which h5py alone writes.
//!
//! The format is that of `LibLZF`: a control byte below 32 announces that many plus one literal
//! bytes; any other has the length of a copy in its upper three bits (7: one more byte adds to it)
//! and the upper five bits of a distance in its lower ones, the lower eight following. A copy is
//! two bytes longer than its length says, and the distance counts from one.

/// The number of the filter.
pub(super) const LZF_FILTER: u16 = 32000;

/// Why a chunk could not be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LzfError {
    /// The input ends inside an instruction.
    Truncated,
    /// A copy begins before the output does.
    Distance,
    /// The output would be longer than allowed.
    TooLong,
}

impl LzfError {
    /// The failure in words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Truncated => "LZF data end inside an instruction",
            Self::Distance => "an LZF copy begins before the data",
            Self::TooLong => "LZF data are longer than their chunk",
        }
    }
}

/// Decodes `input` to at most `limit` bytes. Time and memory grow with the output.
pub fn decompress(input: &[u8], limit: usize) -> Result<Vec<u8>, LzfError> {
    // A copy of 264 bytes takes three bytes, so the output cannot be longer than this.
    let mut out = Vec::with_capacity(limit.min(input.len().saturating_mul(88)));
    let mut rest = input;
    while let Some((&control, tail)) = rest.split_first() {
        rest = if control < 32 {
            let count = usize::from(control) + 1;
            let (literal, tail) = tail.split_at_checked(count).ok_or(LzfError::Truncated)?;
            room(out.len(), count, limit)?;
            out.extend_from_slice(literal);
            tail
        } else {
            copy(control, tail, &mut out, limit)?
        };
    }
    Ok(out)
}

fn copy<'a>(
    control: u8,
    mut tail: &'a [u8],
    out: &mut Vec<u8>,
    limit: usize,
) -> Result<&'a [u8], LzfError> {
    let mut count = usize::from(control >> 5);
    if count == 7 {
        let (&more, next) = tail.split_first().ok_or(LzfError::Truncated)?;
        count += usize::from(more);
        tail = next;
    }
    count += 2;
    let (&low, tail) = tail.split_first().ok_or(LzfError::Truncated)?;
    let distance = (usize::from(control & 31) << 8 | usize::from(low)) + 1;
    let mut from = out.len().checked_sub(distance).ok_or(LzfError::Distance)?;
    room(out.len(), count, limit)?;
    // A copy may overlap what it writes: it then repeats, one distance at a time.
    while count > 0 {
        let step = count.min(out.len() - from);
        out.extend_from_within(from..from + step);
        from += step;
        count -= step;
    }
    Ok(tail)
}

fn room(have: usize, more: usize, limit: usize) -> Result<(), LzfError> {
    if have + more > limit { Err(LzfError::TooLong) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2)
            .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
            .collect()
    }

    /// Chunks that h5py wrote, and what it had been given.
    fn samples() -> Vec<(Vec<u8>, Vec<u8>)> {
        let line = "the cat sat on the mat, the cat sat on the mat, the dog sat on the mat";
        let text = "087468652063617420732003036f6e2074200e036d61742c6008e00f1702646f67e0062f4036e00f\
            2de00f17e00745016174";
        let steps = "010000a0000001c0000002c0000003c0000004c0000005c0000006c0000007c0000008c0000009c0\
            00000ac000000bc000000cc000000dc000000ec000000fc0000010c0000011c0000012c0000013c0\
            000014c0000015c000011616";
        vec![
            (bytes("010000e0ff00e01700010000"), vec![0; 300]),
            (bytes(steps), (0..200).map(|i| i / 9).collect()),
            (bytes(text), line.repeat(2).into_bytes()),
        ]
    }

    #[test]
    fn chunks_of_h5py() {
        for (encoded, plain) in samples() {
            assert_eq!(decompress(&encoded, plain.len()).unwrap(), plain);
            assert_eq!(decompress(&encoded, plain.len() - 1), Err(LzfError::TooLong));
            for end in 0..encoded.len() {
                let part = decompress(&encoded[..end], plain.len());
                assert!(part.is_err() || plain.starts_with(&part.unwrap()));
            }
        }
    }

    /// The definition, byte by byte.
    fn twin(input: &[u8], limit: usize) -> Result<Vec<u8>, LzfError> {
        let (mut out, mut at) = (Vec::new(), 0);
        let byte = |at: &mut usize| {
            *at += 1;
            input.get(*at - 1).copied().ok_or(LzfError::Truncated)
        };
        while at < input.len() {
            let control = usize::from(byte(&mut at)?);
            if control < 32 {
                if at + control + 1 > input.len() {
                    return Err(LzfError::Truncated);
                }
                for _ in 0..=control {
                    out.push(byte(&mut at)?);
                }
            } else {
                let long = if control >> 5 == 7 { usize::from(byte(&mut at)?) } else { 0 };
                let distance = (control & 31) * 256 + usize::from(byte(&mut at)?) + 1;
                if distance > out.len() {
                    return Err(LzfError::Distance);
                }
                for _ in 0..(control >> 5) + long + 2 {
                    out.push(out[out.len() - distance]);
                }
            }
            if out.len() > limit {
                return Err(LzfError::TooLong);
            }
        }
        Ok(out)
    }

    proptest! {
        #[test]
        fn any_bytes_as_the_twin(
            input in proptest::collection::vec(prop_oneof![0..40_u8, any::<u8>()], 0..200),
            limit in 0..3000_usize,
        ) {
            let found = decompress(&input, limit);
            prop_assert_eq!(&found, &twin(&input, limit));
            prop_assert!(found.map_or(0, |out| out.len()) <= limit);
        }
    }
}

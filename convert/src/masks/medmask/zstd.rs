//! Frames of Zstandard (RFC 8878), in a stream of a length that is known.

use std::hash::Hasher;
use std::io::{self, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use twox_hash::XxHash64;

use super::error::MedMaskErrorKind;
use super::matcher::Matcher;
use super::sequences::Blocks;

/// The first bytes of a frame.
pub(super) const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
/// Bytes that are unpacked at a time; a multiple of every item.
const CHUNK: usize = 1 << 20;
/// A block of 4 bytes or more is at most this many bytes unpacked.
const BLOCK: u64 = 128 << 10;
/// Windows of this many bytes are read whatever the length of the content, and none over the other.
const WINDOW: u64 = 8 << 20;
const WINDOW_MAX: u64 = 128 << 20;

/// Unpacks a frame of `expected` bytes and hands them on in pieces, all but the last of 1 MiB. `stored` is
/// how many bytes the frame has at most. Memory: the window of the frame, 128 MiB at most, and 1 MiB.
///
/// # Errors
/// A damaged frame, another length, a checksum that does not agree, or what `take` says.
pub(super) fn unpack(
    source: impl Read,
    stored: u64,
    expected: u64,
    mut take: impl FnMut(&[u8]) -> Result<(), MedMaskErrorKind>,
) -> Result<(), MedMaskErrorKind> {
    let bad = |why: String| MedMaskErrorKind::Zstd(why);
    let most = (stored / 4).saturating_add(1).saturating_mul(BLOCK);
    if expected > most {
        return Err(bad(format!("{stored} bytes cannot hold {expected}")));
    }
    let window = expected.clamp(WINDOW, WINDOW_MAX);
    let mut stream = StreamingDecoder::new_with_max_window_size(source, window)
        .map_err(|error| bad(error.to_string()))?;
    let declared = stream.decoder.content_size();
    if declared != 0 && declared != expected {
        return Err(bad(format!("a frame of {declared} bytes instead of {expected}")));
    }
    let mut left = expected;
    let mut chunk = vec![0; usize::try_from(expected).unwrap_or(CHUNK).min(CHUNK)];
    while left > 0 {
        let count = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let part = chunk.get_mut(..count).unwrap_or_default();
        stream.read_exact(part).map_err(|error| of_stream(&error))?;
        take(part)?;
        left = left.saturating_sub(count as u64);
    }
    if stream.read(&mut [0]).map_err(|error| of_stream(&error))? != 0 {
        return Err(bad(format!("more than the {expected} bytes of the array")));
    }
    check(&stream.decoder)
}

fn check(decoder: &FrameDecoder) -> Result<(), MedMaskErrorKind> {
    match (decoder.get_checksum_from_data(), decoder.get_calculated_checksum()) {
        (Some(told), Some(found)) if told != found => {
            let why = format!("checksum {found:08x} where {told:08x} is written");
            Err(MedMaskErrorKind::Zstd(why))
        }
        _ => Ok(()),
    }
}

fn of_stream(error: &io::Error) -> MedMaskErrorKind {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => MedMaskErrorKind::Zstd("it ends too early".into()),
        _ => MedMaskErrorKind::Zstd(error.to_string()),
    }
}

/// How many bytes the frame at the front of `bytes` has that unpacks to `expected`; none if there is none.
pub(super) fn frame_length(bytes: &[u8], expected: u64) -> Option<u64> {
    let mut rest = bytes;
    let stored = bytes.len() as u64;
    unpack(&mut rest, stored, expected, |_| Ok(())).ok()?;
    stored.checked_sub(rest.len() as u64)
}

/// A frame of all that `content` makes, with its length and a checksum. `content` is called twice: the frame is
/// unpacked again and compared, for the masks are somebody's.
///
/// The encoder is our own, of predefined tables and raw literals: that of `ruzstd` 0.9 panics on some inputs,
/// tells no content size, without which `MedMask` refuses a frame, and makes label maps three to eight times as
/// long as the reference encoder does. `steps` are the distances in bytes to the value, the row and the slice
/// before.
///
/// # Errors
/// A content of another length.
pub(super) fn pack<R: Read>(
    bytes: u64,
    steps: [usize; 3],
    content: impl Fn() -> R,
) -> Result<Vec<u8>, MedMaskErrorKind> {
    let frame = frame(bytes, steps, content()).map_err(|error| of_stream(&error))?;
    let mut twin = content();
    let mut other = Vec::new();
    unpack(frame.as_slice(), frame.len() as u64, bytes, |part| {
        other.resize(part.len(), 0);
        twin.read_exact(&mut other).map_err(|error| of_stream(&error))?;
        let differ = || MedMaskErrorKind::Zstd("a frame that was just made differs".into());
        (part == other).then_some(()).ok_or_else(differ)
    })?;
    Ok(frame)
}

fn frame(bytes: u64, steps: [usize; 3], mut content: impl Read) -> io::Result<Vec<u8>> {
    /// Eight bytes of content size, a checksum.
    const DESCRIPTOR: u8 = 0b1100_0100;
    const RAW: u64 = 0;
    const REPEATED: u64 = 1;
    const COMPRESSED: u64 = 2;
    let mut matcher = Matcher::new(bytes, steps);
    let mut blocks = Blocks::new();
    let mut hash = XxHash64::with_seed(0);
    let mut out = MAGIC.to_vec();
    let log = u8::try_from(matcher.window().ilog2()).unwrap_or(0);
    out.extend([DESCRIPTOR, log.saturating_sub(10) << 3]);
    out.extend(bytes.to_le_bytes());
    let mut left = bytes;
    let mut block = Vec::new();
    loop {
        let size = left.min(BLOCK);
        left = left.saturating_sub(size);
        block.resize(usize::try_from(size).unwrap_or(0), 0);
        content.read_exact(&mut block)?;
        hash.write(&block);
        let repeated = block.first().filter(|first| block.iter().all(|byte| byte == *first));
        let (kind, length, content) = if let Some(byte) = repeated {
            matcher.skip(&block);
            (REPEATED, size, vec![*byte])
        } else {
            let (sequences, literals) = matcher.block(&block, blocks.last_distance());
            match blocks.compressed(&sequences, &literals, block.len()) {
                Some(content) => (COMPRESSED, content.len() as u64, content),
                None => (RAW, size, block.clone()),
            }
        };
        let head = u64::from(left == 0) | (kind << 1) | (length << 3);
        out.extend(head.to_le_bytes().first_chunk::<3>().into_iter().flatten());
        out.extend(content);
        if left == 0 {
            break;
        }
    }
    out.extend(hash.finish().to_le_bytes().first_chunk::<4>().into_iter().flatten());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round(values: &[u8], steps: [usize; 3]) -> usize {
        let frame = pack(values.len() as u64, steps, || values).unwrap();
        let mut out = Vec::new();
        let take = |part: &[u8]| {
            out.extend_from_slice(part);
            Ok(())
        };
        unpack(frame.as_slice(), frame.len() as u64, values.len() as u64, take).unwrap();
        assert_eq!(out, values);
        let mut behind = frame.clone();
        behind.extend([1, 2, 3]);
        assert_eq!(frame_length(&behind, values.len() as u64), Some(frame.len() as u64));
        frame.len()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn frames_round_trip(
            seed in any::<u64>(), size in 1..400_000_usize, change in 1..4000_u64, row in 1..700_usize,
        ) {
            let mut state = seed;
            let mut value = 0;
            let values: Vec<u8> = (0..size).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
                if (state >> 33).is_multiple_of(change) {
                    value = (state >> 40).to_le_bytes()[0] % 5;
                }
                value
            }).collect();
            round(&values, [1, row, row * 100]);
        }
    }

    #[test]
    fn long_and_repeating_contents() {
        assert!(round(&vec![7; 5 << 20], [1, 100, 10_000]) < 400);
        let slice: Vec<u8> =
            (0..40_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8 % 3).collect();
        let many = slice.repeat(300);
        assert!(round(&many, [1, 200, 40_000]) < 40_000);
    }

    #[test]
    fn wrong_lengths_and_checksums_are_seen() {
        let values = [1_u8, 2, 3, 4, 5, 6, 7, 8];
        let frame = pack(8, [1, 2, 4], || values.as_slice()).unwrap();
        let open = |frame: &[u8], bytes| unpack(frame, frame.len() as u64, bytes, |_| Ok(()));
        assert!(open(&frame, 8).is_ok() && open(&frame, 7).is_err() && open(&frame, 9).is_err());
        assert!(open(&frame, 1 << 40).is_err());
        for cut in 0..frame.len() {
            assert!(open(&frame[..cut], 8).is_err(), "{cut}");
        }
        let mut changed = frame.clone();
        let value = changed.iter().position(|&b| b == 5).unwrap();
        changed[value] = 9;
        assert!(open(&changed, 8).is_err());
    }
}

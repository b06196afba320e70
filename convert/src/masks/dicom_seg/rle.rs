//! RLE Lossless (DICOM PS3.5, annex G): planes of bytes, the highest first, as `PackBits`.

/// Length of the header: a count and 15 offsets.
const HEADER: usize = 64;

/// The pixels of a frame of `pixels` values of one or two bytes, as little endian.
pub(super) fn decoded(
    fragment: &[u8],
    pixels: usize,
    bytes_each: usize,
) -> Result<Vec<u8>, &'static str> {
    let words = fragment.get(..HEADER).ok_or("its RLE header is cut off")?.as_chunks().0;
    let mut words = words.iter().map(|word| u32::from_le_bytes(*word)).map(usize::try_from);
    if words.next() != Some(Ok(bytes_each)) {
        return Err("has another number of RLE planes than bytes of a pixel");
    }
    // Two bytes of PackBits give 128 at most: no frame is allocated that its fragment cannot fill.
    if pixels.saturating_mul(bytes_each) > fragment.len().saturating_mul(64) {
        return Err("is larger than its RLE fragment can hold");
    }
    let mut out = vec![0; pixels.saturating_mul(bytes_each)];
    for plane in (0..bytes_each).rev() {
        let start = words.next().and_then(Result::ok).unwrap_or(usize::MAX);
        let packed = fragment.get(start..).filter(|_| start >= HEADER);
        let packed = packed.ok_or("has an RLE plane that begins outside")?;
        let mut places = out.iter_mut().skip(plane).step_by(bytes_each);
        unpack(packed, pixels, |byte| {
            if let Some(place) = places.next() {
                *place = byte;
            }
        })?;
    }
    Ok(out)
}

/// Gives `count` bytes of a `PackBits` stream.
fn unpack(packed: &[u8], count: usize, mut give: impl FnMut(u8)) -> Result<(), &'static str> {
    const CUT: &str = "has an RLE plane that is cut off";
    let (mut rest, mut left) = (packed, count);
    while left > 0 {
        let (&code, behind) = rest.split_first().ok_or(CUT)?;
        rest = behind;
        let given = match code {
            0..=127 => {
                let length = usize::from(code).saturating_add(1);
                let (literal, behind) = rest.split_at_checked(length).ok_or(CUT)?;
                rest = behind;
                literal.iter().take(left).copied().for_each(&mut give);
                length
            }
            128 => 0,
            129.. => {
                let length = 257_usize.saturating_sub(usize::from(code));
                let (&byte, behind) = rest.split_first().ok_or(CUT)?;
                rest = behind;
                std::iter::repeat_n(byte, length.min(left)).for_each(&mut give);
                length
            }
        };
        left = left.saturating_sub(given);
    }
    Ok(())
}

//! Offsets of texts that lie one after another.

/// Checks that `offsets` start at 0, never descend, and end at `len`: then every text lies inside.
pub(super) fn check<T: Copy + Into<u64>>(offsets: &[T], len: u64) -> Result<(), String> {
    let mut before = 0_u64;
    for (index, &offset) in offsets.iter().enumerate() {
        let offset: u64 = offset.into();
        if offset < before || (index == 0 && offset != 0) {
            return Err(format!("offset {index} is {offset}, the one before {before}"));
        }
        before = offset;
    }
    if before == len && !offsets.is_empty() {
        Ok(())
    } else {
        Err(format!("the offsets end at {before}, the text at {len}"))
    }
}

/// The texts between the offsets, in order.
pub(super) fn texts<'a, T: Copy + Into<u64>>(
    offsets: &'a [T],
    bytes: &'a [u8],
) -> impl Iterator<Item = &'a [u8]> {
    offsets.windows(2).map(|pair| {
        let place =
            |index: usize| pair.get(index).and_then(|&offset| usize::try_from(offset.into()).ok());
        place(0).zip(place(1)).and_then(|(start, end)| bytes.get(start..end)).unwrap_or(&[])
    })
}

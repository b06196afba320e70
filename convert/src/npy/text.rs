//! Text of a fixed length, filled up with NUL.

/// The text of one `U` element, 4 bytes little-endian a character; none if one is no character.
pub(super) fn from_utf32(element: &[u8]) -> Option<String> {
    let characters = element.as_chunks().0;
    let used = characters.iter().rposition(|bytes| *bytes != [0; 4]);
    let used = used.map_or(0, |last| last.saturating_add(1));
    let characters = characters.get(..used).unwrap_or_default();
    characters.iter().map(|bytes| char::from_u32(u32::from_le_bytes(*bytes))).collect()
}

/// The text of one `S` element; none if it is not UTF-8.
pub(super) fn from_utf8(element: &[u8]) -> Option<String> {
    let used = element.iter().rposition(|&byte| byte != 0);
    let used = used.map_or(0, |last| last.saturating_add(1));
    String::from_utf8(element.get(..used).unwrap_or_default().to_vec()).ok()
}

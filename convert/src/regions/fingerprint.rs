use std::fmt::Write;

/// Bytes at each end of a file that are looked at.
const END: usize = 1 << 16;

/// Size and checksums of both ends, as text.
pub(super) fn of(bytes: &[u8]) -> String {
    let head = bytes.get(..END).unwrap_or(bytes);
    let tail = bytes.get(bytes.len().saturating_sub(END)..).unwrap_or_default();
    let (head, tail) = (crc32fast::hash(head), crc32fast::hash(tail));
    format!("{:x}-{head:08x}-{tail:08x}", bytes.len())
}

/// One fingerprint of several files in order.
pub(crate) fn combine(parts: &[String]) -> String {
    if let [one] = parts {
        return one.clone();
    }
    let all = parts.join("\n");
    let mut text = String::new();
    // A second checksum over the reversed text makes the sum 64 bits wide.
    let reversed: Vec<u8> = all.bytes().rev().collect();
    let (forward, backward) = (crc32fast::hash(all.as_bytes()), crc32fast::hash(&reversed));
    let done = write!(text, "{}x-{forward:08x}{backward:08x}", parts.len());
    done.map_or_else(|_| all, |()| text)
}

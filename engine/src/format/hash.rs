//! The hash of the key index, and that of the texts of a prompt set.

use sha2::{Digest, Sha256};

/// FNV-1a (64 bit) finished with the mixer of MurmurHash3, so that all bits of the result are usable.
///
/// Sources: Fowler, Noll, Vo, "FNV Non-Cryptographic Hash"; Appleby, MurmurHash3 `fmix64`.
pub fn key_hash(key: &[u8]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for &byte in key {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// SHA-256 of texts, a NUL behind each: how sets of texts are told apart.
pub fn texts_sha256<'a>(texts: impl IntoIterator<Item = &'a str>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.as_bytes());
        hash.update([0]);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::key_hash;

    #[test]
    fn known_values() {
        // fmix64 of the FNV-1a values 0xcbf29ce484222325 ("") and 0xaf63dc4c8601ec8c ("a").
        assert_eq!(key_hash(b""), 0xefd0_1f60_ba99_2926);
        assert_ne!(key_hash(b"a"), key_hash(b"b"));
    }
}

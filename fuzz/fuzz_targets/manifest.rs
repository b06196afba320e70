//! Arbitrary bytes as a manifest; what decodes encodes to the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vesalius::format::manifest::Manifest;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::decode(bytes, 0, 1 << 30) {
        assert_eq!(manifest.encode(), bytes);
    }
});

//! Arbitrary bytes as the payload of a log record.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vesalius::format::ops::decode_ops;
use vesalius::format::record::RecordHeader;

fuzz_target!(|bytes: &[u8]| {
    drop(decode_ops(bytes, 0, 1 << 30));
    drop(RecordHeader::decode(bytes, 0));
});
